# SPDX-License-Identifier: Apache-2.0
"""The translations: po/loom.pot is what the sources say, and every catalogue is complete and fits.

A catalogue may not change what a message does: its {names}, the lines to be copied, the line ends at
both of its ends and the digits stay as they are, whether or not somebody flagged an entry.
"""
import ast
import collections
import os
import re
import subprocess
import tempfile
import unicodedata
import unittest

import house

COLUMNS = 80
PREFIX = "loom: "
ROW = COLUMNS - 24  # what help.c leaves for the words behind an option
LIVE = COLUMNS - 1  # the live line leaves the last column to the cursor
TIME = "59:59"

NAME = re.compile(r"\{\w*\}?")
FORMAT = re.compile(r"%[-+#0-9.*]*[hljztL]*[a-zA-Z]|%")
DIGITS = re.compile(r"[0-9]+")
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*")
ARABIC = re.compile(r"[\u0600-\u06ff]")
QUOTED = r'((?:"(?:\\.|[^"\\])*"\n)+)'
ENTRY = re.compile(rf"((?:#[^\n]*\n)*)(msgctxt {QUOTED})?msgid {QUOTED}(msgid_plural {QUOTED})?"
                   rf"msgstr(?:\[0\])? {QUOTED}")

Entry = collections.namedtuple("Entry", "message translation flags is_plain")

# What one language never has: (expression, why).
MANNERS = {
    "es": [(re.compile(r"\b(usted(es)?|vosotros|vuestr[ao]s?|ejecut(e|ad)|escrib(a|id)|puls(e|ad)|abr(a|id)|"
                       r"compruebe|revise|introduzca)\b", re.IGNORECASE),
            "Spanish says tú"),
           (re.compile(r"^[^¿]*\?"), "a Spanish question begins with ¿")],
    "ar": [(re.compile(r"[,;?]"), "Arabic has a comma, a semicolon and a question mark of its own")],
}


def unquote(lines):
    return "".join(ast.literal_eval(line) for line in lines.splitlines())


def read(text):
    """(header, entries) of a .po; whatever is not understood is a complaint of its own."""
    entries, rest = [], text if text.endswith("\n") else text + "\n"
    for match in ENTRY.finditer(rest):
        flags = re.findall(r"^#, (.*)$", match.group(1), re.MULTILINE)
        entries.append(Entry(unquote(match.group(4)), unquote(match.group(7)),
                             set(", ".join(flags).split(", ")) - {""},
                             not match.group(2) and not match.group(5)))
    left = re.sub(r"^#[^\n]*$", "", ENTRY.sub("", rest), flags=re.MULTILINE).strip()
    if left:
        raise SystemExit(f"not understood: {left[:200]!r}")
    header = entries.pop(0).translation if entries and entries[0].message == "" else ""
    return header, entries


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def kind(line):
    return "copy" if line.startswith("    ") else "text" if line.strip() else "empty"


def is_row(message):
    """A few words beside an option, a command or a variable; or a word inside a sentence."""
    return not re.search(r"[{\n]|[.:]$", message) and not message[0].isupper()


def check_form(message, translation):
    """What a translation has in common with its message, whatever the language."""
    for what, pattern in (("the names", NAME), ("the formats", FORMAT), ("the digits", DIGITS)):
        if sorted(pattern.findall(message)) != sorted(pattern.findall(translation)):
            yield f"{what} are not the same"
    theirs, ours = message.split("\n"), translation.split("\n")
    if [kind(line) for line in theirs] != [kind(line) for line in ours]:
        yield "its lines are not the same: text, empty, to be copied"
    elif [line for line in theirs if kind(line) == "copy"] != \
            [line for line in ours if kind(line) == "copy"]:
        yield "a line to be copied is another"
    if any(kind(line) == "text" and line != line.strip() for line in ours):
        yield "a line begins or ends with a blank"
    if any("  " in line for line in ours if kind(line) == "text"):  # commands may stand in columns
        yield "two blanks in a row"


def check_characters(translation):
    for c in sorted(set(translation)):
        category = unicodedata.category(c)
        if c != "\n" and (category in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp") or
                          (category == "Zs" and c != " ")):
            yield f"U+{ord(c):04X} is a control, bidirectional control or invisible"
        if category in ("Nd", "No", "Nl") and not c.isascii():
            yield f"U+{ord(c):04X} is no ASCII digit"
    if unicodedata.normalize("NFC", translation) != translation:
        yield "it is not in Unicode's composed form (NFC)"


