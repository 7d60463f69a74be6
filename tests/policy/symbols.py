# SPDX-License-Identifier: Apache-2.0
"""What the rooms' libraries define for others begins with loom_; the program exports nothing."""
import pathlib
import subprocess
import tempfile
import unittest

import house

PREFIX = "loom_"


def defined(path, *options):
    """(name, kind) of the external symbols that a library or program defines."""
    listing = subprocess.run(["nm", "--format=posix", "--extern-only", "--defined-only", *options,
                              str(path)], text=True, capture_output=True, timeout=60, check=True)
    rows = [line.split() for line in listing.stdout.splitlines()]
    return [(row[0], row[1]) for row in rows if len(row) >= 2]


def check_library(path):
    return [f"{path.name}: {name} ({kind}) does not begin with {PREFIX}"
            for name, kind in defined(path) if not name.startswith(PREFIX)]


def check_program(path):
    # A name with a version is a library's own data that the linker copied here, like stderr.
    return [f"{path.name}: exports {name} ({kind})" for name, kind in defined(path, "--dynamic")
            if "@" not in name]


def law(_root, build):
    libraries = sorted(build.glob("src/*/libloom_*.a"))
    if not libraries:
        return [f"no library found in {build}/src"]
    complaints = [complaint for library in libraries for complaint in check_library(library)]
    return complaints + check_program(build / "loom")


class SelfTest(unittest.TestCase):
    CODE = ("int loom_a; static int b; int c(void); static int d(void) { return b; }"
            "int loom_e(void) { return d() + c(); }")

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.folder.cleanup()

    def build(self, code, *flags):
        out = pathlib.Path(self.folder.name) / "out"
        subprocess.run(["gcc", "-x", "c", "-", "-o", str(out), *flags], input=code, text=True,
                       timeout=60, check=True)
        return out

    def test_own_and_static_names_are_let_be(self):
        self.assertEqual(check_library(self.build(self.CODE, "-c")), [])

    def test_functions_data_and_common_of_another_name_are_seen(self):
        for code in ("int c(void) { return 0; }", "int g = 1;", "const int h = 1;", "int Loom_i;",
                     "__attribute__((weak)) int w(void) { return 0; }"):
            self.assertTrue(check_library(self.build(self.CODE + code, "-c")), code)
        self.assertTrue(check_library(self.build("int j;", "-c", "-fcommon")))

    def test_a_program_that_exports_is_seen(self):
        code = "int loom_a(void) { return 0; } int main(void) { return loom_a(); }"
        self.assertEqual(check_program(self.build(code)), [])
        self.assertTrue(check_program(self.build(code, "-rdynamic")))


if __name__ == "__main__":
    house.enforce(law, SelfTest)
