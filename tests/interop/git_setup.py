# SPDX-License-Identifier: Apache-2.0
"""Real git after `loom setup-git` alone: clone and push, whatever else git is configured to ask."""
import os

import gitcase
import leaks
import loomtest


class Setup(gitcase.GitCase):
    server_options = None

    def setUp(self):
        super().setUp()
        # Nothing is given to git but what setup-git writes.
        self.git("config", "--global", "--unset", "http.sslCAInfo")
        self.config = os.path.join(self.home.path, ".gitconfig")
        self.notes = os.path.join(self.folder, "notes")
        self.keeper = os.path.join(self.bin, "git-credential-keeper")
        with open(self.keeper, "w") as file:
            file.write(f"#!/bin/sh\ncat >>'{self.notes}'\n")
        os.chmod(self.keeper, 0o755)

    def is_expected(self, name):
        return name == ".git-credentials" or super().is_expected(name)

    def setup(self, *argv, **more):
        result = self.loom("setup-git", *argv, program=os.path.join(self.bin, "loom"),
                           env=self.environment(), **more)
        self.assertEqual(result.out, b"")
        return result

    def read(self):
        with open(self.config, "rb") as file:
            return file.read()

    def round_trip(self, server, clone="hello"):
        self.git("clone", "-q", self.address(server), clone)
        self.commit(clone)
        self.in_clone("push", "-q", "origin", "main", clone=clone)
        self.assertEqual(self.head_at_server(), self.in_clone("rev-parse", "HEAD", clone=clone).out)

    def check_nowhere(self, token):
        """No copy of it but the encrypted one."""
        self.assertFalse(os.path.exists(os.path.join(self.home.path, ".git-credentials")))
        self.assertFalse(os.path.exists(self.notes), "another helper was called")
        needles = list(leaks.needles(token))
        for path, _ in leaks.walk(self.home.path):
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    content = file.read()
                self.assertFalse(any(needle in content for needle in needles), path)

    def test_git_29_helpers_before_and_behind(self):
        """A plaintext store that everybody is told to configure never sees the token."""
        server = self.serve()
        for helper in ("store", "keeper"):
            self.git("config", "--global", "--add", "credential.helper", helper)
        before = self.read()
        self.setup("--server", server.url, "--cacert", server.authority.file)
        token = self.give(server)
        self.round_trip(server)
        self.check_nowhere(token)
        # One that is added later: git puts it where the others are.
        self.git("config", "--global", "--add", "credential.helper", "cache --timeout=1")
        self.round_trip(server, "second")
        self.check_nowhere(token)
        self.git("config", "--global", "--fixed-value", "--unset-all", "credential.helper",
                 "cache --timeout=1")
        self.setup("--remove")
        self.assertEqual(self.read(), before)
        self.git("ls-remote", self.address(server), status=128)

    def test_git_29_behind_ours_until_it_is_run_again(self):
        server = self.serve()
        token = self.give(server)
        self.setup()
        with open(self.config, "a") as file:
            file.write("[credential]\n\thelper = keeper\n")
        self.git("clone", "-q", self.address(server), "first")
        with open(self.notes) as file:
            self.assertIn(f"password={token}", file.read())
        os.unlink(self.notes)
        status = self.loom("status", env=self.environment())
        self.assertIn("    keeper", status.text.splitlines())
        self.assertIn("may keep it", status.said)
        command, = {line.strip() for line in status.text.splitlines() if "setup-git" in line}
        self.assertEqual(command, f"loom setup-git --server {server.url}")
        result = self.setup("--server", server.url)
        self.assertIn("It does so no longer.", result.said)
        self.round_trip(server)
        self.check_nowhere(token)

    def test_before_the_first_sign_in(self):
        server = self.serve("--approve-after", 0)
        self.setup("--server", server.url, "--cacert", server.authority.file)
        result = self.git("clone", self.address(server), status=128)
        self.assertIn(f"loom login --server {server.url}", result.text)
        result = self.login(server, env=self.environment())
        self.assertNotIn("setup-git", result.text)
        self.round_trip(server)

    def test_as_login_says_with_the_authority_it_remembers(self):
        """And for a server under a path, which git has to name."""
        for options in ((), ("--base-path", "/loom/eu")):
            server = self.serve("--approve-after", 0, *options)
            result = self.login(server, env=self.environment())
            line, = [line.strip() for line in result.text.splitlines() if "setup-git" in line]
            program, command, *words = line.split()
            self.assertEqual((program, command), ("loom", "setup-git"))
            self.setup(*words)
            self.round_trip(server, clone=f"clone{len(options)}")

    def test_git_29_an_odd_place(self):
        for name in ("a blank", "it's $HOME `id`", 'a "quote" é ع \\'):
            folder = os.path.join(self.folder, name)
            os.mkdir(folder)
            program = os.path.join(folder, "loom")
            os.symlink(loomtest.LOOM, program)
            server = self.serve()
            token = self.give(server)
            self.loom("setup-git", "--server", server.url, program=program, env={
                **self.environment(), "PATH": "/usr/bin:/bin"})
            self.bin = "/nonexistent"
            self.round_trip(server, f"clone{len(self.servers)}")
            self.check_nowhere(token)


if __name__ == "__main__":
    loomtest.main()
