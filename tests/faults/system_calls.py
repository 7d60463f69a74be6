# SPDX-License-Identifier: Apache-2.0
"""A call to the system fails while credentials are read and written: the disk is full or broken, the
quota used up, a call interrupted, half of the bytes taken, no random bytes to be had."""
import os
import re

import fault_world
import loomtest
from fault_world import DONE, FAILURE, PARTIAL, STORAGE

# The calls that change something, with every error; of the others, which only look, some with EIO.
CHANGING = ("create", "mkdirat", "fchmod", "write", "fsync", "renameat", "renameat2", "linkat",
            "unlinkat", "flock", "getrandom")
ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EINTR")
SAID = {"ENOSPC": "The disk is full.", "EDQUOT": "Your disk quota is used up.",
        "EIO": "Credentials cannot be kept in this place:"}
GOES_ON = ("create", "write", "read", "fsync", "close", "getrandom", "flock")  # after EINTR
LOOKED_AT = 30  # calls that only look, of a row
STORING = ("login", "login_again", "logout")


def changing(log):
    """Numbers, from 1, of the calls that change something; the close that may tell of a write too."""
    return [at for at, name in enumerate(log, 1)
            if name in CHANGING or (name == "close" and log[at - 2] == "fsync")]


class SystemCalls(fault_world.Case):
    """Old or new, whole, nothing left beside it, and what went wrong is said."""
    statuses = (DONE, STORAGE, PARTIAL)

    def check_temporaries(self, run):
        if run.call != "unlinkat":
            super().check_temporaries(run)
            return
        for path in self.temporaries():  # a later save would remove it
            os.unlink(path)

    def fail_at(self, row, at, name):
        run = self.run_row(row, what="calls", at=at,
                           do="short" if name == "short" else fault_world.error(name))
        self.judge(run)
        if run.was_hit and (name == "short" or (name == "EINTR" and run.call in GOES_ON)):
            self.assertEqual(run.status, DONE, run)
        if run.status != DONE and name in SAID:
            self.assertIn(SAID[name], run.said, run)
        return run


def each_changing_call(self, row):
    """FS-09, FS-11: each call that changes something fails, in what stores with each error."""
    log = self.clean_run(row, "calls").log
    numbers = changing(log)
    self.assertGreater(len(numbers), 10)
    runs = []
    for at in numbers:
        runs += [self.fail_at(row, at, name) for name in
                 (ERRORS if row.name in STORING else ("EIO",))]
        if log[at - 1] in ("write", "getrandom"):
            self.fail_at(row, at, "short")
    self.check_hits(sum(run.was_hit for run in runs), len(runs))
    if row.kind != "helper":  # which lets git go on
        self.assertGreater(sum(run.status != DONE for run in runs), len(numbers) // 3)


def some_looking_calls(self, row):
    """Reading fails: nothing is lost, nothing is taken for damaged or missing."""
    log = self.clean_run(row, "calls").log
    changes = set(changing(log))
    numbers = [at for at in range(1, len(log) + 1) if at not in changes and log[at - 1] != "close"]
    for at in numbers[::max(1, len(numbers) // LOOKED_AT)]:
        self.fail_at(row, at, "EIO")


CHANGERS = [row for row in fault_world.ROWS if row.kind in ("login", "logout")] + [
    fault_world.row_of("credential_helper_erase")]
LOOKERS = [fault_world.row_of(name) for name in ("login_again", "logout", "credential_helper_get")]
fault_world.for_each_row(SystemCalls, "fs_11_changing_calls", each_changing_call, CHANGERS)
fault_world.for_each_row(SystemCalls, "fs_103_looking_calls", some_looking_calls, LOOKERS)


class Order(fault_world.Case):
    def test_fs_13_order_of_every_save(self):
        """The file is safe before it has its name, and the name before anything is said."""
        for name in ("login", "login_again", "logout"):
            log = self.clean_run(fault_world.row_of(name), "calls").log
            saves = 0
            for at, call in enumerate(log):
                if call not in ("renameat", "renameat2"):
                    continue
                saves += 1
                before = [word for word in log[:at] if word in ("create", "fchmod", "write", "fsync")]
                self.assertEqual(before[-4:], ["create", "fchmod", "write", "fsync"], log[:at])
                self.assertEqual(next(word for word in log[at + 1:] if word != "close"), "fsync")
            self.assertGreater(saves, 0)

    def test_fs_08_temporary_names_are_random_and_nowhere_else(self):
        """ENV-09, FS-21: one that is killed has left its name, in our folder, never to be guessed."""
        row, seen = fault_world.row_of("login_with_token"), set()
        log = self.clean_run(row, "calls").log
        saved = max(number for number, name in enumerate(log) if name.startswith("renameat"))
        at = max(number for number, name in enumerate(log[:saved], 1) if name == "write")
        for _ in range(4):
            run = self.run_row(row, what="calls", at=at, do="signal 9")
            self.assertEqual(run.status, -9, run)
            left = self.temporaries()
            self.assertEqual(len(left), 1, run)
            self.assertEqual(os.path.dirname(left[0]), self.home.config)
            self.assertRegex(os.path.basename(left[0]), r"^\.loom-[0-9a-f]{32}\.tmp$")
            self.assertNotIn(left[0], seen)
            seen.add(left[0])
            os.unlink(left[0])


def untimed(out):
    """Without the moment at which a server was asked, and the second that a clock may differ by."""
    return re.sub(rb'"checked_at":"[^"]*"|"ahead_s":-?[01]\b', b"", out)


class Random(fault_world.Case):
    """The system has no random bytes to give: then nothing is made that could be guessed."""
    statuses = (DONE, FAILURE, STORAGE, PARTIAL)

    def test_fs_104_no_random_bytes_at_all(self):
        for row in fault_world.ROWS:
            for name in ("EIO", "ENOSYS"):
                with self.subTest(row.name):
                    self.forget()
                    clean = self.clean_run(row, "random")
                    run = self.run_row(row, what="random", at=1, ever=1, do=fault_world.error(name))
                    self.judge(run)
                    if row.kind in ("login", "logout"):
                        self.assertNotEqual(run.status, DONE, run)
                        self.assertEqual(self.bytes_stored(), self.before, run)
                        self.assertEqual(run.issued, [], run)
                    elif row.name != "credential_helper_erase":
                        self.assertEqual((run.status, untimed(run.out)),
                                         (DONE, untimed(clean.out)), run)

    def test_fs_105_random_bytes_fail_once(self):
        for name in ("login", "login_again", "logout", "credential_helper_erase"):
            row = fault_world.row_of(name)
            for at in range(1, len(self.clean_run(row, "random").log) + 1):
                self.judge(self.run_row(row, what="random", at=at, do=fault_world.error("EIO")))


if __name__ == "__main__":
    loomtest.main(2)