def check_width(message, translation):
    if is_row(message) and columns(translation) > ROW:
        yield f"{columns(translation)} columns; a row of help has {ROW}"
    filled = translation.replace("{time}", TIME)
    if "{time}" in message and columns(filled) > LIVE:
        yield f"{columns(filled)} columns with {TIME}; the line of the time left has {LIVE}"
    for line in translation.split("\n"):
        for word in line.split(" "):
            if kind(line) == "text" and columns(PREFIX + NAME.sub("", word)) > COLUMNS:
                yield f"{word!r} does not fit a line"


def check_language(language, message, translation):
    if translation == message:
        yield "it is still English"
    text = "\n".join(line for line in translation.split("\n") if kind(line) == "text")
    for pattern, why in MANNERS.get(language, []):
        if pattern.search(text):
            yield why
    if language == "ar":
        if not ARABIC.search(text):
            yield "it has no Arabic letter"
        for word in sorted(set(LATIN.findall(NAME.sub("", text))) - set(LATIN.findall(message))):
            yield f"the message has no word {word!r}"


def check_entry(language, entry):
    if not entry.translation:
        return ["it is not translated"]
    complaints = [] if entry.is_plain else ["a context or a plural form is not read by loom"]
    if "fuzzy" in entry.flags:
        complaints.append("it is marked fuzzy")
    return complaints + [*check_form(entry.message, entry.translation),
                         *check_characters(entry.translation),
                         *check_width(entry.message, entry.translation),
                         *check_language(language, entry.message, entry.translation)]


def check_messages(messages):
    """English has to fit, too."""
    return [f"{message!r}: {complaint}" for message in messages
            for complaint in (*check_form(message, message), *check_characters(message),
                              *check_width(message, message))]


def check_catalogue(language, text, messages):
    header, entries = read(text)
    complaints = [f"the header lacks {line!r}"
                  for line in (f"Language: {language}\n", "Content-Type: text/plain; charset=UTF-8\n")
                  if line not in header]
    found = [entry.message for entry in entries]
    complaints += [f"{message!r}: it stands there twice" for message, count
                   in collections.Counter(found).items() if count > 1]
    complaints += [f"{message!r}: it is missing" for message in messages if message not in found]
    complaints += [f"{message!r}: no source says it" for message in found if message not in messages]
    if re.search(r"^#~", text, re.MULTILINE):
        complaints.append("it keeps entries that no source says any more")
    complaints += [f"{entry.message!r}: {complaint}" for entry in entries
                   for complaint in check_entry(language, entry)]
    return [f"po/{language}.po: {complaint}" for complaint in complaints]


def check_template(kept, made):
    """Both as lists of messages: another xgettext may fold lines or write the header differently."""
    return [f"po/loom.pot: {message!r} {what}; run po/update.sh"
            for found, others, what in ((made, kept, "is missing"), (kept, made, "is said by no source"))
            for message in found if message not in others]


def extract(root):
    result = subprocess.run(["sh", "po/update.sh", "--print"], cwd=root, text=True, check=True,
                            stdout=subprocess.PIPE, timeout=60)
    return [entry.message for entry in read(result.stdout)[1]]


def check_by_gettext(path):
    """msgfmt's own opinion; the build asks for it, too."""
    result = subprocess.run(["msgfmt", "--check", "-o", os.devnull, path], text=True,
                            stderr=subprocess.PIPE, timeout=60, check=False)
    return [f"msgfmt --check: {result.stderr.strip()}"] if result.returncode != 0 else []


def built_languages(text):
    return re.search(r"^set\(languages ([a-z ]+)\)$", text, re.MULTILINE).group(1).split()


def law(root, _build):
    _, template = read(house.document(root, "po/loom.pot"))
    messages = [entry.message for entry in template]
    complaints = check_template(messages, extract(root))
    catalogues = {path[3:-3]: text for path, text in house.texts(root, "po/*.po").items()}
    if sorted(catalogues) != sorted(built_languages(house.document(root, "src/cli/CMakeLists.txt"))):
        complaints.append("src/cli/CMakeLists.txt does not name exactly the languages of po/")
    for language, text in sorted(catalogues.items()):
        complaints += check_catalogue(language, text, messages)
        complaints += check_by_gettext(os.path.join(root, "po", f"{language}.po"))
    complaints += [f"po/loom.pot: {complaint}" for complaint in check_messages(messages)]
    return complaints if messages else ["no message was found"]


