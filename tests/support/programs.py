# SPDX-License-Identifier: Apache-2.0
"""Run a program as a person, a script or git would, and see all that it does.

    program = Program([LOOM, "login"], env, terminal={"stderr"})
    program.expect(r"[0-9]{3}-[0-9]{3}-[0-9]{3}")
    program.signal(signal.SIGINT)
    result = program.finish()

Each runs in a session of its own. While it runs, the arguments and the environment of it and of its
children are looked at again and again; when it is over, nothing of its session may be left. Every
wait has an end.
"""
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time

import watchdog

DEADLINE_S = 60  # a loaded machine with sanitizers; no case is meant to come near it
SAMPLE_S, SAMPLE_MOST_S = 0.01, 0.2
SHOWN_MAX = 8000  # characters of an output in a report
STREAMS = ("stdin", "stdout", "stderr")


def short(data):
    """For a report."""
    text = data if isinstance(data, str) else data.decode(errors="backslashreplace")
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "[...]"


class Result:
    """What is left of a program that has ended."""

    def __init__(self, program, out, err):
        self.argv, self.environment = program.argv, program.environment
        self.status = program.process.returncode
        self.took_s = program.ended - program.began
        self.out, self.err = out, err
        self.seen = program.seen  # what /proc showed: (kind, pid, bytes)
        own = {data for kind, pid, data in self.seen if kind == "cmdline" and pid == program.pid}
        # The program itself; a thread of a sanitizer that looks like a child is no other. A child
        # that is about to become another program looks like it for a moment, too.
        others = {pid for kind, pid, data in self.seen if kind == "cmdline" and data not in own}
        self.pids = {program.pid} | {pid for kind, pid, data in self.seen
                                     if kind == "cmdline" and data in own and pid not in others}
        self.is_door = False  # its standard output is meant to carry a secret

    @property
    def text(self):
        return self.err.decode()

    @property
    def said(self):
        """Standard error with line ends and blanks folded, to look for sentences in."""
        return re.sub(r"\s+", " ", self.err.decode())

    def __str__(self):
        return (f"$ {' '.join(map(short, self.argv))}\nstatus {self.status} after "
                f"{self.took_s:.1f} s\n--- stdout\n{short(self.out)}\n--- stderr\n"
                f"{short(self.err)}")


