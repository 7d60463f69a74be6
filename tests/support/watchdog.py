# SPDX-License-Identifier: Apache-2.0
"""Nothing that a test started outlives it, also when the test itself is killed.

    watchdog.tell("run", pid)         # it leads a session of its own
    watchdog.tell("done", pid)
    watchdog.tell("folder", path)     # goes with the test

A process of its own listens. When the test is gone, however it went, it ends what still runs and
removes the folders.
"""
import os
import shutil
import signal
import subprocess
import sys
import threading

_lock = threading.Lock()
_pipe = None


def tell(word, what):
    global _pipe
    with _lock:
        if _pipe is None:
            process = subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__)],
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True, cwd="/")
            _pipe = process.stdin
        _pipe.write(f"{word} {what}\n".encode())
        _pipe.flush()


def _end(pid):
    """Kill the session that `pid` leads, if that is still so."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        if int(fields[3]) == pid:
            os.killpg(pid, signal.SIGKILL)
    except (OSError, IndexError):
        pass  # gone


def main():
    running, folders = set(), []
    for line in sys.stdin:
        word, _, what = line.rstrip("\n").partition(" ")
        if word == "run":
            running.add(int(what))
        elif word == "done":
            running.discard(int(what))
        elif word == "folder":
            folders.append(what)
    for pid in running:
        _end(pid)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
