# SPDX-License-Identifier: Apache-2.0
"""What git gets to hear: exactly two lines for a server that one is signed in to, else nothing."""
import os
import time

import loomtest
import servers

URL = "https://loom.example.com"
TOKEN = loomtest.marker("stored")

# Every host and protocol that is not ours, to the byte.
STRANGERS = [
    b"protocol=https\nhost=example.com\n\n",
    b"protocol=https\nhost=loom.example.com.evil.com\n\n",
    b"protocol=https\nhost=evil-loom.example.com\n\n",
    b"protocol=https\nhost=loom.example.com.attacker\n\n",
    b"protocol=https\nhost=xloom.example.com\n\n",
    b"protocol=https\nhost=sub.loom.example.com\n\n",
    b"protocol=https\nhost=loom.example.co\n\n",
    b"protocol=https\nhost=loom-example.com\n\n",
    b"protocol=https\nhost=loom_example_com\n\n",
    b"protocol=https\nhost=loom.example.com.\n\n",
    b"protocol=https\nhost=.loom.example.com\n\n",
    b"protocol=https\nhost=loom.example.com@evil.com\n\n",
    b"protocol=https\nhost=evil.com@loom.example.com\n\n",
    b"protocol=https\nhost=@loom.example.com\n\n",
    b"protocol=https\nhost=loom.example.com/\n\n",
    b"protocol=https\nhost=loom.example.com/x\n\n",
    b"protocol=https\nhost=loom.example.com?x\n\n",
    b"protocol=https\nhost=loom.example.com#x\n\n",
    b"protocol=https\nhost=loom.example.com\\x\n\n",
    b"protocol=https\nhost=https://loom.example.com\n\n",
    b"protocol=https\nhost= loom.example.com\n\n",
    b"protocol=https\nhost=loom.example.com \n\n",
    b"protocol=https\nhost=loom%2eexample.com\n\n",
    b"protocol=https\nhost=loom.example.com%00.evil.com\n\n",
    b"protocol=https\nhost=loom.example.com\0.evil.com\n\n",
    b"protocol=https\nhost=loom.example.com\r\n\n",
    b"protocol=https\nhost=evil.com\rhost=loom.example.com\n\n",
    b"protocol=https\r\nhost=loom.example.com\r\n\r\n",
    "protocol=https\nhost=loom.exämple.com\n\n".encode(),
    "protocol=https\nhost=ｌoom.example.com\n\n".encode(),
    b"protocol=https\nhost=\xff\xfe\n\n",
    b"protocol=http\nhost=loom.example.com\n\n",
    b"protocol=ftp\nhost=loom.example.com\n\n",
    b"protocol=ssh\nhost=loom.example.com\n\n",
    b"protocol=http\nhost=loom.example.com:443\n\n",
    b"protocol=\nhost=loom.example.com\n\n",
    b"protocol=https\nhost=\n\n",
    b"protocol=https\n\n",
    b"host=loom.example.com\n\n",
    b"\n",
    b"",
    b"hello\n\n",
    b"protocol=https\nhost\n\n",
    b"protocol=https\nhost=loom.example.com\nhost=loom.example.com\n\n",
    b"protocol=https\nhost=evil.com\nhost=loom.example.com\n\n",
    b"protocol=https\nprotocol=https\nhost=loom.example.com\n\n",
    b"url=https://loom.example.com\n\n",
    b"protocol=https\n\nhost=loom.example.com\n\n",
    b"protocol=https\nhost=[::1]\n\n",
    b"protocol=https\nhost=loom.example.com:8443\n\n",
    b"protocol=https\nhost=loom.example.com:0443\n\n",
    b"protocol=https\nhost=loom.example.com:\n\n",
    b"protocol=https\nhost=loom.example.com:443:443\n\n",
    b"protocol=https\nhost=loom.example.com:+443\n\n",
    b"protocol=https\nhost=loom.example.com:443 \n\n",
    b"protocol=https\nhost=loom.example.com:65979\n\n",  # 443 + 65536
]


