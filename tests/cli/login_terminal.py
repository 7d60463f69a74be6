# SPDX-License-Identifier: Apache-2.0
"""A terminal that is narrow, that is resized, that is left and come back to while the sign-in waits."""
import fcntl
import os
import re
import signal
import struct
import termios
import time

import loomtest

CLEAR = "\r\x1b[K"
LONG = rb"\r\x1b\[KWaiting for your approval\. The code works for \d+:\d\d more\. Ctrl-C stops\."
SHORT = rb"\r\x1b\[K\d+:\d\d left\. Ctrl-C stops\."


class LoginTerminal(loomtest.Case):
    server_options = ()

    def begin(self, columns, *argv, env=None):
        """On a terminal of this width."""
        return self.start("-c", f'stty cols {columns}; exec "$@"', "sh", loomtest.LOOM, "login",
                          self.server.url, *argv, program="/bin/sh", terminal={"stdin", "stderr"},
                          env={"TERM": "xterm", **(env or {})})

    def approve_and_finish(self, program):
        self.server.approve()
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertEqual(program.modes_before, program.modes_after)
        return result

    def check_width(self, result, columns):
        """No line of text, and no live line, reaches the edge; what is to be copied may."""
        text = re.sub(r"\x1b\[[01]m", "", result.text).replace("\r\n", "\n").replace(CLEAR, "\n")
        for line in text.split("\n"):
            if not line.startswith("   "):
                self.assertLess(loomtest.columns(line), columns, result)

    def test_ui_100_forty_columns_show_the_time_that_is_left(self):
        for env in ({}, {"LC_ALL": "es_ES.UTF-8"}, {"LC_ALL": "ar_EG.UTF-8"}):
            program = self.begin(40, env=env)
            program.expect(rb"\r\x1b\[K[^\r\x1b]*\d:\d\d[^\r\x1b]*Ctrl-C")
            result = self.approve_and_finish(program)
            self.check_width(result, 40)
            if not env:
                self.assertRegex(result.err, SHORT)
                self.assertNotIn(b"\r\x1b[KWaiting", result.err)
                # Whole words, in short lines.
                self.assertIn("Go on only if you started this sign-in\r\nyourself.", result.text)

    def test_ui_101_a_terminal_that_is_resized(self):
        program = self.begin(80)
        program.expect(LONG)
        self.resize(program, 40)
        program.expect(LONG + b"(?s:.*)" + SHORT)
        self.resize(program, 80)
        program.expect(SHORT + b"(?s:.*)" + LONG)
        self.approve_and_finish(program)

    def resize(self, program, columns):
        fcntl.ioctl(program._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        program.signal(signal.SIGWINCH)

    def test_ui_21_no_colour_and_no_words_beyond_the_facts(self):
        """What is sent to a terminal is text, the live line and bold; never the cursor hidden."""
        program = self.begin(80)
        program.expect(LONG)
        result = self.approve_and_finish(program)
        self.assertEqual(set(re.findall(rb"\x1b[^A-Za-z]*[A-Za-z]", result.err)),
                         {b"\x1b[K", b"\x1b[1m", b"\x1b[0m"})

    def test_ui_102_left_with_ctrl_z_and_come_back_to(self):
        go_on = os.path.join(self.home.folder, "go on")
        shell = 'set -m; go_on=$1; shift; "$@"; until [ -e "$go_on" ]; do sleep 0.05; done; fg'
        program = self.start("-c", shell, "sh", go_on, loomtest.LOOM, "login", self.server.url,
                             program="/bin/sh", terminal={"stdin", "stdout", "stderr"},
                             env={"TERM": "xterm"})
        program.expect(LONG, "stderr")
        program.type(b"\x1a")
        self.wait_for(program.has_stopped_child)
        # The terminal is as it was: whoever types sees it.
        self.assertTrue(program.modes()[3] & termios.ECHO)
        before = len(self.server.times("/poll"))
        time.sleep(1.3)
        self.assertLessEqual(len(self.server.times("/poll")), before + 1)
        at = len(program.text("stderr"))
        open(go_on, "w").close()
        self.wait_for(lambda: re.search(LONG, program.text("stderr")[at:]))
        self.approve_and_finish(program)
        os.remove(go_on)


if __name__ == "__main__":
    loomtest.main()
