# SPDX-License-Identifier: Apache-2.0
"""What only root can show of a hostile machine: other users who lay traps and read along, device nodes,
disks of a few kilobytes, and a password database that names no home."""
import itertools
import os
import shutil
import stat
import subprocess
import threading

import loomtest
import places
from loomtest import LOOM

VICTIM, ATTACKER = 12345, 12346  # users that the password database does not know
AS_VICTIM = {"user": VICTIM, "group": VICTIM, "extra_groups": []}


class HostileRoot(loomtest.Case):
    server_options = ("--approve-after", 0)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if os.geteuid() != 0:
            raise AssertionError("these cases are for root")
        os.chmod(cls.place, 0o711)

    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o711)
        self.token = self.server.issue_token()
        self.question = f"protocol=http\nhost={self.server.host}\n\n".encode()

    def tearDown(self):
        # What belongs to others is none of the checks that follow.
        for path, folders, files in os.walk(self.folder):
            for name in folders + files:
                os.chown(os.path.join(path, name), 0, 0, follow_symlinks=False)

    def new_signed_in(self):
        home = self.new_home()
        home.seed((self.server.url, self.token))
        return home

    def give_to(self, user, *roots):
        for root in roots:
            os.chown(root, user, user, follow_symlinks=False)
            for path, folders, files in os.walk(root):
                for name in folders + files:
                    os.chown(os.path.join(path, name), user, user, follow_symlinks=False)

    def new_victim(self):
        home = self.new_signed_in()
        self.give_to(VICTIM, home.folder)
        return home

    def ask(self, home, **more):
        result = self.loom("credential-helper", "get", stdin=self.question, home=home, **more)
        result.is_door = True
        return result

    def give(self, home, **more):
        return self.loom("login", self.server.url, "--with-token", stdin=self.token.encode(),
                         home=home, **more)

    def check_refused(self, path, home, status=8, **more):
        """git hears nothing, a person hears which place it is, and no server hears of it."""
        result = self.ask(home, **more)
        self.assertEqual(result.out, b"", result)
        self.assertIn(f"    {path}\n", result.text)
        mark = len(self.server.requests())
        for argv in (["login", self.server.url], ["logout", self.server.url],
                     ["logout", "--discard-damaged"]):
            result = self.loom(*argv, home=home, status=status, **more)
            self.assertIn(f"    {path}\n", result.text)
        self.assertEqual(self.server.requests()[mark:], [])

    # ---- Other users ----

    def test_fs_03_fs_172_every_file_and_folder_of_somebody_else(self):
        """ENC-15: A whole copy, with content that would do: refused, and its owner stays."""
        for user in (ATTACKER, 65534):
            for name in (".config/loom", ".config/loom/credentials.json", ".local/share/loom",
                         ".local/share/loom/vault.key"):
                with self.subTest(name, user=user):
                    home = self.new_signed_in()
                    path = os.path.join(home.path, name)
                    os.chown(path, user, user)
                    self.check_refused(path, home)
                    self.assertEqual(os.stat(path).st_uid, user)
                    os.chown(path, 0, 0)

    def test_fs_03_fs_173_locks_and_notes_of_somebody_else(self):
        for name, status in ((".config/loom/credentials.json.lock", 8),
                             (".local/share/loom/refused.json", 0),
                             (".local/share/loom/refused.json.lock", 0)):
            with self.subTest(name):
                home = self.new_signed_in()
                path = os.path.join(home.path, name)
                os.close(os.open(path, os.O_CREAT, 0o600))
                os.chown(path, ATTACKER, ATTACKER)
                self.assertEqual(self.answer(self.ask(home)).get("password"), self.token)
                self.give(home, status=status)
                result = self.helper("erase", {"protocol": "http", "host": self.server.host,
                                               "username": "oauth2", "password": self.token},
                                     home=home)
                if status == 0:
                    self.assertIn(f"    {path}\n", result.text)
                self.assertEqual(os.stat(path).st_uid, ATTACKER)
                os.chown(path, 0, 0)

    def test_fs_174_what_others_lay_into_a_folder_for_everybody(self):
        """XDG_CONFIG_HOME=/tmp, so to speak: the name is taken by a folder, a link or a file."""
        victim = self.new_victim()
        public = os.path.join(self.folder, "public")
        os.mkdir(public)
        os.chmod(public, 0o1777)
        path = os.path.join(public, "loom")
        mine = os.path.join(victim.path, "mine")
        os.mkdir(mine)
        os.chmod(mine, 0o755)
        os.chown(mine, VICTIM, VICTIM)
        for make in (os.mkdir, lambda where: os.symlink(mine, where),
                     lambda where: os.mkfifo(where)):
            make(path)
            os.chown(path, ATTACKER, ATTACKER, follow_symlinks=False)
            for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
                result = self.give(victim, env={variable: public}, status=8, **AS_VICTIM)
                self.assertIn(f"    {path}\n", result.text)
            self.assertEqual(os.listdir(mine), [])
            self.assertEqual(stat.S_IMODE(os.stat(mine).st_mode), 0o755)
            if os.path.isdir(path) and not os.path.islink(path):
                self.assertEqual(os.listdir(path), [])
                os.rmdir(path)
            else:
                os.unlink(path)

    def test_fs_175_a_link_that_somebody_lays_while_the_folder_is_opened(self):
        """In a folder that everybody may write to: never is a folder of ours taken for loom's."""
        victim = self.new_victim()
        public = os.path.join(self.folder, "public")
        os.mkdir(public)
        os.chmod(public, 0o777)
        mine = os.path.join(victim.path, "mine")
        os.mkdir(mine)
        os.chmod(mine, 0o755)
        os.chown(mine, VICTIM, VICTIM)
        path, is_over = os.path.join(public, "loom"), threading.Event()

        def remove(where):
            if os.path.isdir(where) and not os.path.islink(where):
                shutil.rmtree(where, ignore_errors=True)
            elif os.path.lexists(where):
                os.unlink(where)

        def lay(make):
            spare = os.path.join(public, "spare")
            make(spare)
            os.chown(spare, ATTACKER, ATTACKER, follow_symlinks=False)
            try:
                os.rename(spare, path)
            except OSError:  # the victim was faster, and made a folder of its own
                remove(spare)

        def swap():
            makers = (os.mkdir, lambda where: os.symlink(mine, where), None)
            for make in itertools.cycle(makers):
                if is_over.wait(0.0001):
                    return
                remove(path)
                if make is not None:
                    lay(make)

        thread = threading.Thread(target=swap)
        thread.start()
        try:
            for _ in range(40):
                self.give(victim, env={"XDG_CONFIG_HOME": public}, status=None, **AS_VICTIM)
        finally:
            is_over.set()
            thread.join()
        self.assertEqual(os.listdir(mine), [])
        self.assertEqual(stat.S_IMODE(os.stat(mine).st_mode), 0o755)
        shutil.rmtree(public)

    def read_as(self, user, path):
        """What another user gets to read there; None: nothing."""
        done = subprocess.run(["cat", path], user=user, group=user, extra_groups=[],
                              capture_output=True)
        return done.stdout if done.returncode == 0 else None

    def test_fs_151_fs_176_access_control_lists_let_nobody_read(self):
        """Proved by reading: before, and after the program had its hands on it."""
        home = self.new_victim()
        shown = f"u:{ATTACKER}:rwx,d:u:{ATTACKER}:rwx"
        open_folders = [self.folder, home.folder, home.path, home.path + "/.config", home.config,
                        home.path + "/.local", home.path + "/.local/share", home.data]
        for path in open_folders:
            subprocess.run(["setfacl", "-m", shown, path], check=True)
        key = os.path.join(home.data, "vault.key")
        subprocess.run(["setfacl", "-m", f"u:{ATTACKER}:rw", home.file], check=True)
        self.assertIsNotNone(self.read_as(ATTACKER, home.file))
        self.assertIsNone(self.read_as(ATTACKER, key))
        self.give(home, **AS_VICTIM)
        for path in (home.file, key, home.file + ".lock"):
            self.assertIsNone(self.read_as(ATTACKER, path), path)
        # Even where the folders stay open to them.
        for path in open_folders:
            subprocess.run(["setfacl", "-m", shown, path], check=True)
        for path in (home.file, key, home.file + ".lock"):
            self.assertIsNone(self.read_as(ATTACKER, path), path)
        subprocess.run(["setfacl", "-R", "-b", self.folder], check=True)
        os.chmod(home.config, 0o700)
        os.chmod(home.data, 0o700)

    # ---- Devices ----

    def test_fs_177_device_nodes(self):
        """/dev/zero, /dev/full, /dev/random and a terminal in the place of each file."""
        for name in (".config/loom/credentials.json", ".local/share/loom/vault.key"):
            for major, minor in ((1, 5), (1, 7), (1, 8), (5, 0), (1, 3)):
                with self.subTest(name, device=(major, minor)):
                    home = self.new_signed_in()
                    path = os.path.join(home.path, name)
                    os.unlink(path)
                    os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(major, minor))
                    self.check_refused(path, home)
                    os.unlink(path)
        home = self.new_signed_in()
        path = home.file + ".lock"
        os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(7, 250))
        self.assertIn(f"    {path}\n", self.give(home, status=8).text)
        self.assertEqual(self.answer(self.ask(home)).get("password"), self.token)
        os.unlink(path)

    # ---- Disks ----

    def in_namespace(self, script, *argv, home=None, **more):
        return self.start("-m", "--propagation", "private", "sh", "-c", script, "sh", *argv,
                          program="/usr/bin/unshare", home=home, **more).finish()

    def test_fs_178_disks_of_a_few_kilobytes_and_files(self):
        """Every size from nothing to enough: told before anybody is asked, or done."""
        script = ('mount -t tmpfs -o "$1,mode=700" none "$HOME" && shift && "$@"; status=$?; '
                  'find "$HOME" -name "*.tmp" | grep . >&2 && exit 90; exit $status')
        for option in ("size=4k", "size=8k", "size=12k", "size=16k", "size=20k", "size=28k",
                       "size=64k", "nr_inodes=1", "nr_inodes=2", "nr_inodes=3", "nr_inodes=5",
                       "nr_inodes=6", "nr_inodes=7", "nr_inodes=8", "nr_inodes=9", "nr_inodes=20"):
            with self.subTest(option):
                mark = len(self.server.requests())
                result = self.in_namespace(script, option, LOOM, "login", self.server.url,
                                           "--with-token", stdin=self.token.encode(),
                                           home=self.new_home())
                self.assertIn(result.status, (0, 8), result)
                if result.status == 8:
                    self.assertIn("The disk is full. Nothing was stored", result.said)
                    self.assertLessEqual(set(self.server.requests()[mark:]), {"GET /auth/me"})
                if option in ("size=64k", "nr_inodes=20"):
                    self.assertEqual(result.status, 0, result)
                if option in ("size=4k", "nr_inodes=1", "nr_inodes=3"):
                    self.assertEqual(result.status, 8, result)

    def test_fs_179_signing_out_on_a_full_disk(self):
        """The server is told, and that the copy here could not go is told as well, or it went."""
        home = self.new_signed_in()
        script = ('cp -a "$HOME" "$1/copy" && mount -t tmpfs -o size=24k,mode=700 none "$HOME" && '
                  'cp -a "$1/copy/." "$HOME" && { cat /dev/zero >"$HOME/filler" 2>/dev/null; '
                  'old=$1/copy; shift; "$@"; status=$?; ls -A "$HOME/.config/loom"; '
                  'test $status -ne 10 || diff -r --exclude=filler --exclude="*.lock" --exclude=lock '
                  '"$old" "$HOME" >&2 || exit 91; exit $status; }')
        result = self.in_namespace(script, self.folder, LOOM, "logout", home=home)
        shutil.rmtree(os.path.join(self.folder, "copy"))
        self.assertIn(result.status, (0, 10), result)
        self.assertNotIn(b".tmp", result.out)
        self.assertFalse(self.server.is_alive(self.token))
        if result.status == 10:
            self.assertIn("could not be removed from this computer", result.said)
            self.assertIn("The disk is full", result.said)

    def test_fs_159_a_read_only_disk_and_every_command(self):
        home = self.new_signed_in()
        script = 'mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME" && "$@"'
        before = home.snapshot()
        password = f"username=oauth2\npassword={self.token}\n\n".encode()
        for argv, stdin, status in (
                (["credential-helper", "get"], self.question, 0),
                (["credential-helper", "store"], self.question[:-1] + password, 0),
                (["credential-helper", "erase"], self.question[:-1] + password, 0),
                (["login", self.server.url, "--with-token"], self.token.encode(), 8),
                (["logout", "--discard-damaged"], b"", 8)):
            result = self.in_namespace(script, LOOM, *argv, stdin=stdin, home=home)
            result.is_door = "get" in argv
            self.assertEqual(result.status, status, result)
            if status == 8 or "erase" in argv:
                self.assertIn("This place cannot be written to", result.said)
            if "get" in argv:
                self.assertEqual(self.answer(result).get("password"), self.token)
        self.assertEqual(home.snapshot(), before)

    # ---- The password database ----

    def test_env_04_fs_162_homes_of_the_password_database(self):
        """Used only without HOME, only when absolute, and never another place in silence."""
        home = self.new_victim()
        passwd = os.path.join(self.folder, "passwd")
        script = ('mount --bind "$1" /etc/passwd && shift && exec setpriv --reuid="$1" '
                  '--regid="$1" --clear-groups env -u HOME "$2" credential-helper get')
        for entry, is_found in ((home.path, True), (home.path + "/", True), ("relative", False),
                                ("", False), ("/nonexistent", False), ("/dev/null", False)):
            with self.subTest(entry):
                with open(passwd, "w") as file:
                    file.write(f"root:x:0:0:root:/root:/bin/sh\n"
                               f"victim:x:{VICTIM}:{VICTIM}::{entry}:/bin/sh\n")
                result = self.in_namespace(script, passwd, str(VICTIM), LOOM, home=home,
                                           stdin=self.question)
                result.is_door = True
                self.assertEqual(result.status, 0, result)
                self.assertEqual(self.answer(result).get("password"),
                                 self.token if is_found else None, result)

    def test_env_01_fs_163_the_home_of_another_and_every_command(self):
        """Nothing is made, changed or read there."""
        home = self.new_victim()
        before = home.snapshot()
        result = self.ask(home)
        self.assertEqual(result.out, b"", result)
        for argv in (["login", self.server.url], ["logout"], ["logout", "--all"],
                     ["logout", "--discard-damaged"]):
            result = self.loom(*argv, home=home, status=8)
            self.assertIn(f"    {home.path}\n", result.text)
        self.assertEqual(home.snapshot(), before)


if __name__ == "__main__":
    loomtest.main()
