# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and its kin: the program dies of the signal, at once, with nothing stored and the terminal
as it was."""
import contextlib
import os
import signal
import termios
import time

import loomtest
import servers

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class LoginSignals(loomtest.Case):
    server_options = ()
    tls = True

    def begin(self, *argv, server=None, **more):
        return self.start("login", (server or self.server).url, "--cacert", self.authority.file,
                          *argv, **more)

    def stop(self, program, number, keys=None):
        """Send the signal, or type it; how long it took to die of it."""
        sent = time.monotonic()
        if keys is None:
            program.signal(number)
        else:
            program.type(keys)
        result = program.finish()
        self.assertEqual(result.status, -number, result)
        self.assertFalse(self.home.stored())
        return program.ended - sent

    def settle(self, server=None):
        """Wait until a poll has just been answered: the next second is free of events."""
        server = server or self.server
        before = len(server.times("/poll"))
        self.wait_for(lambda: len(server.times("/poll")) > before)
        time.sleep(0.1)

    def test_every_signal_ends_the_waiting(self):
        def once():
            program = self.begin()
            program.expect("Waiting")
            self.settle()
            took_s = self.stop(program, number)
            self.assertIn("Stopped. Nothing was changed.", program.result.said)
            return took_s

        for number in SIGNALS:
            self.in_time(once)
        # Whoever approves now approves for nobody: the codes are forgotten here.
        self.assertEqual(self.server.state()["tokens"], 0)

    def test_mem_07_ctrl_c_on_a_terminal(self):
        def once():
            program = self.begin(terminal={"stdin", "stdout", "stderr"}, env={"TERM": "xterm"})
            program.expect("Waiting")
            self.settle()
            took_s = self.stop(program, signal.SIGINT, b"\x03")
            self.assertEqual(program.modes_before, program.modes_after)
            # The live line is gone and the cursor stands at the start of a line.
            result = program.result
            self.assertTrue(result.text.endswith("Stopped. Nothing was changed.\r\n"), result)
            return took_s

        self.in_time(once)

    def test_json_says_interrupted_last(self):
        for number in SIGNALS:
            program = self.begin("--json")
            program.expect('"event":"waiting"', "stdout")
            self.stop(program, number)
            error = self.events(program.result)[-1]["error"]
            self.assertEqual((error["code"], error["exit_status"]), ("interrupted", 128 + number))

    def test_in_the_middle_of_a_request(self):
        """A server that accepts and never answers, at start and at poll."""
        def once():
            server = self.start_server("--misbehave", name)
            program = self.begin(server=server)
            self.wait_for(lambda: server.times(call))
            time.sleep(0.1)
            return self.stop(program, signal.SIGINT)

        for name, call in (("start-hang", "/start"), ("poll-hang", "/poll")):
            self.in_time(once)

    def test_in_a_tls_handshake_that_never_ends(self):
        def once():
            silent = servers.Listener()
            self.addCleanup(silent.stop)
            program = self.start("login", f"https://localhost:{silent.port}")
            self.wait_for(lambda: silent.seen and silent.seen[0])
            time.sleep(0.1)
            return self.stop(program, signal.SIGINT)

        self.in_time(once)

    def test_in_a_body_that_drips(self):
        def once():
            server = self.start_server("--misbehave", "poll-drip")
            program = self.begin(server=server)
            self.wait_for(lambda: server.times("/poll"))
            time.sleep(0.3)
            return self.stop(program, signal.SIGTERM)

        self.in_time(once)

    def test_a_second_ctrl_c_ends_it_too(self):
        server = self.start_server("--misbehave", "poll-hang")
        program = self.begin(server=server)
        program.expect("Waiting")
        program.signal(signal.SIGINT)
        self.stop(program, signal.SIGINT)

    def test_ctrl_c_that_comes_twice_is_one(self):
        """timeout(1) passes it on to a program that had it from the terminal already."""
        programs = [self.start("--foreground", "60", loomtest.LOOM, "login", self.server.url,
                               "--cacert", self.authority.file, program="/usr/bin/timeout",
                               terminal={"stdin", "stderr"}, env={"TERM": "xterm"})
                    for _ in range(4)]
        for program in programs:
            program.expect("Waiting")
        for program in programs:
            program.type(b"\x03")
        for program in programs:
            result = program.finish()
            self.assertTrue(result.text.endswith("Stopped. Nothing was changed.\r\n"), result)

    def test_ctrl_c_where_there_is_no_live_line(self):
        """The terminal has written ^C; what is said stands on a line of its own."""
        for env in ({"TERM": "dumb"}, {"TERM": "xterm", "LOOM_PLAIN": "1"}):
            program = self.begin(terminal={"stdin", "stderr"}, env=env)
            program.expect("Waiting")
            program.type(b"\x03")
            result = program.finish()
            self.assertTrue(result.text.endswith("^C\r\nStopped. Nothing was changed.\r\n"), result)

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

    def test_a_signal_at_any_moment_leaves_a_whole_file(self):
        """MEM-08: the old sign-in or the new one, and nothing half-written beside it."""
        old = self.give(self.server)
        began = time.monotonic()
        self.give(self.server, old)
        usual_s = time.monotonic() - began
        for number in range(24):
            new = self.server.issue_token()
            program = self.begin("--with-token", stdin=new.encode())
            time.sleep(usual_s * number / 20)
            with contextlib.suppress(ProcessLookupError):  # it may end just now
                if program.is_running():
                    program.signal(SIGNALS[number % 3])
            result = program.finish()
            self.assertIn(result.status, (0, -SIGNALS[number % 3]), result)
            kept = self.home.tokens()[self.server.url]
            self.assertIn(kept, (old, new))
            self.assertTrue(result.status != 0 or kept == new, result)
            self.assertFalse(kept == new and "Nothing was changed" in result.said, result)
            self.check_files(self.home)
            old = kept

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
        def once():
            program = self.begin_token()
            program.type(self.plant(loomtest.marker("half_a_token")).encode())
            took_s = self.stop(program, number, keys)
            self.assertEqual(program.modes_before, program.modes_after)
            return took_s

        for number, keys in ((signal.SIGINT, b"\x03"), (signal.SIGTERM, None),
                             (signal.SIGHUP, None)):
            self.in_time(once)
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
