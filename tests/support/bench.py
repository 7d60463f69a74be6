#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long git waits: the helper beside git's own plaintext store, in one run.

    bench.py BUILD_FOLDER [ROUNDS]

The contestants take turns, so that a busy machine slows all of them alike; medians are compared.
Each is started the way a shell would start it, with a request as a file on standard input.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 300
WARM_UP = 20
TOKEN_SERVER_WAIT_S = 10


def start_server(build, place, environment):
    ready = place / "ready"
    server = subprocess.Popen(
        [build / "tests/server/loom-dev-server", "--ready", ready, "--approve-after", "0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
    deadline = time.monotonic() + TOKEN_SERVER_WAIT_S
    while not ready.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            raise SystemExit("bench: the development server did not start")
        time.sleep(0.02)
    return server, ready.read_text(encoding="utf-8").strip()


def request(place, name, host):
    path = place / name
    path.write_text(f"protocol=http\nhost={host}\n\n", encoding="utf-8")
    return path


def answer(command, stdin, environment):
    with open(stdin, "rb") as source:
        done = subprocess.run(command, stdin=source, capture_output=True, timeout=30,
                              env=environment, check=True)
    return done.stdout


def elapsed_ms(command, stdin, environment):
    actions = [(os.POSIX_SPAWN_OPEN, 0, str(stdin), os.O_RDONLY, 0),
               (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, environment, file_actions=actions)
    _, status = os.waitpid(child, 0)
    end = time.perf_counter()
    if status != 0:
        raise SystemExit(f"bench: {command} ended with status {os.waitstatus_to_exitcode(status)}")
    return (end - start) * 1000


def contestants(build, place, url, environment):
    host = url.removeprefix("http://")
    loom, git = str(build / "loom"), shutil.which("git")
    ours, theirs = [loom, "credential-helper", "get"], [git, "credential-store", "get"]
    match, other = request(place, "match", host), request(place, "other", "elsewhere.example.com")
    token = answer(ours, match, environment)
    password = token.decode().split("password=")[1].strip()
    (place / ".git-credentials").write_text(f"http://oauth2:{password}@{host}\n", encoding="utf-8")
    if answer(theirs, match, environment) != token or answer(ours, other, environment) != b"":
        raise SystemExit("bench: the two do not give the same answer, so they cannot be compared")
    return {
        "true (starting a program at all)": ([shutil.which("true")], match),
        "git credential-store get, match": (theirs, match),
        "loom credential-helper get, match": (ours, match),
        "git credential-store get, no match": (theirs, other),
        "loom credential-helper get, no match": (ours, other),
    }


def measure(runs, rounds, environment):
    times = {name: [] for name in runs}
    for turn in range(WARM_UP + rounds):
        for name, (command, stdin) in runs.items():
            spent = elapsed_ms(command, stdin, environment)
            if turn >= WARM_UP:
                times[name].append(spent)
    return times


def report(times, rounds):
    medians = {name: statistics.median(spent) for name, spent in times.items()}
    print(f"{rounds} runs each, taking turns; milliseconds\n")
    print(f"{'':40} {'median':>8} {'p90':>8}")
    for name, spent in times.items():
        print(f"{name:40} {medians[name]:8.2f} {statistics.quantiles(spent, n=10)[8]:8.2f}")
    print()
    for kind in ("match", "no match"):
        ratio = medians[f"loom credential-helper get, {kind}"] / \
            medians[f"git credential-store get, {kind}"]
        print(f"{kind}: loom takes {ratio:.2f} times what git's own store takes")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    with tempfile.TemporaryDirectory(prefix="loom-bench.") as folder:
        place = pathlib.Path(folder)
        environment = {"HOME": folder, "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
        server, url = start_server(build, place, environment)
        try:
            subprocess.run([build / "loom", "login", "--quiet", "--no-browser", "--server", url],
                           stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
                           env=environment, check=True)
            runs = contestants(build, place, url, environment)
            report(measure(runs, rounds, environment), rounds)
        finally:
            server.terminate()
            server.wait(10)


if __name__ == "__main__":
    main()
