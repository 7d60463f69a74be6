# SPDX-License-Identifier: Apache-2.0
"""loom setup-git: what it writes to git's configuration, what it says, and how it goes again.

git itself is the judge: its own `git config` reads the files, and its own `git credential` says whom
it asks.
"""
import os
import shutil
import stat
import subprocess
import urllib.parse

import languages
import loomtest
import programs

GIT = shutil.which("git")
URL = "https://loom.example.com"
UNDER = "https://example.com/loom"
BEFORE = """# mine
[user]
\tname = Ada ; and a remark
[credential]
\thelper = store
[alias]
\tst = "status # short"
"""


class Case(loomtest.Case):
    def setUp(self):
        super().setUp()
        self.bin = os.path.join(self.folder, "bin")
        os.mkdir(self.bin)
        self.program = os.path.join(self.bin, "loom")
        os.symlink(loomtest.LOOM, self.program)
        self.config = os.path.join(self.home.path, ".gitconfig")

    def environment(self, **more):
        path = f"{self.bin}:/usr/bin:/bin"
        return {"PATH": path, "GIT_CONFIG_NOSYSTEM": "1", **more}

    def setup(self, *argv, env=None, program="loom", **more):
        result = self.loom("setup-git", *argv, program=self.which(program),
                           env=self.environment(**(env or {})), **more)
        self.assertEqual(result.out, b"", result)
        return result

    def which(self, program):
        """As a shell would start it: by its name, found in PATH."""
        return os.path.join(self.bin, program) if "/" not in program else program

    def write(self, text, path=None):
        path = path or self.config
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def read(self, path=None):
        with open(path or self.config, "rb") as file:
            return file.read()

    def git(self, *argv, stdin=b"", env=None, status=0):
        process = subprocess.run([GIT, *argv], input=stdin, capture_output=True, cwd="/", env={
            "HOME": self.home.path, "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0", **(env or {})}, timeout=programs.DEADLINE_S)
        if status is not None:
            self.assertEqual(process.returncode, status, process)
        return process.stdout.decode()

    def values(self, key, **more):
        return self.git("config", "--global", "--null", "--get-all", key, status=None,
                        **more).split("\0")[:-1]

    def helpers(self, url=URL):
        return self.values(f"credential.{self.pattern(url)}.helper")

    def pattern(self, url):
        """As git compares it: what is special in a path stands there as %XX."""
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host}{slash}{urllib.parse.quote(path, safe='/-._~')}"

    def line(self, url=URL, program=None):
        return f"{program or self.program} credential-helper --server {url}"

    def write_helper(self, name, answer=False):
        """A helper that notes what git hands it; returns its value and its file."""
        path, notes = os.path.join(self.folder, name), os.path.join(self.folder, name + ".notes")
        with open(path, "w") as file:
            file.write(f"#!/bin/sh\necho \"$1\" >>'{notes}'\ncat >>'{notes}'\n")
            if answer:
                file.write('[ "$1" = get ] && echo username=x && echo password=y\n')
        os.chmod(path, 0o755)
        return path, notes

    def asked(self, address, notes, password="z"):
        """Does git hand a password for this address to the helper that keeps these notes?"""
        scheme, _, rest = address.partition("://")
        host, _, path = rest.partition("/")
        question = f"protocol={scheme}\nhost={host}\n" + (f"path={path}\n" if path else "")
        if os.path.exists(notes):
            os.unlink(notes)
        self.git("credential", "approve",
                 stdin=f"{question}username=u\npassword={password}\n\n".encode())
        return os.path.exists(notes)


