# SPDX-License-Identifier: Apache-2.0
"""Every case of docs/THREATS.md is proved by the test that it names, and every case that a test names
stands there; docs/SECURITY.md has the right sums."""
import collections
import fnmatch
import json
import pathlib
import re
import subprocess
import unittest

import house

GROUPS = "DF TM NET URL JS UI GIT KR FS ENC MEM L10 REV ENV LIB".split()
CASE = re.compile(rf"(?:{'|'.join(GROUPS)})-[0-9]{{2,3}}")
WRITTEN = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(GROUPS)})-([0-9]{{2,3}})(?![0-9])")
# In a name one group may have several numbers: test_git_13_101_other_ports.
NAMED = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(GROUPS).lower()})((?:_[0-9]{{2,3}})+)(?![0-9])")
ANY_BYTES = "Fuzzing"


def cases_in(code):
    """The cases that a test names, in a comment or in its own name."""
    found = {f"{group}-{number}" for group, number in WRITTEN.findall(code)}
    for group, numbers in NAMED.findall(code):
        found |= {f"{group.upper()}-{number}" for number in numbers.split("_")[1:]}
    return found


def rows_under(threats, head):
    """The rows of all tables with this head, as lists of cells."""
    rows, inside = [], False
    for line in threats.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == head:
            inside = True
        elif inside and not set(line) <= set("|-: "):
            rows.append(cells)
    return rows


def check_rows(rows, cases_by_test):
    """Each case once, well formed, and proved by each test that it names."""
    complaints = []
    for case, times in collections.Counter(row[0] for row in rows).items():
        if times > 1 or not CASE.fullmatch(case):
            complaints.append(f"docs/THREATS.md: {case} stands there {times} times, or is no number")
    for case, _, proof in (row if len(row) == 3 else [row[0], "", ""] for row in rows):
        tests = house.quoted(proof)
        if not tests and not re.match(r"– \w", proof):
            complaints.append(f"docs/THREATS.md: {case} has neither a test nor a reason")
        for test in tests:
            if test not in cases_by_test:
                complaints.append(f"docs/THREATS.md: {case}: there is no test {test}")
            elif case not in cases_by_test[test]:
                complaints.append(f"docs/THREATS.md: {case} is not named in the source of {test}")
    return complaints


def check_sources(sources, rows):
    known = {row[0] for row in rows}
    return [f"{path}: {case} is not in docs/THREATS.md" for path, code in sources.items()
            for case in sorted(cases_in(code) - known)]


def check_fuzzers(fuzzers, tests):
    listed = [house.quoted(row[0])[0] for row in fuzzers]
    there = {test for test in tests if test.startswith("fuzz.")}
    return [f"docs/THREATS.md: {name} is listed and is no test, or the other way round"
            for name in sorted(there ^ set(listed))]


def count(name, patterns, rows, fuzzers):
    """How many cases a row of the sums stands for: a group's, or those that its tests prove."""
    if name == ANY_BYTES:
        return len(fuzzers)
    if name.split(":")[0] in GROUPS:
        return sum(row[0].startswith(name.split(":")[0] + "-") for row in rows)
    return sum(any(fnmatch.filter(house.quoted(row[2]), pattern) for pattern in patterns)
               for row in rows)


def check_sums(sums, rows, fuzzers, tests):
    complaints = []
    for name, cases, proof, _ in sums:
        patterns = house.quoted(proof)
        right = count(name, patterns, rows, fuzzers)
        if cases != str(right):
            complaints.append(f"docs/SECURITY.md: {name} has {right} cases, not {cases}")
        complaints += [f"docs/SECURITY.md: {name}: there is no test {pattern}"
                       for pattern in patterns if not fnmatch.filter(tests, pattern)]
    missing = set(GROUPS) - {name.split(":")[0] for name, *_ in sums}
    return complaints + [f"docs/SECURITY.md: {group} is not counted" for group in sorted(missing)]


def check_total(security, rows):
    if re.findall(r"has ([0-9]+) cases", security) == [str(len(rows))]:
        return []
    return [f"docs/SECURITY.md: does not say, once, that docs/THREATS.md has {len(rows)} cases"]


def source_of(command, root):
    """The source of a test, from how it is run."""
    for word in map(pathlib.Path, command):
        if word.suffix == ".py":
            return word
        found = sorted(root.glob(f"tests/*/**/{word.name}.c")) if word.is_absolute() else []
        if found:
            return found[0]
    return None


def registered(root, build):
    """The source of each test that CTest knows."""
    told = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=True)
    return {test["name"]: source_of(test.get("command", []), root)
            for test in json.loads(told.stdout)["tests"]}


