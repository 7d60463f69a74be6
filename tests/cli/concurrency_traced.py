# SPDX-License-Identifier: Apache-2.0
"""File systems without working locks, and a sign-in that is stopped in the middle of a save: what the
kernel answers is changed on its way by strace, which the leak sanitizer does not live with."""
import os
import shutil
import signal
import time

import loomtest
import many_servers
from loomtest import LOOM

WITHOUT = ("ENOLCK", "ENOSYS", "EOPNOTSUPP")
BROKEN = ("EIO", "EBADF", "EPERM")
NO_LOCKS = "The file system there has no locks: do not sign in to two servers at the same moment."
CROWD = 10


class Traced(loomtest.Case):
    server_options = ("--approve-after", 0)

    def setUp(self):
        super().setUp()
        if shutil.which("strace") is None:
            raise AssertionError("strace is missing: run ./dev setup")

    def traced(self, *injected):
        """What runs loom with these calls changed."""
        calls = ",".join(each.partition(":")[0] for each in injected)
        words = [word for each in injected for word in ("-e", f"inject={each}")]
        return ["strace", "-f", "-qq", "-o", os.path.join(self.folder, "trace"), "-e",
                f"trace={calls}", *words, LOOM]

    def run_traced(self, injected, *argv, **more):
        command = self.traced(*injected)
        return self.loom(*command[1:], *argv, program="/usr/bin/strace", **more)

    def test_fs_138_a_file_system_without_locks_is_told_of_and_used(self):
        for name in WITHOUT:
            with self.subTest(name):
                result = self.run_traced([f"flock:error={name}"], "login", "--server",
                                         self.server.url)
                self.assertIn(NO_LOCKS, result.said)
                self.assertEqual(self.home.tokens(), {self.server.url: self.server.last("token")})
        result = self.run_traced(["flock:error=ENOLCK"], "logout")
        self.assertEqual(self.home.tokens(), {})

    def test_fs_139_locks_that_fail_otherwise_are_no_reason_to_go_on(self):
        self.login(self.server)
        token = self.server.last("token")
        for name in BROKEN:
            with self.subTest(name):
                mark = len(self.server.log())
                result = self.run_traced([f"flock:error={name}"], "login", "--server",
                                         self.server.url, status=8)
                self.assertIn(f"    {self.home.file}.lock", result.text.splitlines())
                self.assertEqual(self.server.requests(mark), [])
        self.assertEqual(self.home.tokens(), {self.server.url: token})

    def test_fs_138_a_lock_that_is_interrupted_is_tried_again(self):
        result = self.run_traced(["flock:error=EINTR:when=1..3"], "login", "--server",
                                 self.server.url)
        self.assertNotIn(NO_LOCKS, result.said)

    def test_fs_136_without_locks_the_file_and_the_key_stay_whole(self):
        """One may undo what another did; nobody makes half a file or a second key."""
        many = many_servers.ManyServers(self.id())
        self.addCleanup(many.stop)
        given = {number: many.issue(number) for number in range(CROWD)}
        for token in given.values():
            self.plant(token)
        crowd = many_servers.Crowd(self.home)
        command = self.traced("flock:error=ENOLCK")
        results = crowd.run([[*command, "login", "--with-token", many.url(number)]
                             for number in given], [token.encode() for token in given.values()])
        for done in results:
            self.assertEqual(done.status, 0, done)
        stored = self.home.tokens()  # which verifies all of it
        self.assertNotEqual(stored, {})
        self.assertLessEqual(set(stored.items()), {(many.url(number), token)
                                                   for number, token in given.items()})
        self.assertEqual([name for name in os.listdir(self.home.data) if "key" in name],
                         ["vault.key"])

    def test_fs_130_a_sign_in_that_is_stopped_in_the_middle_of_a_save(self):
        """It holds both locks. The next one waits and says why; git does not wait; woken, the first
        ends what it began."""
        self.login(self.server)
        before = self.home.tokens()
        renames = "renameat:signal=SIGSTOP:when=1"
        first = self.start(*self.traced(renames)[1:], "login", "--server", self.server.url,
                           program="/usr/bin/strace")
        child = self.stopped_child(first.pid)
        answer = self.get(self.server.url)
        self.assertIn(answer["password"], [token for kind, token in self.server.secrets()
                                           if kind == "token"])
        second = self.loom("login", "--server", self.server.url, status=8)
        self.assertIn("Another loom holds this lock and does not end.", second.said)
        self.assertGreaterEqual(second.took_s, 10)
        os.kill(child, signal.SIGCONT)
        self.assertEqual(first.finish().status, 0)
        after = self.home.tokens()
        self.assertNotEqual(after, before)
        self.assertEqual([self.server.is_alive(token) for token in after.values()], [True])
        self.assertFalse(self.server.is_alive(before[self.server.url]))

    def stopped_child(self, parent):
        """loom, below strace, once it was stopped for good: strace stops it for moments as well, and
        has children of its own at first."""
        def states():
            try:
                with open(f"/proc/{parent}/task/{parent}/children") as file:
                    child, = file.read().split()
                with open(f"/proc/{child}/status") as file:
                    return int(child), next(line.split()[1] for line in file
                                            if line.startswith("State:"))
            except (OSError, ValueError):  # gone, or not alone
                return None, ""

        def is_still():
            return all(states()[1] in ("t", "T") for _ in range(6) if time.sleep(0.05) is None)

        self.wait_for(is_still)
        return states()[0]


if __name__ == "__main__":
    loomtest.main(threads=8)
