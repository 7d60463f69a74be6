# SPDX-License-Identifier: Apache-2.0
"""What others see of the process and its children: no secret in /proc, no memory, no core (THREATS: MEM).

Where root runs the tests, the program and who looks at it are an unprivileged user."""
import json
import os
import signal
import subprocess
import sys
import threading
import time

import leaks
import loomtest
import programs
from loomtest import IS_SANITIZED, LOOM

STRANGER = 12345
# What is there for a program of the same user that wants to see; prints the names of what worked.
PEEK = r"""
import ctypes, json, os, sys
pid, found = int(sys.argv[1]), []
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, look):
    try:
        if look():
            found.append(name)
    except OSError:
        pass
def read(name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        if name == "mem":
            return True
        return file.read(64) != b""
for name in ("mem", "environ", "maps", "smaps", "auxv", "io", "pagemap"):
    attempt(name, lambda: read(name))
for name in ("exe", "cwd", "root", "fd/0"):
    attempt(name, lambda: os.readlink(f"/proc/{pid}/{name}"))
for name in ("fd", "map_files"):
    attempt(name, lambda: os.listdir(f"/proc/{pid}/{name}"))
word = ctypes.create_string_buffer(16)
class Vector(ctypes.Structure):
    _fields_ = [("at", ctypes.c_void_p), ("len", ctypes.c_size_t)]
here = Vector(ctypes.addressof(word), 1)
libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(here), 1, 0)
attempt("process_vm_readv", lambda: ctypes.get_errno() != 1)  # EPERM
attempt("pidfd_getfd", lambda: libc.syscall(438, os.pidfd_open(pid), 0, 0) >= 0)
attempt("ptrace", lambda: libc.ptrace(0x4206, pid, None, None) == 0)  # PTRACE_SEIZE
print(json.dumps(found))
"""


def unprivileged():
    return ({"user": STRANGER, "group": STRANGER, "extra_groups": []} if os.geteuid() == 0 else {})


def peek(pid):
    python = "/usr/bin/python3" if unprivileged() else sys.executable
    done = subprocess.run([python, "-ISc", PEEK, str(pid)], capture_output=True, timeout=60,
                          check=True, text=True, **unprivileged())
    return set(json.loads(done.stdout))


class Watcher(threading.Thread):
    """Looks at more of /proc than every story does, and more often."""

    def __init__(self, program):
        super().__init__(daemon=True)
        self.program, self.kinds = program, set()

    def run(self):
        while self.program.is_running():
            for pid in [self.program.pid] + programs._children(self.program.pid):
                self.look(pid)
            time.sleep(0.004)

    def look(self, pid):
        for name in ("cmdline", "comm", "status", "stat", "wchan", "limits", "maps", "environ"):
            self.note(name, pid, programs._read_proc(pid, name))
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                self.note("fd", pid, os.fsencode(os.readlink(f"/proc/{pid}/fd/{fd}")))
        except OSError:
            pass

    def note(self, kind, pid, data):
        if data:
            self.kinds.add(kind)
            self.program.seen.add((kind, pid, data))


