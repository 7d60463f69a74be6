# SPDX-License-Identifier: Apache-2.0
"""A server as it stands in the world: behind a real nginx that speaks TLS and HTTP/2. Signing in, git and
signing out go through it, and it may be the one that answers when the server is gone."""
import os

import gitcase
import loomtest
import nginx
import servers


class ThroughNginx(gitcase.GitCase):
    tls = False  # the server behind speaks plainly

    def serve_behind(self, path="", *options):
        """A server that is told what it is called outside, and the nginx in front of it."""
        port = servers.free_port()
        if path:
            options += ("--base-path", path)
        server = self.serve("--public-url", f"https://localhost:{port}{path}", *options)
        server.scheme = "http"  # as the tests speak to it
        certificate, key = self.authority.issue("DNS:localhost", "IP:127.0.0.1")
        front = nginx.Nginx(os.path.join(self.folder, "nginx"), port, certificate, key, server.port)
        self.addCleanup(front.stop)
        return server, front

    def sign_in(self, server, *argv, **more):
        return self.loom("login", server.url, "--cacert", self.authority.file, *argv, **more)

    def round_trip(self, server):
        self.git("clone", "-q", self.address(server))
        with open("/dev/urandom", "rb") as source:
            self.commit("hello", source.read(1 << 17).hex(), "noise")
        self.in_clone("push", "-q", "origin", "main")
        self.assertEqual(self.head_at_server(), self.in_clone("rev-parse", "HEAD").out)
        self.assertNotIn(("basic", 401), self.git_calls(server))

    def test_login_git_logout(self):
        server, front = self.serve_behind("", "--approve-after", 0)
        result = self.sign_in(server)
        self.assertIn(f"{server.url}/device", result.text)
        self.assertNotIn("not on the server", result.said)
        token = server.last("token")
        self.assertEqual(self.home.tokens(), {server.url: token})
        self.use_helper(server)
        self.round_trip(server)
        result = self.loom("logout")
        self.assertIn(f"Signed out of {server.url}.", result.said)
        self.assertFalse(server.is_alive(token))
        self.assertEqual(self.home.tokens(), {})
        self.in_clone("fetch", status=128)

        log = front.log()
        for call in ("POST /auth/device/start", "POST /auth/device/poll", "GET /auth/me",
                     "POST /auth/logout"):
            self.assertIn((call, "HTTP/1.1", 200), log)
        of_git = {protocol for call, protocol, _ in log if "/git/" in call}
        self.assertEqual(of_git, {"HTTP/2.0"}, log)
        self.assertIn(("POST /git/ada/hello.git/git-receive-pack", "HTTP/2.0", 200), log)

    def test_under_a_path(self):
        server, front = self.serve_behind("/loom/eu", "--approve-after", 0)
        result = self.sign_in(server)
        for line in result.text.splitlines():
            if line.startswith("    loom setup-git "):
                self.loom(*line.split()[1:], program=os.path.join(self.bin, "loom"),
                          env=self.environment())
        self.round_trip(server)
        self.loom("logout")
        self.assertIn(("POST /loom/eu/auth/logout", "HTTP/1.1", 200), front.log())

    def test_the_server_behind_is_gone(self):
        server, front = self.serve_behind("")
        token = server.issue_token()
        self.sign_in(server, "--with-token", stdin=token.encode())
        self.use_helper(server)
        server.process.terminate()
        server.process.wait(30)
        result = self.sign_in(server, status=6)
        self.assertIn("has a problem at present (HTTP 502)", result.said)
        # It was not git's password that was wrong: the sign-in stays.
        self.git("clone", self.address(server), status=128)
        self.assertEqual(self.home.tokens(), {server.url: token})
        # Signing out is done here, and says what could not be.
        result = self.loom("logout", status=10)
        self.assertIn("The server could not be told", result.said)
        self.assertEqual(self.home.tokens(), {})
        self.assertIn(("POST /auth/logout", "HTTP/1.1", 502), front.log())


if __name__ == "__main__":
    loomtest.main()
