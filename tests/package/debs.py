# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: what is in them, what they say of themselves, and that they can be installed,
used and removed."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

import keyrings
import loomtest
import openings
import packages

MACHINE = packages.run("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()
ALL = {"loom"}
if (packages.ROOT / "src/api/CMakeLists.txt").exists():
    ALL |= {"libloom-credentials0", "libloom-credentials-dev"}


class Made(packages.Installed):
    """Every case has the packages as files."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debs = packages.made()

    def unpack(self, name):
        return self.debs[name].unpack(os.path.join(self.folder, name))


class Contents(Made):
    def test_lintian_has_nothing_to_complain_of(self):
        root = ["--allow-root"] if os.geteuid() == 0 else []
        home = self.home.path  # where it looks for a configuration
        said = packages.run("lintian", *root, "--fail-on", "error,warning", "--show-overrides",
                            *[deb.path for deb in self.debs.values()], env={"HOME": home})
        self.assertEqual(said, "")

    def test_the_packages_are_there_and_say_who_they_are(self):
        self.assertEqual(set(self.debs), ALL)
        for name, deb in self.debs.items():
            expected = {"loom": ("vcs", "foreign"), "libloom-credentials0": ("libs", "same"),
                        "libloom-credentials-dev": ("libdevel", "same")}[name]
            self.assertEqual((deb.fields["Section"], deb.fields["Multi-Arch"]), expected)
            self.assertEqual(deb.fields["Priority"], "optional")
            self.assertEqual(deb.fields["Version"], self.version())
            self.assertRegex(deb.fields["Maintainer"], r"^[^<@]+ <[^<@>]+@[^<@>]+>$")
            self.assertGreater(deb.fields["Description"].count("\n"), 4)
            self.assertTrue(deb.path.name.startswith(f"{name}_{self.version()}_"))
        if "libloom-credentials-dev" in self.debs:
            self.assertEqual(self.debs["libloom-credentials-dev"].relations("Depends").get(
                "libloom-credentials0"), f"= {self.version()}")

    def test_owners_rights_and_times_do_not_tell_who_packed(self):
        for deb in self.debs.values():
            times = set()
            for name, member in deb.members().items():
                self.assertEqual((member.uid, member.gid, member.uname, member.gname),
                                 (0, 0, "root", "root"), name)
                mode = 0o777 if member.issym() else 0o755 if member.isdir() or (
                    name.startswith("usr/bin/")) else 0o644
                self.assertEqual(member.mode, mode, name)
                times.add(member.mtime)
            times |= {member.mtime for member in deb.members("--ctrl-tarfile").values()}
            self.assertEqual(len(times), 1, times)

    def test_sums_are_right_and_packed_files_hold_no_time(self):
        for name, deb in self.debs.items():
            place = self.unpack(name)
            sums = dict(reversed(line.split("  ", 1))
                        for line in deb.control()["md5sums"].splitlines())
            files = {str(path.relative_to(place)) for path in place.rglob("*")
                     if path.is_file() and not path.is_symlink()}
            self.assertEqual(set(sums), files)
            for path, expected in sums.items():
                data = (place / path).read_bytes()
                self.assertEqual(hashlib.md5(data, usedforsecurity=False).hexdigest(), expected)
                if path.endswith(".gz"):
                    self.assertEqual(data[4:8], b"\0\0\0\0", f"{path} was packed with its time")
                self.assertNotIn(os.fsencode(packages.ROOT), packages.content(place / path), path)

    def test_documents_are_where_debian_wants_them(self):
        for name, deb in self.debs.items():
            place = self.unpack(name) / "usr/share"
            self.assertIn("common-licenses/Apache-2.0", (place / "doc" / name / "copyright").read_text())
            log = packages.content(place / "doc" / name / "changelog.gz").decode()
            self.assertRegex(log, rf"\Aloom \({re.escape(self.version())}\) unstable; ")
            for page in place.rglob("man/**/*.[1-9]*"):
                self.assertEqual(page.suffix, ".gz", page)
        self.assertIn("# Changelog", packages.content(
            pathlib.Path(self.folder) / "loom/usr/share/doc/loom/CHANGELOG.md.gz").decode())

    def test_no_script_runs_when_it_is_installed(self):
        for name, deb in self.debs.items():
            extra = {"shlibs", "symbols", "triggers"} if name == "libloom-credentials0" else set()
            self.assertEqual(set(deb.control()), {"control", "md5sums"} | extra)


class Needs(Made):
    """Nothing that is linked or opened is missing among the packages that are asked for."""

    def check(self, name, path):
        """`path`: the object in the package `name`. Returns what it opens at first use."""
        deb = self.debs[name]
        linked, _ = packages.needed(path)
        opened = openings.noted(path)
        self.assertEqual(openings.named(path) - linked, set(opened), "named in the object's bytes")
        fields = {"required": "Depends", "recommended": "Recommends", "suggested": "Suggests"}
        owners = openings.owners(linked | set(opened), MACHINE)
        for soname, owner in owners.items():
            field = fields[opened.get(soname, "required")]
            self.assertIn(owner, deb.relations(field), f"{soname} belongs into {field}")
        # Nor is more asked for than that.
        self.assertEqual(set(deb.relations("Depends")), {
            owner for soname, owner in owners.items()
            if opened.get(soname, "required") == "required"})
        return opened

    def test_what_the_program_links_and_opens_is_asked_for(self):
        self.assertIn("libcurl.so.4", self.check("loom", self.unpack("loom") / "usr/bin/loom"))
        self.assertEqual(self.debs["loom"].relations("Depends")["libcurl4"], ">= 7.88")

    def test_what_really_gets_opened_is_what_the_object_says(self):
        """Signing in with a QR code, with a system keyring, and asking for the token again."""
        loom = str(self.unpack("loom") / "usr/bin/loom")
        desk = keyrings.Desk(os.path.join(self.folder, "desk"))
        self.addCleanup(desk.stop)
        desk.start_bus()
        desk.start_gnome_keyring()
        log = os.path.join(self.folder, "ld")
        env = {**desk.environment, "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": log}
        server = self.serve("--approve-after", 0)
        opened = openings.noted(loom)
        code = ["--qr"] if "libqrencode.so.4" in opened else []
        words = ["login", "--server", server.url, "--cacert", server.authority.file, *code]
        screen = {"terminal": ("stdin", "stdout", "stderr")} if code else {}
        self.loom(*words, program=loom, env={**env, "TERM": "xterm", "NO_COLOR": "1"}, **screen)
        self.assertIn("password", self.get(server.url, program=loom, env=env))
        self.loom("logout", "--server", server.url, program=loom, env=env)
        self.assertEqual(openings.seen(log, loom), set(opened))

    if "libloom-credentials0" in ALL:
        def test_what_the_library_links_and_opens_is_asked_for(self):
            folder = self.unpack("libloom-credentials0") / "usr/lib" / MACHINE
            self.assertIn("libcurl.so.4", self.check("libloom-credentials0",
                                                     folder / "libloom-credentials.so.0"))
            control = self.debs["libloom-credentials0"].control()
            self.assertEqual(control["triggers"], "activate-noawait ldconfig\n")
            self.assertEqual(control["shlibs"], "libloom-credentials 0 libloom-credentials0 "
                                                f"(>= {self.version()})\n")
            self.assertIn("loom_credentials_open@", control["symbols"])

    def test_an_opening_that_nobody_noted_is_seen(self):
        source = self.folder + "/x.c"
        pathlib.Path(source).write_text(
            '#include <dlfcn.h>\nint main(void) { return dlopen("libother.so.3", 1) != 0; }\n')
        packages.run("gcc", "-o", source[:-2], source)
        self.assertEqual(openings.noted(source[:-2]), {})
        self.assertEqual(openings.named(source[:-2]) - packages.needed(source[:-2])[0],
                         {"libother.so.3"})

    def test_the_system_can_have_them(self):
        said = packages.run("apt-get", "install", "--simulate", "--no-install-recommends",
                            "--option", "Debug::NoLocking=true",
                            *[deb.path for deb in self.debs.values()])
        for name in self.debs:
            self.assertIn(f"Inst {name} ", said)
            self.assertIn(f"Conf {name} ", said)


class InARoot(Made):
    """A root of its own: no chroot, but dpkg's whole work on other folders."""

    def dpkg(self, *words):
        return packages.run("fakeroot", "dpkg", f"--root={self.root}", "--log=/dev/null", *words)

    def make_root(self):
        """In which the packages that ours ask for count as installed, as they are on this machine."""
        self.root = os.path.join(self.folder, "root")
        administration = pathlib.Path(self.root) / "var/lib/dpkg"
        for folder in ("info", "updates", "triggers"):
            (administration / folder).mkdir(parents=True)
        wanted = {name for deb in self.debs.values() for name in deb.relations("Depends")} - ALL
        stanzas = packages.run("dpkg-query", "--status", *sorted(wanted)).strip() + "\n"
        (administration / "status").write_text(stanzas)
        for name in wanted:
            for suffix in ("", ":" + packages.run("dpkg", "--print-architecture").strip()):
                (administration / f"info/{name}{suffix}.list").touch()

    def files(self):
        return {path for path in packages.tree(self.root) if not path.startswith("var/lib/dpkg")}

    def test_installed_used_and_removed(self):
        self.make_root()
        before = self.files()
        self.dpkg("--install", *[deb.path for deb in self.debs.values()])
        self.assertEqual(self.dpkg("--audit", *ALL), "")
        self.assertEqual(self.dpkg("--verify", *ALL), "")
        for name in ALL:
            self.assertIn("install ok installed", self.dpkg("--status", name))
        self.use(os.path.join(self.root, "usr/bin"))
        self.dpkg("--purge", *ALL)
        self.assertEqual(self.files(), before)

    def test_without_libcurl_it_is_not_installed(self):
        self.make_root()
        status = pathlib.Path(self.root) / "var/lib/dpkg/status"
        stanzas = status.read_text().split("\n\n")
        status.write_text("\n\n".join(each for each in stanzas
                                      if not each.startswith("Package: libcurl4\n")))
        with self.assertRaisesRegex(AssertionError, "libcurl4"):
            self.dpkg("--install", self.debs["loom"].path)


class Making(Made):
    def test_what_is_opened_and_in_no_package_ends_the_making(self):
        """The same script on an installation with a program that opens what nobody has."""
        build, target = pathlib.Path(self.folder) / "build", pathlib.Path(self.folder) / "out"
        build.mkdir()
        program = build / "program"
        shutil.copy(packages.BUILD / "loom", program)
        data = program.read_bytes().replace(b'["libcurl.so.4"]', b'["libcurx.so.9"]')
        program.write_bytes(data)
        (build / "part.cmake").write_text(
            f'file(INSTALL "{program}" DESTINATION "${{CMAKE_INSTALL_PREFIX}}/bin" TYPE PROGRAM)\n')
        (build / "cmake_install.cmake").write_text(f'include("{build}/part.cmake")\n')
        done = subprocess.run(["bash", packages.ROOT / "docs/package/deb.sh", build, target, "0.1.0",
                               "A <a@b.invalid>", ""], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("libcurx.so.9", done.stderr)

    def test_the_time_is_the_last_commit_s_or_the_changelog_s(self):
        expected = None
        if (packages.ROOT / ".git").exists():
            expected = packages.run("git", "-c", f"safe.directory={packages.ROOT}", "-C",
                                    packages.ROOT, "log", "-1", "--format=%ct").strip()
        else:
            expected = str(int(os.stat(packages.ROOT / "docs/CHANGELOG.md").st_mtime))
        members = self.debs["loom"].members()
        self.assertEqual({str(member.mtime) for member in members.values()}, {expected})


if __name__ == "__main__":
    loomtest.main()
