# SPDX-License-Identifier: Apache-2.0
"""Every command of the program, with one call of it failing: the table, and what must hold after.

A command joins with a row in ROWS; faults.table fails when `loom help` lists one that has none. A run
costs milliseconds (the program's clock goes ahead while it waits), so each call can fail in its turn.
A case has one server and one home for all runs of its row.
"""
import errno
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import typing

import leaks
import loomtest
import programs

FAULTS = os.environ.get("LOOM_FAULTS", "")  # the library to preload, or the program linked with it
DONE, FAILURE, STORAGE, PARTIAL = 0, 1, 8, 10
NOBODY = "https://127.0.0.1:9"
END_S = 60


class Row(typing.NamedTuple):
    """One command. `start` is how many servers are signed in to before."""
    name: str
    argv: tuple
    start: int = 0
    # "login" and "logout" change what is stored. "helper", "print", "look" and "suggest" do not: what
    # the second prints is always the same, what "look" does is not, and the last may keep lines back.
    kind: str = "print"
    asks: str = ""  # what comes on standard input: "get", "erase" as git asks, or "token"
    is_door: bool = False  # its standard output is meant to carry the token
    env: tuple = ()  # (name, value) besides


ROWS = (
    Row("login", ("login", "{url}"), 0, "login"),
    Row("login_again", ("login", "{url}"), 1, "login"),
    Row("login_with_token", ("login", "--with-token", "{url}"), 1, "login", "token"),
    Row("login_json", ("login", "--json", "--server", "{url}"), 1, "login"),
    Row("logout", ("logout",), 1, "logout"),
    Row("logout_all", ("logout", "--all", "--json"), 2, "logout"),
    Row("credential_helper_get", ("credential-helper", "get"), 1, "helper", "get", True),
    Row("credential_helper_store", ("credential-helper", "store"), 1, "helper", "get"),
    Row("credential_helper_erase", ("credential-helper", "erase"), 1, "helper", "erase"),
    Row("token", ("token",), 1, "print", "", True),
    Row("status", ("status",), 1, "look"),
    Row("status_json", ("status", "--json"), 2, "look"),
    # Without git, which would have the same faults.
    Row("doctor", ("doctor",), 1, "look", env=(("PATH", "/nonexistent"),)),
    Row("doctor_json", ("doctor", "--json"), 1, "look", env=(("PATH", "/nonexistent"),)),
    Row("setup_git", ("setup-git", "{url}"), 0, "setup"),
    Row("setup_git_remove", ("setup-git", "--remove", "{url}"), 0, "setup"),
    Row("completion", ("completion", "bash")),
    Row("completion_servers", ("completion", "--servers"), 2, "suggest"),
    Row("help", ("help",)),
    Row("help_login", ("login", "--help")),
    Row("version", ("--version",)),
)


def row_of(name):
    return next(row for row in ROWS if row.name == name)


def error(name):
    """What FAULT_DO is for an errno."""
    return f"fail {getattr(errno, name)}"


@functools.lru_cache(512)
def needles(secret):
    return tuple(leaks.needles(secret))


class Run(typing.NamedTuple):
    """What came of one run."""
    row: Row
    fault: dict
    status: int
    out: bytes
    err: bytes
    log: list  # the calls that were made, or one line: how many allocations
    given: str  # the token on standard input, or ""
    issued: list  # the tokens that the server issued meanwhile

    @property
    def said(self):
        return re.sub(r"\s+", " ", self.err.decode())

    @property
    def was_hit(self):
        return any(line.endswith(" !") for line in self.log)

    @property
    def call(self):
        """The name of the call that was hit."""
        return next((line[:-2] for line in self.log if line.endswith(" !")), "")

    @property
    def wanted(self):
        """The token that a sign-in should have stored."""
        return self.given or (self.issued[-1] if self.issued else None)

    def __str__(self):
        return (f"{self.row.name} {self.fault} {self.call}: status {self.status}\n"
                f"--- stdout\n{programs.short(self.out)}\n--- stderr\n{programs.short(self.err)}")


