# SPDX-License-Identifier: Apache-2.0
"""What the Tab key does: in bash, zsh and fish themselves, at a terminal where they have one."""
import json
import os
import re
import shlex
import subprocess
import time

import loomtest
import programs

TOKEN = loomtest.marker("completed")
URL, PORT, OTHER = ("https://loom.example.com", "https://loom.example.com:8443",
                    "http://127.0.0.1:8080/loom")
# What RFC 3986 allows in a path is an address of ours, and a shell would run some of it.
HOSTILE = ("https://a1.example.com/$(touch$IFS.x)", "https://a2.example.com/;touch$IFS'x'",
           "https://a3.example.com/&&(touch)", "https://a4.example.com/!!$HOME*~")
PLAIN = (URL, PORT, OTHER)
SHELLS = ("bash", "zsh", "fish")


class Case(loomtest.Case):
    def setUp(self):
        super().setUp()
        self.bin = os.path.join(self.folder, "bin")
        self.work = os.path.join(self.folder, "work")  # where what is run would leave a trace
        for folder in (self.bin, self.work):
            os.mkdir(folder)
        os.symlink(loomtest.LOOM, os.path.join(self.bin, "loom"))
        self.plant(TOKEN)

    def is_of_any_width(self, data, result):
        return data is result.out and result.argv[1:2] == ["completion"]

    def seed(self, *urls):
        self.home.seed(*((url, TOKEN) for url in urls))

    def script(self, shell):
        path = os.path.join(self.folder, "_loom" if shell == "zsh" else "loom." + shell)
        with open(path, "wb") as file:
            file.write(self.loom("completion", shell).out)
        return path

    def environment(self, has_loom=True, **more):
        path = (self.bin + ":" if has_loom else "") + "/usr/bin:/bin"
        return self.home.environment(PATH=path, TERM="dumb", INPUTRC="/dev/null", HISTFILE="", **more)

    def tearDown(self):
        self.assertEqual(os.listdir(self.work), [], "something was run, or made")

    def run_shell(self, *argv, **more):
        done = subprocess.run(argv, env=self.environment(**more), cwd=self.work, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done)
        self.assertNotIn(TOKEN.encode(), done.stdout)
        return done.stdout.decode().splitlines()


class Scripts(Case):
    def test_they_are_the_same_for_everybody(self):
        for shell in SHELLS:
            once = self.loom("completion", shell).out
            for env in ({"LC_ALL": "es_ES.UTF-8"}, {"LANGUAGE": "ar", "LANG": "ar_EG.UTF-8"},
                        {"LC_ALL": "C"}, {"HOME": None, "PATH": None}, {"HOME": "/proc/none"},
                        {"LOOM_STORE": "nonsense"}, {"LOOM_SERVER": URL, "LOOM_TOKEN": TOKEN}):
                self.assertEqual(self.loom("completion", shell, env=env).out, once, (shell, env))
        self.assertEqual(self.home.files(), [])

    def test_what_is_no_shell(self):
        for argv in ((), ("tcsh",), ("",), ("BASH",), ("bash", "zsh"), ("--frob", "bash")):
            self.loom("completion", *argv, status=2)
        with open("/dev/full", "wb") as full:
            for word in (*SHELLS, "--servers"):
                self.seed(URL)
                self.loom("completion", word, status=1, outputs={"stdout": full})

    def test_the_page_for_people_does_not_name_what_only_scripts_ask(self):
        self.assertNotIn(b"--servers", self.loom("help", "completion").out)

    def test_each_is_a_script_of_its_shell(self):
        for shell in SHELLS:
            self.assertEqual(self.run_shell(shell, "-n", self.script(shell)), [])

    def test_bash_s_script_is_to_the_taste_of_shellcheck(self):
        done = subprocess.run(["shellcheck", "-s", "bash", "--severity=style", self.script("bash")],
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode())


class Servers(Case):
    """loom completion --servers, where there is no keyring; keyring.keyring_completion has those."""

    def listed(self, **more):
        result = self.loom("completion", "--servers", **more)
        self.assertEqual(result.err, b"")
        return result.out.decode().splitlines()

    def test_addresses_and_nothing_else(self):
        self.assertEqual(self.listed(), [])
        self.assertEqual(self.home.files(), [], "looking made files")
        self.seed(*PLAIN, *HOSTILE)
        before = self.home.snapshot()
        for env in ({}, {"LOOM_STORE": "file"}, {"LOOM_STORE": "nonsense"},
                    {"LOOM_SERVER": "https://other.example.com"}, {"LANGUAGE": "es"}):
            self.assertEqual(sorted(self.listed(env=env)), sorted((*PLAIN, *HOSTILE)), env)
        self.assertEqual(self.listed(env={"LOOM_STORE": "keyring"}), [])
        self.assertEqual(self.home.snapshot(), before)

    def test_what_cannot_be_read_is_not_spoken_of(self):
        self.seed(URL)
        self.assertEqual(self.listed(env={"HOME": "/proc/none"}), [])
        self.home.damage()  # nothing is verified, for nothing is believed
        self.assertEqual(self.listed(), [URL])
        for text in ("", "{", json.dumps({"a": {"type": "api", "key": "of another client"}})):
            with open(self.home.file, "w") as file:
                file.write(text)
            before = self.home.snapshot()
            self.assertEqual(self.listed(), [])
            self.assertEqual(self.home.snapshot(), before)

    def test_ui_141_what_is_no_address_is_not_listed(self):
        """Whoever can write to the file cannot write to the screen."""
        for origin in ("$(touch x)", "https://loom.example.com/a b", "https://x.example.com\nls",
                       "https://LOOM.example.com", "https://a.example.com/\x1b[2J", "--color"):
            self.seed(URL)
            with open(self.home.file) as file:
                tree = json.load(file)
            tree["entries"]["more"] = dict(next(iter(tree["entries"].values())), origin=origin)
            with open(self.home.file, "w") as file:
                json.dump(tree, file)
            self.assertIn(self.listed(), ([], [URL]), origin)


