# SPDX-License-Identifier: Apache-2.0
"""Locks that are held by somebody who was stopped, and lock files that are no lock files."""
import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time

import loomtest
import watchdog
from loomtest import STOP_S

DEADLINE_S = 10  # LOOM_LOCK_DEADLINE_MS: it is waited out, asleep
SLACK_S = 20  # of a loaded machine with sanitizers

HOLDER = """
import fcntl, os, sys, time
held = [open(path, "a") for path in sys.argv[1:]]
for file in held:
    fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""


class Locks(loomtest.Case):
    server_options = ("--approve-after", 0)

    def setUp(self):
        super().setUp()
        self.token = self.server.issue_token()
        self.home.seed((self.server.url, self.token, {"source": "device"}))
        self.lock_file = self.home.file + ".lock"
        name = hashlib.sha256(self.server.url.encode()).hexdigest()[:16]
        self.server_lock = os.path.join(self.home.data, "lock", name)

    @contextlib.contextmanager
    def stopped_holder(self, *paths):
        """A process that holds these locks and was stopped."""
        for path in paths:
            os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        with subprocess.Popen([sys.executable, "-c", HOLDER, *paths], stdout=subprocess.PIPE,
                              start_new_session=True) as holder:
            watchdog.tell("run", holder.pid)
            try:
                self.assertEqual(holder.stdout.readline(), b"held\n")
                os.kill(holder.pid, signal.SIGSTOP)
                yield holder
            finally:
                holder.kill()
                watchdog.tell("done", holder.pid)

    def check_get_is_quick(self):
        result = self.helper("get", {"protocol": "http", "host": self.server.host})
        self.assertEqual(self.answer(result)["password"], self.token)
        self.assertEqual(result.err, b"")
        self.check_quick(result.took_s, DEADLINE_S / 2)

    # ---- A holder that was stopped ----

    def test_fs_127_a_stopped_holder_costs_a_sign_in_its_deadline_and_a_get_nothing(self):
        with self.stopped_holder(self.lock_file):
            login = self.start("login", "--server", self.server.url)
            logout = self.start("logout", self.server.url)
            self.check_get_is_quick()
            result = login.finish()
            self.assertEqual(result.status, 8, result)
            self.assertIn("Another loom holds this lock and does not end.", result.said)
            self.assertIn(f"    {self.lock_file}", result.text.splitlines())
            self.assertGreaterEqual(result.took_s, DEADLINE_S - 0.1)
            self.check_quick(result.took_s, DEADLINE_S + SLACK_S)
            # Nobody had to approve, and the token that is stored is what it was.
            self.assertEqual(self.server.times("/auth/device/start"), self.server.times(
                "/auth/device/start")[:1])
            # The server was told; what could not be removed here is said.
            result = logout.finish()
            self.assertEqual(result.status, 10, result)
            self.assertIn("Another loom holds this lock and does not end.", result.said)
            self.assertEqual(self.home.tokens(), {self.server.url: self.token})
        self.assertFalse(self.server.is_alive(self.token))
        self.loom("logout", self.server.url)
        self.assertEqual(self.home.tokens(), {})

    def test_fs_128_a_holder_that_is_woken_or_killed_lets_the_others_on(self):
        for number, last in ((signal.SIGKILL, "killed"), (signal.SIGTERM, "woken")):
            with self.subTest(last), self.stopped_holder(self.lock_file) as holder:
                program = self.start("login", "--server", self.server.url)
                time.sleep(0.2)
                self.assertTrue(program.is_running())
                holder.send_signal(number)
                holder.send_signal(signal.SIGCONT)
                result = program.finish()
                self.assertEqual(result.status, 0, result)
                self.check_quick(result.took_s, DEADLINE_S)

    def test_fs_129_a_stopped_holder_of_the_servers_lock(self):
        """The sign-in was approved, and could not be exchanged: told, and its token ended."""
        with self.stopped_holder(self.server_lock):
            result = self.loom("login", "--server", self.server.url, status=8)
            self.assertIn("Another loom holds this lock and does not end.", result.said)
            self.assertIn(f"    {self.server_lock}", result.text.splitlines())
            self.assertGreaterEqual(result.took_s, DEADLINE_S)
            self.check_quick(result.took_s, DEADLINE_S + SLACK_S)
            self.check_get_is_quick()
        self.assertEqual(self.home.tokens(), {self.server.url: self.token})
        self.assertFalse(self.server.is_alive(self.server.last("token")))
        self.assertTrue(self.server.is_alive(self.token))

    def test_fs_129_another_servers_lock_is_not_waited_for(self):
        with self.stopped_holder(os.path.join(self.home.data, "lock", "0" * 16)):
            self.check_quick(self.login(self.server).took_s, DEADLINE_S)

    def test_fs_131_logout_goes_on_without_the_servers_lock(self):
        """Deleted here in any case, after the wait."""
        with self.stopped_holder(self.server_lock):
            result = self.loom("logout", self.server.url)
            self.check_quick(result.took_s, DEADLINE_S + SLACK_S)
        self.assertEqual(self.home.tokens(), {})
        self.assertFalse(self.server.is_alive(self.token))

    def test_git_20_a_stopped_holder_keeps_git_for_five_seconds_at_most(self):
        """The helper is about to renew the token, and has to know that it can be written."""
        server = self.start_server("--dialect", "oauth", "--token-life", 3600)
        pair = server.issue_tokens()
        end = int(time.time()) + 30
        self.home.seed((server.url, pair["access_token"], {
            "type": "oauth", "key": None, "access": pair["access_token"],
            "refresh": pair["refresh_token"], "dialect": "oauth", "source": "device",
            "expires": end, "expires_in": 3600, "obtained_at": end - 3600, "issuer": server.url,
            "token_endpoint": server.url + "/oauth/token", "client_id": "loom-cli"}))
        with self.stopped_holder(self.lock_file):
            result = self.helper("get", {"protocol": "http", "host": server.host})
        self.assertEqual(self.answer(result)["password"], pair["access_token"], result)
        self.assertIn("could not be renewed just now", result.said)
        self.check_quick(result.took_s, DEADLINE_S / 2)
        self.assertEqual(server.state()["refreshes"], 0)

    def test_fs_132_ctrl_c_ends_the_wait_for_a_lock(self):
        def once():
            with self.stopped_holder(self.lock_file):
                program = self.start("login", "--server", self.server.url)
                time.sleep(0.5)  # should it not wait yet, the signal ends it all the same
                sent = program.signal(signal.SIGINT)
                result = program.finish()
                self.assertEqual(result.status, -signal.SIGINT, result)
                return program.ended - sent

        self.in_time(once)
        self.assertEqual(self.home.tokens(), {self.server.url: self.token})

    # ---- What stands in the place of a lock file ----

    def odd_things(self, path):
        """(name, function that puts it there, function that looks whether it is as it was)"""
        target = os.path.join(self.folder, "target")

        def link():
            with open(target, "w") as file:
                file.write("as it was")
            os.symlink(target, path)

        def is_target_whole():
            with open(target) as file:
                return file.read() == "as it was" and os.path.islink(path)

        def listen():
            with socket.socket(socket.AF_UNIX) as server:
                here = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY)
                server.bind(f"/proc/self/fd/{here}/{os.path.basename(path)}")
                os.close(here)

        return [("a link", link, is_target_whole),
                ("a link to nowhere", lambda: os.symlink(target + "x", path),
                 lambda: not os.path.lexists(target + "x")),
                ("a folder", lambda: os.mkdir(path, 0o700), lambda: os.path.isdir(path)),
                ("a FIFO", lambda: os.mkfifo(path, 0o600), lambda: os.path.exists(path)),
                ("a socket", listen, lambda: os.path.exists(path))]

    def put_away(self, path):
        os.rmdir(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)

    def test_fs_133_what_is_no_lock_file_is_refused(self):
        for name, put, is_whole in self.odd_things(self.lock_file):
            with self.subTest(name):
                put()
                result = self.loom("login", "--server", self.server.url, status=8)
                self.assertIn(f"    {self.lock_file}", result.text.splitlines())
                self.check_quick(result.took_s, DEADLINE_S)
                self.check_get_is_quick()
                self.assertTrue(is_whole())
                self.put_away(self.lock_file)
        self.assertEqual(self.home.tokens(), {self.server.url: self.token})
        self.assertNotIn("POST /auth/device/start", self.server.requests()[1:])

    def test_fs_134_what_is_no_servers_lock_does_not_stop_a_sign_in(self):
        os.makedirs(os.path.dirname(self.server_lock), 0o700)
        for name, put, is_whole in self.odd_things(self.server_lock):
            with self.subTest(name):
                put()
                self.login(self.server)
                self.assertTrue(is_whole())
                self.put_away(self.server_lock)
        os.rmdir(os.path.dirname(self.server_lock))
        for name, put, is_whole in self.odd_things(os.path.dirname(self.server_lock)):
            if name == "a folder":
                continue
            with self.subTest(name):
                put()
                self.login(self.server)
                self.assertTrue(is_whole())
                self.put_away(os.path.dirname(self.server_lock))
        self.assertEqual(self.home.tokens(), {self.server.url: self.server.last("token")})

    def test_fs_135_a_lock_file_that_is_removed_or_replaced_while_it_is_waited_for(self):
        """The way out for a person: what is waited for is the file of that name, whichever it is."""
        with self.stopped_holder(self.lock_file):
            program = self.start("login", "--server", self.server.url)
            time.sleep(0.2)
            os.unlink(self.lock_file)
            self.assertEqual(program.finish().status, 0)
            self.assertEqual(os.stat(self.lock_file).st_size, 0)
        with self.stopped_holder(self.lock_file):
            program = self.start("login", "--server", self.server.url)
            time.sleep(0.2)
            with open(self.lock_file + ".new", "w") as file:
                os.fchmod(file.fileno(), 0o600)
            os.rename(self.lock_file + ".new", self.lock_file)
            self.assertEqual(program.finish().status, 0)

    def test_fs_135_a_lock_file_with_content_and_a_loose_mode(self):
        """What stands in it is nobody's business; who may open it is."""
        with open(self.lock_file, "w") as file:
            file.write("4711\n")
            os.fchmod(file.fileno(), 0o666)
        self.login(self.server)
        with open(self.lock_file) as file:
            self.assertEqual(file.read(), "4711\n")

    def test_fs_137_a_stopped_holder_of_the_notes_lock(self):
        """git waits for the helper: half a second is what a note is worth."""
        notes = os.path.join(self.home.data, "refused.json")
        fields = {"protocol": "http", "host": self.server.host, "username": "oauth2",
                  "password": self.token}
        with self.stopped_holder(notes + ".lock"):
            self.check_quick(self.helper("erase", fields).took_s, DEADLINE_S / 2)
            self.assertFalse(os.path.exists(notes))
            self.check_get_is_quick()
        self.helper("erase", fields)
        self.assertTrue(os.path.exists(notes))


if __name__ == "__main__":
    loomtest.main(threads=20)
