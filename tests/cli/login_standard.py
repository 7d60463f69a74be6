# SPDX-License-Identifier: Apache-2.0
"""Signing in to a standard OAuth 2.0 server: the same words, by RFC 8414, RFC 8628 and OpenID's
userinfo instead of a Loom server's own calls."""
import signal
import time

import login_browser
import loomtest
import schema

NATIVE = "POST /auth/device/start"
META = "GET /.well-known/oauth-authorization-server"
OPENID = "GET /.well-known/openid-configuration"
DEVICE, TOKEN, USERINFO = "POST /oauth/device_authorization", "POST /oauth/token", "GET /oauth/userinfo"
REVOKE = "POST /oauth/revoke"
ADA = {"id": "u_0001", "username": "ada", "display_name": "Ada Lovelace",
       "email": "ada@example.org"}
QUICK = ("--dialect", "oauth", "--interval", 1)
UNUSABLE = "gave an answer that this program cannot use. Nothing was changed."


class Story(loomtest.Case):
    server_options = (*QUICK, "--approve-after", 0)
    tls = True

    def setUp(self):
        self.count = 0  # of browsers
        super().setUp()

    def begin(self, server=None, *argv, **more):
        """A sign-in that waits for its approval."""
        server = server or self.server
        words = ["--cacert", server.authority.file] if server.authority else []
        program = self.start("login", server.url, *words, *argv, **more)
        program.expect("Waiting for your approval")
        return program

    def credential(self, server=None):
        return self.home.stored()[(server or self.server).url]

    def check_nothing_stored(self):
        self.assertEqual(self.home.tokens(), {})
        self.assertEqual(self.server.state()["pending"], 0)


class TheFlow(Story):
    def check_card(self, lines):
        self.assertIn(f"   {self.server.url}/device", lines)
        self.assertIn(f"   {self.server.last('user_code')}", lines)

    def test_in_a_pipe(self):
        result = self.login(self.server)
        self.assertEqual(result.out, b"")
        self.assertNotIn(b"\x1b", result.err)
        self.check_card(result.text.splitlines())
        self.assertIn(f"Signed in to {self.server.url} as Ada Lovelace.", result.said)
        for odd in ("standard", "OAuth", "clock", "scope"):
            self.assertNotIn(odd, result.said)
        self.assertEqual(self.server.requests(), [NATIVE, META, DEVICE, TOKEN, USERINFO])
        self.assertEqual([row["authorization"] for row in self.server.log()],
                         ["none"] * 4 + ["bearer"])

    def test_on_a_terminal(self):
        program = self.start("login", self.server.url, "--cacert", self.server.authority.file,
                             terminal={"stdin", "stderr"}, env={"TERM": "xterm"})
        program.expect(rb"\r\x1b\[KWaiting for your approval\. The code works for \d+:\d\d more\. "
                       rb"Ctrl-C stops\.")
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        plain = result.text
        for escape in ("\x1b[1m", "\x1b[0m", "\r\n"):
            plain = plain.replace(escape, "\n" if escape == "\r\n" else "")
        self.check_card(plain.splitlines())
        self.assertIn("as Ada Lovelace.", plain.rsplit("\r\x1b[K", 1)[1])
        self.assertEqual(program.modes_before, program.modes_after)

    def test_in_json(self):
        for env in ({}, {"LC_ALL": "ar_EG.UTF-8", "LANGUAGE": "ar"}):
            events = self.events(self.login(self.server, "--json", home=self.new_home(), env=env))
            self.assertEqual([event["event"] for event in events],
                             ["code", "browser", "waiting", "done"])
            code, done = events[0], events[-1]
            page = f"{self.server.url}/device"
            self.assertEqual(code["verification_url"], page)
            self.assertEqual(code["verification_url_complete"],
                             f"{page}?user_code={code['user_code']}")
            self.assertEqual(code["interval"], 1)
            self.assertEqual(done["account"], ADA)
            schema.check_time(self, done["expires_at"], time.time() + 3600, 60)
        # Whoever reads the log of a CI run could approve with it.
        events = self.events(self.login(self.server, "--json", env={"CI": "1"}))
        self.assertIsNone(events[0]["verification_url_complete"])

    def test_all_that_is_needed_later_is_stored(self):
        began = time.time()
        self.login(self.server)
        stored = self.credential()
        base = self.server.url
        for name, value in {
                "type": "oauth", "dialect": "oauth", "source": "device", "issuer": base,
                "access": self.server.last("token"), "refresh": self.server.last("refresh_token"),
                "client_id": "loom-cli", "scope": "openid offline_access",
                "token_endpoint": base + "/oauth/token",
                "revocation_endpoint": base + "/oauth/revoke",
                "userinfo_endpoint": base + "/oauth/userinfo", "account": ADA,
                "ca_file": self.server.authority.file}.items():
            self.assertEqual(stored[name], value, name)
        self.assertAlmostEqual(stored["expires"], began + 3600, delta=60)
        answer = self.get(base)
        self.assertEqual(answer, {"username": "oauth2", "password": stored["access"],
                                  "password_expiry_utc": str(stored["expires"])})

    def test_df_01_without_an_interval_five_seconds_lie_between_polls(self):
        server = self.start_server("--dialect", "oauth", "--approve-after", 8)
        began = time.monotonic()
        events = self.events(self.login(server, "--json"))
        self.assertEqual(events[0]["interval"], 5)
        first, second = server.times("/oauth/token")
        self.assertGreaterEqual(first - began, 5)
        self.assertGreaterEqual(second - first, 5)

    def test_df_09_the_browser_gets_the_complete_address_and_the_person_the_plain_one(self):
        opener = login_browser.Opener(self)
        server = self.start_server("--dialect", "oauth", "--interval", 1)
        program = self.begin(server, terminal={"stdin", "stderr"},
                             env={"TERM": "xterm", "LOOM_BROWSER": opener.path})
        self.wait_for(opener.was_started)
        code = server.last("user_code")
        self.assertEqual(opener.words(), [f"{server.url}/device?user_code={code}"])
        server.approve(code)
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertNotIn("user_code=", result.text)
        self.assertIn(f"   {server.url}/device\x1b", result.text.replace("\x1b[1m", ""))
        self.assertIn(code, result.text)

    def test_df_10_verbose_shows_no_secret(self):
        result = self.login(self.server, "-vv")  # check_secrets() looks through it
        self.assertIn("/oauth/token", result.text)


