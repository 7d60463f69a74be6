# SPDX-License-Identifier: Apache-2.0
"""A code that expired while somebody sits there: Enter gets another one, in the same run; and nobody is
asked where nobody sits (THREATS: DF, UI, MEM)."""
import os
import re
import signal
import time

import loomtest
import screen

OFFER = r"The code expired before anyone approved it\.\r\n\r\nPress Enter for a new code\. Ctrl-C stops\.\r\n"
AGAIN = rf"(?s){OFFER}.*{OFFER}"
EXPIRED = "loom: The code expired before anyone approved it. Nothing was changed."
CODE = r"\d{3}-\d{3}-\d{3}"


class LoginAgain(loomtest.Case):
    server_options = ()

    def begin(self, *argv, env=None, terminal=frozenset({"stdin", "stderr"}), server=None, **more):
        return self.start("login", (server or self.server).url, *argv, home=self.new_home(),
                          terminal=terminal, env={"TERM": "xterm", **(env or {})}, **more)

    def expire(self, program, server=None, shown=r"Waiting"):
        """Let the code die while it is waited for."""
        program.expect(shown)
        (server or self.server).control("expire-codes")

    def begin_offer(self, *argv, **more):
        program = self.begin(*argv, **more)
        self.expire(program, more.get("server"))
        program.expect(OFFER)
        return program

    def stored(self, program):
        return any(home.path == program.environment["HOME"] and home.stored() for home in self.homes)

    def check_expired(self, program):
        result = program.finish()
        self.assertEqual(result.status, 5, result)
        self.assertIn(EXPIRED, result.said)
        self.assertIn(f"    loom login --server {self.server.url}", result.text.splitlines())
        self.assertFalse(self.stored(program))
        if program.modes_after is not None:
            self.assertEqual(program.modes_before, program.modes_after)
        return result

    # ---- Yes ----

    def test_df_200_enter_gets_a_new_code(self):
        for argv, server in (((), self.server),
                             (("--qr",), self.start_server("--dialect", "oauth"))):
            program = self.begin_offer(*argv, server=server)
            starts = len(self.requests_to_start(server))
            time.sleep(1.2)  # longer than an interval: nothing happens by itself
            self.assertEqual(len(self.requests_to_start(server)), starts)
            program.type(b"\r")
            program.expect(rf"(?s){OFFER}.*Sign in to .*Waiting")
            codes = [value for kind, value in server.secrets() if kind == "user_code"]
            self.assertEqual(len(codes), 2)
            server.approve(codes[1])
            result = program.finish()
            self.assertEqual(result.status, 0, result)
            self.assertEqual(program.modes_before, program.modes_after)
            self.assertEqual(len(self.requests_to_start(server)), starts + 1)
            # Each code was shown, the second one last; nothing of the first is asked for again.
            self.assertEqual(re.findall(r"   \x1b\[1m([A-Z0-9-]{9,11})\x1b\[0m\r\n", result.text),
                             codes)
            self.assertIn("Signed in to", result.said)
            self.assertTrue(self.stored(program))

    def requests_to_start(self, server):
        return [request for request in server.requests()
                if request.endswith(("/auth/device/start", "/device_authorization"))]

    def test_df_200_as_often_as_somebody_wishes(self):
        program = self.begin_offer()
        for number in range(2, 5):
            program.type(b"\r")
            self.expire(program, shown=rf"(?s)({OFFER}.*Waiting.*){{{number - 1}}}")
            program.expect(rf"(?s)({OFFER}.*){{{number}}}")
        program.type(b"\r")
        program.expect(rf"(?s)({OFFER}.*){{4}}Waiting")
        self.server.approve()
        self.assertEqual(program.finish().status, 0)
        self.assertEqual(len(self.server.times("/start")), 5)

    def test_ui_131_the_new_code_has_its_own_picture_and_link(self):
        program = self.begin_offer("--qr", env={"VTE_VERSION": "7600"})
        program.type(b"\r")
        program.expect(rf"(?s){OFFER}.*\x1b\[KWaiting")
        shown = program.text().decode()
        self.assertEqual(screen.Screen(shown).scan(self.folder), [f"{self.server.url}/device"])
        self.assertEqual(shown.count("\x1b]8;;http"), 2)
        self.assertIn(self.server.last("user_code"), "\n".join(screen.Screen(shown).text()))
        self.server.approve()
        self.assertEqual(program.finish().status, 0)

    def test_ui_132_the_browser_opens_once(self):
        opened = os.path.join(self.folder, "opened")
        opener = os.path.join(self.folder, "opener")
        with open(opener, "w") as file:
            file.write(f"#!/bin/sh\necho \"$1\" >>'{opened}'\n")
        os.chmod(opener, 0o755)
        program = self.begin(env={"LOOM_BROWSER": opener})
        program.expect("Waiting")
        self.wait_for(lambda: os.path.exists(opened))
        self.expire(program)
        program.expect(OFFER)
        program.type(b"\r")
        program.expect(rf"(?s){OFFER}.*Waiting")
        time.sleep(2.5)  # the browser's two seconds, and more
        self.server.approve()
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        with open(opened) as file:
            self.assertEqual(file.read().splitlines(), [f"{self.server.url}/device"])
        self.assertEqual(result.said.count("Your browser should open by itself."), 1)
        self.assertEqual(result.said.count("Your browser is not opened again."), 1)
        # One that was not opened before the code was over is not opened with the old one any more.
        os.unlink(opened)
        program = self.begin(env={"LOOM_BROWSER": opener})
        program.expect("Waiting")
        self.server.control("expire-codes")
        program.expect(OFFER)
        if not os.path.exists(opened):
            program.type(b"\r")
            program.expect(rf"(?s){OFFER}.*Waiting")
            time.sleep(2.5)
            self.assertFalse(os.path.exists(opened))
            self.assertNotIn("not opened again", program.text().decode())
            self.server.approve()
            self.assertEqual(program.finish().status, 0)

    # ---- No ----

    def test_df_201_ctrl_d_is_no(self):
        program = self.begin_offer()
        program.type(b"\x04")
        self.check_expired(program)
        self.assertEqual(len(self.server.times("/start")), 1)

    def test_ui_124_what_was_typed_before_is_no_answer(self):
        """Nor is what a terminal answers by itself, or a paste that was meant for another window."""
        program = self.begin()
        program.expect("Waiting")
        program.type(b"\r\ry\r")
        self.expire(program)
        program.expect(OFFER)
        time.sleep(0.3)
        self.assertEqual(len(self.server.times("/start")), 1)
        program.type(b"\x1b[24;80R\x1b]11;rgb:0000/0000/0000\x1b\\")
        time.sleep(0.3)
        self.assertEqual(len(self.server.times("/start")), 1)
        program.type(b"rm -rf\r")
        program.expect(AGAIN)
        self.assertEqual(len(self.server.times("/start")), 1)
        program.type(b"one\r\rthree\r\r")
        program.expect(rf"(?s){AGAIN}.*{OFFER}")
        time.sleep(0.3)
        self.assertEqual(len(self.server.times("/start")), 1)
        program.type(b"\r")
        program.expect(rf"(?s){OFFER}.*Waiting")
        self.server.approve()
        self.assertEqual(program.finish().status, 0)
        self.assertEqual(len(self.server.times("/start")), 2)

    def test_ui_133_a_paste_of_megabytes_and_a_held_enter(self):
        """They are no answer, the question is not repeated for each line of them, and no code is asked for."""
        program = self.begin_offer()
        for _ in range(4000):
            program.type(b"line\r\r" * 60)
        for _ in range(30):
            program.type(b"\r")
            time.sleep(0.03)
        self.wait_for(lambda: re.search(AGAIN.encode(), program.text()))
        self.assertEqual(len(self.server.times("/start")), 1)
        program.type(b"\x03")
        result = program.finish()
        self.assertEqual(result.status, -signal.SIGINT, result)
        self.assertLess(result.text.count("Press Enter"), 60)

    def test_mem_07_signals_end_it_at_once(self):
        """As quickly as anywhere else, with the terminal as it was."""
        def once():
            program = self.begin_offer()
            sent = time.monotonic()
            if keys is None:
                program.signal(number)
            else:
                program.type(keys)
            result = program.finish()
            self.assertEqual(result.status, -number, result)
            self.assertTrue(result.text.endswith("Stopped. Nothing was changed.\r\n"), result)
            self.assertEqual(program.modes_before, program.modes_after)
            self.assertFalse(self.stored(program))
            return program.ended - sent

        for number, keys in ((signal.SIGINT, b"\x03"), (signal.SIGTERM, None),
                             (signal.SIGHUP, None)):
            self.in_time(once)

    # ---- Nobody is asked ----

    def test_df_202_where_nobody_sits_it_expires_as_ever(self):
        """Pipes, dumb and plain terminals, CI, quiet, JSON: exit 5 at once."""
        for argv, env, terminal in (
                ((), {}, ()), ((), {}, {"stderr"}), ((), {}, {"stdin"}), ((), {}, {"stdin", "stdout"}),
                ((), {"TERM": "dumb"}, {"stdin", "stderr"}),
                ((), {"LOOM_PLAIN": "1"}, {"stdin", "stderr"}),
                ((), {"ACCESSIBLE": "1"}, {"stdin", "stderr"}),
                ((), {"CI": "1"}, {"stdin", "stderr"})):
            with self.subTest(env=env, terminal=terminal):
                program = self.begin(*argv, env=env, terminal=terminal)
                self.expire(program)
                result = self.check_expired(program)
                self.assertNotIn("Press Enter", result.said)
        program = self.begin("-q")
        self.expire(program, shown=CODE)
        self.assertNotIn("Press Enter", self.check_expired(program).said)
        program = self.begin("--json", terminal={"stdin", "stderr"})
        program.expect('"event":"waiting"', "stdout")
        self.server.control("expire-codes")
        result = self.check_expired(program)
        self.assertNotIn("Press Enter", result.said)
        self.assertEqual(self.events(result)[-1]["error"]["code"], "code_expired")

    def test_tm_111_in_the_background_nobody_is_asked(self):
        """Reading there would stop it, and it would never end."""
        shell = 'set -m; "$@" & wait $!; exit $?'
        program = self.start("-c", shell, "sh", loomtest.LOOM, "login", self.server.url,
                             program="/bin/sh", terminal={"stdin", "stdout", "stderr"},
                             env={"TERM": "xterm"})
        self.expire(program)
        result = program.finish()
        self.assertEqual(result.status, 5, result)
        self.assertNotIn("Press Enter", result.said)

    def test_ui_102_left_with_ctrl_z_and_come_back_to(self):
        go_on = os.path.join(self.home.folder, "go on")
        shell = 'set -m; go_on=$1; shift; "$@"; until [ -e "$go_on" ]; do sleep 0.05; done; fg'
        program = self.start("-c", shell, "sh", go_on, loomtest.LOOM, "login", self.server.url,
                             program="/bin/sh", terminal={"stdin", "stdout", "stderr"},
                             env={"TERM": "xterm"})
        self.expire(program)
        program.expect(OFFER)
        program.type(b"\x1a")
        self.wait_for(program.has_stopped_child)
        open(go_on, "w").close()
        self.wait_for(lambda: not program.has_stopped_child())
        self.wait_for(lambda: self.types_enter(program))
        self.server.approve()
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        os.remove(go_on)

    def types_enter(self, program):
        program.type(b"\r")
        time.sleep(0.2)
        return len(self.server.times("/start")) == 2

    def test_a_failure_of_the_new_code_is_its_own(self):
        program = self.begin_offer()
        self.server.misbehave("start-503")
        program.type(b"\r")
        result = program.finish()
        self.assertEqual(result.status, 6, result)
        self.assertIn("has a problem at present (HTTP 503)", result.said)
        self.assertFalse(self.stored(program))


if __name__ == "__main__":
    loomtest.main()
