# SPDX-License-Identifier: Apache-2.0
"""What the tests of installing and packaging share: making both, looking into them, and using what is
installed as a person would."""
import atexit
import gzip
import io
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile

import gitcase
import servers
import watchdog

ROOT = pathlib.Path(os.environ["LOOM_ROOT"])
BUILD = pathlib.Path(os.environ["LOOM_BUILD"])
WAIT_S = 300
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


def run(*argv, env=None, cwd="/", **more):
    """Standard output of a tool; whatever fails is told whole."""
    done = subprocess.run(list(map(str, argv)), env=servers.clean_environment(
        **{"PATH": PATH, "HOME": "/nonexistent", **(env or {})}), cwd=cwd, stdin=subprocess.DEVNULL,
        text=True, capture_output=True, timeout=WAIT_S, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def install(prefix, destdir="", **more):
    """What `cmake --install --strip` does, less the list that it writes into the build folder."""
    scripts = re.findall(r'(?m)^ *include\("(.*)"\)$', (BUILD / "cmake_install.cmake").read_text())
    for script in scripts:
        run("cmake", "-D", f"CMAKE_INSTALL_PREFIX={prefix}", "-D", "CMAKE_INSTALL_DO_STRIP=1", "-P",
            script, env={"DESTDIR": str(destdir)}, **more)


def library_folder():
    """Below the prefix, as the build folder has it."""
    cache = (BUILD / "CMakeCache.txt").read_text()
    return re.search(r"(?m)^CMAKE_INSTALL_LIBDIR:PATH=(.*)$", cache).group(1)


def tree(folder):
    """{path: os.stat_result} of all that is there."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(place, name)
            found[os.path.relpath(path, folder)] = os.lstat(path)
    return found


def content(path):
    """The bytes of a file, unpacked if it is packed."""
    data = pathlib.Path(path).read_bytes()
    return gzip.decompress(data) if str(path).endswith(".gz") else data


def is_object(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def needed(path):
    """The libraries that a program or library is linked to, and its path of libraries."""
    dynamic = run("readelf", "--wide", "-d", path)
    return (set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)),
            re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", dynamic))


def make_debs(folder, **env):
    """The packages of the build folder, by their name."""
    os.makedirs(folder, exist_ok=True)
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder, cwd=folder, env=env)
    debs = [Deb(path) for path in sorted(pathlib.Path(folder).glob("*.deb"))]
    return {deb.name: deb for deb in debs}


_made = {}


def made():
    """The same, made once in a run."""
    if not _made:
        folder = tempfile.mkdtemp(prefix="loom-debs-")
        watchdog.tell("folder", folder)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _made.update(make_debs(folder))
    return _made


class Deb:
    """A Debian package."""

    def __init__(self, path):
        self.path = path
        self.fields = {}
        for line in run("dpkg-deb", "-f", path).splitlines():
            if line[0] == " ":
                self.fields[name] += "\n" + line
            else:
                name, _, value = line.partition(": ")
                self.fields[name] = value
        self.name = self.fields["Package"]

    def _tar(self, what):
        done = subprocess.run(["dpkg-deb", what, self.path], capture_output=True, timeout=WAIT_S,
                              check=True)
        return tarfile.open(fileobj=io.BytesIO(done.stdout))

    def control(self):
        """{name: text} of the control files."""
        with self._tar("--ctrl-tarfile") as archive:
            return {os.path.normpath(each.name): archive.extractfile(each).read().decode()
                    for each in archive if each.isfile()}

    def members(self, what="--fsys-tarfile"):
        with self._tar(what) as archive:
            return {os.path.normpath(each.name): each for each in archive}

    def unpack(self, folder):
        run("dpkg-deb", "-x", self.path, folder)
        return pathlib.Path(folder)

    def relations(self, field):
        """{package: condition or ""}; each alternative counts."""
        found = {}
        for each in re.split(r"[,|]", self.fields.get(field, "")):
            name, _, condition = each.strip().partition(" ")
            if name:
                found[name] = condition.strip("()")
        return found


class Installed(gitcase.GitCase):
    """Uses what is installed, from sign-in to sign-out, with git."""

    def use(self, folder):
        """`folder` holds the programs, and is put into the PATH."""
        self.bin = str(folder)
        loom = os.path.join(folder, "loom")
        server = self.serve("--approve-after", 0)
        said = self.loom("--version", program=loom).out.decode()
        self.assertIn(self.version(), said)
        self.login(server, program=loom)
        for number, helper in enumerate(("loom", os.path.join(folder, "git-credential-loom"))):
            self.use_helper(server, helper)
            self.git("clone", "-q", self.address(server), f"clone{number}")
        self.loom("logout", "--server", server.url, program=loom)
        self.git("clone", "-q", self.address(server), "later", status=None)  # nobody is let in now

    @staticmethod
    def version():
        return re.search(r"project\(loom VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
