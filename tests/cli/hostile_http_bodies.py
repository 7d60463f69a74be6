# SPDX-License-Identifier: Apache-2.0
"""Bodies without end, of another length than was said, in pieces, cut off, and in codings that
nobody asked for. A token that did not arrive whole is none."""
import gzip
import json
import zlib

import hostile
import loomtest
from hostile import row
from hostile_server import answer, ending, flood, good, head, later, NEW, resetting

TOKEN = json.dumps(good("poll")).encode()
CUT = TOKEN[:TOKEN.index(NEW.encode()) + 10]  # within the token
SHORT = TOKEN.replace(NEW.encode(), NEW[:12].encode())  # a whole answer with the beginning of one
CHUNKED = head(200, "Transfer-Encoding: chunked")
GOOD = answer(good("poll"))


def chunk(data, extension=b""):
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def chunked(*pieces, end=b"0\r\n\r\n"):
    return CHUNKED + b"".join(pieces) + end


def refused(name, said):
    """The answer to poll stops the flow."""
    return row(name, "login", {"poll": said}, 7, "bad_answer", asks={"poll": 1})


def lost(name, said):
    """A poll that got no whole answer is asked again in its time; then it is as it should be."""
    return row(name, "login", {"poll": [said, GOOD]}, 0, asks={"poll": 2})


def taken(name, said):
    return row(name, "login", {"poll": said}, 0, asks={"poll": 1})


