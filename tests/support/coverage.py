# SPDX-License-Identifier: Apache-2.0
"""Which lines and branches of each room the tests ran.

    coverage.py prepare BUILD             forget what was counted before
    coverage.py show BUILD SOURCE LIST [--least PERCENT]

`show` prints a table, and writes to LIST what never ran. With --least it fails when a room has fewer
of its lines run than that.

What a header defines is compiled into many objects: a line or a branch has run when it did in any.
Every program adds its counters to the same files at its end. One that a signal kills adds nothing.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys


def counted_objects(build):
    """What the compiler notes of each object that counts."""
    return sorted((build / "src").glob("**/*.gcno"))


def prepare(build):
    """An empty counter file for each object, which anybody may add to, with whatever umask."""
    notes = counted_objects(build)
    for note in notes:
        counters = note.with_suffix(".gcda")
        counters.write_bytes(b"")
        counters.chmod(0o666)
    return 0 if notes else "nothing counts in this build"


def read_object(note):
    """What gcov says of one object. A file without counters it would not read; without a file, none ran."""
    counters = note.with_suffix(".gcda")
    if counters.exists() and not counters.stat().st_size:
        counters.unlink()
    answer = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", note],
                            cwd=note.parent, stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                            check=True)
    return json.loads(answer.stdout)


class Lines:
    """The lines of one file: how often each ran, and each way out of it was taken."""

    def __init__(self):
        self.runs = collections.Counter()
        self.ways = collections.defaultdict(list)

    def add(self, line):
        number = line["line_number"]
        self.runs[number] += line["count"]
        counts = [branch["count"] for branch in line["branches"]]
        known = self.ways[number]
        known.extend([0] * (len(counts) - len(known)))
        for way, count in enumerate(counts):
            known[way] += count

    def never(self):
        return sorted(number for number, runs in self.runs.items() if not runs)

    def half(self):
        """Lines that ran, and were never left in one of the ways in which they could be."""
        return sorted(number for number, ways in self.ways.items()
                      if self.runs[number] and not all(ways))


def place_in(name, source):
    """The path below the tree; None for what is not of its src."""
    place = os.path.relpath(os.path.join(source, name), source)
    return place if place.startswith("src/") else None


def merge(objects, source):
    files = collections.defaultdict(Lines)
    for answer in objects:
        for file in answer["files"]:
            place = place_in(file["file"], source)
            for line in file["lines"] if place else ():
                files[place].add(line)
    return files


def room_of(place):
    return place.split("/")[1]


class Room:
    def __init__(self):
        self.lines = self.lines_run = self.ways = self.ways_taken = 0

    def add(self, lines):
        self.lines += len(lines.runs)
        self.lines_run += len(lines.runs) - len(lines.never())
        self.ways += sum(map(len, lines.ways.values()))
        self.ways_taken += sum(bool(count) for ways in lines.ways.values() for count in ways)


def rooms_of(files):
    rooms = collections.defaultdict(Room)
    for place, lines in sorted(files.items()):
        rooms[room_of(place)].add(lines)
        rooms["all"].add(lines)
    rooms["all"] = rooms.pop("all")
    return rooms


def percent(part, whole):
    return 100.0 if not whole else 100.0 * part / whole


def table(rooms):
    rows = ["| room | lines | run | | branches | taken | |", "|---|---:|---:|---:|---:|---:|---:|"]
    for name, room in rooms.items():
        rows.append(f"| {name} | {room.lines} | {room.lines_run} | {percent(room.lines_run, room.lines):.1f} % "
                    f"| {room.ways} | {room.ways_taken} | {percent(room.ways_taken, room.ways):.1f} % |")
    return rows


def in_runs(numbers):
    """7, 8, 9, 12 as "7-9 12"."""
    runs = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def left_out(files):
    for place, lines in sorted(files.items()):
        if lines.never():
            yield f"{place}: never ran: {in_runs(lines.never())}"
        if lines.half():
            yield f"{place}: some way never taken: {in_runs(lines.half())}"


def too_low(rooms, least):
    return [f"{name}: less than {least} % of the lines ran" for name, room in rooms.items()
            if percent(room.lines_run, room.lines) < least]


def show(build, source, listing, least):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        files = merge(pool.map(read_object, counted_objects(build)), source)
    if not files:
        return "nothing was counted"
    rooms = rooms_of(files)
    print("\n".join(table(rooms)))
    listing.write_text("".join(f"{line}\n" for line in left_out(files)), encoding="utf-8")
    complaints = too_low(rooms, least)
    print("\n".join(complaints), end="\n" if complaints else "")
    return 1 if complaints else 0


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("prepare")
    command.add_argument("build", type=pathlib.Path)
    command = commands.add_parser("show")
    command.add_argument("build", type=pathlib.Path)
    command.add_argument("source", type=pathlib.Path)
    command.add_argument("list", type=pathlib.Path)
    command.add_argument("--least", type=int, default=0)
    given = parser.parse_args()
    if given.command == "prepare":
        return prepare(given.build)
    return show(given.build.resolve(), given.source.resolve(), given.list, given.least)


if __name__ == "__main__":
    sys.exit(main())
