# SPDX-License-Identifier: Apache-2.0
"""The documents stand alone: what they point to is here, and they point nowhere else."""
import posixpath
import re
import subprocess
import unittest

import house

PATTERNS = ("README.md", "docs/*.md", "po/*.md")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
URL = re.compile(r"\b(?:https?|ssh|git)://([^\s/`\"')>:|]+)")
# Names that stand for the reader's own server (RFC 2606, RFC 6761), and placeholders; git's
# configuration writes a key behind the address.
EXAMPLES = re.compile(r"(?:.*\.)?example\.com(?:\.(?:helper|useHttpPath|sslCAInfo))?"
                      r"|localhost|127\.0\.0\.1|\[|[A-Z]+")

# A command line of the program: on a line of its own, or between back ticks.
COMMAND = re.compile(r"(?:^    |`)loom(?: --?[a-z][^\s`]*)* ([a-z][a-z-]*)", re.MULTILINE)


def slug(heading):
    """The anchor of a heading, as the usual readers of Markdown make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(text):
    return {slug(line.lstrip("#").strip()) for line in text.splitlines() if line.startswith("#")}


def check_links(documents, exists):
    complaints = []
    for path, text in documents.items():
        for link in LINK.findall(text):
            target, _, anchor = link.partition("#")
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            place = place if target else path
            if re.match(r"[a-z]+:", link) or target.startswith("/") or place.startswith(".."):
                complaints.append(f"{path}: {link} points outside the project")
            elif not exists(place):
                complaints.append(f"{path}: {link} points to nothing")
            elif anchor and place in documents and anchor not in anchors(documents[place]):
                complaints.append(f"{path}: {link} names a heading that is not there")
    return complaints


def check_addresses(documents):
    return [f"{path}: {match.group()} is an address outside the project"
            for path, text in documents.items() for match in URL.finditer(text)
            if not EXAMPLES.fullmatch(match.group(1))]


def check_commands(documents, is_known):
    return [f"{path}: there is no command \"{name}\"" for path, text in documents.items()
            for name in sorted(set(COMMAND.findall(text))) if not is_known(name)]


def is_command(program, name):
    return subprocess.run([program, name, "--help"], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=30, check=False).returncode == 0


def law(root, build):
    documents = house.texts(root, *PATTERNS)
    complaints = check_links(documents, lambda place: (root / place).exists())
    complaints += check_commands(documents, lambda name: is_command(build / "loom", name))
    return complaints + check_addresses(documents)


class SelfTest(unittest.TestCase):
    def links(self, text):
        documents = {"docs/A.md": text, "README.md": "# Use it safely\n"}
        return check_links(documents, lambda place: place in documents)

    def test_a_link_inside_is_let_be(self):
        self.assertEqual(self.links("# Top\n[a](../README.md#use-it-safely) [b](#top) [c](A.md)"), [])

    def test_a_link_to_nothing_or_outside_is_seen(self):
        for link in ("B.md", "../../x", "/etc/passwd", "https://example.com/", "../README.md#gone"):
            self.assertEqual(len(self.links(f"[a]({link})")), 1, link)

    def test_a_command_that_is_not_there_is_seen(self):
        text = "    loom login URL\n\nand `loom logout --all`, `loom -v statsu`, a `loom` of wood\n"
        self.assertEqual(len(check_commands({"A.md": text}, {"login", "logout"}.__contains__)), 1)

    def test_a_foreign_address_is_seen(self):
        self.assertEqual(check_addresses({"A.md": "https://loom.example.com/x http://localhost:80 "
                                          "`https://HOST`"}), [])
        self.assertEqual(check_addresses({"A.md": "credential.https://loom.example.com.helper"}), [])
        self.assertTrue(check_addresses({"A.md": "see https://elsewhere.test/"}))
        self.assertTrue(check_addresses({"A.md": "see https://example.com.elsewhere.test/"}))


if __name__ == "__main__":
    house.enforce(law, SelfTest)
