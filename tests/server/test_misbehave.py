# SPDX-License-Identifier: Apache-2.0
"""Every misbehaviour by name: that it happens, as often as it should, and to nobody else."""
import http.client
import json
import pathlib
import re
import socket
import time
import unittest

import harness

CALLS = {
    "start": ("POST", "/auth/device/start", {}),
    "poll": ("POST", "/auth/device/poll", {"device_code": "x"}),
    "me": ("GET", "/auth/me", None),
    "logout": ("POST", "/auth/logout", None),
    "git": ("GET", "/git/a/b.git/info/refs", None),
}
USUAL = {"start": 200, "poll": 200, "me": 200, "logout": 200, "git": 401}
GONE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)

# name: status, or what else a client sees. `times` stands where it is over after some.
ANSWERS = {
    "start-401": 401, "start-403": 403, "start-404": 404, "start-405": 405, "start-429": 429,
    "start-500": 500, "start-501": 501, "start-503": 503, "start-204": 204, "start-empty": 200,
    "start-array": 200, "start-garbage-after": 200, "start-html": 200, "start-html-404": 404,
    "start-no-code": 200, "start-null-code": 200, "start-redirect": 302,
    "poll-redirect": 307, "poll-html": 200, "poll-400": 400, "poll-404": 404,
    "poll-unknown-status": 200, "poll-no-status": 200, "poll-denied-400": 400,
    "poll-expired-400": 400, "poll-pending-400": 400, "poll-no-token": 200,
    "poll-empty-token": 200, "poll-control-token": 200, "poll-upper-case": 200,
    "poll-upper-names": 200, "poll-error-member": 200,
    "me-500": 500, "me-401": 401, "me-404": 404, "me-html": 200, "me-html-401": 401,
    "me-nulls": 200, "me-evil-name": 200, "me-redirect": 302,
    "logout-500": 500, "logout-401": 401, "logout-404": 404, "logout-html": 200,
    "logout-html-401": 401, "logout-redirect": 307,
    "git-401": 401, "git-403": 403, "git-500": 500, "git-redirect": 302,
}
PASSING = {"poll-500": (500, 2), "poll-429": (429, 1), "poll-html-503": (503, 2),
           "poll-slow-down": (200, 1)}
DROPS = {"start-drop": None, "poll-drop": 2, "poll-drop-always": None, "me-drop": None,
         "logout-drop": None}
HANGS = ("start-hang", "poll-hang", "me-hang", "logout-hang")
STARTS = {
    "start-bad-url": ("verification_url", "javascript:alert(1)"),
    "start-http-url": ("verification_url", "http://login.example.net/device"),
    "start-userinfo-url": ("verification_url", "https://localhost@login.example.net/device"),
    "start-foreign-page": ("verification_url", "https://login.example.net/device"),
    "start-evil-code": ("user_code", "123\x1b[2K\x1b[1A\x07-456"),
    "start-blank-code": ("user_code", "   "),
    "start-old-code": ("user_code", "ABCD-1234"),
}
BODIES = {"start-flood", "poll-flood", "poll-cut", "poll-drip"}


def call_of(name):
    return name.split("-")[0]


