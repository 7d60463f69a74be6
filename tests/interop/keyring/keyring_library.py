# SPDX-License-Identifier: Apache-2.0
"""libloom-credentials and a real keyring, in a host of somebody else's: it finds what `loom login` kept there,
asks nobody, and leaves the process alone but for what GLib needs."""
import keyrings
import library
import loomtest


class Keyring(keyrings.Case):
    host = library.HostCase.host
    fails = library.HostCase.fails
    check_lines = library.HostCase.check_lines

    def setUp(self):
        super().setUp()
        self.desk = self.new_desk()
        self.keyring = self.desk.start_gnome_keyring()
        self.login(self.server, env=self.desk.environment)
        self.token = self.server.last("token")

    def with_keyring(self, place, **more):
        return {**self.desk.environment, "HOST_PLACE": place, **more}

    def test_what_the_program_kept_is_found(self):
        for place in ("0", "1", "2"):
            said = self.host("token", self.server.url, env=self.with_keyring(place))
            self.assertEqual((said["result"], said["token"]), ("ok", self.token))
            said = self.host("list", env=self.with_keyring(place))
            self.assertEqual(said.of("server"), [self.server.url])
        self.fails("not_signed_in", "token", self.server.url, env=self.with_keyring("3"))

    def test_deleting_reaches_it_from_any_place(self):
        for place in ("0", "2", "3"):
            self.login(self.server, env=self.desk.environment)
            said = self.host("delete", self.server.url, "0", env=self.with_keyring(place))
            self.assertEqual((said["result"], said["revocation"]), ("ok", "revoked"))
            self.assertEqual(self.desk.items()[0], [])
            self.assertFalse(self.server.is_alive(self.server.last("token")))

    def test_lib_114_a_locked_one_asks_nobody(self):
        self.desk.lock()
        said = self.fails("keyring_locked", "token", self.server.url, env=self.with_keyring("1"))
        self.assertIn("locked", said["message"])
        self.fails("keyring_locked", "list", env=self.with_keyring("2"))

    def test_threads_share_it(self):
        said = self.host("stress", "2", self.server.url, "https://nowhere.example.com",
                         env=self.with_keyring("1"))
        self.assertEqual(said.of("unexpected"), [], said.result)

    def test_the_process_keeps_what_is_its_own(self):
        """GLib's thread and the connection to the bus stay, which no program that is started inherits; the
        action for SIGPIPE, which GLib changes, does not."""
        for more in ({}, {"HOST_SIGPIPE": "1"}):
            said = self.host("inspect", "token", self.server.url,
                             env=self.with_keyring("1", **more))
            self.assertEqual(said["token"], self.token)
            self.assertEqual([line for line in said.of("lost") if line != "threads 1"], [])
            for line in said.of("gained"):
                self.assertRegex(line, r"^threads [2-4]$|^descriptor \d+: (socket|anon_inode):.* "
                                       r"flags 1$", said.result)

    def test_lib_113_a_child_is_told_that_its_keyring_stayed_with_the_parent(self):
        said = self.host("then-fork", "token", self.server.url, env=self.with_keyring("1"))
        self.assertEqual((said["child"], said["result"]), ("0", "keyring_unavailable"))
        # before the parent used it, the child may
        said = self.host("fork", "token", self.server.url, env=self.with_keyring("1"))
        self.assertEqual((said["child"], said["token"]), ("0", self.token))


if __name__ == "__main__":
    loomtest.main()
