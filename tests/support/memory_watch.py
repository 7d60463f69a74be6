# SPDX-License-Identifier: Apache-2.0
"""Which memory held a secret when it was given back, or when the program ended?

    watch = memory_watch.Watch(self.folder + "/watch")
    self.loom("login", env=watch.environment)
    self.assertEqual(watch.finds([token]), [])

memory_watch.c is preloaded and writes down what there was: that cannot be done to a program with
sanitizers, which have an allocator of their own.
"""
import base64
import os
import re
import shutil
import struct

import loomtest

FRAMES = 12
HEAD = struct.Struct(f"16sQ{FRAMES}Q")  # struct head
WINDOW = 10  # a run of 19 characters is found, wherever it begins
SHOWN = 200


def library(name="memory_watch"):
    return os.path.join(os.path.dirname(loomtest.LOOM), "tests", "support", f"{name}.so")


def _pieces(secret):
    """As it is, or in base64, in pieces: {bytes: form}."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    forms = [("as it is", raw), ("in hexadecimal", raw.hex().encode())]
    forms += [("in base64", base64.b64encode(b"\0" * shift + raw)[shift and 4:-4])
              for shift in range(3)]
    return {text[at:at + WINDOW]: form for form, text in forms
            for at in range(0, len(text) - WINDOW + 1, WINDOW)}


def _records(data):
    at = 0
    while at + HEAD.size <= len(data):
        kind, length, *frames = HEAD.unpack_from(data, at)
        at += HEAD.size
        yield kind.rstrip(b"\0").decode(), [frame for frame in frames if frame], at, at + length
        at += length


def _who(frames, maps):
    """The objects whose code gave it back, the innermost first; for addr2line(1)."""
    code = [(int(match[1], 16), int(match[2], 16), int(match[3], 16), match[4]) for match in
            re.finditer(r"(?m)^(\w+)-(\w+) ..x. (\w+) \S+ \d+ +\S*/(\S+)$", maps)]
    names = [f"{name}+{frame - low + offset:#x}" for frame in frames
             for low, high, offset, name in code if low <= frame < high]
    return " < ".join(name for name in names if not name.startswith("memory_watch"))


class Watch:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, 0o700)
        self.environment = {"LD_PRELOAD": library(), "MEMORY_WATCH": folder}

    def maps(self):
        """What was mapped, as text, when the programs ended."""
        texts = []
        for name in os.listdir(self.folder):
            with open(os.path.join(self.folder, name), "rb") as file:
                data = file.read()
            texts += [data[begin:end].decode(errors="replace")
                      for kind, _, begin, end in _records(data) if kind == "maps"]
        return "".join(texts)

    def finds(self, secrets):
        """A line for each place; what was written down is gone then."""
        found, seen = [], 0
        for name in sorted(os.listdir(self.folder)):
            with open(os.path.join(self.folder, name), "rb") as file:
                data = file.read()
            # The first and the last thing that it notes: it was there, from beginning to end.
            kinds = {kind for kind, *_ in _records(data)}
            if not {"freed", "left", "maps"} <= kinds:
                found.append(f"process {name} was not seen to its end: {kinds}")
            seen += 1
            for secret in secrets:
                for piece, form in _pieces(secret).items():
                    found += self._find(data, piece, form)
        shutil.rmtree(self.folder)
        if seen == 0:
            found.append("no process was watched")
        return found

    def _find(self, data, piece, form):
        at = data.find(piece)
        if at < 0:
            return
        maps = next((data[begin:end].decode(errors="replace")
                     for kind, _, begin, end in _records(data) if kind == "maps"), "")
        where = ""
        for kind, frames, begin, end in _records(data):
            if kind == "where":
                where = data[begin:end].decode(errors="replace")
            at = data.find(piece, begin, end)
            if at >= 0 and kind != "maps":
                who = where if kind == "left" else _who(frames, maps)
                yield (f"{kind} ({who}): {form} at {at - begin} of {end - begin}: "
                       f"{data[max(begin, at - 40):min(end, at + SHOWN)]!r}")
