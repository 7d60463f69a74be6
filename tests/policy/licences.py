# SPDX-License-Identifier: Apache-2.0
"""Every source says its licence in its first line (in the second, below a #!)."""
import unittest

import house

LINE = "SPDX-License-Identifier: Apache-2.0"
PATTERNS = ("CMakeLists.txt", "dev", ".ci/*", ".clang-tidy", "src/**/*.[ch]", "include/**/*.h",
            "src/**/CMakeLists.txt", "tests/**/*.[ch]", "tests/**/*.py", "tests/**/*.sh",
            "tests/**/CMakeLists.txt", "tests/fuzz/*.dict", "docs/**/*.sh", "docs/**/CMakeLists.txt",
            "**/*.cmake", "src/**/*.bash", "src/**/*.fish", "docs/man/*.[135]")


def check(files):
    complaints = []
    for path, text in files.items():
        lines = text.split("\n", 2)
        first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
        if LINE not in first:
            complaints.append(f"{path}: the line with {LINE} does not come first")
    return complaints


def law(root, _build):
    files = house.texts(root, *PATTERNS)
    return check(files) if "LICENSE" in house.texts(root, "LICENSE") else ["LICENSE is missing"]


class SelfTest(unittest.TestCase):
    def test_a_line_that_is_there_is_found(self):
        self.assertEqual(check({"a.c": f"/* {LINE} */\nint a;\n"}), [])
        self.assertEqual(check({"a": f"#!/bin/sh\n# {LINE}\n"}), [])

    def test_a_line_that_is_missing_late_or_another_is_seen(self):
        self.assertTrue(check({"a.c": "int a;\n"}))
        self.assertTrue(check({"a.c": ""}))
        self.assertTrue(check({"a.c": f"int a;\n/* {LINE} */\n"}))
        self.assertTrue(check({"a.c": "/* SPDX-License-Identifier: MIT */\n"}))


if __name__ == "__main__":
    house.enforce(law, SelfTest)
