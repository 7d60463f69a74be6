# SPDX-License-Identifier: Apache-2.0
"""What may stand where a file or a folder of the program should: made here, and looked at again.

    trap = places.Trap(places.LINK_TO_FILE, path, aside)   # `aside` is a folder of the test's own
    ...
    trap.check(case)                                       # all as it was

What a link leads to lies in `aside`, and is seen to be untouched: neither made, written nor given
another mode.
"""
import os
import socket
import stat

PRECIOUS = b"precious\n"
LOOSE_FILE, LOOSE_FOLDER = 0o644, 0o755


def _target(aside):
    return os.path.join(aside, "target")


def _link_to_file(path, aside):
    with open(_target(aside), "wb") as file:
        file.write(PRECIOUS)
    os.chmod(_target(aside), LOOSE_FILE)
    os.symlink(_target(aside), path)


def _link_to_nothing(path, aside):
    os.symlink(_target(aside), path)


def _link_to_itself(path, _):
    os.symlink(os.path.basename(path), path)


def _link_in_a_ring(path, aside):
    os.symlink(path, _target(aside))
    os.symlink(_target(aside), path)


def _link_to_folder(path, aside):
    os.mkdir(_target(aside))
    os.chmod(_target(aside), LOOSE_FOLDER)
    os.symlink(_target(aside), path)


def _link_without_end(path, _):
    os.symlink("/dev/zero", path)


def _fifo(path, _):
    os.mkfifo(path, 0o600)


def _socket(path, aside):
    # The name of a socket is short: it is made elsewhere.
    with socket.socket(socket.AF_UNIX) as made:
        fd = os.open(aside, os.O_PATH)
        try:
            made.bind(f"/proc/self/fd/{fd}/s")
        finally:
            os.close(fd)
    os.rename(os.path.join(aside, "s"), path)


def _folder(path, _):
    os.mkdir(path, 0o700)


def _file(path, _):
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _kind(make):
    return make.__name__.replace("_", " ").strip()


LINKS = {_kind(make): make for make in (
    _link_to_file, _link_to_nothing, _link_to_itself, _link_in_a_ring, _link_to_folder,
    _link_without_end)}
NO_FILES = {**LINKS, **{_kind(make): make for make in (_fifo, _socket, _folder)}}
NO_FOLDERS = {_kind(make): make for make in (
    _file, _fifo, _socket, _link_to_file, _link_to_nothing, _link_to_itself, _link_in_a_ring)}


def _describe(path):
    """What stands there, as far as a program could change it."""
    if not os.path.lexists(path):
        return None
    info = os.lstat(path)
    shown = [stat.S_IFMT(info.st_mode), stat.S_IMODE(info.st_mode), info.st_uid, info.st_size]
    if stat.S_ISLNK(info.st_mode):
        shown.append(os.readlink(path))
    if stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            shown.append(file.read())
    if stat.S_ISDIR(info.st_mode):
        shown[-1] = sorted(os.listdir(path))
    return shown


class Trap:
    def __init__(self, make, path, aside):
        os.makedirs(aside, exist_ok=True)
        if os.path.isfile(path):
            os.unlink(path)
        make(path, aside)
        self.path, self.target = path, _target(aside)
        self.before = [_describe(where) for where in (self.path, self.target)]

    def check(self, case):
        case.assertEqual([_describe(where) for where in (self.path, self.target)], self.before)

    def remove(self):
        for path in (self.path, self.target):
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            elif os.path.lexists(path):
                os.unlink(path)