class HelperGet(loomtest.Case):
    def setUp(self):
        super().setUp()
        self.home.seed((URL, self.plant(TOKEN), {"account": {"username": "ada"}}))

    def ask(self, fields, *argv, **more):
        return self.helper("get", fields, *argv, **more)

    def check_nothing(self, result):
        self.assertEqual(result.out, b"", result)
        self.assertEqual(result.err, b"", result)

    def test_git_01_the_exact_bytes(self):
        for env in ({}, {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "ar_EG.UTF-8", "LANGUAGE": "ar"},
                    {"LC_ALL": "C"}, {"LANG": None}):
            result = self.ask({"protocol": "https", "host": "loom.example.com"}, env=env)
            self.assertEqual(result.out, f"username=oauth2\npassword={TOKEN}\n".encode())
            self.assertEqual(result.err, b"")

    def test_git_02_03_04_05_13_nothing_for_strangers(self):
        before = self.home.snapshot()
        for at in range(0, len(STRANGERS), 6):
            programs = [(fields, self.start("credential-helper", "get", stdin=fields))
                        for fields in STRANGERS[at:at + 6]]
            for fields, program in programs:
                result = program.finish()
                self.assertEqual((result.status, result.out, result.err), (0, b"", b""), fields)
        self.assertEqual(self.home.snapshot(), before)

    def test_git_10_11_12_13_what_is_answered(self):
        for fields in (
                b"protocol=https\nhost=loom.example.com",
                b"protocol=https\nhost=loom.example.com\n",
                b"protocol=https\nhost=loom.example.com\n\nhost=evil.com\n\n",
                b"host=loom.example.com\nprotocol=https\n\n",
                b"protocol=https\nhost=LOOM.Example.COM\n\n",
                b"protocol=https\nhost=loom.example.com:443\n\n",
                b"capability[]=authtype\ncapability[]=state\nprotocol=https\n"
                b"host=loom.example.com\nwwwauth[]=Basic realm=\"Loom\"\nwwwauth[]=Bearer\n"
                b"state[]=loom.x=1\nephemeral=1\ncontinue=1\nx=\n\n",
                b"protocol=https\nhost=loom.example.com\npath=\n\n",
                b"protocol=https\nhost=loom.example.com\npath=ada/hello.git\n\n",
                b"protocol=https\nhost=loom.example.com\npath=ada/hello%20world.git\n\n",
                b"protocol=https\nhost=loom.example.com\npassword=other\n\n",
                "protocol=https\nhost=loom.example.com\npath=käse.git\n\n".encode()):
            result = self.ask(fields)
            self.assertEqual(result.out, f"username=oauth2\npassword={TOKEN}\n".encode(), fields)

    def test_git_15_user_names(self):
        fields = {"protocol": "https", "host": "loom.example.com"}
        for name, is_ours in (("oauth2", True), ("ada", True), ("bob", False), ("Ada", False),
                              ("", False), ("oauth2 ", False), ("ada\0", False),
                              ("a" * 5000, False)):
            result = self.ask({**fields, "username": name})
            self.assertEqual(bool(result.out), is_ours, result)
            self.assertEqual(result.err, b"", result)

    def test_git_19_the_end_of_a_token_is_told(self):
        now = int(time.time())
        for expires, is_answered in ((now + 3600, True), (now - 3600, False), (1, False)):
            self.home.seed((URL, TOKEN, {"expires": expires}))
            result = self.ask({"protocol": "https", "host": "loom.example.com"})
            if is_answered:
                self.assertEqual(result.out, f"username=oauth2\npassword={TOKEN}\n"
                                 f"password_expiry_utc={expires}\n".encode())
            else:
                # Never handed out in silence.
                self.assertNotIn(TOKEN.encode(), result.out)
                self.assertIn(f"    loom login --server {URL}", result.text.splitlines())

    # ---- Several servers ----

    def test_url_05_git_141_ports_and_schemes(self):
        tokens = {"https://h.example.com": "lt_a", "https://h.example.com:8443": "lt_b",
                  "http://localhost": "lt_c", "https://localhost": "lt_d",
                  "http://localhost:8080": "lt_e", "http://127.0.0.1:8080": "lt_f",
                  "https://[::1]": "lt_g", "https://192.0.2.10:9": "lt_h"}
        tokens = {url: self.plant(token * 6) for url, token in tokens.items()}
        self.home.seed(*tokens.items())
        for url, token in tokens.items():
            self.assertEqual(self.get(url).get("password"), token, url)
        for url in ("https://h.example.com:443", "https://H.example.com"):
            self.assertEqual(self.get(url)["password"], tokens["https://h.example.com"])
        self.assertEqual(self.get("http://localhost:80")["password"], tokens["http://localhost"])
        self.assertEqual(self.get("https://[0:0:0:0:0:0:0:1]")["password"], tokens["https://[::1]"])
        for url in ("https://h.example.com:8444", "https://h.example.com:80",
                    "http://localhost:443", "https://localhost:8080", "http://[::1]",
                    "https://127.0.0.1:8080", "https://127.1", "http://2130706433:8080",
                    "https://[::1", "https://::1", "https://192.0.2.10"):
            self.assertEqual(self.get(url), {}, url)

    def test_git_142_paths(self):
        """A server under a path answers at a "/" boundary; of several the longest wins."""
        tokens = {"https://h.example.com/loom": "lt_a", "https://h.example.com/loom/eu": "lt_b",
                  "https://p.example.com": "lt_c", "https://p.example.com/x": "lt_d"}
        tokens = {url: self.plant(token * 6) for url, token in tokens.items()}
        self.home.seed(*tokens.items())
        for asked, owner in (
                ("https://h.example.com/loom/git/a/b.git", "https://h.example.com/loom"),
                ("https://h.example.com/loom", "https://h.example.com/loom"),
                ("https://h.example.com/loom/", "https://h.example.com/loom"),
                ("https://h.example.com/loom/eu/git/a/b.git", "https://h.example.com/loom/eu"),
                ("https://h.example.com/loom/europe/a.git", "https://h.example.com/loom"),
                ("https://p.example.com/y/a.git", "https://p.example.com"),
                ("https://p.example.com/xy/a.git", "https://p.example.com"),
                ("https://p.example.com/x/a.git", "https://p.example.com/x"),
                ("https://p.example.com", "https://p.example.com")):
            self.assertEqual(self.get(asked).get("password"), tokens[owner], asked)
        for asked in ("https://h.example.com", "https://h.example.com/", "https://h.example.com/lo",
                      "https://h.example.com/loomy/a.git", "https://h.example.com/git/a/b.git",
                      "https://h.example.com/Loom/a.git", "https://h.example.com//loom/a.git",
                      "https://h.example.com/x/../loom/a.git", "https://h.example.com/loom/../a.git",
                      "https://h.example.com/./loom/a.git", "https://h.example.com/%6coom/a.git",
                      "https://h.example.com/loom%2fa.git", "https://h.example.com/loom\\a.git",
                      "https://p.example.com/x/../y.git"):
            self.assertEqual(self.get(asked), {}, asked)

    def test_url_21_113_colliding_servers_share_no_token(self):
        self.home.seed(("https://a-b.com", self.plant(loomtest.marker("dash"))))
        self.assertEqual(self.get("https://a.b.com"), {})
        self.assertEqual(self.get("https://a_b.com"), {})
        self.assertEqual(self.get("https://a-b.com")["password"], loomtest.marker("dash"))

    def test_git_143_the_environment_does_not_choose(self):
        """git names the host; LOOM_SERVER is for other commands."""
        for env in ({"LOOM_SERVER": "https://other.example.com"}, {"LOOM_SERVER": "nonsense://"},
                    {"LOOM_SERVER_URL": "https://other.example.com"}):
            self.assertEqual(self.get(URL, env=env)["password"], TOKEN)
            self.assertEqual(self.get("https://other.example.com", env=env), {})

    # ---- Called with --server ----

    def test_git_144_a_named_server_alone(self):
        other = "https://other.example.com"
        self.home.seed((URL, TOKEN), (other, self.plant(loomtest.marker("other"))))
        for server in (URL, URL + "/", "loom.example.com", "HTTPS://LOOM.example.com:443"):
            self.assertEqual(self.get(URL, "--server", server)["password"], TOKEN)
            self.assertEqual(self.get(other, "--server", server), {})
        self.assertEqual(self.get("https://stranger.example.com", "--server", URL), {})

    def test_git_145_a_named_server_without_a_sign_in_ends_the_search(self):
        """git stops asking for a user name, and a person learns what to type."""
        other = "https://other.example.com"
        result = self.ask({"protocol": "https", "host": "other.example.com"}, "--server", other)
        self.assertEqual(result.out, b"quit=1\n")
        self.assertIn(f"    loom login --server {other}", result.text.splitlines())
        # And for anything else it has nothing to say, as ever.
        self.check_nothing(self.ask({"protocol": "https", "host": "third.example.com"},
                                    "--server", other))

    def test_git_146_nothing_is_stored_at_all(self):
        home = self.new_home()
        for argv, out in (([], b""), (["--server", URL], b"quit=1\n")):
            result = self.ask({"protocol": "https", "host": "loom.example.com"}, *argv, home=home)
            self.assertEqual(result.out, out)
            self.assertEqual(list(os.walk(home.path)), [(home.path, [], [])], "it made something")

    # ---- No network, no home, no noise ----

    def test_git_147_no_network(self):
        listener = servers.Listener()
        self.addCleanup(listener.stop)
        url = f"http://localhost:{listener.port}"
        self.home.seed((url, self.plant(loomtest.marker("quiet"))))
        for argv in ((), ("--server", url)):
            self.assertEqual(self.get(url, *argv)["password"], loomtest.marker("quiet"))
        self.assertEqual(listener.seen, [])

    def test_git_27_tracing_shows_no_token(self):
        for env in ({"LOOM_DEBUG": "1"}, {"LOOM_DEBUG": "2"},
                    {"GIT_TRACE": "1", "GIT_TRACE_CURL": "1", "GCM_TRACE": "1", "LOOM_DEBUG": "2"}):
            self.assertEqual(self.get(URL, env=env)["password"], TOKEN)
        self.assertEqual(self.get(URL, "-vv")["password"], TOKEN)

    def test_git_148_damage_is_told_and_nothing_answered(self):
        self.home.damage()
        before = self.home.snapshot()
        for argv in ((), ("--server", URL)):
            result = self.ask({"protocol": "https", "host": "loom.example.com"}, *argv)
            self.assertEqual(result.out, b"", result)
            self.assertIn(self.home.file, result.text)
        # Whom it does not concern hears nothing.
        self.check_nothing(self.ask({"protocol": "https", "host": "example.org"}))
        with open(self.home.file, "w") as file:
            file.write("no JSON at all")
        result = self.ask({"protocol": "https", "host": "loom.example.com"})
        self.assertEqual(result.out, b"", result)
        self.assertIn(self.home.file, result.text)
        before[os.path.relpath(self.home.file, self.home.path)] = (0o100600, b"no JSON at all")
        self.assertEqual(self.home.snapshot(), before)

    def test_git_32_many_at_once_while_the_token_changes(self):
        """Each prints a whole token; none fails on a lock."""
        server = self.start_server()
        tokens = [self.give(server)]
        for _ in range(3):
            gets = [self.start("credential-helper", "get", stdin=b"protocol=http\nhost=%s\n\n"
                               % server.host.encode()) for _ in range(6)]
            tokens.append(server.issue_token())
            self.login(server, "--with-token", stdin=tokens[-1].encode())
            for program in gets:
                result = program.finish()
                result.is_door = True
                self.assertEqual(result.status, 0, result)
                self.assertIn(self.answer(result)["password"], tokens)


if __name__ == "__main__":
    loomtest.main()
