# SPDX-License-Identifier: Apache-2.0
"""People read their own language; programs read the same bytes in every one.

No English may be left: whatever po/loom.pot knows is looked for in what a Spanish or an Arabic reader
is shown, and in Arabic every Latin word has to be one that its translations use.
"""
import ast
import os
import re
import termios

import loomtest
import programs
import servers

PO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "po")
LANGUAGES = {"es": {"LC_ALL": "es_ES.UTF-8"}, "ar": {"LC_ALL": "ar_EG.UTF-8"}}
# What the same bytes have to come out of: also languages that are not spoken, and odd values.
LOCALES = ({"LC_ALL": "C"}, {"LC_ALL": "en_US.UTF-8"}, {"LC_ALL": "es_ES.UTF-8"},
           {"LC_ALL": "ar_EG.UTF-8"}, {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "de_DE.UTF-8"},
           {"LC_ALL": "fa_IR.UTF-8", "LC_NUMERIC": "ar_EG.UTF-8"}, {"LC_ALL": "ja_JP.EUC-JP"},
           {"LC_ALL": None, "LANG": None, "LANGUAGE": "ar"}, {"LANGUAGE": "ar", "LANG": "C.UTF-8"},
           {"LC_ALL": "\xff/../%n"})
FEW = tuple(LOCALES[at] for at in (0, 3, 4))  # for what takes a second each
CODE = r"\d{3}-\d{3}-\d{3}"
NAME = re.compile(r"\\\{\w+\\\}")
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*")
ADDRESS = re.compile(r"\bhttps?://\S+|\b\d+x\d+\b|\S+T[\d:]+Z\b")  # or a size, or a time
ACCOUNT = {"Ada", "Lovelace", "ar"}  # and the language, as doctor names it
TOKEN = loomtest.marker("languages")


def messages(name):
    """[(message, translation)] of a file of po/."""
    with open(os.path.join(PO, name), encoding="utf-8") as file:
        text = file.read()
    quoted = r'((?:"(?:\\.|[^"\\])*"\n)+)'

    def join(lines):
        return "".join(ast.literal_eval(line) for line in lines.splitlines())
    found = [(join(message), join(translation)) for message, translation
             in re.findall(rf"^msgid {quoted}msgstr {quoted}", text, re.MULTILINE)]
    return [(message, translation) for message, translation in found if message]


