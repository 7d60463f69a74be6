# SPDX-License-Identifier: Apache-2.0
"""The address on the screen, for a camera and for a mouse: a QR code that is really scanned, a link where
the terminal is known to handle one, and neither where nobody could use it (THREATS: UI)."""
import os
import re

import loomtest
import screen
import servers

BLOCK = re.compile("[\u2580\u2584\u2588]")
LINK = re.compile(r"\x1b\]8;;([^\x1b]*)\x1b\\([^\x1b]*)\x1b\]8;;\x1b\\")
VTE = {"VTE_VERSION": "7600"}
LANGUAGES = ({}, {"LC_ALL": "es_ES.UTF-8"}, {"LC_ALL": "ar_EG.UTF-8"})


class Case(loomtest.Case):
    def setUp(self):
        super().setUp()
        self.sizes = {}

    def begin(self, *argv, url=None, columns=80, rows=24, env=None, home=None):
        """On a terminal of this size."""
        program = self.start("-c", f'stty cols {columns} rows {rows}; exec "$@"', "sh", loomtest.LOOM,
                             "login", url or self.server.url, *argv, program="/bin/sh",
                             terminal={"stdin", "stderr"}, home=home or self.new_home(),
                             env={"TERM": "xterm-256color", **(env or {})})
        self.sizes[program] = (columns, rows)
        return program

    def finish(self, program, server=None):
        """Wait until it waits, look at the screen, approve."""
        program.expect(rb"\x1b\[K[^\r\x1b]*\d:\d\d")
        shown = program.text().decode()
        (server or self.server).approve()
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertEqual(program.modes_before, program.modes_after)
        columns, rows = self.sizes[program]
        return shown, lambda **more: screen.Screen(shown, columns, rows, **more)

    def finish_scripted(self, program):
        """Of a peer that never approves: look, and stop."""
        program.expect(rb"\x1b\[K[^\r\x1b]*\d:\d\d")
        shown = program.text().decode()
        program.type(b"\x03")
        program.finish()
        columns, rows = self.sizes[program]
        return shown, lambda **more: screen.Screen(shown, columns, rows, **more)

    def peer(self, page, **more):
        """A server whose page is this one."""
        peer = servers.Scripted({
            "POST /auth/device/start": (200, {}, {
                "device_code": self.plant(loomtest.marker("device", "dc")), "user_code": "AB-12",
                "verification_url": page, "expires_in": 600, **more}),
            "POST /auth/device/poll": (200, {}, {"status": "pending"})})
        self.addCleanup(peer.stop)
        return peer


