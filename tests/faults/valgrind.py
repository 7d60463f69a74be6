# SPDX-License-Identifier: Apache-2.0
"""The program as installed under valgrind: reading what was never written is what the sanitizers here
do not see. Its statuses are the program's own, or 99."""
import loomtest

VALGRIND = ("-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite")


class Valgrind(loomtest.Case):
    server_options = ("--approve-after", 0)

    def watched(self, *argv, **more):
        result = self.start(*VALGRIND, loomtest.LOOM, *argv, program="/usr/bin/valgrind",
                            **more).finish()
        self.assertNotIn(b"==", result.err, result)
        return result

    def test_mem_14_signing_in_and_out_under_valgrind(self):
        host = self.server.host
        question = f"protocol=http\nhost={host}\n".encode()
        self.assertEqual(self.watched("login", self.server.url).status, 0)
        token = self.home.tokens()[self.server.url]
        got = self.watched("credential-helper", "get", stdin=question + b"\n")
        got.is_door = True
        self.assertIn(token.encode(), got.out)
        refused = question + f"username=oauth2\npassword={token}\n\n".encode()
        self.assertEqual(self.watched("credential-helper", "erase", stdin=refused).status, 0)
        self.assertEqual(self.watched("logout", "--json").status, 0)
        self.assertEqual(self.home.tokens(), {})

    def test_mem_105_refusals_under_valgrind(self):
        self.assertEqual(self.watched("login", "http://example.com").status, 2)
        self.assertEqual(self.watched("login", "--with-token", self.server.url,
                                      stdin=b"not a token\n").status, 2)
        self.assertEqual(self.watched("help").status, 0)
        self.home.seed((self.server.url, self.plant(loomtest.marker("stored"))))
        self.home.damage()
        self.assertEqual(self.watched("logout").status, 9)


if __name__ == "__main__":
    loomtest.main()
