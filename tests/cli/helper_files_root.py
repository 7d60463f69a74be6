# SPDX-License-Identifier: Apache-2.0
"""Every file that an answer opens or looks for, as strace sees it. Only root sees it: the memory of the
program, and with it the names, cannot be read by others of the same user."""
import os
import re

import loomtest
from loomtest import LOOM

HOST = "loom.example.com"
GET = ("credential-helper", "get")
CALLS = "%file,mkdir,mkdirat,execve,execveat,socket,connect,clone,clone3,fork,vfork"
# What the loader opens before main(), and where the system has its libraries.
LOADER = re.compile(r"/etc/ld\.so\.(preload|cache)|/(usr/)?lib(64)?/(\S*/)?lib(c|popt|uriparser|cjson|"
                    r"crypto)\.so\.\d+")


class Files(loomtest.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if os.geteuid() != 0:
            raise AssertionError("these cases are for root")

    def seen(self, home, argv, host, **more):
        """[path] of each call that names one, in order, ours as ~; and no call of the others."""
        place = os.path.join(self.folder, "trace")
        stdin = f"protocol=https\nhost={host}\n\n".encode()
        result = self.loom("-f", "-qq", "-o", place, "-e", f"trace={CALLS}", LOOM, *argv,
                           program="/usr/bin/strace", home=home, stdin=stdin, status=0, **more)
        result.is_door = True
        with open(place, errors="replace") as file:
            lines = file.read().splitlines()
        os.unlink(place)
        paths = []
        for line in lines[1:]:  # the first is the program's own execve
            found = re.match(r'\d+ +(\w+)\((?:AT_FDCWD, |\d+, )?"([^"]*)"', line)
            self.assertTrue(found or "AT_EMPTY_PATH" in line or "+++" in line, line)
            if found and found[2]:
                self.assertNotIn(found[1], ("mkdir", "mkdirat", "execve", "connect"), line)
                paths.append(found[2].replace(home.path, "~"))
        return paths

    def own(self, paths):
        return [path for path in paths if not LOADER.fullmatch(path)]

    def walk(self, home, *names):
        """Component by component, each opened from the one before it."""
        return ["/", *home.path.strip("/").split("/"), *names]

    def test_a_token(self):
        home = self.new_home()
        home.seed((f"https://{HOST}", self.plant(loomtest.marker("kept"))))
        self.assertEqual(self.own(self.seen(home, GET, HOST)), [
            "~", "~",  # whose home is it, asked for each folder
            *self.walk(home, ".config", "loom"), "credentials.json", "credentials.json",
            "~/.config/loom/credentials.json",  # still the same?
            *self.walk(home, ".local", "share", "loom"), "vault.key",
            "~/.local/share/loom/refused.json"])

    def test_none_of_ours(self):
        home = self.new_home()
        home.seed((f"https://{HOST}", self.plant(loomtest.marker("kept"))))
        self.assertEqual(self.own(self.seen(home, GET, "elsewhere.example.com")), [
            "~", "~", *self.walk(home, ".config", "loom"), "credentials.json", "credentials.json"])

    def test_nothing_stored(self):
        home = self.new_home()
        self.assertEqual(self.own(self.seen(home, GET, HOST)), [
            "~", "~", *self.walk(home, ".config"), ".config"])  # and is that a link to nothing?

    def test_the_version(self):
        self.assertEqual(self.own(self.seen(self.new_home(), ("--version",), HOST)), [])


if __name__ == "__main__":
    loomtest.main()
