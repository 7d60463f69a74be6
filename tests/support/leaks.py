# SPDX-License-Identifier: Apache-2.0
"""Is a secret in these bytes, in any form in which programs write things down?"""
import base64
import os
import stat

WINDOW, STEP = 10, 4  # a run of 13 characters of a secret is found, wherever it begins


def _windows(data):
    return {data[at:at + WINDOW] for at in range(0, max(1, len(data) - WINDOW + 1), STEP)}


def needles(secret):
    """The byte strings that give `secret` away: {bytes: what it is called}."""
    raw = secret.encode()
    found = {}

    def add(name, *texts):
        for text in texts:
            for piece in _windows(text):
                found.setdefault(piece, name)

    add("as it is", raw)
    add("reversed", raw[::-1])
    add("in hexadecimal", raw.hex().encode(), raw.hex().upper().encode())
    add("with percent signs", "".join(f"%{byte:02x}" for byte in raw).encode(),
        "".join(f"%{byte:02X}" for byte in raw).encode())
    add("with JSON's escapes", "".join(f"\\u{byte:04x}" for byte in raw).encode())
    add("as UTF-16", raw.decode().encode("utf-16-le"), raw.decode().encode("utf-16-be"))
    for shift in range(3):
        # The first and the last characters also depend on what stands beside the secret.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * shift + raw).rstrip(b"=")
            add("in base64", text[shift and 4:-1])
    return found


def find(secret, data):
    """What the secret is called in `data`, or None."""
    for piece, name in needles(secret).items():
        if piece in data:
            return f"{name} ({piece!r})"
    return None


def walk(folder):
    """(path, stat) of everything below, links not followed."""
    for path, folders, files in os.walk(folder):
        for name in sorted(folders + files):
            full = os.path.join(path, name)
            yield full, os.lstat(full)


def contents(folder):
    """(path, bytes) of all regular files below, and the bytes of all names and links."""
    for path, info in walk(folder):
        yield f"the name {path}", os.fsencode(os.path.basename(path))
        if stat.S_ISLNK(info.st_mode):
            yield f"the link {path}", os.fsencode(os.readlink(path))
        elif stat.S_ISREG(info.st_mode):
            with open(path, "rb") as file:
                yield path, file.read()
