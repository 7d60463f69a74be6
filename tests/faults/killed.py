# SPDX-License-Identifier: Apache-2.0
"""Killed, or asked to end, right after each call that changes something: the file is old or new, and
whole, for a reader of its own as well; and the next run works as if nothing had been."""
import os
import signal
import time

import fault_world
import loomtest
import system_calls

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
HOURS_S = 2 * 3600
ROWS = [fault_world.row_of(name) for name in
        ("login", "login_again", "logout", "credential_helper_erase")]


def held(known):
    return {url: token for url, token in known.items() if token is not None}


class Killed(fault_world.Case):
    statuses = (fault_world.DONE, -signal.SIGKILL)

    def check_temporaries(self, run):
        """One of them may stay, in one of the two folders."""
        self.assertLessEqual(len(self.temporaries()), 1, run)

    def check_login(self, run, now):
        """Whoever is killed ends nothing, neither a new token nor an old one."""

    check_logout = check_login

    def check_helper(self, run, now):
        pass

    def check_whole(self, run):
        """With a reader that has nothing of the program's."""
        self.assertEqual(self.home.tokens(), held(self.known), run)

    def age_temporaries(self):
        then = time.time() - HOURS_S
        for path in self.temporaries():
            os.utime(path, (then, then))


def killed_after_each_call(self, row):
    """FS-106: SIGKILL; what is left over goes with the next save."""
    numbers = system_calls.changing(self.clean_run(row, "calls").log)
    hits = 0
    for at in numbers:
        run = self.run_row(row, what="calls", at=at, do=f"signal {signal.SIGKILL:d}")
        hits += run.was_hit
        self.judge(run)
        self.check_whole(run)
        if self.temporaries():
            self.age_temporaries()
            again = self.server.issue_token()
            status, _, err = self.call(["login", "--with-token", self.urls[0]],
                                       again.encode() + b"\n", self.environment())
            self.assertEqual(status, 0, err)
            self.assertEqual(self.temporaries(), [], run)
            self.assertEqual(self.home.tokens(), {self.urls[0]: again})
            self.forget()
    self.check_hits(hits, len(numbers))


class Asked(fault_world.Case):
    statuses = (fault_world.DONE, fault_world.PARTIAL, *(-number for number in SIGNALS))

    def check_helper(self, run, now):
        """git's helper just ends: it has nothing to clean up."""


def asked_after_each_call(self, row):
    """MEM-08: SIGTERM, SIGINT, SIGHUP; nothing at all is left over."""
    numbers = system_calls.changing(self.clean_run(row, "calls").log)
    hits = 0
    for turn, at in enumerate(numbers):
        number = SIGNALS[turn % len(SIGNALS)]
        run = self.run_row(row, what="calls", at=at, do=f"signal {number:d}")
        old = held(self.known)
        hits += run.was_hit
        self.judge(run)
        self.assertIn(run.status, (fault_world.DONE, fault_world.PARTIAL, -number), run)
        if "Nothing was changed" in run.said:
            self.assertEqual(held(self.known), old, run)
    self.check_hits(hits, len(numbers))


fault_world.for_each_row(Killed, "fs_106_killed", killed_after_each_call, ROWS)
fault_world.for_each_row(Asked, "mem_08_asked_to_end", asked_after_each_call, ROWS)


if __name__ == "__main__":
    loomtest.main(2)
