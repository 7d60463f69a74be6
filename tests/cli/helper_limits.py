# SPDX-License-Identifier: Apache-2.0
"""The helper as git's counterpart: operations, names, streams, and input without bounds."""
import os
import resource
import socket
import threading

import loomtest

URL = "https://loom.example.com"
GOOD = b"protocol=https\nhost=loom.example.com\n\n"
TOKEN = loomtest.marker("stored")
ANSWER = f"username=oauth2\npassword={TOKEN}\n".encode()
MEMORY_MAX_KB = 400 * 1024 if loomtest.IS_SANITIZED else 64 * 1024


class HelperLimits(loomtest.Case):
    def setUp(self):
        super().setUp()
        self.home.seed((URL, self.plant(TOKEN)))
        self.before = self.home.snapshot()

    def tearDown(self):
        self.assertEqual(self.home.snapshot(), self.before)

    def run_helper(self, *argv, stdin=GOOD, status=0, **more):
        result = self.loom("credential-helper", *argv, stdin=stdin, status=status, **more)
        result.is_door = True
        return result

    # ---- Operations ----

    def test_git_25_operations_that_are_unknown_are_ignored(self):
        """gitcredentials(7): silently."""
        for words in (["fill"], ["capability"], ["list"], [""], ["GET"], ["get "], ["approve"],
                      ["reject"], ["get", "get"], ["get", "erase"], ["store", "erase"],
                      ["get"] * 10, ["x" * 10000]):
            result = self.run_helper(*words)
            self.assertEqual((result.out, result.err), (b"", b""), result)

    def test_git_21_store_is_ignored(self):
        for fields in ({"host": "loom.example.com", "username": "oauth2", "password": TOKEN},
                       {"host": "loom.example.com", "username": "oauth2", "password": "other"},
                       {"host": "loom.example.com", "username": "bob", "password": "other"},
                       {"host": "example.com", "username": "oauth2", "password": "other"}):
            result = self.helper("store", {"protocol": "https", **fields})
            self.assertEqual((result.out, result.err), (b"", b""), result)
        result = self.helper("store", {"protocol": "https", "host": "loom.example.com",
                                       "username": "oauth2", "password": TOKEN}, "--server", URL)
        self.assertEqual((result.out, result.err), (b"", b""), result)

    def test_no_operation_is_a_mistake_of_a_person(self):
        result = self.run_helper(status=2)
        self.assertIn("get, store or erase", result.said)

    def test_options(self):
        self.assertEqual(self.run_helper("get", "--server", URL).out, ANSWER)
        self.assertEqual(self.run_helper("--server", URL, "get").out, ANSWER)
        self.assertEqual(self.loom("--server", URL, "credential-helper", "get", stdin=b"").out, b"")
        self.run_helper("--unknown", "get", status=2)
        self.run_helper("--server", status=2)
        self.assertEqual(self.run_helper("get", "-q").out, ANSWER)

    def test_git_155_by_the_name_that_git_looks_for(self):
        link = os.path.join(self.folder, "git-credential-loom")
        os.symlink(loomtest.LOOM, link)
        for argv in (["get"], ["--server", URL, "get"], ["get", "--server", URL]):
            result = self.start(*argv, program=link, stdin=GOOD).finish()
            result.is_door = True
            self.assertEqual((result.status, result.out, result.err), (0, ANSWER, b""), result)
        for argv, status in ((["fill"], 0), ([], 2), (["login", URL], 0)):
            result = self.start(*argv, program=link, stdin=GOOD).finish()
            self.assertEqual((result.status, result.out), (status, b""), result)
        result = self.start("--help", program=link).finish()
        self.assertEqual(result.out, self.loom("help", "credential-helper").out)
        # Found by PATH, the name carries no folder.
        result = self.start("-c", "git-credential-loom get", program="/bin/sh", stdin=GOOD,
                            env={"PATH": self.folder}).finish()
        result.is_door = True
        self.assertEqual(result.out, ANSWER)

    # ---- Streams ----

    def test_git_11_a_blank_line_is_the_end_although_the_pipe_stays_open(self):
        program = self.start("credential-helper", "get", stdin=None)
        program.type(GOOD)
        result = program.finish(20)
        result.is_door = True
        self.assertEqual((result.status, result.out), (0, ANSWER))

    def test_git_149_input_that_comes_byte_by_byte(self):
        program = self.start("credential-helper", "get", stdin=None)
        for at in range(len(GOOD)):
            program.type(GOOD[at:at + 1])
        result = program.finish(20)
        result.is_door = True
        self.assertEqual(result.out, ANSWER)

    def test_git_150_an_answer_that_cannot_be_written(self):
        """1, and never death by SIGPIPE."""
        with open("/dev/full", "wb") as full:
            self.run_helper("get", status=1, outputs={"stdout": full})
        ours, its = socket.socketpair()
        ours.close()
        with its:
            self.run_helper("get", status=1, outputs={"stdout": its})
        for closed in ("1>&-", "0<&- 1>&-", "1<&0 1>&-"):
            result = self.start("-c", f'exec "$@" {closed}', "sh", loomtest.LOOM,
                                "credential-helper", "get", program="/bin/sh", stdin=GOOD).finish()
            # Without input there is no question, so there is nothing to say.
            self.assertEqual(result.status, 0 if "0<&-" in closed else 1, result)
        # An answer that is empty can always be written.
        with open("/dev/full", "wb") as full:
            self.run_helper("get", stdin=b"\n", outputs={"stdout": full})

    def test_git_151_streams_that_are_closed(self):
        result = self.start("-c", 'exec "$@" 0<&-', "sh", loomtest.LOOM, "credential-helper", "get",
                            program="/bin/sh").finish()
        self.assertEqual((result.status, result.out, result.err), (0, b"", b""), result)
        result = self.start("-c", 'exec "$@" 2>&-', "sh", loomtest.LOOM, "credential-helper", "get",
                            program="/bin/sh", stdin=GOOD).finish()
        result.is_door = True
        self.assertEqual((result.status, result.out), (0, ANSWER), result)

    def test_git_152_a_terminal_is_asked_nothing(self):
        """No prompt, whoever looks."""
        program = self.start("credential-helper", "get", terminal={"stdin", "stderr"},
                             env={"TERM": "xterm"})
        program.type(b"protocol=https\nhost=example.com\n\n")
        result = program.finish(20)
        self.assertEqual((result.status, result.out), (0, b""))

    # ---- Bounds ----

    def test_git_28_input_without_end_is_bounded(self):
        """1 GB, in a pipe, never read to its end."""
        for block in (b"a" * 65536, b"x=y\n" * 16384, b"\0" * 65536):
            read_end, write_end = os.pipe()
            written = [0]

            def flood():
                try:
                    while written[0] < 1 << 30:
                        written[0] += os.write(write_end, block)
                except BrokenPipeError:
                    pass
                os.close(write_end)

            writer = threading.Thread(target=flood)
            with os.fdopen(read_end, "rb") as pipe:
                program = self.start("credential-helper", "get", stdin=pipe)
            writer.start()
            result = program.finish(30)
            writer.join()
            self.assertEqual((result.status, result.out, result.err), (0, b"", b""), result)
            self.assertLess(written[0], 1 << 24)
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, MEMORY_MAX_KB)

    def test_git_153_long_lines_and_many(self):
        for fields, is_answered in (
                (b"x=" + b"y" * 1000 + b"\n" + GOOD, True),
                (b"x=" + b"y" * 200000 + b"\n" + GOOD, False),
                (b"x=y\n" * 100000 + GOOD, False),
                (b"wwwauth[]=Basic realm=\"a\"\n" * 50 + GOOD, True)):
            self.assertEqual(bool(self.run_helper("get", stdin=fields).out), is_answered,
                             fields[:40])

    def test_git_154_little_memory_and_stack(self):
        if loomtest.IS_SANITIZED:  # whose shadow takes terabytes of address space
            limits = "ulimit -n 16"
        else:
            limits = "ulimit -n 16 -l 0; ulimit -v 65536; ulimit -s 256"
        result = self.start("-c", limits + '; exec "$@"', "sh", loomtest.LOOM, "credential-helper",
                            "get", program="/bin/sh", stdin=GOOD).finish()
        result.is_door = True
        self.assertEqual((result.status, result.out), (0, ANSWER), result)

    def test_a_store_that_cannot_be_used_is_told(self):
        for env in ({"LOOM_STORE": "nonsense"}, {"LOOM_STORE": "keyring"}, {"HOME": "/dev/null/a"}):
            result = self.run_helper("get", env=env)
            self.assertEqual(result.out, b"", result)
            if env != {"HOME": "/dev/null/a"}:
                self.assertRegex(result.err, b"^loom: ", result)

    def test_a_read_only_home_answers(self):
        """Reading needs no lock and writes nothing."""
        for folder in (self.home.config, self.home.data):
            os.chmod(folder, 0o500)
        self.before = self.home.snapshot()
        result = self.run_helper("get")
        self.assertEqual((result.out, result.err), (ANSWER, b""), result)
        self.tearDown()
        for folder in (self.home.config, self.home.data):
            os.chmod(folder, 0o700)
        self.before = self.home.snapshot()


if __name__ == "__main__":
    loomtest.main()