class InProc(loomtest.Case):
    server_options = ()

    def watched(self, *argv, meanwhile=None, **more):
        program = self.start(*argv, **more)
        watcher = Watcher(program)
        watcher.start()
        if meanwhile is not None:
            meanwhile(program)
        program.close_stdin() if more.get("stdin", b"") is None else None
        result = program.finish()
        watcher.join()
        self.assertIn(result.status, (0, -signal.SIGINT), result)
        # Without sanitizers only root sees the rest.
        rest = {"environ", "maps", "fd"} if os.geteuid() == 0 or IS_SANITIZED else set()
        self.assertLessEqual({"cmdline", "comm", "status"} | rest, watcher.kinds)
        return result

    def opener(self):
        path = os.path.join(self.folder, "opener")
        with open(path, "w") as file:
            file.write("#!/bin/sh\nsleep 0.3\n")
        os.chmod(path, 0o755)
        return path

    def test_mem_01_no_secret_in_proc_whatever_the_command(self):
        """The program and its children; what is checked afterwards holds what was seen here."""
        told = self.plant(loomtest.marker("told"))
        names = {"LOOM_TOKEN": told, "LOOM_SERVER": "https://elsewhere.example.com",
                 "BROWSER": self.opener(), "TERM": "xterm"}

        def approve(program):
            program.expect("browser should open")
            self.wait_for(lambda: programs._children(program.pid) != [])
            self.wait_for(lambda: programs._children(program.pid) == [])
            self.server.approve()

        self.watched("login", self.server.url, meanwhile=approve, env=names,
                     terminal={"stdin", "stderr"})
        token = self.server.last("token")
        given = self.server.issue_token()
        fields = f"protocol=http\nhost={self.server.host}\n".encode()

        def say(data):
            def meanwhile(program):
                time.sleep(0.1)  # to be seen
                program.type(data)
            return meanwhile

        more = {"stdin": None, "env": {"LOOM_TOKEN": told, "LOOM_SERVER": "https://e.example.com"}}
        for operation in ("get", "store", "erase"):
            data = fields if operation == "get" else \
                fields + f"username=oauth2\npassword={token}\n".encode()
            result = self.watched("credential-helper", operation, meanwhile=say(data + b"\n"), **more)
            result.is_door = operation == "get"
        self.watched("login", self.server.url, "--with-token", meanwhile=say(given.encode()), **more)

        def stop(program):
            self.wait_for(lambda: self.server.times("/auth/logout", mark))
            time.sleep(0.1)
            program.signal(signal.SIGINT)

        mark = len(self.server.log())
        self.server.misbehave("logout-hang")
        self.watched("logout", self.server.url, meanwhile=stop, **{**more, "stdin": b""})


