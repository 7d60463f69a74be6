# SPDX-License-Identifier: Apache-2.0
"""What compiler and linker were to give the program that people install, read back from its bytes."""
import json
import pathlib
import platform
import re
import subprocess
import tempfile
import unittest

import house
import words

# libcurl costs milliseconds at every start and is opened at the first request; cJSON is opened where
# no host's names can reach it, and its Utils have a history of memory faults (JS-13).
NEVER_LINKED = ("libcurl", "libcrypto", "libssl", "libcjson", "libsecret", "libglib",
                "libqrencode", "libsystemd")

# By machine: what the objects and the program say of jumps and returns, and the option that asks.
BRANCHES = {
    "x86_64": ({"IBT", "SHSTK"}, {"SHSTK"}, "-fcf-protection=full"),
    "aarch64": ({"BTI", "PAC"}, set(), "-mbranch-protection=standard"),
}
# What no byte shows: levels, and complaints of the compiler. `-Wformat=2` contains -Wformat-security.
OPTIONS = ("-D_FORTIFY_SOURCE=3", "-fstack-protector-strong", "-fstack-clash-protection",
           "-Wformat=2", "-O2")


def read(path, *options):
    done = subprocess.run(["readelf", "--wide", *options, str(path)], text=True,
                          capture_output=True, timeout=60, check=False)
    # A note of an owner that it does not know makes it fail without a word.
    if done.returncode != 0 and (done.stderr or options != ("-n",)):
        raise SystemExit(f"readelf {options} {path}: {done.stderr}")
    return done.stdout


def imported(path):
    """Names that the dynamic linker binds, without their versions."""
    names = set()
    for line in read(path, "--dyn-syms").splitlines():
        row = line.split()
        if len(row) >= 8 and row[6] == "UND":
            names.add(row[7].split("@")[0])
    return names


def features(path):
    return set(re.findall(r"\w+", " ".join(re.findall(r"feature: ([A-Z, ]+)", read(path, "-n")))))


def loads(segments):
    """[(offset, rights)] of what is mapped."""
    return [(int(offset, 16), rights.replace(" ", "")) for offset, rights in
            re.findall(r"(?m)^ +LOAD +(0x\w+)(?: +0x\w+){4} ([RWE ]{3})", segments)]


def check(path, never):
    header, segments, dynamic = read(path, "-h"), read(path, "-l"), read(path, "-d")
    calls, mapped = imported(path), loads(segments)
    stack = re.search(r"GNU_STACK(?:\s+\S+){5}\s+([RWE ]+?)\s+0x", segments)
    facts = (
        (re.search(r"Type:\s+DYN", header) and "PIE" in dynamic,
         "is not position-independent (-fPIE, -pie)"),
        ("GNU_RELRO" in segments, "has no read-only relocations (-z relro)"),
        (re.search(r"\bNOW\b", dynamic), "binds lazily (-z now)"),
        (stack and "E" not in stack.group(1), "has an executable stack"),
        (mapped and all(rights != "RWE" and rights != "WE" for _, rights in mapped),
         "has a segment that is writable and executable"),
        (all(offset > 0 for offset, rights in mapped if "E" in rights),
         "has code beside what is only read (-z separate-code)"),
        ("TEXTREL" not in dynamic, "changes its code when it is loaded (-z text)"),
        ("__stack_chk_fail" in calls, "has no stack protector"),
        (any(call.endswith("_chk") for call in calls - {"__stack_chk_fail"}),
         "calls no checked function (_FORTIFY_SOURCE)"),
        (not re.search(r"\((RPATH|RUNPATH)\)", dynamic), "has a library path of its own"),
    )
    complaints = [f"{path.name}: {what}" for holds, what in facts if not holds]
    wanted = BRANCHES.get(platform.machine(), (set(), set(), None))[1]
    if not wanted <= features(path):
        complaints.append(f"{path.name}: is not marked {wanted - features(path)}")
    for library in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        if library.startswith(NEVER_LINKED):
            complaints.append(f"{path.name}: links {library}")
    complaints += [f"{path.name}: calls {call}" for call in sorted(calls.intersection(never))]
    return complaints


