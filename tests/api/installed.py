# SPDX-License-Identifier: Apache-2.0
"""What a programmer does who builds on the library: the examples, built against an installed tree that was
moved elsewhere, each in every way that is promised; and what the library shows of itself."""
import os
import pathlib
import re
import shutil
import subprocess

import library
import loomtest
import packages

LIB = packages.library_folder()
PREFIX = "/opt/loom"
EXAMPLES = packages.ROOT / "docs/examples"
HEADER = packages.ROOT / "include/loom/credentials.h"
CALL = "/oauth/userinfo"


class Installed(library.HostCase):
    def setUp(self):
        super().setUp()
        stage = os.path.join(self.folder, "stage")
        packages.install(PREFIX, stage, umask=0o022)
        self.there = pathlib.Path(self.folder) / "elsewhere" / "a loom"
        self.there.parent.mkdir()
        os.rename(stage + PREFIX, self.there)
        self.work = pathlib.Path(self.folder) / "work"
        self.work.mkdir()

    def run_tool(self, *argv, **env):
        done = subprocess.run(list(map(str, argv)), cwd=self.work, text=True, timeout=300,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False,
                              env=self.home.environment(
                                  PATH="/usr/local/bin:/usr/bin:/bin",
                                  PKG_CONFIG_PATH=self.there / LIB / "pkgconfig",
                                  LOOM_STORE="file", **env))
        self.assertEqual(done.returncode, 0, f"{argv}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def pkg_config(self, *words):
        """As a shell would take it apart: a blank in a path stands behind a backslash."""
        return [word.replace("\\ ", " ") for word in
                re.split(r"(?<!\\)\s+", self.run_tool("pkg-config", *words).strip())]

    def check(self, *argv, is_shared, **more):
        """It gets a page as the person who signed in, and renews what is over on the way."""
        env = {"LD_LIBRARY_PATH": self.there / LIB} if is_shared else {}
        self.seed(-1)
        result = self.loom(self.server.url, CALL, program=str(argv[0]),
                           env={"LOOM_STORE": "file", **env}, **more)
        self.assertIn(b'"ada"' if b'"ada"' in result.out else b"sub", result.out, result)
        self.assertNotEqual(self.newest(), self.old)
        needed = packages.needed(argv[0])[0]
        self.assertEqual(any("loom-credentials" in name for name in needed), is_shared, needed)
        # what has nothing to give says the program's own sentence
        result = self.loom("https://loom.example.com", CALL, program=str(argv[0]), status=1,
                           env={"LOOM_STORE": "file", **env})
        self.assertIn("you are not signed in to https://loom.example.com", result.said)
        self.assertIn("loom login --server https://loom.example.com", result.said)

    def loom(self, *argv, status=0, **more):
        """The examples have statuses of their own."""
        result = self.start(*argv, **more).finish()
        self.assertEqual(result.status, status, result)
        return result


class C(Installed):
    def test_find_package(self):
        for static in ("OFF", "ON"):
            build = self.work / f"cmake-{static}"
            self.run_tool("cmake", "-S", EXAMPLES / "c", "-B", build, f"-DSTATIC={static}",
                          f"-DCMAKE_PREFIX_PATH={self.there}")
            self.run_tool("cmake", "--build", build)
            self.check(build / "get", is_shared=static == "OFF")

    def test_find_package_of_another_version_finds_none(self):
        project = self.work / "other"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.18)\nproject(other LANGUAGES C)\n"
            "find_package(loom-credentials 0.2)\nif(loom-credentials_FOUND)\n"
            "  message(FATAL_ERROR found)\nendif()\n")
        self.run_tool("cmake", "-S", project, "-B", project / "build",
                      f"-DCMAKE_PREFIX_PATH={self.there}")

    def test_pkg_config(self):
        source, shared, static = EXAMPLES / "c/get.c", self.work / "get", self.work / "get-static"
        flags = self.pkg_config("--cflags", "--libs", "loom-credentials", "libcurl")
        self.run_tool("gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", source, "-o", shared,
                      *flags)
        self.check(shared, is_shared=True)
        flags = self.pkg_config("--cflags", "loom-credentials")
        flags += self.pkg_config("--variable=static_libs", "loom-credentials")
        self.run_tool("clang", "-std=c99", "-Wall", "-Wextra", "-Werror", source, "-o", static,
                      *flags, "-lcurl")
        self.check(static, is_shared=False)

    def test_the_header_stands_alone(self):
        """In each C and C++ that there is to be met."""
        unit = self.work / "unit.c"
        unit.write_text('#include <loom/credentials.h>\n#include <loom/credentials.h>\n'
                        'int main(void) { return loom_credentials_version() == 0; }\n')
        for words in (("gcc", "-std=c99"), ("gcc", "-std=c17"), ("clang", "-std=c99"),
                      ("g++", "-x", "c++", "-std=c++98"), ("g++", "-x", "c++", "-std=c++20"),
                      ("clang++", "-x", "c++", "-std=c++17")):
            self.run_tool(*words, "-Wall", "-Wextra", "-pedantic", "-Werror", unit, "-x", "none",
                          "-o", self.work / "unit",
                          *self.pkg_config("--cflags", "--libs", "loom-credentials"))
            self.run_tool(self.work / "unit", LD_LIBRARY_PATH=self.there / LIB)


    def test_the_calling_sequence_is_code(self):
        """As it stands in the header, in the document and in the manual, to be copied."""
        header = re.findall(r"(?m)^ \*     (.*)", HEADER.read_text().partition("*/\n#ifndef")[0])
        document = re.findall(r"(?m)^    (.*)",
                              (packages.ROOT / "docs/LIBRARY.md").read_text().partition("\n##")[0])
        manual = (packages.ROOT / "docs/man/loom-credentials.3").read_text()
        manual = manual.partition(".Sh EXAMPLES\n.Bd -literal\n")[2].partition("\n.Ed")[0].splitlines()
        for lines in (header, document, manual):
            self.assertGreater(len(lines), 10, lines)
            unit = self.work / "sequence.c"
            unit.write_text("#include <loom/credentials.h>\n#include <stdio.h>\n"
                            "extern void use(const char *bytes, size_t len);\n"
                            "void sequence(void) {\n" + "\n".join(lines) + "\n}\n")
            self.run_tool("gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-c", unit, "-o",
                          self.work / "sequence.o", *self.pkg_config("--cflags", "loom-credentials"))


