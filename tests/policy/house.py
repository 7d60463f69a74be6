# SPDX-License-Identifier: Apache-2.0
"""What the laws share: reading the tree, reading tables in documents, and being run.

A law is a function from plain values (texts by path, a table) to a list of complaints, so that its
self-test can hand it a house in which it is broken.
"""
import pathlib
import re
import sys
import unittest


def texts(root, *patterns):
    """The files that match, by their path below `root`."""
    root = pathlib.Path(root)
    found = {}
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and "build" not in path.relative_to(root).parts[:1]:
                found[path.relative_to(root).as_posix()] = path.read_text(encoding="utf-8")
    return found


def document(root, path):
    return (pathlib.Path(root) / path).read_text(encoding="utf-8")


def table(text, *head):
    """The rows of the first table whose head begins with these words, cells stripped."""
    rows = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if rows is None:
            if line.startswith("|") and tuple(cells[:len(head)]) == head:
                rows = []
        elif not line.startswith("|"):
            break
        elif not set(line) <= set("|-: "):
            rows.append(cells)
    if not rows:
        raise SystemExit(f"no table with the head {head}")
    return rows


def quoted(cell):
    """The words of a cell that stand in back ticks."""
    return re.findall(r"`([^`]+)`", cell)


_PIECES = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def bare(code):
    """C without comments and literals; every line stays where it was."""
    def blank(match):
        piece = match.group()
        if piece[0] in "\"'":
            return piece[0] * 2
        return " " + "\n" * piece.count("\n")
    return _PIECES.sub(blank, code)


def enforce(law, self_test):
    """Run the self-test, then the law on the tree and the build folder of the command line."""
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(self_test)
    if suite.countTestCases() == 0:
        raise SystemExit("a law without a self-test proves nothing")
    if not unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(suite).wasSuccessful():
        raise SystemExit(1)
    complaints = law(*map(pathlib.Path, sys.argv[1:3]))
    for complaint in complaints:
        print(complaint)
    raise SystemExit(1 if complaints else 0)
