# SPDX-License-Identifier: Apache-2.0
"""The page opens by itself, once, two seconds after the code is there, where a person sits; and whatever
becomes of that costs nothing but the convenience (THREATS: UI-06, UI-09, UI-10, UI-11, UI-13, UI-20)."""
import os
import signal
import time

import loomtest
import programs
import servers
import watchdog

DELAY_S = 2.0
SHOULD_OPEN = "Your browser should open by itself."
FAILED = "The browser could not be opened. Please open the page yourself."
REMOTE = "No browser was opened, because this is a remote session."
NO_SCREEN = "No browser was opened, because there is no screen here."

# Notes what it is born with and what it was told. What is asked for is the shell's own, so each
# question is asked in a subshell, whose redirections the shell does not share.
OPENER = """#!/bin/sh
d='{place}'
(for f in /proc/$$/fd/*; do readlink "$f"; done >"$d/descriptors")
(tr '\\0' '\\n' </proc/$$/environ >"$d/environment")
(cut -d' ' -f1,6,7 </proc/$$/stat >"$d/session")
(readlink /proc/$$/cwd >"$d/folder")
(umask >"$d/umask")
(printf '%s\\n' "$@" >"$d/words.new"; mv "$d/words.new" "$d/words")
{more}
"""


class Opener:
    """A program that is started instead of a browser."""

    def __init__(self, case, name="opener", more="exit 0"):
        self.place = os.path.join(case.folder, f"opened{case.count}")
        case.count += 1
        self.bin = os.path.join(self.place, "bin")
        os.makedirs(self.bin)
        self.path = os.path.join(self.bin, name)
        with open(self.path, "w") as file:
            file.write(OPENER.format(place=self.place, more=more))
        os.chmod(self.path, 0o755)
        self.search = f"{self.bin}:{servers.clean_environment()['PATH']}"

    def was_started(self):
        return os.path.exists(os.path.join(self.place, "words"))

    def fact(self, name):
        with open(os.path.join(self.place, name)) as file:
            return file.read()

    def words(self):
        return self.fact("words").splitlines()

    def pid(self):
        return int(self.fact("session").split()[0])


