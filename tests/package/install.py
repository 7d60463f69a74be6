# SPDX-License-Identifier: Apache-2.0
"""`cmake --install`: what goes where, and that it works wherever it is carried to."""
import os
import pathlib
import re
import stat
import unittest

import loomtest
import packages

PREFIX = "/opt/a folder/loom"
LIBRARIES = packages.library_folder()
# All that there is to install, below the prefix. A new file belongs here once somebody has looked.
PLACES = (
    r"bin/(loom|git-credential-loom)",
    r"share/man/([a-z]{2}/)?man[135]/(git-credential-loom|loom[a-z-]*)\.[135](\.gz)?",
    r"share/bash-completion/completions/(loom|git-credential-loom)",
    r"share/zsh/(site-functions|vendor-completions)/_loom",
    r"share/fish/vendor_completions\.d/loom\.fish",
    r"share/doc/(loom|libloom-credentials)[a-z0-9-]*/.*",
    r"include/loom/credentials\.h",
    rf"{LIBRARIES}/libloom-credentials\.(a|so|so\.[0-9.]+)",
    rf"{LIBRARIES}/pkgconfig/loom-credentials\.pc",
    rf"{LIBRARIES}/cmake/(loom-credentials|LoomCredentials)/[\w-]+\.cmake",
)


class Staged(packages.Installed):
    def setUp(self):
        super().setUp()
        self.stage = os.path.join(self.folder, "stage")
        packages.install(PREFIX, self.stage, umask=0o022)
        self.there = self.stage + PREFIX


class Install(Staged):
    def test_everything_is_at_its_place_and_can_be_read_by_everybody(self):
        found = packages.tree(self.stage)
        below = PREFIX[1:] + "/"
        for path, info in found.items():
            if stat.S_ISDIR(info.st_mode):
                self.assertEqual(stat.S_IMODE(info.st_mode), 0o755, path)
                continue
            self.assertTrue(path.startswith(below), path)
            name = path.removeprefix(below)
            self.assertTrue(any(re.fullmatch(place, name) for place in PLACES), name)
            if stat.S_ISREG(info.st_mode):
                self.assertIn(stat.S_IMODE(info.st_mode),
                              (0o755,) if name.startswith("bin/") else (0o644, 0o755), name)
            else:
                target = os.readlink(os.path.join(self.stage, path))
                self.assertNotIn("/", target, f"{name} -> {target}")
        self.assertEqual(os.readlink(os.path.join(self.there, "bin/git-credential-loom")), "loom")

    def test_nothing_names_the_place_where_it_was_built_or_put(self):
        places = [os.fsencode(str(place)) for place in
                  (packages.ROOT, packages.BUILD, self.stage, PREFIX, "/usr/local")]
        seen = 0
        for path, info in packages.tree(self.stage).items():
            if not stat.S_ISREG(info.st_mode):
                continue
            whole = os.path.join(self.stage, path)
            data = packages.content(whole)
            for place in places:
                self.assertNotIn(place, data, f"{path} contains {place!r}")
            if packages.is_object(whole):
                seen += 1
                self.assertEqual(packages.needed(whole)[1], [], f"{path} has a path of its own")
        self.assertGreaterEqual(seen, 1)

    def test_what_is_moved_elsewhere_works(self):
        moved = os.path.join(self.folder, "moved")
        os.rename(self.there, moved)
        self.use(os.path.join(moved, "bin"))


if (packages.ROOT / "src/api/CMakeLists.txt").exists():
    class Library(Staged):
        def test_programs_that_are_built_against_it_find_it_where_it_was_moved_to(self):
            moved = pathlib.Path(self.folder) / "moved"
            os.rename(self.there, moved)
            description = moved / LIBRARIES / "pkgconfig/loom-credentials.pc"
            flags = packages.run("pkg-config", "--cflags", "--libs", "loom-credentials",
                                 env={"PKG_CONFIG_PATH": description.parent}).split()
            for kind, folder in (("-I", "include"), ("-L", LIBRARIES)):
                given = [os.path.realpath(flag[2:]) for flag in flags if flag.startswith(kind)]
                self.assertIn(os.path.realpath(moved / folder), given, flags)
            source = moved.parent / "program.c"
            source.write_text("#include <loom/credentials.h>\n"
                              f"int main(void) {{ return {self.version_call()} == 0; }}\n")
            packages.run("gcc", "-o", moved.parent / "program", source, *flags)
            packages.run(moved.parent / "program", env={"LD_LIBRARY_PATH": moved / LIBRARIES})
            self.find_package(moved)

        def version_call(self):
            """The call without arguments that tells the version."""
            header = (packages.ROOT / "include/loom/credentials.h").read_text()
            return re.search(r"\b(loom_\w*version\w*)\(void\)", header).group(1) + "()"

        def find_package(self, moved):
            project = moved.parent / "project"
            project.mkdir()
            name = next((moved / LIBRARIES / "cmake").iterdir()).name
            (project / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.25)\nproject(use LANGUAGES C)\n"
                f"find_package({name} REQUIRED CONFIG)\n"
                "get_property(found DIRECTORY PROPERTY IMPORTED_TARGETS)\nlist(LENGTH found count)\n"
                "if(count EQUAL 0)\n  message(FATAL_ERROR \"no targets\")\nendif()\n")
            packages.run("cmake", "-S", project, "-B", project / "build", "-D",
                         f"CMAKE_PREFIX_PATH={moved}", "-G", "Ninja")


class Self(unittest.TestCase):
    def test_a_file_at_another_place_is_seen(self):
        for name in ("bin/loom-dev-server", "lib/libloom_base.a", "share/man/man1/other.1",
                     f"{LIBRARIES}/cmake/Other/x.cmake", "bin/loom2", "etc/loom.conf"):
            self.assertFalse(any(re.fullmatch(place, name) for place in PLACES), name)


if __name__ == "__main__":
    loomtest.main()
