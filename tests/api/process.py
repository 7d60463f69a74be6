# SPDX-License-Identifier: Apache-2.0
"""The process is the host's: what is its own before a call of libloom-credentials is so after it."""
import re
import subprocess

import library
import loomtest

URL = "https://loom.example.com"


class Untouched(library.HostCase):
    def untouched(self, *argv, **more):
        said = self.host("inspect", *argv, **more)
        self.assertEqual(said["inspected"], "1", said.result)
        self.assertEqual((said.of("lost"), said.of("gained")), ([], []), said.result)
        return said

    def test_by_each_call(self):
        """Signals and masks, umask, locale, folder, limits, dumpability, environment,
        descriptors, threads."""
        self.home.seed(self.credential(300), (URL, loomtest.marker("file")))
        self.untouched("list")
        self.untouched("token", self.server.url)
        self.assertEqual(self.untouched("renew", self.server.url)["result"], "ok")
        self.untouched("delete", URL, "1")
        self.untouched("delete", self.server.url, "0")
        self.untouched("token", "no server")

    def test_by_tls(self):
        self.server = self.start_server(*self.server_options, tls=True)
        self.seed(10)
        said = self.untouched("token", self.server.url, env={"HOST_CA": self.authority.file})
        self.assertEqual(said["token"], self.newest())

    def test_by_a_failure(self):
        self.seed(-1)
        self.server.misbehave("hang")
        self.untouched("token", self.server.url, env={"HOST_TIMEOUT_MS": "1000"})

    def test_in_a_locale_of_its_own(self):
        """Numbers are read as ever."""
        names = subprocess.run(["locale", "-a"], capture_output=True, text=True, timeout=60,
                               check=True).stdout.split()
        for name in ("C.UTF-8", *(n for n in names if re.match("(de|es|ar|tr)_", n))):
            with self.subTest(locale=name):
                self.seed(300)
                said = self.untouched("token", self.server.url, env={"LC_ALL": name})
                self.assertEqual(said["token"], self.old)

    def test_a_file_is_private_whatever_the_umask(self):
        """The files of the story are looked at after it."""
        self.seed(10)
        self.untouched("token", self.server.url)

    def test_a_connection_that_breaks_ends_nobody(self):
        """SIGPIPE is the host's, with its default action or one of its own."""
        for more in ({}, {"HOST_SIGPIPE": "1"}):
            self.seed(-1)
            self.server.misbehave("refresh-lost")
            self.untouched("token", self.server.url, env=more)


if __name__ == "__main__":
    loomtest.main()
