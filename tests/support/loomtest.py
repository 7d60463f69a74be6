# SPDX-License-Identifier: Apache-2.0
"""What the stories of tests/cli and tests/interop share.

    class Story(loomtest.Case):
        server_options = ("--approve-after", 0)

        def test_...(self):
            result = self.loom("login", "--server", self.server.url, status=0)

    if __name__ == "__main__":
        loomtest.main()

Each case has a home and a server of its own, so that cases run beside each other: they wait most of
the time. After each one, whatever it was about: no token and no device code
stands, in any form, in an output, a file, an argument or an environment; files are 0600, folders
0700, nothing temporary stays; every line fits 80 columns and holds no control character; everything
has ended in time, with no child left and no sanitizer report.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import stat
import sys
import tempfile
import time
import unicodedata
import unittest

import leaks
import programs
import schema
import servers
import vault
import watchdog
from programs import Program

LOOM = os.environ.get("LOOM", "")
IS_SANITIZED = os.environ.get("LOOM_SANITIZED", "") != ""
# What Ctrl-C may take. The promise is 200 ms; a loaded machine and sanitizers get more, and less
# than the second in which a program that looks only now and then would notice.
STOP_S = 0.5
TRIES = 3  # of what was only too slow

COLUMNS = 80
# All that loom may send to a terminal: a line is cleared; bold, and the colours of a QR code; a link
# (OSC 8), whose address is of printable ASCII and has no semicolon.
CLEAR = "\r\x1b[K"
STYLES = re.compile(r"\x1b\[(?:0|1|30;47|38;5;16;48;5;231)m|\x1b\]8;;[!-:<-~]*\x1b\\")
QR_LINE = re.compile("[ \u2580\u2584\u2588]+")  # as wide as the terminal has room for
OWN_FILES = {"credentials.json", "credentials.json.lock", "vault.key", "refused.json",
             "refused.json.lock"}


def marker(label, kind="lt"):
    """A secret for a test: looks like one, and shares no run of characters with another."""
    return f"{kind}_{hashlib.sha256(label.encode()).hexdigest()[:40]}"


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF"
               else 1 for c in line)


class Home:
    """A scratch home, never the user's."""

    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, "home")
        self.tmp = os.path.join(folder, "tmp")
        os.makedirs(self.path, 0o700)
        os.makedirs(self.tmp, 0o700)
        self.config = os.path.join(self.path, ".config", "loom")
        self.data = os.path.join(self.path, ".local", "share", "loom")
        self.file = os.path.join(self.config, "credentials.json")

    def environment(self, **more):
        """For a program; a value of None takes the variable away."""
        names = {**servers.clean_environment(HOME=self.path, TMPDIR=self.tmp), **more}
        return {name: str(value) for name, value in names.items() if value is not None}

    def seed(self, *credentials):
        """Store (origin, token, {more members}) as a sign-in would have."""
        file = vault.Vault()
        for origin, token, *more in credentials:
            members = {"type": "api", "key": token, "obtained_at": 1700000000, "source": "given",
                       "dialect": "loom"}
            for extra in more:
                members.update(extra)
            file.add(origin, members)
        file.write(self.config, self.data)

    def seed_plaintext(self, entries):
        """What another client of Loom leaves behind."""
        os.makedirs(self.config, 0o700)
        with open(self.file, "w") as file:
            json.dump(entries, file)
        os.chmod(self.file, 0o600)

    def damage(self):
        """One byte of the file is another."""
        with open(self.file) as file:
            tree = json.load(file)
        mac = tree["mac"]
        tree["mac"] = ("B" if mac[0] == "A" else "A") + mac[1:]
        with open(self.file, "w") as file:
            json.dump(tree, file)

    def stored(self):
        return vault.read(self.config, self.data)

    def tokens(self):
        """{origin: token}"""
        return {origin: plain.get("key", plain.get("access"))
                for origin, plain in self.stored().items()}

    def snapshot(self):
        """All that stands here, to compare."""
        found = {}
        for path, info in leaks.walk(self.path):
            content = None
            if stat.S_ISREG(info.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            found[os.path.relpath(path, self.path)] = (info.st_mode, content)
        return found

    def is_server_lock(self, path):
        """Empty, and named by a hash: it says nothing, and stays."""
        folder, name = os.path.split(path)
        return folder == os.path.join(self.data, "lock") and re.fullmatch(
            "[0-9a-f]{16}", name) is not None and os.path.getsize(path) == 0

    def files(self):
        return sorted(os.path.relpath(path, self.path) for path, info in leaks.walk(self.path)
                      if not stat.S_ISDIR(info.st_mode) and not self.is_server_lock(path))


class TooSlow(AssertionError):
    """All was right but the time it took."""


class Case(unittest.TestCase):
    maxDiff = None
    server_options = None  # a tuple: self.server is a loom-dev-server with these
    tls = False

    @classmethod
    def setUpClass(cls):
        if not os.path.isabs(LOOM):
            raise AssertionError("LOOM is not set to the program under test")
        cls.place = tempfile.mkdtemp(prefix="loom-story-")
        watchdog.tell("folder", cls.place)
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        cls.authority = servers.Authority(cls.place)

    def setUp(self):
        self.results = []
        self.planted = []
        self.servers = []
        self.homes = []
        self.folder = tempfile.mkdtemp(prefix="case", dir=self.place)
        self.home = self.new_home()
        self.addCleanup(self.check_everything)
        if self.server_options is not None:
            self.server = self.start_server(*self.server_options)

    def start_server(self, *options, tls=None, **more):
        """A loom-dev-server that ends with the case."""
        authority = self.authority if self.tls or tls else None
        server = servers.DevServer(os.path.join(self.folder, f"server{len(self.servers)}"),
                                   *options, authority=authority, **more)
        self.servers.append(server)
        self.addCleanup(server.stop)
        return server

    def new_home(self):
        home = Home(os.path.join(self.folder, f"h{len(self.homes)}"))
        self.homes.append(home)
        return home

    # ---- Running ----

    def start(self, *argv, program=LOOM, home=None, env=None, **more):
        """Start loom; finish() of what comes back is remembered for the checks."""
        home = home or self.home
        running = Program([program, *argv], home.environment(**(env or {})), **more)
        self.addCleanup(self._end, running)
        finish = running.finish

        def remember(deadline_s=programs.DEADLINE_S):
            is_new = running.result is None
            result = finish(deadline_s)
            if is_new:
                self.results.append(result)
            return result

        running.finish = remember
        return running

    def _end(self, running):
        if running.result is None:
            running.process.kill()
            running.finish()

    def loom(self, *argv, status=0, deadline_s=programs.DEADLINE_S, **more):
        """Run loom to its end and expect this exit status (negative: a signal; None: any)."""
        result = self.start(*argv, **more).finish(deadline_s)
        if status is not None:
            self.assertEqual(result.status, status, result)
        if status is not None and 2 <= status <= 9:
            self.assertRegex(result.err, rb"(?m)^loom: ", f"no reason was given:\n{result}")
        return result

    def login(self, server, *argv, **more):
        """Sign in the short way, by a code that approves itself."""
        words = ["login", "--server", server.url, *argv]
        if server.authority is not None:
            words += ["--cacert", server.authority.file]
        return self.loom(*words, **more)

    def give(self, server, token=None, *argv, **more):
        """Sign in the shortest way, with a token."""
        token = token or server.issue_token()
        self.login(server, "--with-token", *argv, stdin=token.encode() + b"\n", **more)
        return token

    def helper(self, operation, fields, *argv, **more):
        """Ask as git does; `fields` is a dict or the bytes themselves."""
        if isinstance(fields, dict):
            fields = "".join(f"{name}={value}\n" for name, value in fields.items()).encode() + b"\n"
        result = self.loom(*argv, "credential-helper", operation, stdin=fields, **more)
        result.is_door = operation == "get"
        return result

    def get(self, url, *argv, **more):
        """The helper's answer for a URL: {name: value}."""
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        fields = {"protocol": scheme, "host": host}
        if path:
            fields["path"] = path
        return self.answer(self.helper("get", fields, *argv, **more))

    def print_token(self, *argv, **more):
        """`loom token`, whose output is the other door; a refresh token never goes through it."""
        result = self.loom("token", *argv, **more)
        for server in self.servers:
            for kind, value in server.secrets():
                if kind == "refresh_token":
                    self.assertNotIn(value.encode(), result.out)
        result.is_door = True
        return result

    def answer(self, result):
        lines = result.out.decode().splitlines()
        pairs = [tuple(line.split("=", 1)) for line in lines]
        self.assertEqual(len(dict(pairs)), len(lines), result)
        self.assertLessEqual({name for name, _ in pairs},
                             {"username", "password", "password_expiry_utc", "quit"}, result)
        return dict(pairs)

    def events(self, result):
        """The objects that `login --json` printed, each looked at."""
        return schema.check_login(self, result)

    def wait_for(self, condition, deadline_s=programs.DEADLINE_S):
        """Wait until `condition()` holds, looking often."""
        until = time.monotonic() + deadline_s
        while not condition():
            self.assertLess(time.monotonic(), until, "it did not come to that")
            time.sleep(0.01)

    def in_time(self, once, limit_s=STOP_S):
        """`once()` does it all and returns how long it took. On a busy machine one try says little:
        the best of three counts."""
        took_s = []
        while len(took_s) < TRIES:
            took_s.append(once())
            if took_s[-1] < limit_s:
                return
        self.fail(f"always slower than {limit_s} s: {took_s}")

    def check_quick(self, took_s, limit_s, *more):
        """As in_time, for a case whose only fault was its slowness: all of it is done again."""
        if took_s >= limit_s:
            raise TooSlow(": ".join(map(str, (f"{took_s:.1f} s, not {limit_s} s", *more))))

    # ---- What holds after every case ----

    def plant(self, secret):
        """This must not be seen anywhere either."""
        self.planted.append(secret)
        return secret

    def secrets(self):
        return self.planted + [value for server in self.servers
                               for kind, value in server.secrets() if kind != "user_code"]

    def check_everything(self):
        for result in self.results:
            self.check_output(result)
        for home in self.homes:
            self.check_files(home)
        self.check_secrets()
        shutil.rmtree(self.folder)

    def check_output(self, result):
        report = result.out + result.err
        self.assertNotIn(b"Sanitizer", report, result)
        self.assertNotIn(b"runtime error:", report, result)
        self.assertNotEqual(result.status, 99, result)
        if os.path.basename(result.argv[0]) != "git":  # who has its own manners
            for text in (result.out, result.err):
                self.check_lines(text, result)

    def is_of_any_width(self, data, result):
        """A token is printed as it is."""
        return result.is_door and data is result.out

    def check_lines(self, data, result):
        text = data.decode()
        text = STYLES.sub("", text.replace(CLEAR, "\n")).replace("\r\n", "\n")
        bad = [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf")]
        self.assertFalse(bad, f"control characters {bad}:\n{result}")
        for line in text.split("\n"):
            # Addresses, paths and commands stand alone and indented, and are never broken.
            # So do JSON, an answer to git, and the log of -v, which names files.
            if self.is_of_any_width(data, result) or QR_LINE.fullmatch(line):
                continue
            if columns(line) > COLUMNS and not re.match(r"   |\{|password=|loom: .*/", line):
                self.fail(f"wider than {COLUMNS} columns: {line[:1000]!r}\n{result}")

    def is_own_folder(self, path, home):
        return path in (home.config, home.data) or path.startswith(
            (home.config + "/", home.data + "/"))

    def check_files(self, home):
        self.assertEqual(os.listdir(home.tmp), [], "something stays in TMPDIR")
        for path, info in leaks.walk(home.path):
            if not self.is_own_folder(path, home):
                continue
            mode = stat.S_IMODE(info.st_mode)
            if stat.S_ISDIR(info.st_mode):
                self.assertEqual(mode, 0o700, f"{path} is {mode:o}")
            elif stat.S_ISREG(info.st_mode):
                self.assertEqual(mode, 0o600, f"{path} is {mode:o}")
                self.assertTrue(home.is_server_lock(path) or self.is_expected(
                    os.path.basename(path)), f"{path} stays behind")

    def is_expected(self, name):
        return name in OWN_FILES or re.fullmatch(r"credentials\.json\..*damaged.*", name)

    def check_secrets(self):
        hidden = self.secrets()
        roots = [vault.root_key(home.data) for home in self.homes]
        for secret in hidden:
            wanted = leaks.needles(secret)
            for where, data in self.everything(secret):
                for piece, name in wanted.items():
                    if piece in data:
                        self.fail(f"a secret stands {name} ({piece!r}) in {where}:\n"
                                  f"{data[:8000]!r}")
        for root in filter(None, roots):
            for where, data in self.everything(None):
                if not where.endswith("/vault.key"):
                    self.assertNotIn(root, data, f"the vault's key stands in {where}")

    def everything(self, secret):
        """(where, bytes) of all that must not hold `secret`."""
        for result in self.results:
            call = " ".join(result.argv[1:3])
            if not result.is_door:
                yield f"stdout of {call}", result.out
            yield f"stderr of {call}", result.err
            was_told = secret is not None and any(secret in value
                                                  for value in result.environment.values())
            for kind, pid, data in result.seen:
                if kind == "environ" and was_told:
                    if pid in result.pids:
                        continue
                    data = without_inherited(data, result.environment)
                yield f"{kind} of {call}", data
        for home in self.homes:
            yield from leaks.contents(home.folder)


def without_inherited(environ, given):
    """What a child has that is not the user's own: a proxy with its password goes to every program.
    LOOM's own variables go to none."""
    theirs = {f"{name}={value}".encode() for name, value in given.items()
              if not name.startswith("LOOM_")}
    return b"\0".join(entry for entry in environ.split(b"\0") if entry not in theirs)


# ---- Running many cases beside each other ----


def _flat(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _flat(item)
        else:
            yield item


def _try_one(case):
    """What went wrong, and whether that was nothing but time."""
    result = unittest.TestResult()
    case.run(result)
    bad = result.failures + result.errors
    slow = bool(bad) and all(f"{TooSlow.__name__}: " in text for _, text in bad)
    return [text for _, text in bad], [text for _, text in result.skipped], slow


def try_case(case):
    """(what went wrong, what it skipped), of the last try."""
    for number in range(1, TRIES + 1):
        bad, skipped, slow = _try_one(type(case)(case._testMethodName))
        if not slow or number == TRIES:
            return bad, skipped
        print(f"slow, try {number} of {TRIES}: {case.id()}", flush=True)


def _run_one(case):
    began = time.monotonic()
    bad, skipped = try_case(case)
    verdict = "FAILED" if bad else "skipped" if skipped else "ok"
    print(f"{verdict:8}{time.monotonic() - began:6.1f} s  {case.id().rpartition('__main__.')[2]}",
          flush=True)
    return bad + [f"skipped: {text}" for text in skipped]


def _run_class(cls, cases, threads):
    try:
        cls.setUpClass()
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            return [text for texts in pool.map(_run_one, cases) for text in texts]
    finally:
        cls.doClassCleanups()


def main(threads=6):
    """Run the cases of the file that is running, or those whose names hold an argument. A case that
    is skipped has not passed: whoever cannot show it should not list it."""
    module = sys.modules["__main__"]
    found = {}
    for case in _flat(unittest.defaultTestLoader.loadTestsFromModule(module)):
        if len(sys.argv) == 1 or any(word in case.id() for word in sys.argv[1:]):
            found.setdefault(type(case), []).append(case)
    troubles = [text for cls, cases in found.items() for text in _run_class(cls, cases, threads)]
    for text in troubles:
        print("-" * 80, text, sep="\n")
    count = sum(map(len, found.values()))
    print(f"{count} cases, {len(troubles)} failures")
    sys.exit(1 if troubles or count == 0 else 0)
