# SPDX-License-Identifier: Apache-2.0
"""Heads without end, heads that are none, interim answers, other versions of HTTP, and fields that
ask for what is never given."""
import json

import hostile
import loomtest
from hostile import row
from hostile_server import answer, ending, flood, good, head, later, METHODS, stall

TOKEN = json.dumps(good("poll")).encode()
GOOD = answer(good("poll"))
LINE = b"X-Long: " + b"x" * 1000 + b"\r\n"


def refused(name, said):
    return row(name, "login", {"poll": said}, 7, "bad_answer", asks={"poll": 1})


def lost(name, said):
    return row(name, "login", {"poll": [said, GOOD]}, 0, asks={"poll": 2})


def taken(name, said):
    return row(name, "login", {"poll": said}, 0, asks={"poll": 1})


def status_line(line, *fields):
    text = "\r\n".join([line, "Content-Type: application/json", f"Content-Length: {len(TOKEN)}",
                        *fields])
    return text.encode("latin-1") + b"\r\n\r\n" + TOKEN


class Heads(hostile.Case):
    def test_net_14_without_end(self):
        start = b"HTTP/1.1 200 OK\r\n"
        hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
        forms = {"many fields": flood(start, LINE * 50), "one field": flood(start + b"X: ",
                 b"x" * 65536), "one name": flood(start, b"x" * 65536),
                 "one status line": flood(b"HTTP/1.1 200 ", b"x" * 65536),
                 "early hints": flood(b"", hint * 500),
                 "100 again and again": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
                 "a field folded on and on": flood(start + b"X: y\r\n", b" folded\r\n" * 5000)}
        self.check([refused(name, said) for name, said in forms.items()] +
                   [row(f"{command} {call} {name}", command, {call: forms[name]}, status, code)
                    for name in ("many fields", "early hints")
                    for call, command, status, code in (
                        ("start", "login", 7, "bad_answer"), ("me", "given", 7, "bad_answer"),
                        ("logout", "logout", 10, "no"), ("me", "get", 0, None))])

    def test_net_16_another_http(self):
        """HTTP/0.9 would take anything for an answer."""
        self.check([
            refused("0.9", ending(TOKEN)),
            refused("0.9 with a blank line", ending(b"\r\n" + TOKEN)),
            refused("another protocol", ending(b"SSH-2.0-OpenSSH_9.2\r\n" + TOKEN)),
            refused("a TLS alert", ending(b"\x15\x03\x01\x00\x02\x02\x28" + TOKEN)),
            refused("HTTP/2 in lines", status_line("HTTP/2 200")),
            refused("HTTP/3 in lines", status_line("HTTP/3 200 OK")),
            refused("a preface of HTTP/2", ending(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + TOKEN)),
            refused("frames of HTTP/2", ending(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64" + TOKEN)),
            refused("HTTP/1.2", status_line("HTTP/1.2 200 OK")),
            refused("HTTP/1.10", status_line("HTTP/1.10 200 OK")),
            taken("HTTP/1.0", ending(status_line("HTTP/1.0 200 OK"))),
            refused("ICY", status_line("ICY 200 OK")),
            refused("lower case", status_line("http/1.1 200 OK")),
            refused("RTSP", status_line("RTSP/1.0 200 OK")),
        ])

    def test_net_114_status_lines(self):
        lines = ["HTTP/1.1 2000 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2O0 OK", "HTTP/1.1 -200 OK",
                 "HTTP/1.1 600 OK", "HTTP/1.1 999 OK", "HTTP/1.1 000 OK", "HTTP/1.1  200 OK",
                 "HTTP/1.1\t200 OK", "HTTP/1.1 200OK", "HTTP/1.1 0x0c8 OK", "HTTP/1.1", "HTTP/1.1 ",
                 " HTTP/1.1 200 OK"]
        self.check([refused(repr(line), ending(status_line(line))) for line in lines] +
                   [taken("no reason", status_line("HTTP/1.1 200")),
                    taken("an odd reason", status_line("HTTP/1.1 200 \x1b[2J\x07 301 Moved"))])

    def test_net_115_interim_answers(self):
        """They count and say nothing; nobody asked to switch the protocol."""
        hint = head(103, "Content-Length: 5", "Content-Encoding: gzip", "Location: /x",
                    reason="Early Hints")
        switch = head(101, "Upgrade: h2c", "Connection: Upgrade", kind=None)
        self.check([
            taken("103", hint + GOOD), taken("100", head(100, kind=None) + GOOD),
            taken("102 and 199", head(102, kind=None) + head(199, kind=None) + GOOD),
            taken("a hundred", hint * 100 + GOOD),
            refused("101", ending(switch + GOOD)), refused("101 alone", stall(switch)),
            lost("100 alone", ending(head(100, kind=None))),
            refused("103 with a token", ending(hint + TOKEN)),
        ])

    def test_net_116_fields_that_two_could_read_differently(self):
        size = len(TOKEN)

        def fields(*lines, kind="application/json"):
            text = "\r\n".join(["HTTP/1.1 200 OK", *([f"Content-Type: {kind}"] if kind else []),
                                *lines])
            return ending(text.encode("latin-1") + b"\r\n\r\n" + TOKEN)

        self.check([
            refused("NUL in a value", fields("X: a\0b", f"Content-Length: {size}")),
            refused("NUL in a name", fields("X\0: b", f"Content-Length: {size}")),
            refused("a folded length", fields(f"Content-Length:\r\n {size}")),
            refused("a length with a return", fields(f"Content-Length: {size}\rX: y")),
            taken("a folded field of others", fields("X: a\r\n b", f"Content-Length: {size}")),
            taken("line ends without return",
                  ending(status_line("HTTP/1.1 200 OK").replace(b"\r\n", b"\n"))),
            refused("a field without a colon", fields("Nothing", f"Content-Length: {size}")),
            taken("bytes beyond ASCII", fields("X: \xe9\xff\x80", f"Content-Length: {size}")),
            taken("odd capitals", fields(f"cONTENT-lENGTH: {size}")),
        ])

    def test_net_20_media_types(self):
        """JSON has to say so; a portal's page and a file for download do not."""
        def kind(text, *more, status=200):
            return answer(good("poll"), status, *more, kind=text)

        wrong = ["text/html", "text/plain", "text/json", "application/x-json", "application/jsonx",
                 "application/octet-stream", "multipart/form-data", "application/json, text/html",
                 "", ";charset=utf-8", "application", "application/ json", "*/*"]
        self.check([row(text or "empty", "login", {"poll": kind(text)}, 7, "not_loom",
                        asks={"poll": 1}) for text in wrong] + [
            row("none", "login", {"poll": kind(None)}, 7, "not_loom"),
            row("both", "login", {"poll": kind("application/json", "Content-Type: text/html")}, 7,
                "not_loom"),
            row("a page that says 401", "given", {"me": answer(b"<html>", 401, kind="text/html")},
                7, "bad_answer"),
            row("a page that says 401 to logout", "logout",
                {"logout": answer(b"<html>", 401, kind="text/html")}, 10, "no"),
            row("a page that says 401 to get", "get",
                {"me": answer(b"<html>", 401, kind="text/html")}, 0),
            taken("a charset", kind("application/json; charset=utf-16")),
            taken("capitals", kind("Application/JSON;charset=\"x\"")),
            taken("a suffix", kind("application/vnd.loom+json")),
        ])

    def test_net_28_challenges(self):
        """Nothing is answered to any of them, and nothing that this computer knows is sent."""
        challenges = ["Negotiate", "NTLM", "Kerberos", 'Basic realm="x"',
                      'Digest realm="x", nonce="y", qop="auth"', 'Bearer error="invalid_token"',
                      'AWS4-HMAC-SHA256', 'Mutual x="y"']
        lines = [f"WWW-Authenticate: {each}" for each in challenges] + [
            "Proxy-Authenticate: Basic realm=\"x\"", "WWW-Authenticate:", "Authentication-Info: x"]
        self.check([row(line, "login", {"poll": answer({}, 401, line)}, 7, "bad_answer",
                        asks={"poll": 1}) for line in lines[:4]] +
                   [row(f"{line} to start", "login", {"start": answer({}, 401, line)}, 7,
                        "bad_answer", asks={"start": 1}) for line in lines[3:]] +
                   [row("407", "login", {"start": answer({}, 407, lines[3], lines[8])}, 7,
                        "bad_answer", asks={"start": 1}),
                    row("all to logout", "logout", {"logout": answer({}, 403, *lines)}, 10, "no",
                        asks={"logout": 1}),
                    row("all to get", "get", {"me": answer({}, 403, *lines)}, 0, asks={"me": 1})])

    def test_net_27_what_is_to_be_remembered_is_not(self):
        """check() knows every field that a request may carry, and a cookie is none of them."""
        cookies = [f"Set-Cookie: {text}" for text in (
            "a=b", "a=b; Domain=localhost; Path=/; Secure; HttpOnly", "__Host-x=y; Path=/; Secure",
            f"a={'x' * 4000}", "=x", "a=b; Max-Age=99999999")]
        more = ["Set-Cookie2: a=b", "Strict-Transport-Security: max-age=99; includeSubDomains",
                "Alt-Svc: h3=\":443\"; ma=99; persist=1", "Accept-CH: Sec-CH-UA, DPR",
                "Clear-Site-Data: \"*\"", "Accept-Encoding: gzip", "Accept-Patch: x", "NEL: {}",
                "ETag: \"x\"", "Last-Modified: Tue, 01 Jan 2030 00:00:00 GMT", "Vary: *",
                "Sec-Session-Registration: (ES256);path=\"/x\"", "DPoP-Nonce: x"]
        for fields in (cookies, more):
            everywhere = {call: answer(good(call), 200, *fields) for call in METHODS}
            self.check([
                row("login", "login", everywhere, 0),
                row("given", "given", {"me": answer(good("me"), 200, *fields)}, 0),
                row("logout", "logout", {"logout": answer({}, 200, *fields)}, 0, "yes")])
        names = {name.rpartition("/")[2] for home in self.homes for name in home.files()}
        self.assertLessEqual(names, loomtest.OWN_FILES)

    def test_tm_100_a_head_that_comes_slowly_but_comes(self):
        pieces = [bytes([byte]) for byte in answer(good("start"))]
        self.check([row("slowly", "login", {"start": later(*pieces, pause_s=0.002)}, 0)])


if __name__ == "__main__":
    loomtest.main(3)
