# SPDX-License-Identifier: Apache-2.0
"""What an answer costs, in what does not change from run to run: instructions, as callgrind counts
them, and libraries. docs/PERFORMANCE.md says what is behind the numbers."""
import os
import re

import loomtest
from loomtest import LOOM

HOST = "loom.example.com"
GET = ("credential-helper", "get")
# In millions, with a quarter to spare for other versions of the C library and of OpenSSL. What they
# would notice: a library more (0.1 at least, most of them more), the vault read twice (0.2), OpenSSL
# at the start (3.3) or asked by EVP (7), a locale (0.1).
MOST = {"none of ours": 0.85, "a token": 5.5, "one of a hundred": 14, "the version": 0.55}
AT_START = {"libc.so.6", "libpopt.so.0", "liburiparser.so.1", "ld-linux-x86-64.so.2",
            "ld-linux-aarch64.so.1"}


class Cost(loomtest.Case):
    def fields(self, host=HOST):
        return f"protocol=https\nhost={host}\n\n".encode()

    def home_of(self, count):
        home = self.new_home()
        self.token = self.plant(loomtest.marker("kept"))
        home.seed(*((f"https://{f's{number}.' if number else ''}{HOST}", self.token)
                    for number in range(count)))
        return home

    def questions(self):
        """(name, home, arguments, standard input)"""
        one, hundred = self.home_of(1), self.home_of(100)
        return (("none of ours", one, GET, self.fields("elsewhere.example.com")),
                ("a token", one, GET, self.fields()),
                ("one of a hundred", hundred, GET, self.fields()),
                ("the version", one, ("--version",), b""))

    def check_answer(self, name, result):
        result.is_door = True
        self.assertEqual(result.status, 0, result)
        has_token = self.token.encode() in result.out
        self.assertEqual(has_token, name in ("a token", "one of a hundred"), result)

    def test_instructions(self):
        for name, home, argv, stdin in self.questions():
            log = os.path.join(self.folder, "log")
            result = self.start("--tool=callgrind", "--callgrind-out-file=/dev/null",
                                f"--log-file={log}", LOOM, *argv, program="/usr/bin/valgrind",
                                home=home, stdin=stdin).finish(120)
            self.check_answer(name, result)
            with open(log) as file:
                count = int(re.search(r"refs:\s+([\d,]+)", file.read())[1].replace(",", "")) / 1e6
            with self.subTest(name):
                self.assertLess(count, MOST[name], f"{name}: {count} million instructions")
                self.assertGreater(count, 0.1, name)

    def libraries(self, home, argv, stdin):
        """The libraries that this process has initialised, and how it ended."""
        log = os.path.join(self.folder, "loaded")
        result = self.start(*argv, home=home, stdin=stdin,
                            env={"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": log}).finish()
        loaded = set()
        for name in os.listdir(self.folder):
            if name.startswith("loaded."):
                path = os.path.join(self.folder, name)
                with open(path, errors="replace") as file:
                    loaded |= set(re.findall(r"calling init: \S*/(\S+)", file.read()))
                os.unlink(path)
        return loaded, result

    def test_libraries(self):
        """Who brings another one, brings it here as well, and knows what it costs."""
        opened = {"none of ours": {"libcjson.so.1"}, "the version": set(),
                  "a token": {"libcjson.so.1", "libcrypto.so.3"},
                  "one of a hundred": {"libcjson.so.1", "libcrypto.so.3"}}
        for name, home, argv, stdin in self.questions():
            loaded, result = self.libraries(home, argv, stdin)
            self.check_answer(name, result)
            with self.subTest(name):
                self.assertEqual(loaded - AT_START, opened[name])
                self.assertIn("libc.so.6", loaded)

    def test_nothing_stored_asks_for_nothing(self):
        home = self.new_home()
        self.token = self.plant(loomtest.marker("none"))
        loaded, result = self.libraries(home, GET, self.fields())
        self.check_answer("none of ours", result)
        self.assertEqual(loaded - AT_START, set())
        self.assertEqual(os.listdir(home.path), [])


if __name__ == "__main__":
    loomtest.main()
