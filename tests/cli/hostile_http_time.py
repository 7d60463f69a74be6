# SPDX-License-Identifier: Apache-2.0
"""Servers that take their time, byte by byte, at every point where somebody waits; and numbers that
would make the program wait. The waits are the program's own: ten seconds for a connection, a
revocation or a poll, three when git waits, and never longer than the code lives."""
import json

import hostile
import loomtest
from hostile import row
from hostile_server import answer, drip, good, head, later, Port, stall

SLOW_S = 0.2  # a byte: any time-out between two bytes would never end
SLACK_S = 10  # a loaded machine with sanitizers
CHUNKED = head(200, "Transfer-Encoding: chunked")
START = good("start")

def after(start, rest):
    def talk(peer):
        peer.send(start)
        peer.drip(rest, SLOW_S)
        return False
    return talk


# What drips, and from which byte on.
DRIPS = {
    "silence": stall(),
    "the head": drip(answer(good("me"), 200, "X: " + "x" * 1000), SLOW_S),
    "the body": stall(head(200, "Content-Length: 5000") + b"{"),
    "a body byte by byte": after(head(200, "Content-Length: 5000"), b" " * 5000),
    "early hints": drip(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100, SLOW_S),
    "chunks": after(CHUNKED, b"1\r\n \r\n" * 1000),
    "a chunk's extension": after(CHUNKED + b"1;", b"x" * 5000),
    "the trailers": after(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n" * 1000),
}


class Time(hostile.Case):
    def check_within(self, rows, limit_s, **more):
        self.check(rows, **more)
        for result in self.results:
            self.check_quick(result.took_s, limit_s + SLACK_S, result)

    def test_tm_10_git_is_not_kept_waiting(self):
        """Three seconds; then git gets the token that was not known to be dead."""
        self.check_within([row(name, "get", {"me": said}, 0) for name, said in DRIPS.items()], 3)

    def test_tm_101_signing_out_is_not_kept_waiting(self):
        """Ten seconds; then it is forgotten here, and said."""
        self.check_within([row(name, "logout", {"logout": said}, 10, "no")
                           for name, said in DRIPS.items()], 10)

    def test_tm_102_a_poll_ends_with_the_code(self):
        """A server that keeps a poll open holds nobody beyond the life of the code."""
        short = answer({**START, "expires_in": 3})
        self.check_within([row(name, "login", {"start": short, "poll": said}, 6, "network",
                               asks={"poll": 1}) for name, said in DRIPS.items()], 4)

    def test_tm_103_an_approval_that_comes_too_late(self):
        """What comes after the code's life is not taken."""
        late = later(b"", answer(good("poll")), pause_s=4)
        self.check_within([row("late", "login", {"start": answer({**START, "expires_in": 3}),
                                                 "poll": late}, 6, "network")], 4)

    def test_tm_05_times_to_wait_that_are_absurd(self):
        """Retry-After and interval only ever slow down, and never beyond the life of the code."""
        start, lasting = answer({**START, "expires_in": 4}), answer(START)
        pending = {"status": "pending"}
        long = ["99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "86400"]
        none = ["-5", "0", "soon", "1e9", "Thu, 01 Jan 1970 00:00:00 GMT", "", "\x7f"]
        rows = [row(f"wait {value}", "login", {"start": start, "poll": answer(
            {}, 429, f"Retry-After: {value}")}, 5, "code_expired", asks={"poll": 1})
            for value in long]
        rows += [row(f"no wait {value!r}", "login", {"start": lasting, "poll": [
            answer(pending, 503, f"Retry-After: {value}"), answer(good("poll"))]}, 0,
            asks={"poll": 2}) for value in none]
        rows += [row(f"interval {value}", "login", {"start": start, "poll": answer(
            {**pending, "interval": value})}, 5, "code_expired", asks={"poll": 1})
            for value in (60, 1e300)]
        rows += [row(f"interval {value} is none", "login", {"start": lasting, "poll": [
            answer({**pending, "interval": value}), answer(good("poll"))]}, 0, asks={"poll": 2})
            for value in (-1, 0, "x", [])]
        self.check_within(rows, 5)

    def test_tm_104_dates_of_the_server_decide_nothing(self):
        """Neither a clock that is wrong nor an expiry that is absurd takes a sign-in away."""
        dates = ["Date: Thu, 01 Jan 1970 00:00:00 GMT", "Date: Fri, 31 Dec 9999 23:59:59 GMT",
                 "Date: x", "Expires: -1", "Age: 99999999999", "Cache-Control: max-age=1e99"]
        self.check([row(field, "login", {call: answer(good(call), 200, field)
                                         for call in ("start", "poll", "me")}, 0)
                    for field in dates])

    # ---- Before there is a request ----

    def test_tm_11_a_handshake_that_nobody_answers(self):
        """Ten seconds for the connection, its TLS included; nothing was sent that could be."""
        ports = [Port(talk) for talk in (
            lambda peer: peer.stall(),
            lambda peer: peer.drip(b"\x16\x03\x03\x40\x00\x02" + b"\0" * 1000, SLOW_S))]
        running = []
        for port in ports:
            self.addCleanup(port.stop)
            home = self.new_home()
            url = f"https://localhost:{port.port}"
            home.seed((url, self.plant(loomtest.marker(f"silent {url}"))))
            running += [self.start("logout", "--json", home=home),
                        self.start("login", "--json", url, home=self.new_home())]
        for at, program in enumerate(running):
            result = program.finish()
            self.assertEqual(result.status, (10, 6)[at % 2], result)
            self.check_quick(result.took_s, 10 + SLACK_S, result)
            self.assertIn(b'"network"', result.out)
        for port in ports:
            for secret in self.secrets():
                self.assertNotIn(secret.encode(), b"".join(peer.received for peer in port.peers))

    def test_tm_105_a_proxy_that_nobody_answers_for(self):
        """The way through a proxy is part of the same ten seconds."""
        running = []
        for talk in (lambda peer: peer.stall(), lambda peer: peer.drip(
                b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000, SLOW_S)):
            port = Port(talk)
            self.addCleanup(port.stop)
            home = self.new_home()
            home.seed(("https://loom.example.com", self.plant(loomtest.marker("proxied"))))
            running.append(self.start("logout", "--json", home=home,
                                      env={"https_proxy": f"http://127.0.0.1:{port.port}"}))
        for program in running:
            result = program.finish()
            self.assertEqual(result.status, 10, result)
            self.check_quick(result.took_s, 10 + SLACK_S, result)
            error = json.loads(result.out)["servers"][0]["error"]
            self.assertIn(error["code"], ("proxy", "network"), result)


if __name__ == "__main__":
    loomtest.main(8)