def check_objects(objects):
    wanted = BRANCHES.get(platform.machine(), (set(), set(), None))[0]
    return [f"{path}: is not marked {wanted - features(path)}" for path in objects
            if not wanted <= features(path)]


def check_commands(commands):
    """`commands`: {source: command line}. The last of two contradicting options is what counts."""
    branches = BRANCHES.get(platform.machine(), (set(), set(), None))[2]
    complaints = []
    for source, command in commands.items():
        given = command.split()
        for option in (*OPTIONS, *filter(None, [branches])):
            family = [each for each in given if each.startswith(option.partition("=")[0]) or
                      each == option.replace("-f", "-fno-", 1) or
                      (option == "-O2" and re.fullmatch(r"-O\w*", each))]
            if not family or family[-1] != option:
                complaints.append(f"{source}: is not compiled with {option}")
    return complaints


def check_installed(path, folders):
    """What people get: no symbols, no names of the machine that it was built on."""
    complaints, content = [], path.read_bytes()
    if re.search(r"\.(symtab|debug_\w+)\b", read(path, "-S")):
        complaints.append(f"{path.name}: is installed with its symbols (--strip)")
    complaints += [f"{path.name}: contains {folder}" for folder in folders
                   if str(folder).encode() in content]
    return complaints


def install(build, prefix):
    # What `cmake --install --strip` runs, less a list of files in a build folder that may not be ours.
    subprocess.run(["cmake", f"-DCMAKE_INSTALL_PREFIX={prefix}", "-DCMAKE_INSTALL_DO_STRIP=1", "-P",
                    str(build / "src" / "cmake_install.cmake")],
                   capture_output=True, timeout=60, check=True)
    return pathlib.Path(prefix) / "bin" / "loom"


