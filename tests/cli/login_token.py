# SPDX-License-Identifier: Apache-2.0
"""login --with-token: a token that somebody else got, read without being shown, checked, stored."""
import os
import termios
import time

import loomtest

GOOD_ENDINGS = (b"", b"\n", b"\r\n")
NO_TOKENS = {
    "nothing": b"",
    "a line end": b"\n",
    "a blank before": b" lt_0123456789abcdef0123456789abcdef\n",
    "a blank behind": b"lt_0123456789abcdef0123456789abcdef \n",
    "two lines": b"lt_0123456789abcdef\nlt_0123456789abcdef\n",
    "two line ends": b"lt_0123456789abcdef0123456789abcdef\n\n",
    "a NUL": b"lt_0123456789ab\0cdef0123456789abcdef\n",
    "a control character": b"lt_0123456789ab\x1bcdef0123456789abcdef\n",
    "a letter outside ASCII": "lt_0123456789abcdéf0123456789abcdef\n".encode(),
    "no UTF-8": b"lt_0123456789abcd\xfff0123456789abcdef\n",
    "too much": b"a" * (48 * 1024 + 1) + b"\n",
    "far too much": b"a" * (1024 * 1024),
}


class LoginToken(loomtest.Case):
    server_options = ()
    tls = True

    def test_a_token_from_a_pipe(self):
        for end in GOOD_ENDINGS:
            token = self.server.issue_token()
            mark = len(self.server.log())
            result = self.login(self.server, "--with-token", stdin=token.encode() + end)
            self.assertEqual(result.out, b"")
            self.assertIn(f"Signed in to {self.server.url} as Ada Lovelace.", result.said)
            plain = self.home.stored()[self.server.url]
            self.assertEqual(plain["key"], token)
            self.assertEqual(plain["source"], "given")
            # Checked, and nothing else: whoever gave the old one still has it.
            self.assertEqual(self.server.requests(mark), ["GET /auth/me"])

    def test_a_token_in_a_file_and_in_json(self):
        token = self.server.issue_token()
        path = os.path.join(self.home.folder, "..", "token")
        with open(path, "w") as file:
            file.write(token + "\n")
        with open(path, "rb") as file:
            result = self.login(self.server, "--with-token", "--json", stdin=file)
        self.assertEqual([event["event"] for event in self.events(result)], ["done"])
        self.assertEqual(self.home.tokens(), {self.server.url: token})
        with open("/dev/null", "rb") as file:
            self.login(self.server, "--with-token", stdin=file, status=2)

    def test_what_is_no_token_is_refused_before_any_request(self):
        for name, data in NO_TOKENS.items():
            with self.subTest(name):
                if len(data) < 100:
                    self.plant("lt_0123456789ab")
                result = self.login(self.server, "--with-token", stdin=data, status=2)
                self.assertIn("not a token", result.said)
        self.assertEqual(self.server.requests(), [])
        self.assertFalse(self.home.stored())

    def test_what_is_no_token_in_json(self):
        result = self.login(self.server, "--with-token", "--json", stdin=b"a b\n", status=2)
        self.assertEqual(self.events(result)[-1]["error"]["code"], "usage")

    def test_a_dead_token_is_refused(self):
        token = self.server.issue_token()
        self.server.revoke_all()
        result = self.login(self.server, "--with-token", stdin=token.encode(), status=3)
        self.assertFalse(self.home.stored())
        self.assertIn(self.server.url, result.said)
        events = self.events(self.login(self.server, "--with-token", "--json",
                                        stdin=token.encode(), status=3))
        self.assertEqual(events[-1]["error"]["code"], "rejected")
        self.assertEqual(events[-1]["error"]["http_status"], 401)

    def test_a_token_that_nobody_can_judge_is_not_stored(self):
        """A 401 that is a page says nothing of the token; nor does trouble."""
        for name, status in (("me-html-401", 7), ("me-html", 7), ("me-404", 7), ("me-500", 6),
                             ("me-drop", 6), ("me-redirect", 7)):
            with self.subTest(name):
                token = self.server.issue_token()
                self.server.misbehave(name)
                self.login(self.server, "--with-token", stdin=token.encode(), status=status)
                self.assertFalse(self.home.stored())

    def test_a_refused_token_leaves_the_earlier_sign_in(self):
        old = self.give(self.server)
        before = self.home.snapshot()
        dead = self.plant("lt_" + "d" * 40)
        self.login(self.server, "--with-token", stdin=dead.encode(), status=3)
        self.assertEqual(self.home.snapshot(), before)
        self.assertEqual(self.home.tokens(), {self.server.url: old})

    def test_a_large_token_is_stored_whole(self):
        """Nothing is cut off: it is the server that refuses it."""
        for size in (3000, 40000):
            token = self.plant("T" + "0123456789abcdefghij" * (size // 20))
            self.login(self.server, "--with-token", stdin=token.encode(), status=None)
            self.assertFalse(self.home.stored())

    # ---- At a terminal ----

    def begin(self, *argv):
        program = self.start("login", self.server.url, "--cacert", self.authority.file,
                             "--with-token", *argv, terminal={"stdin", "stderr"})
        program.expect("Paste the token and press Enter. It is not shown.")
        self.wait_for(lambda: not program.modes()[3] & termios.ECHO)
        return program

    def test_typed_without_echo(self):
        for keys in (b"%s\r", b"%s\n", b"oops\x15%s\r", b"%sX\x7f\r"):
            token = self.server.issue_token()
            program = self.begin()
            program.type(keys % token.encode())
            result = program.finish()
            self.assertEqual(result.status, 0, result)
            self.assertNotIn(b"oops", result.err)
            self.assertEqual(program.modes_before, program.modes_after)
            self.assertEqual(self.home.tokens(), {self.server.url: token})

    def test_end_of_file_at_the_terminal(self):
        program = self.begin()
        program.type(b"\x04")
        result = program.finish()
        self.assertEqual(result.status, 2, result)
        self.assertEqual(program.modes_before, program.modes_after)

    def test_a_long_token_typed_is_not_cut_by_the_terminal(self):
        program = self.begin("-vv")
        token = self.plant("T" + "0123456789abcdefghij" * 400)
        for at in range(0, len(token), 500):
            program.type(token[at:at + 500].encode())
            time.sleep(0.01)
        program.type(b"\r")
        result = program.finish()
        self.assertEqual(result.status, 3, result)  # the server's own "no" to all of it
        self.assertEqual(self.server.requests(), ["GET /auth/me"])

    def test_in_ci(self):
        token = self.server.issue_token()
        self.login(self.server, "--with-token", stdin=token.encode(), env={"CI": "true"})
        self.assertEqual(self.home.tokens(), {self.server.url: token})

    def test_mem_02_no_token_in_the_arguments(self):
        """It would stand in the process list. What was typed is not repeated."""
        token = self.plant(loomtest.marker("typed"))
        # The process list shows what the person typed; what loom does with it is the question.
        for words in (["--token", token], [f"--token={token}"], [f"--with-token={token}"],
                      ["--with-token", token]):
            result = self.start("login", self.server.url, *words).finish()
            result.seen = set()
            self.assertEqual(result.status, 2, result)
            result.argv = result.argv[:2]
        self.assertEqual(self.server.requests(), [])


if __name__ == "__main__":
    loomtest.main()
