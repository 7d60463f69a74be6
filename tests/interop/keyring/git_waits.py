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
        self.check_quick(result.took_s, LATEST_S, result)
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

    def ask_at_a_terminal(self, protocol, host, path=""):
        """A person sits here, and could be asked for the keyring's password."""
        env = {**self.desk.environment, "WAYLAND_DISPLAY": "wayland-9", "TERM": "xterm"}
        question = f"protocol={protocol}\nhost={host}\npath={path}\n\n".encode()
        result = self.start("credential-helper", "get", terminal={"stderr"}, env=env,
                            stdin=question).finish()
        result.is_door = True
        self.assertEqual(result.status, 0, result)
        return result

    def test_git_02_177_nobody_is_asked_to_unlock_for_a_stranger(self):
        """Whoever writes .gitmodules chooses the host: no window opens for one that is not ours."""
        token = self.server.issue_token()
        under_path = self.server.url + "/team"
        item = self.item(self.credential(token, server=under_path))
        item["attributes"]["username"] = "".join(c if c.isalnum() else "_" for c in under_path)
        self.desk.start_mock(collection="locked", prompt={"after": 1.5, "accepts": True}, items=[item])
        scheme, host = self.server.scheme, self.server.host
        for protocol, asked, path in (
                ("https", "evil.example", "team/x"), (scheme, "localhost:1", "team/x"),
                ("https", host, "team/x"), (scheme, "127.0.0.1", "team/x"), (scheme, host, ""),
                (scheme, host, "teams/x"), (scheme, host, "other/team/x")):
            result = self.ask_at_a_terminal(protocol, asked, path)
            self.assertEqual((result.out, result.err), (b"", b""), result)
        for call in ("Unlock", "Prompt"):
            self.assertNotIn(call, self.desk.calls())
        result = self.ask_at_a_terminal(scheme, host, "team/git/ada/hello.git")
        self.assertIn(token.encode(), result.out, result)
        self.assertEqual(self.desk.calls().count("Unlock"), 1)

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
