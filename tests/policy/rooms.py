# SPDX-License-Identifier: Apache-2.0
"""Who may know whom: every #include, against the table in docs/ARCHITECTURE.md."""
import fnmatch
import re
import unittest

import house

# The standard library of C17 (ISO/IEC 9899:2018, section 7.1.2), less <locale.h> and <threads.h>.
C_HEADERS = """assert complex ctype errno fenv float inttypes iso646 limits math setjmp signal
    stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath time
    uchar wchar wctype""".split()
# What "POSIX" stands for in the table: the operating system's own headers.
POSIX_HEADERS = """dirent dlfcn elf fcntl grp langinfo libgen netdb poll pthread pwd spawn strings
    syslog termios unistd arpa/* net/* netinet/* sys/* linux/*""".split()

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\b[ \t]*(?:"([^"\n]*)"|<([^>\n]*)>)?', re.MULTILINE)


class Room:
    def __init__(self, floor, may, headers):
        self.floor, self.may, self.headers = floor, may, headers


def read_table(text):
    rows = house.table(text, "floor", "room")
    floors = {house.quoted(row[1])[0].rstrip("/"): int(row[0]) for row in rows}
    rooms = {}
    for floor, room, _, may, headers in rows:
        name = house.quoted(room)[0].rstrip("/")
        if may in ("all below", "any"):
            allowed = {other for other, level in floors.items() if level < int(floor)}
        else:
            allowed = {word.strip() for word in may.split(",") if word.strip() not in ("", "–")}
        globs = [header.strip("<>") for header in house.quoted(headers)]
        if "POSIX" in headers:
            globs += [name if "/" in name else name + ".h" for name in POSIX_HEADERS]
        rooms[name] = Room(int(floor), allowed, globs)
    return rooms


def check_table(rooms):
    complaints = []
    for name, room in rooms.items():
        for other in sorted(room.may):
            if other not in rooms:
                complaints.append(f"{name}: the table lets it see {other}, which is no room")
            elif rooms[other].floor >= room.floor:
                complaints.append(f"{name}: {other} is not on a floor below")
    return complaints


def room_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 1 else ""


def check_own(path, target, files, rooms):
    """A quoted include of a file in src/."""
    mine, theirs = room_of(path), target.split("/")[0]
    if "/" not in target:
        return f'{path}: "{target}" is not written as "room/header.h"'
    if f"src/{target}" not in files:
        return f'{path}: "{target}" does not exist'
    if theirs != mine and theirs not in rooms[mine].may:
        return f"{path}: {mine} may not know {theirs} (\"{target}\")"
    if theirs != mine and target.endswith("_priv.h"):
        return f'{path}: "{target}" is private to {theirs}'
    return None


def check_foreign(path, header, rooms):
    mine = room_of(path)
    if header.removesuffix(".h") in C_HEADERS and header.endswith(".h"):
        return None
    if any(fnmatch.fnmatchcase(header, glob) for glob in rooms[mine].headers):
        return None
    return f"{path}: {mine} may not include <{header}>"


def check_includes(files, rooms):
    complaints = []
    for path, text in files.items():
        if room_of(path) not in rooms:
            complaints.append(f"{path}: its room is not in the table")
            continue
        found = INCLUDE.findall(without_comments(text))
        for own, foreign in found:
            if own:
                complaints.append(check_own(path, own, files, rooms))
            elif foreign:
                complaints.append(check_foreign(path, foreign, rooms))
            else:
                complaints.append(f"{path}: an #include that cannot be read")
        header = path.removesuffix(".c") + ".h"
        if path.endswith(".c") and header in files:
            if not found or "src/" + found[0][0] != header:
                complaints.append(f"{path}: its own header does not come first")
    return [complaint for complaint in complaints if complaint]


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: "\n" * m.group().count("\n"), text,
                  flags=re.DOTALL)


def check_cycles(files):
    graph = {}
    for path, text in files.items():
        if path.endswith(".h"):
            graph[path] = ["src/" + own for own, _ in INCLUDE.findall(without_comments(text)) if own]
    done, complaints = set(), []

    def walk(path, trail):
        if path in trail:
            complaints.append("a circle: " + " -> ".join(trail[trail.index(path):] + [path]))
        elif path not in done:
            for target in graph.get(path, []):
                walk(target, trail + [path])
            done.add(path)

    for path in graph:
        walk(path, [])
    return complaints


def check_cmake(files, rooms):
    """A room links the rooms that it may know, and no more."""
    complaints = []
    for path, text in files.items():
        for call in re.findall(r"loom_room\(([^)]*)\)", re.sub(r"#[^\n]*", "", text)):
            words = call.split()
            name, listed, inside = words[0], [], False
            for word in words[1:]:
                if word in ("SOURCES", "ROOMS", "LIBRARIES"):
                    inside = word == "ROOMS"
                elif inside:
                    listed.append(word)
            if name not in rooms:
                complaints.append(f"{path}: {name} is not in the table")
                continue
            for other in listed:
                if other not in rooms[name].may:
                    complaints.append(f"{path}: {name} may not link {other}")
    return complaints


