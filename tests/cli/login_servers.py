# SPDX-License-Identifier: Apache-2.0
"""Which server is meant, and which addresses are refused before a byte leaves."""
import loomtest
import servers

EXAMPLE = "https://loom.example.com"

# {port} is a port on which somebody listens, so that a connection would be noticed.
REFUSED = {
    "empty": "",
    "a blank": " ",
    "user info": "https://user@localhost:{port}",
    "user info and password": "https://user:hunter2@localhost:{port}",
    "empty user info": "https://@localhost:{port}",
    "a colon and an at": "https://:@localhost:{port}",
    "a good name as user": "https://good.com@localhost:{port}",
    "a query": "https://localhost:{port}/?a=b",
    "an empty query": "https://localhost:{port}?",
    "a fragment": "https://localhost:{port}/#a",
    "an empty fragment": "https://localhost:{port}#",
    "a percent sign in the host": "https://local%68ost:{port}",
    "a NUL in the host": "https://localhost%00.example.com:{port}",
    "a backslash in the host": "https://localhost:{port}\\@example.com",
    "a backslash before": "https:\\\\localhost:{port}",
    "a line end": "https://localhost:{port}\n",
    "a carriage return": "https://localhost:{port}\r",
    "a tab": "https://local\thost:{port}",
    "a blank inside": "https://local host:{port}",
    "a blank before": " https://localhost:{port}",
    "a DEL": "https://localhost:{port}/\x7f",
    "a letter outside ASCII in the path": "https://localhost:{port}/é",
    "a zone id": "https://[fe80::1%25eth0]:{port}",
    "another zone id": "https://[::1%lo]:{port}",
    "a dot segment": "https://localhost:{port}/./a",
    "a dot segment at the end": "https://localhost:{port}/a/..",
    "two dots": "https://localhost:{port}/a/../b",
    "an empty segment": "https://localhost:{port}/a//b",
    "an empty segment first": "https://localhost:{port}//x//",
    "a percent sign in the path": "https://localhost:{port}/%2e%2e/x",
    "port 0": "https://localhost:0",
    "port 65536": "https://localhost:65536",
    "a negative port": "https://localhost:-1",
    "a port with more behind": "https://localhost:443;x",
    "two ports": "https://localhost:80:{port}",
    "an empty port": "https://localhost:",
    "a signed port": "https://localhost:+{port}",
    "a trailing dot": "https://localhost.:{port}",
    "a hyphen first": "https://-a.example.com:{port}",
    "a hyphen last": "https://a-.example.com:{port}",
    "an empty label": "https://a..b:{port}",
    "a dot first": "https://.example.com",
    "a long label": "https://" + "a" * 64 + ".example.com",
    "a long name": "https://" + "a." * 127 + "a",
    "a very long address": "https://localhost/" + "a" * 65536,
    "a star": "https://*.example.com",
    "half an address": "https://127.1:{port}",
    "an octal address": "https://0177.0.0.1:{port}",
    "a hexadecimal address": "https://0x7f000001:{port}",
    "a number": "https://2130706433:{port}",
    "an address with zeros": "https://127.0.0.01:{port}",
    "an address that is too large": "https://127.0.0.256:{port}",
    "five numbers": "https://1.2.3.4.5",
    "a bracket that stays open": "https://[::1:{port}",
    "a bracket and more": "https://[::1]example.com:{port}",
    "no IPv6": "https://[::g]:{port}",
    "an address of the future": "https://[v1.fe80::a]:{port}",
    "no host": "https:///localhost:{port}/",
    "one slash": "https:/localhost:{port}",
    "no slash": "https:localhost:{port}",
    "a scheme alone": "https://",
    "a scheme and a colon": "https:",
    "a scheme without one": "https",
    "http elsewhere": "http://loom.example.com:{port}",
    "http to a name that begins like loopback": "http://localhost.example.com:{port}",
    "http to a name that ends like loopback": "http://example.localhost:{port}",
    "http to any address": "http://0.0.0.0:{port}",
    "http to any address of IPv6": "http://[::]:{port}",
    "http to a mapped address": "http://[::ffff:127.0.0.1]:{port}",
    "http to a neighbour": "http://128.0.0.1:{port}",
    "ftp": "ftp://localhost:{port}",
    "file": "file:///etc/passwd",
    "javascript": "javascript:alert(1)",
    "ws": "ws://localhost:{port}",
    "git": "git://localhost:{port}",
    "an unknown scheme": "httpss://localhost:{port}",
}


