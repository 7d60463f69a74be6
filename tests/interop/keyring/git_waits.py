# SPDX-License-Identifier: Apache-2.0
"""Real git, and a keyring that is locked or hangs while git asks: git learns within seconds that there is
no answer, nobody is asked anything, and the next helper in the chain has its turn."""
import os

import keyrings
import loomtest
import programs

GIT = "/usr/bin/git"
NEXT = "!f() { echo username=next; echo password=next; }; f"
LATEST_S = 8  # the promise is five seconds; a loaded machine gets more


class GitWaits(keyrings.Case):
    def setUp(self):
        super().setUp()
        self.desk = self.new_desk()
        self.bin = os.path.join(self.folder, "bin")
        os.mkdir(self.bin)
        os.symlink(loomtest.LOOM, os.path.join(self.bin, "git-credential-loom"))

    def fill(self, **more):
        """What git has after asking ours and one more."""
        env = {**self.desk.environment, "PATH": f"{self.bin}:{os.environ['PATH']}",
               "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "DISPLAY": ":99", **more}
        question = f"protocol={self.server.scheme}\nhost={self.server.host}\n\n".encode()
        result = self.start("-c", "credential.helper=loom", "-c", f"credential.helper={NEXT}",
                            "credential", "fill", program=GIT, stdin=question,
                            env=env).finish(programs.DEADLINE_S)
        result.is_door = True
        self.assertEqual(result.status, 0, result)
        self.assertLess(result.took_s, LATEST_S, result)
        return result.out.decode().splitlines()

    def check_next(self, **plan):
        """The token is in the keyring, which does not give it."""
        token = self.server.issue_token()
        self.desk.start_mock(items=[self.item(self.credential(token, server=self.server.url))],
                             **plan)
        self.assertIn("password=next", self.fill())
        self.assertEqual(self.home.files(), [])
        for call in ("CreateItem", "SetSecret", "Delete", "Prompt"):
            self.assertNotIn(call, self.desk.calls())

    def test_git_20_a_keyring_that_is_locked(self):
        self.check_next(collection="locked", prompt={"after": 2, "accepts": True})

    def test_git_20_a_keyring_that_answers_nothing(self):
        self.check_next(silent=["OpenSession"])

    def test_git_20_a_keyring_that_does_not_answer_a_search(self):
        self.check_next(silent=["SearchItems"])

    def test_git_20_a_keyring_that_does_not_give_the_secret(self):
        self.check_next(silent=["GetSecrets", "GetSecret"])

    def test_git_140_a_hung_keyring_beside_a_file_that_has_the_token(self):
        """Whatever the keyring does, a sign-in that is in the file is found."""
        token = self.server.issue_token()
        self.home.seed((self.server.url, token))
        for silent in (["OpenSession"], ["SearchItems"]):
            self.desk = self.new_desk()
            self.desk.start_mock(silent=silent)
            self.assertIn(f"password={token}", self.fill())


if __name__ == "__main__":
    loomtest.main()
