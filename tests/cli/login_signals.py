# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and its kin: the program dies of the signal, at once, with nothing stored and the terminal
as it was."""
import os
import signal
import termios
import time

import loomtest
import servers
from loomtest import STOP_S

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class LoginSignals(loomtest.Case):
    server_options = ()
    tls = True

    def begin(self, *argv, server=None, **more):
        return self.start("login", (server or self.server).url, "--cacert", self.authority.file,
                          *argv, **more)

    def check_stopped(self, program, number, sent):
        result = program.finish()
        self.assertEqual(result.status, -number, result)
        self.assertLess(program.ended - sent, STOP_S, result)
        self.assertFalse(self.home.stored())
        return result

    def settle(self, server=None):
        """Wait until a poll has just been answered: the next second is free of events."""
        server = server or self.server
        before = len(server.times("/poll"))
        self.wait_for(lambda: len(server.times("/poll")) > before)
        time.sleep(0.1)

    def test_every_signal_ends_the_waiting(self):
        for number in SIGNALS:
            program = self.begin()
            program.expect("Waiting")
            self.settle()
            result = self.check_stopped(program, number, program.signal(number))
            self.assertIn("Stopped. Nothing was changed.", result.said)
        # Whoever approves now approves for nobody: the codes are forgotten here.
        self.assertEqual(self.server.state()["tokens"], 0)

    def test_ctrl_c_on_a_terminal(self):
        program = self.begin(terminal={"stdin", "stdout", "stderr"}, env={"TERM": "xterm"})
        program.expect("Waiting")
        self.settle()
        sent = time.monotonic()
        program.type(b"\x03")
        result = self.check_stopped(program, signal.SIGINT, sent)
        self.assertEqual(program.modes_before, program.modes_after)
        # The live line is gone and the cursor stands at the start of a line.
        self.assertTrue(result.text.endswith("Stopped. Nothing was changed.\r\n"), result)

    def test_json_says_interrupted_last(self):
        for number in SIGNALS:
            program = self.begin("--json")
            program.expect('"event":"waiting"', "stdout")
            self.settle()
            result = self.check_stopped(program, number, program.signal(number))
            error = self.events(result)[-1]["error"]
            self.assertEqual((error["code"], error["exit_status"]), ("interrupted", 128 + number))

    def test_in_the_middle_of_a_request(self):
        """A server that accepts and never answers, at start and at poll."""
        for name, call in (("start-hang", "/start"), ("poll-hang", "/poll")):
            server = self.start_server("--misbehave", name)
            program = self.begin(server=server)
            self.wait_for(lambda: server.times(call))
            time.sleep(0.1)
            self.check_stopped(program, signal.SIGINT, program.signal(signal.SIGINT))

    def test_in_a_tls_handshake_that_never_ends(self):
        silent = servers.Listener()
        self.addCleanup(silent.stop)
        program = self.start("login", f"https://localhost:{silent.port}")
        self.wait_for(lambda: silent.seen and silent.seen[0])
        time.sleep(0.1)
        self.check_stopped(program, signal.SIGINT, program.signal(signal.SIGINT))

    def test_in_a_body_that_drips(self):
        server = self.start_server("--misbehave", "poll-drip")
        program = self.begin(server=server)
        self.wait_for(lambda: server.times("/poll"))
        time.sleep(0.3)
        self.check_stopped(program, signal.SIGTERM, program.signal(signal.SIGTERM))

    def test_a_second_ctrl_c_ends_it_too(self):
        server = self.start_server("--misbehave", "poll-hang")
        program = self.begin(server=server)
        program.expect("Waiting")
        sent = program.signal(signal.SIGINT)
        program.signal(signal.SIGINT)
        self.check_stopped(program, signal.SIGINT, sent)

    def test_an_earlier_sign_in_is_kept(self):
        token = self.plant(loomtest.marker("earlier"))
        self.home.seed((self.server.url, token, {"source": "device"}))
        program = self.begin()
        program.expect("already signed in")
        program.expect("Waiting")
        program.signal(signal.SIGINT)
        self.assertEqual(program.finish().status, -signal.SIGINT)
        self.assertEqual(self.home.tokens(), {self.server.url: token})
        self.assertNotIn("POST /auth/logout", self.server.requests())

    def test_a_signal_that_is_ignored_stays_ignored(self):
        """nohup: SIGHUP was ignored before, and is ignored still."""
        program = self.start("-c", 'trap "" HUP; exec "$@"', "sh", loomtest.LOOM, "login",
                             self.server.url, "--cacert", self.authority.file, program="/bin/sh")
        program.expect("Waiting")
        program.signal(signal.SIGHUP)
        self.settle()
        self.assertTrue(program.is_running())
        self.server.approve()
        self.assertEqual(program.finish().status, 0)

    def test_stopping_and_going_on(self):
        """Ctrl-Z and fg while it waits."""
        program = self.begin()
        program.expect("Waiting")
        program.signal(signal.SIGSTOP)
        time.sleep(0.3)
        program.signal(signal.SIGCONT)
        self.server.approve()
        self.assertEqual(program.finish().status, 0)

    # ---- Where a token is typed ----

    def begin_token(self, **more):
        program = self.begin("--with-token", terminal={"stdin", "stderr"}, **more)
        program.expect("Paste the token and press Enter")
        self.wait_for_echo(program, False)
        return program

    def test_ctrl_c_at_the_token_brings_the_echo_back(self):
        for number in (None, signal.SIGTERM, signal.SIGHUP):
            program = self.begin_token()
            program.type(self.plant(loomtest.marker("half_a_token")).encode())
            sent = time.monotonic()
            if number is None:
                program.type(b"\x03")
            else:
                program.signal(number)
            self.check_stopped(program, number or signal.SIGINT, sent)
            self.assertEqual(program.modes_before, program.modes_after)
        self.assertEqual(self.server.requests(), [])

    def wait_for_echo(self, program, wanted):
        self.wait_for(lambda: bool(program.modes()[3] & termios.ECHO) == wanted)

    def test_ctrl_z_at_the_token_shows_and_hides_again(self):
        token = self.server.issue_token()
        go_on = os.path.join(self.home.folder, "go on")
        shell = 'set -m; go_on=$1; shift; "$@"; until [ -e "$go_on" ]; do sleep 0.05; done; fg'
        program = self.start("-c", shell, "sh", go_on, loomtest.LOOM, "login", self.server.url,
                             "--cacert", self.authority.file, "--with-token", program="/bin/sh",
                             terminal={"stdin", "stdout", "stderr"})
        program.expect("Paste the token and press Enter", "stderr")
        self.wait_for_echo(program, False)
        program.type(b"\x1a")
        self.wait_for_echo(program, True)
        open(go_on, "w").close()
        self.wait_for_echo(program, False)
        program.type(token.encode() + b"\r")
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertEqual(program.modes_before, program.modes_after)
        self.assertEqual(self.home.tokens(), {self.server.url: token})


if __name__ == "__main__":
    loomtest.main(3)
