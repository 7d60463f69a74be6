# SPDX-License-Identifier: Apache-2.0
"""The manual is read without complaint by both readers that people have, on a screen of 80 columns, and
is installed, with the completions, where man and the shells look. What it says is options.py's."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import house

COLUMNS = 80
SHELLS = {"bash-completion/completions/loom": "bash", "zsh/site-functions/_loom": "zsh",
          "fish/vendor_completions.d/loom.fish": "fish"}
# Which pages are there, is options.py's; whether a page of git or curl is, depends on the machine.
ELSEWHERE = re.compile(r"referenced manual not found|outdated mandoc\.db")


def run(*argv, folder, **environment):
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder, "LC_ALL": "C.UTF-8",
                   **environment}
    return subprocess.run(argv, env=environment, cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)


def check_page(name, text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        pathlib.Path(path).write_text(text, encoding="utf-8")
        lint = run("mandoc", "-T", "lint", "-W", "style", "-M", folder, path, folder=folder)
        page = run("man", "--warnings", "-E", "UTF-8", "-l", path, folder=folder, MANWIDTH=str(COLUMNS),
                   MAN_KEEP_FORMATTING="", PAGER="cat")
    complaints = [line for line in (lint.stdout + lint.stderr).splitlines()
                  if not ELSEWHERE.search(line)]
    complaints += [f"{name}: man says: {line}" for line in page.stderr.splitlines()]
    complaints += [f"{name}: wider than {COLUMNS} columns: {line}" for line in page.stdout.splitlines()
                   if len(line) > COLUMNS]
    if re.search(r"^BSD\b", page.stdout, re.M):
        complaints.append(f"{name}: .Os names no system, so the last line calls it BSD's")
    return complaints + ([] if page.returncode == 0 and len(page.stdout) > 500
                         else [f"{name}: man shows nothing"])


def check_installed(build, pages):
    """As `cmake --install` does it for this part: found by man, and the very scripts."""
    with tempfile.TemporaryDirectory() as folder:
        done = run("cmake", "-D", "CMAKE_INSTALL_PREFIX=/opt/loom", "-P",
                   str(build / "docs" / "cmake_install.cmake"), folder=folder, DESTDIR=folder)
        if done.returncode != 0:
            return [done.stderr]
        share = pathlib.Path(folder) / "opt" / "loom" / "share"
        complaints = [f"{name}: man does not find it" for name in pages
                      if run("man", "-M", str(share / "man"), "-w", *reversed(name.rsplit(".", 1)),
                             folder=folder).returncode != 0]
        for place, shell in SHELLS.items():
            script = run(str(build / "loom"), "completion", shell, folder=folder).stdout
            path = share / place
            if not path.is_file() or path.read_text(encoding="utf-8") != script:
                complaints.append(f"share/{place}: is not what loom completion {shell} prints")
    return complaints


def law(root, build):
    pages = {path.rpartition("/")[2]: text
             for path, text in house.texts(root, "docs/man/*.[135]").items()}
    if not pages:
        return ["there is no manual"]
    return [complaint for name, text in pages.items() for complaint in check_page(name, text)] + (
        check_installed(build, pages))


class SelfTest(unittest.TestCase):
    PAGE = """.\\" SPDX-License-Identifier: Apache-2.0
.Dd November 23, 2026
.Dt LOOM-TEST 1
.Os loom
.Sh NAME
.Nm loom-test
.Nd be looked at
.Sh SYNOPSIS
.Nm loom
.Cm test
.Sh DESCRIPTION
""" + "A sentence of the page that says nothing but that it is there.\n" * 8

    def test_a_page_that_is_right_is_let_be(self):
        self.assertEqual(check_page("loom-test.1", self.PAGE), [])

    def test_what_a_reader_complains_of_is_seen(self):
        for text in (self.PAGE + ".Frob x\n", self.PAGE + ".Bl -tag -width Ds\n",
                     self.PAGE.replace(".Dd November 23, 2026\n", ""), self.PAGE + "A blank. \n",
                     self.PAGE.replace(".Os loom\n", ".Os\n"),
                     self.PAGE + ".Bd -literal\n" + "x" * 81 + "\n.Ed\n", "nothing\n"):
            self.assertTrue(check_page("loom-test.1", text), text[-80:])


if __name__ == "__main__":
    house.enforce(law, SelfTest)