class Hygiene(loomtest.Case):
    server_options = ()

    def new_home(self):
        home = super().new_home()
        if unprivileged():
            os.chmod(self.folder, 0o711)
            os.chmod(self.place, 0o711)
            for path in (home.folder, home.path, home.tmp):
                os.chown(path, STRANGER, STRANGER)
        return home

    def begin(self, *argv, **more):
        return self.start(*argv, **unprivileged(), **more)

    def wait_to_poll(self, program):
        program.expect("Waiting")
        self.wait_for(lambda: self.server.times("/poll"))

    def test_mem_143_the_variable_is_wiped_where_it_stood(self):
        """proc(5) shows the strings that a program was started with, also those that it took away."""
        token = self.plant(loomtest.marker("variable"))
        program = self.begin("login", self.server.url, env={"LOOM_TOKEN": token, "LOOM_SERVER": "x"})
        self.wait_to_poll(program)
        shown = programs._read_proc(program.pid, "environ")
        if os.geteuid() == 0 or IS_SANITIZED:
            self.assertIn(b"LOOM_SERVER=x\0", shown)
        self.assertNotIn(token.encode()[:12], shown)
        program.signal(signal.SIGTERM)
        program.finish()

    # ---- What a program of the same user may do ----

    def test_mem_04_no_program_of_the_same_user_looks_inside(self):
        other = subprocess.Popen(["/bin/sleep", "60"], stdin=subprocess.DEVNULL, **unprivileged())
        try:  # which can be looked at: so the looking works
            self.wait_for(lambda: "exe" in peek(other.pid))
            self.assertLessEqual({"mem", "environ", "maps", "exe", "fd", "ptrace",
                                  "process_vm_readv", "pidfd_getfd"}, peek(other.pid))
        finally:
            other.kill()
            other.wait()
        # One after the other: before the first secret, and with a device code in memory.
        program = self.begin("login", self.server.url, "--with-token", stdin=None)
        self.wait_for(lambda: program.process.poll() is None and b"loom" in programs._read_proc(
            program.pid, "cmdline"))
        time.sleep(0.1)
        if not IS_SANITIZED:
            self.assertEqual(peek(program.pid), set())
        program.close_stdin()
        self.assertEqual(program.finish().status, 2)
        program = self.begin("login", self.server.url)
        self.wait_to_poll(program)
        if not IS_SANITIZED:
            self.assertEqual(peek(program.pid), set())
        self.server.approve()
        self.assertEqual(program.finish().status, 0)

    def test_mem_144_a_crash_leaves_no_core(self):
        """Ctrl-\\ and what a fault would do, where core files are switched on."""
        place = os.path.join(self.folder, "here")
        os.mkdir(place, 0o777)
        os.chmod(place, 0o777)
        for number in (signal.SIGQUIT, *(() if IS_SANITIZED else (signal.SIGSEGV,))):
            program = self.begin("-c", 'ulimit -c unlimited; cd "$1"; shift; "$@"; exit $?', "sh", place,
                                 LOOM, "login", self.server.url, program="/bin/sh")
            program.expect("Waiting")
            with open(f"/proc/{programs._children(program.pid)[0]}/limits") as file:
                self.assertRegex(file.read(), r"(?m)^Max core file size +0 ")
            os.kill(programs._children(program.pid)[0], number)
            result = program.finish()
            self.assertEqual(result.status, 128 + number, result)
            self.assertNotIn("core dumped", result.text)
            self.assertEqual(os.listdir(place), [])
        os.rmdir(place)

    # ---- What others would print ----

    def test_mem_145_variables_that_make_libraries_talk(self):
        """They are for whoever looks for faults in a library, and would say what nobody may know."""
        log = os.path.join(self.folder, "log")
        names = {"SSLKEYLOGFILE": log, "QLOGDIR": self.folder, "SSLDEBUGFILE": log,
                 "GNUTLS_DEBUG_LEVEL": "9", "G_MESSAGES_DEBUG": "all", "G_DBUS_DEBUG": "all",
                 "CURL_HOME": self.folder, "CURL_SSL_BACKEND": "openssl", "MALLOC_TRACE": log,
                 "MALLOC_CHECK_": "3", "LD_BIND_NOW": "1", "NETRC": log}
        server = self.start_server("--approve-after", 0, tls=True)
        argv = ("login", "--server", server.url, "--cacert", server.authority.file)
        quiet, loud = (self.begin(*argv, env=more, home=self.new_home()).finish()
                       for more in ({}, names))
        self.assertEqual((quiet.status, loud.status), (0, 0), loud)
        self.assertEqual(len(loud.text.splitlines()), len(quiet.text.splitlines()), loud)
        self.assertFalse(os.path.exists(log))

    def test_mem_148_openssl_conf_reaches_tls_and_nothing_else(self):
        """A provider that is not there: no connection, and git has its answer all the same."""
        conf = os.path.join(self.folder, "openssl.cnf")
        with open(conf, "w") as file:
            file.write("openssl_conf = a\n[a]\nproviders = b\n[b]\nnothing = c\n[c]\nactivate = 1\n")
        token = self.plant(loomtest.marker("kept"))
        home, env = self.new_home(), {"OPENSSL_CONF": conf}
        home.seed(("https://loom.example.com", token))
        for path, _ in [(home.path, None), *leaks.walk(home.path)] if unprivileged() else ():
            os.chown(path, STRANGER, STRANGER)
        program = self.begin("credential-helper", "get", home=home, env=env,
                             stdin=b"protocol=https\nhost=loom.example.com\n\n")
        result = program.finish()
        result.is_door = True
        self.assertEqual(self.answer(result).get("password"), token, result)
        server = self.start_server("--approve-after", 0, tls=True)
        result = self.begin("login", "--server", server.url, "--cacert", server.authority.file,
                            env=env).finish()
        self.assertEqual(result.status, 6, result)
        self.assertEqual(server.requests(), [])
        os.unlink(conf)


if __name__ == "__main__":
    loomtest.main()
