# SPDX-License-Identifier: Apache-2.0
"""Signing in, git and signing out with a real gnome-keyring: the token is there and only there."""
import json
import os
import signal

import keyrings
import leaks
import loomtest
import schema
import servers


# Ours, and what an answer stands on that comes over sd-bus, or over libsecret.
OURS = {"libc", "libpopt", "liburiparser", "libcjson", "ld-linux-x86-64", "ld-linux-aarch64"}
UNDER_SDBUS = {"libsystemd", "libcap", "libgcrypt", "libgpg-error", "liblzma", "libzstd", "liblz4",
               "libm"}
UNDER_LIBSECRET = {"libsecret-1", "libglib-2.0", "libgobject-2.0", "libgio-2.0", "libgmodule-2.0",
                   "libgcrypt", "libgpg-error", "libpcre2-8", "libpcre", "libffi", "libz", "libm",
                   "libmount", "libblkid", "libselinux", "libresolv"}


class GnomeKeyring(keyrings.Case):
    def setUp(self):
        super().setUp()
        self.desk = self.new_desk()
        self.keyring = self.desk.start_gnome_keyring()
        self.env = self.desk.environment

    def test_kr_09_the_token_is_in_the_keyring_and_only_there(self):
        result = self.login(self.server, env=self.env)
        self.assert_kept_in_keyring(result)
        self.assertEqual(self.home.files(), [])
        token = self.server.last("token")
        items, attributes = self.desk.items()
        self.assertEqual(len(items), 1)
        self.assertEqual(items[0]["label"], f"Loom: {self.server.url}")
        stored = json.loads(items[0]["secret"])
        self.assertEqual((stored["type"], stored["key"], stored["server"]),
                         ("api", token, self.server.url))
        self.assertEqual(sorted(attributes.decode().split("\n")), sorted(
            ["", "attribute.application = loom", "attribute.service = loom",
             "attribute.target = default", f"attribute.username = {self.key()}"]))
        self.assertIsNone(leaks.find(token, attributes + items[0]["label"].encode()))
        self.assertEqual(self.get(self.server.url, env=self.env),
                         {"username": "oauth2", "password": token})
        self.assertIn("Signed out of", self.loom("logout", env=self.env).said)
        self.assertEqual(self.desk.items()[0], [])
        self.assertFalse(self.server.is_alive(token))
        self.assertEqual(self.get(self.server.url, env=self.env), {})

    def check_answer(self, env):
        answer = self.get(self.server.url, env={**self.env, **env})
        self.assertEqual(answer["password"], self.server.last("token"))

    def test_an_answer_opens_what_it_needs_and_no_more(self):
        """docs/PERFORMANCE.md: whoever brings another library brings it here as well. A sanitizer's
        runtime brings its own, which are not counted."""
        self.login(self.server, env=self.env)
        loaded = self.libraries_of(self.check_answer)
        opened, under = (("libsecret-1", UNDER_LIBSECRET) if keyrings.IS_WITHOUT_SYSTEMD else
                         ("libsystemd", UNDER_SDBUS))
        self.assertIn(opened, loaded)
        self.assertEqual(loaded & {"libsystemd", "libsecret-1"}, {opened})
        if not loomtest.IS_SANITIZED:
            self.assertEqual(loaded - OURS - under, set())

    def test_listing_and_printing_open_no_more_either(self):
        self.login(self.server, env=self.env)
        for argv in (("token",), ("token", self.server.url), ("status", "--offline")):
            with self.subTest(argv):
                loaded = self.libraries_of(lambda env, argv=argv: self.shows(argv, env))
                self.assertEqual("libsecret-1" in loaded, keyrings.IS_WITHOUT_SYSTEMD)

    def shows(self, argv, env):
        result = self.loom(*argv, env={**self.env, **env})
        result.is_door = argv[0] == "token"

    def test_json_names_the_place(self):
        events = self.events(self.login(self.server, "--json", env=self.env))
        self.assertEqual(events[-1]["store"], {"kind": "keyring", "name": "Secret Service",
                                               "path": None, "locked": False, "mode": None})
        result = self.loom("logout", "--json", env=self.env)
        self.assertEqual(json.loads(result.out)["servers"][0]["deleted_from"], ["keyring"])

    def test_a_second_login_changes_the_item_in_place(self):
        self.login(self.server, env=self.env)
        old = self.server.last("token")
        self.assertIn("already signed in", self.login(self.server, env=self.env).said)
        items, _ = self.desk.items()
        self.assertEqual([json.loads(item["secret"])["key"] for item in items],
                         [self.server.last("token")])
        self.assertFalse(self.server.is_alive(old))

    def test_kr_15_a_sign_in_moves_from_the_file_to_the_keyring(self):
        self.assert_kept_in_file(self.login(self.server), "No system keyring is running here.")
        # The keyring has none, the file has.
        self.assertEqual(self.get(self.server.url, env=self.env)["password"],
                         self.server.last("token"))
        self.login(self.server, env=self.env)
        self.assertEqual(self.home.tokens(), {})
        self.assertEqual(len(self.desk.items()[0]), 1)

    def test_store_file_leaves_the_keyring_alone(self):
        self.login(self.server, "--store", "file", env=self.env)
        self.assertEqual(self.desk.items()[0], [])
        self.assertEqual(self.home.tokens(), {self.server.url: self.server.last("token")})
        # What is found does not depend on where the next sign-in would go.
        self.assertEqual(self.get(self.server.url, env=self.env)["password"],
                         self.server.last("token"))
        self.loom("logout", env=self.env)
        self.assertEqual(self.home.tokens(), {})

    def test_items_of_other_clients_are_found_and_kept_readable(self):
        token = self.server.issue_token()
        self.desk.put({"service": "loom", "username": self.key(), "target": "default",
                       "application": "rust-keyring"},
                      json.dumps({"type": "api", "key": token}).encode())
        # Nobody named the server: git may not choose who gets it.
        result = self.helper("get", self.fields(), env=self.env)
        self.assertEqual(self.answer(result), {})
        self.assertIn(f"loom status --server {self.server.url}", result.said)
        answer = self.get(self.server.url, "--server", self.server.url, env=self.env)
        self.assertEqual(answer["password"], token)
        items, attributes = self.desk.items()
        self.assertEqual(json.loads(items[0]["secret"])["server"], self.server.url)
        self.assertIn(b"rust-keyring", attributes)  # in place: its attributes are its own
        self.assertEqual(self.get(self.server.url, env=self.env)["password"], token)

    def fields(self):
        return {"protocol": self.server.scheme, "host": self.server.host}

    def test_what_is_not_ours_is_neither_used_nor_touched(self):
        odd = [b"not json", b"\xff\xfe\x00binary", b"{}", b'{"type":"api","key":"a b"}',
               b'{"type":"api","key":"T","server":"https://other.example.com"}',
               b'{"type":"api","key":"' + b"x" * 60000 + b'"}', b" "]
        for number, secret in enumerate(odd):
            self.desk.put({"service": "loom", "username": self.key(), "number": str(number)}, secret)
        self.assertEqual(self.get(self.server.url, "--server", self.server.url, env=self.env),
                         {"quit": "1"})
        self.assert_kept_in_keyring(self.login(self.server, env=self.env))
        self.assertEqual(self.get(self.server.url, env=self.env)["password"],
                         self.server.last("token"))
        _, attributes = self.desk.items()
        # The key was taken, so ours has the suffix.
        self.assertIn(f"attribute.username = {self.key()}--".encode(), attributes)
        self.loom("logout", self.server.url, env=self.env)
        _, attributes = self.desk.items()
        self.assertEqual(attributes.count(b"attribute.number = "), len(odd))
        self.assertNotIn(b"--", attributes)

    def test_kr_08_the_newest_of_several_answers_and_logout_deletes_all(self):
        tokens = [self.server.issue_token() for _ in range(3)]
        for number, (token, when) in enumerate(zip(tokens, (100, 300, 200))):
            self.desk.put({"service": "loom", "username": self.key(), "number": str(number)},
                          json.dumps({"type": "api", "key": token, "server": self.server.url,
                                      "obtained_at": when}).encode())
        for _ in range(3):
            self.assertEqual(self.get(self.server.url, env=self.env)["password"], tokens[1])
        self.loom("logout", self.server.url, env=self.env)
        self.assertEqual(self.desk.items()[0], [])

    def test_rev_05_servers_whose_keys_collide_keep_their_own(self):
        urls = ["https://a-b.example.com", "https://a.b.example.com", "https://a_b.example.com"]
        for number, url in enumerate(urls):
            self.desk.put({"service": "loom", "username": "https___a_b_example_com",
                           "number": str(number)},
                          json.dumps({"type": "api", "key": f"token{number}", "server": url}).encode())
        for number, url in enumerate(urls):
            self.assertEqual(self.get(url, env=self.env)["password"], f"token{number}")
        self.loom("logout", urls[1], env=self.env, status=10)  # nobody answers at that address
        self.assertEqual(self.get(urls[1], env=self.env), {})
        self.assertEqual(self.get(urls[2], env=self.env)["password"], "token2")

    def test_a_locked_keyring_is_passed_by_with_a_word(self):
        self.login(self.server, env=self.env)
        first = self.server.last("token")
        self.desk.lock()
        result = self.helper("get", self.fields(), env=self.env)
        self.assertEqual(self.answer(result), {})
        self.assertEqual(result.err, b"")
        self.check_quick(result.took_s, 5)
        result = self.login(self.server, env=self.env)
        self.assert_kept_in_file(result, "The system keyring is locked.")
        # The file is newer than what the keyring turns out to hold.
        self.assertEqual(self.desk.call("", "ReadAlias", "default").returncode, 0)
        self.assertNotEqual(self.server.last("token"), first)
        self.assertEqual(self.get(self.server.url, env=self.env)["password"],
                         self.server.last("token"))

    def test_kr_05_a_locked_keyring_without_a_prompter_counts_as_locked(self):
        self.login(self.server, env=self.env)
        self.desk.lock()
        env = {**self.env, "DISPLAY": ":99"}  # a display, and nobody who shows a window
        for argv in (("login", self.server.url), ("logout", self.server.url)):
            result = self.loom(*argv, "--store" if argv[0] == "login" else "--json",
                               *(["keyring"] if argv[0] == "login" else []), env=env, status=8)
            self.assertIn("The system keyring is locked", result.said)
            self.check_quick(result.took_s, 5.5)
        row, = schema.check_logout(self, result)
        self.assertEqual(row["error"]["code"], "keyring_locked")
        self.assertIsNone(row["was_signed_in"])  # who knows

    def test_logout_of_all_knows_what_it_could_not_see(self):
        self.login(self.server, env=self.env)
        self.desk.lock()
        for argv in (("logout",), ("logout", "--all")):
            result = self.loom(*argv, env=self.env, status=8)
            self.assert_error(result, "The system keyring is locked")
        self.keyring.send_signal(signal.SIGSTOP)
        result = self.loom("logout", "--all", env=self.env, status=8)
        self.assert_error(result, "The system keyring does not answer.")

    # ---- Both places, whichever is chosen ----

    def sign_out(self, *argv, status=0, **more):
        """The one row of `logout --json`."""
        result = self.loom("logout", "--json", *argv, status=status, env={**self.env, **more})
        row, = schema.check_logout(self, result)
        return row, result

    def test_logout_finds_the_keyring_whatever_place_is_chosen(self):
        for place in ("file", "keyring", "auto"):
            for argv in ((), (self.server.url,), ("--all",)):
                with self.subTest(place, argv=argv):
                    self.login(self.server, env=self.env)
                    row, _ = self.sign_out(*argv, LOOM_STORE=place)
                    self.assertEqual((row["was_signed_in"], row["deleted_from"], row["revoked"]),
                                     (True, ["keyring"], "yes"))
                    self.assertEqual(self.desk.items()[0], [])
                    self.assertFalse(self.server.is_alive(self.server.last("token")))

    def test_logout_ends_a_different_token_in_each_place(self):
        for place in ("file", "keyring", "auto"):
            with self.subTest(place):
                self.login(self.server, env=self.env)
                ring, filed = self.server.last("token"), self.server.issue_token()
                self.home.seed((self.server.url, filed, {"ca_file": self.authority.file}))
                row, _ = self.sign_out(LOOM_STORE=place)
                self.assertEqual((row["deleted_from"], row["left_in"], row["revoked"]),
                                 (["keyring", "file"], [], "yes"))
                self.assertFalse(self.server.is_alive(ring) or self.server.is_alive(filed))
                self.assertEqual((self.desk.items()[0], self.home.tokens()), ([], {}))

    def test_login_into_the_file_replaces_what_the_keyring_holds(self):
        self.login(self.server, env=self.env)
        old = self.server.last("token")
        result = self.login(self.server, "--store", "file", env=self.env)
        self.assertIn("already signed in", result.said)
        self.assertFalse(self.server.is_alive(old))
        self.assertEqual(self.desk.items()[0], [])
        filed = self.server.last("token")
        self.assertEqual(self.home.tokens(), {self.server.url: filed})
        result = self.login(self.server, "--store", "keyring", env=self.env)
        self.assertIn("already signed in", result.said)
        self.assertFalse(self.server.is_alive(filed))
        self.assertEqual(self.home.tokens(), {})
        self.assertEqual(len(self.desk.items()[0]), 1)

    def test_logout_tells_each_place_as_it_is(self):
        self.login(self.server)
        self.desk.lock()
        row, result = self.sign_out(status=10)
        self.assertEqual((row["was_signed_in"], row["deleted_from"], row["left_in"],
                          row["revoked"], row["error"]["code"]),
                         (True, ["file"], [], "yes", "keyring_locked"))
        self.assertIn(f"Signed out of {self.server.url}. Another place could not be searched.",
                      result.said)
        self.assertIn("The system keyring is locked", result.said)
        self.assertEqual(self.home.tokens(), {})
        self.assertFalse(self.server.is_alive(self.server.last("token")))

    def test_logout_of_all_says_once_what_it_could_not_see(self):
        for server in (self.server, self.start_server("--approve-after", 0)):
            self.give(server)
        self.desk.lock()
        result = self.loom("logout", "--all", env=self.env, status=10)
        self.assertEqual(result.said.count("The system keyring is locked"), 1)
        self.assertEqual(self.home.tokens(), {})

    def test_a_damaged_file_does_not_keep_the_keyring_signed_in(self):
        for argv in ((), ("--all",), (self.server.url,)):
            with self.subTest(argv):
                home = self.new_home()
                self.give(self.server, home=home)
                home.damage()
                self.login(self.server, env=self.env, home=home)
                result = self.loom("logout", *argv, env=self.env, home=home, status=10)
                self.assertIn(f"Signed out of {self.server.url}.", result.said)
                self.assertIn("    loom logout --discard-damaged", result.text.splitlines())
                self.assertFalse(self.server.is_alive(self.server.last("token")))
                self.assertEqual(self.desk.items()[0], [])

    def test_ctrl_c_while_the_server_hangs_deletes_from_the_keyring_too(self):
        server = self.start_server("--approve-after", 0)
        self.login(server, env=self.env)
        server.misbehave("logout-hang")
        program = self.start("logout", "--json", env=self.env)
        self.wait_for(lambda: server.times("/auth/logout"))
        program.signal(signal.SIGINT)
        result = program.finish()
        self.assertEqual(result.status, -signal.SIGINT, result)
        row, = schema.check_logout(self, result)
        self.assertEqual((row["deleted_from"], row["left_in"], row["revoked"]),
                         (["keyring"], [], "no"))
        self.assertNotIn("Nothing was changed", result.text + result.out.decode())
        self.assertEqual(self.desk.items()[0], [])

    def test_store_keyring_locked_is_an_error(self):
        self.desk.lock()
        result = self.login(self.server, "--store", "keyring", "--json", env=self.env, status=8)
        events = self.events(result)
        self.assertEqual(events[-1]["error"]["code"], "keyring_locked")
        self.assertEqual(self.server.requests(), [])
        self.assertEqual(self.home.files(), [])

    def test_kr_05_without_a_keyring_in_the_service_the_file_serves(self):
        desk = self.new_desk()
        desk.start_gnome_keyring(unlocked=False)
        result = self.login(self.server, env=desk.environment)
        self.assert_kept_in_file(result, "No system keyring is running here.")

    def test_a_stopped_daemon_costs_seconds(self):
        self.login(self.server, env=self.env)
        token = self.server.last("token")
        self.keyring.send_signal(signal.SIGSTOP)
        result = self.helper("get", self.fields(), env=self.env)
        self.assertEqual(self.answer(result), {})
        self.check_quick(result.took_s, 5)
        result = self.loom("logout", self.server.url, env=self.env, status=8)
        self.assert_error(result, "The system keyring does not answer.")
        result = self.login(self.server, "--store", "keyring", env=self.env, status=8)
        self.assert_error(result, "The system keyring does not answer.")
        result = self.login(self.server, env=self.env)
        self.assert_kept_in_file(result, "The system keyring does not answer.")
        # What it woke up to was no write: the older sign-in is still there, and the newer answers.
        self.keyring.send_signal(signal.SIGCONT)
        items, _ = self.desk.items()
        self.assertEqual(json.loads(items[0]["secret"])["key"], token)
        self.assertEqual(self.get(self.server.url, env=self.env)["password"],
                         self.server.last("token"))
        self.assertEqual(self.desk.items()[0], [])
        self.assertEqual(self.home.tokens(), {self.server.url: self.server.last("token")})

    def test_logout_from_the_file_says_that_the_keyring_may_hold_a_copy(self):
        self.login(self.server)
        self.keyring.send_signal(signal.SIGSTOP)
        result = self.loom("logout", self.server.url, env=self.env, status=10)
        self.assertIn("The system keyring does not answer.", result.said)
        self.assertEqual(self.home.tokens(), {})

    def test_a_daemon_stopped_while_the_person_approves(self):
        server = self.start_server()
        program = self.start("login", server.url, env=self.env)
        program.expect("Waiting for your approval")
        self.keyring.send_signal(signal.SIGSTOP)
        server.approve()
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertIn("The system keyring does not answer. Your sign-in is kept in an encrypted "
                      "file instead:", result.said)
        self.assertEqual(self.home.tokens(), {server.url: server.last("token")})

    def test_a_daemon_restarted_while_the_person_approves(self):
        server = self.start_server()
        program = self.start("login", server.url, env=self.env)
        program.expect("Waiting for your approval")
        self.desk.end(self.keyring)
        self.desk.start_gnome_keyring()
        server.approve()
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assert_kept_in_keyring(result)
        self.assertEqual(self.get(server.url, env=self.env)["password"], server.last("token"))

    def test_a_bus_that_ends_while_the_person_approves(self):
        server = self.start_server()
        program = self.start("login", server.url, env=self.env)
        program.expect("Waiting for your approval")
        self.desk.end(self.desk.bus)
        server.approve()
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertIn("Your sign-in is kept in an encrypted file instead:", result.said)
        self.assertEqual(self.home.tokens(), {server.url: server.last("token")})

    def test_the_environment_does_not_choose_another_back_end(self):
        file = os.path.join(self.home.path, "redirected")
        env = {**self.env, "SECRET_BACKEND": "file", "SECRET_FILE_TEST_PATH": file,
               "SECRET_FILE_TEST_PASSWORD": "x", "SECRET_SERVICE_BUS_NAME": "org.example.Other",
               "G_DBUS_DEBUG": "all", "G_MESSAGES_DEBUG": "all"}
        result = self.login(self.server, env=env)
        self.assert_kept_in_keyring(result)
        self.assertEqual(result.out, b"")
        self.assertFalse(os.path.exists(file))
        self.assertEqual(len(self.desk.items()[0]), 1)

    def test_kr_13_large_tokens_are_stored_whole(self):
        server = servers.Scripted({"GET /auth/me": (200, {}, {"id": "1", "username": "ada"})})
        self.addCleanup(server.stop)
        for length in (3000, 32000, 48 * 1024):
            token = self.plant(("lt_" + "a1B2" * (length // 4))[:length])
            result = self.loom("login", "--with-token", server.url, stdin=token.encode(),
                               env=self.env)
            self.assert_kept_in_keyring(result)
            self.assertEqual(self.get(server.url, env=self.env)["password"], token)


if __name__ == "__main__":
    loomtest.main()
