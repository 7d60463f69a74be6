# SPDX-License-Identifier: Apache-2.0
"""A file system that is out to get us: what is no file, loose modes, files that grow, are endless or
change while they are read. Nothing is followed, nothing hangs, nothing of others is touched, and
what is refused is named."""
import contextlib
import itertools
import os
import resource
import shutil
import stat
import subprocess
import threading

import loomtest
import places
import vault

IS_ROOT = os.geteuid() == 0
MEMORY_MAX_KB = 400 * 1024 if loomtest.IS_SANITIZED else 64 * 1024
HUGE = 1 << 30
UMASKS = (0o000, 0o022, 0o077, 0o137, 0o277, 0o777)
SWAP_S = 0.0005  # between two changes: less than a program takes
GETS = 24 if loomtest.IS_SANITIZED else 100


def open_read(path):
    with open(path, "rb") as file:
        return file.read()


class HostileFiles(loomtest.Case):
    server_options = ("--approve-after", 0)

    def setUp(self):
        super().setUp()
        self.token = self.server.issue_token()

    def new_signed_in(self):
        home = self.new_home()
        home.seed((self.server.url, self.token))
        return home

    # ---- The commands, each as it is called ----

    def run_get(self, home, **more):
        fields = {"protocol": "http", "host": self.server.host}
        return self.helper("get", fields, home=home, **more)

    def run_erase(self, home, **more):
        fields = {"protocol": "http", "host": self.server.host, "username": "oauth2",
                  "password": self.token}
        return self.helper("erase", fields, home=home, **more)

    def run_login(self, home, **more):
        return self.loom("login", self.server.url, home=home, **more)

    def run_give(self, home, **more):
        return self.loom("login", self.server.url, "--with-token", home=home,
                         stdin=self.token.encode(), **more)

    def run_logout(self, home, **more):
        return self.loom("logout", self.server.url, home=home, **more)

    def run_logout_all(self, home, **more):
        return self.loom("logout", "--all", home=home, **more)

    def run_discard(self, home, **more):
        return self.loom("logout", "--discard-damaged", home=home, **more)

    # ---- What is expected of them ----

    def check_answers(self, home):
        result = self.run_get(home)
        self.assertEqual(self.answer(result), {"username": "oauth2", "password": self.token})
        self.assertEqual(result.err, b"", result)

    def check_no_answer(self, path, home):
        """git hears nothing, and a person hears why."""
        result = self.run_get(home)
        self.assertEqual(result.out, b"", result)
        self.assertIn(f"    {path}\n", result.text)

    def check_refuses(self, path, home, status, *runs):
        """Each ends with this status, names the path, and no server hears of it."""
        mark = len(self.server.requests())
        for run in runs:
            result = run(home, status=status)
            self.assertIn(f"    {path}\n", result.text, result)
        self.assertEqual(self.server.requests()[mark:], [])

    def in_each_place(self, kinds, place_of, check):
        """check(trap, home), with a sign-in in each home but for what stands in the place; then all
        of it is as it was."""
        for name, make in kinds.items():
            with self.subTest(name):
                home = self.new_signed_in()
                trap = places.Trap(make, place_of(home), os.path.join(home.folder, "aside"))
                check(trap, home)
                trap.check(self)
                trap.remove()

    # ---- Something else in the place of a file ----

    def check_no_file(self, trap, home):
        self.check_no_answer(trap.path, home)
        self.run_erase(home)
        self.check_refuses(trap.path, home, 8, self.run_login, self.run_give, self.run_logout,
                           self.run_logout_all, self.run_discard)

    def test_fs_04_fs_140_in_the_place_of_the_credentials(self):
        """Links of every kind, FIFOs, sockets, folders: refused at once, and left alone."""
        self.in_each_place(places.NO_FILES, lambda home: home.file, self.check_no_file)

    def test_enc_15_enc_100_in_the_place_of_the_key(self):
        self.in_each_place(places.NO_FILES, lambda home: os.path.join(home.data, "vault.key"),
                           self.check_no_file)

    def test_fs_141_in_the_place_of_the_lock(self):
        """Reading takes no lock, so git is answered; nothing is changed without one."""
        def check(trap, home):
            before = home.stored()
            self.check_answers(home)
            self.check_refuses(trap.path, home, 8, self.run_login, self.run_give, self.run_discard)
            result = self.run_logout(home, status=10)
            self.assertIn("could not be removed from this computer", result.said)
            self.assertIn(f"    {trap.path}\n", result.text)
            self.assertEqual(home.stored(), before)

        self.in_each_place(places.NO_FILES, lambda home: home.file + ".lock", check)

    def test_fs_142_in_the_place_of_the_notes(self):
        """A note that cannot be kept is told; no sign-in depends on it."""
        def check(trap, home):
            self.assertIn(f"    {trap.path}\n", self.run_erase(home).text)
            self.check_answers(home)
            self.assertEqual(home.tokens(), {self.server.url: self.token})

        for name in ("refused.json", "refused.json.lock"):
            self.in_each_place(places.NO_FILES, lambda home, name=name: os.path.join(
                home.data, name), check)

    def test_fs_158_in_the_place_of_the_servers_locks(self):
        """Worth a wait, but no sign-in: what needs none of them works without."""
        def check(trap, home):
            self.check_answers(home)
            self.run_give(home)
            self.run_erase(home)
            self.assertEqual(home.tokens(), {self.server.url: self.token})

        self.in_each_place(places.NO_FOLDERS, lambda home: os.path.join(home.data, "lock"), check)

    def test_fs_143_hard_links(self):
        """The link count is not looked at: other names keep the old content, and what is saved is
        a file of its own."""
        home = self.new_signed_in()
        others = {}
        for path in (home.file, os.path.join(home.data, "vault.key")):
            other = os.path.join(home.path, os.path.basename(path) + ".other")
            os.link(path, other)
            with open(other, "rb") as file:
                others[other] = file.read()
        self.check_answers(home)
        self.run_give(home)
        for path, content in others.items():
            with open(path, "rb") as file:
                self.assertEqual(file.read(), content)
        self.assertEqual(os.stat(home.file).st_nlink, 1)
        os.unlink(os.path.join(home.path, "vault.key.other"))
        # A file of ours that somebody linked here is no credentials file, and keeps its content.
        with open(os.path.join(home.path, "diary"), "wb") as file:
            file.write(places.PRECIOUS)
        os.unlink(home.file)
        os.link(os.path.join(home.path, "diary"), home.file)
        self.check_refuses(home.file, home, 9, self.run_login, self.run_give, self.run_logout)
        self.run_discard(home)
        with open(os.path.join(home.path, "diary"), "rb") as file:
            self.assertEqual(file.read(), places.PRECIOUS)

    # ---- Something else in the place of a folder ----

    def test_fs_144_in_the_place_of_a_folder(self):
        """A link that leads nowhere is no folder that was never there: the disk may come back."""
        def check(trap, home):
            self.check_no_answer(trap.path, home)
            self.check_refuses(trap.path, home, 8, self.run_give, self.run_discard)

        for name in (".config/loom", ".config", ".local/share/loom", ".local/share", ".local"):
            def place_of(home, name=name):
                path = os.path.join(home.path, name)
                os.rename(path, os.path.join(home.folder, "moved"))
                return path

            kinds = places.NO_FOLDERS
            if not name.endswith("/loom"):
                kinds = {kind: kinds[kind] for kind in ("file", "link to nothing")}
            self.in_each_place(kinds, place_of, check)

    def test_fs_145_folders_that_are_links_of_our_own(self):
        """Who manages dotfiles with links may: the folder behind is ours, and becomes 0700."""
        for name in (".config/loom", ".config", ".local/share/loom", ".local/share", ".local"):
            with self.subTest(name):
                home = self.new_home()
                path, real = os.path.join(home.path, name), os.path.join(home.folder, "real")
                os.makedirs(os.path.dirname(path), exist_ok=True)
                os.mkdir(real)
                os.chmod(real, 0o755)
                os.symlink("../" * (name.count("/") + 1) + "real", path)
                self.run_give(home)
                self.check_answers(home)
                self.assertTrue(os.path.islink(path))
                is_own = name.endswith("/loom")
                self.assertEqual(stat.S_IMODE(os.stat(real).st_mode), 0o700 if is_own else 0o755)
                self.assertEqual(os.listdir(real) == [], False)

    # ---- Modes ----

    def check_modes(self, home):
        """And everything else that check_everything() looks at."""
        for path in (home.file, home.file + ".lock", os.path.join(home.data, "vault.key"),
                     os.path.join(home.data, "refused.json")):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600, path)
        for path in (home.config, home.data):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700, path)

    def test_fs_01_fs_146_any_umask(self):
        for umask in UMASKS:
            with self.subTest(umask=oct(umask)):
                home = self.new_home()
                self.run_give(home, umask=umask)
                self.run_erase(home, umask=umask)
                self.check_modes(home)
                self.assertEqual(self.run_get(home, umask=umask).status, 0)

    def test_fs_02_fs_147_odd_modes(self):
        """Set-ID bits, sticky bits, none at all: each becomes ours alone at the next use."""
        for file_mode, folder_mode in ((0o666, 0o777), (0o6755, 0o6777), (0o777, 0o1777),
                                       (0o4600, 0o2750), (0o640, 0o3770), (0o604, 0o701)):
            with self.subTest(file=oct(file_mode), folder=oct(folder_mode)):
                home = self.new_signed_in()
                self.run_erase(home)
                for path in (home.file, home.file + ".lock",
                             os.path.join(home.data, "refused.json")):
                    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
                    os.chmod(path, file_mode)
                for path in (home.config, home.data):
                    os.chmod(path, folder_mode)
                self.check_answers(home)
                self.assertEqual(stat.S_IMODE(os.stat(home.file).st_mode), 0o600)
                self.assertEqual(stat.S_IMODE(os.stat(home.config).st_mode), 0o700)
                self.run_give(home)
                self.run_erase(home)
                self.check_modes(home)

    def test_enc_15_enc_101_a_key_that_others_may_read(self):
        for mode in (0o644, 0o604, 0o640, 0o620, 0o602, 0o610, 0o601, 0o777):
            with self.subTest(oct(mode)):
                home = self.new_signed_in()
                key = os.path.join(home.data, "vault.key")
                os.chmod(key, mode)
                self.check_no_answer(key, home)
                self.check_refuses(key, home, 9, self.run_login, self.run_logout_all)
                self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), mode)
                os.chmod(key, 0o600)

    def test_fs_148_parents_that_others_may_write_to(self):
        """They are not ours to set right; what is in our own folder stays safe."""
        home = self.new_home()
        os.makedirs(os.path.dirname(home.config))
        os.makedirs(os.path.dirname(home.data))
        for path, mode in ((home.path, 0o770), (home.path + "/.config", 0o777),
                           (home.path + "/.local", 0o1777), (home.path + "/.local/share", 0o2775)):
            os.chmod(path, mode)
        self.run_give(home)
        self.run_erase(home)
        self.check_modes(home)
        self.assertEqual(stat.S_IMODE(os.stat(home.path + "/.config").st_mode), 0o777)

    def test_fs_149_files_without_any_right(self):
        for name in ("credentials.json", "vault.key", "credentials.json.lock"):
            with self.subTest(name):
                home = self.new_signed_in()
                self.run_give(home)
                path = os.path.join(home.data if name == "vault.key" else home.config, name)
                os.chmod(path, 0)
                if IS_ROOT:  # who is not stopped by modes
                    self.check_answers(home)
                    self.run_give(home)
                else:
                    self.check_refuses(path, home, 8, self.run_login, self.run_discard)
                os.chmod(path, 0o600)

    def test_fs_150_folders_without_any_right(self):
        for name in (".config/loom", ".config", ".local/share/loom", ".local", ""):
            with self.subTest(name):
                home = self.new_signed_in()
                path = os.path.join(home.path, name).rstrip("/")
                mode = stat.S_IMODE(os.stat(path).st_mode)
                os.chmod(path, 0)
                if IS_ROOT:
                    self.check_answers(home)
                else:
                    result = self.run_login(home, status=8)
                    self.assertIn(path, result.text)
                    self.assertEqual(self.run_get(home).out, b"")
                os.chmod(path, mode)

    # ---- Access control lists ----

    def set_acl(self, *words):
        subprocess.run(["setfacl", *words], check=True, stdin=subprocess.DEVNULL)

    def effective(self, path):
        """What an access control list lets anybody but the owner do."""
        shown = subprocess.run(["getfacl", "--omit-header", "--all-effective", "--absolute-names",
                                path], check=True, capture_output=True, text=True).stdout
        rights = [line.split("#effective:")[-1] for line in shown.splitlines()
                  if line and not line.startswith(("user::", "default:", "mask:"))]
        return [right for right in rights if not right.endswith("---")]

    def test_fs_151_access_control_lists(self):
        """Inherited from a folder or given to a file: nobody else gets a right that works."""
        home = self.new_home()
        os.makedirs(home.config, 0o700)
        os.makedirs(home.data, 0o700)
        for path in (home.path + "/.config", home.config, home.path + "/.local", home.data):
            self.set_acl("-m", "u:12345:rwx,g:12345:rwx,d:u:12345:rwx,d:g:12345:rwx,d:o::rwx", path)
        self.assertNotEqual(self.effective(home.config), [])
        self.run_give(home)
        self.run_erase(home)
        paths = [home.config, home.data, home.file, home.file + ".lock",
                 os.path.join(home.data, "vault.key"), os.path.join(home.data, "refused.json")]
        for path in paths:
            self.assertEqual(self.effective(path), [], path)
        # What was given afterwards works until the next use. The key is refused: it may be known.
        for path in (home.file, home.config, home.data):
            self.set_acl("-m", "u:12345:rwx", path)
        self.assertEqual(self.run_get(home).status, 0)
        for path in paths:
            self.assertEqual(self.effective(path), [], path)
        key = os.path.join(home.data, "vault.key")
        self.set_acl("-m", "u:12345:r", key)
        self.check_no_answer(key, home)
        self.check_refuses(key, home, 9, self.run_login)
        self.set_acl("-b", key)

    # ---- Size ----

    def test_fs_152_files_that_are_huge(self):
        """A gibibyte without content: no memory is spent on it, and nothing is lost."""
        for name, status in (("credentials.json", 9), ("vault.key", 9), ("refused.json", 0),
                             ("credentials.json.lock", 0)):
            with self.subTest(name):
                home = self.new_signed_in()
                path = os.path.join(home.config if name.startswith("cred") else home.data, name)
                with open(path, "ab"):
                    os.chmod(path, 0o600)
                os.truncate(path, HUGE)
                if status == 9:
                    self.check_no_answer(path, home)
                    self.check_refuses(path, home, 9, self.run_login, self.run_logout_all)
                    self.assertEqual(os.stat(path).st_size, HUGE)
                    self.run_discard(home)
                    self.assertFalse(os.path.exists(path))
                else:
                    self.check_answers(home)
                    self.run_give(home)
                for folder in (home.config, home.data):
                    for left in os.listdir(folder):
                        if os.stat(os.path.join(folder, left)).st_size == HUGE:
                            os.unlink(os.path.join(folder, left))
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, MEMORY_MAX_KB)

    def test_fs_153_a_file_that_grows_while_it_is_read(self):
        home = self.new_signed_in()
        with open(home.file, "rb") as file:
            good = file.read()

        def grow():
            with open(home.file, "ab", buffering=0) as file:
                if file.tell() > 1 << 23:
                    os.truncate(home.file, len(good))
                file.write(b" " * (1 << 20))

        with self.meanwhile(grow):
            for _ in range(GETS // 2):
                result = self.run_get(home)
                self.assertIn(self.answer(result).get("password"), (None, self.token))
        with open(home.file, "wb") as file:
            file.write(good)
        self.check_answers(home)

    # ---- What changes between two looks ----

    @contextlib.contextmanager
    def meanwhile(self, act):
        """act(), again and again, in a thread of its own."""
        is_over = threading.Event()

        def run():
            while not is_over.wait(SWAP_S):
                act()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def put(self, make, path, spare):
        """Let something else stand at `path`, at one stroke."""
        if os.path.isdir(path) and not os.path.islink(path):
            os.rename(path, spare + ".old")
        make(spare)
        os.rename(spare, path)

    def test_fs_154_the_credentials_are_swapped_while_they_are_read(self):
        """Behind the link lies a file that would do, with another token: it never comes out."""
        home, aside = self.new_signed_in(), os.path.join(self.folder, "aside")
        os.mkdir(aside)
        other = self.plant(loomtest.marker("behind the link"))
        file = vault.Vault()
        with open(os.path.join(home.data, "vault.key"), "rb") as key:
            file.root = key.read()[8:40]
        file.key_id = vault.key_id(file.root)
        file.add(self.server.url, {"type": "api", "key": other, "obtained_at": 1700000000,
                                   "source": "given", "dialect": "loom"})
        file.write(os.path.join(aside, "config"), os.path.join(aside, "data"))
        foreign = os.path.join(aside, "config", "credentials.json")
        with open(home.file, "rb") as stored:
            good = stored.read()

        def put_good(path):
            with open(path, "wb") as made:
                made.write(good)

        makers = (put_good, lambda path: os.symlink(foreign, path),
                  lambda path: os.mkfifo(path, 0o600), lambda path: os.symlink("/dev/zero", path))
        turn = itertools.cycle(makers)
        with self.meanwhile(lambda: self.put(next(turn), home.file, home.path + "/spare")):
            for _ in range(GETS):
                result = self.run_get(home)
                self.assertIn(self.answer(result).get("password"), (None, self.token))
        self.put(put_good, home.file, home.path + "/spare")
        self.check_answers(home)
        os.unlink(os.path.join(aside, "data", "vault.key"))  # a second copy of this home's key

    def test_fs_155_the_credentials_are_swapped_while_they_are_saved(self):
        """What the link leads to keeps its content and its mode."""
        home, target = self.new_signed_in(), os.path.join(self.folder, "target")
        with open(target, "wb") as file:
            file.write(places.PRECIOUS)
        os.chmod(target, 0o644)

        def swap():
            self.put(lambda path: os.symlink(target, path), home.file, home.path + "/spare")
            os.unlink(home.file)

        statuses = set()
        with self.meanwhile(swap):
            for _ in range(GETS // 4):
                statuses.add(self.run_give(home, status=None).status)
        self.assertLessEqual(statuses, {0, 8, 9})
        with open(target, "rb") as file:
            self.assertEqual(file.read(), places.PRECIOUS)
        self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o644)

    def test_fs_156_the_key_is_swapped_while_it_is_read(self):
        """A key that is not this file's opens nothing; the right one behind a link is refused."""
        home, other = self.new_signed_in(), self.new_signed_in()
        key = os.path.join(home.data, "vault.key")
        with open(key, "rb") as file:
            good = file.read()
        makers = []
        for content in (good, open_read(os.path.join(other.data, "vault.key")), good[:20], b""):
            def put_key(path, content=content):
                with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
                    file.write(content)
            makers.append(put_key)
        turn = itertools.cycle(makers)
        with self.meanwhile(lambda: self.put(next(turn), key, home.path + "/spare")):
            for _ in range(GETS // 2):
                result = self.run_get(home)
                self.assertIn(self.answer(result).get("password"), (None, self.token))
        self.put(makers[0], key, home.path + "/spare")
        self.check_answers(home)

    def test_enc_06_enc_102_the_file_of_another_machine(self):
        """Copied over ours, it is damage; the key with it, it is simply theirs."""
        home, other = self.new_signed_in(), self.new_home()
        theirs = self.plant(loomtest.marker("theirs"))
        other.seed((self.server.url, theirs))
        shutil.copy(other.file, home.file)
        self.check_no_answer(home.file, home)
        self.check_refuses(home.file, home, 9, self.run_login, self.run_give, self.run_logout_all)
        self.assertEqual(open_read(home.file), open_read(other.file))
        shutil.copy(os.path.join(other.data, "vault.key"), os.path.join(home.data, "vault.key"))
        self.assertEqual(self.answer(self.run_get(home))["password"], theirs)
        self.homes.remove(other)  # one key in two homes, on purpose

    def test_fs_23_fs_157_the_last_sign_out(self):
        """A valid empty file stays, and the key that a next sign-in takes."""
        home = self.new_signed_in()
        key = open_read(os.path.join(home.data, "vault.key"))
        self.run_logout(home)
        self.assertEqual(home.stored(), {})
        self.assertIn("credentials.json", os.listdir(home.config))
        self.check_refusals_of_nothing(home)
        self.token = self.server.issue_token()
        self.run_give(home)
        self.check_answers(home)
        self.assertEqual(open_read(os.path.join(home.data, "vault.key")), key)

    def check_refusals_of_nothing(self, home):
        self.assertEqual(self.run_get(home).out, b"")
        self.assertIn("nothing to do", self.run_logout_all(home).said)
        self.assertIn("Nothing stored is damaged", self.run_discard(home).said)


if __name__ == "__main__":
    loomtest.main()
