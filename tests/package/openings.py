# SPDX-License-Identifier: Apache-2.0
"""Which libraries a program opens while it runs: as its note says, as its bytes betray, and as the
dynamic linker tells."""
import glob
import json
import os
import re
import struct
import subprocess
import tempfile

import packages

OWNER, KIND = b"FDO\0", 0x407C0C0A  # "ELF dlopen metadata" of uapi-group.org


def section(path, name):
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(["objcopy", "-O", "binary", f"--only-section={name}", path, file.name],
                       capture_output=True, timeout=60, check=True)
        with open(file.name, "rb") as data:
            return data.read()


def noted(path):
    """{soname: priority}, from the note .note.dlopen."""
    data, at, found = section(path, ".note.dlopen"), 0, {}
    while at + 12 <= len(data):
        owner_len, text_len, kind = struct.unpack_from("<III", data, at)
        at += 12
        owner = data[at:at + owner_len]
        at += (owner_len + 3) & ~3
        text = data[at:at + text_len]
        at += (text_len + 3) & ~3
        if (owner, kind) != (OWNER, KIND):
            raise AssertionError(f"{path}: a note of {owner!r}, {kind:#x}")
        for row in json.loads(text.rstrip(b"\0")):
            for soname in row["soname"]:
                found[soname] = row.get("priority", "recommended")
    return found


def named(path):
    """Names of libraries among the constants."""
    return {name.decode() for name in
            re.findall(rb"lib[\w+-]+(?:\.[\w+-]+)*?\.so\.\d+(?=\0)", section(path, ".rodata"))}


def seen(log, program):
    """What the dynamic linker opened at the program's own wish (LD_DEBUG=files, LD_DEBUG_OUTPUT)."""
    wish = re.compile(r"file=(\S+) \[\d+\];  dynamically loaded by (\S+) \[\d+\]")
    found = set()
    for path in glob.glob(log + ".*"):
        with open(path, encoding="utf-8", errors="replace") as file:
            for library, who in wish.findall(file.read()):
                if os.path.realpath(who) == os.path.realpath(program):
                    found.add(library)
    return found


def owners(sonames, machine):
    """{library: the package that brings it on this machine}; the loader and its like left out."""
    wanted = sorted(name for name in sonames if not name.startswith("ld-linux"))
    # Where /lib is part of /usr, dpkg still knows a file by the one name that its package says.
    places = [f"{folder}/{machine}/{name}" for name in wanted for folder in ("/usr/lib", "/lib")]
    said = packages.run("sh", "-c", 'dpkg-query -S "$@" 2>/dev/null || true', "sh", *places)
    rows = [re.fullmatch(r"([^:,]+)[^ ]*: .*/([^/]+)", line) for line in said.splitlines()]
    found = {row.group(2): row.group(1) for row in rows if row}
    missing = set(wanted) - set(found)
    if missing:
        raise AssertionError(f"no package brings {missing}:\n{said}")
    return found
