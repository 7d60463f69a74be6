# SPDX-License-Identifier: Apache-2.0
"""Addresses that look like the server's, that two programs read differently, or that carry more than an
address: git goes where it goes, asks for whom it asks, and only the server itself is answered for."""
import gitattack
import loomtest
from gitattack import HOST, REPOSITORY, URL

# What git asks for, and where it goes, is the look-alike itself.
LOOK_ALIKES = (
    f"{HOST}.evil.example", f"{HOST}.attacker", f"evil-{HOST}", f"x{HOST}", f"sub.{HOST}",
    "example.com", "loom.example.co", "loom.example.comm", "oom.example.com", "loom-example.com",
    "loom_example_com", "1oom.example.com", f"{HOST}-", "xn--oom-x9a.example.com", f"evil.example.{HOST}x",
)
PORTS = (":8443", ":444", ":80", ":4430", ":1", ":65535")

# A line end, a carriage return or a NUL, wherever an address has room for one.
SPLITTERS = ("%0a", "%0d", "%0d%0a", "%00", "%09", "%20")
PLACES = (
    f"https://{HOST}{{}}.evil.example/x", f"https://evil.example{{}}host={HOST}/x",
    f"https://a{{}}host={HOST}@evil.example/x", f"https://a:b{{}}host={HOST}@evil.example/x",
    f"https://evil.example/x{{}}host={HOST}", f"ht{{}}tps://{HOST}/x",
    f"https{{}}protocol=https://{HOST}/x",
)


