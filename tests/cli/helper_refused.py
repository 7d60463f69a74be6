# SPDX-License-Identifier: Apache-2.0
"""A token that git saw refused: noted, asked about once, and buried only by the server itself."""
import fcntl
import json
import os
import time

import loomtest
import servers
import vault


class HelperRefused(loomtest.Case):
    server_options = ()

    def setUp(self):
        super().setUp()
        self.token = self.server.issue_token()
        self.seed()
        self.notes_file = os.path.join(self.home.data, "refused.json")
        self.mark = len(self.server.log())

    def seed(self, **members):
        self.home.seed((self.server.url, self.token, {"source": "device",
                                                      "account": {"username": "ada"}, **members}))

    def requests(self):
        return self.server.requests(self.mark)

    def erase(self, password=None, *argv, **fields):
        result = self.helper("erase", {"protocol": "http", "host": self.server.host,
                                       "username": "oauth2", "password": password or self.token,
                                       **fields}, *argv)
        self.assertEqual((result.out, result.err), (b"", b""))
        return result

    def ask(self, *argv, **fields):
        return self.helper("get", {"protocol": "http", "host": self.server.host, **fields}, *argv)

    def check_answered(self, *argv):
        self.assertEqual(self.answer(self.ask(*argv)).get("password"), self.token)

    def notes(self):
        with open(self.notes_file) as file:
            return json.load(file)

    def age_notes(self, seconds):
        """As if that much time had passed."""
        notes = self.notes()
        for note in notes.values():
            note["asked_at"] -= seconds
        with open(self.notes_file, "w") as file:
            json.dump(notes, file)

    def check_dead(self, *argv):
        result = self.ask(*argv)
        self.assertEqual(result.out, b"quit=1\n", result)
        self.assertIn(f"{self.server.url} no longer accepts your sign-in.", result.said)
        self.assertIn(f"    loom login --server {self.server.url}", result.text.splitlines())

    def test_git_159_a_stopped_lock_holder_costs_git_no_patience(self):
        """Its note is late, the answer is not."""
        self.erase()
        with open(self.notes_file + ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            began = time.monotonic()
            self.check_answered()
            self.check_quick(time.monotonic() - began, 5)

    # ---- erase ----

    def test_git_157_erase_notes_a_hash_and_asks_nobody(self):
        before = self.home.snapshot()
        self.erase()
        self.assertEqual(self.requests(), [])
        note, = self.notes().values()
        self.assertEqual(note["token"], vault.refused_hash(self.token))
        self.assertIs(note["dead"], False)
        after = self.home.snapshot()
        for name in ("refused.json", "refused.json.lock"):
            after.pop(os.path.join(".local/share/loom", name), None)
        self.assertEqual(after, before)

    def test_git_23_erase_of_anything_else_changes_nothing(self):
        before = self.home.snapshot()
        for fields in (
                {"password": loomtest.marker("another")}, {"password": self.token + "x"},
                {"password": self.token[:-1]}, {"password": self.token.upper()},
                {"username": ""}, {"host": "example.com"}, {"protocol": "https"},
                {"host": self.server.host + "0"}):
            self.erase(**{"password": self.token, **fields})
        self.helper("erase", {"protocol": "http", "host": self.server.host})
        self.helper("erase", {"protocol": "http", "host": self.server.host, "username": "oauth2"})
        self.helper("erase", b"")
        self.helper("erase", b"password=" + self.token.encode() + b"\n\n")
        self.erase(None, "--server", "https://other.example.com")
        self.assertEqual(self.home.snapshot(), before)
        self.assertEqual(self.requests(), [])
        self.check_answered()
        self.assertEqual(self.requests(), [])

    def test_erase_without_a_sign_in_makes_nothing(self):
        home = self.new_home()
        self.helper("erase", {"protocol": "http", "host": self.server.host, "username": "oauth2",
                              "password": self.token}, home=home)
        self.assertEqual(os.listdir(home.path), [])

    def test_git_23_156_erase_touches_no_other_server(self):
        other = self.start_server()
        theirs = other.issue_token()
        self.home.seed((self.server.url, self.token), (other.url, theirs))
        mark = len(other.log())
        self.erase()
        self.assertEqual(self.get(other.url)["password"], theirs)
        self.assertEqual(other.requests(mark), [])

    # ---- The next get ----

    def test_accepted_after_all(self):
        self.erase()
        self.check_answered()
        self.assertEqual(self.requests(), ["GET /auth/me"])
        self.assertEqual(self.notes(), {})
        # The note is gone, and nobody is asked again.
        self.check_answered()
        self.assertEqual(self.requests(), ["GET /auth/me"])

    def test_dead(self):
        self.server.revoke_all()
        self.erase()
        for argv in ((), (), ("--server", self.server.url)):
            self.check_dead(*argv)
        self.assertEqual(self.requests(), ["GET /auth/me"])
        # git erases again what it got before: what was learned stays.
        self.erase()
        self.check_dead()
        self.age_notes(100000)
        self.check_dead()
        self.assertEqual(self.requests(), ["GET /auth/me"])
        self.assertEqual(self.home.tokens(), {self.server.url: self.token})

    def test_dead_until_the_next_sign_in(self):
        self.server.revoke_all()
        self.erase()
        self.check_dead()
        self.token = self.server.issue_token()
        self.login(self.server, "--with-token", stdin=self.token.encode())
        self.mark = len(self.server.log())
        self.check_answered()
        self.assertEqual(self.requests(), [])

    def test_git_158_dead_is_no_answer_to_another_user(self):
        """The question is not for us: other helpers may know the answer, so nothing ends here."""
        self.server.revoke_all()
        self.erase()
        for _ in range(2):
            result = self.ask(username="bob")
            self.assertEqual((result.out, result.err), (b"", b""), result)
        self.check_dead()
        self.assertEqual(self.ask(username="bob").out, b"")
        self.assertEqual(self.ask(username="ada").out, b"quit=1\n")

    def test_git_160_trouble_says_nothing_of_the_token(self):
        """Answered as before, and asked again after a minute at the earliest."""
        for name in ("me-500", "me-404", "me-html", "me-html-401", "me-redirect", "me-drop"):
            with self.subTest(name):
                self.server.misbehave(name)
                self.mark = len(self.server.log())
                self.erase()
                self.check_answered()
                asked = len(self.requests())
                self.assertGreaterEqual(asked, 1)
                self.check_answered()
                self.assertEqual(len(self.requests()), asked)
                self.age_notes(30)
                self.check_answered()
                self.assertEqual(len(self.requests()), asked)
                self.age_notes(40)
                self.check_answered()
                self.assertGreater(len(self.requests()), asked)
                self.server.misbehave()
                self.age_notes(61)
                self.check_answered()
                self.assertEqual(self.notes(), {})

    def test_a_server_that_is_gone(self):
        url = f"http://localhost:{servers.closed_port()}"
        token = self.plant(loomtest.marker("gone"))
        self.home.seed((url, token))
        self.helper("erase", {"protocol": "http", "host": url[7:], "username": "oauth2",
                              "password": token})
        self.assertEqual(self.get(url)["password"], token)

    def test_git_161_a_server_that_hangs_is_not_waited_for(self):
        """Every case but an unlocking keyring: 5 s at most."""
        self.server.misbehave("me-hang")
        self.erase()
        result = self.ask()
        self.assertEqual(self.answer(result)["password"], self.token)
        self.check_quick(result.took_s, 6)

    def test_a_note_from_the_future_is_due(self):
        """The clock was set back."""
        self.server.misbehave("me-500")
        self.erase()
        self.check_answered()
        self.age_notes(-100000)
        self.server.misbehave()
        self.check_answered()
        self.assertEqual(self.notes(), {})

    def test_a_damaged_note_is_none(self):
        self.erase()
        for text in ("", "{", "[]", '{"a":1}', "x" * 100000):
            with open(self.notes_file, "w") as file:
                file.write(text)
            self.check_answered()
        self.assertEqual(self.requests(), [])

    def test_a_token_with_an_end_of_its_own(self):
        self.seed(expires=4102444800)
        self.server.revoke_all()
        self.erase()
        self.check_dead()

    def test_with_the_servers_authority(self):
        server = self.start_server(tls=True)
        token = server.issue_token()
        self.home.seed((server.url, token, {"ca_file": self.authority.file}))
        server.revoke_all()
        self.helper("erase", {"protocol": "https", "host": server.host, "username": "oauth2",
                              "password": token})
        self.assertEqual(self.get(server.url), {"quit": "1"})


if __name__ == "__main__":
    loomtest.main()