class Rust(Installed):
    def test_cargo(self):
        """Without a crate, and without the network."""
        shutil.copytree(EXAMPLES / "rust", self.work / "rust")
        self.run_tool("cargo", "build", "--offline", "--manifest-path",
                      self.work / "rust/Cargo.toml", CARGO_HOME=self.work / "cargo",
                      CARGO_BUILD_JOBS="2", RUSTFLAGS="-D warnings")
        program = self.work / "rust/target/debug/loom-token"
        self.check(program, is_shared=True)
        self.home.seed(*((f"https://{name}.example.com", loomtest.marker(name))
                         for name in ("b", "a")))
        self.assertEqual(self.run_tool(program, LD_LIBRARY_PATH=self.there / LIB).splitlines(),
                         ["libloom-credentials 0.1.0", "https://a.example.com",
                          "https://b.example.com"])


class Shape(Installed):
    def test_soname_and_version(self):
        name = f"{LIB}/libloom-credentials.so"
        self.assertEqual(os.readlink(self.there / name), "libloom-credentials.so.0")
        self.assertEqual(os.readlink(self.there / f"{name}.0"), "libloom-credentials.so.0.1.0")
        dynamic = self.run_tool("readelf", "-dW", self.there / name)
        self.assertIn("Library soname: [libloom-credentials.so.0]", dynamic)
        self.assertRegex(dynamic, r"\bNODELETE\b")
        self.assertIn("LOOM_CREDENTIALS_0", self.run_tool("readelf", "-VW", self.there / name))

    def test_it_may_be_opened_and_closed_again(self):
        """LIB-116: what it opened itself would not survive its going."""
        code = (f"import ctypes, _ctypes\nlib = ctypes.CDLL({str(self.there / LIB)!r} + "
                "'/libloom-credentials.so.0')\nlib.loom_credentials_version.restype = "
                "ctypes.c_char_p\nprint(lib.loom_credentials_version().decode())\n"
                "_ctypes.dlclose(lib._handle)\nprint('so.0.1.0' in open('/proc/self/maps').read())")
        self.assertEqual(self.run_tool("python3", "-c", code).split(), ["0.1.0", "True"])


if __name__ == "__main__":
    loomtest.main()