class Writing(Case):
    def test_git_29_a_reset_and_the_helper_for_this_server_alone(self):
        self.write(BEFORE)
        result = self.setup("--server", URL)
        self.assertIn(f"git now asks this program for {URL}.", result.said)
        self.assertIn(f"    {self.config}", result.text.splitlines())
        self.assertEqual(self.helpers(), ["", self.line()])
        self.assertEqual(self.values("credential.helper"), ["store"])
        self.assertTrue(self.read().startswith(BEFORE.encode()))
        self.assertEqual(self.home.files(), [".gitconfig"], "it made more than git's file")

    def test_git_29_twice_changes_not_a_byte(self):
        self.write(BEFORE)
        self.setup("--server", URL)
        before, info = self.read(), os.stat(self.config)
        for argv in (("--server", URL), (URL,), ("--server", URL + "/"), ("LOOM.example.com:443",)):
            result = self.setup(*argv)
            self.assertIn("already. Nothing was changed.", result.said)
            self.assertEqual(self.read(), before)
            self.assertEqual(os.stat(self.config).st_ino, info.st_ino, "it was written again")

    def test_remove_gives_back_every_byte(self):
        for url in (URL, UNDER, "http://localhost:8080", "https://[::1]:8443/a/b"):
            self.write(BEFORE)
            self.setup("--server", url)
            self.assertNotEqual(self.read(), BEFORE.encode())
            result = self.setup("--server", url, "--remove")
            self.assertIn(f"The lines for {url} are out", result.said)
            self.assertEqual(self.read(), BEFORE.encode())
            result = self.setup("--server", url, "--remove")
            self.assertIn("There is nothing to take out.", result.said)
            self.assertEqual(self.read(), BEFORE.encode())

    def test_without_a_file_there_is_one_and_it_empties(self):
        self.setup("--server", URL)
        self.assertEqual(self.helpers(), ["", self.line()])
        self.setup("--server", URL, "--remove")
        self.assertEqual(self.read(), b"")
        self.setup("--server", URL, "--remove")

    def test_the_rights_of_the_file_stay(self):
        for mode in (0o600, 0o644, 0o640):
            self.write(BEFORE)
            os.chmod(self.config, mode)
            self.setup("--server", URL)
            self.setup("--server", URL, "--remove")
            self.assertEqual(stat.S_IMODE(os.stat(self.config).st_mode), mode)

    def test_quiet_says_nothing_and_does_it_all(self):
        for argv in (("-q",), ("-q", "--remove")):
            result = self.setup("--server", URL, *argv)
            self.assertEqual(result.err, b"")
        self.assertEqual(self.read(), b"")

    def test_addresses(self):
        """Each is quoted as git wants its sections, and stands beside the others."""
        urls = (URL, "https://loom.example.com:8443", "http://localhost:3000", "http://127.0.0.1",
                "http://[::1]:8080", "https://[2001:db8::1]", UNDER, "https://example.com/a/b",
                "https://example.com/~ada", "https://example.com/a'b&c;d(e)$f!g*h",
                "https://192.0.2.7:9/x")
        for url in urls:
            self.setup("--server", url)
        after = self.read()
        for url in urls:
            value, = [v for v in self.helpers(url) if v]
            words = subprocess.run(["/bin/sh", "-c", f"printf '%s\\n' {value}"],
                                   capture_output=True, check=True).stdout.decode().splitlines()
            self.assertEqual(words, [self.program, "credential-helper", "--server", url])
            self.assertEqual(self.values(f"credential.{self.pattern(url)}.useHttpPath"),
                             ["true"] if url.count("/") > 2 else [])
            self.setup("--server", url)
        self.assertEqual(self.read(), after)
        for url in urls:
            self.setup("--server", url, "--remove")
        self.assertEqual(self.read(), b"")

    def test_remove_leaves_all_others(self):
        """Also an empty line that is somebody else's, and other settings of the same address."""
        text = (f'[credential "{URL}/deep"]\n\thelper = cache\n'
                f'[credential "{URL}"]\n\tusername = ada\n\thelper =\n\thelper = cache\n'
                f'[http "{URL}"]\n\textraHeader = X: y\n')
        self.write(text)
        self.setup("--server", URL)
        self.assertEqual(self.helpers(), ["", "cache", "", self.line()])
        self.setup("--server", URL, "--remove")
        self.assertEqual(self.helpers(), ["", "cache"])
        self.assertEqual(self.git("config", "--global", "--list"),
                         f"credential.{URL}/deep.helper=cache\n"
                         f"credential.{URL}.username=ada\n"
                         f"credential.{URL}.helper=\ncredential.{URL}.helper=cache\n"
                         f"http.{URL}.extraheader=X: y\n")

    def test_a_reset_that_stood_alone_is_used(self):
        self.write(f'[credential "{URL}"]\n\thelper =\n')
        self.setup("--server", URL)
        self.assertEqual(self.helpers(), ["", self.line()])

    # ---- Repairs ----

    def test_git_29_an_old_line_is_put_right(self):
        for values in (["", self.line(program="/opt/loom-0.9/bin/loom")],
                       ["", "!'/o p/loom' credential-helper --server " + URL],
                       [self.line()], ["loom"], ["", "loom"], ["", self.line(), "", self.line()],
                       ["", self.line(), self.line()], ["/x/git-credential-loom"],
                       [self.line(program="/gone/loom"), "", self.line()]):
            with self.subTest(values=values):
                self.write("[user]\n\tname = Ada\n")
                for value in values:
                    self.git("config", "--global", "--add", f"credential.{URL}.helper", value)
                result = self.setup("--server", URL)
                self.assertEqual(self.helpers(), ["", self.line()])
                self.assertIn("git now asks", result.said)
                self.setup("--server", URL, "--remove")
                self.assertEqual(self.read(), b"[user]\n\tname = Ada\n")

    def test_the_line_of_another_server_stays(self):
        other = self.line("https://other.example.com")
        self.git("config", "--global", f"credential.{URL}.helper", other)
        self.setup("--server", URL)
        self.assertEqual(self.helpers(), [other, "", self.line()])
        self.setup("--server", URL, "--remove")
        self.assertEqual(self.helpers(), [other])

    # ---- Which file ----

    def test_the_files_that_git_takes(self):
        xdg = os.path.join(self.home.path, ".config", "git", "config")
        self.write(BEFORE, xdg)
        self.setup("--server", URL)
        self.assertFalse(os.path.exists(self.config))
        self.assertIn(b"credential-helper", self.read(xdg))
        self.setup("--server", URL, "--remove")
        self.assertEqual(self.read(xdg), BEFORE.encode())
        own = os.path.join(self.folder, "a config")
        env = {"GIT_CONFIG_GLOBAL": own}
        result = self.setup("--server", URL, env=env)
        self.assertIn(f"    {own}", result.text.splitlines())
        self.assertIn(b"credential-helper", self.read(own))
        self.assertEqual(self.read(xdg), BEFORE.encode())
        self.setup("--server", URL, "--remove", env={**env, "HOME": None})
        self.assertEqual(self.read(own), b"")

    def test_a_line_in_another_file_is_told(self):
        other = os.path.join(self.home.path, "other.inc")
        self.write(f'[credential "{URL}"]\n\thelper = loom\n', other)
        self.write(f"[include]\n\tpath = {other}\n")
        self.setup("--server", URL)
        result = self.setup("--server", URL, "--remove")
        self.assertIn("git still asks this program", result.said)
        self.assertIn(f"    {other}", result.text.splitlines())
        self.assertEqual(self.read(), f"[include]\n\tpath = {other}\n".encode())

    def test_the_repository_around_is_not_touched(self):
        place = os.path.join(self.folder, "repository")
        self.git("init", "-q", place)
        before = self.read(os.path.join(place, ".git", "config"))
        for env in ({}, {"GIT_DIR": os.path.join(place, ".git")},
                    {"GIT_CONFIG": os.path.join(place, ".git", "config")}):
            self.setup("--server", URL, cwd=place, env=env)
            self.assertEqual(self.helpers(), ["", self.line()])
            self.setup("--server", URL, "--remove", cwd=place, env=env)
        self.assertEqual(self.read(os.path.join(place, ".git", "config")), before)


