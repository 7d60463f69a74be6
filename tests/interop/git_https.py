# SPDX-License-Identifier: Apache-2.0
"""A sign-in lets git in: clone, fetch and push over HTTPS, until the token ends; then git fails at once,
and the person learns what to type."""
import os

import gitcase
import loomtest


class GitHttps(gitcase.GitCase):
    def setUp(self):
        super().setUp()
        self.server = self.serve("--approve-after", 0)

    def round_trip(self, *options):
        """Clone, push, clone elsewhere, push from there, fetch and pull."""
        self.git(*options, "clone", "-q", self.address(self.server))
        self.commit("hello")
        self.in_clone(*options, "push", "-q", "origin", "main")
        self.assertEqual(self.head_at_server(), self.in_clone("rev-parse", "HEAD").out)
        self.git(*options, "clone", "-q", self.address(self.server), "other")
        self.commit("other", "even more\n")
        self.in_clone(*options, "push", "-q", "origin", "main", clone="other")
        self.in_clone(*options, "fetch", "-q")
        self.in_clone(*options, "pull", "-q", "--ff-only")
        self.assertEqual(self.head_at_server(), self.in_clone("rev-parse", "HEAD").out)
        calls = self.git_calls(self.server)
        self.assertTrue(calls)
        # git asks without a password first; what it got from us was always right.
        self.assertNotIn(("basic", 401), calls)

    def test_with_the_helper_by_its_name(self):
        self.give(self.server)
        self.use_helper(self.server)
        self.round_trip()
        self.assertEqual(self.home.files(), [
            ".config/loom/credentials.json", ".config/loom/credentials.json.lock", ".gitconfig",
            ".local/share/loom/vault.key"])

    def test_with_the_helper_by_its_path(self):
        """Also a path with a blank, quoted for the shell that git runs it in."""
        self.give(self.server)
        folder = os.path.join(self.folder, "a blank")
        os.mkdir(folder)
        os.symlink(loomtest.LOOM, os.path.join(folder, "loom"))
        self.use_helper(self.server, folder.replace(" ", "\\ ") + "/loom credential-helper")
        self.bin = "/nonexistent"
        self.round_trip()

    def test_with_a_real_sign_in(self):
        """From the address and the code to the push, and out again."""
        result = self.login(self.server)
        # What is said to be run is run as it stands.
        command, = [line.strip() for line in result.text.splitlines()
                    if line.startswith("    loom setup-git ")]
        self.loom(*command.split()[1:], program=os.path.join(self.bin, "loom"),
                  env=self.environment())
        self.round_trip()
        self.loom("logout")
        result = self.in_clone("fetch", status=128)
        self.assertIn(f"    loom login --server {self.server.url}", result.text.splitlines())

    def test_old_and_new_protocols(self):
        self.give(self.server)
        self.use_helper(self.server)
        for version in ("0", "1", "2"):
            trace = self.git("-c", f"protocol.version={version}", "ls-remote",
                             self.address(self.server), env={"GIT_TRACE_PACKET": "1"})
            self.assertIn(b"refs/heads/main", trace.out)
            self.assertEqual("version 2" in trace.text, version == "2", trace)
        self.round_trip("-c", "protocol.version=0")

    def test_a_large_push_in_chunks(self):
        self.give(self.server)
        self.use_helper(self.server)
        self.git("clone", "-q", self.address(self.server))
        with open("/dev/urandom", "rb") as source:
            noise = source.read(1 << 18).hex()
        self.commit("hello", noise, "noise")
        self.in_clone("-c", "http.postBuffer=65536", "push", "-q", "origin", "main")
        self.assertEqual(self.head_at_server(), self.in_clone("rev-parse", "HEAD").out)
        self.git("clone", "-q", "--depth", "1", self.address(self.server), "shallow")

    def test_git_27_traces_show_no_token(self):
        self.give(self.server)
        self.use_helper(self.server)
        result = self.git("clone", self.address(self.server), env={
            "GIT_TRACE": "1", "GIT_TRACE_CURL": "1", "GIT_CURL_VERBOSE": "1", "GIT_TRACE2": "1",
            "GCM_TRACE": "1", "LOOM_DEBUG": "2"})
        self.assertIn("git-credential-loom", result.text)

    def test_plumbing(self):
        token = self.give(self.server)
        self.use_helper(self.server)
        question = f"protocol=https\nhost={self.server.host}\n\n".encode()
        result = self.git("credential", "fill", stdin=question)
        result.is_door = True
        self.assertEqual(result.out, question[:-1] + f"username=oauth2\npassword={token}\n".encode())
        answer = result.out + b"\n"
        before = self.home.snapshot()
        self.git("credential", "approve", stdin=answer)
        self.assertEqual(self.home.snapshot(), before)
        self.git("credential", "reject", stdin=answer)
        self.assertEqual(self.home.tokens(), {self.server.url: token})

    # ---- The token ends ----

    def test_a_token_that_was_revoked(self):
        self.give(self.server)
        self.use_helper(self.server)
        self.git("clone", "-q", self.address(self.server))
        self.server.revoke_all()
        # git had the token before anybody could know; it tells us, and fails.
        result = self.in_clone("fetch", status=128)
        self.assertIn("Authentication failed", result.text)
        mark = len(self.server.log())
        for _ in range(2):
            result = self.in_clone("fetch", status=128)
            self.assertIn("no longer accepts your sign-in", result.said)
            self.assertIn(f"    loom login --server {self.server.url}", result.text.splitlines())
            self.assertNotIn("could not read Username", result.text)
        self.assertEqual(self.server.requests(mark).count("GET /auth/me"), 1)
        self.give(self.server)
        self.in_clone("fetch", "-q")
        self.commit("hello")
        self.in_clone("push", "-q")

    def test_a_person_at_a_terminal_is_not_asked_for_a_password(self):
        self.give(self.server)
        self.use_helper(self.server)
        self.git("clone", "-q", self.address(self.server))
        self.server.revoke_all()
        for _ in range(2):
            program = self.start_git("fetch", cwd=os.path.join(self.work, "hello"),
                                     env={"GIT_TERMINAL_PROMPT": None, "TERM": "xterm"},
                                     terminal={"stdin", "stdout", "stderr"})
            result = program.finish(30)
            self.assertEqual(result.status, 128, result)
            self.assertNotIn("Username for", result.text)
            self.assertNotIn("Password for", result.text)
        self.assertIn(f"    loom login --server {self.server.url}",
                      result.text.replace("\r", "").splitlines())

    def test_a_refusal_that_was_none(self):
        """Something in between said 401 once: the token is asked about, and goes on."""
        self.give(self.server)
        self.use_helper(self.server)
        self.git("clone", "-q", self.address(self.server))
        self.server.misbehave("git-401")
        self.in_clone("fetch", status=128)
        self.server.misbehave()
        self.in_clone("fetch", "-q")
        self.in_clone("fetch", "-q")
        self.assertEqual([row["path"] for row in self.server.log()].count("/auth/me"), 2)

    # ---- Nobody is signed in ----

    def test_not_signed_in(self):
        self.use_helper(self.server)
        result = self.git("clone", self.address(self.server), status=128)
        self.assertIn("could not read Username", result.text)

    def test_not_signed_in_and_set_up_with_the_server(self):
        """git is told to stop, and the person what to type."""
        self.use_helper(self.server, f"loom --server {self.server.url}")
        program = self.start_git("clone", self.address(self.server),
                                 env={"GIT_TERMINAL_PROMPT": None, "TERM": "xterm"},
                                 terminal={"stdin", "stdout", "stderr"})
        result = program.finish(30)
        self.assertEqual(result.status, 128, result)
        self.assertNotIn("Username for", result.text)
        self.assertIn(f"    loom login --server {self.server.url}",
                      result.text.replace("\r", "").splitlines())
        self.give(self.server)
        self.git("clone", "-q", self.address(self.server))

    def test_a_job_with_a_token_of_its_own(self):
        """No home, no sign-in, two variables."""
        self.use_helper(self.server)
        env = {"LOOM_SERVER": self.server.url, "LOOM_TOKEN": self.server.issue_token(),
               "GIT_CONFIG_GLOBAL": os.path.join(self.home.path, ".gitconfig"), "HOME": "/dev/null",
               "CI": "true"}
        result = self.git("clone", "-q", self.address(self.server), env=env)
        # git hands its environment on to its own children; only loom takes the token out.
        result.seen = {item for item in result.seen if item[0] != "environ"}
        self.commit("hello")
        result = self.in_clone("push", "-q", env=env)
        result.seen = {item for item in result.seen if item[0] != "environ"}
        self.assertEqual(self.home.files(), [".gitconfig"])

    def test_many_at_once(self):
        self.give(self.server)
        self.use_helper(self.server)
        running = [self.start_git("clone", "-q", self.address(self.server), f"clone{number}")
                   for number in range(6)]
        for program in running:
            result = program.finish()
            self.assertEqual(result.status, 0, result)


if __name__ == "__main__":
    loomtest.main(4)
