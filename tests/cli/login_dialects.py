# SPDX-License-Identifier: Apache-2.0
"""Which dialect a server speaks, who says so, and where that may lead: discovery that is of no use,
another issuer, endpoints elsewhere, and a server that changes its dialect."""
import login_standard
import loomtest
import servers
import vault
from login_standard import DEVICE, META, NATIVE, OPENID, QUICK, REVOKE, TOKEN, USERINFO

STRANGER = "answers, but it is not a Loom server."
CHANGED = "wants to be signed in to in another way than last time, so nothing was done."
FOREIGN = "lets another server give out its tokens. Be sure that you trust it:"


class Discovery(login_standard.Story):
    def test_rev_11_the_path_of_an_issuer_stands_behind_the_well_known_place(self):
        server = self.start_server(*QUICK, "--approve-after", 0, "--base-path", "/loom/eu")
        self.login(server)
        self.assertEqual([row["path"] for row in server.log()][:3], [
            "/loom/eu/auth/device/start", "/.well-known/oauth-authorization-server/loom/eu",
            "/loom/eu/oauth/device_authorization"])
        self.assertEqual(self.credential(server)["issuer"], server.url)
        # OpenID's place is behind the path.
        server.misbehave("meta-404-once")
        mark = len(server.log())
        self.login(server)
        self.assertEqual([row["path"] for row in server.log()[mark:]][:2], [
            "/.well-known/oauth-authorization-server/loom/eu",
            "/loom/eu/.well-known/openid-configuration"])

    def test_the_second_place_is_as_good(self):
        self.server.misbehave("meta-404-once")
        self.login(self.server)
        self.assertEqual(self.server.requests()[:4], [NATIVE, META, OPENID, DEVICE])

    def test_rev_12_metadata_of_no_use_ends_it(self):
        listener = servers.Listener()
        self.addCleanup(listener.stop)
        server = self.start_server(*QUICK, "--redirect-to", f"https://127.0.0.1:{listener.port}/")
        for name, words in (("meta-404", STRANGER), ("meta-html", STRANGER),
                            ("meta-flood", STRANGER),
                            ("meta-redirect", "points to another address. That is not followed")):
            with self.subTest(name):
                server.misbehave(name)
                mark = len(server.log())
                result = self.login(server, status=7)
                self.assertIn(words, result.said)
                self.assertEqual(server.requests(mark), [NATIVE, META, OPENID])
                error = self.events(self.login(server, "--json", status=7))[-1]["error"]
                self.assertIn(error["code"], ("not_loom", "bad_answer"))
        self.assertEqual(listener.seen, [])
        self.check_nothing_stored()

    def test_rev_12_another_issuer_is_refused(self):
        self.server.misbehave("meta-other-issuer")
        result = self.login(self.server, status=7)
        self.assertIn(f"{self.server.url} says that it is another server, so nothing was sent to it.",
                      result.said)
        self.assertIn("    https://issuer.example.net\n", result.text)
        self.assertEqual(self.server.requests(), [NATIVE, META, OPENID])
        self.check_nothing_stored()

    def test_without_a_device_endpoint_there_is_no_sign_in_with_a_code(self):
        self.server.misbehave("meta-no-device")
        result = self.login(self.server, status=7)
        self.assertIn(f"{self.server.url} is an OAuth server that offers no sign-in with a code.",
                      result.said)
        self.assertNotIn(DEVICE, self.server.requests())
        self.check_nothing_stored()

    def test_an_endpoint_in_the_clear_is_refused(self):
        self.server.misbehave("meta-http-endpoint")
        result = self.login(self.server, status=7)
        self.assertIn(login_standard.UNUSABLE, result.said)
        self.assertEqual(self.server.requests(), [NATIVE, META, OPENID])
        # Also where the server itself is one in the clear, on loopback.
        server = self.plain_server("--misbehave", "meta-http-endpoint")
        self.login(server, status=7)
        self.assertNotIn(DEVICE, server.requests())

    def plain_server(self, *options):
        """Without TLS, on loopback."""
        self.tls = False
        try:
            return self.start_server(*QUICK, "--approve-after", 0, *options)
        finally:
            self.tls = True

    def test_a_server_in_the_clear_on_loopback_may_name_such_endpoints(self):
        server = self.plain_server()
        self.login(server)
        self.assertEqual(self.get(server.url)["password"], server.last("token"))
        self.loom("logout")
        self.assertEqual(server.state()["refresh_tokens"], 0)
        # But a safe server may not.
        safe = self.start_server(*QUICK, "--misbehave", "meta-foreign-endpoints",
                                 "--redirect-to", server.url)
        mark = len(server.log())
        self.login(safe, status=7)
        self.assertEqual(server.requests(mark), [])