def _read_proc(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:  # gone, or not ours to read: then nobody else's either
        return b""


def _children(pid):
    found = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        for child in _read_proc(pid, f"task/{thread}/children").split():
            found += [int(child)] + _children(int(child))
    return found


def session_of(pid):
    stat = _read_proc(pid, "stat")
    fields = stat[stat.rfind(b")") + 2:].split()
    return int(fields[3]) if len(fields) > 3 and fields[0] not in (b"Z", b"X") else None


def left_of_session(session):
    """Its children are younger than the program that leads it, so their numbers are higher."""
    return [int(pid) for pid in os.listdir("/proc")
            if pid.isdigit() and int(pid) >= session and session_of(int(pid)) == session]


def open_terminal(columns=80):
    """A pseudo-terminal: (our side, the program's side)."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    return ours, its


class Program:
    """A running program.

    `terminal` names the streams that are a terminal; the others are pipes. `stdin` is bytes that
    are written and then closed, None for a pipe that stays open, or a file. `outputs` replaces a
    stream: {"stdout": file}. What else is given goes to subprocess.Popen (umask, user, ...).
    """

    def __init__(self, argv, env, stdin=b"", terminal=(), cwd="/", outputs=None, **more):
        self.argv = [os.fspath(word) for word in argv]
        self.environment = dict(env)
        self.texts = {"stdout": bytearray(), "stderr": bytearray()}
        self.changed = threading.Condition()
        self.seen = set()
        self.result = None
        self._terminal, slave, command = None, None, self.argv
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        if stdin is not None and not isinstance(stdin, bytes):
            streams["stdin"] = stdin
        streams.update(outputs or {})
        if terminal:
            self._terminal, slave = open_terminal()
            self.modes_before = termios.tcgetattr(slave)
            streams.update({name: slave for name in terminal})
            # Whoever leads a session and opens a terminal gets it as the one that sends signals.
            command = ["/bin/sh", "-c", ': <>"$0"; exec "$@"', os.ttyname(slave), *self.argv]
        self._slave = slave
        self._reads_terminal_as = "stderr" if "stderr" in terminal else "stdout"

        self.began = time.monotonic()
        self.process = subprocess.Popen(command, env=self.environment, cwd=cwd,
                                        start_new_session=True, **streams, **more)
        self.pid = self.process.pid
        watchdog.tell("run", self.pid)
        self._threads = [threading.Thread(target=self._wait), threading.Thread(target=self._sample)]
        for name in ("stdout", "stderr"):
            pipe = getattr(self.process, name)
            if pipe is not None:
                self._threads.append(threading.Thread(target=self._read,
                                                      args=(name, pipe.fileno())))
        if slave is not None:
            self._stop_read, self._stop_write = os.pipe()
            self._threads.append(threading.Thread(target=self._read_terminal))
        self.ended = None
        for thread in self._threads:
            thread.daemon = True
            thread.start()
        if isinstance(stdin, bytes) and self.process.stdin is not None:
            self._feed(stdin)

    def _feed(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.close()
        except BrokenPipeError:  # it had read enough
            pass

    def _wait(self):
        self.process.wait()
        with self.changed:
            self.ended = time.monotonic()
            self.changed.notify_all()

    def _add(self, name, data):
        with self.changed:
            self.texts[name] += data
            self.changed.notify_all()

    def _read(self, name, fd):
        while data := os.read(fd, 65536):
            self._add(name, data)

    def _read_terminal(self):
        while True:
            ready, _, _ = select.select([self._terminal, self._stop_read], [], [])
            if self._terminal in ready:
                self._add(self._reads_terminal_as, os.read(self._terminal, 65536))
            elif ready:
                return

    def _sample(self):
        pause_s = SAMPLE_S
        while self.ended is None:
            for pid in [self.pid] + _children(self.pid):
                for kind in ("cmdline", "environ"):
                    data = _read_proc(pid, kind)
                    if data:
                        self.seen.add((kind, pid, data))
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.5, SAMPLE_MOST_S)

    # What a test does meanwhile.

    def text(self, name="stderr"):
        with self.changed:
            return bytes(self.texts[name])

    def expect(self, pattern, stream="stderr", deadline_s=DEADLINE_S):
        """Wait until the stream's text matches; returns the match."""
        expression = re.compile(pattern.encode() if isinstance(pattern, str) else pattern)

        def look():
            return expression.search(bytes(self.texts[stream]))

        with self.changed:
            self.changed.wait_for(lambda: look() or self.ended is not None, deadline_s)
            found = look()
        if found is None and self.ended is not None:
            self.finish()
            found = look()
        if found is None:
            raise AssertionError(f"{pattern!r} did not come on {stream}:\n{self.finish(0.1)}")
        return found

    def type(self, data):
        if self._terminal is not None:
            os.write(self._terminal, data)
        else:
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def close_stdin(self):
        self.process.stdin.close()

    def has_stopped_child(self):
        """Of a shell: is its job stopped?"""
        return any(b") T " in _read_proc(child, "stat") for child in _children(self.pid))

    def modes(self):
        return termios.tcgetattr(self._slave)

    def signal(self, number):
        """Send a signal; the time at which it was sent."""
        sent = time.monotonic()
        os.kill(self.pid, number)
        return sent

    def is_running(self):
        return self.ended is None

    def finish(self, deadline_s=DEADLINE_S):
        """Wait for the end. Past the deadline it is killed, and that is a failure."""
        if self.result is not None:
            return self.result
        with self.changed:
            self.changed.wait_for(lambda: self.ended is not None, deadline_s)
        late = self.ended is None
        if late:
            for pid in left_of_session(self.pid):
                os.kill(pid, signal.SIGKILL)
        for thread in self._threads[:1]:
            thread.join()
        if self._terminal is not None:
            time.sleep(0.02)  # what it wrote last is still on its way through the terminal
            os.write(self._stop_write, b"x")
        for thread in self._threads:
            thread.join(2)
        self.result = Result(self, bytes(self.texts["stdout"]), bytes(self.texts["stderr"]))
        self.modes_after = self.modes() if self._slave is not None else None
        left = self._end_session()
        watchdog.tell("done", self.pid)
        self._close()
        if late:
            raise AssertionError(f"still running after {deadline_s} s:\n{self.result}")
        if left:
            raise AssertionError(f"left running: {left}\n{self.result}")
        return self.result

    def _end_session(self):
        """Nothing of its session stays; what did is named."""
        until = time.monotonic() + 1
        while (left := left_of_session(self.pid)) and time.monotonic() < until:
            time.sleep(0.01)
        names = [(pid, _read_proc(pid, "cmdline")) for pid in left]
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return names

    def _close(self):
        for name in STREAMS:
            pipe = getattr(self.process, name)
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass
        if self._terminal is not None:
            for fd in (self._terminal, self._slave, self._stop_read, self._stop_write):
                os.close(fd)
