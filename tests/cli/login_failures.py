# SPDX-License-Identifier: Apache-2.0
"""Sign-ins that end badly because of what the server says: each with its own status, its own
sentence, and nothing stored."""
import loomtest
import servers

# What is wrong with the answer to start, and the exit status and code in JSON.
STARTS = {
    "start-html": (7, "not_loom"),
    "start-html-404": (7, "not_loom"),
    "start-404": (7, "not_loom"),
    "start-405": (7, "not_loom"),
    "start-501": (7, "not_loom"),
    "start-401": (7, "bad_answer"),
    "start-403": (7, "bad_answer"),
    "start-204": (7, None),
    "start-empty": (7, None),
    "start-array": (7, "bad_answer"),
    "start-garbage-after": (7, "bad_answer"),
    "start-no-code": (7, "bad_answer"),
    "start-null-code": (7, "bad_answer"),
    "start-bad-url": (7, "bad_answer"),
    "start-http-url": (7, "bad_answer"),
    "start-userinfo-url": (7, "bad_answer"),
    "start-evil-code": (7, "bad_answer"),
    "start-blank-code": (7, "bad_answer"),
    "start-flood": (7, "bad_answer"),
    "start-redirect": (7, "bad_answer"),
    "start-429": (6, "network"),
    "start-500": (6, "network"),
    "start-503": (6, "network"),
    "start-drop": (6, "network"),
}

# The same for poll. What does not answer at all is asked again until the code expires.
POLLS = {
    "poll-html": (7, "not_loom"),
    "poll-400": (7, "bad_answer"),
    "poll-404": (7, None),
    "poll-unknown-status": (7, "bad_answer"),
    "poll-no-status": (7, "bad_answer"),
    "poll-no-token": (7, "bad_answer"),
    "poll-empty-token": (7, "bad_answer"),
    "poll-control-token": (7, "bad_answer"),
    "poll-upper-case": (7, "bad_answer"),
    "poll-upper-names": (7, "bad_answer"),
    "poll-error-member": (7, "bad_answer"),
    "poll-flood": (7, "bad_answer"),
    "poll-redirect": (7, "bad_answer"),
    "poll-denied-400": (4, "denied"),
    "poll-expired-400": (5, "code_expired"),
    "poll-pending-400": (7, "bad_answer"),  # this dialect says "pending" with 200
    "poll-drop-always": (6, "network"),
    "poll-cut": (6, "network"),
}
NEVER_SENT = "lt_00000000000000000000000000000000deadbeef"  # the token that misbehaviours tell


