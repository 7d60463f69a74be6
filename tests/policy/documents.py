# SPDX-License-Identifier: Apache-2.0
"""The documents stand alone: what they point to is here, and they point nowhere else."""
import posixpath
import re
import unittest

import house

PATTERNS = ("README.md", "docs/*.md", "po/*.md")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
URL = re.compile(r"\b(?:https?|ssh|git)://([^\s/`\"')>:|]+)")
# Names that stand for the reader's own server (RFC 2606, RFC 6761), and placeholders; git's
# configuration writes a key behind the address.
EXAMPLES = re.compile(r"(?:.*\.)?example\.com(?:\.(?:helper|useHttpPath|sslCAInfo))?"
                      r"|localhost|127\.0\.0\.1|\[|[A-Z]+")


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


def law(root, _build):
    documents = house.texts(root, *PATTERNS)
    complaints = check_links(documents, lambda place: (root / place).exists())
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

    def test_a_foreign_address_is_seen(self):
        self.assertEqual(check_addresses({"A.md": "https://loom.example.com/x http://localhost:80 "
                                          "`https://HOST`"}), [])
        self.assertEqual(check_addresses({"A.md": "credential.https://loom.example.com.helper"}), [])
        self.assertTrue(check_addresses({"A.md": "see https://elsewhere.test/"}))
        self.assertTrue(check_addresses({"A.md": "see https://example.com.elsewhere.test/"}))


if __name__ == "__main__":
    house.enforce(law, SelfTest)
