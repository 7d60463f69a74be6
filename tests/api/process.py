# SPDX-License-Identifier: Apache-2.0
"""The process is the host's: what is its own before a call of libloom-credentials is so after it."""
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
        """LIB-103: signals and masks, umask, locale, folder, limits, dumpability, environment,
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
        """Numbers are read as ever: more of it in tests/api/limits.py."""
        self.seed(300)
        said = self.untouched("token", self.server.url, env={"LC_ALL": "C.UTF-8"})
        self.assertEqual(said["token"], self.old)

    def test_a_file_is_private_whatever_the_umask(self):
        """The files of the story are looked at after it."""
        self.seed(10)
        self.untouched("token", self.server.url)

    def test_lib_104_a_connection_that_breaks_ends_nobody(self):
        """SIGPIPE is the host's, with its default action or one of its own."""
        for more in ({}, {"HOST_SIGPIPE": "1"}):
            self.seed(-1)
            self.server.misbehave("refresh-lost")
            self.untouched("token", self.server.url, env=more)

    def test_lib_108_closed_standard_streams(self):
        """What is opened meanwhile has their numbers, and nothing that anybody prints gets into it."""
        for left_s in (300, -1):
            self.seed(left_s)
            self.loom("-c", 'exec "$@" <&- >&- 2>&-', "sh", library.HOSTS[""], "token",
                      self.server.url, program="/bin/sh", env={"HOST_PLACE": "3"})
            self.assertEqual(self.home.stored()[self.server.url]["access"], self.newest())

    def test_lib_109_a_time_that_is_too_short(self):
        """Nothing is asked that could not be waited for, and nothing is lost: with more time it goes on."""
        for timeout_ms in (1, 20, 400):
            env = {"HOST_TIMEOUT_MS": str(timeout_ms)}
            self.seed(-1)
            mark = len(self.server.log())
            said = self.fails("network", "token", self.server.url, env=env)
            self.assertEqual(self.server.requests(mark), [])
            self.check_quick(said.result.took_s, 2)
            self.assertEqual(self.host("token", self.server.url)["token"], self.newest())


if __name__ == "__main__":
    loomtest.main()
