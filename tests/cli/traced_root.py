# SPDX-License-Identifier: Apache-2.0
"""Which files are opened and made, and how, as strace sees it: nothing outside of our two folders, no
name that somebody could guess, nothing of the current folder, nothing by a link. Only root sees it: the
program's memory, and with it the names, cannot be read by others of the same user."""
import os
import re

import loomtest
from loomtest import LOOM

CALLS = "open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,link," \
        "linkat,symlink,symlinkat,unlink,unlinkat,chmod,fchmodat,truncate"
LOCKS = {"credentials.json.lock", "refused.json.lock"}


class TracedFiles(loomtest.Case):
    server_options = ("--approve-after", 0)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if os.geteuid() != 0:
            raise AssertionError("these cases are for root")

    def trace(self, *argv, **more):
        """[(call, folder, name, the rest)] of one run."""
        place = os.path.join(self.folder, "trace")
        result = self.loom("-f", "-y", "-qq", "-o", place, "-e", f"trace={CALLS}", LOOM, *argv,
                           program="/usr/bin/strace", **more)
        result.is_door = "get" in argv
        with open(place, errors="replace") as file:
            lines = file.read().splitlines()
        os.unlink(place)
        calls = []
        for line in lines:
            found = re.match(r'\d+ +(\w+)\((?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"([^"]*)"(.*)', line)
            if found:
                calls.append(found.groups())
        self.assertGreater(len(calls), 3, lines)
        return calls

    def commands(self):
        token = self.server.issue_token()
        fields = f"protocol=http\nhost={self.server.host}\n"
        password = f"username=oauth2\npassword={token}\n\n"
        return ((["login", self.server.url, "--with-token"], token),
                (["credential-helper", "get"], fields + "\n"),
                (["credential-helper", "erase"], fields + password),
                (["login", self.server.url], ""),
                (["logout", "--all"], ""))

    def is_made(self, call, rest):
        return call not in ("open", "openat", "openat2") or "O_CREAT" in rest

    def check_made(self, call, folder, name, rest):
        """In our folders alone, by descriptor; what is temporary has a name that nobody can guess."""
        locks = os.path.join(self.home.data, "lock")  # one for each server
        own = (self.home.config, self.home.data, locks)
        if call in ("mkdirat", "fchmodat"):
            path = os.path.join(folder, name)
            self.assertTrue(path.startswith(self.home.path + "/.") or path in own, path)
            return
        self.assertIn(folder, own, (call, folder, name))
        is_random = re.fullmatch(r"\.loom-[0-9a-f]{32}\.tmp", name) is not None
        if call == "openat":
            is_lock = re.fullmatch("[0-9a-f]{16}", name) if folder == locks else name in LOCKS
            self.assertTrue(is_random or is_lock, name)
            self.assertIn("O_NOFOLLOW", rest)
            self.assertEqual("O_EXCL" in rest, is_random, name)
            self.assertIn("0600", rest)
        elif call in ("renameat", "renameat2", "unlinkat"):
            self.assertTrue(is_random or name in loomtest.OWN_FILES, name)
        else:
            self.fail(f"{call} is not expected: {name}")

    def test_env_09_env_117_nothing_is_made_outside_of_our_folders(self):
        """Locks and temporary files too, whatever TMPDIR and XDG_RUNTIME_DIR say."""
        guessed = os.path.join(self.folder, "guessed")
        os.mkdir(guessed, 0o777)
        names = set()
        for argv, stdin in self.commands():
            for call, folder, name, rest in self.trace(
                    *argv, stdin=stdin.encode(), cwd=guessed,
                    env={"TMPDIR": guessed, "TMP": guessed, "XDG_RUNTIME_DIR": guessed,
                         "XDG_CACHE_HOME": guessed, "XDG_STATE_HOME": guessed}):
                if self.is_made(call, rest):
                    with self.subTest(argv[0], call=call, name=name):
                        self.check_made(call, folder, name, rest)
                        if name.startswith(".loom-") and call == "openat":
                            self.assertNotIn(name, names, "a name came twice")
                            names.add(name)
        self.assertGreater(len(names), 5)
        self.assertEqual(os.listdir(guessed), [])

    def test_env_08_env_118_nothing_is_read_from_the_current_folder(self):
        """Nor from one that an empty or relative variable would make of it."""
        here = os.path.join(self.folder, "here")
        os.mkdir(here)
        odd = {"XDG_CONFIG_HOME": ".", "XDG_DATA_HOME": "", "XDG_DATA_DIRS": "",
               "XDG_CONFIG_DIRS": ".", "LOCPATH": "", "LANGUAGE": "../es", "TMPDIR": "."}
        for argv, stdin in self.commands():
            for call, folder, name, _ in self.trace(*argv, stdin=stdin.encode(), cwd=here, env=odd):
                is_ours = folder is not None and folder != here
                self.assertTrue(name.startswith("/") or is_ours, (argv, call, folder, name))

    def test_fs_04_fs_167_our_files_are_opened_without_following(self):
        for argv, stdin in self.commands():
            for call, folder, name, rest in self.trace(*argv, stdin=stdin.encode()):
                if folder in (self.home.config, self.home.data) and call == "openat" \
                        and name != ".":
                    self.assertIn("O_NOFOLLOW", rest, (argv, name))
                    self.assertIn("O_CLOEXEC", rest, (argv, name))
                    self.assertNotIn("O_TRUNC", rest, (argv, name))


if __name__ == "__main__":
    loomtest.main()
