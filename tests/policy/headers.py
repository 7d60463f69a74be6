# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, with both compilers: whoever includes it needs nothing else."""
import concurrent.futures
import os
import pathlib
import subprocess
import tempfile
import unittest

import house

COMPILERS = ("gcc", "clang")
FLAGS = ("-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes",
         "-Werror", "-fsyntax-only")


def compile_alone(compiler, source_root, header):
    """Twice in a row, so that an include guard that is missing shows too."""
    unit = f'#include "{header}"\n#include "{header}"\nextern int loom_nothing;\n'
    done = subprocess.run([compiler, *FLAGS, "-I", str(source_root), "-x", "c", "-"], input=unit,
                          text=True, capture_output=True, timeout=60, check=False)
    return f"{header} with {compiler}:\n{done.stderr}" if done.returncode != 0 else None


def check(source_root, headers):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(compile_alone, compiler, source_root, header)
                for compiler in COMPILERS for header in headers]
        return [job.result() for job in jobs if job.result()]


def law(root, _build):
    headers = [path.removeprefix("src/") for path in house.texts(root, "src/**/*.h")]
    complaints = check(root / "src", headers)
    return complaints if headers else ["no header found"]


class SelfTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def complaints(self, text):
        (self.root / "a.h").write_text(text, encoding="utf-8")
        return check(self.root, ["a.h"])

    def test_a_header_that_stands_alone_is_let_be(self):
        self.assertEqual(self.complaints(
            "#ifndef A\n#define A\n#include <stddef.h>\nstruct a { size_t b; };\n#endif\n"), [])

    def test_a_header_that_needs_another_is_seen_by_both(self):
        self.assertEqual(len(self.complaints("#ifndef A\n#define A\nsize_t f(void);\n#endif\n")), 2)

    def test_a_header_without_guard_is_seen_by_both(self):
        self.assertEqual(len(self.complaints("struct a { int b; };\n")), 2)


if __name__ == "__main__":
    house.enforce(law, SelfTest)