class RefusedAddresses(loomtest.Case):
    def setUp(self):
        super().setUp()
        self.listener = servers.Listener()
        self.addCleanup(self.listener.stop)
        self.plant("hunter2" * 1 + "hunter2")

    def tearDown(self):
        self.assertEqual(self.listener.seen, [], "somebody was asked")
        self.assertEqual(self.home.files(), [], "reading made files")

    def address(self, name):
        return REFUSED[name].format(port=self.listener.port)

    def check(self, result, name):
        self.assertEqual(result.status, 2, f"{name}: {result}")
        self.assertEqual(result.out, b"", f"{name}: {result}")
        self.assertRegex(result.err, rb"^loom: ", f"{name}: {result}")
        self.assertNotIn(b"hunter2", result.err, f"{name}: {result}")

    def run_all(self, names, start):
        """Several at a time: each is over before it began."""
        names = list(names)
        for at in range(0, len(names), 4):
            running = [(name, start(self.address(name))) for name in names[at:at + 4]]
            for name, program in running:
                with self.subTest(name):
                    self.check(program.finish(), name)

    def test_as_an_option(self):
        """URL-06, URL-19"""
        self.run_all(REFUSED, lambda url: self.start("login", "--server", url))

    def test_as_an_argument(self):
        self.run_all([name for name in REFUSED][::3], lambda url: self.start("login", "--", url))

    def test_url_114_in_the_environment(self):
        names = [name for name in REFUSED if REFUSED[name] != "" and "\0" not in REFUSED[name]][::3]
        self.run_all(names, lambda url: self.start("login", env={"LOOM_SERVER": url}))

    def test_url_115_for_other_commands(self):
        for words in (["logout"], ["credential-helper", "get"]):
            self.run_all(["user info and password", "http elsewhere", "empty"],
                         lambda url: self.start(*words, "--server", url))

    def test_url_106_the_sentence_says_what_to_type(self):
        for name, words in {
                "empty": ["empty", EXAMPLE],
                "http elsewhere": ["http://", "clear", EXAMPLE],
                "user info and password": ["@", EXAMPLE],
                "a query": ["question mark", EXAMPLE],
                "a fragment": ["#", EXAMPLE],
                "port 0": ["1 to 65535", EXAMPLE + ":8443"],
                "a trailing dot": ["dot", EXAMPLE],
                "ftp": ["https://", EXAMPLE],
                "half an address": ["four numbers", "https://192.0.2.10"],
                "two dots": ["path", "https://example.com/loom"],
        }.items():
            with self.subTest(name):
                result = self.loom("login", "--server", self.address(name), status=2)
                for word in words:
                    self.assertIn(word, result.said)

    def test_url_105_an_international_name_is_shown_in_its_own_form(self):
        result = self.loom("login", "https://müller.example:8443/a", status=2)
        self.assertIn("xn--mller-kva.example", result.said)
        self.assertNotIn("ü", result.text)
        result = self.loom("login", "https://\u202egro.elpmaxe", status=2)
        self.assertNotIn("\u202e", result.text)

    def test_url_107_refusals_in_json(self):
        result = self.loom("login", "--json", "--server", "http://loom.example.com", status=2)
        events = self.events(result)
        self.assertEqual(events[-1]["error"]["code"], "usage")
        self.assertIsNone(events[-1]["server"])
        # So do mistakes that are found before anything is done.
        for argv in (["--frob"], ["--store"], ["a", "b"], ["--store", "nonsense"], []):
            self.events(self.loom("login", "--json", *argv, status=2))