def check_tests(files, rooms):
    """What is private to a room is for the room's own tests and for the fuzzers, too."""
    complaints = []
    for path, text in files.items():
        for own, _ in INCLUDE.findall(without_comments(text)):
            room = own.split("/")[0]
            if room in rooms and own.endswith("_priv.h") and \
                    not path.startswith((f"tests/unit/{room}/", "tests/fuzz/")):
                complaints.append(f'{path}: "{own}" is private to {room} and its tests')
    return complaints


def law(root, _build):
    rooms = read_table(house.document(root, "docs/ARCHITECTURE.md"))
    files = house.texts(root, "src/**/*.[ch]")
    complaints = check_table(rooms) + check_includes(files, rooms) + check_cycles(files)
    complaints += check_cmake(house.texts(root, "src/*/CMakeLists.txt"), rooms)
    complaints += check_tests(house.texts(root, "tests/**/*.[ch]"), rooms)
    for room in rooms:
        if not any(room_of(path) == room for path in files):
            complaints.append(f"the table names {room}, which is not there")
    return complaints


class SelfTest(unittest.TestCase):
    TABLE = """
| floor | room | what lives there | may include | headers beyond C's own |
|---|---|---|---|---|
| 3 | `main.c` | all | any | `<locale.h>` |
| 2 | `http/` | the client | base | `<curl/*>`, POSIX |
| 2 | `git/` | the protocol | base | – |
| 1 | `base/` | the ground | – | – |
"""
    HOUSE = {
        "src/main.c": '#include <locale.h>\n#include "http/a.h"\n',
        "src/http/a.h": '#include "base/b.h"\n#include <unistd.h>\n#include <curl/curl.h>\n',
        "src/http/a.c": '/* why */\n#include "http/a.h"\n#include <string.h>\n',
        "src/http/a_priv.h": "",
        "src/git/g.c": '#include "base/b.h"\n',
        "src/base/b.h": "#include <stddef.h>\n",
    }

    def setUp(self):
        self.rooms = read_table(self.TABLE)

    def complaints(self, **changes):
        files = dict(self.HOUSE)
        for path, text in changes.pop("files").items():
            files[path] = text
        return check_includes(files, self.rooms) + check_cycles(files)

    def test_a_lawful_house_is_let_be(self):
        self.assertEqual(self.complaints(files={}), [])
        self.assertEqual(check_table(self.rooms), [])

    def test_an_arrow_up_or_sideways_is_seen(self):
        self.assertTrue(self.complaints(files={"src/base/c.c": '#include "http/a.h"\n'}))
        self.assertTrue(self.complaints(files={"src/git/g.c": ' # include  "http/a.h"\n'}))

    def test_a_foreign_header_outside_its_room_is_seen(self):
        for header in ("curl/curl.h", "unistd.h", "locale.h", "string", "openssl/evp.h"):
            self.assertTrue(self.complaints(files={"src/git/g.c": f"#include <{header}>\n"}), header)

    def test_a_private_header_outside_its_room_is_seen(self):
        self.assertTrue(self.complaints(files={"src/main.c": '#include "http/a_priv.h"\n'}))
        self.assertTrue(check_tests({"tests/unit/git/t.c": '#include "http/a_priv.h"\n'}, self.rooms))
        self.assertFalse(check_tests({"tests/unit/http/t.c": '#include "http/a_priv.h"\n'}, self.rooms))
        self.assertFalse(check_tests({"tests/fuzz/t.c": '#include "http/a_priv.h"\n'}, self.rooms))

    def test_a_header_that_is_not_there_or_has_no_room_is_seen(self):
        self.assertTrue(self.complaints(files={"src/git/g.c": '#include "base/z.h"\n'}))
        self.assertTrue(self.complaints(files={"src/http/a.c": '#include "a.h"\n'}))
        self.assertTrue(self.complaints(files={"src/http/x.c": "#include HEADER\n"}))
        self.assertTrue(self.complaints(files={"src/attic/x.c": ""}))

    def test_an_own_header_that_is_not_first_is_seen(self):
        self.assertTrue(
            self.complaints(files={"src/http/a.c": '#include <string.h>\n#include "http/a.h"\n'}))

    def test_a_circle_is_seen(self):
        self.assertTrue(self.complaints(files={"src/base/b.h": '#include "base/c.h"\n',
                                               "src/base/c.h": '#include "base/b.h"\n'}))

    def test_a_link_that_the_table_forbids_is_seen(self):
        text = "loom_room(git\n  SOURCES g.c\n  ROOMS base http)\n"
        self.assertEqual(len(check_cmake({"src/git/CMakeLists.txt": text}, self.rooms)), 1)

    def test_a_table_with_an_arrow_up_is_seen(self):
        rooms = read_table(self.TABLE.replace("| the ground | –", "| the ground | git"))
        self.assertTrue(check_table(rooms))


if __name__ == "__main__":
    house.enforce(law, SelfTest)
