# SPDX-License-Identifier: Apache-2.0
"""Hosts with little of everything, and one that writes numbers otherwise. For the release build: a sanitizer
needs more, and blames the C library for what it keeps of a locale."""
import os
import subprocess

import library
import loomtest


class Limits(library.HostCase):
    def limited(self, limit, *argv):
        result = self.loom(limit, "--", library.HOSTS["_STATIC"], *argv, program="/usr/bin/prlimit",
                           env={"HOST_PLACE": "3"})
        result.is_door = True
        return library.Said(result)

    def test_lib_110_few_descriptors(self):
        """Said as what it is, or done: never is the sign-in lost at the server."""
        for count in range(4, 25):
            self.seed(-1)
            few = self.limited(f"--nofile={count}", "token", self.server.url)
            self.assertIn(few["result"], ("ok", "storage", "network", "internal"), few.result)
            said = self.host("token", self.server.url)
            self.assertEqual((said["token"], said["warning"]), (self.newest(), ""), said.result)
            self.assertEqual(self.home.tokens(), {self.server.url: self.newest()})
        self.assertEqual(few["result"], "ok")

    def test_lib_111_threads_with_a_small_stack(self):
        """256 KiB, as the header says."""
        self.server = self.start_server(*self.server_options, tls=True)
        self.seed(-1)
        result = self.loom(f"--stack={256 * 1024}", "--", library.HOSTS[""], "crowd", "8",
                           self.server.url, program="/usr/bin/prlimit",
                           env={"HOST_PLACE": "3", "HOST_CA": self.authority.file})
        self.assertEqual(result.out, b"failures=0\n")

    def test_lib_105_another_comma_and_another_i(self):
        """Numbers are read and written, and names compared, as ever."""
        folder = os.path.join(self.folder, "locales")
        os.mkdir(folder)
        done = subprocess.run(["localedef", "-i", "tr_TR", "-f", "ISO-8859-9", f"{folder}/tr_TR"],
                              check=False, capture_output=True, timeout=60)
        if done.returncode != 0:
            self.skipTest("the definitions of locales are not installed")
        for left_s in (300, -1):
            self.seed(left_s)
            said = self.host("inspect", "token", self.server.url,
                             env={"LC_ALL": "tr_TR", "LOCPATH": folder})
            self.assertEqual((said["result"], said["token"]), ("ok", self.newest()), said.result)
            self.assertEqual((said.of("lost"), said.of("gained")), ([], []), said.result)


if __name__ == "__main__":
    loomtest.main()
