# SPDX-License-Identifier: Apache-2.0
"""Signing out: the server is told, everything is forgotten here, and both are said as they are."""
import fcntl
import json
import os
import signal
import time

import loomtest
import schema
import servers
from loomtest import STOP_S

SAVE_S = 0.5  # what writing the file safely may take on top


class Logout(loomtest.Case):
    server_options = ()
    tls = True

    def rows(self, result):
        return schema.check_logout(self, result)

    def test_the_server_is_told_with_the_right_token(self):
        """REV-01"""
        token = self.give(self.server)
        mark = len(self.server.log())
        result = self.loom("logout")
        self.assertEqual(result.out, b"")
        self.assertIn(f"Signed out of {self.server.url}.", result.said)
        self.assertEqual(self.server.requests(mark), ["POST /auth/logout"])
        self.assertEqual(self.server.log()[mark]["authorization"], "bearer")
        self.assertFalse(self.server.is_alive(token))
        self.assertEqual(self.home.tokens(), {})
        self.assertEqual(self.get(self.server.url), {})

    def test_quiet(self):
        self.give(self.server)
        self.assertEqual(self.loom("logout", "-q").err, b"")

    def test_in_json(self):
        self.give(self.server)
        result = self.loom("logout", "--json", env={"LC_ALL": "es_ES.UTF-8"})
        self.assertEqual(self.rows(result), [{
            "server": self.server.url, "was_signed_in": True, "deleted_from": ["file"],
            "left_in": [], "revoked": "yes", "error": None}])
        row, = self.rows(self.loom("logout", "--json", "--server", self.server.url))
        self.assertEqual((row["was_signed_in"], row["revoked"], row["deleted_from"], row["error"]),
                         (False, None, [], None))
        self.assertEqual(self.rows(self.loom("logout", "--json")), [])
        self.assertEqual(self.rows(self.loom("logout", "--all", "--json")), [])

    def test_a_token_that_is_dead_already(self):
        """REV-03"""
        self.give(self.server)
        self.server.revoke_all()
        row, = self.rows(self.loom("logout", "--json"))
        self.assertEqual((row["revoked"], row["error"]), ("already_dead", None))
        self.assertEqual(self.home.tokens(), {})

    def test_not_signed_in_is_done(self):
        """REV-105"""
        for argv in (["logout"], ["logout", "--all"], ["logout", "--server", self.server.url],
                     ["logout", self.server.url]):
            result = self.loom(*argv)
            self.assertIn("There is nothing to do.", result.said)
            self.assertEqual(self.home.files(), [], "signing out made files")
        self.loom("logout", env={"LOOM_SERVER": self.server.url})
        self.assertEqual(self.server.requests(), [])

    def test_which_one(self):
        """REV-106"""
        other = self.start_server()
        mine, theirs = self.give(self.server), self.give(other)
        mark = len(self.server.log())
        result = self.loom("logout", status=2)
        for server in (self.server, other):
            self.assertRegex(result.text, rf"(?m)^    .*{server.url}$")
        self.assertEqual(set(self.home.tokens()), {self.server.url, other.url})
        self.loom("logout", "--json", status=2)
        self.assertEqual(self.server.requests(mark), [])
        self.loom("logout", env={"LOOM_SERVER": other.url})
        self.assertEqual(self.home.tokens(), {self.server.url: mine})
        self.assertFalse(other.is_alive(theirs))
        self.assertTrue(self.server.is_alive(mine))
        self.loom("logout", self.server.url)
        self.assertEqual(self.home.tokens(), {})

    def test_all(self):
        """NET-26: each server gets its own token and nothing of another's."""
        both = [self.server, self.start_server()]
        tokens = [self.give(server) for server in both]
        self.loom("logout", "--all", self.server.url, status=2)
        self.loom("logout", "--all", "--server", self.server.url, status=2)
        self.assertEqual(len(self.home.tokens()), 2)
        rows = self.rows(self.loom("logout", "--all", "--json",
                                   env={"LOOM_SERVER": self.server.url}))
        self.assertEqual({row["server"] for row in rows}, {server.url for server in both})
        self.assertEqual({row["revoked"] for row in rows}, {"yes"})
        for server, token in zip(both, tokens):
            self.assertFalse(server.is_alive(token))
            self.assertEqual(len(server.times("/auth/logout")), 1)
        self.assertEqual(self.home.tokens(), {})

    def test_one_of_all_cannot_be_told(self):
        """REV-102"""
        other = self.start_server("--misbehave", "logout-500")
        tokens = [self.give(self.server), self.give(other)]
        rows = self.rows(self.loom("logout", "--all", "--json", status=10))
        self.assertEqual({row["server"]: row["revoked"] for row in rows},
                         {self.server.url: "yes", other.url: "no"})
        self.assertFalse(self.server.is_alive(tokens[0]))
        self.assertEqual(self.home.tokens(), {})

    # ---- Servers that cannot be told ----

    def test_trouble_at_the_server_is_said_and_forgotten_here(self):
        """REV-02"""
        target = servers.Listener()
        self.addCleanup(target.stop)
        running = []
        for name, revoked in (("logout-500", "no"), ("logout-404", "unsupported"),
                              ("logout-html", "no"), ("logout-html-401", "no"),
                              ("logout-redirect", "no"), ("logout-drop", "no"), ("hang", "no")):
            server = self.start_server("--redirect-to", f"http://localhost:{target.port}/")
            for argv in ((), ("--json",)):
                home = self.new_home()
                home.seed((server.url, server.issue_token(), {"ca_file": self.authority.file}))
                running.append((name, revoked, server, home, argv))
        programs = []
        for name, revoked, server, home, argv in running:
            server.misbehave(name)
            programs.append(self.start("logout", *argv, home=home))
        for (name, revoked, server, home, argv), program in zip(running, programs):
            with self.subTest(name, argv=argv):
                result = program.finish()
                self.assertEqual(result.status, 10, result)
                self.assertEqual(home.tokens(), {})
                self.check_quick(result.took_s, 20)
                if argv:
                    row, = self.rows(result)
                    self.assertEqual((row["revoked"], row["deleted_from"], row["was_signed_in"]),
                                     (revoked, ["file"], True))
                    if name != "logout-404":
                        self.assertIsNotNone(row["error"])
                else:
                    self.assertIn(f"Signed out of {server.url} on this computer. The server could "
                                  "not be told, so it may still accept the old token.",
                                  result.said)
        self.assertEqual(target.seen, [])

    def test_a_server_that_is_gone(self):
        """REV-103"""
        url = f"https://localhost:{servers.closed_port()}"
        self.home.seed((url, self.plant(loomtest.marker("gone"))))
        row, = self.rows(self.loom("logout", "--json", status=10))
        self.assertEqual((row["revoked"], row["error"]["code"], row["error"]["exit_status"]),
                         ("no", "network", 6))
        self.assertEqual(self.home.tokens(), {})

    def test_a_certificate_that_cannot_be_trusted_gets_no_token(self):
        """REV-101"""
        self.home.seed((self.server.url, self.server.issue_token()))
        mark = len(self.server.log())
        row, = self.rows(self.loom("logout", "--json", status=10))
        self.assertEqual(row["error"]["code"], "tls")
        self.assertEqual(self.server.requests(mark), [])
        self.assertEqual(self.home.tokens(), {})

    def test_an_authority_can_be_named(self):
        """REV-107"""
        token = self.server.issue_token()
        for argv, env in ((["--cacert", self.authority.file], {}),
                          ([], {"LOOM_CA_FILE": self.authority.file})):
            token = self.server.issue_token()
            self.home.seed((self.server.url, token))
            self.loom("logout", *argv, env=env)
            self.assertFalse(self.server.is_alive(token))

    def test_ctrl_c_while_the_server_hangs_forgets_all_the_same(self):
        """REV-100"""
        def once():
            server = self.start_server()
            token = self.give(server)
            server.misbehave("logout-hang")
            program = self.start("logout", "--server", server.url)
            self.wait_for(lambda: server.times("/auth/logout"))
            time.sleep(0.1)
            sent = program.signal(number)
            result = program.finish()
            self.assertEqual(result.status, -number, result)
            self.assertEqual(self.home.tokens(), {})
            self.assertIn("could not be told", result.said)
            server.misbehave()
            self.assertTrue(server.is_alive(token))
            return program.ended - sent

        for number in (signal.SIGINT, signal.SIGTERM):
            self.in_time(once, STOP_S + SAVE_S)

    def test_ctrl_c_and_all_leaves_those_whose_turn_did_not_come(self):
        """REV-104: no sign-in is forgotten of which its server was not even told."""
        running = [self.start_server() for _ in range(3)]
        for server in running:
            self.give(server)
            server.misbehave("logout-hang")
        program = self.start("logout", "--all", "--json")
        self.wait_for(lambda: any(server.times("/auth/logout") for server in running))
        program.signal(signal.SIGINT)
        result = program.finish()
        self.assertEqual(result.status, -signal.SIGINT, result)
        cut, *rest = sorted(running, key=lambda server: server.url)
        self.assertEqual(set(self.home.tokens()), {server.url for server in rest})
        self.assertIn(f"Signed out of {cut.url} on this computer. The server could not be told",
                      result.said)
        self.assertIn("You are still signed in to these servers:", result.said)
        for server in rest:
            self.assertIn(f"    {server.url}", result.text.splitlines())
            self.assertEqual(server.times("/auth/logout"), [])
        self.assertNotIn("Nothing was changed", result.said)
        rows = self.rows(result)
        self.assertEqual([(row["deleted_from"], row["revoked"]) for row in rows],
                         [(["file"], "no"), ([], None), ([], None)])
        self.assertEqual({row["error"]["code"] for row in rows}, {"interrupted"})
        self.assertNotIn("Nothing was changed", rows[0]["error"]["message"])

    def test_what_cannot_be_removed_says_what_the_server_knows(self):
        other = self.start_server("--misbehave", "logout-500")
        for server, said in ((self.server, "has ended your sign-in, but it could not be removed"),
                             (other, "could not be removed from this computer, and the server "
                                     "could not be told")):
            home = self.new_home()
            token = self.give(server, home=home)
            with open(home.file + ".lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                result = self.loom("logout", home=home, status=10)
            self.assertIn(said, result.said)
            self.assertNotIn("Signed out of", result.said)
            self.assertEqual(server.is_alive(token), server is other)
            self.assertEqual(set(home.tokens()), {server.url})

    # ---- Damage ----

    def test_damage_is_left_alone(self):
        token = self.give(self.server)
        mark = len(self.server.log())
        self.home.damage()
        before = self.home.snapshot()
        for argv in (["logout"], ["logout", "--server", self.server.url], ["logout", "--all"]):
            result = self.loom(*argv, status=9)
            self.assertIn(self.home.file, result.text)
            self.assertIn("    loom logout --discard-damaged", result.text.splitlines())
        result = self.loom("logout", "--json", status=9)
        error = schema.parse(self, result.out, result)
        error = error["error"] if "error" in error else error["servers"][0]["error"]
        schema.check_error(self, error, 9, result)
        self.assertEqual(error["code"], "damaged")
        self.assertEqual(self.home.snapshot(), before)
        self.assertTrue(self.server.is_alive(token))
        self.assertEqual(len(self.server.requests(mark)), 1)

    def test_damage_is_moved_aside_when_asked(self):
        token = self.give(self.server)
        self.home.damage()
        with open(self.home.file, "rb") as file:
            damaged = file.read()
        result = self.loom("logout", "--discard-damaged")
        aside = [name for name in os.listdir(self.home.config) if "damaged" in name]
        self.assertEqual(len(aside), 1, os.listdir(self.home.config))
        self.assertRegex(aside[0], r"^credentials\.json\.damaged-\d{8}T\d{6}Z$")
        with open(os.path.join(self.home.config, aside[0]), "rb") as file:
            self.assertEqual(file.read(), damaged)
        self.assertIn(os.path.join(self.home.config, aside[0]), result.text)
        self.assertIn("may still accept the old tokens", result.said)
        self.assertTrue(self.server.is_alive(token))
        self.assertFalse(os.path.exists(self.home.file))
        # And afterwards everything works again.
        self.give(self.server)
        self.loom("logout")

    def test_discarding_what_is_whole_moves_nothing(self):
        self.give(self.server)
        result = self.loom("logout", "--discard-damaged")
        self.assertIn("Nothing stored is damaged.", result.said)
        self.assertNotIn("Signed out", result.said)
        self.assertEqual(len(self.home.tokens()), 1)
        for argv in ((), ("--all",), (self.server.url,), ("--server", self.server.url)):
            self.give(self.server)
            result = self.loom("logout", "--discard-damaged", *argv,
                               env={"LOOM_SERVER": self.server.url} if not argv else {})
            self.assertEqual("Signed out" in result.said, argv != ())
            self.assertEqual(len(self.home.tokens()), 0 if argv else 1)
        self.assertFalse([name for name in os.listdir(self.home.config) if "damaged" in name])

    def test_discarding_in_json(self):
        self.give(self.server)
        self.home.damage()
        result = self.loom("logout", "--discard-damaged", "--json")
        self.assertEqual(self.rows(result), [])
        path = json.loads(result.out)["moved_to"]
        self.assertTrue(os.path.exists(path), path)
        result = self.loom("logout", "--discard-damaged", "--json")
        self.assertEqual(self.rows(result), [])
        self.assertIsNone(json.loads(result.out)["moved_to"])

    # ---- The token of the environment ----

    def test_a_token_of_the_environment_is_not_touched(self):
        stored, given = self.give(self.server), self.server.issue_token()
        env = {"LOOM_SERVER": self.server.url, "LOOM_TOKEN": given}
        result = self.loom("logout", env=env)
        self.assertIn("LOOM_TOKEN", result.said)
        self.assertIn("still set", result.said)
        self.assertFalse(self.server.is_alive(stored))
        self.assertTrue(self.server.is_alive(given))
        result = self.loom("logout", "-q", env=env)
        self.assertIn("still set", result.said)
        self.assertTrue(self.server.is_alive(given))
        path = os.path.join(self.folder, "token")
        with open(path, "w") as file:
            file.write(given)
        result = self.loom("logout", env={"LOOM_SERVER": self.server.url, "LOOM_TOKEN_FILE": path})
        self.assertIn("LOOM_TOKEN_FILE", result.said)
        self.assertTrue(self.server.is_alive(given))
        self.assertNotIn("LOOM_TOKEN", self.loom("logout").said)

    def test_the_note_of_a_refused_token_goes_too(self):
        token = self.give(self.server)
        self.helper("erase", {"protocol": "https", "host": self.server.host,
                              "username": "oauth2", "password": token})
        self.loom("logout")
        with open(os.path.join(self.home.data, "refused.json")) as file:
            self.assertEqual(file.read().strip(), "{}")


if __name__ == "__main__":
    loomtest.main(8)