class LoginFailures(loomtest.Case):
    server_options = ()
    tls = True

    def setUp(self):
        super().setUp()
        self.plant(NEVER_SENT)
        self.target = servers.Listener()
        self.addCleanup(self.target.stop)
        self.target_url = f"http://localhost:{self.target.port}/stolen?device_code=x"

    def check_nothing_stored(self, home=None):
        self.assertFalse((home or self.home).stored())

    def command_alone(self, result, server=None):
        """The command that helps stands alone on its line."""
        self.assertIn(f"    loom login --server {(server or self.server).url}",
                      result.text.splitlines(), result)

    def test_unusable_answers_to_start(self):
        """DF-04, NET-22, TM-09, UI-14"""
        server = self.start_server("--redirect-to", self.target_url)
        for name, (status, code) in STARTS.items():
            with self.subTest(name):
                server.misbehave(name)
                mark = len(server.log())
                result = self.login(server, "--json", status=status)
                error = self.events(result)[-1]["error"]
                self.assertEqual(error["code"], code or error["code"], result)
                # RFC 8628: a start is a new code; nothing tries it again by itself. What does not
                # know the call is asked what else it is, and no more.
                asked = [request for request in server.requests(mark)
                         if not request.startswith("GET /.well-known/")]
                self.assertEqual(asked, ["POST /auth/device/start"])
                self.assertIn(server.url, result.said)
                self.assertNotIn("café", result.said)
                self.assertNotIn("javascript", result.said)
                self.check_nothing_stored()
        self.assertEqual(self.target.seen, [])

    def test_a_redirect_names_its_target_and_is_not_followed(self):
        server = self.start_server("--redirect-to", self.target_url)
        for name in ("start-redirect", "poll-redirect"):
            server.misbehave(name)
            result = self.login(server, status=7)
            self.assertIn(f"http://localhost:{self.target.port}", result.said)
            self.assertNotIn("device_code", result.said)
        self.assertEqual(self.target.seen, [])

    def test_unusable_answers_to_poll(self):
        """DF-11, DF-13, TM-08"""
        running = []
        for name, (status, code) in POLLS.items():
            server = self.start_server("--expires-in", 3, "--misbehave", name, "--redirect-to",
                                       self.target_url)
            home = self.new_home()
            running.append((name, status, code, server, home, self.start(
                "login", "--json", server.url, "--cacert", self.authority.file, home=home)))
        for name, status, code, server, home, program in running:
            with self.subTest(name):
                result = program.finish()
                self.assertEqual(result.status, status, result)
                error = self.events(result)[-1]["error"]
                self.assertEqual(error["code"], code or error["code"], result)
                if status in (4, 7):  # RFC 8628: any other error code stops the polling
                    self.assertEqual(len(server.times("/poll")), 1)
                self.check_nothing_stored(home)
        self.assertEqual(self.target.seen, [])

    def test_html_and_unknown_calls_are_no_loom_server(self):
        for name in ("start-html", "start-404"):
            self.server.misbehave(name)
            result = self.login(self.server, status=7)
            self.assertIn(f"{self.server.url} answers, but it is not a Loom server. Check the "
                          "address. Some networks also want you to sign in to them first.",
                          result.said)

    def test_what_is_no_http(self):
        for answer in (b"SSH-2.0-OpenSSH_9.2\r\n", b"{\"device_code\":\"x\"}", b"\0" * 4096,
                       b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                       b"Content-Length: 3\r\n\r\n{}}"):
            peer = servers.Listener(servers.answering(answer))
            self.addCleanup(peer.stop)
            result = self.loom("login", f"http://localhost:{peer.port}", status=7)
            self.assertNotIn("OpenSSH", result.text)

    def test_denial(self):
        """DF-15"""
        server = self.start_server("--deny-after", 0)
        result = self.login(server, status=4)
        self.assertIn("The sign-in was refused in the browser. Nothing was changed.", result.said)
        self.command_alone(result, server)
        self.assertEqual(len(server.times("/poll")), 1)
        self.check_nothing_stored()

    def test_expiry(self):
        """DF-14"""
        server = self.start_server("--expires-in", 2)
        result = self.login(server, status=5)
        self.assertIn("The code expired before anyone approved it. Nothing was changed.",
                      result.said)
        self.command_alone(result, server)
        # TM-03: stops within one interval, and does not start afresh.
        self.check_quick(result.took_s, 20)
        self.assertEqual(len(server.times("/start")), 1)
        started = server.times("/start")[0]
        self.assertTrue(all(at < started + 2.2 for at in server.times("/poll")))

    def test_expiry_told_by_the_server(self):
        """DF-110"""
        program = self.start("login", self.server.url, "--cacert", self.authority.file)
        program.expect("Waiting")
        self.server.control("expire-codes")
        result = program.finish()
        self.assertEqual(result.status, 5, result)
        self.command_alone(result)

    def test_a_code_without_a_life_is_never_asked_for(self):
        """DF-111"""
        for life in (0, -1):
            server = self.start_server("--expires-in", life)
            self.login(server, status=5)
            self.assertEqual(server.times("/poll"), [])

    def test_a_failure_leaves_the_earlier_sign_in_as_it_was(self):
        """DF-26"""
        self.home.seed((self.server.url, self.plant(loomtest.marker("earlier"))))
        before = self.home.snapshot()
        for options, status in ((("--deny-after", 0), 4), (("--expires-in", 0), 5),
                                (("--misbehave", "poll-empty-token"), 7)):
            server = self.start_server(*options)
            home = self.new_home()
            home.seed((server.url, loomtest.marker("earlier")))
            before = home.snapshot()
            self.login(server, home=home, status=status)
            after = home.snapshot()
            after.pop(".config/loom/credentials.json.lock", None)
            self.assertEqual(after, before)
            self.assertNotIn("POST /auth/logout", server.requests())

    def test_who_it_is_does_not_decide(self):
        """DF-106: auth/me is a courtesy: only the server's own 401 undoes the sign-in."""
        running = []
        for name in ("me-500", "me-404", "me-html", "me-html-401", "me-nulls", "me-redirect",
                     "me-drop"):
            server = self.start_server("--approve-after", 0, "--misbehave", name, "--redirect-to",
                                       self.target_url)
            home = self.new_home()
            running.append((name, server, home, self.start(
                "login", server.url, "--cacert", self.authority.file, home=home)))
        for name, server, home, program in running:
            with self.subTest(name):
                result = program.finish()
                self.assertEqual(result.status, 0, result)
                self.assertIn(f"Signed in to {server.url}.", result.said)
                self.assertEqual(home.tokens(), {server.url: server.last("token")})
        self.assertEqual(self.target.seen, [])

    def test_a_token_that_is_dead_at_once_is_not_kept(self):
        """DF-107"""
        server = self.start_server("--approve-after", 0, "--misbehave", "me-401")
        self.login(server, status=3)
        self.check_nothing_stored()

    def test_ui_01_evil_names_are_harmless(self):
        server = self.start_server("--approve-after", 0, "--misbehave", "me-evil-name")
        result = self.login(server)
        self.assertIn("Lovelace", result.said)  # and check_everything() looks for the controls
        again = self.start("login", server.url, "--cacert", self.authority.file,
                           terminal={"stderr", "stdout"}, env={"TERM": "xterm"})
        again.expect("already signed in")
        self.assertEqual(again.finish().status, 0)
        events = self.events(self.login(server, "--json"))
        self.assertIn("Lovelace", events[-1]["account"]["display_name"])

    def test_ui_13_a_foreign_page_is_warned_of(self):
        server = self.start_server("--approve-after", 0, "--misbehave", "start-foreign-page")
        for argv in ((), ("-q",)):
            result = self.login(server, *argv)
            lines = [line.strip() for line in result.text.splitlines()]
            self.assertIn("https://login.example.net/device", lines)
            self.assertIn("https://login.example.net", lines)
            self.assertIn("This page is not on the server that you named.", result.said)
        own = self.login(self.start_server("--approve-after", 0))
        self.assertNotIn("not on the server", own.said)

    def test_an_older_code_is_shown_as_it_is(self):
        """DF-109"""
        server = self.start_server("--approve-after", 0, "--misbehave", "start-old-code")
        result = self.login(server)
        self.assertIn("ABCD-1234", [line.strip() for line in result.text.splitlines()])


if __name__ == "__main__":
    loomtest.main()
