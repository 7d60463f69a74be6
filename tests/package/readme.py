# SPDX-License-Identifier: Apache-2.0
"""README.md followed word by word, from a fresh copy of the sources in another folder: every indented
block, every command in the text, every line for a shell's profile, in their order.

Nothing is replaced but what NAMES and INSTEAD say. https://loom.example.com and https://example.com/loom
are two development servers: a proxy leads there, as a company's would, and their certificates come from
an authority that the environment names. DESTDIR stands for the right to write to /usr/local.

The copy is built on the way, under another umask, time zone and locale than the build that is tested:
both have to give the same bytes.
"""
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import threading
import unittest

import loomtest
import packages
import servers

README = (packages.ROOT / "README.md").read_text(encoding="utf-8")
COMMAND_MAX_S = 400  # one of them builds everything, on a machine that does other things as well

# What a reader puts in.
NAMES = {"OWNER/REPO": "ada/hello", "FILE": "$CA_FILE", "COMMAND": "login", "SECONDS": "60",
         "PREFIX": "$HOME/prefix", "SERVER": "https://loom.example.com", "URL": "https://loom.example.com"}
# Commands of the text that are not run, or not so, and why.
INSTEAD = {
    "./dev test": (None, "runs this very test"),
    "./dev help": (None, "./dev demo and others are run; what it prints is compared in dev itself"),
    "sudo apt install ./build/debs/loom_*.deb": (
        "apt-get install --simulate --option Debug::NoLocking=true ./build/debs/loom_*.deb",
        "installs into this machine; package.debs installs into a root of its own"),
}
# What has to be done before a command makes sense, because the text told to undo it before.
BEFORE = {
    r"git clone ": "loom login --server https://loom.example.com",
    r"loom (token|status)": "loom login --server https://loom.example.com",
}
# What shows that a command did its work; and whoever reads on wants back what was taken away.
AFTER = {
    r"\./dev uninstall": "./dev install",
    r"loom setup-git ": "loom login --server https://loom.example.com && "
                        "git ls-remote https://loom.example.com/git/OWNER/REPO.git",
}
# What a command has to say.
SAYS = {
    r"\./dev demo": "Signed out of https://localhost",
    r"loom login --server https://loom\.example\.com$": "Signed in to https://loom.example.com",
    r"loom logout --server ": "Signed out of https://loom.example.com",
    r"loom status$": "https://loom.example.com",
    r"loom token .*\| curl ": '"username"',
    r"\./dev package": "build/debs/loom_",
}


def commands(text):
    """The commands of a document in their order: [(kind, command)].

    A block is indented by four or fenced, a span stands in back ticks within a paragraph; the line for
    a shell's profile is of the kind of that shell."""
    found, block, fence, paragraph = [], [], None, []

    def end_block():
        if block:
            joined = "\n".join(block).replace("\\\n", " ")
            found.extend(("block", line) for line in joined.splitlines() if line.strip())
            block.clear()

    def end_paragraph():
        whole = " ".join(paragraph)
        for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", whole):
            if re.match(r"(\./dev|loom|git|curl|cmake|cpack|sudo|man) [^=]", span):
                found.append(("span", span))
        paragraph.clear()

    for line in text.splitlines() + [""]:
        if fence is not None:
            if line.startswith(fence):
                fence = None
                end_block()
            else:
                block.append(line)
        elif line.startswith("```"):
            end_paragraph()
            fence = "```"
        elif line.startswith("    ") and not paragraph:
            block.append(line[4:])
        elif line.startswith("|"):
            end_block()
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == 3 and cells[0] in ("bash", "zsh", "fish"):
                found.append((cells[0], "\n".join(cell.strip("`") for cell in cells[1:])))
        elif line.strip():
            end_block()
            paragraph.append(line.strip())
        else:
            if block:
                block.append("")
            end_paragraph()
        if not line.startswith("    ") and fence is None:
            end_block()
    return found


class NamedProxy:
    """A proxy that leads names to ports on loopback, and nothing else anywhere."""

    def __init__(self, ports):
        self.ports = ports
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(4096)
                if not piece:
                    return
                head += piece
            method, name = head.split(b"\r\n")[0].split()[:2]
            port = self.ports.get(name.decode())
            if method != b"CONNECT" or port is None:
                connection.sendall(b"HTTP/1.1 502 Nobody is there\r\n\r\n")
                return
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with socket.create_connection(("127.0.0.1", port)) as far:
                back = threading.Thread(target=self._copy, args=(far, connection), daemon=True)
                back.start()
                self._copy(connection, far)
                back.join(5)

    @staticmethod
    def _copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:  # the other side left
            pass

    def stop(self):
        self.socket.close()


