# SPDX-License-Identifier: Apache-2.0
"""LOOM_TOKEN and LOOM_TOKEN_FILE: a token for exactly the server in LOOM_SERVER, with no home and no
disk, for jobs in which nobody can sign in."""
import os

import loomtest
import servers

URL = "https://loom.example.com"
FIELDS = {"protocol": "https", "host": "loom.example.com"}
TOKEN = loomtest.marker("environment")
STORED = loomtest.marker("stored")
ANSWER = f"username=oauth2\npassword={TOKEN}\n".encode()


class HelperEnvironment(loomtest.Case):
    def setUp(self):
        super().setUp()
        self.plant(TOKEN)
        self.plant(STORED)

    def token_file(self, content=TOKEN.encode() + b"\n", mode=0o600):
        path = os.path.join(self.folder, "token")
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        return path

    def ask(self, env, fields=None, *argv, **more):
        return self.helper("get", fields or FIELDS, *argv, env=env, **more)

    def check_nothing(self, result, said=None):
        self.assertEqual(result.out, b"", result)
        if said is None:
            self.assertEqual(result.err, b"", result)
        else:
            self.assertIn(said, result.said)

    def test_it_answers_for_its_server(self):
        for env in ({"LOOM_TOKEN": TOKEN}, {"LOOM_TOKEN": TOKEN + "\n"},
                    {"LOOM_TOKEN": TOKEN + "\r\n"}, {"LOOM_TOKEN_FILE": self.token_file()},
                    {"LOOM_TOKEN": TOKEN, "LOOM_TOKEN_FILE": "/nonexistent"}):
            for server in (URL, URL + "/", "loom.example.com", "HTTPS://LOOM.example.com:443"):
                result = self.ask({**env, "LOOM_SERVER": server})
                self.assertEqual((result.out, result.err), (ANSWER, b""), result)
        self.assertEqual(self.ask({"LOOM_TOKEN": TOKEN, "LOOM_SERVER_URL": URL}).out, ANSWER)
        self.assertEqual(self.home.files(), [])

    def test_without_home_and_disk(self):
        env = {"LOOM_TOKEN": TOKEN, "LOOM_SERVER": URL}
        blocked = self.token_file()
        for more in ({"HOME": None}, {"HOME": ""}, {"HOME": "/dev/null"}, {"HOME": blocked},
                     {"HOME": None, "XDG_CONFIG_HOME": blocked, "XDG_DATA_HOME": "/proc/nothing"},
                     {"HOME": None, "PATH": None, "LANG": None, "TMPDIR": "/dev/null"},
                     {"LOOM_STORE": "keyring"}, {"LOOM_STORE": "nonsense"}):
            result = self.ask({**env, **more})
            self.assertEqual((result.out, result.err), (ANSWER, b""), result)
        # A home that is damaged, too.
        self.home.seed((URL, STORED))
        self.home.damage()
        before = self.home.snapshot()
        result = self.ask(env)
        self.assertEqual((result.out, result.err), (ANSWER, b""), result)
        self.assertEqual(self.home.snapshot(), before)

    def test_it_answers_for_no_other_server(self):
        env = {"LOOM_TOKEN": TOKEN, "LOOM_SERVER": URL}
        for fields in ({"protocol": "http", "host": "loom.example.com"},
                       {"protocol": "https", "host": "loom.example.com:8443"},
                       {"protocol": "https", "host": "loom.example.com.evil.com"},
                       {"protocol": "https", "host": "evil.com", "path": "loom.example.com"}):
            self.check_nothing(self.ask(env, fields))
        under = {"LOOM_TOKEN": TOKEN, "LOOM_SERVER": URL + "/eu"}
        self.check_nothing(self.ask(under))
        self.check_nothing(self.ask(under, {**FIELDS, "path": "europe/a.git"}))
        self.assertEqual(self.ask(under, {**FIELDS, "path": "eu/git/a.git"}).out, ANSWER)

    def test_it_wins_over_a_stored_one(self):
        other = "https://other.example.com"
        self.home.seed((URL, STORED), (other, STORED))
        env = {"LOOM_TOKEN": TOKEN, "LOOM_SERVER": URL}
        self.assertEqual(self.get(URL, env=env)["password"], TOKEN)
        self.assertEqual(self.get(other, env=env)["password"], STORED)
        self.assertEqual(self.get(URL)["password"], STORED)
        # An empty one is none.
        self.assertEqual(self.get(URL, env={"LOOM_TOKEN": "", "LOOM_SERVER": URL})["password"],
                         STORED)

    def test_called_with_a_server(self):
        env = {"LOOM_TOKEN": TOKEN, "LOOM_SERVER": URL}
        self.assertEqual(self.ask(env, FIELDS, "--server", URL).out, ANSWER)
        other = {"protocol": "https", "host": "other.example.com"}
        self.assertEqual(self.ask(env, other, "--server", "https://other.example.com").out,
                         b"quit=1\n")

    def test_user_names(self):
        env = {"LOOM_TOKEN": TOKEN, "LOOM_SERVER": URL}
        self.assertEqual(self.ask(env, {**FIELDS, "username": "oauth2"}).out, ANSWER)
        self.check_nothing(self.ask(env, {**FIELDS, "username": "bob"}))

    def test_without_a_server_it_is_for_none(self):
        """One line on stderr, and nothing is answered, not even from the store."""
        self.home.seed((URL, STORED))
        for env in ({"LOOM_TOKEN": TOKEN}, {"LOOM_TOKEN_FILE": self.token_file()},
                    {"LOOM_TOKEN": TOKEN, "LOOM_SERVER": ""}):
            result = self.ask(env)
            self.check_nothing(result, "LOOM_SERVER")
            self.assertEqual(len(result.text.splitlines()), 1, result)

    def test_a_server_that_is_none(self):
        result = self.ask({"LOOM_TOKEN": TOKEN, "LOOM_SERVER": "http://loom.example.com"})
        self.check_nothing(result, "https://")

    def test_what_is_no_token(self):
        for text in (" ", "two words", TOKEN + " ", " " + TOKEN, TOKEN + "\n" + TOKEN,
                     TOKEN + "\n\n", "\x1b[2J", "käse", "a" * (48 * 1024 + 1)):
            result = self.ask({"LOOM_TOKEN": text, "LOOM_SERVER": URL})
            self.check_nothing(result, "LOOM_TOKEN")
        for content in (b"", b"\n", b"two words\n", TOKEN.encode() + b"\n\n", b"\xff\n",
                        TOKEN.encode() + b"\0\n", b"a" * (64 * 1024 + 1)):
            path = self.token_file(content)
            self.check_nothing(self.ask({"LOOM_TOKEN_FILE": path, "LOOM_SERVER": URL}), path)

    def test_files_of_every_kind(self):
        """Container secrets are links, and anybody's."""
        path = self.token_file(mode=0o444)
        link = os.path.join(self.folder, "link")
        os.symlink(path, link)
        env = {"LOOM_SERVER": URL}
        self.assertEqual(self.ask({**env, "LOOM_TOKEN_FILE": link}).out, ANSWER)
        self.assertEqual(self.ask({**env, "LOOM_TOKEN_FILE": "token"}, cwd=self.folder).out, ANSWER)
        large = "T0123456789abcde" * (3 * 1024)
        big = self.token_file(large.encode() + b"\r\n")
        self.assertEqual(self.answer(self.ask({**env, "LOOM_TOKEN_FILE": big}))["password"], large)
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo)
        for path in (fifo, self.folder, "/dev/zero", "/dev/null", "/nonexistent/token",
                     "/proc/self/mem"):
            result = self.ask({**env, "LOOM_TOKEN_FILE": path})
            self.check_nothing(result, path)
            self.check_quick(result.took_s, 5)

    def test_erase_and_store_ignore_it(self):
        env = {"LOOM_TOKEN": TOKEN, "LOOM_SERVER": URL}
        for operation in ("erase", "store"):
            result = self.helper(operation, {**FIELDS, "username": "oauth2", "password": TOKEN},
                                 env=env)
            self.assertEqual((result.out, result.err), (b"", b""))
        self.assertEqual(self.ask(env).out, ANSWER)
        self.assertEqual(self.home.files(), [])

    def test_no_network(self):
        listener = servers.Listener()
        self.addCleanup(listener.stop)
        url = f"http://localhost:{listener.port}"
        self.assertEqual(self.get(url, env={"LOOM_TOKEN": TOKEN, "LOOM_SERVER": url})["password"],
                         TOKEN)
        self.assertEqual(listener.seen, [])

    def test_verbose_shows_no_token(self):
        for level in ("1", "2"):
            self.assertEqual(self.ask({"LOOM_TOKEN": TOKEN, "LOOM_SERVER": URL,
                                       "LOOM_DEBUG": level}).out, ANSWER)


if __name__ == "__main__":
    loomtest.main()