def text_lines(text):
    """The lines to be read, without those to be copied."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("    ")]


def english_patterns():
    for message, _ in messages("loom.pot"):
        for line in text_lines(message):
            words = NAME.sub(" ", re.escape(line)).replace("\\", "").split()
            if len(words) > 1 or line.endswith(":"):
                pattern = NAME.sub(r"\\S+", re.escape(line))
                yield re.compile(r"(?<![\w-])" + pattern.replace(r"\ ", r"\s+") + r"(?![\w-])")


ENGLISH = list(english_patterns())
ARABIC_LATIN = ACCOUNT | {word for _, translation in messages("ar.po")
                          for line in text_lines(translation) for word in LATIN.findall(line)}


class Languages(loomtest.Case):
    server_options = ("--approve-after", 0)
    tls = True

    def check_language(self, language, text):
        text = loomtest.STYLES.sub("", text.replace(loomtest.CLEAR, "\n").replace("\r\n", "\n"))
        plain = "\n".join(re.sub(r"^  (-\S+, )?\S+( [A-Z]+| \S+\|\S+)?(  +|$)", "", line)  # of help
                          for line in text_lines(text) if not line.startswith("   "))
        plain = re.sub(r"^loom: ", "", ADDRESS.sub("", plain), flags=re.MULTILINE)
        for pattern in ENGLISH:
            found = pattern.search(plain)
            self.assertFalse(found, f"{found and found.group()!r} is English:\n{text}")
        if language == "ar":
            left = set(LATIN.findall(plain)) - ARABIC_LATIN
            self.assertFalse(left, f"{left} is no Arabic:\n{text}")
        self.assertNotEqual(text.strip(), "")

    def each(self, *argv, status=0, **more):
        """Run it in each language; {language: result}."""
        found = {}
        env = more.pop("env", {})
        for language, names in LANGUAGES.items():
            result = self.loom(*argv, status=status, env={**names, **env}, **more)
            self.check_language(language, (result.err + b"\n" + result.out).decode())
            found[language] = result
        return found

    # ---- People ----

    def check_card(self, text, said, sentences):
        lines = text.splitlines()
        self.assertIn(f"   {self.server.url}/device", lines, text)
        self.assertTrue(any(re.fullmatch(f"   {CODE}", line) for line in lines), text)
        self.assertIn(f"    loom setup-git --server {self.server.url}", lines)
        self.assertIn("    " + self.home.file, lines)
        for sentence in sentences:
            self.assertIn(sentence.format(url=self.server.url), said)

    CARD = {
        "es": ("Inicia sesión en {url}", "1. Abre esta página", "2. Escribe allí este código:",
               "Continúa solo si has empezado tú", "Has iniciado sesión en {url} como Ada Lovelace."),
        "ar": ("تسجيل الدخول إلى {url}", "1. افتح هذه الصفحة", "2. اكتب هناك هذا الرمز:",
               "لا تتابع إلا إذا بدأت", "تم تسجيل الدخول إلى {url} باسم Ada Lovelace."),
    }
    ALREADY = {"es": "Ya has iniciado sesión en {url} como Ada Lovelace.",
               "ar": "سبق أن سجّلت الدخول إلى {url} باسم Ada Lovelace."}
    LIVE = {"es": r"\r\x1b\[KEsperando tu aprobación\. El código vale \d+:\d\d más\. Ctrl-C cancela\.",
            "ar": r"\r\x1b\[Kبانتظار موافقتك\. الرمز صالح لمدة \d+:\d\d\. للإيقاف اضغط Ctrl-C\."}

    def test_l10_07_the_card_without_a_terminal(self):
        """UI-17"""
        for language, env in LANGUAGES.items():
            with self.subTest(language):
                self.home = self.new_home()
                result = self.login(self.server, env=env)
                self.check_language(language, result.text)
                self.check_card(result.text, result.said, self.CARD[language])
                result = self.login(self.server, env=env)
                self.check_language(language, result.text)
                self.assertIn(self.ALREADY[language].format(url=self.server.url), result.said)

    def test_l10_07_the_card_at_a_terminal(self):
        for language, env in LANGUAGES.items():
            with self.subTest(language):
                self.home = self.new_home()
                program = self.start("login", self.server.url, "--cacert", self.authority.file,
                                     terminal={"stdin", "stderr"}, env={"TERM": "xterm", **env})
                program.expect(self.LIVE[language])
                result = program.finish()
                self.assertEqual(result.status, 0, result)
                self.check_language(language, result.text)
                text = re.sub(r"\x1b\[[01]m", "", result.text.replace("\r\n", "\n"))
                self.check_card(text, " ".join(text.split()), self.CARD[language])

    def test_l10_07_the_picture_and_another_code(self):
        server = self.start_server()
        for language, env in LANGUAGES.items():
            with self.subTest(language):
                self.home = self.new_home()
                program = self.start("login", server.url, "--qr", "--cacert", self.authority.file,
                                     terminal={"stdin", "stderr"},
                                     env={"TERM": "xterm", "VTE_VERSION": "7600", **env})
                program.expect(self.LIVE[language])
                starts = len(server.times("/start"))
                server.control("expire-codes")
                program.expect(r"Ctrl-C[^\r\n]*\r\n\Z")
                program.type(b"\r")
                self.wait_for(lambda: len(server.times("/start")) > starts)
                server.approve()
                result = program.finish()
                self.assertEqual(result.status, 0, result)
                self.check_language(language, result.text)
                lines = loomtest.STYLES.sub("", result.text).splitlines()
                self.assertEqual(lines.count(f"   {server.url}/device"), 2, result)
                self.assertEqual(sum(bool(re.fullmatch(f"   {CODE}", line)) for line in lines), 2)

    def test_no_picture(self):
        libraries = os.path.join(self.folder, "libraries")
        os.mkdir(libraries)
        with open(os.path.join(libraries, "libqrencode.so.4"), "wb"):
            pass
        for size, env in (("cols 80 rows 24", {"LOOM_PLAIN": "1"}), ("cols 80 rows 12", {}),
                          ("cols 80 rows 24", {"LC_CTYPE": "C", "LC_ALL": None}),
                          ("cols 80 rows 24", {"LD_LIBRARY_PATH": libraries})):
            for language, names in LANGUAGES.items():
                names = {"LANG": names["LC_ALL"], **names, "TERM": "xterm", **env}
                result = self.start("-c", f'stty {size}; exec "$@"', "sh", loomtest.LOOM, "login",
                                    self.server.url, "--qr", "--cacert", self.authority.file,
                                    program="/bin/sh", terminal={"stdin", "stderr"},
                                    home=self.new_home(), env=names).finish()
                self.assertEqual(result.status, 0, result)
                self.assertNotIn("\u2588", result.text)
                self.check_language(language, result.text)
        self.each("login", self.server.url, "--qr", "--cacert", self.authority.file)

    def test_help(self):
        for argv in ([], ["help"], ["help", "login"], ["help", "logout"], ["help", "help"],
                     ["help", "status"], ["help", "token"], ["help", "setup-git"],
                     ["help", "doctor"], ["help", "completion"], ["help", "credential-helper"]):
            found = self.each(*argv)
            for result in found.values():
                self.assertEqual(result.err, b"")
                for line in result.out.decode().splitlines():
                    self.assertLessEqual(loomtest.columns(line), 80, line)
        for word in ("login", "credential-helper", "--server URL", "-v, --verbose", "LOOM_TOKEN_FILE"):
            for result in self.each("help").values():
                self.assertRegex(result.out.decode(), rf"(?m)^  {word}  ")

    def test_setting_up_git(self):
        self.each("setup-git", status=2)
        self.each("setup-git", self.server.url)
        self.each("setup-git", self.server.url, "--remove")
        self.each("setup-git", self.server.url, env={"PATH": "/nonexistent"}, status=1)
        with open(os.path.join(self.home.path, ".gitconfig"), "w") as file:
            file.write("[credential]\n\thelper = store\n")
        for language, names in LANGUAGES.items():
            for argv in (["setup-git"], ["setup-git", "--remove"]):
                program = self.start(*argv, self.server.url, terminal=programs.STREAMS, env=names)
                result = program.finish()
                self.assertEqual(result.status, 0, result)
                self.check_language(language, (result.err + result.out).decode())

    def test_finding_out_what_is_wrong(self):
        self.each("doctor")
        self.each("doctor", "--server", self.server.url, status=6)
        trust = {"LOOM_CA_FILE": self.authority.file}
        self.each("doctor", "--server", self.server.url, env=trust)
        self.each("doctor", "--server", "https://localhost:1", env={"LANGUAGE": "", "BROWSER": ""}, status=6)
        for language, names in LANGUAGES.items():
            program = self.start("doctor", "--server", self.server.url, terminal=programs.STREAMS,
                                 env={**names, **trust})
            result = program.finish()
            self.assertEqual(result.status, 0, result)
            self.check_language(language, (result.err + result.out).decode())

    def test_completion_is_the_same(self):
        for shell in ("bash", "zsh", "fish"):
            self.same("completion", shell)
        for result in self.results:
            result.is_door = True  # a script has lines of any width

    def test_what_was_mistyped(self):
        for argv in (["frob"], ["login", "--frob"], ["login", "--server"], ["login", "--json=x"],
                     ["login", "a", "b"], ["--color", "x", "help"], ["login", "--store", "x", "a"],
                     ["credential-helper"], ["logout", "--all", "a"], ["login"],
                     ["login", "--cacert", "/nonexistent", "https://localhost"],
                     ["login", "https://loom.example.com", "--server", "https://example.com"]):
            with self.subTest(argv):
                self.each(*argv, status=2)

    def test_addresses_that_are_refused(self):
        for address in ("", "a b", "ftp://a.example.com", "http://loom.example.com", "https://",
                        "https://me@loom.example.com", "https://a%41b.example.com", "https://-a.example.com",
                        "https://loom.example.com.", "https://127.1", "https://loom.example.com:0",
                        "https://loom.example.com/?a", "https://loom.example.com/#a",
                        "https://loom.example.com//a", "https://bücher.example.com",
                        "https://" + "a" * 5000 + ".example.com"):
            with self.subTest(address):
                self.each("login", "--server", address, status=2)

    def test_servers_that_do_not_serve(self):
        for name, status in (("start-html", 7), ("start-redirect", 7), ("start-bad-url", 7),
                             ("start-500", 6), ("poll-denied-400", 4), ("poll-expired-400", 5),
                             ("poll-html", 7), ("start-foreign-page", 0)):
            with self.subTest(name):
                self.server.misbehave(name)
                self.each("login", "--server", self.server.url, "--cacert", self.authority.file,
                          status=status)

    def test_servers_that_cannot_be_reached(self):
        other = self.start_server(names=("DNS:elsewhere.example.com",))
        for address, argv, status in (
                (f"http://localhost:{servers.closed_port()}", [], 6),
                ("https://nobody.invalid", [], 6), (self.server.url, [], 6),
                (other.url, ["--cacert", self.authority.file], 6),
                (self.server.url, ["--cacert", os.devnull], 6)):
            with self.subTest(address, argv=argv):
                self.each("login", "--server", address, *argv, status=status)
        self.each("login", "https://loom.example.com", status=6,
                  env={"https_proxy": f"http://127.0.0.1:{servers.closed_port()}"})

    def test_signing_out(self):
        self.each("logout")
        self.each("logout", self.server.url)
        for misbehaviour, status in (("", 0), ("logout-500", 10), ("logout-html", 10)):
            for language, env in LANGUAGES.items():
                self.server.misbehave()
                self.give(self.server)
                self.server.misbehave(misbehaviour)
                result = self.loom("logout", status=status, env=env)
                self.check_language(language, result.text)

    def test_several_servers(self):
        self.home.seed(("https://a.example.com", self.plant(TOKEN)), ("https://b.example.com", TOKEN))
        for result in self.each("logout", status=2).values():
            self.assertIn("    https://b.example.com", result.text.splitlines())

    def test_stores_that_do_not_hold(self):
        self.each("login", self.server.url, status=2, env={"LOOM_STORE": "x"})
        self.each("login", self.server.url, status=8, env={"XDG_CONFIG_HOME": "/dev/null/a"})
        self.each("login", self.server.url, status=8, env={"LOOM_STORE": "keyring"})
        self.home.seed((self.server.url, self.plant(TOKEN)))
        self.home.damage()
        for argv in (["login", self.server.url], ["logout"]):
            for result in self.each(*argv, status=9).values():
                self.assertIn("    loom logout --discard-damaged", result.text.splitlines())
        for language, env in LANGUAGES.items():
            home = self.new_home()
            home.seed((self.server.url, TOKEN))
            home.damage()
            result = self.loom("logout", "--discard-damaged", home=home, env=env)
            self.check_language(language, result.text)

    def test_tokens_in_the_environment(self):
        token = self.plant(loomtest.marker("environment"))
        env = {"LOOM_TOKEN": token, "LOOM_SERVER": self.server.url}
        for language, names in LANGUAGES.items():
            result = self.login(self.server, env={**env, **names})
            self.check_language(language, result.text)
        self.each("logout", self.server.url, env=env)
        question = {"protocol": "https", "host": "loom.example.com"}
        for names in ({"LOOM_TOKEN": token}, {"LOOM_TOKEN": "a b", "LOOM_SERVER": "loom.example.com"}):
            for language, more in LANGUAGES.items():
                result = self.helper("get", question, env={**names, **more})
                self.check_language(language, result.text)
        self.each("login", self.server.url, status=2, env={"CI": "1"})

    def test_what_the_helper_says(self):
        host = self.server.url.partition("://")[2]
        self.home.seed((self.server.url, self.server.issue_token(), {"expires": 1}))
        for language, env in LANGUAGES.items():
            result = self.helper("get", {"protocol": "https", "host": host}, env=env)
            self.check_language(language, result.text)
            result = self.helper("get", {"protocol": "https", "host": "a.example.com"},
                                 "--server", "https://a.example.com", env=env)
            self.check_language(language, result.text)
            self.assertIn("    loom login --server https://a.example.com", result.text.splitlines())

    def test_a_hidden_token_is_asked_for(self):
        for language, env in LANGUAGES.items():
            program = self.start("login", self.server.url, "--with-token", "--cacert",
                                 self.authority.file, terminal={"stdin", "stderr"},
                                 env={"TERM": "xterm", **env})
            program.expect({"es": "Pega el token", "ar": "الصق الرمز"}[language])
            self.wait_for(lambda: not program.modes()[3] & termios.ECHO)  # else it is dropped
            program.type(b"no token\n")
            result = program.finish()
            self.assertEqual(result.status, 2, result)
            self.check_language(language, result.text)

    # ---- Which language ----

    def test_l10_06_choice(self):
        """L10-107"""
        first = {"en": b"loom signs you in", "es": "loom te permite".encode(), "ar": "يتيح لك".encode()}
        for language, env in (
                ("en", {}), ("en", {"LANG": None}), ("es", {"LANG": "es_AR"}), ("ar", {"LANG": "ar"}),
                ("es", {"LANG": "ar_EG.UTF-8", "LC_MESSAGES": "es_ES.UTF-8"}),
                ("ar", {"LC_MESSAGES": "es_ES.UTF-8", "LC_ALL": "ar_SA.UTF-8"}),
                ("es", {"LANGUAGE": "de:es:ar", "LANG": "de_DE.UTF-8"}),
                ("en", {"LANGUAGE": "es", "LC_ALL": "C"}), ("en", {"LANGUAGE": "es", "LANG": None}),
                ("es", {"LANGUAGE": "es", "LANG": "C.UTF-8"}), ("en", {"LC_ALL": "ar_EG.ISO-8859-1"}),
                ("en", {"LC_ALL": "es_ES.ISO-8859-1"}), ("en", {"LC_ALL": "tr_TR.UTF-8"}),
                ("en", {"LC_ALL": "nonsense"}), ("en", {"LC_ALL": "e" * 100000})):
            result = self.loom("help", env=env)
            self.assertTrue(result.out.startswith(first[language]), (env, result))

    # ---- Programs ----

    def same(self, *argv, **more):
        """The same standard output whatever the language is."""
        found = set()
        home = more.pop("home", None)
        for env in more.pop("locales", LOCALES):
            result = self.loom(*argv, status=None, env=env, home=home, **more)
            out = re.sub(rb'("user_code":")[^"]*|("[a-z]+_at":")[^"]*', rb"\1\2", result.out)
            found.add((result.status, out))
        self.assertEqual(len(found), 1, found)
        status, out = found.pop()
        return status, out

    def test_l10_102_json_is_the_same(self):
        self.login(self.server)
        status, out = self.same("login", "--json", self.server.url, "--cacert", self.authority.file,
                                locales=FEW)
        self.assertEqual(status, 0)
        self.assertIn(b'"event":"done"', out)
        for argv, status in ((["login", "--json", "http://x y"], 2), (["login", "--json"], 2),
                             (["login", "--json", "https://nobody.invalid"], 6),
                             (["login", "--json", self.server.url, "--store", "keyring"], 8),
                             (["login", "--json", self.server.url, "--store", "x"], 2),
                             (["login", "--json", self.server.url], 6),
                             (["logout", "--json"], 0),
                             (["logout", "--json", "--all", "a"], 2)):
            with self.subTest(argv):
                home = self.new_home()
                self.assertEqual(self.same(*argv, home=home)[0], status)
        for name in ("start-html", "start-redirect", "poll-denied-400", "poll-expired-400",
                     "start-500"):
            self.server.misbehave(name)
            status, out = self.same("login", "--json", self.server.url, "--cacert",
                                    self.authority.file, home=self.new_home(), locales=FEW)
            self.assertNotEqual(status, 0)
            self.assertNotIn(rb"\x0a", out)

    def test_l10_103_the_answer_to_git_is_the_same(self):
        self.home.seed((self.server.url, self.plant(TOKEN)))
        host = self.server.url.partition("://")[2]
        answers = set()
        for env in LOCALES:
            for scheme in ("https", "HTTPS"):
                result = self.helper("get", {"protocol": scheme, "host": host.upper()}, env=env)
                self.assertEqual(result.err, b"")
                answers.add(result.out)
        self.assertEqual(len(answers), 1, answers)
        self.assertIn(TOKEN.encode(), answers.pop())

    def test_l10_104_files_and_options_are_the_same(self):
        """A Turkish "I" is no other letter, an Arabic digit no other digit."""
        for env in FEW:
            home = self.new_home()
            url = self.server.url.replace("https", "HTTPS").replace("localhost", "LOCALHOST")
            self.loom("login", "--server", url, "--cacert", self.authority.file, "--store", "file",
                      home=home, env=env)
            self.assertEqual(list(home.tokens()), [self.server.url])
            self.assertEqual(home.files(), [
                ".config/loom/credentials.json", ".config/loom/credentials.json.lock",
                ".local/share/loom/vault.key"])


if __name__ == "__main__":
    loomtest.main()