class Program(Case):
    """Which name of this program is written."""

    def start_as(self, path, *argv, cwd="/", **env):
        """As a shell does: the name as it was typed is argv[0]."""
        full = path
        if "/" not in path:
            full = next(os.path.join(folder, path) for folder in env["PATH"].split(":")
                        if os.path.exists(os.path.join(cwd, folder, path)))
        names = self.home.environment(**self.environment(**env))
        process = subprocess.run([path, "setup-git", "--server", URL, *argv], env=names,
                                 executable=os.path.join(cwd, full), cwd=cwd, capture_output=True,
                                 timeout=programs.DEADLINE_S)
        self.assertEqual(process.returncode, 0, process)
        return [value for value in self.helpers() if value][-1]

    def install(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # A process of its own: what a thread here has open for writing, another's child inherits.
        subprocess.run(["cp", loomtest.LOOM, path], check=True)
        return path

    def test_git_29_the_name_that_lasts(self):
        """Homebrew, nix and their like: the version goes, the link stays."""
        real = self.install("opt", "loom-1.2", "bin", "loom")
        links = os.path.join(self.folder, "usr", "bin")
        os.makedirs(links)
        link = os.path.join(links, "loom")
        os.symlink(real, link)
        path = f"{links}:/usr/bin:/bin"
        self.assertEqual(self.start_as("loom", PATH=path), self.line(program=link))
        self.assertEqual(self.start_as(link, PATH="/usr/bin"), self.line(program=link))
        # Called by no name that says anything: what PATH has.
        names = self.home.environment(**self.environment(PATH=path))
        subprocess.run(["nothing", "setup-git", "--server", URL], executable=real, env=names,
                       check=True, capture_output=True, timeout=programs.DEADLINE_S)
        self.assertEqual(self.helpers()[-1], self.line(program=link))
        # And where PATH has none, the place itself.
        self.assertEqual(self.start_as(real, PATH="/usr/bin:/bin"), self.line(program=real))

    def test_a_relative_element_of_path_is_not_written(self):
        real = self.install("opt", "bin", "loom")
        folder = os.path.dirname(os.path.dirname(real))
        for path in ("bin:/usr/bin:/bin", f"bin:{os.path.dirname(real)}:/usr/bin:/bin"):
            self.assertEqual(self.start_as("loom", cwd=folder, PATH=path), self.line(program=real))
        for name in ("./bin/loom", "bin/loom", "bin/../bin/loom", "./bin/./loom"):
            self.assertEqual(self.start_as(name, cwd=folder, PATH="/usr/bin:/bin"),
                             self.line(program=real))

    def test_another_program_of_that_name_is_not_written(self):
        other = os.path.join(self.folder, "other")
        os.mkdir(other)
        with open(os.path.join(other, "loom"), "w") as file:
            file.write("#!/bin/sh\n")
        os.chmod(file.name, 0o755)
        real = self.install("real", "loom")
        path = f"{other}:{os.path.dirname(real)}:/usr/bin:/bin"
        self.assertEqual(self.start_as(real, PATH=path), self.line(program=real))

    def test_another_name(self):
        real = self.install("loom-next")
        self.assertEqual(self.start_as(real, PATH="/usr/bin:/bin"), self.line(program=real))
        before = self.read()
        self.start_as(real, PATH="/usr/bin:/bin")
        self.assertEqual(self.read(), before)
        self.setup("--server", URL)
        self.assertEqual(self.helpers(), ["", self.line()])

    def test_git_29_odd_places(self):
        """git runs what is written, whatever the folder is called."""
        for name in ("a blank", "it's", '"$HOME" `id` $(id)', "back\\slash!", "é ع", "a=b;c&d|e",
                     "#h ~t (a)[b]{c}*?", "tab\tline\nend"):
            with self.subTest(name=name):
                real = self.install(name, "loom")
                value = self.start_as(real, PATH="/usr/bin:/bin")
                question = b"protocol=https\nhost=loom.example.com\n\n"
                process = subprocess.run(
                    [GIT, "credential", "fill"], input=question, capture_output=True, cwd="/",
                    timeout=programs.DEADLINE_S, env=self.home.environment(
                        **self.environment(GIT_TERMINAL_PROMPT="0", PATH="/usr/bin:/bin")))
                self.assertIn(f"loom login --server {URL}", process.stderr.decode(), value)
                self.assertIn("quit", process.stderr.decode())
                before = self.read()
                self.start_as(real, PATH="/usr/bin:/bin")
                self.assertEqual(self.read(), before)
                self.setup("--server", URL, "--remove")
                self.assertEqual(self.read(), b"")


class Others(Case):
    """Whom else git hands the token to: all that it asks."""

    def test_git_29_those_before_are_forgotten(self):
        value, notes = self.write_helper("keeper")
        patterns = ("", "https://*.example.com.", "https://loom.example.com.",
                    "loom.example.com.", "https://loom.example.com/.")
        for pattern in patterns:
            self.git("config", "--global", "--add", f"credential.{pattern}helper", value)
        self.assertTrue(self.asked(URL, notes))
        result = self.setup("--server", URL)
        self.assertNotIn("keeper", result.text)
        self.assertFalse(self.asked(URL, notes))
        self.assertFalse(self.asked(URL + "/team/x.git", notes))
        self.assertTrue(self.asked("https://other.example.com", notes), "others lost theirs")

    def test_git_29_those_behind_are_named_and_kept_away(self):
        value, notes = self.write_helper("keeper")
        file = os.path.join(self.home.path, ".git-credentials")
        kinds = ((value, value, "may keep it"), ("store", "store", "plaintext file"),
                 ("cache --timeout 1", "cache", "may keep it"),
                 ("!f() { echo password=hunter2; }; f", None, "a command of the shell"))
        for pattern in ("", "https://*.example.com.", f"{URL}.", "loom.example.com.",
                        f"{URL}/team."):
            for helper, name, sentence in kinds if pattern == "" else kinds[:1]:
                with self.subTest(pattern=pattern, helper=helper):
                    self.write("")
                    self.setup("--server", URL)
                    with open(self.config, "a") as config:
                        config.write("[alias]\n\tx = y\n")
                    self.git("config", "--global", "--add", f"credential.{pattern}helper", helper)
                    address = URL + "/team/x.git" if "team" in pattern else URL
                    if helper == value:
                        self.assertTrue(self.asked(address, notes))
                    # status would name it, too, if somebody were signed in.
                    self.home.seed((URL, self.plant(loomtest.marker("keeper"))))
                    told = self.loom("status", "--offline", env=self.environment())
                    self.assertIn(sentence, told.said)
                    self.assertIn(f"    loom setup-git --server {URL}", told.text.splitlines())
                    self.assertNotIn("hunter2", told.text)
                    result = self.setup("--server", URL)
                    self.assertIn("no longer", result.said)
                    self.assertNotIn("hunter2", result.text)
                    if name:
                        self.assertIn(f"    {name}", result.text.splitlines())
                    if helper == "store":
                        self.assertIn(f"    loom login --server {URL}", result.text.splitlines())
                    self.assertFalse(self.asked(address, notes))
                    before = self.read()
                    self.assertIn("Nothing was changed.", self.setup("--server", URL).said)
                    self.assertEqual(self.read(), before)
                    self.assertFalse(os.path.exists(file))
                    told = self.loom("status", "--offline", env=self.environment())
                    self.assertEqual(told.err, b"")

    def test_a_section_that_stands_further_up(self):
        """git would put our lines into it; the same address with a slash has one at the end."""
        text = f'[credential "{URL}"]\n\tusername = oauth2\n[credential]\n\thelper = store\n'
        self.write(text)
        result = self.setup("--server", URL)
        self.assertNotIn("store", result.text)
        self.assertEqual(self.values(f"credential.{URL}/.helper"), ["", self.line()])
        before = self.read()
        self.assertIn("Nothing was changed.", self.setup("--server", URL).said)
        self.assertEqual(self.read(), before)
        self.setup("--server", URL, "--remove")
        self.assertEqual(self.read(), text.encode())

    def test_one_that_cannot_be_kept_away_gets_a_command(self):
        """Where neither section can be at the end."""
        self.write(f'[credential "{URL}"]\n\tusername = oauth2\n[credential "{URL}/"]\n\t'
                   'username = oauth2\n[credential]\n\thelper = store\n')
        result = self.setup("--server", URL)
        self.assertIn("plaintext file", result.said)
        self.assertIn(f"    {self.config}", result.text.splitlines())
        command, = [line.strip() for line in result.text.splitlines()
                    if line.startswith("    git config ")]
        before = self.read()
        result = self.setup("--server", URL)
        self.assertEqual(self.read(), before)
        self.assertIn("Nothing was changed.", result.said)
        self.assertIn(f"    {command}", result.text.splitlines())
        subprocess.run(["/bin/sh", "-c", command], env=self.home.environment(), check=True)
        self.assertEqual(self.values("credential.helper"), [])
        self.assertNotIn("store", self.setup("--server", URL).text)

    def test_one_of_the_environment(self):
        env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper",
               "GIT_CONFIG_VALUE_0": "store"}
        for names in (env, {"GIT_CONFIG_PARAMETERS": "'credential.helper'='store'"}):
            result = self.setup("--server", URL, env=names)
            self.assertIn("writes it to a plaintext file", result.said)
            self.assertIn("It stands in no file", result.said)
            result = self.setup("--server", URL)
            self.assertNotIn("store", result.text)

    def test_one_of_the_whole_machine(self):
        system = os.path.join(self.folder, "system")
        self.write("[credential]\n\thelper = store\n", system)
        env = {"GIT_CONFIG_NOSYSTEM": None, "GIT_CONFIG_SYSTEM": system}
        result = self.setup("--server", URL, env=env)
        self.assertNotIn("store", result.text)
        self.assertEqual(self.read(system), b"[credential]\n\thelper = store\n")

    def test_one_of_an_included_file(self):
        other = os.path.join(self.home.path, "other.inc")
        self.write("[credential]\n\thelper = store\n", other)
        self.setup("--server", URL)
        with open(self.config, "a") as file:
            file.write(f"[include]\n\tpath = {other}\n")
        result = self.setup("--server", URL)
        self.assertIn("no longer", result.said)
        self.assertNotIn("store", self.setup("--server", URL).text)

    def test_ours_made_forgotten_is_told(self):
        """What git does in the end counts, not what was written."""
        env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper",
               "GIT_CONFIG_VALUE_0": ""}
        result = self.setup("--server", URL, env=env, status=10)
        self.assertIn("git would not use them here", result.said)
        env.update(GIT_CONFIG_KEY_0="credential.useHttpPath", GIT_CONFIG_VALUE_0="false")
        result = self.setup("--server", UNDER, env=env, status=10)
        self.assertIn("switches useHttpPath off", result.said)
        self.setup("--server", URL, env=env)


