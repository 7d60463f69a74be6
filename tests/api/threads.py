# SPDX-License-Identifier: Apache-2.0
"""Many threads of a host share one opened store: what one of them deletes or renews is so for all. Run in each
build, and once more with the thread sanitizer (`ctest -L thread`)."""
import library
import loomtest

OTHERS = ("https://a.example.com", "https://b.example.com/loom", "https://c.example.com:8443")
ROUNDS = 6


class Threads(library.HostCase):
    def stress(self, **more):
        said = self.host("stress", str(ROUNDS), self.server.url, *OTHERS, **more)
        self.assertEqual((said.of("unexpected"), said["deletions"]), ([], "3"), said.result)
        self.assertEqual(self.home.tokens(), {self.server.url: self.newest()})

    def test_all_at_once(self):
        """List, get, renew, delete, open and close."""
        self.home.seed(self.credential(300), *((url, loomtest.marker(url)) for url in OTHERS))
        self.stress()

    def test_over_tls(self):
        self.server = self.start_server(*self.server_options, tls=True)
        self.home.seed(self.credential(300), *((url, loomtest.marker(url)) for url in OTHERS))
        self.stress(env={"HOST_CA": self.authority.file})

    def test_beside_another_process(self):
        self.home.seed(self.credential(300), *((url, loomtest.marker(url)) for url in OTHERS))
        other = self.start("stress", str(ROUNDS), self.server.url, program=library.HOSTS[""],
                           env={"HOST_PLACE": "3"})
        said = self.host("stress", str(ROUNDS), self.server.url, *OTHERS)
        result = other.finish()
        result.is_door = True
        self.assertIn(b"failures=0", result.out, result)
        self.assertEqual((said.of("unexpected"), said["deletions"]), ([], "3"), said.result)


if __name__ == "__main__":
    loomtest.main()