class LoginQr(Case):
    server_options = ()

    def test_ui_122_a_camera_reads_the_address(self):
        """On dark and light terminals, with many colours and with eight, in three languages."""
        page = f"{self.server.url}/device"
        for term in ("xterm-256color", "xterm"):
            for language in LANGUAGES:
                shown, at = self.finish(self.begin("--qr", env={"TERM": term, **language}))
                for is_dark in (True, False):
                    self.assertEqual(at(is_dark=is_dark).scan(self.folder), [page], shown)
                # What is to be copied stands alone, as it does without a QR code.
                lines = loomtest.STYLES.sub("", shown).replace("\r\n", "\n").split("\n")
                self.assertIn(f"   {page}", lines)
                self.assertEqual(sum(bool(re.fullmatch(r"   \d{3}-\d{3}-\d{3}", line))
                                     for line in lines), 1, shown)

    def test_ui_127_the_code_and_the_picture_stand_on_one_screen(self):
        shown, at = self.finish(self.begin("--qr"))
        lines = at().text()
        self.assertTrue(any(re.fullmatch(r"   \d{3}-\d{3}-\d{3}", line) for line in lines), lines)
        self.assertIn("Waiting for your approval.", lines[-1])
        # The warning comes before what it is about can be scanned.
        said = " ".join(loomtest.STYLES.sub("", shown).split())
        order = [said.find(words) for words in ("Sign in to", "/device", "Go on only if", "Type this "
                                                "code there", "\u2580", "Waiting for your approval")]
        self.assertEqual(order, sorted(order), shown)
        self.assertNotIn(-1, order)

    def test_ui_126_without_colour(self):
        """On a dark terminal; on a light one that says so; and a phone reads the wrong guess."""
        page = f"{self.server.url}/device"
        for env, is_dark, inverted in (({}, True, False), ({"COLORFGBG": "0;15"}, False, False),
                                       ({}, False, True)):
            shown, at = self.finish(self.begin("--qr", env={"NO_COLOR": "1", **env}))
            self.assertNotIn("\x1b[3", shown)
            self.assertNotIn("\x1b[1m", shown)
            self.assertEqual(at(is_dark=is_dark).scan(self.folder, inverted), [page], shown)

    def test_ui_129_the_complete_address_is_for_the_camera_alone(self):
        """Where the server offers one. In CI the log has other readers."""
        server = self.start_server("--dialect", "oauth")
        program = self.begin("--qr", url=server.url, rows=40)
        shown, at = self.finish(program, server)
        code = server.last("user_code")
        found = at().scan(self.folder)
        self.assertEqual(len(found), 1, shown)
        self.assertRegex(found[0], f"^{server.url}/.*{code}")
        text = loomtest.STYLES.sub("", shown)
        self.assertNotIn(found[0], text)
        self.assertIn(found[0].partition("?")[0], text)
        self.assertIn(f"   {code}", text)
        self.assertIn("If the page shows a code already, go on only if it is this one:",
                      " ".join(text.split()))
        shown, at = self.finish(self.begin("--qr", url=server.url, rows=40, env={"CI": "1"}), server)
        self.assertEqual(at().scan(self.folder), [found[0].partition("?")[0]])

    def test_ui_109_quiet_is_the_address_the_code_and_the_picture(self):
        program = self.begin("--qr", "-q")
        program.expect("(?s)\u2580.*\\n(\x1b[^ ]* +\x1b[^\\n]*\\n){2}".encode())
        shown = program.text().decode()
        self.server.approve()
        self.assertEqual(program.finish().status, 0)
        lines = [line for line in loomtest.STYLES.sub("", shown).split("\r\n") if line.strip()]
        words = [line for line in lines if not BLOCK.search(line)]
        self.assertEqual(len(words), 2, shown)
        self.assertEqual(screen.Screen(shown).scan(self.folder), [f"{self.server.url}/device"])

    # ---- Where there is none ----

    def check_refusal(self, result, sentence):
        self.assertEqual(result.status, 0, result)
        self.assertNotRegex(result.text, BLOCK)
        said = " ".join(loomtest.STYLES.sub("", result.text).split())
        self.assertEqual(said.count("No QR code is shown"), 1, result)
        self.assertIn(sentence, said)
        self.assertIn("1. Open this page, on this or any other device: ", said)

    def refused(self, sentence, *argv, **more):
        program = self.begin("--qr", *argv, **more)
        program.expect("Waiting|left")
        self.server.approve()
        result = program.finish()
        self.check_refusal(result, sentence)
        return result

    def test_ui_107_pipes_dumb_and_plain_terminals(self):
        for env in ({"TERM": "dumb"}, {"LOOM_PLAIN": "1"}, {"ACCESSIBLE": "1"}, {"TERM": None},
                    {"LOOM_PLAIN": "1", "VTE_VERSION": "7600"}):
            result = self.refused("because this terminal shows plain text alone.", env=env)
            self.assertNotIn(b"\x1b", result.err)
        server = self.start_server("--approve-after", 0)
        for argv in ((), ("--color", "always")):
            result = self.login(server, "--qr", *argv, env={"TERM": "xterm", **VTE})
            self.check_refusal(result, "because the output does not go to a terminal.")
            self.assertNotIn(b"\x1b]", result.err)

    def test_ui_128_a_terminal_without_utf8(self):
        for env in ({"LC_ALL": "C"}, {"LANG": None}, {"LC_CTYPE": "es_ES.ISO-8859-1"}):
            self.refused("because this terminal does not seem to show UTF-8.", env=env)

    def test_ui_127_a_terminal_without_room(self):
        """This address takes 33 columns, one that stays free, and 17 rows beside three."""
        for columns, rows, size in ((80, 19, "34x20"), (33, 50, "34x22"), (39, 21, "34x22")):
            self.refused(f"because it needs a larger terminal, of at least {size}.",
                         columns=columns, rows=rows)
        shown, at = self.finish(self.begin("--qr", columns=40, rows=22))
        self.assertEqual(at().scan(self.folder), [f"{self.server.url}/device"], shown)
        self.assertTrue(any(re.fullmatch(r"   \d{3}-\d{3}-\d{3}", line) for line in at().text()))

    def test_env_140_without_the_library(self):
        """What is no library in its place: nobody but who asks is any the wiser."""
        folder = os.path.join(self.folder, "libraries")
        os.mkdir(folder)
        with open(os.path.join(folder, "libqrencode.so.4"), "wb"):
            pass
        env = {"LD_LIBRARY_PATH": folder}
        self.refused("because libqrencode is not installed or cannot be used.", env=env)
        shown, _ = self.finish(self.begin(env=env))
        self.assertNotIn("QR", shown)

    def test_json_has_none_of_it(self):
        server = self.start_server("--approve-after", 0)
        plain = self.login(server, "--json")
        for terminal in ((), {"stdin", "stderr"}):
            result = self.login(server, "--json", "--qr", home=self.new_home(), terminal=terminal,
                                env={"TERM": "xterm-256color", **VTE})
            self.assertEqual([event["event"] for event in self.events(result)],
                             [event["event"] for event in self.events(plain)])
            self.assertNotIn(b"\x1b", result.out + result.err)
            self.assertNotRegex(result.text, BLOCK)
            self.assertEqual(result.said.count("No QR code is shown beside JSON."), 1)

    def test_ui_130_the_longest_address(self):
        """2048 bytes: drawn where a terminal is that large, else said how large it would be."""
        page = "https://login.example.net/" + "aB9-" * 505 + "xy"
        self.assertEqual(len(page), 2048)
        peer = self.peer(page)
        shown, at = self.finish_scripted(self.begin("--qr", url=peer.url, columns=200, rows=120))
        self.assertEqual(at().scan(self.folder), [page])
        shown, _ = self.finish_scripted(self.begin("--qr", url=peer.url))
        self.assertRegex(" ".join(shown.split()), r"a larger terminal, of at least \d+x\d+\.")
        self.assertIn(page, shown)

    def test_ui_125_what_is_scanned_is_what_was_checked(self):
        """However it is spelled, and whatever RFC 3986 lets it hold."""
        for page, shown_as in (
                ("https://LOGIN.example.net:443/d;a=1?b=$(id)&c=",
                 "https://login.example.net/d;a=1?b=$(id)&c="),
                ("https://xn--bcher-kva.example.net/%1B%5D8;;", None)):
            peer = self.peer(page)
            shown, at = self.finish_scripted(self.begin("--qr", url=peer.url, rows=50, env=VTE))
            self.assertEqual(at().scan(self.folder), [shown_as or page], shown)
            self.assertNotIn("\x1b]8", shown)  # a semicolon: text alone
            self.assertIn(f"   \x1b[1m{shown_as or page}\x1b[0m\r\n", shown)


