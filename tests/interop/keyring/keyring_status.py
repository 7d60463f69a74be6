# SPDX-License-Identifier: Apache-2.0
"""`status` and `token` with a system keyring: in it, beside it, and when it hangs, is locked or fails."""
import json
import signal

import keyrings
import loomtest
import schema

HUNG = "The system keyring does not answer."
LOCKED = "The system keyring is locked"
URL = "https://loom.example.com"
FILED = loomtest.marker("filed")


class Keyring(keyrings.Case):
    def setUp(self):
        super().setUp()
        self.desk = self.new_desk()
        self.env = self.desk.environment

    def start(self, *argv, env=None, **more):
        return super().start(*argv, env={**self.env, **(env or {})}, **more)

    def status(self, *argv, status=0, **more):
        result = self.loom("status", "--json", *argv, status=status, **more)
        self.said = result.said
        self.took_s = result.took_s
        return {row["server"]: row for row in schema.check_status(self, result)["servers"]}

    def start_with_item(self, **plan):
        token = self.server.issue_token()
        self.desk.start_mock(items=[self.item(self.credential(token, server=self.server.url))],
                             **plan)
        return token

    def file_another(self):
        """A sign-in in the file, at a server that is not asked."""
        self.home.seed((URL, self.plant(FILED)))

    def test_in_the_keyring(self):
        token = self.start_with_item()
        row = self.status()[self.server.url]
        self.assertEqual((row["state"], row["store"]["kind"], row["store"]["path"],
                          row["store"]["locked"], row["store"]["mode"]),
                         ("valid", "keyring", None, False, None))
        self.assertIn("Kept in the system keyring.", self.loom("status").out.decode())
        self.assertEqual(self.print_token().out, token.encode() + b"\n")
        self.assertEqual(schema.check_token(self, self.print_token("--format", "json"))["source"],
                         "stored")

    def test_in_both_places(self):
        self.start_with_item()
        self.file_another()
        rows = self.status("--offline")
        self.assertEqual({url: row["store"]["kind"] for url, row in rows.items()},
                         {self.server.url: "keyring", URL: "file"})
        # Where commands look is where LOOM_STORE says.
        for place, url in (("file", URL), ("keyring", self.server.url)):
            env = {"LOOM_STORE": place}
            self.assertEqual(list(self.status("--offline", env=env)), [url])
            self.assertEqual(len(self.print_token(env=env).out.splitlines()), 1)

    def test_a_keyring_that_hangs_or_is_locked_is_told_and_passed_over(self):
        self.file_another()
        for plan, said in (({"silent": ["SearchItems"]}, HUNG), ({"silent": ["OpenSession"]}, HUNG),
                           ({"collection": "locked"}, LOCKED)):
            with self.subTest(plan):
                self.desk = self.new_desk()
                self.env = self.desk.environment
                self.start_with_item(**plan)
                rows = self.status("--offline")
                self.assertEqual(list(rows), [URL])
                self.assertIn(said, self.said)
                self.check_quick(self.took_s, 8)
                self.assertEqual(self.print_token().out, FILED.encode() + b"\n")

    def test_what_a_keyring_does_not_show_is_not_gone(self):
        """Nothing in the file, and no telling what else there is: 8, and not 3."""
        for plan, said, code in (({"silent": ["SearchItems"]}, HUNG, "keyring_unavailable"),
                                 ({"collection": "locked"}, LOCKED, "keyring_locked"),
                                 ({"failing": ["SearchItems"]}, "answers with an error",
                                  "keyring_unavailable")):
            with self.subTest(plan):
                self.desk = self.new_desk()
                self.env = self.desk.environment
                self.start_with_item(**plan)
                for command in (("status", "--json"), ("token", "--format", "json"),
                                ("token", "--format", "json", self.server.url)):
                    result = self.loom(*command, status=8)
                    self.assertEqual(schema.check_failure(self, result)["code"], code)
                    self.assertIn(said, result.said)
                    self.check_quick(result.took_s, 8)
                row = self.status(self.server.url, status=8)[self.server.url]
                self.assertEqual((row["state"], row["error"]["code"]), ("unknown", code))

    def test_the_keyring_alone(self):
        self.file_another()
        self.start_with_item(silent=["SearchItems"])
        for command in ("status", "token"):
            result = self.loom(command, status=8, env={"LOOM_STORE": "keyring"})
            self.assertIn(HUNG, result.said)
            self.assertEqual(result.out, b"")

    def test_a_damaged_file_beside_a_keyring(self):
        token = self.start_with_item()
        self.file_another()
        with open(self.home.file, "w") as file:
            json.dump({"format": "loom-credentials", "version": 99}, file)
        before = self.home.snapshot()
        rows = self.status("--offline", status=9)
        self.assertEqual(list(rows), [self.server.url])
        self.assertIsNone(rows[self.server.url]["error"])
        self.assertIn(self.home.file, self.said)
        result = self.print_token(self.server.url)
        self.assertEqual(result.out, token.encode() + b"\n")
        self.assertEqual(self.home.snapshot(), before)

    def test_the_environment_needs_no_keyring(self):
        self.start_with_item(silent=["SearchItems", "OpenSession"])
        env = {"LOOM_SERVER": self.server.url, "LOOM_TOKEN": self.server.issue_token()}
        result = self.print_token(env=env)
        self.assertEqual(result.out.decode().strip(), env["LOOM_TOKEN"])
        self.assertNotIn("SearchItems", self.desk.calls())
        for argv in ((), (self.server.url,)):
            self.assertEqual(self.status(*argv, env=env)[self.server.url]["state"], "valid")

    def test_ctrl_c_while_it_hangs(self):
        self.start_with_item(silent=["SearchItems"])
        for command in ("status", "token"):
            calls = self.desk.calls().count("SearchItems")
            program = self.start(command)
            self.wait_for(lambda calls=calls: self.desk.calls().count("SearchItems") > calls)
            program.signal(signal.SIGINT)
            result = program.finish()
            self.assertEqual(result.status, -signal.SIGINT, result)
            self.assertEqual(result.out, b"")


if __name__ == "__main__":
    loomtest.main()