class Paths(Case):
    """Servers under a path, and beside them on one host."""

    def chain(self, address):
        """Which of our lines answers for this address: the server that it names."""
        for url in ("https://example.com", UNDER, UNDER + "/eu"):
            self.home.seed(*((u, self.plant(loomtest.marker(u))) for u in
                             ("https://example.com", UNDER, UNDER + "/eu")))
        scheme, _, rest = address.partition("://")
        host, _, path = rest.partition("/")
        process = subprocess.run(
            [GIT, "credential", "fill"], capture_output=True, timeout=programs.DEADLINE_S,
            input=f"protocol={scheme}\nhost={host}\npath={path}\n\n".encode(), cwd="/",
            env=self.home.environment(**self.environment(GIT_TERMINAL_PROMPT="0")))
        for url in ("https://example.com", UNDER, UNDER + "/eu"):
            if f"password={loomtest.marker(url)}\n".encode() in process.stdout:
                return url
        return None

    def test_in_any_order_each_answers_for_its_own(self):
        urls = ("https://example.com", UNDER, UNDER + "/eu")
        expected = {"https://example.com/x.git": urls[0], UNDER + "/x.git": urls[1],
                    UNDER + "/europe/x.git": urls[1], UNDER + "/eu/x.git": urls[2],
                    "https://example.com/looms/x.git": urls[0]}
        for order in ((2, 1, 0), (1, 0, 2)):
            self.write("")
            for i in order:
                self.setup("--server", urls[i])
            self.assertEqual({address: self.chain(address) for address in expected}, expected)
            before = self.read()
            for url in urls:
                self.assertIn("Nothing was changed.", self.setup("--server", url).said)
            self.assertEqual(self.read(), before)
        self.setup("--server", urls[1], "--remove")
        self.assertEqual(self.chain(UNDER + "/eu/x.git"), urls[2])
        self.assertEqual(self.values(f"credential.{UNDER}.useHttpPath"), [])

    def test_use_http_path_of_others(self):
        for value in ("true", "false", "yes", "0"):
            self.write(f"[credential]\n\tuseHttpPath = {value}\n")
            self.setup("--server", UNDER)
            self.assertEqual(self.chain(UNDER + "/x.git"), UNDER)
            self.setup("--server", "https://example.com")
            self.assertEqual(self.chain("https://example.com/x.git"), "https://example.com")
            self.setup("--server", UNDER, "--remove")
            self.setup("--server", "https://example.com", "--remove")
            self.assertEqual(self.read(), f"[credential]\n\tuseHttpPath = {value}\n".encode())
        # One that comes later wins; ours moves behind it.
        self.write("")
        self.setup("--server", UNDER)
        with open(self.config, "a") as file:
            file.write("[credential]\n\tuseHttpPath = false\n")
        self.assertIsNone(self.chain(UNDER + "/x.git"))
        self.setup("--server", UNDER)
        self.assertEqual(self.chain(UNDER + "/x.git"), UNDER)
        self.assertIn("Nothing was changed.", self.setup("--server", UNDER).said)