class Bodies(hostile.Case):
    def test_net_11_without_end(self):
        """Announced, in chunks, or until the connection ends: a mebibyte is the most."""
        block = b" " * 65536
        plain = {"announced": head(200, f"Content-Length: {1 << 30}"),
                 "until the end": head(200, "Connection: close"),
                 "one chunk": CHUNKED + b"40000000\r\n"}
        rows = [refused(name, flood(start, block)) for name, start in plain.items()]
        rows.append(refused("many chunks", flood(CHUNKED, chunk(block))))
        rows += [row("to start", "login", {"start": flood(plain["one chunk"], block)}, 7,
                     "bad_answer"),
                 row("to logout", "logout", {"logout": flood(plain["one chunk"], block)}, 10, "no"),
                 row("to get", "get", {"me": flood(plain["one chunk"], block)}, 0),
                 row("who signed in", "login", {"me": flood(plain["one chunk"], block)}, 0)]
        self.check(rows)

    def test_net_18_cut_off(self):
        """What looks complete is not, unless HTTP says that it is."""
        length = f"Content-Length: {len(TOKEN) + 1}"
        self.check([
            lost("within the token", ending(head(200, f"Content-Length: {len(TOKEN)}") + CUT)),
            lost("one byte missing", ending(head(200, length) + TOKEN)),
            lost("a shorter token", ending(head(200, f"Content-Length: {len(TOKEN)}") + SHORT)),
            lost("a chunk missing", ending(CHUNKED + chunk(TOKEN))),
            lost("the last line missing", ending(CHUNKED + chunk(TOKEN) + b"0\r\n")),
            lost("a reset", resetting(head(200, length) + TOKEN)),
            refused("until the end", ending(head(200) + CUT)),
            refused("until the end, less a brace", ending(head(200) + TOKEN[:-1])),
        ])

    def test_net_19_lengths_that_disagree(self):
        size = len(TOKEN)
        both = [f"Content-Length: {size}", "Transfer-Encoding: chunked"]
        self.check([refused(" ".join(fields)[:60], ending(head(200, *fields) + TOKEN))
                    for fields in (
                        [f"Content-Length: {size}", f"Content-Length: {size - 5}"],
                        [f"Content-Length: {size - 5}", f"Content-Length: {size}"],
                        [f"Content-Length: {size}, {size - 5}"],
                        ["Content-Length: -1"], ["Content-Length: 0x30"],
                        ["Content-Length: 18446744073709551616"],
                        [f"Content-Length: {size}x"], ["Content-Length:"],
                        ["Transfer-Encoding: chunked, identity"])] +
                   [refused("both", ending(head(200, *both) + chunk(TOKEN) + b"0\r\n\r\n")),
                    refused("both, turned round",
                            ending(head(200, *both[::-1]) + chunk(TOKEN) + b"0\r\n\r\n"))])

    def test_net_105_lengths_that_fall_short(self):
        """The rest is left over, and is never taken for the beginning of the next answer."""
        size = len(TOKEN)
        rest = head(200, "Content-Length: 2") + b"{}"
        self.check([
            refused("shorter", head(200, f"Content-Length: {size - 5}") + TOKEN),
            refused("none", head(200, "Content-Length: 0") + TOKEN),
            taken("blanks behind", head(200, f"Content-Length: {size + 3}") + TOKEN + b" \r\n"),
            taken("an answer behind", GOOD + rest),
            taken("twice the same length", head(200, *[f"Content-Length: {size}"] * 2) + TOKEN),
        ])

    def test_net_106_chunks(self):
        whole = chunk(TOKEN)
        self.check([
            taken("byte by byte", chunked(*(chunk(bytes([byte])) for byte in TOKEN))),
            taken("an extension", chunked(chunk(TOKEN, b";a=b;c=\"d\""))),
            taken("a long extension", chunked(chunk(TOKEN, b";" + b"x" * 100000))),
            taken("a trailer", chunked(whole, end=b"0\r\nX: y\r\n\r\n")),
            taken("trailers with other words", chunked(whole, end=(
                b"0\r\nContent-Type: text/html\r\nContent-Length: 1\r\nLocation: /x\r\n\r\n"))),
            taken("leading zeros", CHUNKED + b"0000%x\r\n%s\r\n0\r\n\r\n" % (len(TOKEN), TOKEN)),
            lost("no number", ending(CHUNKED + b"zz\r\n" + TOKEN + b"\r\n0\r\n\r\n")),
            lost("negative", ending(CHUNKED + b"-5\r\n" + TOKEN + b"\r\n0\r\n\r\n")),
            lost("too long a number", ending(CHUNKED + b"%064x\r\n" % len(TOKEN) + TOKEN)),
            lost("too small a number", ending(CHUNKED + b"5\r\n" + TOKEN + b"\r\n0\r\n\r\n")),
            lost("too great a number", ending(CHUNKED + b"ffff\r\n" + TOKEN + b"\r\n0\r\n\r\n")),
            refused("trailers without end", flood(CHUNKED + whole + b"0\r\n", b"X: y\r\n" * 1000)),
        ])

    def test_net_107_codings_that_nobody_asked_for(self):
        packed = {"gzip": gzip.compress(TOKEN), "deflate": zlib.compress(TOKEN),
                  "br": b"\x0b\x02\x80{}\x03", "zstd": b"(\xb5/\xfd\x04\x00\x11\x00\x00{}",
                  "compress": b"\x1f\x9d\x90{}", "x-unknown": TOKEN, "identity, gzip": TOKEN}
        bomb = gzip.compress(b" " * (32 << 20))
        rows = [refused(name, answer(data, 200, f"Content-Encoding: {name}"))
                for name, data in packed.items()]
        rows += [
            refused("not packed at all", answer(good("poll"), 200, "Content-Encoding: gzip")),
            refused("a bomb", answer(bomb, 200, "Content-Encoding: gzip")),
            refused("as a transfer coding", ending(head(200, "Transfer-Encoding: gzip") + bomb)),
            refused("both transfer codings", chunked(chunk(bomb)).replace(
                b"Encoding: chunked", b"Encoding: gzip, chunked")),
            refused("packed and not said", answer(packed["gzip"])),
            taken("identity", answer(good("poll"), 200, "Content-Encoding: identity")),
        ]
        self.check(rows)

    def test_net_108_statuses_that_have_no_body(self):
        """204, 205 and 304 end with their head; what follows is not the next answer either."""
        self.check([
            refused("204", ending(head(204) + TOKEN)),
            refused("204 with a length", answer(good("poll"), 204)),
            refused("205", answer(b"", 205)),
            refused("206", answer(good("poll"), 206, f"Content-Range: bytes 0-9/{len(TOKEN)}")),
            row("304", "login", {"poll": answer(good("poll"), 304)}, 7, "bad_answer"),
            row("204 to logout", "logout", {"logout": head(204, kind=None)}, 0, "yes"),
            row("204 to get", "get", {"me": head(204, kind=None)}, 0),
            row("204 to given", "given", {"me": head(204, kind=None)}, 7, "not_loom"),
            row("nothing to start", "login", {"start": answer(b"")}, 7, "bad_answer"),
        ])

    def test_net_109_bodies_that_come_slowly_but_come(self):
        self.check([
            taken("a pause in the body", later(head(200, f"Content-Length: {len(TOKEN)}"), CUT,
                                               TOKEN[len(CUT):])),
            taken("a pause in a chunk", later(CHUNKED + b"%x\r\n" % len(TOKEN), CUT,
                                              TOKEN[len(CUT):], b"\r\n0\r\n", b"\r\n")),
        ])