class Outcomes(Story):
    def test_df_17_slow_down_is_for_good(self):
        server = self.start_server(*QUICK, "--misbehave", "token-slow-down", "--approve-after", 9)
        result = self.login(server, deadline_s=40)
        self.assertIn("The server asks for patience.", result.said)
        polls = server.times("/oauth/token")
        self.assertEqual(len(polls), 3)
        for earlier, later in zip(polls, polls[1:]):
            self.assertGreaterEqual(later - earlier, 6)

    def test_an_unusual_status_is_tolerated(self):
        self.server.misbehave("token-pending-403")
        self.login(self.server)
        self.assertEqual(self.server.requests().count(TOKEN), 2)

    def test_df_15_26_denied(self):
        server = self.start_server(*QUICK)
        program = self.begin(server)
        server.approve()
        self.assertEqual(program.finish().status, 0)
        before, mark = self.home.snapshot(), len(server.log())
        for argv in ((), ("--json",)):
            program = self.start("login", server.url, *argv)
            program.expect("Press Ctrl-C to keep it.")
            self.wait_for(lambda: server.state()["pending"] == 1)
            server.control("deny")
            result = program.finish()
            self.assertEqual(result.status, 4, result)
            self.assertIn("The sign-in was refused in the browser. Nothing was changed.", result.said)
            self.assertEqual(self.home.snapshot(), before)
        self.assertEqual(server.requests(mark), [META, DEVICE, TOKEN] * 2)
        error = self.events(result)[-1]["error"]
        self.assertEqual((error["code"], error["oauth_error"], error["http_status"]),
                         ("denied", "access_denied", 400))

    def test_df_14_expired(self):
        server = self.start_server(*QUICK)
        program = self.begin(server)
        server.control("expire-codes")
        result = program.finish()
        self.assertEqual(result.status, 5, result)
        self.assertIn("The code expired before anyone approved it.", result.said)
        self.assertEqual(server.requests().count(DEVICE), 1)
        self.check_nothing_stored()

    def test_df_21_a_token_of_another_type_is_not_stored(self):
        for name in ("token-no-type", "token-mac"):
            self.server.misbehave(name)
            self.assertIn(UNUSABLE, self.login(self.server, status=7).said, name)
            self.check_nothing_stored()
        self.server.misbehave("token-upper-type")
        self.login(self.server)

    def test_df_23_lives_that_are_none(self):
        self.server.misbehave("token-expires-string")
        done = self.events(self.login(self.server, "--json"))[-1]
        if done["expires_at"] is not None:
            schema.check_time(self, done["expires_at"], time.time() + 3600, 60)
        server = self.start_server(*QUICK, "--approve-after", 0, "--token-life", "none")
        done = self.events(self.login(server, "--json"))[-1]
        self.assertIsNone(done["expires_at"])
        self.assertNotIn("password_expiry_utc", self.get(server.url))

    def test_without_a_refresh_token(self):
        server = self.start_server(*QUICK, "--approve-after", 0, "--refresh", "none")
        self.login(server)
        self.assertNotIn("refresh", {name for name, value in self.credential(server).items()
                                     if value is not None})
        self.assertEqual(self.get(server.url)["password"], server.last("token"))

    def test_a_name_is_a_courtesy(self):
        for name in ("userinfo-html", "me-500", "me-404", "me-html-401", "me-drop", "meta-bare"):
            self.server.misbehave(name)
            result = self.login(self.server, home=self.new_home())
            self.assertIn(f"Signed in to {self.server.url}.", result.said, name)

    def test_a_token_that_the_server_itself_refuses_is_not_kept(self):
        self.server.misbehave("userinfo-401")
        self.login(self.server, status=3)
        self.check_nothing_stored()
        # What came with it lives no longer than that.
        self.assertEqual(self.server.state()["refresh_tokens"], 0)

    def test_what_ends_it_before_a_code_is_there(self):
        for name, status in (("start-500", 6), ("start-html", 7), ("start-bad-url", 7),
                             ("start-blank-code", 7), ("start-no-code", 7)):
            self.server.misbehave(name)
            self.login(self.server, status=status)
        self.assertNotIn(TOKEN, self.server.requests())
        self.check_nothing_stored()


    def test_tm_07_08_trouble_on_the_way_is_borne(self):
        running = []
        for name, words in (("poll-500", "The server has a problem at present."),
                            ("poll-drop", "The server cannot be reached at present."),
                            ("poll-html-503", "The server has a problem at present.")):
            server = self.start_server(*QUICK, "--approve-after", 0, "--misbehave", name)
            running.append((words, server, self.begin(server, home=self.new_home())))
        for words, server, program in running:
            result = program.finish()
            self.assertEqual(result.status, 0, result)
            self.assertIn(words, result.said)
            self.assertEqual(server.requests().count(TOKEN), 3)

    def test_ctrl_c_ends_it_wherever_it_waits(self):
        for name, call in (("meta-hang", META), ("start-hang", DEVICE), ("poll-hang", TOKEN)):
            def stop():
                server = self.start_server(*QUICK, "--approve-after", 0, "--misbehave", name)
                program = self.start("login", server.url, "--cacert", server.authority.file)
                self.wait_for(lambda: call in server.requests())
                sent = program.signal(signal.SIGINT)
                result = program.finish()
                self.assertEqual(result.status, -signal.SIGINT, result)
                self.assertIn("Stopped. Nothing was changed.", result.said)
                return program.ended - sent
            self.in_time(stop)
        self.assertEqual(self.home.tokens(), {})