class Misbehave(harness.Case):
    def ask(self, server, call):
        """Make `call` with a token that lives."""
        method, path, body = CALLS[call]
        token = server.sign_in() if call in ("me", "logout") else None
        return server.call(method, path, body, token=token)

    def begin(self, server, name):
        """Let only `name` happen. The flow of sign_in() must have worked before."""
        self.assertEqual(server.control("misbehave", {"name": name}).status, 200, name)

    def assert_others_are_spared(self, server, name):
        for call in set(CALLS) - {call_of(name)}:
            if call in ("me", "logout") and call_of(name) in ("start", "poll"):
                continue  # they would need the flow that is broken now
            self.assertEqual(self.ask(server, call).status, USUAL[call], (name, call))

    def test_every_name_is_in_one_table_here(self):
        source = (pathlib.Path(__file__).parent / "misbehave_table.c").read_text()
        names = set(re.findall(r'"((?:start|poll|me|logout|git)-[a-z0-9-]+|hang)"', source))
        tables = [set(ANSWERS), set(PASSING), set(DROPS), set(HANGS), set(STARTS), BODIES, {"hang"}]
        self.assertEqual(names, set().union(*tables))
        self.assertEqual(len(names), sum(map(len, tables)))

    def test_fixed_answers_come_every_time(self):
        server = self.serve()
        for name, status in ANSWERS.items():
            self.begin(server, name)
            for _ in range(2):
                self.assertEqual(self.ask(server, call_of(name)).status, status, name)
            self.assert_others_are_spared(server, name)
            self.begin(server, "")
            self.assertEqual(self.ask(server, call_of(name)).status, USUAL[call_of(name)], name)

    def test_fixed_answers_say_what_their_names_say(self):
        server = self.serve("--redirect-to", "https://evil.example/x")
        for name in ANSWERS:
            self.begin(server, name)
            answer = self.ask(server, call_of(name))
            is_html = "-html" in name
            self.assertEqual(answer.headers.get_content_type(),
                             "text/html" if is_html else "application/json", name)
            self.assertEqual(answer.headers["Location"],
                             "https://evil.example/x" if "redirect" in name else None, name)
        for name, body in (("poll-denied-400", {"error": "access_denied"}),
                           ("poll-expired-400", {"error": "expired_token"}),
                           ("poll-empty-token", {"status": "completed", "access_token": ""}),
                           ("poll-unknown-status", {"status": "perhaps"})):
            self.begin(server, name)
            self.assertEqual(self.ask(server, "poll").json, body)
        self.begin(server, "poll-control-token")
        self.assertRegex(self.ask(server, "poll").json["access_token"], "[\x00-\x1f]")
        self.begin(server, "poll-upper-case")
        self.assertEqual(self.ask(server, "poll").json["status"], "COMPLETED")
        self.begin(server, "start-no-code")
        self.assertNotIn("device_code", self.ask(server, "start").json)
        self.begin(server, "me-evil-name")
        self.assertIn("\x1b]0;evil\x07", self.ask(server, "me").json["display_name"])

    def test_redirects_lead_nowhere_unless_told(self):
        server = self.serve("--misbehave", "start-redirect")
        answer = server.call("POST", "/auth/device/start")
        self.assertEqual(answer.headers["Location"], "http://127.0.0.1:9/")

    def test_passing_ones_pass(self):
        server = self.serve()
        for name, (status, times) in PASSING.items():
            self.begin(server, name)
            for _ in range(times):
                answer = self.ask(server, "poll")
                self.assertEqual(answer.status, status, name)
                self.assertNotEqual(answer.text, '{"status":"expired"}')
                self.assertEqual(answer.headers["Retry-After"], "3" if name == "poll-429" else None)
            answer = self.ask(server, "poll")
            self.assertEqual((answer.status, answer.json), (200, {"status": "expired"}), name)

    def test_dropped_connections_bring_no_answer(self):
        server = self.serve()
        for name, times in DROPS.items():
            self.begin(server, name)
            for _ in range(times or 3):
                self.assertRaises(GONE, self.ask, server, call_of(name))
            if times:
                self.assertEqual(self.ask(server, call_of(name)).status, 200)
            self.assertEqual(server.log()[-1]["status"], 200 if times else 0)

    def test_hanging_calls_end_with_the_client_and_spare_the_others(self):
        server = self.serve()
        token = server.sign_in()
        for name in (*HANGS, "hang"):
            self.begin(server, name)
            method, path, body = CALLS["start" if name == "hang" else call_of(name)]
            connection = server.connect()
            connection.timeout = 0.3
            connection.request(method, path, json.dumps(body),
                               {"Authorization": "Bearer " + token,
                                "Content-Type": "application/json"})
            self.assertRaises(socket.timeout, connection.getresponse)
            connection.close()
            self.assertEqual(server.call("GET", "/health").status, 200)
            self.assertEqual(server.state()["pending"], 0)
            self.assertEqual(server.log()[-3]["status"], 0)

    def test_changed_answers_of_start_go_on_as_usual(self):
        server = self.serve()
        for name, (member, value) in STARTS.items():
            self.begin(server, name)
            started = self.ask(server, "start").json
            self.assertEqual(started[member], value)
            self.assertEqual(set(started),
                             {"device_code", "user_code", "verification_url", "expires_in"})
            self.assertEqual(server.control("approve").status, 200)
            self.assertEqual(server.poll(started).json["status"], "completed")

    def test_cut_body_is_shorter_than_announced(self):
        server = self.serve("--misbehave", "poll-cut")
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.ask(server, "poll")
        self.assertIn(b'"completed"', caught.exception.partial)

    def test_dripping_body_comes_a_byte_a_second(self):
        server = self.serve("--misbehave", "poll-drip")
        connection = server.connect()
        connection.request("POST", CALLS["poll"][1], "{}", {"Content-Type": "application/json"})
        begin = time.monotonic()
        response = connection.getresponse()
        self.assertEqual(response.read(2), b'{"')
        self.assertGreater(time.monotonic() - begin, 1.5)
        connection.close()

    def test_flood_goes_on_until_the_client_leaves(self):
        server = self.serve("--misbehave", "start-flood", "--misbehave", "poll-flood")
        for call in ("start", "poll"):
            connection = server.connect()
            connection.request("POST", CALLS[call][1], "{}", {"Content-Type": "application/json"})
            response = connection.getresponse()
            self.assertEqual(response.headers["Transfer-Encoding"], "chunked")
            self.assertEqual(len(response.read(5_000_000).strip(b" ")), 0)
            connection.close()

    def test_several_may_be_active_and_the_first_due_wins(self):
        server = self.serve("--misbehave", "poll-429", "--misbehave", "poll-500",
                            "--misbehave", "start-404")
        self.assertEqual(self.ask(server, "start").status, 404)
        self.assertEqual([self.ask(server, "poll").status for _ in range(5)],
                         [429, 500, 500, 200, 200])

    def test_logout_that_fails_leaves_the_token_alive(self):
        server = self.serve()
        token = server.sign_in()
        for name in ("logout-500", "logout-404", "logout-redirect", "logout-html"):
            self.begin(server, name)
            server.call("POST", "/auth/logout", token=token)
        self.assertEqual(server.call("GET", "/auth/me", token=token).status, 200)


if __name__ == "__main__":
    unittest.main()
