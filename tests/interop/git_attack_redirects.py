# SPDX-License-Identifier: Apache-2.0
"""Servers that send git elsewhere. git follows the first answer's redirect and then asks its helpers for
where it arrived; it never takes a password along, and ours answers for where it arrived or not at all."""
import gitattack
import loomtest
from gitattack import HOST, REPOSITORY, URL

FOLLOW = ("-c", "http.followRedirects=true")
REFS = f"{REPOSITORY}/info/refs?service=git-upload-pack"


class GitAttackRedirects(gitattack.GitAttack):
    def redirect(self, to, status=302):
        """What an answer that leads there is."""
        return status, {"Location": to}

    def test_git_118_the_server_sends_git_to_a_stranger(self):
        for to, asked in (
                (f"https://evil.example{REFS}", "evil.example"),
                (f"https://{HOST}.evil.example{REFS}", f"{HOST}.evil.example"),
                (f"https://{HOST}@evil.example{REFS}", "evil.example"),
                (f"https://oauth2@evil.example{REFS}", "evil.example"),
                (f"https://{HOST}:8443{REFS}", f"{HOST}:8443"),
                (f"https://{HOST}.{REFS}", f"{HOST}."),
                (f"https://evil.example?@{HOST}{REFS}", None),
                (f"https://evil.example#@{HOST}{REFS}", None),
                (f"https://evil.example\\@{HOST}{REFS}", None),
                (f"//evil.example{REFS}", "evil.example")):
            self.play_server(lambda *words: self.redirect(to))
            for attack in self.attack(URL + REPOSITORY) + self.attack(URL + REPOSITORY, options=FOLLOW):
                if asked:
                    self.check_asked(attack, host=asked)
                for question in attack.questions:
                    self.assertNotEqual(question[b"host"], HOST.encode(), attack)

    def test_git_119_from_https_down_to_http(self):
        for status in (301, 302, 303, 307, 308):
            self.play_server(lambda *words: self.redirect(f"http://{HOST}{REFS}", status))
            attack, = self.attack(URL + REPOSITORY)
            self.check_asked(attack, protocol="http", host=HOST)

    def test_git_120_a_stranger_sends_git_to_the_server(self):
        """git asks for the server then, and the token goes to the server: to nobody else."""
        self.stranger.answer = lambda method, path, headers: self.redirect(URL + path)
        for options in ((), FOLLOW):
            finish = self.start_attack(*options, "ls-remote", f"https://evil.example{REPOSITORY}")
            attack = finish()
            self.assertEqual(attack.result.status, 0, attack)
            self.check_asked(attack, protocol="https", host=HOST)
        # Somebody else's name in front of it is carried over, and ends it.
        self.stranger.answer = lambda method, path, headers: self.redirect(
            f"https://bob@{HOST}{path}")
        attack, = self.attack(f"https://evil.example{REPOSITORY}")
        self.assertEqual({kind for kind, _ in self.git_calls(self.server)[-1:]}, {"none"})

    def test_git_121_with_the_token_in_hand(self):
        """The server asks for the token, gets it, and only then leads away. The stranger's refusal makes
        git call the token bad: it is asked about, and lives."""
        own = self.play_server(lambda method, path, headers: self.redirect(
            f"https://evil.example{path}") if "Authorization" in headers else gitattack.CHALLENGE)
        env = {"HTTPS_PROXY": self.router.url}  # by which loom asks, too
        attack, = self.attack(URL + REPOSITORY, options=FOLLOW, env=env)
        self.check_asked(attack, host=HOST)
        self.assertTrue(any("Authorization" in headers for _, _, headers in own.seen))
        self.assertIn("evil.example", self.stranger.hosts())
        self.router.server_port = self.server.port
        self.check_server_lets_in(env=env)
        self.check_server_lets_in(env=env)
        self.assertEqual(self.server.requests().count("GET /auth/me"), 1)

    def test_git_122_round_and_round(self):
        self.stranger.answer = lambda method, path, headers: self.redirect(f"{URL}/x{path}")
        self.play_server(lambda method, path, headers: self.redirect(f"https://evil.example{path}"))
        for options in ((), FOLLOW, ("-c", "http.followRedirects=false")):
            for attack in self.attack(URL + REPOSITORY, "https://evil.example/x", options=options):
                self.assertEqual(attack.questions, [], attack)

    def test_git_123_addresses_that_end_lines_in_a_redirect(self):
        for to in (f"https://a%0ahost={HOST}@evil.example{REFS}", f"https://{HOST}%0d.evil.example{REFS}",
                   f"https://a%0dhost={HOST}@evil.example{REFS}", f"https://evil.example/%0ahost={HOST}{REFS}",
                   f"https://evil.example/%0dhost={HOST}{REFS}", f"https:///{HOST}{REFS}", f"https://{REFS}"):
            self.play_server(lambda *words: self.redirect(to))
            for attack in self.attack(URL + REPOSITORY, options=(
                    "-c", "credential.protectProtocol=false", "-c", "credential.useHttpPath=true")):
                for question in attack.questions:
                    self.assertNotEqual(question[b"host"], HOST.encode(), attack)


class GitAttackPaths(gitattack.GitAttack):
    """A server under a path, and neighbours on the same host that are not meant."""
    base_path = "/loom"

    def use_path(self):
        self.configure(f"[credential \"{URL}\"]\n\tuseHttpPath = true\n")

    def check_challenged(self, *paths):
        """Whoever answers for the host challenges everywhere, and hears no token."""
        own = self.play_server()
        for attack in self.attack(*(f"{URL}{path}/git/ada/hello.git" for path in paths)):
            self.check_asked(attack, host=HOST)
        self.assertGreaterEqual(len(own.seen), len(paths))
        for method, path, headers in own.seen:
            self.assertNotIn("Authorization", headers, path)

    def test_git_124_beside_the_path(self):
        self.use_path()
        self.check_server_lets_in()
        self.check_challenged("", "/loomx", "/loo", "/Loom", "/other", "/other/loom", "/loom.git", "/loom%20",
                              "/loom%00", "/loom%3f", "/loom%23", "/loom?", "/loom%5c..%5cother", "/loom-",
                              "/loom;x", "/%00loom", "/%5cloom")

    def test_git_125_paths_that_lead_out_again(self):
        """git folds plain dots away before it asks; those behind an encoded slash it hands over."""
        self.use_path()
        self.check_challenged("/loom/..", "/loom/../other", "/loom/%2e%2e/other", "/loom%2f..%2fother",
                              "/other/../loomx", "/./loom/../x", "/loom/.%2e/other", "/loom/%2e%2e%2fother",
                              "/loom/x/../../other", "/loom/a%20b/../../other",
                              "/loom/a%20b%2f..%2f..%2fother", "/loom/a%5c..%5c..%5cother")

    def test_git_126_without_a_path_nobody_is_meant(self):
        attack, = self.attack(f"{URL}/loom/git/ada/hello.git")
        self.check_asked(attack, host=HOST, path=None)
        self.use_path()
        attack, = self.attack(f"{URL}.evil.example/loom/git/ada/hello.git", options=(
            "-c", "credential.useHttpPath=true"))
        self.check_asked(attack, host=f"{HOST}.evil.example", path="loom/git/ada/hello.git")


if __name__ == "__main__":
    loomtest.main(3)
