# SPDX-License-Identifier: Apache-2.0
"""A sign-in to a standard server lets git in for longer than its token lives, and git never notices."""
import time

import gitcase
import loomtest

REFRESH = "refresh_token"


class GitRefresh(gitcase.GitCase):
    def setUp(self):
        super().setUp()
        self.server = self.serve("--dialect", "oauth", "--interval", 1, "--approve-after", 0,
                                 "--token-life", 3600)
        self.login(self.server)
        self.use_helper(self.server)
        self.git("clone", "-q", self.address(self.server))

    def grants(self):
        return [row["grant"] for row in self.server.log() if row["grant"] == REFRESH]

    def let_it_end(self):
        """An hour goes by: here and at the server."""
        (url, members), = self.home.stored().items()
        members["expires"] = int(time.time()) - 1
        members["obtained_at"] = members["expires"] - 3600
        self.home.seed((url, members["access"], members))
        self.server.expire_tokens()

    def quietly(self, *argv):
        result = self.in_clone(*argv)
        self.assertEqual((result.out, result.err), (b"", b""), result)

    def test_a_token_that_ends_between_two_fetches(self):
        for count in (1, 2):
            self.let_it_end()
            mark = len(self.git_calls(self.server))
            self.quietly("fetch", "-q")
            self.assertEqual(len(self.grants()), count)
            # What git got was right at once.
            self.assertNotIn(("basic", 401), self.git_calls(self.server)[mark:])
        self.commit("hello")
        self.quietly("push", "-q", "origin", "main")
        self.assertEqual(self.head_at_server(), self.in_clone("rev-parse", "HEAD").out)
        self.assertEqual(len(self.grants()), 2)

    def test_a_token_that_the_server_ends_early(self):
        """git is refused and says so; the next time it works."""
        self.server.expire_tokens()
        self.in_clone("fetch", "-q", status=128)
        self.assertEqual(self.grants(), [])
        self.quietly("fetch", "-q")
        self.assertEqual(len(self.grants()), 1)


if __name__ == "__main__":
    loomtest.main()
