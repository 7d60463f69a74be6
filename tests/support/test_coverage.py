# SPDX-License-Identifier: Apache-2.0
"""coverage.py counts right, and sees what is too low."""
import pathlib
import tempfile
import unittest

import coverage


def line(number, count, *ways):
    return {"line_number": number, "count": count, "branches": [{"count": way} for way in ways]}


def objects(*files):
    return [{"files": [{"file": name, "lines": lines}]} for name, lines in files]


class Counting(unittest.TestCase):
    def rooms(self, *files):
        return coverage.rooms_of(coverage.merge(objects(*files), "/tree"))

    def test_a_header_in_several_objects_counts_once(self):
        rooms = self.rooms(("src/base/a.h", [line(1, 0, 0, 0), line(2, 3)]),
                           ("./src/base/a.h", [line(1, 2, 2, 0), line(2, 0)]))
        base = rooms["base"]
        self.assertEqual((base.lines, base.lines_run, base.ways, base.ways_taken), (2, 2, 2, 1))

    def test_rooms_are_apart_and_summed(self):
        rooms = self.rooms(("src/base/a.c", [line(1, 1)]), ("/tree/src/git/b.c", [line(1, 0)]),
                           ("src/main.c", [line(1, 1), line(2, 0)]))
        self.assertEqual({name: (room.lines, room.lines_run) for name, room in rooms.items()},
                         {"base": (1, 1), "git": (1, 0), "main.c": (2, 1), "all": (4, 2)})

    def test_what_is_not_of_the_program_does_not_count(self):
        self.assertEqual(coverage.merge(objects(("/usr/include/x.h", [line(1, 1)]),
                                                ("tests/a.c", [line(1, 1)])), "/tree"), {})

    def test_too_low_is_seen(self):
        rooms = self.rooms(("src/base/a.c", [line(n, n != 1) for n in range(1, 11)]),
                           ("src/git/b.c", [line(n, n > 2) for n in range(1, 11)]))
        self.assertEqual(len(coverage.too_low(rooms, 90)), 2)  # git, and so the sum
        self.assertEqual(coverage.too_low(rooms, 80), [])
        self.assertIn("| git | 10 | 8 | 80.0 % | 0 | 0 | 100.0 % |", coverage.table(rooms))

    def test_what_never_ran_is_listed(self):
        files = coverage.merge(objects(("src/base/a.c", [line(1, 0), line(2, 0), line(4, 0),
                                                         line(5, 1, 1, 0)])), "/tree")
        self.assertEqual(list(coverage.left_out(files)),
                         ["src/base/a.c: never ran: 1-2 4", "src/base/a.c: some way never taken: 5"])

    def test_nothing_counted_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            build = pathlib.Path(folder)
            self.assertTrue(coverage.prepare(build))
            self.assertTrue(coverage.show(build, build, build / "list", 0))


if __name__ == "__main__":
    unittest.main()