class Readme(packages.Installed):
    def setUp(self):
        super().setUp()
        self.copy_sources()
        self.root = os.path.join(self.folder, "root")
        self.start_servers()
        self.shell = self.environment_of_the_reader()
        self.signed_in = False
        self.work = pathlib.Path(self.home.path) / "work"
        self.work.mkdir()

    def copy_sources(self):
        """What a checkout holds, as somebody with a strict umask gets it."""
        self.copy = pathlib.Path(self.folder) / "somewhere else" / "loom"

        def leave_out(folder, names):
            return [name for name in names if name in ("build", ".git", "__pycache__")
                    and os.path.samefile(folder, packages.ROOT)]

        shutil.copytree(packages.ROOT, self.copy, symlinks=True, ignore=leave_out,
                        copy_function=shutil.copy)
        for path, info in packages.tree(self.copy).items():
            if not stat.S_ISLNK(info.st_mode):
                os.chmod(self.copy / path, stat.S_IMODE(info.st_mode) & 0o700)

    def start_servers(self):
        names = ("DNS:loom.example.com", "DNS:example.com")
        ports = {}
        for url, path in (("https://loom.example.com", ()),
                          ("https://example.com/loom", ("--base-path", "/loom"))):
            server = self.start_server("--public-url", url, "--repos", self.repos, *path,
                                       "--approve-after", 0, names=names)
            ports[url.split("/")[2] + ":443"] = server.port
        self.proxy = NamedProxy(ports)
        self.addCleanup(self.proxy.stop)

    def environment_of_the_reader(self):
        home, bin = self.home.path, self.root + "/usr/local/bin"
        variables = servers.clean_environment(
            HOME=home, TMPDIR=self.home.tmp, PATH=f"{bin}:{packages.PATH}", DESTDIR=self.root,
            HTTPS_PROXY=self.proxy.url, LOOM_CA_FILE=self.authority.file,
            CURL_CA_BUNDLE=self.authority.file, CA_FILE=self.authority.file, LOOM_BROWSER="",
            GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0", GIT_SSL_CAINFO=self.authority.file,
            TZ="Pacific/Chatham", LC_ALL="C", SOURCE_DATE_EPOCH="1700000000")
        return variables

    def do(self, command, program=("bash", "-c")):
        """Run it as the reader would, and return what it said. ./dev is in the copy."""
        words = [*program, f"set -euo pipefail\numask 077\n{command}"]
        place = self.copy if re.search(r"\./|\bbuild/", command) else self.work
        done = subprocess.run(words, env=self.shell, cwd=place, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=COMMAND_MAX_S, check=False)
        print(f"$ {command}", flush=True)
        self.assertEqual(done.returncode, 0, f"$ {command}\n{done.stdout[-4000:]}")
        return done.stdout

    def follow(self, command):
        for place, name in NAMES.items():
            command = re.sub(rf"(?<![\w$]){place}(?!\w)", name, command)
        for pattern, first in BEFORE.items():
            if re.search(pattern, command) and not self.signed_in:
                self.follow(first)
        said = self.do(command)
        if command.startswith("loom login"):
            self.signed_in = True
        if command.startswith("loom logout"):
            self.signed_in = False
        for pattern, words in SAYS.items():
            if re.match(pattern, command):
                self.assertIn(words, said, command)
                self.said.add(pattern)
        for pattern, then in AFTER.items():
            if re.match(pattern, command):
                self.follow(then)

    def follow_profile(self, shell, lines):
        """The file holds the line, and an interactive shell starts with it."""
        environment = {**self.shell, "LOOM_SERVER": "nowhere"}
        name, line = lines.split("\n")
        path = pathlib.Path(os.path.expanduser(name.replace("~", self.home.path)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line + "\n")
        done = subprocess.run([shell, "-i", "-c", "printenv LOOM_SERVER"], env=environment,
                              cwd=self.work, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.stdout, "https://loom.example.com\n", done.stderr)
        path.unlink()
        self.shell["LOOM_SERVER"] = "https://loom.example.com"  # from now on

    def test_every_command_does_what_the_text_says(self):
        self.said, used, shells = set(), set(), set()
        followed = set()
        for kind, command in commands(README):
            if command in followed:
                continue
            followed.add(command)
            if command in INSTEAD:
                used.add(command)
                if INSTEAD[command][0] is not None:
                    self.follow(INSTEAD[command][0])
            elif kind in ("bash", "zsh", "fish"):
                shells.add(kind)
                self.follow_profile(kind, command)
            else:
                self.follow(command)
        self.assertEqual(used, set(INSTEAD), "INSTEAD has a row for a command that is gone")
        self.assertEqual(self.said, set(SAYS), "SAYS has a row for a command that is gone")
        self.assertEqual(shells, {"bash", "zsh", "fish"})
        self.check_bytes()

    def check_bytes(self):
        """Built elsewhere, by another umask and at another time: the same bytes."""
        built = self.copy / "build/release"
        for name in ("loom", "libloom-credentials.so.0", "libloom-credentials.a"):
            if (packages.BUILD / name).exists():
                self.assertEqual((packages.BUILD / name).read_bytes(), (built / name).read_bytes(),
                                 f"{name} depends on where it was built")
        os.umask(0o022)
        theirs = packages.make_debs(os.path.join(self.folder, "debs"), SOURCE_DATE_EPOCH="1700000000")
        self.assertEqual({deb.path.name for deb in theirs.values()},
                         {path.name for path in (self.copy / "build/debs").iterdir()})
        for deb in theirs.values():
            self.assertEqual(deb.path.read_bytes(),
                             (self.copy / "build/debs" / deb.path.name).read_bytes(), deb.name)


class Self(unittest.TestCase):
    def test_commands_are_found_in_blocks_text_and_tables(self):
        text = ("Say `loom help`, or `git clone\nURL` twice, not `LOOM_X=1` or `loom`.\n\n    one --x \\\n"
                "      y\n    two\n\n| shell | file | line |\n|---|---|---|\n| fish | `~/f` | `set X` |\n\n"
                "```sh\nthree\n```\n- a list\n    goes on\n")
        self.assertEqual([(kind, " ".join(command.split())) for kind, command in commands(text)],
                         [("span", "loom help"), ("span", "git clone URL"), ("block", "one --x y"),
                          ("block", "two"), ("fish", "~/f set X"), ("block", "three")])


if __name__ == "__main__":
    loomtest.main()
