# SPDX-License-Identifier: Apache-2.0
"""What `loom doctor` finds about a keyring: real ones, and one that misbehaves. Nothing is unlocked and
nothing stays."""
import os
import signal
import socket

import keyrings
import schema


class Case(keyrings.Case):
    def setUp(self):
        super().setUp()
        self.desk = self.new_desk()
        self.env = self.desk.environment

    def doctor(self, status=0, **env):
        result = self.loom("doctor", "--json", "--server", self.server.url, status=status,
                           env={**self.env, **env})
        self.took_s = result.took_s
        return schema.check_doctor(self, result)

    def check(self, rows, **expected):
        """The verdicts of the keyring's checks."""
        self.assertEqual({name.partition(".")[2]: row["status"] for name, row in rows.items()
                          if name.startswith("keyring.")}, expected)

    def everything(self, secret):
        yield from super().everything(secret)

    def trials(self):
        return self.desk.run("secret-tool", "search", "--all", "application", "loom-doctor").stdout


class Real(Case):
    def test_gnome_keyring_unlocked(self):
        self.desk.start_gnome_keyring()
        self.give(self.server, env=self.env)
        rows = self.doctor()
        self.check(rows, bus="ok", service="ok", lock="ok", trial="ok")
        self.assertTrue(rows["keyring.service"]["data"]["program"].startswith("gnome-keyring"))
        self.assertEqual(rows["keyring.trial"]["data"]["result"], "passed")
        self.assertEqual(rows["sign_in.place"]["data"]["place"], "keyring")
        self.assertEqual(rows["sign_in.token"]["data"]["places"], ["keyring"])
        self.assertEqual(rows["sign_in.token"]["data"]["state"], "valid")
        self.assertEqual(self.trials(), b"")

    def test_what_an_earlier_one_left_goes(self):
        self.desk.start_gnome_keyring()
        self.desk.put({"application": "loom-doctor"}, b"no secret", "left")
        self.assertIn(b"no secret", self.trials())
        self.check(self.doctor(), bus="ok", service="ok", lock="ok", trial="ok")
        self.assertEqual(self.trials(), b"")

    def test_gnome_keyring_locked(self):
        self.desk.start_gnome_keyring()
        self.desk.lock()
        rows = self.doctor(DISPLAY=":1")  # where a window could appear
        self.check(rows, bus="ok", service="ok", lock="warn", trial="skipped")
        self.assertTrue(rows["keyring.lock"]["data"]["locked"])
        self.assertIn(b"true", self.desk.is_locked(
            "/org/freedesktop/secrets/collection/login").stdout)
        self.assertEqual(rows["sign_in.place"]["data"]["place"], "file")
        rows = self.doctor(status=8, LOOM_STORE="keyring")
        self.check(rows, bus="ok", service="ok", lock="fail", trial="skipped")

    def test_gnome_keyring_that_hangs(self):
        process = self.desk.start_gnome_keyring()
        process.send_signal(signal.SIGSTOP)
        rows = self.doctor()
        self.check(rows, bus="ok", service="warn", lock="skipped", trial="skipped")
        self.assertIn("does not answer", rows["keyring.service"]["message"])
        self.assertLess(self.took_s, 25)
        process.send_signal(signal.SIGCONT)

    def test_a_bus_that_says_nothing(self):
        path = os.path.join(self.folder, "silent")
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(path)
            silent.listen(8)
            rows = self.doctor(DBUS_SESSION_BUS_ADDRESS=f"unix:path={path}")
        self.check(rows, bus="ok", service="warn", lock="skipped", trial="skipped")
        self.assertIn("does not answer", rows["keyring.service"]["message"])

    def test_no_keyring_and_no_bus(self):
        rows = self.doctor()
        self.check(rows, bus="ok", service="skipped", lock="skipped", trial="skipped")
        rows = self.doctor(DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere")
        self.check(rows, bus="skipped", service="skipped", lock="skipped", trial="skipped")
        self.check(self.doctor(status=8, LOOM_STORE="keyring"), bus="ok", service="fail",
                   lock="skipped", trial="skipped")

    def test_keepassxc_asks_before_it_deletes(self):
        self.desk.start_keepassxc()
        rows = self.doctor()
        self.check(rows, bus="ok", service="ok", lock="ok", trial="skipped")
        self.assertEqual(rows["keyring.service"]["data"]["program"], "keepassxc")
        self.assertEqual(rows["keyring.trial"]["data"]["result"], "left_out")

    def test_a_copy_in_each_place(self):
        self.desk.start_gnome_keyring()
        self.give(self.server, env=self.env)
        self.home.seed((self.server.url, self.server.issue_token()))
        before = self.home.snapshot()
        rows = self.doctor()
        self.assertEqual(rows["sign_in.copies"]["status"], "warn")
        self.assertEqual(rows["sign_in.copies"]["data"]["places"], ["keyring", "file"])
        self.assertEqual(self.home.snapshot(), before)
        self.assertEqual(len(self.desk.items()[0]), 1)


class Odd(Case):
    def test_each_step_that_fails(self):
        for plan, step, words in (
                ({"silent": ["OpenSession"]}, "service", "does not answer"),
                ({"failing": ["OpenSession"]}, "service", "answers with an error"),
                ({"collection": "none"}, "lock", "no place for new items"),
                ({"failing": ["CreateItem"]}, "trial", "does not take"),
                ({"failing": ["GetSecrets"]}, "trial", "does not give back"),
                ({"failing": ["Delete"]}, "trial", "does not delete")):
            with self.subTest(plan):
                self.desk = self.new_desk()
                self.env = self.desk.environment
                self.desk.start_mock(**plan)
                row = self.doctor()["keyring." + step]
                self.assertEqual(row["status"], "warn", row)
                self.assertIn(words, row["message"])

    def test_it_is_deleted_when_it_cannot_be_read(self):
        self.desk.start_mock(failing=["GetSecrets"])
        self.doctor()
        calls = self.desk.calls()
        self.assertIn("Delete", " ".join(calls))


if __name__ == "__main__":
    import loomtest
    loomtest.main(3)