class Case(loomtest.Case):
    """Runs rows with faults in them, and judges what is left."""
    server_options = ("--approve-after", 0)
    statuses = (DONE, FAILURE, STORAGE, PARTIAL)

    def setUp(self):
        super().setUp()
        self.log_file = os.path.join(self.folder, "calls")
        # Two names of one server are two servers for whoever signs in.
        self.urls = [self.server.url, self.server.url.replace("localhost", "127.0.0.1")]
        self.known = {}  # url: the token that is stored
        self.secrets_at = 0
        self.clean = {}

    def secrets(self):
        """judge() looks for every one in its time; the files that stay are searched for the last."""
        return self.planted + [token for token in self.known.values() if token]

    # ---- One run ----

    def environment(self, **fault):
        """`fault` is the FAULT_ variables in lower case; without any, only the waiting is short."""
        fault = {"what": "own", **fault}
        env = self.home.environment(**{f"FAULT_{name.upper()}": value
                                       for name, value in fault.items()})
        if FAULTS.endswith(".so"):
            env["LD_PRELOAD"] = FAULTS
        return env

    def call(self, argv, stdin, env):
        """(status, out, err) of the program, which ends in time."""
        program = loomtest.LOOM if FAULTS.endswith(".so") else FAULTS
        process = subprocess.Popen([program, *argv], env=env, cwd="/", start_new_session=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(stdin, END_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            self.fail(f"{argv} {env} did not end")
        return process.returncode, out, err

    def input_of(self, row, given):
        question = f"protocol=http\nhost={self.urls[0].partition('://')[2]}\n"
        if row.asks == "erase":
            question += f"username=oauth2\npassword={self.known[self.urls[0]]}\n"
        inputs = {"": b"", "token": f"{given}\n".encode()}
        return inputs.get(row.asks, f"{question}\n".encode())

    def run_row(self, row, **fault):
        """Run it once, from its start, with a fault."""
        self.prepare(row)
        given = self.server.issue_token() if row.asks == "token" else ""
        if os.path.exists(self.log_file):
            os.unlink(self.log_file)
        self.take_issued()
        argv = [word.format(url=self.urls[0]) for word in row.argv]
        env = {**self.environment(log=self.log_file, **fault), **dict(row.env)}
        if "--server" in argv:
            env["LOOM_SERVER"] = NOBODY  # whoever loses the option goes there
        status, out, err = self.call(argv, self.input_of(row, given), env)
        log = []
        if os.path.exists(self.log_file):
            with open(self.log_file) as file:
                log = file.read().splitlines()
        return Run(row, fault, status, out, err, log, given, self.take_issued())

    def take_issued(self):
        """The tokens that the server has issued since this was asked last."""
        with open(self.server.secrets_file) if os.path.exists(self.server.secrets_file) else \
                open(os.devnull) as file:
            file.seek(self.secrets_at)
            text = file.read()
            self.secrets_at += len(text)
        return re.findall(r"^token (\S+)$", text, re.M)

    def prepare(self, row):
        """Bring the home to where the row starts, if the run before left it elsewhere."""
        if row.start == 0:
            self.forget()
        if row.name == "setup_git_remove":
            status, _, err = self.call(["setup-git", self.urls[0]], b"", self.environment())
            self.assertEqual(status, 0, err)
        note = os.path.join(self.home.data, "refused.json")
        if os.path.exists(note):  # what is noted already is not noted again
            os.unlink(note)
        for url in self.urls[:row.start]:
            if self.known.get(url) is None:
                status, _, err = self.call(["login", url], b"", self.environment())
                self.assertEqual(status, 0, err)
                self.known[url] = self.take_issued()[-1]
        self.before = self.bytes_stored()

    def forget(self):
        """An empty home."""
        for name in os.listdir(self.home.path):
            path = os.path.join(self.home.path, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)  # git's own
        self.known = {}

    def check_hits(self, hits, runs):
        """Not each run makes the very same calls; but a fault that never came shows nothing."""
        self.assertGreaterEqual(hits, runs * 3 // 4)

    def clean_run(self, row, what):
        """The run without a fault: how many calls there are, and what is printed."""
        run = self.run_row(row, what=what)
        self.clean[row.name] = run.out
        self.judge(run)
        self.assertEqual(run.status, DONE, run)
        return run

    def bytes_stored(self):
        found = []
        for path in (self.home.file, os.path.join(self.home.data, "vault.key")):
            found.append(None)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    found[-1] = file.read()
        return found

    def stored(self, url):
        """What the next run hands to git: it works, and the file is whole."""
        scheme, _, host = url.partition("://")
        status, out, err = self.call(["credential-helper", "get"],
                                     f"protocol={scheme}\nhost={host}\n\n".encode(),
                                     self.environment())
        self.assertEqual((status, err), (0, b""), f"the next run: {err!r}")
        found = re.search(rb"^password=(.*)$", out, re.M)
        return found[1].decode() if found else None

    # ---- What must hold afterwards ----

    def judge(self, run):
        self.assertNotIn(b"Sanitizer", run.err, run)
        self.assertNotIn(b"runtime error:", run.err, run)
        self.assertIn(run.status, self.statuses, run)
        self.check_said(run)
        if self.bytes_stored() == self.before:
            now = dict(self.known)
        else:
            now = {url: self.stored(url) for url in self.urls[:max(1, run.row.start)]}
        self.check_stored(run, now)
        self.check_temporaries(run)
        getattr(self, f"check_{run.row.kind}")(run, now)
        self.known = now

    def check_said(self, run):
        """Nothing secret, nothing half; and a reason where something went wrong."""
        out = b"" if run.row.is_door else run.out
        for secret in [token for token in (*self.known.values(), *run.issued, run.given) if token]:
            for piece in needles(secret):
                self.assertFalse(piece in out or piece in run.err, f"a token is shown: {run}")
        self.assertNotRegex(run.err.decode(), r"\{[a-z]+\}", run)
        if "--json" in run.row.argv:
            for line in run.out.splitlines(True):
                self.assertTrue(line.endswith(b"\n"), run)
                self.assertEqual(json.loads(line)["schema"], 1, run)
        if run.status > 0:
            told = run.err or ("--json" in run.row.argv and run.out)
            self.assertTrue(told, run)

    def check_stored(self, run, now):
        """Old or new, and never something else."""
        for url, token in now.items():
            allowed = {"login": [self.known.get(url), *run.issued, run.given],
                       "logout": [self.known.get(url), None]}
            self.assertIn(token, allowed.get(run.row.kind, [self.known.get(url)]), run)

    def check_temporaries(self, run):
        self.assertEqual(self.temporaries(), [], run)

    def temporaries(self):
        return [path for path, _ in leaks.walk(self.home.path) if "/.loom-" in path]

    def is_alive_unsaid(self, run, token, sentence):
        return sentence not in run.said and self.server.is_alive(token)

    def check_login(self, run, now):
        """Success is one, and a token that nobody holds is ended, or it is said that it is not."""
        here = now.get(self.urls[0])
        old = self.known.get(self.urls[0])
        if run.status == DONE:
            self.assertEqual(here, run.wanted, run)
        for token in run.issued:
            if token != here and self.is_alive_unsaid(run, token, "end the session there"):
                self.lose(run)
        if old not in (None, here) and run.row.name in ("login_again", "login_json") and \
                self.is_alive_unsaid(run, old, "earlier sign-in is over"):
            self.lose(run)

    def lose(self, run):
        """A token lives on, and nobody was told."""
        self.fail(f"a token lives on: {run}")

    def check_logout(self, run, now):
        left = [token for token in now.values() if token]
        if run.status == DONE:
            self.assertEqual(left, [], run)
        for url, token in self.known.items():
            if now.get(url) is None and token and self.is_alive_unsaid(run, token,
                                                                       "end the session there"):
                self.lose(run)

    def check_helper(self, run, _now):
        """All of the answer, or none and a reason; git goes on in any case."""
        self.assertIn(run.status, (DONE, FAILURE), run)
        if run.out != self.clean.get(run.row.name, run.out):
            self.assertEqual(run.out, b"", run)
            self.assertNotEqual(run.err, b"", run)

    def check_look(self, run, _now):
        if run.status == DONE:
            self.assertNotEqual(run.out, b"", run)

    def check_setup(self, run, _now):
        """git's file is whole, and unlocked; and it is as success says."""
        path = os.path.join(self.home.path, ".gitconfig")
        text = ""
        if os.path.exists(path):
            with open(path) as file:
                text = file.read()
        self.assertFalse(os.path.exists(path + ".lock"), run)
        self.assertIn(text.count("credential-helper --server"), (0, 1), run)
        if run.status == DONE:
            self.assertEqual("credential-helper" in text, run.row.name == "setup_git", run)

    def check_suggest(self, run, _now):
        clean = self.clean.get(run.row.name, run.out)
        self.assertLessEqual(set(run.out.splitlines()), set(clean.splitlines()), run)

    def check_print(self, run, _now):
        """All that is meant to be printed, though lines may not be broken where they should."""
        clean = self.clean.get(run.row.name, run.out)
        if run.status == DONE:
            self.assertEqual(run.out.split(), clean.split(), run)


def for_each_row(case, prefix, body, rows=ROWS):
    """Give the case a test for each row: PREFIX_ROW, which calls body(self, row)."""
    for row in rows:
        def test(self, row=row):
            body(self, row)

        test.__doc__ = body.__doc__
        setattr(case, f"test_{prefix}_{row.name}", test)
