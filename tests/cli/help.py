# SPDX-License-Identifier: Apache-2.0
"""What loom says of itself, and what it says to somebody who mistyped."""
import os
import re

import loomtest
import schema

COMMANDS = ("login", "logout", "credential-helper", "help")
SECRET = loomtest.marker("typed")


class Help(loomtest.Case):
    def tearDown(self):
        self.assertEqual(os.listdir(self.home.path), [], "asking for help made something")

    def page(self, *argv, **more):
        result = self.loom(*argv, **more)
        self.assertEqual(result.err, b"", result)
        self.assertTrue(result.out.endswith(b"\n"), result)
        self.check_page(result.out.decode())
        return result.out

    def check_page(self, text):
        for line in text.splitlines():
            self.assertLessEqual(loomtest.columns(line), 80, line)
            self.assertEqual(line, line.rstrip(), "blanks at the end of a line")

    def test_the_program(self):
        page = self.page()
        for argv in (["help"], ["--help"], ["-h"], ["--color", "never", "help"], ["-v", "--help"]):
            self.assertEqual(self.page(*argv), page, argv)
        text = page.decode()
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^ +{command} ")
        for option in ("--server", "--cacert", "-v, --verbose", "-q, --quiet", "--color",
                       "-h, --help", "-V, --version"):
            self.assertIn(option, text)
        for variable in ("LOOM_SERVER", "LOOM_TOKEN", "LOOM_TOKEN_FILE", "LOOM_STORE",
                         "LOOM_CA_FILE", "LOOM_DEBUG", "LOOM_PLAIN"):
            self.assertIn(variable, text)

    def test_each_command_however_it_is_asked(self):
        for command in COMMANDS:
            page = self.page("help", command)
            for argv in ([command, "--help"], [command, "-h"], ["--help", command],
                         ["-h", command], ["help", "--", command]):
                self.assertEqual(self.page(*argv), page, argv)
            self.assertIn(f"    loom {command}", page.decode())

    def test_options_stand_where_they_belong(self):
        for command, options in (
                ("login", ["--no-browser", "--with-token", "--store", "--json"]),
                ("logout", ["--all", "--json", "--discard-damaged"])):
            text = self.page("help", command).decode()
            for option in options:
                self.assertRegex(text, rf"(?m)^ +{option}\b")
        self.assertNotIn("--with-token", self.page("help", "logout").decode())

    def test_help_beats_everything_but_a_mistake(self):
        page = self.page("help", "login")
        for argv in (["login", "--help", "https://loom.example.com"],
                     ["login", "http://loom.example.com", "--help"],
                     ["login", "--scope", "", "--help"],
                     ["login", "a", "b", "c", "-h"]):
            self.assertEqual(self.page(*argv), page, argv)
        self.loom("login", "--unknown", "--help", status=2)
        self.loom("login", "--store", "nonsense", "--help", status=2)

    def test_the_version(self):
        version = self.page("--version")
        self.assertRegex(version, rb"^loom \d+\.\d+\.\d+\n$")
        for argv in (["-V"], ["login", "--version"], ["help", "-V"], ["--version", "help"]):
            self.assertEqual(self.page(*argv), version, argv)

    def test_pages_are_the_same_in_a_bare_environment(self):
        page = self.page("help")
        for env in ({"HOME": None, "PATH": None, "LANG": None}, {"LC_ALL": "C"},
                    {"LC_ALL": "nonsense"}, {"TERM": "xterm", "COLUMNS": "20"}):
            self.assertEqual(self.page("help", env=env), page, env)

    def test_pages_at_a_terminal_and_to_nowhere(self):
        result = self.start("help", terminal={"stdout"}, env={"TERM": "xterm"}).finish()
        self.assertEqual(result.out.replace(b"\r\n", b"\n"), self.page())
        with open("/dev/full", "wb") as full:
            for argv in (["help"], ["--version"], ["help", "login"]):
                self.loom(*argv, status=1, outputs={"stdout": full})

    # ---- Mistakes ----

    def mistake(self, *argv, **more):
        result = self.loom(*argv, status=2, **more)
        # Who asks for JSON reads JSON, also where that is the mistake, or the command is.
        self.assertEqual(bool(result.out), "--json" in argv, result)
        if result.out:
            schema.check_failure(self, result)
        self.check_page(result.text)
        self.assertTrue(re.search(r"(?m)^    loom help( [a-z-]+)?$", result.text), result)
        return result

    def test_unknown_commands(self):
        for word in ("frob", "", "LOGIN", "log", "login ", "../login", "a" * 5000, "\x1b[2J", "é"):
            result = self.mistake(word)
            self.assertIn("no such command", result.said)
            self.mistake("help", word)
        self.mistake("frob", "--json")

    def test_unknown_options(self):
        for argv in (["--frob"], ["-x"], ["--Server"], ["login", "--frob"], ["login", "-x"],
                     ["logout", "--store", "file"], ["login", "--all"], ["--json"],
                     ["--no-browser", "login"], ["--frob", "status", "--json"], ["help", "--json"],
                     ["credential-helper", "--json", "get"]):
            self.mistake(*argv)

    def test_options_are_never_abbreviated(self):
        for argv in (["login", "--serve", "x"], ["--verb"], ["--vers"], ["login", "--js"],
                     ["login", "--with"], ["login", "--no"], ["logout", "--al"]):
            self.mistake(*argv)

    def test_values_that_lack_or_are_too_many(self):
        for argv in (["login", "--server"], ["--server"], ["login", "--store"], ["--color"]):
            self.assertIn("needs a value", self.mistake(*argv).said)
        for argv in (["login", "--json=yes"], ["--verbose=2"], ["logout", "--all="]):
            self.assertIn("takes no value", self.mistake(*argv).said)
        result = self.loom("--color", "sometimes", "help", status=2)
        self.assertIn("    --color auto|always|never", result.text.splitlines())

    def test_too_many_arguments(self):
        for argv in (["login", "a", "b"], ["logout", "a", "b"], ["help", "login", "logout"]):
            self.assertIn("too many", self.mistake(*argv).said)

    def test_what_was_typed_is_not_repeated(self):
        """Whoever misspells an option may have put a secret there."""
        self.plant(SECRET)
        for argv in ([f"--token={SECRET}"], ["login", f"--token={SECRET}"],
                     ["login", f"--json={SECRET}"], [SECRET], ["help", SECRET],
                     ["login", "https://loom.example.com", SECRET], ["login", f"-t{SECRET}"],
                     ["--color", SECRET, "help"], ["login", "--store", SECRET],
                     ["login", f"https://a:{SECRET}@loom.example.com"],
                     ["login", "--server", f"https://loom.example.com/?t={SECRET}"],
                     ["credential-helper", "get", "--password", SECRET]):
            result = self.start(*argv).finish()
            result.seen = set()  # the process list shows what the person typed
            self.assertEqual(result.status, 2, result)
            self.assertNotIn(SECRET.encode(), result.err, result)

    def test_two_dashes_end_the_options(self):
        self.assertIn("no such command", self.mistake("--", "--help").said)
        result = self.loom("login", "--", "--help", status=2)
        self.assertNotIn("no option", result.said)
        self.page("--", "help")
        # Behind them nothing is one, behind the command neither.
        result = self.loom("--", "login", "--help", status=2)
        self.assertEqual(result.out, b"")

    def test_no_name_at_all(self):
        """argv[0] may be anything."""
        for name in ("''", "/", "x/git-credential-loom/y", "-loom"):
            result = self.start("-c", f'exec -a {name} "$0" --version', loomtest.LOOM,
                                program="/bin/bash").finish()
            self.assertEqual((result.status, result.err), (0, b""), result)

    def test_aliases_of_the_option_parser_are_not_read(self):
        """popt would let ~/.popt give options a new meaning."""
        with open(os.path.join(self.folder, ".popt"), "w") as file:
            file.write("loom alias --frob --version\nloom exec --evil /bin/echo\n")
        self.mistake("--frob", env={"HOME": self.folder})
        self.mistake("--evil", env={"HOME": self.folder})


if __name__ == "__main__":
    loomtest.main()