class Authorities(Case):
    def setUp(self):
        super().setUp()
        self.ca = self.authority.file
        self.key = f"http.{URL}.sslCAInfo"

    def test_one_that_is_given(self):
        self.write(BEFORE)
        for argv, env in ((("--cacert", self.ca), {}), ((), {"LOOM_CA_FILE": self.ca})):
            self.setup("--server", URL, *argv, env=env)
            self.assertEqual(self.values(self.key), [self.ca])
            before = self.read()
            self.setup("--server", URL, *argv, env=env)
            self.assertEqual(self.read(), before)
            self.setup("--server", URL, "--remove", *argv, env=env)
            self.assertEqual(self.read(), BEFORE.encode())
        result = self.setup("--server", URL, "--cacert", "/nonexistent", status=2)
        self.assertIn("    /nonexistent", result.text.splitlines())
        self.assertEqual(self.read(), BEFORE.encode())

    def test_one_that_is_remembered(self):
        self.home.seed((URL, self.plant(loomtest.marker("ca")), {"ca_file": self.ca}))
        self.write(BEFORE)
        self.setup("--server", URL)
        self.assertEqual(self.values(self.key), [self.ca])
        self.assertIn("Nothing was changed.", self.setup().said)
        self.setup("--remove")
        self.assertEqual(self.read(), BEFORE.encode())

    def test_one_of_somebody_else_stays(self):
        self.home.seed((URL, self.plant(loomtest.marker("ca")), {"ca_file": self.ca}))
        self.write(f'[http "{URL}"]\n\tsslCAInfo = /etc/own.pem\n')
        result = self.setup("--server", URL)
        self.assertIn("left as it is", result.said)
        self.assertEqual(self.values(self.key), ["/etc/own.pem"])
        self.setup("--server", URL, "--remove")
        self.assertEqual(self.read(), f'[http "{URL}"]\n\tsslCAInfo = /etc/own.pem\n'.encode())
        # Whoever names one means it.
        self.setup("--server", URL, "--cacert", self.ca)
        self.assertEqual(self.values(self.key), [self.ca])

    def test_one_that_is_forgotten_meanwhile_is_told(self):
        self.setup("--server", URL, "--cacert", self.ca)
        result = self.setup("--server", URL, "--remove")
        self.assertEqual(self.helpers(), [])
        self.assertIn("left as it is", result.said)
        self.assertIn(f"    git config --global --get-all {self.key}", result.text.splitlines())