class LoginLink(Case):
    server_options = ()

    def links(self, *argv, **more):
        shown, _ = self.finish(self.begin(*argv, **more))
        self.assertEqual(shown.count("\x1b]"), 2 * len(LINK.findall(shown)))
        return LINK.findall(shown), shown

    def test_ui_123_a_link_where_the_terminal_is_known(self):
        page = f"{self.server.url}/device"
        for env in (VTE, {"TERM": "xterm-kitty"}, {**VTE, "NO_COLOR": "1"},
                    {"TERM_PROGRAM": "vscode", "TERM_PROGRAM_VERSION": "1.95.3"},
                    {**VTE, **LANGUAGES[2]}):
            found, shown = self.links(env=env)
            self.assertEqual(found, [(page, page)], shown)
        found, shown = self.links("--qr", env=VTE)
        self.assertEqual(found, [(page, page)], shown)
        # Without it everything reads the same.
        _, plain = self.links()
        with_link = re.sub(r"\d", "0", LINK.sub(r"\2", self.links(env=VTE)[1]))
        self.assertEqual(with_link.partition("\x1b[K")[0],
                         re.sub(r"\d", "0", plain).partition("\x1b[K")[0])

    def test_ui_123_none_elsewhere(self):
        for env in ({}, {**VTE, "TMUX": "/tmp/x,1,0"}, {**VTE, "TERM": "screen-256color"},
                    {**VTE, "CI": "1"}, {"VTE_VERSION": "5000"}):
            self.assertEqual(self.links(env=env)[0], [])

    def test_ui_13_the_other_host_is_no_link_in_the_warning(self):
        peer = self.peer("https://login.example.net/d")
        shown, _ = self.finish_scripted(self.begin(url=peer.url, env=VTE))
        self.assertEqual(LINK.findall(shown), [("https://login.example.net/d",) * 2])
        self.assertIn("\r\n    https://login.example.net\r\n", shown)


if __name__ == "__main__":
    loomtest.main()
