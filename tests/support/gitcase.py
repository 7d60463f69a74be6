# SPDX-License-Identifier: Apache-2.0
"""Real git, real HTTPS, the real program between them."""
import os

import loomtest
import programs
import servers

GIT = "/usr/bin/git"
PERSON = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
          "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org"}


class GitCase(loomtest.Case):
    tls = True

    def setUp(self):
        super().setUp()
        self.repos = os.path.join(self.folder, "repos")
        self.bin = os.path.join(self.folder, "bin")
        os.mkdir(self.bin)
        os.symlink(loomtest.LOOM, os.path.join(self.bin, "loom"))
        os.symlink(loomtest.LOOM, os.path.join(self.bin, "git-credential-loom"))
        self.work = os.path.join(self.home.folder, "work")
        os.mkdir(self.work)
        self.make_repository("ada/hello.git")
        self.git("config", "--global", "http.sslCAInfo", self.authority.file)

    def environment(self, **more):
        return {**PERSON, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
                "PATH": f"{self.bin}:{servers.clean_environment()['PATH']}", **more}

    def start_git(self, *argv, env=None, cwd=None, **more):
        return self.start(*argv, program=GIT, env=self.environment(**(env or {})),
                          cwd=cwd or self.work, **more)

    def git(self, *argv, status=0, deadline_s=programs.DEADLINE_S, **more):
        """Run git to its end; a status of None is any but 0."""
        result = self.start_git(*argv, **more).finish(deadline_s)
        if status is None:
            self.assertNotEqual(result.status, 0, result)
        else:
            self.assertEqual(result.status, status, result)
        return result

    def make_repository(self, name, files=None):
        """A bare repository on the server's side, with one commit."""
        bare = os.path.join(self.repos, name)
        seed = os.path.join(self.folder, "seed")
        self.git("init", "-q", "--bare", "-b", "main", bare, cwd="/")
        self.git("init", "-q", "-b", "main", seed, cwd="/")
        for path, text in {"README": "Hello\n", **(files or {})}.items():
            with open(os.path.join(seed, path), "w") as file:
                file.write(text)
        self.git("add", ".", cwd=seed)
        self.git("commit", "-q", "-m", "Say hello", cwd=seed)
        self.git("push", "-q", bare, "main", cwd=seed)
        os.rename(seed, f"{seed}-{name.replace('/', '-')}")

    def serve(self, *options, **more):
        return self.start_server("--repos", self.repos, *options, **more)

    def use_helper(self, server, helper="loom", url=None):
        self.git("config", "--global", f"credential.{url or server.url}.helper", helper)

    def address(self, server, name="ada/hello.git"):
        return f"{server.url}/git/{name}"

    def commit(self, clone, text="more\n", name="README"):
        path = os.path.join(self.work, clone, name)
        with open(path, "a") as file:
            file.write(text)
        self.git("add", name, cwd=os.path.join(self.work, clone))
        self.git("commit", "-q", "-m", "Say more", cwd=os.path.join(self.work, clone))

    def in_clone(self, *argv, clone="hello", **more):
        return self.git(*argv, cwd=os.path.join(self.work, clone), **more)

    def head_at_server(self, name="ada/hello.git"):
        return self.git("rev-parse", "main", cwd=os.path.join(self.repos, name)).out

    def git_calls(self, server):
        """How git came: [(authorization, status)]"""
        return [(row["authorization"], row["status"]) for row in server.log() if row["git"]]