class ChosenServers(loomtest.Case):
    server_options = ("--approve-after", 0)

    def check_login(self, *argv, env=None):
        token = self.server.issue_token().encode()
        before = len(self.server.requests())
        result = self.loom("login", "--json", "--with-token", *argv, env=env, stdin=token)
        self.assertEqual(self.events(result)[-1]["server"], self.server.url)
        self.assertEqual(self.server.requests()[before], "GET /auth/me")

    def test_every_way_to_name_it(self):
        url, wrong = self.server.url, f"http://localhost:{servers.closed_port()}"
        for argv, env in (
                ([url], {}),
                (["--server", url], {}),
                ([f"--server={url}"], {}),
                (["--server-url", url], {}),
                ([], {"LOOM_SERVER": url}),
                ([], {"LOOM_SERVER_URL": url}),
                ([], {"LOOM_SERVER": url, "LOOM_SERVER_URL": wrong}),
                ([], {"LOOM_SERVER": "", "LOOM_SERVER_URL": url}),
                ([url], {"LOOM_SERVER": wrong}),
                (["--server", url], {"LOOM_SERVER": wrong}),
                ([url, "--server", url + "/"], {})):
            with self.subTest(argv, env=env):
                self.check_login(*argv, env=env)

    def test_before_the_command_too(self):
        self.events(self.loom("--server", self.server.url, "login", "--json"))

    def test_url_01_one_server_however_it_is_spelled(self):
        """One credential."""
        port = self.server.port
        for url in (f"http://localhost:{port}", f"http://LOCALHOST:{port}/",
                    f"HTTP://LocalHost:{port}", f"http://localhost:{port:05}",
                    f"http://localhost:{port}///"):
            token = self.server.issue_token()
            result = self.loom("login", url, "--with-token", stdin=token.encode(), status=None)
            if result.status == 2:
                self.assertRegex(url, r":0|///$", result)
            else:
                self.assertEqual(self.home.tokens(), {f"http://localhost:{port}": token})

    def test_url_108_loopback_by_its_addresses(self):
        token = self.server.issue_token()
        url = f"http://127.0.0.1:{self.server.port}"
        self.loom("login", url, "--with-token", stdin=token.encode())
        # Another address is another server, also when it is the same machine.
        self.assertEqual(self.home.tokens(), {url: token})
        self.assertEqual(self.get(self.server.url), {})
        self.assertEqual(self.get(url)["password"], token)

    def test_the_only_stored_one(self):
        self.home.seed((self.server.url, self.plant(loomtest.marker("stored"))))
        self.check_login()

    def test_none(self):
        for argv in ((), ("--json",)):
            result = self.loom("login", *argv, status=2)
            self.assertIn("--server", result.text)
            self.assertIn("LOOM_SERVER", result.text)
            self.assertEqual(self.home.files(), [])

    def test_several_are_listed(self):
        self.home.seed((self.server.url, self.plant(loomtest.marker("stored"))),
                       ("https://b.example.com", loomtest.marker("other")),
                       ("https://a.example.com/x", loomtest.marker("third")))
        result = self.loom("login", status=2)
        for url in (self.server.url, "https://b.example.com", "https://a.example.com/x"):
            self.assertRegex(result.text, rf"(?m)^    .*{url}$")
        self.assertEqual(self.server.requests(), [])

    def test_url_109_two_names_for_two_servers(self):
        result = self.loom("login", self.server.url, "--server", "https://other.example.com",
                           status=2)
        self.assertIn("Two different servers", result.said)
        self.loom("login", self.server.url, "https://other.example.com", status=2)
        self.assertEqual(self.server.requests(), [])

    def test_url_17_110_a_path_is_part_of_the_server(self):
        server = self.start_server("--approve-after", 0, "--base-path", "/loom/eu")
        result = self.loom("login", server.url + "/")
        self.assertEqual(self.home.tokens(), {server.url: server.last("token")})
        self.assertIn(f"loom setup-git --server {server.url}", result.said)
        self.assertEqual(server.requests(), ["POST /auth/device/start", "POST /auth/device/poll",
                                             "GET /auth/me"])


if __name__ == "__main__":
    loomtest.main()
