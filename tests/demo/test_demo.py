# SPDX-License-Identifier: Apache-2.0
"""The demo, as a person and as a machine see it: it works, and it leaves nothing behind."""
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

ROOT, BUILD = pathlib.Path(sys.argv[1]), sys.argv[2]
DEMO = str(ROOT / "tests/support/demo.sh")
WAIT_S = 90
TOKEN = re.compile(r"lt_[0-9a-f]{40}|[0-9a-f]{64}")


class Demo(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="loom-demo-test.")
        self.addCleanup(self.folder.cleanup)
        self.tmp = pathlib.Path(self.folder.name) / "tmp"
        self.home = pathlib.Path(self.folder.name) / "home"
        self.tmp.mkdir()
        self.home.mkdir()
        # What a person may have set, and what must not reach the demo.
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.tmp),
            "TERM": "xterm", "LOOM_SERVER": "https://elsewhere.example.com", "LOOM_TOKEN": "x",
            "https_proxy": "http://127.0.0.1:9", "GIT_SSL_CAINFO": "/dev/null", "GIT_DIR": "/dev/null",
            "XDG_CONFIG_HOME": str(self.home / "config")}

    def assert_nothing_is_left(self, output):
        self.assertEqual(list(self.tmp.iterdir()), [])
        self.assertEqual(list(self.home.iterdir()), [])
        self.assertNotRegex(output, TOKEN)
        server = re.search(r"https://localhost:(\d+)", output)
        if server:
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", int(server.group(1))), timeout=5).close()

    def start_at_terminal(self):
        child, self.terminal = pty.fork()
        if child == 0:
            os.execve("/bin/bash", ["bash", DEMO, BUILD], self.environment)
        self.addCleanup(os.close, self.terminal)
        self.child, self.output = child, ""

    def read_until(self, words):
        """Read the terminal until it says `words`, or, for None, until it is closed."""
        deadline = time.monotonic() + WAIT_S
        while words is None or words not in self.output:
            readable, _, _ = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))
            if not readable:
                os.kill(self.child, signal.SIGKILL)
                self.fail(f"nothing more after {WAIT_S} s:\n{self.output}")
            try:
                piece = os.read(self.terminal, 4096)
            except OSError:
                piece = b""
            if not piece:
                self.assertIsNone(words, self.output)
                return
            self.output += piece.decode(errors="replace")

    def status(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])

    def approve(self):
        """What the page does when the person has typed the code."""
        server = re.search(r"https://localhost:\d+", self.output).group()
        code = re.search(r"\d{3}-\d{3}-\d{3}", self.output).group()
        authority = next(self.tmp.glob("loom-demo.*/ca.crt"))
        request = urllib.request.Request(
            server + "/auth/device/complete", json.dumps({"user_code": code}).encode(),
            {"Content-Type": "application/json"})
        context = ssl.create_default_context(cafile=authority)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=context))
        self.assertEqual(opener.open(request, timeout=10).status, 200)

    def test_unattended_it_runs_through(self):
        for options, variables in ((["--unattended"], {}), ([], {"CI": "true"})):
            done = subprocess.run(["bash", DEMO, BUILD, *options], env={**self.environment, **variables},
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=WAIT_S, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("Signed in to https://localhost", done.stdout)
            self.assertIn("The newest commit on the server is now: Say that it works", done.stdout)
            self.assertIn("Signed out of https://localhost", done.stdout)
            self.assertIn("told us to quit", done.stdout)
            self.assertIn('"username":"ada"', done.stdout)
            self.assertTrue(done.stdout.rstrip().endswith("removed."), done.stdout)
            self.assert_nothing_is_left(done.stdout)

    def test_a_person_opens_the_page_and_types_the_code(self):
        self.start_at_terminal()
        self.read_until("Waiting for your approval")
        self.approve()
        self.read_until(None)
        self.assertEqual(self.status(), 0, self.output)
        self.assertIn("Signed in to https://localhost", self.output)
        self.assert_nothing_is_left(self.output)

    def test_ended_in_the_middle_it_cleans_up(self):
        for how, expected in (("key", 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(how=how):
                self.start_at_terminal()
                self.read_until("Waiting for your approval")
                if how == "key":
                    os.write(self.terminal, b"\x03")
                else:
                    # A terminal that closes, or a machine that goes down, tells everybody.
                    os.killpg(self.child, how)
                self.read_until(None)
                self.assertEqual(self.status(), expected, self.output)
                self.assert_nothing_is_left(self.output)

    def test_what_cannot_work_is_said(self):
        for arguments, status, words in (([BUILD, "--no-such"], 2, "is not an option"),
                                         ([str(ROOT)], 1, "build first")):
            done = subprocess.run(["bash", DEMO, *arguments], env=self.environment,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=WAIT_S, check=False)
            self.assertEqual(done.returncode, status)
            self.assertIn(words, done.stderr)
            self.assert_nothing_is_left(done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
