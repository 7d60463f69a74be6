# SPDX-License-Identifier: Apache-2.0
"""What the rooms' libraries define for others begins with loom_; the program exports nothing, and
libloom-credentials what its header declares."""
import pathlib
import re
import subprocess
import tempfile
import unittest

import house

PREFIX = "loom_"
VERSION = "LOOM_CREDENTIALS_0"
# LIB-102. The process is the host's: the library does not even know how to change it.
NEVER_CALLED = set("""atexit on_exit __cxa_atexit setlocale setenv unsetenv putenv clearenv umask prctl
    setrlimit setrlimit64 prlimit chdir fchdir fork vfork execve posix_spawn exit _exit abort system popen
    alarm setitimer pthread_atfork mallopt dup2 daemon setuid seteuid setgid printf puts fputs fprintf
    __printf_chk __fprintf_chk curl_global_init_mem cJSON_InitHooks""".split())


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


def declared(header):
    """The functions that a header declares."""
    return set(re.findall(r"\b(loom_credentials_\w+)\(", header))


def undefined(path, *options):
    listing = subprocess.run(["nm", "--format=posix", "--undefined-only", *options, str(path)],
                             text=True, capture_output=True, timeout=60, check=True)
    return {line.split()[0].partition("@")[0] for line in listing.stdout.splitlines() if " U" in line}


def check_names(what, found, wanted):
    return [f"{what}: shows {name}, which the header does not declare" for name in sorted(found - wanted)] \
        + [f"{what}: lacks {name}" for name in sorted(wanted - found)]


def check_calls(what, names):
    return [f"{what}: calls {name}" for name in sorted(names & NEVER_CALLED)]


def check_shared(path, wanted):
    names = {name for name, _ in defined(path, "--dynamic")} - {VERSION}
    complaints = [f"{path.name}: {name} has no version" for name in names
                  if not name.endswith("@@" + VERSION)]
    return complaints + check_names(path.name, {name.partition("@")[0] for name in names}, wanted) \
        + check_calls(path.name, undefined(path, "--dynamic"))


def check_static(path, wanted):
    return check_names(path.name, {name for name, _ in defined(path)}, wanted) + \
        check_calls(path.name, undefined(path))


def check_credentials(root, build):
    wanted = declared(re.sub(r"/\*.*?\*/", "", house.document(root, "include/loom/credentials.h"),
                             flags=re.DOTALL))
    listed = set(re.findall(r"(?m)^ +(loom_\w+);", house.document(root, "src/api/credentials.map")))
    return check_names("src/api/credentials.map", listed, wanted) + \
        check_shared(build / "libloom-credentials.so", wanted) + \
        check_static(build / "libloom-credentials.a", wanted)


def law(root, build):
    libraries = sorted(build.glob("src/*/libloom_*.a"))
    if not libraries:
        return [f"no library found in {build}/src"]
    complaints = [complaint for library in libraries for complaint in check_library(library)]
    return complaints + check_program(build / "loom") + check_credentials(root, build)


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

    def build_shared(self, code):
        script = pathlib.Path(self.folder.name) / "map"
        script.write_text(VERSION + " { global: loom_credentials_*; local: *; };")
        return self.build(code, "-shared", "-fPIC", f"-Wl,--version-script={script}")

    def test_a_library_that_shows_more_or_less_than_its_header_is_seen(self):
        wanted = declared("int loom_credentials_a(void); int loom_credentials_b(int x);")
        both = "int loom_credentials_a(void) { return 0; } int loom_credentials_b(int x) { return x; }"
        self.assertEqual(wanted, {"loom_credentials_a", "loom_credentials_b"})
        self.assertEqual(check_shared(self.build_shared(both), wanted), [])
        self.assertEqual(check_static(self.build(both, "-c"), wanted), [])
        more = both + "int loom_credentials_c; int loom_d(void) { return 1; }"
        self.assertEqual(len(check_shared(self.build_shared(more), wanted)), 1)
        self.assertEqual(len(check_static(self.build(more, "-c"), wanted)), 2)
        self.assertEqual(len(check_static(self.build("int x;", "-c"), wanted)), 3)
        unversioned = self.build(both, "-shared", "-fPIC")
        self.assertEqual(len(check_shared(unversioned, wanted)), 2)

    def test_a_library_that_changes_the_process_is_seen(self):
        code = "int umask(int); int loom_credentials_a(void) { return umask(0); }"
        self.assertEqual(len(check_shared(self.build_shared(code), {"loom_credentials_a"})), 1)
        self.assertEqual(len(check_static(self.build(code, "-c"), {"loom_credentials_a"})), 1)


if __name__ == "__main__":
    house.enforce(law, SelfTest)
