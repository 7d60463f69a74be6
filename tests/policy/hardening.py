# SPDX-License-Identifier: Apache-2.0
"""What the linker was to give the program that people install, read back from its bytes."""
import pathlib
import re
import subprocess
import tempfile
import unittest

import house
import words

# libcurl costs milliseconds at every start and is opened at the first request; cJSON_Utils has a
# history of memory faults and is not needed.
NEVER_LINKED = ("libcurl", "libcjson_utils", "libsecret", "libglib")


def read(path, *options):
    done = subprocess.run(["readelf", "--wide", *options, str(path)], text=True,
                          capture_output=True, timeout=60, check=True)
    return done.stdout


def imported(path):
    """Names that the dynamic linker binds, without their versions."""
    names = set()
    for line in read(path, "--dyn-syms").splitlines():
        row = line.split()
        if len(row) >= 8 and row[6] == "UND":
            names.add(row[7].split("@")[0])
    return names


def check(path, never):
    header, segments, dynamic = read(path, "-h"), read(path, "-l"), read(path, "-d")
    calls = imported(path)
    stack = re.search(r"GNU_STACK(?:\s+\S+){5}\s+([RWE ]+?)\s+0x", segments)
    facts = (
        (re.search(r"Type:\s+DYN", header) and "PIE" in dynamic,
         "is not position-independent (-fPIE, -pie)"),
        ("GNU_RELRO" in segments, "has no read-only relocations (-z relro)"),
        (re.search(r"\bNOW\b", dynamic), "binds lazily (-z now)"),
        (stack and "E" not in stack.group(1), "has an executable stack"),
        (not re.search(r"^ +LOAD .* (RWE|R?WE) ", segments, re.MULTILINE),
         "has a segment that is writable and executable"),
        ("__stack_chk_fail" in calls, "has no stack protector"),
        (any(call.endswith("_chk") for call in calls - {"__stack_chk_fail"}),
         "calls no checked function (_FORTIFY_SOURCE)"),
        (not re.search(r"\((RPATH|RUNPATH)\)", dynamic), "has a library path of its own"),
    )
    complaints = [f"{path.name}: {what}" for holds, what in facts if not holds]
    for library in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        if library.startswith(NEVER_LINKED):
            complaints.append(f"{path.name}: links {library}")
    complaints += [f"{path.name}: calls {call}" for call in sorted(calls.intersection(never))]
    return complaints


def law(root, build):
    never = words.read_never(house.document(root, "docs/STYLE.md"))
    return check(build / "loom", {word[:-2] for word, _ in never if word.endswith("()")})


class SelfTest(unittest.TestCase):
    CODE = """
        #include <stdio.h>
        #include <string.h>
        int main(int argc, char **argv) {
            char text[64];
            snprintf(text, sizeof text - (unsigned)argc, "%s", argv[0]);
            memcpy(text + argc, argv[0], (unsigned)argc);
            return puts(text);
        }"""
    HARD = {"pie": "-fPIE", "link": "-pie", "relro": "-Wl,-z,relro", "now": "-Wl,-z,now",
            "stack": "-Wl,-z,noexecstack", "protector": "-fstack-protector-strong",
            "fortify": "-D_FORTIFY_SOURCE=2"}

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.folder.cleanup()

    def complaints(self, *more, code=CODE, **changes):
        out = pathlib.Path(self.folder.name) / "out"
        flags = [flag for flag in {**self.HARD, **changes}.values() if flag]
        subprocess.run(["gcc", "-O2", "-w", "-x", "c", "-", "-o", str(out), *flags, *more],
                       input=code, text=True, timeout=60, check=True)
        return check(out, {"system", "strcpy"})

    def test_a_hardened_program_is_let_be(self):
        self.assertEqual(self.complaints(), [])

    def test_each_missing_measure_is_seen(self):
        for name, flag in (("pie", "-fno-pie"), ("relro", "-Wl,-z,norelro"),
                           ("now", "-Wl,-z,lazy"), ("stack", "-Wl,-z,execstack"),
                           ("protector", "-fno-stack-protector"), ("fortify", "-U_FORTIFY_SOURCE")):
            changes = {name: flag}
            if name == "pie":
                changes["link"] = "-no-pie"
            self.assertEqual(len(self.complaints(**changes)), 1, name)
        self.assertEqual(len(self.complaints("-Wl,-rpath,/tmp")), 1)

    def test_a_library_to_be_opened_at_first_use_is_seen(self):
        self.assertEqual(len(self.complaints("-Wl,--no-as-needed", "-lcurl")), 1)

    def test_a_call_never_made_is_seen(self):
        code = self.CODE.replace("return puts(text);", "return system(text);")
        code = code.replace("<stdio.h>", "<stdio.h>\n#include <stdlib.h>")
        self.assertEqual(len(self.complaints(code=code)), 1)


if __name__ == "__main__":
    house.enforce(law, SelfTest)