def law(root, build):
    never = words.read_never(house.document(root, "docs/STYLE.md"))
    complaints = check(build / "loom", {word[:-2] for word, _ in never if word.endswith("()")})
    own = sorted((build / "src").rglob("*.o"))
    complaints += check_objects(own) if own else ["there are no objects"]
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    complaints += check_commands({row["file"]: row["command"] for row in commands
                                  if row["file"].startswith((str(root / "src"), str(build / "src")))})
    # Debug information stands in the program of the build folder, which is why that one is looked at.
    complaints += [what for what in check_installed(build / "loom", (root,)) if "contains" in what]
    with tempfile.TemporaryDirectory() as prefix:
        complaints += check_installed(install(build, prefix), (root, build))
    installs = [line for line in house.document(root, "dev").splitlines()
                if re.search(r"cmake --install", line)]
    complaints += [f"dev: installs without --strip: {line.strip()}" for line in installs
                   if "--strip" not in line]
    return complaints


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
            "fortify": "-D_FORTIFY_SOURCE=3", "separate": "-Wl,-z,separate-code"}
    if platform.machine() == "x86_64":
        HARD = {**HARD, "returns": "-Wl,-z,shstk"}

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.out = pathlib.Path(self.folder.name) / "out"

    def tearDown(self):
        self.folder.cleanup()

    def compile(self, *more, code=CODE, **changes):
        flags = [flag for flag in {**self.HARD, **changes}.values() if flag]
        subprocess.run(["gcc", "-O2", "-w", "-x", "c", "-", "-o", str(self.out), *flags, *more],
                       input=code, text=True, timeout=60, check=True, cwd=self.folder.name)

    def complaints(self, *more, **changes):
        self.compile(*more, **changes)
        return check(self.out, {"system", "strcpy"})

    def assert_seen(self, word, *more, **changes):
        complaints = self.complaints(*more, **changes)
        self.assertEqual(len(complaints), 1, complaints)
        self.assertIn(word, complaints[0])

    def test_a_hardened_program_is_let_be(self):
        self.assertEqual(self.complaints(), [])

    def test_env_10_each_missing_measure_is_seen(self):
        for name, flag, word in (
                ("pie", "-fno-pie", "position"), ("relro", "-Wl,-z,norelro", "read-only"),
                ("now", "-Wl,-z,lazy", "lazily"), ("stack", "-Wl,-z,execstack", "stack"),
                ("protector", "-fno-stack-protector", "protector"),
                ("fortify", "-U_FORTIFY_SOURCE", "checked")):
            self.assert_seen(word, **{name: flag}, **({"link": "-no-pie"} if name == "pie" else {}))

    def test_env_120_a_library_path_is_seen(self):
        for flag in ("-Wl,-rpath,/tmp", "-Wl,-rpath,/tmp,--disable-new-dtags"):
            self.assert_seen("library path", flag)

    def test_env_121_code_that_is_mapped_with_the_rest_is_seen(self):
        self.assert_seen("separate-code", separate="-Wl,-z,noseparate-code")
        code = self.CODE + '\n__asm__(".section .odd,\\"awx\\"\\n.byte 0\\n.previous\\n");'
        self.assert_seen("writable and executable", "-Wl,--no-warn-rwx-segments", code=code)

    @unittest.skipUnless(platform.machine() == "x86_64", "the assembler is x86-64's")
    def test_env_122_relocations_of_code_are_seen(self):
        code = self.CODE + '\n__asm__(".text\\n.quad main\\n.previous\\n");'
        self.assert_seen("loaded", "-Wl,-z,notext", code=code)

    @unittest.skipUnless(platform.machine() in BRANCHES, "nothing of the kind is known here")
    def test_env_123_unmarked_branches_are_seen(self):
        flag = BRANCHES[platform.machine()][2]
        for given, count in ((flag, 0), (flag.partition("=")[0] + "=none", 1)):
            self.compile("-c", given, link="")
            self.assertEqual(len(check_objects([self.out])), count)
        if platform.machine() == "x86_64":
            self.assert_seen("SHSTK", returns="")

    def test_env_124_options_are_seen_and_the_last_one_counts(self):
        good = " ".join(["cc", *OPTIONS, *filter(None, [BRANCHES.get(platform.machine(),
                                                                     (0, 0, None))[2]])])
        self.assertEqual(check_commands({"a.c": good}), [])
        for bad in (good.replace("SOURCE=3", "SOURCE=2"), good + " -O0", good + " -Wformat=0",
                    good + " -fno-stack-protector-strong", good.replace(OPTIONS[2], "")):
            self.assertEqual(len(check_commands({"a.c": bad})), 1, bad)

    def test_env_125_symbols_and_the_name_of_the_place_are_seen(self):
        folder = pathlib.Path(self.folder.name)
        self.compile("-s")
        self.assertEqual(check_installed(self.out, (folder,)), [])
        self.compile()
        self.assertEqual(len(check_installed(self.out, (folder,))), 1)
        self.compile("-g")
        self.assertEqual(len(check_installed(self.out, (folder,))), 2)
        self.compile("-g", "-s", code=f'const char *place = "{folder}/x.c";' + self.CODE.replace(
            "return puts(text)", "return puts(place)"))
        self.assertEqual(len(check_installed(self.out, (folder,))), 1)

    def test_js_13_a_library_to_be_opened_at_first_use_is_seen(self):
        """Nor is cJSON_Utils linked."""
        place = pathlib.Path(self.folder.name)
        for name in (*NEVER_LINKED, "libcjson_utils"):
            subprocess.run(["gcc", "-shared", "-x", "c", "/dev/null", f"-Wl,-soname,{name}.so.1", "-o",
                            str(place / f"{name}.so")], timeout=60, check=True)
            self.assert_seen("links", "-Wl,--no-as-needed", "-x", "none",
                             str(place / f"{name}.so"))

    def test_env_126_a_call_never_made_is_seen(self):
        code = self.CODE.replace("return puts(text);", "return system(text);")
        code = code.replace("<stdio.h>", "<stdio.h>\n#include <stdlib.h>")
        self.assert_seen("calls system", code=code)


if __name__ == "__main__":
    house.enforce(law, SelfTest)