class ClientAndScope(Story):
    def test_a_client_that_the_server_does_not_know(self):
        server = self.start_server(*QUICK, "--client-id", "another")
        result = self.login(server, status=4)
        self.assertIn(f"{server.url} does not let this program sign in.", result.said)
        error = self.events(self.login(server, "--json", status=4))[-1]["error"]
        self.assertEqual((error["code"], error["oauth_error"]), ("denied", "invalid_client"))
        self.assertEqual(server.requests(), [NATIVE, META, DEVICE] * 2)
        self.assertEqual(self.home.tokens(), {})

    def test_client_id_is_sent_everywhere_and_remembered(self):
        server = self.start_server(*QUICK, "--client-id", "an app/1", "--approve-after", 0)
        self.login(server, "--client-id", "an app/1")
        self.assertEqual(self.credential(server)["client_id"], "an app/1")
        self.assertEqual(self.login(server).status, 0)  # nobody said it again
        self.assertEqual(server.state()["refresh_tokens"], 1)  # the first was revoked, by its client
        self.loom("logout")
        self.assertEqual((server.state()["tokens"], server.state()["refresh_tokens"]), (0, 0))
        self.login(server, status=4)  # forgotten with the credential

    def test_client_id_and_scope_that_cannot_be_sent(self):
        for argv in (("--client-id", "a\nb"), ("--client-id", "é"), ("--client-id", ""),
                     ("--client-id", "x" * 300), ("--scope", 'a"b'), ("--scope", "é"),
                     ("--scope", "x" * 5000)):
            result = self.login(self.server, *argv, status=2)
            self.assertIn("cannot be sent", result.said, argv)
        error = self.events(self.login(self.server, "--json", "--scope", "é", status=2))[-1]
        self.assertIn("This scope cannot be sent.", error["error"]["message"])
        self.assertEqual(self.server.requests(), [])

    def test_df_22_less_than_what_was_asked_for_is_told(self):
        result = self.login(self.server, "--scope", "openid email offline_access")
        self.assertIn("The server granted another scope than was asked for:", result.said)
        self.assertIn("    openid offline_access\n", result.text)
        # Whoever reads JSON, too; and another order is the same scope.
        result = self.login(self.server, "--json", "--scope", "email openid", home=self.new_home())
        self.assertIn("    openid\n", result.text)
        result = self.login(self.server, "--scope", "offline_access openid", home=self.new_home())
        self.assertNotIn("scope", result.said)

    def test_df_22_16_nothing_of_what_was_asked_for(self):
        result = self.login(self.server, "--scope", "admin", status=7)
        self.assertIn("invalid_scope", result.said)
        error = self.events(self.login(self.server, "--json", "--scope", "admin", status=7))[-1]
        self.assertEqual(error["error"]["oauth_error"], "invalid_scope")

    def test_scope_is_what_the_server_knows_unless_somebody_says_it(self):
        for options, argv, scope in ((("--scopes", "openid"), (), "openid"),
                                     (("--scopes", "api"), (), ""),
                                     (("--scopes", ""), (), "openid offline_access"),
                                     (("--scopes", "api openid"), ("--scope", "api"), "api"),
                                     ((), ("--scope", ""), "")):
            server = self.start_server(*QUICK, "--approve-after", 0, *options)
            result = self.login(server, *argv)
            self.assertNotIn("another scope", result.said, (options, argv))
            self.assertEqual(self.credential(server).get("scope") or "", scope, (options, argv))
            # What somebody asked for without openid is no person's token.
            self.assertEqual(USERINFO in server.requests(), argv != ("--scope", "api"))

    def test_the_clock_that_is_wrong_is_told(self):
        for ahead_s, words in ((-630, "10 minutes ahead of the server's"),
                               (7230, "minutes behind the server's"), (-60, None)):
            server = self.start_server(*QUICK, "--approve-after", 0, "--date-ahead", ahead_s)
            result = self.login(server, "--json")
            if words is None:
                self.assertNotIn("clock", result.said)
            else:
                self.assertIn(words, result.said)
            # What is remembered is by the clock that will be asked.
            schema.check_time(self, self.events(result)[-1]["expires_at"], time.time() + 3600, 60)


class GivenTokens(Story):
    def test_they_are_checked_with_the_server(self):
        token = self.give(self.server)
        self.assertEqual(self.home.tokens(), {self.server.url: token})
        self.assertEqual(self.credential()["account"], ADA)
        self.assertEqual(self.server.requests()[-3:], ["GET /auth/me", META, USERINFO])

    def test_dead_ones_are_refused(self):
        result = self.login(self.server, "--with-token", status=3,
                            stdin=self.plant("at_" + "7e" * 20).encode())
        self.assertIn("does not accept this token. Nothing was changed.", result.said)
        self.check_nothing_stored()

    def test_where_nobody_can_check_that_is_said(self):
        self.server.misbehave("meta-bare")
        token = self.plant("at_" + "5d" * 20)
        result = self.login(self.server, "--with-token", stdin=token.encode())
        self.assertIn(f"{self.server.url} offers no way to check a token. It was stored unchecked.",
                      result.said)
        self.assertEqual(self.home.tokens(), {self.server.url: token})


if __name__ == "__main__":
    loomtest.main()
