# SPDX-License-Identifier: Apache-2.0
"""What only root can show: folders of somebody else, disks that are full or read-only, users without a
name, and a name server that never answers."""
import os
import shutil
import signal
import socket
import time

import loomtest
from loomtest import LOOM

STRANGER = 12345  # a user that the password database does not know


class LoginRoot(loomtest.Case):
    server_options = ("--approve-after", 0)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if os.geteuid() != 0:
            raise AssertionError("these cases are for root")

    def tearDown(self):
        # What belongs to others is none of the checks that follow.
        for path, folders, files in os.walk(self.folder):
            for name in folders + files:
                os.chown(os.path.join(path, name), 0, 0, follow_symlinks=False)

    def check_refused(self, status, *says, home=None, **more):
        result = self.loom("login", "--server", self.server.url, status=status, home=home, **more)
        self.assertEqual(self.server.requests(), [], "somebody was asked for a code")
        for words in says:
            self.assertIn(words, result.text)
        return result

    # ---- Whose it is ----

    def test_fs_03_folders_of_somebody_else(self):
        """FS-03: refused with the path, and never another place in silence."""
        for at, name in enumerate(("config", "data")):
            home = self.new_home()
            path = getattr(home, name)
            os.makedirs(path, 0o700)
            os.chown(path, STRANGER, STRANGER)
            self.check_refused(8, path, home=home)
            self.assertEqual(os.stat(path).st_uid, STRANGER)
            self.assertEqual(os.listdir(path), [])

    def test_env_01_a_home_of_somebody_else(self):
        """Sudo that keeps HOME leaves no file of root's there."""
        home = self.new_home()
        os.chown(home.path, STRANGER, STRANGER)
        self.check_refused(8, home.path, "sudo", home=home)
        self.assertEqual(os.listdir(home.path), [])

    def test_fs_03_a_file_of_somebody_else(self):
        self.give(self.server)
        mark = len(self.server.requests())
        for path in (self.home.file, os.path.join(self.home.data, "vault.key")):
            os.chown(path, STRANGER, STRANGER)
            result = self.loom("login", "--server", self.server.url, status=None)
            self.assertIn(result.status, (8, 9), result)
            self.assertIn(path, result.text)
            os.chown(path, 0, 0)
        self.assertEqual(len(self.server.requests()), mark)

    def test_links_of_somebody_else_are_not_followed(self):
        real = os.path.join(self.folder, "real")
        os.mkdir(real, 0o700)
        os.makedirs(os.path.dirname(self.home.config), 0o700)
        os.symlink(real, self.home.config)
        os.chown(self.home.config, STRANGER, STRANGER, follow_symlinks=False)
        self.check_refused(8, self.home.config)
        self.assertEqual(os.listdir(real), [])
        # One of our own is a choice of our own.
        os.chown(self.home.config, 0, 0, follow_symlinks=False)
        self.give(self.server)
        self.assertIn("credentials.json", os.listdir(real))
        shutil.rmtree(real)
        os.unlink(self.home.config)

    def test_env_04_a_user_without_a_name(self):
        """ENV-04: an exit with a reason, or a home that HOME names; never a crash."""
        shown = {"user": STRANGER, "group": STRANGER, "extra_groups": []}
        for value in (None, "", "relative"):
            self.check_refused(8, "HOME", env={"HOME": value}, **shown)
        home = self.new_home()
        for path in (home.folder, home.path, home.tmp):
            os.chown(path, STRANGER, STRANGER)
        os.chmod(self.folder, 0o711)
        os.chmod(self.place, 0o711)
        token = self.server.issue_token()
        self.login(self.server, "--with-token", stdin=token.encode(), home=home, **shown)
        self.assertEqual(home.tokens(), {self.server.url: token})
        self.assertEqual(os.stat(home.file).st_uid, STRANGER)

    # ---- Disks ----

    def in_namespace(self, script, *argv, **more):
        """Run `script` in a mount namespace of its own, with these arguments."""
        return self.start("-m", "--propagation", "private", "sh", "-c", script, "sh", *argv,
                          program="/usr/bin/unshare", **more).finish()

    def test_fs_09_a_disk_that_is_full(self):
        """FS-09: found out before anybody approves; what was there stays."""
        target = self.home.path
        for size, status in (("4k", 8), ("1m", 0)):
            result = self.in_namespace(
                'mount -t tmpfs -o size=$1,mode=700 none "$2" && shift 2 && "$@"; status=$?; '
                'find "$HOME" -name "*.tmp*" -o -name "*.json.*[!k]" | grep . && exit 90; '
                'exit $status', size, target, LOOM, "login", "--server", self.server.url)
            self.assertEqual(result.status, status, result)
            if status == 8:
                self.assertEqual(self.server.requests(), [])
                self.assertIn("The disk is full. Nothing was stored", result.said)

    def test_a_disk_that_fills_up_meanwhile(self):
        """The old file stays whole, and the token that cannot be kept is ended."""
        server = self.start_server("--approve-after", 1.5)
        script = ('mount -t tmpfs -o size=64k,mode=700 none "$HOME"; '
                  'echo "$1" | "$2" login --server "$3" --with-token || exit 91; '
                  'cp "$HOME/.config/loom/credentials.json" "$4"; '
                  '(sleep 1; cat /dev/zero >"$HOME/filler") 2>/dev/null & '
                  '"$2" login --server "$3"; status=$?; wait; rm "$HOME/filler"; '
                  'cmp "$HOME/.config/loom/credentials.json" "$4" || exit 92; '
                  'ls "$HOME/.config/loom"; rm "$4"; exit $status')
        copy = os.path.join(self.folder, "copy")
        given = server.issue_token()
        result = self.in_namespace(script, given, LOOM, server.url, copy)
        result.seen = set()  # the script was told the token in its arguments
        result.argv = result.argv[:1]
        self.assertEqual(result.status, 8, result)
        self.assertEqual(result.out, b"credentials.json\ncredentials.json.lock\n")
        self.assertIn("ended there again", result.said)
        self.assertTrue(server.is_alive(given))
        self.assertEqual(server.state()["tokens"], 1)

    def test_a_disk_that_is_read_only(self):
        """FS-159"""
        token = self.give(self.server)
        mark = len(self.server.requests())
        script = ('mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME" && '
                  '"$@"')
        result = self.in_namespace(script, LOOM, "login", "--server", self.server.url)
        self.assertEqual(result.status, 8, result)
        self.assertIn("cannot be written to", result.said)
        self.assertEqual(len(self.server.requests()), mark)
        # git is answered all the same.
        fields = f"protocol=http\nhost={self.server.host}\n\n".encode()
        result = self.in_namespace(script, LOOM, "credential-helper", "get", stdin=fields)
        result.is_door = True
        self.assertEqual(self.answer(result).get("password"), token, result)
        self.assertEqual(result.err, b"")
        # Signed out at the server, and what could not be removed is said.
        result = self.in_namespace(script, LOOM, "logout")
        self.assertEqual(result.status, 10, result)
        self.assertIn(self.home.config, result.text)
        self.assertFalse(self.server.is_alive(token))

    # ---- A name server that never answers ----

    def test_ctrl_c_in_a_name_look_up(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.53.53.53", 53))
            conf = os.path.join(self.folder, "resolv.conf")
            with open(conf, "w") as file:
                file.write("nameserver 127.53.53.53\noptions timeout:30 attempts:5\n")
            def once():
                program = self.start(
                    "-m", "--propagation", "private", "sh", "-c",
                    'mount --bind "$1" "$(readlink -f /etc/resolv.conf)" && shift && exec "$@"',
                    "sh", conf, LOOM, "login", "https://loom.example.com",
                    program="/usr/bin/unshare")
                silent.settimeout(30)
                silent.recv(512)  # it asks
                time.sleep(0.2)
                sent = program.signal(number)
                result = program.finish()
                self.assertEqual(result.status, -number, result)
                silent.settimeout(0)
                try:
                    while True:
                        silent.recv(512)
                except BlockingIOError:
                    pass
                return program.ended - sent

            for number in (signal.SIGINT, signal.SIGTERM):
                self.in_time(once)


if __name__ == "__main__":
    loomtest.main()