class Typed(Case):
    """A shell at a terminal, a line, and the Tab key."""

    def show(self, shell):
        """What the line is. ^T shows it."""
        shell.asked += 1
        shell.type(b"\x14")
        self.wait_for(lambda: len(self.shown(shell)) == shell.asked)
        return self.shown(shell)[-1].decode()

    def shown(self, shell):
        return re.findall(rb"LINE<(.*?)>END", shell.text()[shell.began:])

    def line(self, shell, typed, is_completed=True):
        """What the line is after Tab. A shell that has more to read may put off what Tab asks for;
        where nothing is to change, it gets a moment in which it could."""
        shell.type(typed.encode() + b"\t")
        until = time.monotonic() + (programs.DEADLINE_S if is_completed else 0.5)
        while (found := self.show(shell)) == typed and time.monotonic() < until:
            time.sleep(0.01)
        shell.type(b"\x15")  # ^U clears it
        return found

    def end(self, shell):
        shell.type(b"\x15exit\r")
        shell.finish()

    def check(self, shell, lines):
        for typed, wanted in lines.items():
            self.assertEqual(self.line(shell, typed, typed != wanted), wanted)
        self.end(shell)

    def start_bash(self, *before, **more):
        shell = programs.Program(["bash", "--norc", "--noprofile", "-i"], self.environment(**more),
                                 stdin=None, terminal={"stdin", "stdout", "stderr"}, cwd=self.work)
        self.addCleanup(self._end, shell)
        words = ["PS1=", "set -u", "bind 'set enable-bracketed-paste off'",
                 "bind 'set bell-style none'", "bind 'set page-completions off'",
                 """bind -x '"\\C-t": printf "LINE<%s>END\\n" "$READLINE_LINE"'""", *before,
                 f"source {shlex.quote(self.script('bash'))}", "echo REA''DY"]
        shell.type("\r".join(words).encode() + b"\r")
        shell.began, shell.asked = shell.expect("READY").end(), 0
        return shell

    def start_zsh(self, *before, **more):
        shell = programs.Program(["zsh", "-f", "-i"], self.environment(**more), stdin=None,
                                 terminal={"stdin", "stdout", "stderr"}, cwd=self.work)
        self.addCleanup(self._end, shell)
        words = ["PS1=", "unset zle_bracketed_paste", "bindkey -e", "setopt nobeep nolistbeep nounset",
                 'show() { print -r -- "LINE<$BUFFER>END" }', "zle -N show", "bindkey '^T' show",
                 "autoload -U compinit", *(before or ["compinit -u -D",
                                           f"source {shlex.quote(self.script('zsh'))}"]),
                 "echo REA''DY"]
        shell.type("\r".join(words).encode() + b"\r")
        shell.began, shell.asked = shell.expect("READY").end(), 0
        return shell

    # What is the same in all: a line, and what it becomes.
    LINES = {
        "loom logi": "loom login ",
        "loom login --no-b": "loom login --no-browser ",
        "loom login --store k": "loom login --store keyring ",
        "loom --color=al": "loom --color=always ",
        "loom --color ne": "loom --color never ",
        "loom --server https://x.example.com:1 --color ne":
            "loom --server https://x.example.com:1 --color never ",
        "loom completion z": "loom completion zsh ",
        "loom help credential": "loom help credential-helper ",
        "loom login http:": f"loom login {OTHER} ",
        "loom login https": f"loom login {URL}",
        f"loom status {URL}:": f"loom status {PORT} ",
        f"loom status {URL}:8": f"loom status {PORT} ",
        "loom --server http:": f"loom --server {OTHER} ",
        "loom token --server=http:": f"loom token --server={OTHER} ",
        "loom logout https://l": f"loom logout {URL}",
        "loom status --with-t": "loom status --with-t",  # of another command
        "loom -- login --st": "loom -- login --st",  # not an option any more
        "loom login --client-id k": "loom login --client-id k",
    }

    def test_bash(self):
        self.seed(*PLAIN)
        self.check(self.start_bash(), self.LINES)

    def test_bash_without_word_breaks(self):
        self.seed(*PLAIN)
        self.check(self.start_bash("COMP_WORDBREAKS=$' \\t\\n'"), self.LINES)

    def test_ui_140_bash_inside_quotes(self):
        self.seed(*PLAIN, HOSTILE[0])
        self.check(self.start_bash(), {
            'loom login "http:': f'loom login "{OTHER}" ',
            "loom login 'http:": f"loom login '{OTHER}' ",
            f'loom status "{URL}:': f'loom status "{PORT}" ',
            'loom login "https://a1': 'loom login "https://a1',
            "loom login 'https://a1": "loom login 'https://a1",
        })

    def test_zsh(self):
        self.seed(*PLAIN)
        self.check(self.start_zsh(), self.LINES)

    def test_files(self):
        folder = os.path.join(self.folder, "files")
        os.mkdir(folder)
        open(os.path.join(folder, "own authority.pem"), "w").close()
        for shell in (self.start_bash(), self.start_zsh()):
            self.check(shell, {f"loom --cacert {folder}/ow":
                               f"loom --cacert {folder}/own\\ authority.pem ",
                               f"loom login --cacert={folder}/ow":
                               f"loom login --cacert={folder}/own\\ authority.pem "})
        self.assertEqual(self.fish(f"loom --cacert {folder}/ow"),
                         [f"{folder}/own\\ authority.pem"])

    def run_completed(self, shell, url):
        """What the shell makes of the line is that one word, and nothing else."""
        line = self.line(shell, f"loom login {url[:url.index('.example')]}")
        words = line.replace("loom login", "printf 'WORD<%s>\\n'")
        shell.type(words.encode() + b"\r")
        self.wait_for(lambda: f"WORD<{url}>\r\n".encode() in shell.text())

    def test_ui_140_addresses_that_a_shell_would_run(self):
        self.seed(*HOSTILE)
        for shell in (self.start_bash(), self.start_zsh()):
            for url in HOSTILE:
                self.run_completed(shell, url)
            self.end(shell)
        for url in HOSTILE:
            word, = self.fish(f"loom login {url[:url.index('.example')]}")
            self.assertEqual(self.run_shell("fish", "--no-config", "-c", f"printf '%s\\n' {word}"),
                             [url])

    def test_the_program_that_is_called_is_asked(self):
        self.seed(OTHER)
        path = os.path.join(self.bin, "loom")
        lines = {f"{path} login h": f"{path} login {OTHER} "}
        self.check(self.start_bash(has_loom=False), lines)
        self.check(self.start_zsh(has_loom=False), lines)
        self.assertEqual(self.fish(f"{path} login h", has_loom=False), [OTHER])

    def test_ui_142_a_program_that_is_only_called_so_is_not_run(self):
        """./loom of a stranger's checkout is run when its owner says so, and not by Tab."""
        with open(os.path.join(self.folder, "loom"), "w") as file:
            file.write("#!/bin/sh\ntouch work/run\necho https://evil.example.com\n")
        os.chmod(os.path.join(self.folder, "loom"), 0o755)
        self.seed(OTHER)
        lines = {"../loom login h": f"../loom login {OTHER} "}
        self.check(self.start_bash(), lines)
        self.check(self.start_zsh(), lines)
        self.assertEqual(self.fish("../loom login h"), [OTHER])

    def test_zsh_finds_it_in_its_folder(self):
        folder = os.path.dirname(self.script("zsh"))
        self.check(self.start_zsh(f"fpath=({shlex.quote(folder)} $fpath)", "compinit -u -D"),
                   {"loom logi": "loom login ", "loom login --no-b": "loom login --no-browser "})

    def test_zsh_describes(self):
        shell = self.start_zsh()
        shell.type(b"loom \t")
        shell.expect(r"login +-- sign in to a server")
        shell.type(b"\x15loom login --no\t--\t")
        shell.expect(r"--scope +-- what to ask a standard OAuth server for")
        self.end(shell)

    # ---- fish has an interface for it ----

    def fish(self, line, describe=False, **more):
        found = self.run_shell("fish", "--no-config", "-c",
                               f"source {self.script('fish')}; complete --escape -C \"$argv[1]\"",
                               line, **more)
        return found if describe else [row.partition("\t")[0] for row in found]

    def test_fish(self):
        self.seed(*PLAIN)
        for typed, wanted in self.LINES.items():
            with self.subTest(typed):
                word = wanted.split(" ")[-2 if wanted.endswith(" ") else -1]
                found = self.fish(typed)
                if typed == wanted:
                    self.assertEqual(found, [])
                elif wanted.endswith(" "):
                    self.assertEqual(found, [word])
                else:
                    self.assertEqual(sorted(found), [URL, PORT])

    def test_fish_describes(self):
        self.assertIn("login\tsign in to a server", self.fish("loom l", describe=True))
        self.assertIn("--quiet\tonly errors, and of login the address and the code",
                      self.fish("loom --q", describe=True))
        self.assertIn("-v\tsay what is being done; twice: HTTP as well",
                      self.fish("loom status -", describe=True))
        self.assertEqual(self.fish("loom login x --server"), ["--server"])


if __name__ == "__main__":
    loomtest.main(threads=3)
