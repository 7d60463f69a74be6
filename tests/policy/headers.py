# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, with both compilers: whoever includes it needs nothing else."""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import tempfile
import unittest

import house

COMPILERS = ("gcc", "clang")
FLAGS = ("-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes",
         "-Werror", "-fsyntax-only")


def folders_by_room(build):
    """Where each room's sources look for the headers of the libraries that the room owns."""
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    folders = {}
    for entry in commands:
        words = shlex.split(entry["command"])
        room = pathlib.Path(entry["file"]).parent.name
        for word, following in zip(words, words[1:] + [""]):
            if word == "-isystem":
                folders.setdefault(room, set()).add(following)
            elif word.startswith("-I"):
                folders.setdefault(room, set()).add(word[2:])
    return folders


def compile_alone(compiler, folders, header):
    """Twice in a row, so that an include guard that is missing shows too."""
    unit = f'#include "{header}"\n#include "{header}"\nextern int loom_nothing;\n'
    own, *libraries = folders
    where = ["-I", own] + [word for folder in libraries for word in ("-isystem", folder)]
    done = subprocess.run([compiler, *FLAGS, *where, "-x", "c", "-"], input=unit, text=True,
                          capture_output=True, timeout=60, check=False)
    return f"{header} with {compiler}:\n{done.stderr}" if done.returncode != 0 else None


def check(source_root, headers, libraries):
    own = str(source_root)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(compile_alone, compiler,
                            [own, *sorted(libraries.get(header.split("/")[0], set()) - {own})], header)
                for compiler in COMPILERS for header in headers]
        return [job.result() for job in jobs if job.result()]


def law(root, build):
    headers = [path.removeprefix("src/") for path in house.texts(root, "src/**/*.h")]
    complaints = check(root / "src", headers, folders_by_room(build))
    return complaints if headers else ["no header found"]


class SelfTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def complaints(self, text):
        (self.root / "a.h").write_text(text, encoding="utf-8")
        return check(self.root, ["a.h"], {})

    def test_a_header_that_stands_alone_is_let_be(self):
        self.assertEqual(self.complaints(
            "#ifndef A\n#define A\n#include <stddef.h>\nstruct a { size_t b; };\n#endif\n"), [])

    def test_a_header_that_needs_another_is_seen_by_both(self):
        self.assertEqual(len(self.complaints("#ifndef A\n#define A\nsize_t f(void);\n#endif\n")), 2)

    def test_the_folders_of_a_room_are_read_from_the_build(self):
        (self.root / "compile_commands.json").write_text(json.dumps([
            {"file": "/x/src/store/a.c", "command": "cc -I/x/src -isystem /y -c a.c"},
            {"file": "/x/src/base/b.c", "command": "cc -I/x/src -c b.c"}]), encoding="utf-8")
        self.assertEqual(folders_by_room(self.root), {"store": {"/x/src", "/y"}, "base": {"/x/src"}})

    def test_a_header_without_guard_is_seen_by_both(self):
        self.assertEqual(len(self.complaints("struct a { int b; };\n")), 2)


if __name__ == "__main__":
    house.enforce(law, SelfTest)