class Leftovers(hostile.Case):
    """One connection serves a whole sign-in: what comes before it was asked for is no answer."""

    def test_net_110_an_answer_in_advance(self):
        early = answer({"status": "completed", "access_token": loomtest.marker("early")})
        start, poll = answer(good("start")), GOOD
        me = answer({"username": "mallory"})
        self.plant(loomtest.marker("early"))
        self.check([
            row("with the answer before", "login", {"start": start + early}, 0,
                asks={"poll": 1}),
            row("in a chunk behind the end", "login", {"start": chunked(
                chunk(json.dumps(good("start")).encode())) + early}, 0, asks={"poll": 1}),
            row("a moment later", "login", {"start": later(start, early)}, 0, asks={"poll": 1}),
            row("behind 204", "logout", {"logout": head(204, kind=None) + early}, 0, "yes"),
            row("two, with the one before", "login", {"start": start + early + me}, 0,
                asks={"poll": 1}),
            row("for who it is", "login", {"poll": later(poll, me)}, 0, asks={"me": 1}),
            row("a refusal for who it is", "login", {"poll": poll + answer({}, 401)}, 0,
                asks={"me": 1}),
        ])

    def test_net_111_nothing_is_sent_twice(self):
        """A connection that was kept ends without an answer: libcurl would send the request again
        at once, the poll before its time."""
        start = answer(good("start"))
        self.check([
            row("start", "login", {"start": ending()}, 6, "network", asks={"start": 1}),
            row("start, by a reset", "login", {"start": resetting()}, 6, "network",
                asks={"start": 1}),
            row("poll", "login", {"start": start, "poll": [ending(), GOOD]}, 0, asks={"poll": 2}),
            row("poll, by a reset", "login", {"poll": [resetting(), GOOD]}, 0, asks={"poll": 2}),
            row("logout", "logout", {"logout": ending()}, 10, "no", asks={"logout": 1}),
        ])
        for base, seen in self.hostile.seen.items():
            polls = [request.at for call, request in seen if call == "poll"]
            for first, second in zip(polls, polls[1:]):
                self.assertGreater(second - first, 1.9, base)


class SecureBodies(hostile.Case):
    tls_hostile = True

    def test_net_18_the_end_of_the_connection_is_no_end(self):
        """Whoever cuts the connection could choose where a token ends."""
        self.check([
            refused("until the end", ending(head(200) + TOKEN)),
            refused("a shorter token", ending(head(200, "Connection: close") + SHORT)),
            refused("HTTP/1.0", ending(head(200, version="HTTP/1.0") + TOKEN)),
            lost("one byte missing", ending(head(200, f"Content-Length: {len(TOKEN) + 1}") +
                                            TOKEN)),
            taken("with a length", ending(GOOD)),
            taken("in chunks", ending(chunked(chunk(TOKEN)))),
        ])

    def test_net_112_an_answer_in_advance(self):
        early = answer({"status": "completed", "access_token": loomtest.marker("early")})
        self.plant(loomtest.marker("early"))
        self.check([
            row("with the answer before", "login", {"start": answer(good("start")) + early}, 0,
                asks={"poll": 1}),
            row("a moment later", "login", {"start": later(answer(good("start")), early)}, 0,
                asks={"poll": 1}),
            row("poll ends, and is not sent twice", "login", {"poll": [ending(), GOOD]}, 0,
                asks={"poll": 2}),
        ])


if __name__ == "__main__":
    loomtest.main(3)