class Which(Case):
    """Which server, as with the other commands."""

    def test_servers(self):
        result = self.setup(status=2)
        self.assertIn("    loom setup-git --server https://loom.example.com",
                      result.text.splitlines())
        self.setup(env={"LOOM_SERVER": URL})
        self.assertEqual(self.helpers(), ["", self.line()])
        self.setup("--remove", env={"LOOM_SERVER_URL": URL})
        self.home.seed((URL, self.plant(loomtest.marker("a"))))
        self.setup()
        self.assertEqual(self.helpers(), ["", self.line()])
        other = "https://other.example.com"
        self.home.seed((URL, self.plant(loomtest.marker("a"))),
                       (other, self.plant(loomtest.marker("b"))))
        result = self.setup("--remove", status=2)
        for url in (URL, other):
            self.assertIn(f"    {url}", result.text.splitlines())
        self.setup(other)
        self.assertEqual(len(self.helpers(other)), 2)
        self.setup(other, "--server", URL, status=2)
        self.setup("ftp://x", status=2)
        self.setup("http://loom.example.com", status=2)
        self.setup(URL, "more", status=2)

    def test_a_store_that_cannot_be_read_is_in_nobodys_way(self):
        self.home.seed((URL, self.plant(loomtest.marker("a"))))
        self.home.damage()
        self.setup("--server", URL)
        self.assertEqual(self.helpers(), ["", self.line()])