class LoginBrowser(loomtest.Case):
    server_options = ()

    def setUp(self):
        self.count = 0
        super().setUp()

    def begin(self, *argv, server=None, env=None, **more):
        more.setdefault("terminal", {"stdin", "stderr"})
        return self.start("login", (server or self.server).url, *argv, home=self.new_home(),
                          env={"TERM": "xterm", **(env or {})}, **more)

    def approve_all(self):
        for kind, value in self.server.secrets():
            if kind == "user_code":
                self.server.approve(value)

    def end(self, opener):
        """It has a session of its own and outlives us; the test ends it."""
        if opener.was_started():
            if programs.session_of(opener.pid()) == opener.pid():
                os.kill(opener.pid(), signal.SIGKILL)
            watchdog.tell("done", opener.pid())

    def wait_for_opener(self, opener):
        self.addCleanup(self.end, opener)
        self.wait_for(opener.was_started)
        opened = time.monotonic()
        watchdog.tell("run", opener.pid())
        return opened

    # ---- When, and with what ----

    def test_ui_09_it_opens_after_two_seconds_while_polling_runs(self):
        opener = Opener(self)
        token = self.plant(loomtest.marker("environment"))
        program = self.begin(env={"BROWSER": opener.path, "LOOM_TOKEN": token,
                                  "LOOM_SERVER": self.server.url, "LOOM_TOKEN_FILE": ""},
                             umask=0o027)
        program.expect(SHOULD_OPEN)
        shown = time.monotonic()
        opened = self.wait_for_opener(opener)
        self.assertGreater(opened - shown, DELAY_S - 0.3)
        self.assertTrue(self.server.times("/poll"), "polling had not begun")
        # It has ended, and we have waited for it.
        self.wait_for(lambda: programs._children(program.pid) == [])
        self.server.approve()
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertNotIn(FAILED, result.said)
        self.assertEqual(opener.words(), [f"{self.server.url}/device"])
        # The last one is the shell's own: the script that it reads.
        self.assertEqual(sorted(opener.fact("descriptors").split()),
                         sorted(["/dev/null"] * 3 + [opener.path]))
        pid, session, terminal = opener.fact("session").split()
        self.assertEqual((session, terminal), (pid, "0"))
        self.assertEqual(opener.fact("umask").strip(), "0027")
        self.assertEqual(opener.fact("folder").strip(), "/")
        names = [line.partition("=")[0] for line in opener.fact("environment").splitlines()]
        self.assertIn("LOOM_SERVER", names)
        self.assertFalse({"LOOM_TOKEN", "LOOM_TOKEN_FILE"} & set(names), names)

    def check_opens(self, rows):
        """rows: (opener, words before the address, options of begin)"""
        running = [(opener, before, self.begin(*argv, **more))
                   for opener, before, argv, more in rows]
        for opener, before, program in running:
            self.wait_for_opener(opener)
            self.assertEqual(opener.words(), before + [f"{self.server.url}/device"])
        self.approve_all()
        for _, _, program in running:
            self.assertEqual(program.finish().status, 0)

    def test_ui_20_121_where_a_person_sits_or_wishes_it(self):
        ssh = {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22", "SSH_TTY": "/dev/pts/1"}
        xdg, wayland = Opener(self, "xdg-open"), Opener(self, "xdg-open")
        wslview, rundll = Opener(self, "wslview"), Opener(self, "rundll32.exe")
        remote, piped, second, first, marked = (Opener(self) for _ in range(5))
        self.check_opens([
            (xdg, [], (), {"env": {"DISPLAY": ":99", "PATH": xdg.search}}),
            (wayland, [], (), {"env": {"WAYLAND_DISPLAY": "wayland-9", "PATH": wayland.search}}),
            (wslview, [], (), {"env": {"WSL_DISTRO_NAME": "Debian", "PATH": wslview.search}}),
            (rundll, ["url.dll,FileProtocolHandler"], (),
             {"env": {"WSL_DISTRO_NAME": "Debian", "PATH": rundll.search}}),
            (remote, [], (), {"env": {"LOOM_BROWSER": remote.path, **ssh}}),
            (piped, [], (), {"env": {"BROWSER": piped.path}, "terminal": ()}),
            (first, ["-a", "'b"], (), {"env": {"LOOM_BROWSER": f"/none:{first.path} -a  'b",
                                               "BROWSER": second.path}}),
            (marked, [], ("--json",), {"env": {"CI": "1", "BROWSER": f"{marked.path} %s"}}),
        ])
        self.assertFalse(second.was_started())

    def test_ui_10_11_where_nobody_sits_or_wishes_it(self):
        opener = Opener(self, "xdg-open")
        desktop = {"DISPLAY": ":99", "PATH": opener.search}
        own = {"BROWSER": opener.path}
        rows = [
            ((), {"terminal": (), "env": desktop}, None),
            ((), {"env": {**desktop, "CI": "1"}}, None),
            (("--no-browser",), {"env": desktop}, None),
            (("--no-browser",), {"env": own}, None),
            ((), {"env": {**desktop, "BROWSER": ""}}, None),
            ((), {"env": {**desktop, **own, "LOOM_BROWSER": ""}}, None),
            ((), {"env": {"PATH": opener.search}}, NO_SCREEN),
            *[((), {"env": {**desktop, name: "x"}}, REMOTE)
              for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")],
        ]
        running = [(sentence, self.begin(*argv, **more)) for argv, more, sentence in rows]
        for _, program in running:
            program.expect("Waiting")
        time.sleep(DELAY_S + 1.2)
        self.approve_all()
        for sentence, program in running:
            result = program.finish()
            self.assertEqual(result.status, 0, result)
            self.assertNotIn(SHOULD_OPEN, result.said)
            if sentence is None:
                self.assertNotIn("browser was opened", result.said)
            else:
                self.assertIn(sentence, result.said)
        self.assertFalse(opener.was_started(), opener)

    # ---- What goes wrong ----

    def test_ui_10_a_failure_is_said_and_costs_nothing(self):
        """UI-117"""
        failing = Opener(self, more="exit 3")
        hostile = Opener(self, "xdg-open")
        rows = [
            {"env": {"BROWSER": failing.path}},
            {"env": {"BROWSER": failing.path}, "terminal": ()},
            {"env": {"BROWSER": "/nonexistent/browser:nosuchprogram"}},
            {"env": {"DISPLAY": ":99", "PATH": "/nonexistent"}},
            # What lies in the current folder is nobody's browser.
            {"env": {"DISPLAY": ":99", "PATH": ".::bin:./:"}, "cwd": hostile.bin},
            {"env": {"BROWSER": "./xdg-open:xdg-open", "PATH": ""}, "cwd": hostile.bin},
        ]
        running = [self.begin(**row) for row in rows]
        told = self.begin("--json", terminal=(), env={"BROWSER": failing.path})
        for program in running:
            program.expect(SHOULD_OPEN)
            program.expect(r"The browser could not be opened\.")
        told.expect('"event":"browser","result":"failed"', "stdout")
        self.approve_all()
        for program in running + [told]:
            self.assertEqual(program.finish().status, 0)
        events = [event["event"] for event in self.events(told.finish())]
        self.assertEqual(sorted(events), ["browser", "code", "done", "waiting"])
        self.assertFalse(hostile.was_started())
        gaps = self.server.times("/poll")
        self.assertTrue(gaps)

    def test_ui_10_103_one_that_never_ends_delays_nobody(self):
        opener = Opener(self, more="exec sleep 60")
        program = self.begin("--json", env={"BROWSER": opener.path}, terminal={"stdin", "stderr"})
        program.expect('"result":"opened"', "stdout")
        self.wait_for_opener(opener)
        before = len(self.server.times("/poll"))
        self.wait_for(lambda: len(self.server.times("/poll")) >= before + 2)
        times = self.server.times("/poll")
        self.assertLess(max(b - a for a, b in zip(times, times[1:])), 2.5)
        sent = time.monotonic()
        program.type(b"\x03")
        result = program.finish()
        self.assertEqual(result.status, -signal.SIGINT, result)
        self.assertLess(program.ended - sent, loomtest.STOP_S)
        # Ctrl-C was for us: the browser goes on.
        self.assertIsNotNone(programs.session_of(opener.pid()))

    def test_ui_104_approved_before_it_opened(self):
        server = self.start_server("--approve-after", 0)
        opener = Opener(self)
        result = self.begin("--json", server=server, env={"BROWSER": opener.path}).finish()
        events = self.events(result)
        self.assertEqual([event["event"] for event in events],
                         ["code", "waiting", "browser", "done"])
        self.assertEqual(events[2]["result"], "not_tried")
        self.assertFalse(opener.was_started())

    def test_ui_105_a_parent_that_ignores_its_children_hides_nothing(self):
        opener = Opener(self)
        program = self.start("-c", 'trap "" CHLD; exec "$@"', "sh", loomtest.LOOM, "login",
                             self.server.url, "--json", program="/bin/sh", terminal={"stderr"},
                             env={"BROWSER": opener.path})
        program.expect('"result":"opened"', "stdout")
        self.server.approve()
        self.assertEqual(program.finish().status, 0)

    # ---- Which page ----

    def scripted(self, **more):
        peer = servers.Scripted({
            "POST /auth/device/start": (200, {}, {
                "device_code": self.plant(loomtest.marker("device", "dc")), "interval": 1,
                "user_code": "123-456-789", "expires_in": 60, **more}),
            "POST /auth/device/poll": (200, {}, {"status": "pending"}),
        })
        self.addCleanup(peer.stop)
        return peer

    def test_ui_06_the_address_is_one_word_for_any_program(self):
        """What a shell, a command interpreter or xdg-open's own scripts would take apart."""
        page = "https://login.example.net/a;b/$(id)/-x?calc&y=%24PATH&z=*!~,(1)%5E#@f"
        peer = self.scripted(verification_url=page)
        opener = Opener(self)
        program = self.begin(server=peer, env={"BROWSER": opener.path})
        program.expect("This page is not on the server that you named")
        self.assertFalse(opener.was_started())
        self.wait_for_opener(opener)
        self.assertEqual(opener.words(), [page])
        program.signal(signal.SIGTERM)
        program.finish()

    def test_ui_106_the_address_with_the_code_in_it_is_opened(self):
        page = "https://login.example.net/device"
        peer = self.scripted(verification_url=page,
                             verification_url_complete=f"{page}?user_code=123-456-789")
        opener, in_ci = Opener(self), Opener(self)
        person = self.begin(server=peer, env={"BROWSER": opener.path})
        job = self.begin("--json", server=peer, terminal=(),
                         env={"BROWSER": in_ci.path, "CI": "1"})
        self.wait_for_opener(opener)
        self.wait_for_opener(in_ci)
        for one in (opener, in_ci):
            self.assertEqual(one.words(), [f"{page}?user_code=123-456-789"])
        for program in (person, job):
            program.signal(signal.SIGTERM)
        # The page without the code is what a person types; a log never has the other.
        self.assertNotIn("user_code=", person.finish().text)
        self.assertNotIn(b"user_code=", job.finish().out)

    def test_ui_04_05_14_nothing_is_opened_that_was_refused(self):
        opener = Opener(self)
        for page in ("javascript:alert(1)", "http://login.example.net/device", "file:///etc/passwd",
                     "https://a@login.example.net/", "https://login.example.net/a b",
                     "https://login.example.net/'x", "-https://login.example.net/"):
            peer = self.scripted(verification_url=page)
            result = self.begin(server=peer, env={"BROWSER": opener.path}).finish()
            self.assertEqual(result.status, 7, result)
        self.assertFalse(opener.was_started())


if __name__ == "__main__":
    loomtest.main()
