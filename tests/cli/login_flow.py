# SPDX-License-Identifier: Apache-2.0
"""Signing in, as a person sees it, as a log sees it and as a program sees it."""
import os
import re
import socket
import stat
import time

import loomtest
import schema

CODE = r"\d{3}-\d{3}-\d{3}"


class LoginFlow(loomtest.Case):
    server_options = ("--approve-after", 0)
    tls = True

    def check_card(self, text):
        """Where to go and the code, each alone on its line; and the warning."""
        lines = text.splitlines()
        self.assertIn(f"   {self.server.url}/device", lines, text)
        self.assertTrue(any(re.fullmatch(f" +{CODE}", line) for line in lines), text)
        said = " ".join(text.split())
        self.assertIn(f"Sign in to {self.server.url}", said)
        self.assertIn("Go on only if you started this sign-in yourself.", said)
        self.assertIn("Never type a code that somebody sent you", said)
        # The server first, the code before the warning about it, and that before the waiting.
        order = [said.find(words) for words in (f"Sign in to {self.server.url}", "Type this code there:",
                                                "Go on only if", "Waiting for your approval")]
        self.assertEqual(order, sorted(order), text)
        self.assertNotIn(-1, order, text)

    def check_done(self, said):
        self.assertIn(f"Signed in to {self.server.url} as Ada Lovelace.", said)
        self.assertIn(self.home.file, said)
        self.assertIn(f"loom setup-git --server {self.server.url}", said)

    def check_stored(self, token=None):
        token = token or self.server.last("token")
        self.assertEqual(self.home.tokens(), {self.server.url: token})
        plain = self.home.stored()[self.server.url]
        self.assertEqual(plain["source"], "device")
        self.assertEqual(plain["ca_file"], self.server.authority.file)
        self.assertEqual(plain["account"]["username"], "ada")
        self.assertAlmostEqual(plain["obtained_at"], time.time(), delta=120)

    def test_ui_17_without_a_terminal_the_facts_are_said_once(self):
        result = self.login(self.server)
        self.assertEqual(result.out, b"")
        self.assertNotIn(b"\x1b", result.err)
        self.assertNotIn(b"\r", result.err)
        self.check_card(result.text)
        self.check_done(result.said)
        self.check_stored()
        self.assertEqual(result.text.count("Waiting for your approval"), 1)
        self.assertEqual(self.server.requests(), [
            "POST /auth/device/start", "POST /auth/device/poll", "GET /auth/me"])

    def test_on_a_terminal_one_line_lives(self):
        program = self.start("login", self.server.url, "--cacert", self.server.authority.file,
                             terminal={"stdin", "stderr"}, env={"TERM": "xterm"})
        program.expect(rb"\r\x1b\[KWaiting for your approval\. The code works for \d+:\d\d more\. "
                       rb"Ctrl-C stops\.")
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertEqual(result.out, b"")
        text = result.text
        self.assertIn("\x1b[1m", text)
        plain = text.replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\r\n", "\n")
        self.check_card(plain)
        # The live line is gone when the result is there.
        self.check_done(" ".join(plain.rsplit("\r\x1b[K", 1)[1].split()))
        self.assertEqual(program.modes_before, program.modes_after)
        self.check_stored()

    def test_ui_21_107_plain_and_dumb_terminals_get_no_escape(self):
        for env in ({"TERM": "dumb"}, {"TERM": "xterm", "LOOM_PLAIN": "1"},
                    {"TERM": "xterm", "ACCESSIBLE": "1"}, {}):
            with self.subTest(env):
                program = self.start("login", self.server.url, "--cacert",
                                     self.server.authority.file, env=env,
                                     terminal={"stdin", "stdout", "stderr"})
                result = program.finish()
                self.assertEqual(result.status, 0, result)
                self.assertNotIn(b"\x1b", result.err)
                self.check_card(result.text.replace("\r\n", "\n"))

    def test_ui_21_108_no_color_keeps_the_live_line(self):
        for argv, env in (((), {"NO_COLOR": "1"}), (("--color", "never"), {})):
            program = self.start("login", self.server.url, "--cacert", self.server.authority.file,
                                 *argv, terminal={"stderr"}, env={"TERM": "xterm", **env})
            result = program.finish()
            self.assertEqual(result.status, 0, result)
            self.assertNotIn(b"\x1b[1m", result.err)
            self.assertIn(b"\r\x1b[KWaiting", result.err)

    def test_ui_109_quiet_says_address_and_code_alone(self):
        result = self.login(self.server, "-q")
        lines = [line.strip() for line in result.text.splitlines() if line.strip()]
        self.assertEqual(len(lines), 2, result)
        self.assertEqual(lines[0], f"{self.server.url}/device")
        self.assertRegex(lines[1], f"^{CODE}$")
        self.check_stored()

    def test_json_is_an_object_a_line(self):
        for env in ({}, {"LC_ALL": "es_ES.UTF-8"}, {"LANGUAGE": "ar", "LC_ALL": "C.UTF-8"}):
            result = self.login(self.server, "--json", env=env)
            events = self.events(result)
            self.assertEqual([event["event"] for event in events],
                             ["code", "browser", "waiting", "done"], result)
            code, browser, waiting, done = events
            self.assertEqual(code["server"], self.server.url)
            self.assertEqual(code["verification_url"], f"{self.server.url}/device")
            self.assertIsNone(code["verification_url_complete"])
            self.assertEqual(code["user_code"], self.server.last("user_code"))
            self.assertEqual(code["interval"], 1)
            schema.check_time(self, code["expires_at"], time.time() + 600, 60)
            self.assertEqual(browser["result"], "not_tried")
            self.assertEqual(waiting["reason"], "pending")
            self.assertEqual(done["server"], self.server.url)
            self.assertEqual(done["account"], {"id": "u_0001", "username": "ada",
                                               "display_name": "Ada Lovelace",
                                               "email": "ada@example.org"})
            self.assertEqual(done["store"], {"kind": "file", "name": None, "path": self.home.file,
                                             "locked": None, "mode": "0600"})
            self.assertIsNone(done["expires_at"])

    def test_json_comes_before_the_waiting(self):
        server = self.start_server()
        program = self.start("login", "--json", server.url, "--cacert", self.authority.file)
        program.expect(r'"event":"browser".*\n', "stdout")
        program.expect(r'"event":"waiting".*\n', "stdout")
        self.assertTrue(program.is_running())
        server.approve()
        self.events(program.finish())

    def test_a_second_login_says_so_and_replaces_the_first(self):
        first = self.login(self.server)
        self.assertNotIn("already signed in", first.said)
        old = self.server.last("token")
        mark = len(self.server.log())
        second = self.login(self.server)
        self.assertIn(f"You are already signed in to {self.server.url} as Ada Lovelace. If you go "
                      "on, the new sign-in replaces this one. Press Ctrl-C to keep it.",
                      second.said)
        new = self.server.last("token")
        self.check_stored(new)
        self.assertNotEqual(old, new)
        self.assertFalse(self.server.is_alive(old))
        self.assertTrue(self.server.is_alive(new))
        self.assertEqual(self.server.requests(mark)[:4], [
            "POST /auth/device/start", "POST /auth/device/poll", "GET /auth/me",
            "POST /auth/logout"])

    def test_the_authority_is_remembered(self):
        self.login(self.server)
        # No --cacert this time: the one of the credential serves, also for the revocation.
        self.loom("login", self.server.url)
        self.check_stored()

    def test_a_mask_changes_nothing_about_the_modes(self):
        for mask in (0o000, 0o022, 0o777):
            with self.subTest(umask=oct(mask)):
                home = self.new_home()
                self.login(self.server, home=home, umask=mask)
                for name in (".config", ".local", ".local/share"):
                    info = os.stat(os.path.join(home.path, name))
                    self.assertEqual(stat.S_IMODE(info.st_mode), 0o700, name)
                self.assertEqual(home.files(), [
                    ".config/loom/credentials.json", ".config/loom/credentials.json.lock",
                    ".local/share/loom/vault.key"])

    def test_closed_streams_harm_nothing(self):
        for closed in ("0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"):
            with self.subTest(closed):
                home = self.new_home()
                result = self.start("-c", f'exec "$@" {closed}', "sh", loomtest.LOOM, "login",
                                    self.server.url, "--cacert", self.server.authority.file,
                                    program="/bin/sh", home=home).finish()
                self.assertEqual(result.status, 0, result)
                self.assertEqual(home.tokens(), {self.server.url: self.server.last("token")})
                self.assertEqual(home.files(), [
                    ".config/loom/credentials.json", ".config/loom/credentials.json.lock",
                    ".local/share/loom/vault.key"])

    def test_a_reader_that_went_away_sees_no_code_and_gets_no_sign_in(self):
        """loom login 2>&1 | true: nobody can approve what nobody sees."""
        for name, argv in (("stderr", ()), ("stdout", ("--json",))):
            ours, its = socket.socketpair()
            ours.close()
            home = self.new_home()
            with its:
                result = self.login(self.server, *argv, home=home, status=None,
                                    outputs={name: its})
            self.assertEqual(result.status, 1, result)
            self.assertEqual(home.tokens(), {})

    def test_verbose_shows_the_shape_and_no_secret(self):
        for argv, env in ((("-v",), {}), (("-vv",), {}), ((), {"LOOM_DEBUG": "2"})):
            result = self.login(self.server, *argv, env=env)
            if argv != ("-v",):
                self.assertIn("POST " + self.server.url + "/auth/device/poll", result.text)
                self.assertIn("GET " + self.server.url + "/auth/me", result.text)

    def test_environment_token_does_not_stop_a_login(self):
        token = self.plant(loomtest.marker("environment"))
        result = self.login(self.server, env={"LOOM_TOKEN": token,
                                              "LOOM_SERVER": self.server.url})
        self.assertIn("LOOM_TOKEN", result.said)
        self.assertIn("wins", result.said)
        self.check_stored()

    def test_ci_is_refused_at_once_unless_somebody_reads(self):
        result = self.login(self.server, status=2, env={"CI": "true"})
        self.assertIn("LOOM_SERVER", result.text)
        self.assertIn("LOOM_TOKEN", result.text)
        self.assertEqual(self.server.requests(), [])
        self.assertEqual(self.home.files(), [])
        self.login(self.server, "--no-browser", env={"CI": "true"})
        events = self.events(self.login(self.server, "--json", env={"CI": "1"}))
        self.assertIsNone(events[0]["verification_url_complete"])
        result = self.start("login", self.server.url, "--no-browser", env={"CI": "1"},
                            terminal={"stderr"}).finish()
        self.assertEqual(result.status, 0, result)
        self.give(self.server, env={"CI": "1"})
        # An empty CI is none.
        self.login(self.server, env={"CI": ""})


if __name__ == "__main__":
    loomtest.main()
