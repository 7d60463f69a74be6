# SPDX-License-Identifier: Apache-2.0
"""Memory runs out: at one allocation, or from one on for good.

With sanitizers each allocation of the program's own code fails in its turn. As installed, those of
all libraries do, libcurl, OpenSSL and cJSON among them: too many for each, so every so many-th does.
GLib ends the process by design when memory runs out, so the keyring is not part of this.
"""
import os

import fault_world
import loomtest
from fault_world import DONE, FAILURE, PARTIAL

NO_MEMORY = fault_world.error("ENOMEM")
HEAP_RUNS, EVER_RUNS = 30, 6 if loomtest.IS_SANITIZED else 12  # of a row
# Each compiler's build takes its share of the program's own allocations: together they take all.
SHARE, SHARES = int(os.environ["LOOM_SHARE"]), int(os.environ["LOOM_SHARES"])
# These differ from others only in what they print, or look at more than they need.
SAMPLED, SAMPLES = ("login_json", "logout_all", "status_json", "doctor", "doctor_json", "setup_git", "setup_git_remove"), 40


def spread(count, runs):
    """About so many of 1 to count, the first and the last among them."""
    step = max(1, count // runs)
    return [*range(1, count, step), count]


class Sweep(fault_world.Case):
    """Failing for want of memory is failure: nothing else may be blamed for it."""
    statuses = (DONE, FAILURE, PARTIAL)

    def setUp(self):
        super().setUp()
        self.lost = []

    def lose(self, run):
        """The answer that brings the token is read into memory: should that fail, there is nothing
        to end it with. No more than these few allocations may do so."""
        self.lost.append(run)
        self.assertLess(len(self.lost), 8, run)

    def count(self, row, what):
        return int(self.clean_run(row, what).log[-1].split()[0])

    def sweep(self, row, what, numbers, **more):
        hits = 0
        for at in numbers:
            run = self.run_row(row, what=what, at=at, do=NO_MEMORY, **more)
            hits += run.was_hit
            self.judge(run)
        self.check_hits(hits, len(numbers))


def each_own(self, row):
    """MEM-14: every allocation of our own code fails once."""
    count = self.count(row, "own")
    numbers = spread(count, SAMPLES) if row.name in SAMPLED else range(1, count + 1)
    self.sweep(row, "own", numbers[SHARE::SHARES])


def some_of_all(self, row):
    """Libraries too."""
    self.sweep(row, "heap", spread(self.count(row, "heap"), HEAP_RUNS))


def from_one_on(self, row):
    """Nothing is given any more."""
    self.sweep(row, "own", spread(self.count(row, "own"), EVER_RUNS), ever=1)


class Allocations(Sweep):
    pass


class ForGood(Sweep):
    """Without any memory nothing can be sent either: what the server holds is left to it."""

    def lose(self, run):
        self.assertNotEqual(run.status, DONE, run)


if loomtest.IS_SANITIZED:
    fault_world.for_each_row(Allocations, "mem_14_own_allocations", each_own)
else:
    fault_world.for_each_row(Allocations, "mem_101_all_allocations", some_of_all)
fault_world.for_each_row(ForGood, "mem_102_no_memory_any_more", from_one_on)


if __name__ == "__main__":
    loomtest.main(2)
