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

    def in_child(self, first, second, **more):
        """What a child says to the second after its parent did the first, which went well."""
        said = self.host("in-child", *first, "--", *second, env=self.with_keyring("1"), **more)
        self.assertEqual((said["before"], said["child"]), ("0", "0"), said.result)
        return said

    def check_read(self, said):
        """Over sd-bus nothing outlives a call; of libsecret the parent has the thread that does the work."""
        expected = ("keyring_unavailable", None) if keyrings.IS_WITHOUT_SYSTEMD else ("ok", self.token)
        self.assertEqual((said["result"], said.get("token")), expected, said.result)

    def test_lib_113_a_child_reads_what_its_parent_read(self):
        self.check_read(self.in_child(("token", self.server.url), ("token", self.server.url)))
        said = self.in_child(("list",), ("list",))
        self.assertEqual(said.of("server"),
                         [] if keyrings.IS_WITHOUT_SYSTEMD else [self.server.url])
        # before the parent used it, the child may in any case
        said = self.host("fork", "token", self.server.url, env=self.with_keyring("1"))
        self.assertEqual((said["child"], said["token"]), ("0", self.token))

    def sign_in_elsewhere(self, *options):
        server = self.start_server("--approve-after", 0, *options)
        self.login(server, env=self.desk.environment)
        return server

    def test_lib_113_a_child_is_told_that_changes_stayed_with_the_parent(self):
        """The parent has changed something, which is libsecret's in any case."""
        self.check_read(self.in_child(("delete", self.sign_in_elsewhere().url, "0"),
                                      ("token", self.server.url)))
        for ending in ("1", "0"):
            said = self.in_child(("delete", self.sign_in_elsewhere().url, "0"),
                                 ("delete", self.server.url, ending))
            self.assertEqual(said["result"], "keyring_unavailable", said.result)
            answer = self.get(self.server.url, env=self.desk.environment)
            self.assertEqual(answer["password"], self.token)  # it is still there
        # As everywhere, the server is told before: who could read the token could end it.
        self.assertEqual(self.server.is_alive(self.token), keyrings.IS_WITHOUT_SYSTEMD)

    def test_lib_113_a_child_renews_nothing_that_it_could_not_keep(self):
        server = self.sign_in_elsewhere("--dialect", "oauth", "--token-life", library.LIFE_S)
        old, other = server.last("token"), self.sign_in_elsewhere()
        mark = len(server.log())
        said = self.in_child(("delete", other.url, "0"), ("renew", server.url))
        self.assertEqual(server.requests(mark), [])
        if not keyrings.IS_WITHOUT_SYSTEMD:
            self.assertEqual((said["result"], said["token"]), ("ok", old))
            self.assertIn("The system keyring does not answer.", said["warning"])
            # It was refused, and whoever can keep another renews it.
            self.assertNotEqual(self.get(server.url, env=self.desk.environment)["password"], old)


if __name__ == "__main__":
    loomtest.main()
