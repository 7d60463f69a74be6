# SPDX-License-Identifier: Apache-2.0
"""Standard streams that are closed, full, broken, or something else than a stream. Nothing of ours gets
into a file that is opened later, and an answer that nobody can have received is a failure."""
import os
import socket

import loomtest
from loomtest import LOOM

STREAMS = ("stdin", "stdout", "stderr")
CLOSE = {"stdin": "0<&-", "stdout": "1>&-", "stderr": "2>&-"}


class HostileStreams(loomtest.Case):
    server_options = ("--approve-after", 0)

    def setUp(self):
        super().setUp()
        self.token = self.server.issue_token()

    def new_signed_in(self):
        home = self.new_home()
        home.seed((self.server.url, self.token))
        return home

    def question(self, **more):
        fields = {"protocol": "http", "host": self.server.host, **more}
        return "".join(f"{name}={value}\n" for name, value in fields.items()).encode() + b"\n"

    def commands(self):
        """name: (arguments, input, whether it prints an answer, whether it needs its input). Those
        that end the token come last."""
        password = {"username": "oauth2", "password": self.token}
        return {
            "get": (["credential-helper", "get"], self.question(), True, True),
            "get nothing": (["credential-helper", "get"], b"protocol=https\nhost=a.b\n\n", False,
                            False),
            "store": (["credential-helper", "store"], self.question(**password), False, False),
            "erase": (["credential-helper", "erase"], self.question(**password), False, False),
            "give": (["login", self.server.url, "--with-token"], self.token.encode(), False, True),
            "give in JSON": (["login", self.server.url, "--with-token", "--json"],
                             self.token.encode(), True, True),
            "discard": (["logout", "--discard-damaged"], b"", False, False),
            "token": (["token", self.server.url], b"", True, False),
            "status": (["status"], b"", True, False),
            "status in JSON": (["status", "--json"], b"", True, False),
            "help": (["help"], b"", True, False),
            "version": (["--version"], b"", True, False),
            "log out": (["logout", self.server.url], b"", False, False),
            "log out in JSON": (["logout", "--all", "--json"], b"", True, False),
        }

    def run_shell(self, redirection, argv, home, **more):
        """Run loom with this redirection of the shell's."""
        return self.start("-c", f'exec "$@" {redirection}', "sh", LOOM, *argv, program="/bin/sh",
                          home=home, **more).finish()

    def check_store(self, home, name):
        """Whole, with all the macs right: no foreign byte got in. Each is a file or is none."""
        self.assertIn(home.tokens(), [{self.server.url: self.token}, {}], name)
        for folder in (home.config, home.data):
            for file in os.listdir(folder):
                if file.endswith(".lock"):
                    self.assertEqual(os.stat(os.path.join(folder, file)).st_size, 0)

    # ---- Closed ----

    def test_fs_160_closed_streams_in_every_combination(self):
        for name, (argv, stdin, has_answer, needs_input) in self.commands().items():
            for closed in range(8):
                gone = [stream for bit, stream in enumerate(STREAMS) if closed >> bit & 1]
                if gone == [] and name != "get":  # every other story
                    continue
                with self.subTest(name, closed=gone):
                    home = self.new_signed_in()
                    result = self.run_shell(" ".join(CLOSE[stream] for stream in gone), argv, home,
                                            stdin=stdin)
                    result.is_door = True
                    is_silent = needs_input and "stdin" in gone
                    if is_silent:  # the helper has no question, a person gave no token
                        wanted = 0 if name == "get" else 2
                    else:
                        wanted = 1 if has_answer and "stdout" in gone else 0
                    self.assertEqual(result.status, wanted, result)
                    self.check_store(home, result)
                    if name.startswith("log out") and result.status == 0:
                        self.assertEqual(home.tokens(), {}, result)
                    if name == "get" and not is_silent and "stdout" not in gone:
                        self.assertIn(f"password={self.token}\n".encode(), result.out)
                    if "in JSON" in name and result.status != 1 and "stdout" not in gone:
                        self.assertRegex(result.out, rb"^\{")

    def test_fs_161_a_sign_in_with_closed_streams(self):
        """The code goes to standard error; without it, into a void that cannot be told from one
        that somebody chose, so it goes on as with >/dev/null."""
        for gone in (["stderr"], ["stdin", "stdout", "stderr"]):
            with self.subTest(closed=gone):
                home = self.new_signed_in()
                result = self.run_shell(" ".join(CLOSE[stream] for stream in gone),
                                        ["login", self.server.url], home)
                self.assertEqual(result.status, 0, result)
                self.assertEqual(list(home.stored()), [self.server.url])

    # ---- Full, broken, stuck ----

    def test_env_110_answers_that_cannot_be_delivered(self):
        """A disk that is full, a reader that is gone: 1, and never death by SIGPIPE."""
        for name, (argv, stdin, has_answer, _) in self.commands().items():
            for kind in ("full", "broken"):
                for stream in ("stdout", "stderr") if has_answer else ("stderr",):
                    with self.subTest(name, kind=kind, stream=stream):
                        home = self.new_signed_in()
                        with self.bad_output(kind) as output:
                            result = self.loom(*argv, stdin=stdin, home=home, status=None,
                                               outputs={stream: output})
                        result.is_door = True
                        wanted = 1 if has_answer and stream == "stdout" else 0
                        self.assertEqual(result.status, wanted, result)
                        self.check_store(home, result)

    def bad_output(self, kind):
        if kind == "full":
            return open("/dev/full", "wb")
        read_end, write_end = os.pipe()
        os.close(read_end)
        return os.fdopen(write_end, "wb")

    def test_env_111_a_code_that_nobody_can_see(self):
        """login does not wait for a person who cannot have read the code."""
        for argv, stream in ((["login"], "stderr"), (["login", "--json"], "stdout"),
                             (["login", "-q"], "stderr")):
            for kind in ("full", "broken"):
                with self.subTest(argv, kind=kind):
                    home = self.new_home()
                    mark = len(self.server.requests())
                    with self.bad_output(kind) as output:
                        result = self.loom(*argv, self.server.url, home=home, status=1,
                                           outputs={stream: output})
                    self.assertEqual(self.server.requests()[mark:], ["POST /auth/device/start"])
                    self.assertEqual(home.stored(), {}, result)
                    if stream == "stdout":
                        self.assertIn("could not be shown", result.said)

    def test_env_112_a_pipe_that_is_full_and_stays_so(self):
        """Five seconds without a reader are the end of an answer, not of a keyboard."""
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        try:
            while True:
                os.write(write_end, b"x" * 4096)
        except BlockingIOError:
            pass
        home = self.new_signed_in()
        with os.fdopen(read_end, "rb"), os.fdopen(write_end, "wb") as full:
            result = self.loom("credential-helper", "get", stdin=self.question(), home=home,
                               status=1, outputs={"stdout": full})
        self.assertEqual(result.err, b"")

    # ---- Something else ----

    def test_env_113_standard_input_that_is_no_stream(self):
        """A folder, a device without end, a descriptor for writing: no question, no token."""
        home = self.new_signed_in()
        before = home.stored()
        for redirection in ("</", "<.", "</dev/null", "0>/dev/null", "</dev/full"):
            for operation in ("get", "erase"):
                result = self.run_shell(redirection, ["credential-helper", operation], home)
                self.assertEqual((result.status, result.out, result.err), (0, b"", b""), result)
            result = self.run_shell(redirection, ["login", self.server.url, "--with-token"], home)
            self.assertEqual((result.status, result.out), (2, b""), result)
            self.assertIn("loom: ", result.said)
            self.assertIn("tandard input", result.said)
        self.assertEqual(home.stored(), before)

    def test_env_114_an_input_without_end(self):
        """/dev/zero for a token, and for a question."""
        home = self.new_signed_in()
        result = self.run_shell("</dev/zero", ["credential-helper", "get"], home)
        self.assertEqual((result.status, result.out, result.err), (0, b"", b""), result)
        result = self.run_shell("</dev/zero", ["login", self.server.url, "--with-token"], home)
        self.assertEqual(result.status, 2, result)
        self.assertEqual(home.tokens(), {self.server.url: self.token})

    def test_env_115_outputs_that_are_only_for_reading(self):
        home = self.new_signed_in()
        for redirection in ("1</dev/null", "1</"):
            result = self.run_shell(redirection, ["credential-helper", "get"], home,
                                    stdin=self.question())
            self.assertEqual(result.status, 1, result)
        for redirection in ("2</dev/null", "2</"):
            result = self.run_shell(redirection, ["logout", "--discard-damaged"], home)
            self.assertEqual((result.status, result.err), (0, b""), result)
        self.check_store(home, "reading")

    def test_env_116_sockets_and_descriptors_that_do_not_wait(self):
        """Who set O_NONBLOCK on a shared descriptor did it to us as well."""
        ours, its = socket.socketpair()
        its.setblocking(False)
        ours.sendall(self.question())
        home = self.new_signed_in()
        with ours, its:
            result = self.loom("credential-helper", "get", home=home, stdin=its,
                               outputs={"stdout": its})
            answer = ours.recv(65536)
        self.assertEqual(answer, f"username=oauth2\npassword={self.token}\n".encode())
        self.assertEqual(result.err, b"")


if __name__ == "__main__":
    loomtest.main()
