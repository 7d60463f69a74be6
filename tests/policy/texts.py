# SPDX-License-Identifier: Apache-2.0
"""What people read can be translated: po/POTFILES is complete, and every {name} is known."""
import ast
import pathlib
import re
import subprocess
import tempfile
import unittest

import house

MARK = re.compile(r'\bN_\(((?:[^()"]|"(?:\\.|[^"\\])*")*)\)')
MARKED = re.compile(r"\bN_\s*\(")
ROOMS = ("src/cli/", "src/http/", "src/base/sentences.c")
PLACE = re.compile(r"\{(\w*)\}?")


def marked_files(files):
    """The files with messages; the #define of the mark is none."""
    return {path for path, text in files.items()
            if MARKED.search(re.sub(r"^#define N_\(.*$", "", house.bare(text), flags=re.MULTILINE))}


def check_list(listed, files):
    complaints = [f"po/POTFILES: {path} has messages and is not listed"
                  for path in sorted(marked_files(files) - set(listed))]
    complaints += [f"po/POTFILES: {path} has no messages, or is not there"
                   for path in sorted(set(listed) - marked_files(files))]
    complaints += [f"{path}: only cli and base/sentences.c have messages for people, and http words for them"
                   for path in sorted(marked_files(files)) if not path.startswith(ROOMS)]
    if listed != sorted(listed):
        complaints.append("po/POTFILES: not in order")
    return complaints


def check_literals(files):
    """xgettext reads the source as it is: a macro in a message would leave half of it out."""
    return [f"{path}: more than a literal in {' '.join(match.group().split())}"
            for path, text in files.items()
            for match in MARK.finditer(re.sub(r"^#define N_\(.*$", "", text, flags=re.MULTILINE))
            if re.sub(r'"(?:\\.|[^"\\])*"', "", match.group(1)).strip()]


def read_places(phrase_header):
    """The names that a message may use: the members of struct loom_words."""
    body = re.search(r"struct loom_words \{(.*?)\};", house.bare(phrase_header), re.DOTALL)
    return set(re.findall(r"\*(\w+);", body.group(1)))


def read_messages(pot):
    """The msgid of each entry of a .pot, the header left out."""
    messages = []
    for block in re.findall(r'^msgid ((?:"(?:\\.|[^"\\])*"\n)+)', pot, re.MULTILINE):
        messages.append("".join(ast.literal_eval(line) for line in block.splitlines()))
    return [message for message in messages if message]


def check_messages(messages, places):
    complaints = []
    for message in messages:
        for match in PLACE.finditer(message):
            if match.group(1) not in places or not match.group().endswith("}"):
                complaints.append(f"{message!r}: {match.group()} is not in struct loom_words")
        if re.search(r"%[-+#0-9.*]*[hljztL]*[a-zA-Z]", message):
            complaints.append(f"{message!r}: a message is not a printf format")
    return complaints


def extract(root, listed):
    with tempfile.TemporaryDirectory() as folder:
        pot = pathlib.Path(folder) / "loom.pot"
        subprocess.run(["xgettext", "--keyword=N_", "--from-code=UTF-8", "--language=C", "--force-po",
                        f"--output={pot}", *listed], cwd=root, timeout=60, check=True)
        return pot.read_text(encoding="utf-8")


def law(root, _build):
    listed = [line for line in house.document(root, "po/POTFILES").splitlines()
              if line and not line.startswith("#")]
    files = house.texts(root, "src/**/*.[ch]")
    complaints = check_list(listed, files) + check_literals(files)
    if complaints:
        return complaints
    messages = read_messages(extract(root, listed))
    places = read_places(house.document(root, "src/base/phrase.h"))
    return check_messages(messages, places) if messages else ["no message was found"]


class SelfTest(unittest.TestCase):
    def test_the_list_must_name_exactly_the_files_with_messages(self):
        files = {"src/cli/a.c": 'say(N_("x"));', "src/cli/b.c": "/* N_(x) */", "src/cli/say.h":
                 "#define N_(message) message\n"}
        self.assertEqual(check_list(["src/cli/a.c"], files), [])
        self.assertTrue(check_list([], files))
        self.assertTrue(check_list(["src/cli/a.c", "src/cli/b.c"], files))
        self.assertTrue(check_list(["src/cli/a.c", "src/cli/c.c"], files))

    def test_messages_below_the_edge_are_seen(self):
        self.assertTrue(check_list(["src/oauth/a.c"], {"src/oauth/a.c": 'N_("x")'}))

    def test_unknown_places_and_formats_are_seen(self):
        places = read_places("struct loom_words {\n    const char *server; /* it */\n};")
        self.assertEqual(places, {"server"})
        self.assertEqual(check_messages(["Signed in to {server}.", "100 %"], places), [])
        for message in ("{sever}", "{server", "{}", "{0}", "%s", "%5.2f"):
            self.assertTrue(check_messages([message], places), message)

    def test_macros_in_messages_are_seen(self):
        self.assertEqual(check_literals({"a.c": 'N_("a (b) \\"c\\""\n   "d")', "b.h": "/* N_() */",
                                         "c.h": "#define N_(message) message\n"}), [])
        self.assertTrue(check_literals({"a.c": 'f(N_("a" COMMAND))'}))
        self.assertTrue(check_literals({"a.c": "f(N_(message))"}))

    def test_messages_are_read_over_several_lines(self):
        pot = 'msgid ""\nmsgstr ""\n"x: y\\n"\n\nmsgid ""\n"one "\n"\\"two\\"\\n"\nmsgstr ""\n'
        self.assertEqual(read_messages(pot), ['one "two"\n'])


if __name__ == "__main__":
    house.enforce(law, SelfTest)
