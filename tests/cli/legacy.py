# SPDX-License-Identifier: Apache-2.0
"""What another client of Loom left behind: a plaintext file that names no origin. A person says whose
it is; then it is taken over, encrypted, and the plaintext goes."""
import json
import os
import time

import loomtest
import vault

URL = "https://loom.example.com"
FIELDS = {"protocol": "https", "host": "loom.example.com"}


class Legacy(loomtest.Case):
    server_options = ("--approve-after", 0)

    def seed(self, *tokens, url=None):
        """Entries for self.server and for loom.example.com; returns the first one's token."""
        token = tokens[0] if tokens else self.server.issue_token()
        self.theirs = self.plant(loomtest.marker("theirs"))
        self.home.seed_plaintext({
            vault.server_key(url or self.server.url): {"type": "api", "key": token},
            vault.server_key(URL): {"type": "api", "key": self.theirs, "more": [1, None]}})
        return token

    def fields(self):
        return {"protocol": "http", "host": self.server.host}

    def check_secrets(self):
        # A plaintext file that nobody has named yet still holds what its own client wrote.
        if os.path.exists(self.home.file):
            with open(self.home.file) as file:
                if "format" not in json.load(file):
                    os.unlink(self.home.file)
        super().check_secrets()

    def check_taken_over(self, result):
        """Encrypted, the plaintext gone, and said."""
        self.home.stored()
        with open(self.home.file) as file:
            self.assertEqual(json.load(file)["format"], "loom-credentials")
        self.assertTrue(os.path.exists(os.path.join(self.home.data, "vault.key")))
        self.assertIn("taken over and encrypted", result.said)

    # ---- Nobody has named it ----

    def test_the_helper_does_not_answer_and_says_what_does(self):
        """A hostile submodule can choose the host that git asks for."""
        self.seed()
        before = self.home.snapshot()
        result = self.helper("get", self.fields())
        self.assertEqual(result.out, b"", result)
        self.assertRegex(result.err.decode(), rf"(?m)^    loom [a-z]+ --server {self.server.url}$")
        # The command that is named is one that there is.
        command = result.text.split("    loom ")[1].split()[0]
        self.loom("help", command)
        self.assertEqual(self.home.snapshot(), before)
        self.assertEqual(self.server.requests()[-1], "POST /auth/device/poll")  # the token's own
        # Whom it does not concern hears nothing.
        result = self.helper("get", {"protocol": "https", "host": "example.org"})
        self.assertEqual((result.out, result.err), (b"", b""))

    def test_a_neighbour_whose_key_is_the_same_gets_nothing(self):
        self.home.seed_plaintext({vault.server_key("https://a-b.com"): {
            "type": "api", "key": self.plant(loomtest.marker("dash"))}})
        for host in ("a.b.com", "a_b.com", "a-b.com"):
            result = self.helper("get", {"protocol": "https", "host": host})
            self.assertEqual(result.out, b"", result)

    def test_one_of_a_server_under_a_path_is_told_of_as_well(self):
        self.home.seed_plaintext({vault.server_key("https://example.org/loom"): {
            "type": "api", "key": self.plant(loomtest.marker("path"))}})
        fields = {"protocol": "https", "host": "example.org"}
        result = self.helper("get", {**fields, "path": "loom/git/ada/hello.git"})
        self.assertEqual(result.out, b"", result)
        self.assertRegex(result.text, r"(?m)^    loom [a-z]+ --server https://example.org/loom$")
        for path in ("loomier/x.git", "git/loom.git"):
            result = self.helper("get", {**fields, "path": path})
            self.assertEqual((result.out, result.err), (b"", b""))

    def test_the_environment_adopts_nothing_for_the_helper(self):
        """git asks, whatever LOOM_SERVER says."""
        self.seed()
        before = self.home.snapshot()
        result = self.helper("get", self.fields(), env={"LOOM_SERVER": self.server.url})
        self.assertEqual(result.out, b"", result)
        self.assertEqual(self.home.snapshot(), before)

    def test_erase_and_store_adopt_nothing(self):
        token = self.seed()
        before = self.home.snapshot()
        for operation in ("erase", "store"):
            self.helper(operation, {**self.fields(), "username": "oauth2", "password": token})
        self.assertEqual(self.home.snapshot(), before)

    # ---- The person names it ----

    def test_the_helper_with_a_server_adopts(self):
        token = self.seed()
        result = self.helper("get", self.fields(), "--server", self.server.url)
        self.assertEqual(result.out, f"username=oauth2\npassword={token}\n".encode(), result)
        self.check_taken_over(result)
        # From now on it has an origin, and is quiet; its neighbour has none yet.
        result = self.helper("get", self.fields())
        self.assertEqual(result.out, f"username=oauth2\npassword={token}\n".encode(), result)
        self.assertEqual(result.err, b"")
        result = self.helper("get", FIELDS)
        self.assertEqual(result.out, b"", result)
        self.assertIn(f"--server {URL}", result.text)
        result = self.helper("get", FIELDS, "--server", URL)
        self.assertEqual(self.answer(result)["password"], self.theirs)
        self.assertEqual(self.home.tokens(), {self.server.url: token, URL: self.theirs})

    def test_login_adopts_and_replaces(self):
        token = self.seed()
        result = self.login(self.server)
        self.assertIn(f"You are already signed in to {self.server.url}.", result.said)
        self.check_taken_over(result)
        self.assertEqual(self.home.tokens()[self.server.url], self.server.last("token"))
        # The other client may still use its own.
        self.assertTrue(self.server.is_alive(token))
        self.assertNotIn("POST /auth/logout", self.server.requests())

    def test_login_by_the_environment_adopts(self):
        self.seed()
        result = self.loom("login", env={"LOOM_SERVER": self.server.url})
        self.assertIn("already signed in", result.said)
        self.check_taken_over(result)

    def test_login_elsewhere_takes_over_what_is_there(self):
        other = self.start_server("--approve-after", 0)
        token = self.seed()
        result = self.login(other)
        self.assertNotIn("already signed in", result.said)
        self.check_taken_over(result)
        self.assertEqual(self.answer(self.helper("get", self.fields(), "--server",
                                                 self.server.url))["password"], token)

    def test_logout_adopts_and_tells_the_server(self):
        token = self.seed()
        result = self.loom("logout", "--server", self.server.url)
        self.assertFalse(self.server.is_alive(token))
        self.assertIn(f"Signed out of {self.server.url}.", result.said)
        self.check_taken_over(result)
        self.assertNotIn(self.server.url, self.home.tokens())
        self.assertEqual(self.home.tokens(), {vault.server_key(URL): self.theirs})

    def test_logout_of_all_does_not_pass_over_them(self):
        """As long as tokens lie there, "not signed in, nothing to do" is not the truth."""
        for argv in (["logout"], ["logout", "--all"]):
            home = self.new_home()
            home.seed_plaintext({vault.server_key(URL): {"type": "api",
                                                         "key": loomtest.marker("left")}})
            result = self.loom(*argv, home=home, status=10)
            with open(home.file) as file:
                self.assertIn(loomtest.marker("left"), file.read())
            self.assertNotIn("There is nothing to do.", result.said)
            self.assertIn(f"    {vault.server_key(URL)}", result.text.splitlines())

    def test_json_stays_json(self):
        self.seed()
        events = self.events(self.login(self.server, "--json"))
        self.assertIsNone(events[-1]["old_token_revoked"])
        self.assertIsNotNone(events[-1]["replaced"])

    # ---- Kinds of entries ----

    def test_entries_of_standard_servers(self):
        now = int(time.time())
        for expires, is_answered in ((now + 3600, True), (now - 3600, False), (0, True)):
            home = self.new_home()
            access = self.plant(loomtest.marker(f"access {expires}"))
            home.seed_plaintext({vault.server_key(URL): {
                "type": "oauth", "access": access, "refresh": self.plant(loomtest.marker("r")),
                "expires": expires}})
            result = self.helper("get", FIELDS, "--server", URL, home=home)
            self.assertEqual(self.answer(result).get("password"), access if is_answered else None)
            plain = home.stored()[URL]
            self.assertEqual((plain["access"], plain["refresh"], plain["source"]),
                             (access, loomtest.marker("r"), "imported"))

    def test_an_empty_file(self):
        self.home.seed_plaintext({})
        self.assertEqual(self.get(self.server.url), {})
        self.login(self.server)
        self.assertEqual(set(self.home.tokens()), {self.server.url})

    def test_what_is_no_such_file_is_left_alone(self):
        for content in ({"a": 1}, {"a": {"type": "other"}}, {"a": {"type": "api"}},
                        {"a b": {"type": "api", "key": "x"}}, {"a": {"type": "api", "key": ""}},
                        {"a": {"type": "api", "key": "x\ny"}}, {"a": []}):
            home = self.new_home()
            home.seed_plaintext(content)
            before = home.snapshot()
            self.login(self.server, home=home, status=9)
            after = home.snapshot()
            after.pop(".config/loom/credentials.json.lock", None)
            self.assertEqual({name: value for name, value in after.items() if "loom/" in name},
                             {name: value for name, value in before.items() if "loom/" in name})
        self.assertEqual(self.server.requests(), [])

    def test_plaintext_in_the_place_of_a_vault_is_damage(self):
        """Somebody put it there: it is neither used nor taken over, and the way out is said."""
        self.give(self.server)
        token = self.plant(loomtest.marker("planted"))
        with open(self.home.file, "w") as file:
            json.dump({vault.server_key(self.server.url): {"type": "api", "key": token}}, file)
        mark = len(self.server.log())
        self.login(self.server, status=9)
        result = self.helper("get", self.fields(), "--server", self.server.url)
        self.assertEqual(result.out, b"")
        self.assertIn(self.home.file, result.text)
        result = self.loom("logout", status=9)
        self.assertIn("To take it over", result.text)
        self.assertIn("\n    mv ~/.local/share/loom/vault.key ", result.text)
        self.assertEqual(self.server.requests(mark), [])
        with open(self.home.file) as file:
            self.assertIn(token, file.read())

    def test_many_helpers_at_once_adopt_once(self):
        token = self.seed()
        fields = f"protocol=http\nhost={self.server.host}\n\n".encode()
        programs = [self.start("credential-helper", "get", "--server", self.server.url,
                               stdin=fields) for _ in range(8)]
        for program in programs:
            result = program.finish()
            result.is_door = True
            self.assertEqual(self.answer(result).get("password"), token, result)
        self.assertEqual(self.home.tokens()[self.server.url], token)


if __name__ == "__main__":
    loomtest.main()
