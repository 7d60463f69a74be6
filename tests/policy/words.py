# SPDX-License-Identifier: Apache-2.0
"""Words that the code never says, and calls that only some rooms make: docs/STYLE.md's tables."""
import re
import unittest

import house

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# A second name for a struct hides what is a value and what is a handle. Function types may have one.
TYPEDEF = re.compile(r"\btypedef\s+(?:const\s+)?(?:struct|union|enum)\b\s*\w*\s*(?:\{|\**\s*\w+\s*;)")
# Where those words are named in order to be forbidden.
SPEAK_OF_THEM = ("docs/STYLE.md", "tests/policy/words.py")
TEXTS = ("src/**/*", "include/**/*", "tests/**/*.[ch]", "tests/**/*.py", "tests/**/*.sh",
         "tests/fuzz/*.dict", "**/CMakeLists.txt", "docs/*.md", "README.md", "dev", ".ci/*", "po/*")


def pattern_of(word):
    """`name()` is a call; anything else is a word, or a run of words."""
    if word.endswith("()"):
        return re.compile(rf"\b{re.escape(word[:-2])}\s*\(")
    return re.compile(r"\b" + r"\s+".join(map(re.escape, word.split())) + r"\b")


def read_never(text):
    return [(word, row[1]) for row in house.table(text, "never", "instead")
            for word in house.quoted(row[0])]


def read_rooms(text):
    return [(word, set(re.findall(r"[a-z.]+", row[1]))) for row in house.table(text, "call", "only in")
            for word in house.quoted(row[0])]


def places(path, code, pattern):
    for match in pattern.finditer(code):
        found = " ".join(match.group().split())
        yield f"{path}:{code.count(chr(10), 0, match.start()) + 1}: {found}"


def check_never(files, never):
    return [f"{place}: never; instead: {instead}" for path, code in files.items()
            for word, instead in never for place in places(path, house.bare(code), pattern_of(word))]


def check_typedefs(files):
    return [f"{place}: write the tag out" for path, code in files.items()
            for place in places(path, house.bare(code), TYPEDEF)]


def check_rooms(files, rooms):
    complaints = []
    for path, code in files.items():
        room = path.split("/")[1]
        for word, allowed in rooms:
            if room not in allowed:
                complaints += [f"{place}: only in {', '.join(sorted(allowed))}"
                               for place in places(path, house.bare(code), pattern_of(word))]
    return complaints


def check_unfinished(files):
    return [f"{path}:{number}: {line.strip()}" for path, text in files.items()
            if path not in SPEAK_OF_THEM
            for number, line in enumerate(text.splitlines(), 1) if UNFINISHED.search(line)]


def law(root, _build):
    style = house.document(root, "docs/STYLE.md")
    files = house.texts(root, "src/**/*.[ch]")
    return (check_never(files, read_never(style)) + check_rooms(files, read_rooms(style)) +
            check_typedefs(files) +
            check_unfinished(house.texts(root, *TEXTS)))


class SelfTest(unittest.TestCase):
    STYLE = """
| never | instead |
|---|---|
| `goto`, `strcpy()`, `extern inline` | something else |

| call | only in | why |
|---|---|---|
| `getenv()` | cli, main.c | reasons |
"""

    def never(self, code):
        return check_never({"src/base/a.c": code}, read_never(self.STYLE))

    def test_what_is_forbidden_is_seen(self):
        for code in ("goto out;", "strcpy (a, b);", "f(strcpy(a, b));", "extern  inline int a;",
                     "extern\ninline int a;"):
            self.assertEqual(len(self.never(code)), 1, code)

    def test_what_only_looks_like_it_is_let_be(self):
        for code in ("loom_strcpy(a, b);", "/* goto */", 'f("goto");', "// strcpy(a)\n", "gotos();",
                     "int strcpy_is_gone;"):
            self.assertEqual(self.never(code), [], code)

    def test_a_call_in_the_wrong_room_is_seen(self):
        rooms = read_rooms(self.STYLE)
        self.assertEqual(len(check_rooms({"src/base/a.c": "\n\ngetenv(x);"}, rooms)), 1)
        self.assertIn(":3:", check_rooms({"src/base/a.c": "\n\ngetenv(x);"}, rooms)[0])
        self.assertEqual(check_rooms({"src/cli/a.c": "getenv(x);", "src/main.c": "getenv(x)"},
                                     rooms), [])

    def test_a_typedef_of_a_struct_is_seen(self):
        for code in ("typedef struct a b;", "typedef struct { int a; } b;", "typedef enum a\n{ A } b;",
                     "typedef struct a *b;"):
            self.assertEqual(len(check_typedefs({"src/base/a.c": code})), 1, code)
        self.assertEqual(check_typedefs({"src/base/a.h": "typedef enum a f(struct b *c);"}), [])

    def test_unfinished_words_are_seen_everywhere(self):
        self.assertTrue(check_unfinished({"tests/a.py": "# TO" "DO: later\n"}))
        self.assertEqual(check_unfinished({"a.c": "TODOS", "docs/STYLE.md": "TODO"}), [])


if __name__ == "__main__":
    house.enforce(law, SelfTest)