class GitAttackHosts(gitattack.GitAttack):
    def test_git_02_05_100_names_that_look_alike(self):
        attacks = self.attack(*(f"https://{name}{REPOSITORY}" for name in LOOK_ALIKES))
        for name, attack in zip(LOOK_ALIKES, attacks):
            self.check_asked(attack, protocol="https", host=name)
            self.assertIn(name, self.stranger.hosts())
        # The way is open, and the right name is let in.
        self.check_server_lets_in()

    def test_git_13_101_other_ports_and_odd_ones(self):
        for port, attack in zip(PORTS, self.attack(*(URL + port + REPOSITORY for port in PORTS))):
            self.check_asked(attack, host=HOST + port)
        self.attack(*(URL + port + REPOSITORY for port in
                      (":0", ":65536", ":65979", ":-443", ":+443", ":443x", ":443:8443", ":%34%34%33")))
        # Spelled otherwise and still the same: HTTP clients fold it, and ask for the usual name.
        for port in (":443", ":0443", ":"):
            self.git("ls-remote", URL + port + REPOSITORY, env={"SPY": self.new_spy()})

    def test_git_102_a_name_in_front_of_the_at_sign_is_no_host(self):
        for user in (HOST, f"{HOST}%2f", f"{HOST}%23", f"{HOST}%3f", f"{HOST}\\", f"https%3a%2f%2f{HOST}%2f",
                     "oauth2", "ada", ""):
            attack, = self.attack(f"https://{user}@evil.example{REPOSITORY}")
            self.check_asked(attack, host="evil.example")
        # With a password in the address git has no question.
        for attack in self.attack(*(f"https://{user}@evil.example/x" for user in
                                    (f"{HOST}:443", f"oauth2:@{HOST}", ":"))):
            self.assertEqual(attack.questions, [], attack)
        self.assertEqual(set(self.stranger.hosts()), {"evil.example"})

    def test_git_15_103_another_persons_name_gets_nothing(self):
        for attack in self.attack(f"https://bob@{HOST}{REPOSITORY}", f"https://@{HOST}{REPOSITORY}",
                                  f"https://oauth2%20@{HOST}{REPOSITORY}",
                                  f"https://Ada@{HOST}{REPOSITORY}"):
            self.check_asked(attack, host=HOST)
        self.assertEqual(self.stranger.seen, [])

    def test_git_04_104_no_host(self):
        """HTTP clients take "https:///x" for a host "x", others for none."""
        for attack in self.attack("https:///x", f"https:///{HOST}/x", "https://@/x", "https://",
                                  "https://:443/x", "https://?x", "https://#x", "https:/x", "https:x",
                                  "https://%2e/x", "https://./x"):
            for question in attack.questions:
                self.assertNotEqual(question.get(b"host"), HOST.encode(), attack)
        for text in ("protocol=https\nhost=\n\n", "protocol=https\n\n", f"host={HOST}\n\n", "\n",
                     "url=https:///x\n\n", f"url=//{HOST}\n\n", f"url=/{HOST}\n\n",
                     "protocol=\nhost=\n\n", f"protocol=\nhost={HOST}\n\n"):
            self.fill(text)

    def test_git_03_105_other_protocols_for_the_same_host(self):
        attacks = self.attack(f"http://{HOST}{REPOSITORY}", f"http://{HOST}:443{REPOSITORY}",
                              f"https::http://{HOST}{REPOSITORY}", f"ftp://{HOST}{REPOSITORY}")
        for attack, protocol in zip(attacks, ("http", "http", "http", "ftp")):
            self.check_asked(attack, protocol=protocol)
        for protocol in ("ssh", "git", "file", "smtp", "cert", "imap", "http", "httpss", "https:",
                         "xhttps", "HTTP"):
            self.check_asked(self.fill(f"protocol={protocol}\nhost={HOST}\n\n"), protocol=protocol)
        # An upper-case scheme is nothing that git fetches from; as a question it is ours.
        self.attack(f"HTTPS://{HOST}{REPOSITORY}")

    def test_git_106_bytes_that_end_a_line_in_every_place(self):
        asked = set()
        for place in PLACES:
            for attack in self.attack(*(place.format(splitter) for splitter in SPLITTERS), at_once=6):
                asked |= {question[b"host"] for question in attack.questions}
        self.assertIn(b"evil.example", asked)
        self.assertNotIn(HOST.encode(), asked)

    def test_git_107_the_same_without_gits_own_protection(self):
        """credential.protectProtocol=false: git sends a carriage return, and we refuse it."""
        options = ("-c", "credential.protectProtocol=false", "-c", "credential.useHttpPath=true",
                   "-c", "credential.sanitizePrompt=false")
        attack, = self.attack(f"https://a%0dhost={HOST}@evil.example/x", options=options)
        self.check_asked(attack, host="evil.example", username=f"a\rhost={HOST}")
        attack, = self.attack(f"https://evil.example/x%0dhost={HOST}", options=options)
        self.check_asked(attack, host="evil.example")
        for text in (f"url=https://{HOST}%0d/x\n\n", f"url=https://evil.example%0dhost={HOST}/\n\n",
                     f"protocol=https\nhost=evil.example\rhost={HOST}\n\n",
                     f"protocol=https\rhost={HOST}\nhost=evil.example\n\n",
                     f"url=https://oauth2%0d@{HOST}/\n\n", f"url=https://{HOST}/x%0dy\n\n",
                     f"protocol=https\nhost={HOST}\r.evil.example\n\n"):
            attack = self.fill(text, *options)
            self.assertIn(b"\r", b"".join(attack.questions[-1].values()), attack)

    def test_git_108_two_readers_of_one_address(self):
        """Backslashes, queries, fragments and other alphabets stand where readers disagree."""
        self.attack(*(f"https://{text}/x" for text in (
            f"{HOST}#@evil.example", f"{HOST}?@evil.example", f"evil.example?@{HOST}",
            f"evil.example#@{HOST}", f"{HOST}\\@evil.example", f"evil.example\\@{HOST}",
            f"evil.example\\.{HOST}", f"{HOST}%40evil.example", f"{HOST}%2f.evil.example",
            f"{HOST}%5c.evil.example", f"{HOST};evil.example", f"{HOST}&.evil.example",
            f"{HOST},evil.example", f"[{HOST}]", f"evil.example%2f@{HOST}")))
        # HTTP clients fold these into ASCII, some of them into the server's very name.
        for name in ("ⅼoom.example.com", "loom。example。com", f"{HOST}／.evil.example", "loom.еxample.com",
                     "ｌoom.example.com", "loom\u00ad.example.com", "LOOM.EXAMPLE.COM\u200b"):
            for attack in self.attack(f"https://{name}{REPOSITORY}"):
                for question in attack.questions:
                    self.assertIn(name.encode(), question.values(), attack)

    def test_git_12_109_the_name_in_other_letters_is_the_same(self):
        for host in ("LOOM.Example.COM", f"{HOST}:443", "loom%2eexample.com", f"ADA@{HOST}".lower()):
            result = self.git("ls-remote", f"https://{host}{REPOSITORY}", env={"SPY": self.new_spy()})
            self.assertIn(b"refs/heads/main", result.out)
        self.assertEqual(self.stranger.seen, [])
        # A dot at the end is another name for a certificate and for git; so it is for us.
        for host in (f"{HOST}.", f"{HOST}.:443"):
            attack, = self.attack(f"https://{host}{REPOSITORY}")
            self.check_asked(attack, host=host)

    def test_git_110_addresses_in_numbers(self):
        for attack in self.attack(*(f"https://{host}{REPOSITORY}" for host in (
                "[::1]", "[0:0::1]", "[::ffff:127.0.0.1]", "[::1%25lo]", "127.1", "2130706433",
                "0x7f000001", "127.0.0.1", "[::1]:443"))):
            for question in attack.questions:
                self.assertNotEqual(question[b"host"], HOST.encode(), attack)

    def test_git_111_rewritten_addresses(self):
        """url.insteadOf changes where git goes, and with it for whom it asks."""
        attack, = self.attack(URL + REPOSITORY, options=(
            "-c", f"url.https://evil.example/.insteadOf={URL}/"))
        self.check_asked(attack, host="evil.example")
        attack, = self.attack(f"https://{HOST}.evil.example/x", options=(
            "-c", f"url.http://{HOST}/.insteadOf=https://{HOST}.evil.example/"))
        self.check_asked(attack, protocol="http", host=HOST)
        result = self.git("-c", f"url.{URL}/.insteadOf=loom:", "ls-remote", "loom:git/ada/hello.git",
                          env={"SPY": self.new_spy()})
        self.assertIn(b"refs/heads/main", result.out)

    def test_git_112_the_servers_name_at_a_strangers_address(self):
        """Who lies about names is stopped by the certificate, before anybody is asked."""
        to = f"{HOST}:{self.stranger.port}:127.0.0.1"
        attack, = self.attack(f"https://{HOST}:{self.stranger.port}/x", options=(
            "-c", f"http.curloptResolve={to}", "-c", "http.proxy=", "-c", "http.sslVerify=true"))
        self.assertEqual(attack.questions, [], attack)
        # And whoever trusts any certificate is asked for that port, where nobody signed in.
        attack, = self.attack(f"https://{HOST}:{self.stranger.port}/x", options=(
            "-c", f"http.curloptResolve={to}", "-c", "http.proxy="))
        self.check_asked(attack, host=f"{HOST}:{self.stranger.port}")


if __name__ == "__main__":
    loomtest.main(3)