class SelfTest(unittest.TestCase):
    HEADER = ('msgid ""\nmsgstr ""\n"Language: es\\n"\n'
              '"Content-Type: text/plain; charset=UTF-8\\n"\n')

    def bad(self, message, translation, language="es", flags=()):
        return check_entry(language, Entry(message, translation, set(flags), True))

    def test_a_good_entry_is_let_be(self):
        self.assertEqual(self.bad("Run {name}:\n\n    loom x\n", "Ejecuta {name}:\n\n    loom x\n"), [])
        self.assertEqual(self.bad("sign in to {server} with git", "سجّل الدخول إلى {server} مع git",
                                  "ar"), [])
        self.assertEqual(self.bad("Are you {name}?", "¿Eres {name}?"), [])

    def test_other_names_formats_and_digits_are_seen_also_unflagged(self):
        for translation in ("Hola", "Hola {path}", "Hola {server} {server}", "Hola {server",
                            "Hola {server} %s", "Hola {server} 10 %", "Hola {server} 7"):
            self.assertTrue(self.bad("Hello {server}", translation), translation)

    def test_other_line_ends_and_lines_to_copy_are_seen(self):
        message = "\nRun:\n\n    loom a\n"
        self.assertEqual(self.bad(message, "\nEjecuta:\n\n    loom a\n"), [])
        for translation in ("Ejecuta:\n\n    loom a\n", "\nEjecuta:\n\n    loom a", "\nEjecuta: loom a\n",
                            "\nEjecuta:\n\n    loom b\n", "\nEjecuta:\n\n   loom a\n",
                            "\nEjecuta:\n\n    loom a \n", "\nEjecuta: \n\n    loom a\n",
                            "\nEjecuta:\n    loom a\n\n"):
            self.assertTrue(self.bad(message, translation), translation)

    def test_l10_07_105_controls_and_other_digits_are_seen(self):
        for c in "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200d" \
                 "\u00a0\u00ad\u0007\u001b\ufeff\u0661\u06f1\u00b2":
            self.assertTrue(self.bad("Hello there", f"Hola{c}ahí"), hex(ord(c)))
        self.assertTrue(self.bad("Hello there", "Cancelacio\u0301n"))

    def test_what_is_too_wide_is_seen(self):
        self.assertEqual(self.bad("row", "x" * ROW), [])
        self.assertTrue(self.bad("row", "x" * (ROW + 1)))
        self.assertTrue(self.bad("Wait {time}.", "E" + "s" * 72 + " {time}."))
        self.assertTrue(self.bad("Hello there", "x" * 76))

    def test_what_is_left_in_english_fuzzy_or_empty_is_seen(self):
        self.assertTrue(self.bad("Hello", "Hello"))
        self.assertTrue(self.bad("Hello", ""))
        self.assertTrue(self.bad("Hello", "Hola", flags=("fuzzy",)))
        self.assertTrue(self.bad("Sign in", "ادخل to", "ar"))
        self.assertTrue(self.bad("Sign in", "Sign in", "ar"))

    def test_l10_01_what_gettext_refuses_is_seen(self):
        good = self.HEADER + '\nmsgid "A"\nmsgstr "a"\n'
        for text, is_good in (
                (good, True), (good + '\nmsgid "B', False), (good + '\nmsgid "A"\nmsgstr "b"\n', False),
                (good + '\n#, c-format\nmsgid "%s"\nmsgstr "%n"\n', False),
                (good + '\nmsgid "B\\n"\nmsgstr "b"\n', False)):
            with tempfile.NamedTemporaryFile("w", suffix=".po", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                self.assertEqual(check_by_gettext(file.name) == [], is_good, text)

    def test_another_register_is_seen(self):
        for translation in ("Ejecute esto.", "Usted puede.", "Y ahora?"):
            self.assertTrue(self.bad("Run this.", translation), translation)
        self.assertTrue(self.bad("Run this.", "نفّذ, هذا", "ar"))

    def catalogue(self, text):
        return check_catalogue("es", self.HEADER + text, ["A", "B"])

    def test_what_is_missing_twice_or_too_much_is_seen(self):
        a, b = '\nmsgid "A"\nmsgstr "a"\n', '\n#, no-c-format\nmsgid ""\n"B"\nmsgstr ""\n"b"\n'
        self.assertEqual(self.catalogue(a + b), [])
        for text in (a, a + b + b, a + b + a.replace("A", "C"), a + b + '\n#~ msgid "D"\n',
                     a + b.replace("no-c-format", "fuzzy"), a + b.replace("msgid", 'msgctxt "x"\nmsgid')):
            self.assertTrue(self.catalogue(text), text)
        self.assertTrue(check_catalogue("ar", self.HEADER, []))

    def test_an_old_template_is_seen(self):
        self.assertEqual(check_template(["a", "b"], ["b", "a"]), [])
        self.assertEqual(len(check_template(["a", "b"], ["b", "c"])), 2)

    def test_english_has_to_fit(self):
        self.assertEqual(check_messages(["Waiting {time}."]), [])
        self.assertTrue(check_messages(["W" * 76 + "{time}"]))


if __name__ == "__main__":
    house.enforce(law, SelfTest)