class ForeignEndpoints(login_standard.Story):
    server_options = None

    def setUp(self):
        super().setUp()
        self.far = self.start_server(*QUICK, "--approve-after", 0)
        self.far_url = f"https://127.0.0.1:{self.far.port}"
        self.near = self.start_server(*QUICK, "--misbehave", "meta-foreign-endpoints",
                                      "--redirect-to", self.far_url)

    def test_they_are_shown_before_the_code(self):
        for argv in ((), ("-q",), ("--json",)):
            result = self.login(self.near, *argv, home=self.new_home())
            self.assertIn(f"{self.near.url} {FOREIGN}", result.said, argv)
            self.assertEqual(result.text.count(f"    {self.far_url}\n"), 1)  # once for all of them
            if argv != ("--json",):
                self.assertLess(result.text.index(self.far_url),
                                result.text.index(self.far.secrets()[-3][1]))

    def test_they_and_nobody_else_get_what_is_theirs(self):
        self.login(self.near)
        self.assertEqual(self.near.requests(), [NATIVE, META])
        self.assertEqual(self.far.requests(), [DEVICE, TOKEN, USERINFO])
        # git's requests are for the server that was named.
        self.assertEqual(self.get(self.near.url)["password"], self.far.last("token"))
        self.assertEqual(self.get(self.far_url), {})
        self.loom("logout")
        self.assertEqual(self.far.requests()[3:], [REVOKE] * 2)
        self.assertEqual(self.far.state()["refresh_tokens"], 0)
        self.assertEqual(self.near.requests(), [NATIVE, META])

    def test_they_are_no_secret_later(self):
        self.login(self.near)
        result = self.login(self.near)
        self.assertIn(FOREIGN, result.said)


class KeptDialect(login_standard.Story):
    def seed(self, server, **members):
        """A sign-in of before."""
        file = vault.Vault()
        file.add(server.url, {"obtained_at": 1700000000, "ca_file": self.authority.file, **members})
        file.write(self.home.config, self.home.data)

    def file(self):
        with open(self.home.file, "rb") as file:
            return file.read()

    def seed_native(self, server):
        self.seed(server, type="api", key=self.plant(loomtest.marker("native")), source="given",
                  dialect="loom")

    def seed_standard(self, server):
        self.seed(server, type="oauth", access=self.plant(loomtest.marker("access", "at")),
                  refresh=self.plant(loomtest.marker("refresh", "rt")), expires=1800000000,
                  source="given", dialect="oauth", issuer=server.url,
                  token_endpoint=server.url + "/oauth/token")

    def test_a_standard_server_is_asked_as_one_at_once(self):
        self.login(self.server)
        mark = len(self.server.log())
        self.loom("login", self.server.url)
        self.assertEqual(self.server.requests(mark),
                         [META, DEVICE, TOKEN, USERINFO, REVOKE, REVOKE])
        self.assertEqual((self.server.state()["tokens"], self.server.state()["refresh_tokens"]),
                         (1, 1))
        # Signed out, it is a stranger again.
        self.loom("logout")
        mark = len(self.server.log())
        self.login(self.server)
        self.assertEqual(self.server.requests(mark)[:2], [NATIVE, META])

    def test_a_standard_server_that_has_trouble_is_asked_nothing_else(self):
        self.login(self.server)
        for name, status in (("meta-other-issuer", 7), ("meta-no-device", 7)):
            self.server.misbehave(name)
            before, mark = self.file(), len(self.server.log())
            self.loom("login", self.server.url, status=status)
            self.assertNotIn(NATIVE, self.server.requests(mark))
            self.assertEqual(self.file(), before)

    def test_a_loom_server_that_became_a_standard_one_needs_a_person(self):
        self.seed_native(self.server)
        before = self.file()
        for argv in ((), ("--json",)):
            result = self.loom("login", self.server.url, *argv, status=7)
            self.assertIn(f"{self.server.url} {CHANGED}", result.said)
            self.assertIn("    --client-id ID\n", result.text)
            self.assertEqual(self.file(), before)
        self.assertEqual(self.events(result)[-1]["error"]["code"], "not_loom")
        self.assertEqual(self.server.requests(), [NATIVE, META] * 2)

    def test_at_a_terminal_it_is_said_and_goes_on(self):
        self.seed_native(self.server)
        result = self.start("login", self.server.url, terminal={"stdin", "stderr"}).finish()
        self.assertEqual(result.status, 0, result)
        self.assertIn(f"{self.server.url} was a Loom server at your last sign-in, and is a standard "
                      "OAuth server now. If you did not expect that, stop", result.said)
        self.assertEqual(self.credential()["dialect"], "oauth")
        result = self.start("login", self.server.url, terminal={"stdin", "stderr"}).finish()
        self.assertNotIn("at your last sign-in", result.said)

    def test_whoever_names_a_client_knows(self):
        self.seed_native(self.server)
        result = self.loom("login", self.server.url, "--client-id", "loom-cli")
        self.assertIn("was a Loom server at your last sign-in", result.said)
        self.assertEqual(self.credential()["dialect"], "oauth")

    def test_a_standard_server_that_became_a_loom_server(self):
        server = self.start_server("--approve-after", 0)
        self.seed_standard(server)
        before = self.file()
        result = self.loom("login", server.url, status=7)
        self.assertIn(f"{server.url} {CHANGED}", result.said)
        self.assertEqual(self.file(), before)
        self.assertEqual(server.requests(), [META, OPENID, NATIVE])
        result = self.start("login", server.url, terminal={"stdin", "stderr"}).finish()
        self.assertEqual(result.status, 0, result)
        self.assertIn(f"{server.url} was a standard OAuth server at your last sign-in, and is a Loom "
                      "server now.", result.said)
        self.assertEqual(self.credential(server)["dialect"], "loom")

    def test_a_token_that_is_given_changes_the_dialect_no_less(self):
        self.seed_native(self.server)
        before = self.file()
        token = self.server.issue_token()
        result = self.loom("login", self.server.url, "--with-token", stdin=token.encode(), status=7)
        self.assertIn(CHANGED, result.said)
        self.assertEqual(self.file(), before)


if __name__ == "__main__":
    loomtest.main()
