#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long git waits: this program beside git's own helpers, in one run.

    bench.py BUILD_FOLDER [ROUNDS]

The contestants take turns, so that a busy machine slows all of them alike; medians are compared.
Each is started the way git would start it, with the request as a file on standard input. What a
contestant needs and is not there is said, and its row is left out.
"""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/interop/keyring"))
ROUNDS, WARM_UP, LOGINS = 300, 20, 10
HOST, TOKEN = "loom.example.com", "lt_" + "0123456789" * 4
LIBSECRET = pathlib.Path("/usr/share/doc/git/contrib/credential/libsecret/git-credential-libsecret.c")
# What is promised: row, against, at most.
TARGETS = (("loom get, vault", "git credential-store get", "2.6, aim 2.0"),
           ("loom get, no match", "git credential-store get, no match", "1.4"),
           ("loom get, keyring", "git-credential-libsecret get", "0.9"),
           ("loom get, vault with 100 servers", "loom get, vault", "1.3"),
           ("loom --version", "an empty program", "2.0"))


class Contestant:
    def __init__(self, argv, stdin, environment, expects):
        self.argv, self.stdin, self.environment = argv, stdin, environment
        self.expects = expects  # what its answer has to contain; b"": it has to be empty

    def answer(self):
        with open(self.stdin, "rb") as source:
            return subprocess.run(self.argv, stdin=source, capture_output=True, timeout=60,
                                  env=self.environment, check=True).stdout

    def check(self, name):
        answer = self.answer()
        if self.expects not in answer or (self.expects == b"" and answer != b""):
            raise SystemExit(f"bench: {name} does not give the answer, so it cannot be compared")

    def plan(self):
        words = [str(self.stdin), *map(str, self.argv), "",
                 *(f"{key}={value}" for key, value in self.environment.items()), ""]
        return b"".join(word.encode() + b"\0" for word in words)

    def instructions(self):
        """Counted by callgrind: the same in every run, and on machines of one kind."""
        if shutil.which("valgrind") is None:
            return None
        with open(self.stdin, "rb") as source:
            done = subprocess.run(
                ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *self.argv],
                stdin=source, capture_output=True, timeout=120, env=self.environment, check=False)
        found = done.returncode == 0 and re.search(rb"I\s+refs:\s+([\d,]+)", done.stderr)
        return int(found[1].replace(b",", b"")) if found else None  # gh does not run under it


class Bench:
    def __init__(self, build, place):
        self.build, self.place = build, place
        self.loom, self.git = build / "loom", shutil.which("git")
        self.match = self.request("match", HOST)
        self.other = self.request("other", "elsewhere.example.com")
        self.missing = []

    def request(self, name, host):
        path = self.place / name
        path.write_text(f"protocol=https\nhost={host}\n\n", encoding="utf-8")
        return path

    def environment(self, name, **more):
        home = self.place / name
        home.mkdir(mode=0o700, exist_ok=True)
        return {"HOME": str(home), "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", **more}

    def vault(self, name, count):
        """A home with that many servers in the encrypted file."""
        import vault
        environment, file = self.environment(name), vault.Vault()
        for number in range(count):
            host = HOST if number == 0 else f"s{number}.example.com"
            file.add(f"https://{host}", {"type": "api", "key": TOKEN, "obtained_at": 1700000000,
                                         "source": "given", "dialect": "loom"})
        home = pathlib.Path(environment["HOME"])
        file.write(str(home / ".config/loom"), str(home / ".local/share/loom"))
        (home / ".git-credentials").write_text(f"https://oauth2:{TOKEN}@{HOST}\n", encoding="utf-8")
        return environment

    def files(self):
        """Who keeps it in files, and who has nothing to keep."""
        one, hundred = self.vault("one", 1), self.vault("hundred", 100)
        store, token = [self.git, "credential-store", "get"], TOKEN.encode()
        get = [self.loom, "credential-helper", "get"]
        return {
            "an empty program": Contestant([self.build / "tests/support/bench-empty"], self.match,
                                           one, b""),
            "git credential-store get": Contestant(store, self.match, one, token),
            "git credential-store get, no match": Contestant(store, self.other, one, b""),
            "loom get, vault": Contestant(get, self.match, one, token),
            "loom get, no match": Contestant(get, self.other, one, b""),
            "loom get, vault with 100 servers": Contestant(get, self.match, hundred, token),
            "loom --version": Contestant([self.loom, "--version"], self.other, one, b"loom "),
        }

    def gh(self):
        program = shutil.which("gh")
        if program is None:
            self.missing.append("gh (Debian package gh)")
            return {}
        environment = self.environment("gh", GH_NO_UPDATE_NOTIFIER="1")
        folder = pathlib.Path(environment["HOME"], ".config/gh")
        folder.mkdir(parents=True)
        (folder / "hosts.yml").write_text(
            f"{HOST}:\n    oauth_token: {TOKEN}\n    user: ada\n    git_protocol: https\n",
            encoding="utf-8")
        return {"gh auth git-credential get": Contestant([program, "auth", "git-credential", "get"],
                                                         self.match, environment, TOKEN.encode())}

    def build_libsecret(self):
        """git's own helper for keyrings, from the source that Debian's git brings along."""
        needs = [str(LIBSECRET)] if not LIBSECRET.exists() else [
            name for name in ("cc", "dbus-daemon", "gnome-keyring-daemon", "gdbus")
            if shutil.which(name) is None]
        if needs:
            self.missing.append(f"git-credential-libsecret ({', '.join(needs)})")
            return None
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libsecret-1", "glib-2.0"],
                               capture_output=True, text=True, check=True).stdout.split()
        program = self.place / "git-credential-libsecret"
        subprocess.run(["cc", "-O2", str(LIBSECRET), "-o", str(program), *flags], check=True)
        return program

    def keyring(self, desk):
        program = self.build_libsecret()
        if program is None:
            return {}
        desk.start_bus()
        desk.start_gnome_keyring()
        environment = self.environment("desk", **desk.environment)
        subprocess.run([program, "store"], env=environment, check=True, timeout=60, text=True,
                       capture_output=True,
                       input=f"protocol=https\nhost={HOST}\nusername=oauth2\npassword={TOKEN}\n\n")
        self.sign_in(environment)
        return {
            "git-credential-libsecret get": Contestant([program, "get"], self.match, environment,
                                                       TOKEN.encode()),
            "loom get, keyring": Contestant([self.loom, "credential-helper", "get"], self.signed_in,
                                            environment, b"password="),
            "loom get, keyring, no match": Contestant(
                [self.loom, "credential-helper", "get"], self.other, environment, b""),
        }

    def sign_in(self, environment):
        import servers
        server = servers.DevServer(str(self.place / "server"), "--approve-after", "0")
        try:
            subprocess.run([self.loom, "login", "--quiet", "--no-browser", "--store", "keyring",
                            "--server", server.url], stdin=subprocess.DEVNULL, timeout=60,
                           capture_output=True, env=environment, check=True)
        finally:
            server.stop()
        self.signed_in = self.place / "signed-in"
        self.signed_in.write_text(f"protocol=http\nhost={server.host}\n\n", encoding="utf-8")

    # ---- Measuring ----

    def turns(self, mode, rounds, plan):
        return subprocess.run([self.build / "tests/support/bench-turns", mode, str(rounds)],
                              input=plan, capture_output=True, timeout=1200, check=True).stdout

    def measure(self, runs, rounds):
        """{name: (median ms, median CPU ms, peak KB, instructions)}"""
        for name, contestant in runs.items():
            contestant.check(name)
        rows = [[] for _ in runs]
        plan = b"".join(contestant.plan() for contestant in runs.values())
        self.turns("turns", WARM_UP, plan)
        for line in self.turns("turns", rounds, plan).splitlines():
            index, *figures = map(int, line.split())
            rows[index].append(figures)
        results = {}
        for (name, contestant), row in zip(runs.items(), rows):
            wall, cpu, peak = zip(*row)
            results[name] = (statistics.median(wall) / 1000, statistics.fmean(cpu) / 1000,
                             statistics.median(peak), contestant.instructions())
        return results

    def crowd(self, contestant, count=100):
        """(one after the other, all at once), in ms: the best of three, for it is one figure each."""
        return tuple(min(int(self.turns(mode, count, contestant.plan())) for _ in range(3)) / 1000
                     for mode in ("row", "crowd"))

    def approvals(self, interval_s=1):
        """From the approval at the server until `login` has ended, in ms: the worst of some."""
        import servers
        took = []
        for number in range(LOGINS):
            server = servers.DevServer(str(self.place / f"login{number}"), "--interval",
                                       str(interval_s))
            login = subprocess.Popen(
                [self.loom, "login", "--quiet", "--no-browser", "--store", "file", "--server",
                 server.url], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=self.environment(f"home{number}"))
            try:
                until = time.monotonic() + 30
                while not server.secrets() and time.monotonic() < until:
                    time.sleep(0.005)
                time.sleep(number * interval_s / LOGINS)  # anywhere between two polls
                server.approve()
                approved = time.monotonic()
                if login.wait(30) != 0:
                    raise SystemExit("bench: the sign-in failed")
                took.append((time.monotonic() - approved) * 1000)
            finally:
                login.kill()
                login.wait()
                server.stop()
        return max(took) - interval_s * 1000


def table(results):
    empty = results["an empty program"][0]
    print("| | wall, ms | × empty | CPU, ms | peak, MB | instructions, million |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, (wall, cpu, peak, count) in results.items():
        print(f"| {name} | {wall:.2f} | {wall / empty:.2f} | {cpu:.2f} | {peak / 1024:.1f} | "
              f"{'–' if count is None else f'{count / 1e6:.2f}'} |")


def ratios(results):
    print("\n| | against | at most | here |\n|---|---|---:|---:|")
    for name, against, most in TARGETS:
        if name in results and against in results:
            print(f"| {name} | {against} | {most} | {results[name][0] / results[against][0]:.2f} |")
    peak = results["loom get, vault"][2] / results["git credential-store get"][2]
    print(f"| peak memory of loom get, vault | git credential-store get | 1.5 | {peak:.2f} |")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    os.environ.update(LOOM=str(build / "loom"),
                      LOOM_DEV_SERVER=str(build / "tests/server/loom-dev-server"))
    import keyrings
    with tempfile.TemporaryDirectory(prefix="loom-bench.") as folder:
        bench = Bench(build, pathlib.Path(folder))
        (bench.place / "d").mkdir()
        desk = keyrings.Desk(str(bench.place / "d"))
        try:
            runs = {**bench.files(), **bench.gh(), **bench.keyring(desk)}
            results = bench.measure(runs, rounds)
            table(results)
            ratios(results)
            row, crowd = bench.crowd(runs["loom get, vault"])
            print(f"| 100 of them at once, all in all | one after the other | 1.0 | {crowd / row:.2f} |")
            print(f"| from approval to the end of login | one poll interval | + 150 ms | "
                  f"{bench.approvals():+.0f} ms |")
        finally:
            desk.stop()
        print(f"\n{rounds} runs each, taking turns; wall time and peak are medians.")
        for what in bench.missing:
            print(f"Not here, and so left out: {what}")


if __name__ == "__main__":
    main()