def law(root, build):
    threats = house.document(root, "docs/THREATS.md")
    rows, fuzzers = rows_under(threats, "id"), rows_under(threats, "fuzzer")
    sources = house.texts(root, "tests/**/*.py", "tests/**/*.[ch]")
    sources.pop("tests/policy/threats.py")
    tests = registered(root, build)
    cases_by_test = {name: cases_in(path.read_text(encoding="utf-8")) if path else set()
                     for name, path in tests.items()}
    security = house.document(root, "docs/SECURITY.md")
    sums = house.table(security, "class", "cases")
    return (check_rows(rows, cases_by_test) + check_sources(sources, rows)
            + check_fuzzers(fuzzers, tests) + check_sums(sums, rows, fuzzers, tests)
            + check_total(security, rows))


class SelfTest(unittest.TestCase):
    PROVED = {"cli.a": {"DF-01", "DF-100"}, "unit.b": {"JS-03"}}

    def test_cases_are_found_in_comments_and_names(self):
        self.assertEqual(cases_in("/* DF-01, JS-03 */ def test_l10_07_net_02_100_x(self): ui_06(); "
                                  "# git-401 UTF-16 XDF-02 DF-1 NET-1000 fs_1"),
                         {"DF-01", "JS-03", "L10-07", "NET-02", "NET-100", "UI-06"})

    def test_rows_of_all_tables_are_read(self):
        text = "| id | a | b |\n|---|---|---|\n| DF-01 | x | y |\n\n| n | z |\n|--|--|\n| q | r |\n" \
               "\n| id | a | b |\n|---|---|---|\n| JS-03 | x | y |\n"
        self.assertEqual([row[0] for row in rows_under(text, "id")], ["DF-01", "JS-03"])

    def test_what_is_proved_is_let_be(self):
        self.assertEqual(check_rows([["DF-01", "x", "`cli.a`"], ["JS-03", "x", "`unit.b`; but"],
                                     ["JS-04", "x", "– not there"]], self.PROVED), [])

    def test_what_is_not_proved_is_seen(self):
        for row in (["DF-02", "x", "`cli.a`"], ["DF-01", "x", "`cli.c`"], ["DF-01", "x", ""],
                    ["DF-01", "x", "–"], ["DF-01", "`cli.a`"], ["XX-01", "x", "– none"],
                    ["DF-01", "x", "`cli.a`, `unit.b`"]):
            self.assertEqual(len(check_rows([row], self.PROVED)), 1, row)

    def test_a_number_that_stands_twice_is_seen(self):
        self.assertEqual(len(check_rows([["DF-01", "x", "`cli.a`"]] * 2, self.PROVED)), 1)

    def test_a_test_of_an_unknown_case_is_seen(self):
        rows = [["DF-01", "x", "`cli.a`"]]
        self.assertEqual(check_sources({"a.py": "def test_df_01_x"}, rows), [])
        self.assertEqual(len(check_sources({"a.py": "def test_df_01_02_x", "b.c": "/* JS-99 */"}, rows)), 2)

    def test_fuzzers_that_differ_are_seen(self):
        rows = [["`fuzz.a`", "x"]]
        self.assertEqual(check_fuzzers(rows, {"fuzz.a", "unit.b"}), [])
        self.assertEqual(len(check_fuzzers(rows, {"fuzz.b"})), 2)

    def test_wrong_sums_are_seen(self):
        rows = [["DF-01", "x", "`cli.a`"], ["DF-02", "x", "– none"], ["JS-03", "x", "`unit.b`"]]
        sums = [[f"{group}: x", "0", "–", ""] for group in GROUPS if group not in ("DF", "JS")]
        sums += [["DF: x", "2", "`cli.*`", ""], ["JS: x", "1", "`unit.b`", ""],
                 ["Stories", "1", "`cli.*`", ""], [ANY_BYTES, "1", "`fuzz.*`", ""]]
        tests = ["cli.a", "unit.b", "fuzz.a"]
        fuzzers = [["`fuzz.a`", "x"]]
        self.assertEqual(check_sums(sums, rows, fuzzers, tests), [])
        for wrong in (["DF: x", "3", "`cli.*`", ""], ["DF: x", "2", "`cli.b`", ""],
                      ["Stories", "2", "`cli.a`", ""], [ANY_BYTES, "2", "`fuzz.a`", ""]):
            self.assertEqual(len(check_sums(sums + [wrong], rows, fuzzers, tests)), 1, wrong)
        self.assertEqual(len(check_sums(sums[1:], rows, fuzzers, tests)), 1)
        self.assertEqual(check_total("it has 3 cases", rows), [])
        for wrong in ("it has 4 cases", "many", "it has 3 cases, and has 3 cases"):
            self.assertTrue(check_total(wrong, rows), wrong)


if __name__ == "__main__":
    house.enforce(law, SelfTest)
