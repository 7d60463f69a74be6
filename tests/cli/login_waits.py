# SPDX-License-Identifier: Apache-2.0
"""A sign-in waits as the server wishes and outlives its troubles. The server's log has the times."""
import loomtest
import servers

# Misbehaviour: seconds between the polls that must have passed at least, and what is told.
TROUBLES = {
    "poll-slow-down": ([6.0], ["pending", "slow_down"], "asking less often"),
    "poll-429": ([3.0], ["pending", "server_error"], "The server has a problem at present"),
    "poll-500": ([2.0, 4.0], ["pending", "server_error"], "The server has a problem at present"),
    "poll-html-503": ([2.0, 4.0], ["pending", "server_error"], "The server has a problem"),
    "poll-drop": ([2.0, 4.0], ["pending", "network"], "The server cannot be reached at present"),
}
EARLY_S = 0.05  # clocks of two processes are read at different times


class LoginWaits(loomtest.Case):
    def login_at(self, server, *argv, home=None, **more):
        return self.start("login", server.url, *argv, home=home or self.new_home(), **more)

    def check_gaps(self, server, gaps):
        times = server.times("/start") + server.times("/poll")
        found = [b - a for a, b in zip(times, times[1:])]
        self.assertEqual(len(found), len(gaps), found)
        for gap, least in zip(found, gaps):
            self.assertGreaterEqual(gap, least - EARLY_S, found)
            self.assertLess(gap, 2 * least + 5, found)

    def test_troubles_are_outlived_with_patience(self):
        """DF-17, TM-07, TM-08"""
        running = []
        for name in TROUBLES:
            for argv in ((), ("--json",)):
                server = self.start_server("--approve-after", 0, "--misbehave", name)
                running.append((name, argv, server, self.login_at(server, *argv)))
        for name, argv, server, program in running:
            gaps, reasons, sentence = TROUBLES[name]
            with self.subTest(name, argv=argv):
                result = program.finish()
                self.assertEqual(result.status, 0, result)
                self.check_gaps(server, [1.0] + gaps)
                if argv:
                    told = [event["reason"] for event in self.events(result)
                            if event["event"] == "waiting"]
                    self.assertEqual(told, reasons, result)
                else:
                    self.assertIn(sentence, result.said)
                    self.assertEqual(result.said.count(sentence), 1, "told again without a change")

    def test_the_server_chooses_the_interval(self):
        """DF-02, DF-112: it insists on what it said; a poll before its time would bring slow_down."""
        running = []
        for interval, least in ((0, 1.0), (3, 3.0), (None, 1.0), (-5, 1.0)):
            options = () if interval is None else ("--interval", interval)
            server = self.start_server("--approve-after", 2.5, *options)
            running.append((least, server, self.login_at(server, "--json")))
        for least, server, program in running:
            result = program.finish()
            events = self.events(result)
            self.assertEqual(events[0]["interval"], least)
            self.assertNotIn({"schema": 1, "event": "waiting", "reason": "slow_down"}, events)
            times = server.times("/start") + server.times("/poll")
            self.assertTrue(all(b - a >= least - EARLY_S for a, b in zip(times, times[1:])), times)

    def test_an_absurd_interval_does_not_outlast_the_code(self):
        """DF-113"""
        server = self.start_server("--interval", 100000, "--expires-in", 3, "--approve-after", 0)
        result = self.login_at(server, "--json").finish()
        self.assertEqual(result.status, 0, result)
        self.assertEqual(self.events(result)[0]["interval"], 60)

    def test_a_terminal_is_told_of_trouble_in_its_live_line(self):
        server = self.start_server("--approve-after", 0, "--misbehave", "poll-500")
        program = self.login_at(server, terminal={"stderr"}, env={"TERM": "xterm"})
        program.expect(rb"\r\x1b\[KThe server has a problem at present, [a-z ]+\. \d+:\d\d left\. "
                       rb"Ctrl-C stops\.")
        self.assertEqual(program.finish().status, 0)

    def test_a_server_that_comes_back_is_found_again(self):
        """TM-109: nobody listens for a while; then the same address answers again."""
        answers = {
            "POST /auth/device/start": (200, {}, {
                "device_code": self.plant(loomtest.marker("device", "dc")),
                "user_code": "123-456-789",
                "verification_url": "https://login.example.net/d", "expires_in": 60}),
            "GET /auth/me": (200, {}, {"id": 7, "username": "ada", "display_name": None}),
        }
        peer = servers.Scripted(answers)
        program = self.start("login", peer.url)
        program.expect("Waiting")
        peer.stop()
        program.expect("The server cannot be reached at present")
        answers["POST /auth/device/poll"] = (200, {}, {
            "status": "completed", "access_token": self.plant(loomtest.marker("after_the_break"))})
        again = servers.Scripted(answers, peer.port)
        self.addCleanup(again.stop)
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertEqual(self.home.tokens(), {peer.url: loomtest.marker("after_the_break")})

    def test_what_is_sent(self):
        """DF-10, DF-21, NET-29: no credential in an address, none where none belongs, nothing unasked."""
        device_code = self.plant(loomtest.marker("device", "dc"))
        token = self.plant(loomtest.marker("sent"))
        peer = servers.Scripted({
            "POST /auth/device/start": (200, {"Set-Cookie": "a=b"}, {
                "device_code": device_code, "user_code": "AB", "interval": 0.2, "expires_in": 9.5,
                "verification_url": "https://login.example.net/d", "more": {"a": [1]}}),
            "POST /auth/device/poll": (200, {}, {
                "status": "completed", "access_token": token, "token_type": "BEARER"}),
            "GET /auth/me": (200, {}, {}),
        })
        self.addCleanup(peer.stop)
        result = self.loom("login", peer.url, "-vv", "--json")
        self.assertEqual(self.events(result)[0]["interval"], 1)
        calls = [(method, path) for method, path, _, _ in peer.seen]
        self.assertEqual(calls, [("POST", "/auth/device/start"), ("POST", "/auth/device/poll"),
                                 ("GET", "/auth/me")])
        for method, path, headers, body in peer.seen:
            names = {name.lower(): value for name, value in headers.items()}
            self.assertEqual(names.get("accept"), "application/json")
            self.assertNotIn("cookie", names)
            self.assertNotIn("referer", names)
            if path == "/auth/me":
                self.assertEqual(names["authorization"], f"Bearer {token}")
            else:
                self.assertNotIn("authorization", names)
            if path.endswith("/poll"):
                self.assertEqual(names["content-type"], "application/json")
                self.assertEqual(body, b'{"device_code":"%s"}' % device_code.encode())


if __name__ == "__main__":
    loomtest.main(12)
