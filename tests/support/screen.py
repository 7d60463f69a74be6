# SPDX-License-Identifier: Apache-2.0
"""What a camera in front of the terminal sees.

    picture = screen.Screen(text, columns=80, rows=24)
    picture.scan(folder)                  the QR codes in it, as zbarimg(1) reads them

A small terminal: lines, colours, wrapping, and of the glyphs the half blocks. Every other character is
drawn as some ink in its cell, so that text does not look like paper.
"""
import os
import re
import subprocess

import servers

MODULE = 6  # pixels: a cell is one module wide and two high
BLOCKS = {" ": (False, False), "\u2580": (True, False), "\u2584": (False, True),
          "\u2588": (True, True)}
# What passes without a trace: links, and the line that is cleared before it is written anew.
PIECES = re.compile(r"\x1b\]8;;[^\x1b]*\x1b\\|\x1b\[([0-9;]*)([A-Za-z])|\r\n|[\s\S]")
PALETTE = {30: 0, 47: 170, **{code: 0 for code in range(31, 38)}}
CUBE = {16: 0, 231: 255}


class Screen:
    """`is_dark`: light letters on a dark ground, where no colour was asked for."""

    def __init__(self, text, columns=80, rows=24, is_dark=True):
        self.columns, self.rows = columns, rows
        self.usual = (200, 20) if is_dark else (30, 250)
        self.ink, self.paper = self.usual
        self.lines = [[]]
        for piece in PIECES.finditer(text):
            self._take(piece)
        self.lines = self.lines[-rows:]

    def _take(self, piece):
        text = piece.group()
        if text == "\r\n":
            self.lines.append([])
        elif piece.group(2) == "m":
            self._colour([int(word or 0) for word in piece.group(1).split(";")])
        elif text == "\x1b[K" or text == "\r":
            self.lines[-1] = []  # the program clears what it goes back to
        elif len(text) == 1:
            if len(self.lines[-1]) == self.columns:
                self.lines.append([])
            self.lines[-1].append((text, self.ink, self.paper))

    def _colour(self, codes):
        while codes:
            code = codes.pop(0)
            if code in (38, 48):
                assert codes.pop(0) == 5
                shade = CUBE[codes.pop(0)]
                self.ink, self.paper = (shade, self.paper) if code == 38 else (self.ink, shade)
            elif code == 0:
                self.ink, self.paper = self.usual
            elif code == 47:
                self.paper = PALETTE[code]
            elif code in PALETTE:
                self.ink = PALETTE[code]

    def text(self):
        """The lines that are to be seen, without what is behind their ends."""
        return ["".join(cell[0] for cell in line).rstrip() for line in self.lines]

    def modules(self):
        """Two rows of shades for each line."""
        shades = []
        for line in self.lines:
            upper, lower = [], []
            for glyph, ink, paper in line:
                above, below = BLOCKS.get(glyph, (False, True))
                upper.append(ink if above else paper)
                lower.append(ink if below else paper)
            rest = [self.usual[1]] * (self.columns - len(line))
            shades += [upper + rest, lower + rest]
        return shades

    def scan(self, folder, inverted=False):
        path = os.path.join(folder, "screen.pgm")
        shades = self.modules()
        margin = [[self.usual[1]] * self.columns] * 4
        rows = [bytes(shade for shade in row for _ in range(MODULE)) * MODULE
                for row in margin + shades + margin]
        with open(path, "wb") as file:
            file.write(b"P5\n%d %d\n255\n" % (self.columns * MODULE, len(rows) * MODULE))
            file.write(b"".join(rows))
        found = subprocess.run(["zbarimg", "--quiet", "--raw", "--nodbus", "-Sdisable",
                                "-Sqrcode.enable", *(["-Stest-inverted"] if inverted else []), path],
                               env=servers.clean_environment(HOME=folder), capture_output=True,
                               stdin=subprocess.DEVNULL, timeout=120, check=False)
        os.unlink(path)
        return found.stdout.decode().splitlines()
