# SPDX-License-Identifier: Apache-2.0
"""Each server gets its own token, strangers get none, and other helpers stand where they stand."""
import os

import gitcase
import loomtest
import servers


class GitServers(gitcase.GitCase):
    def test_two_servers(self):
        both = [self.serve(), self.serve()]
        tokens = [self.give(server) for server in both]
        # One helper for everything: git names the host, and that decides.
        self.git("config", "--global", "credential.helper", "loom")
        for number, server in enumerate(both):
            self.git("clone", "-q", self.address(server), f"clone{number}")
            self.assertNotIn(("basic", 401), self.git_calls(server))
            self.assertIn(("basic", 200), self.git_calls(server))
        self.assertNotEqual(*tokens)
        self.loom("logout", both[0].url)
        self.in_clone("fetch", clone="clone0", status=128)
        self.in_clone("fetch", "-q", clone="clone1")

    def test_git_12_166_a_name_without_a_port(self):
        """As servers are in the world: a name, the usual port, here behind a proxy."""
        server = self.serve("--public-url", "https://loom.example.com",
                            names=("DNS:loom.example.com",))
        proxy = servers.Proxy(server.port)
        self.addCleanup(proxy.stop)
        env = {"HTTPS_PROXY": proxy.url}
        token = server.issue_token()
        self.loom("login", "loom.example.com", "--with-token", "--cacert", self.authority.file,
                  stdin=token.encode(), env=env)
        self.use_helper(server, url="https://loom.example.com")
        for host in ("loom.example.com", "loom.example.com:443", "LOOM.example.com",
                     "ada@loom.example.com", "oauth2@loom.example.com"):
            result = self.git("ls-remote", f"https://{host}/git/ada/hello.git", env=env)
            self.assertIn(b"refs/heads/main", result.out)
        for host in ("bob@loom.example.com", "loom.example.com.:443", "sub.loom.example.com"):
            self.git("ls-remote", f"https://{host}/git/ada/hello.git", env=env, status=128)
        self.assertNotIn(token.encode(), proxy.all_bytes())

    def test_a_server_under_a_path(self):
        server = self.serve("--base-path", "/loom/eu")
        self.give(server)
        self.git("config", "--global", "credential.helper", "loom")
        # Without useHttpPath git does not say which path it means.
        result = self.git("clone", self.address(server), status=128)
        self.assertIn("could not read Username", result.text)
        root = server.url.removesuffix("/loom/eu")
        self.git("config", "--global", f"credential.{root}.useHttpPath", "true")
        self.git("clone", "-q", self.address(server))
        self.commit("hello")
        self.in_clone("push", "-q")
        # Beside the path nobody is known.
        self.git("ls-remote", f"{root}/loom/europe/git/ada/hello.git", status=128)
        self.assertNotIn(("basic", 404), self.git_calls(server))

    def test_a_server_under_a_path_set_up_as_login_says(self):
        server = self.serve("--base-path", "/loom", "--approve-after", 0)
        result = self.login(server)
        words, = [line.split() for line in result.text.splitlines()
                  if line.startswith("    loom setup-git ")]
        self.loom(*words[1:], program=os.path.join(self.bin, "loom"), env=self.environment())
        self.git("clone", "-q", self.address(server))

    def test_git_163_a_submodule_of_a_stranger_gets_nothing(self):
        """Whoever writes .gitmodules chooses the host that git asks for."""
        server, stranger = self.serve(), self.serve()
        self.give(server)
        self.git("config", "--global", "credential.helper", "loom")
        url = self.address(stranger)
        seed = os.path.join(self.folder, "seed-ada-hello.git")
        with open(os.path.join(seed, ".gitmodules"), "w") as file:
            file.write(f'[submodule "x"]\n\tpath = x\n\turl = {url}\n')
        head = self.git("rev-parse", "HEAD", cwd=seed).out.decode().strip()
        self.git("update-index", "--add", "--cacheinfo", f"160000,{head},x", cwd=seed)
        self.git("add", ".gitmodules", cwd=seed)
        self.git("commit", "-q", "-m", "Add a submodule", cwd=seed)
        self.git("push", "-q", os.path.join(self.repos, "ada/hello.git"), "main", cwd=seed)
        self.git("clone", "-q", "--recurse-submodules", self.address(server), status=None)
        self.assertTrue(os.path.exists(os.path.join(self.work, "hello", ".gitmodules")))
        self.assertTrue(self.git_calls(stranger))
        self.assertEqual({kind for kind, _ in self.git_calls(stranger)}, {"none"})

    def test_git_164_a_redirect_takes_no_token_along(self):
        stranger = self.serve()
        server = self.serve("--misbehave", "git-redirect", "--redirect-to",
                            self.address(stranger) + "/info/refs?service=git-upload-pack")
        self.give(server)
        self.git("config", "--global", "credential.helper", "loom")
        self.git("clone", "-q", self.address(server), status=128)
        self.assertEqual({kind for kind, _ in self.git_calls(stranger)}, {"none"})

    def test_git_03_165_plain_http_gets_nothing(self):
        server = self.serve()
        self.give(server)
        plain = servers.DevServer(os.path.join(self.folder, "plain"), "--repos", self.repos)
        self.servers.append(plain)
        self.addCleanup(plain.stop)
        self.git("config", "--global", "credential.helper", "loom")
        for url in (plain.url, server.url.replace("https:", "http:")):
            self.git("ls-remote", f"{url}/git/ada/hello.git", status=128)
        self.assertEqual({kind for kind, _ in self.git_calls(plain)}, {"none"})

    # ---- Other helpers ----

    def test_git_162_store_beside_ours_writes_the_token_down(self):
        """git's own doing, and why the manual says how to keep it away: an empty line first."""
        server = self.serve()
        token = self.give(server)
        kept = os.path.join(self.home.path, ".git-credentials")
        self.git("config", "--global", "credential.helper", "store")
        self.use_helper(server)
        self.git("clone", "-q", self.address(server), "kept")
        with open(kept) as file:
            self.assertIn(token, file.read())
        os.unlink(kept)
        self.git("config", "--global", "--replace-all", f"credential.{server.url}.helper", "")
        self.git("config", "--global", "--add", f"credential.{server.url}.helper", "loom")
        self.git("clone", "-q", self.address(server), "alone")
        self.assertFalse(os.path.exists(kept))

    def test_ours_beside_another_answers_for_its_own_alone(self):
        """A stranger's password goes to the helper that keeps it, and not into our store."""
        server = self.serve()
        self.give(server)
        before = self.home.stored()
        self.git("config", "--global", "credential.helper", "loom")
        self.git("config", "--global", "--add", "credential.helper", "store")
        self.git("credential", "approve", stdin=b"protocol=https\nhost=example.org\n"
                 b"username=bob\npassword=hunter2\n\n")
        result = self.git("credential", "fill", stdin=b"protocol=https\nhost=example.org\n\n")
        self.assertIn(b"password=hunter2", result.out)
        self.assertEqual(self.home.stored(), before)
        os.unlink(os.path.join(self.home.path, ".git-credentials"))


if __name__ == "__main__":
    loomtest.main(4)