class Trouble(Case):
    """git that is not there, and a configuration that it cannot read or write."""

    def test_no_git(self):
        for argv in ((), ("--remove",)):
            result = self.setup("--server", URL, *argv, env={"PATH": self.bin}, status=1)
            self.assertIn("There is no git here.", result.said)
        self.assertEqual(self.home.files(), [])

    def test_a_git_that_is_too_old(self):
        with open(os.path.join(self.bin, "git"), "w") as file:
            file.write("#!/bin/sh\necho \"error: unknown option \\`show-scope'\" >&2\nexit 129\n")
        os.chmod(file.name, 0o755)
        result = self.setup("--server", URL, status=1)
        self.assertIn("This git is too old", result.said)

    def test_a_git_that_hangs(self):
        with open(os.path.join(self.bin, "git"), "w") as file:
            file.write("#!/bin/sh\nexec sleep 300\n")
        os.chmod(file.name, 0o755)
        result = self.setup("--server", URL, status=1)
        self.assertIn("git did not answer in time.", result.said)

    def test_more_settings_than_are_looked_at(self):
        """Whether one of the others is asked first cannot be told then, so nothing is promised."""
        many = "".join(f"[credential \"https://h{i}.example.com\"]\n\thelper = cache\n"
                       for i in range(201))
        self.write(many)
        for argv in ((), ("--remove",)):
            result = self.setup("--server", URL, *argv, status=1)
            self.assertIn("names more helpers than this program looks at.", result.said)
            self.assertEqual(self.read(), many.encode())

    def test_a_locked_file(self):
        self.write(BEFORE)
        self.write("", self.config + ".lock")
        result = self.setup("--server", URL, status=8)
        self.assertIn("git cannot change its configuration.", result.said)
        self.assertIn(".gitconfig", result.text)
        self.assertEqual(self.read(), BEFORE.encode())
        os.unlink(self.config + ".lock")
        self.setup("--server", URL)
        after = self.read()
        self.write("", self.config + ".lock")
        self.setup("--server", URL)  # nothing is to be written
        self.setup("--server", URL, "--remove", status=8)
        self.assertEqual(self.read(), after)
        os.unlink(self.config + ".lock")

    def test_a_damaged_file(self):
        self.write(BEFORE + "[broken\n")
        for argv in ((), ("--remove",)):
            result = self.setup("--server", URL, *argv, status=9)
            self.assertIn("git cannot read its configuration.", result.said)
        self.assertEqual(self.read(), BEFORE.encode() + b"[broken\n")

    def test_without_home(self):
        result = self.setup("--server", URL, env={"HOME": None}, status=8)
        self.assertIn("HOME is not set", result.said)

    def test_a_home_where_nobody_can_write(self):
        """Not even root, in /proc."""
        result = self.setup("--server", URL, env={"HOME": "/proc"}, status=8)
        self.assertIn("git cannot change its configuration.", result.said)

    def test_two_at_once(self):
        """git locks its file; whoever comes second waits for a moment."""
        urls = [f"https://s{i}.example.com" for i in range(3)]
        running = [self.start("setup-git", "--server", url, program=self.program,
                              env=self.environment()) for url in urls]
        for program in running:
            program.finish()
        for url in urls:
            self.setup("--server", url)
            self.assertEqual(self.helpers(url), ["", self.line(url)])


class People(Case):
    server_options = ("--approve-after", 0)

    def test_login_offers_it_once(self):
        offer = f"    loom setup-git --server {self.server.url}"
        result = self.login(self.server, env=self.environment())
        self.assertIn("To let git use it, run:", result.said)
        self.assertIn(offer, result.text.splitlines())
        self.setup("--server", self.server.url)
        result = self.login(self.server, env=self.environment())
        self.assertNotIn("To let git use it", result.said)
        self.setup("--server", self.server.url, "--remove")
        result = self.login(self.server, env=self.environment(PATH=self.bin))  # without a git
        self.assertIn(offer, result.text.splitlines())
        result = self.login(self.server, "-q", env=self.environment())
        self.assertNotIn("setup-git", result.text)
        result = self.login(self.server, "--json", env=self.environment())
        self.assertNotIn("setup-git", result.text)

    def test_at_a_terminal_and_in_a_pipe(self):
        for more in ({}, {"terminal": {"stderr"}}):
            self.write("")
            result = self.setup("--server", URL, **more)
            self.assertIn(f"git now asks this program for {URL}.", result.said)
            self.assertIn(f"    {self.config}", result.text.splitlines())

    def test_in_each_language(self):
        for names in languages.LANGUAGES.values():
            self.write("")
            env = {**names, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper",
                   "GIT_CONFIG_VALUE_0": "store"}
            result = self.setup("--server", URL, env=env)
            lines = result.text.splitlines()
            self.assertIn(f"    {self.config}", lines)
            self.assertIn("    store", lines)
            self.assertIn("    GIT_CONFIG_COUNT", lines)
            self.assertEqual(self.helpers(), ["", self.line()])


if __name__ == "__main__":
    loomtest.main()
