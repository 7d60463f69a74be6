# SPDX-License-Identifier: Apache-2.0
"""Many threads of a host share one opened store: what one of them deletes or renews is so for all. Run in each
build, and once more with the thread sanitizer (`ctest -L thread`)."""
import library
import loomtest

OTHERS = ("https://a.example.com", "https://b.example.com/loom", "https://c.example.com:8443")
ROUNDS = 6


class Crowd(library.HostCase):
    def test_lib_107_an_expired_token_is_renewed_once(self):
        """A hundred threads of one process; then twenty processes of five each."""
        for processes, threads in ((1, 100), (20, 5)):
            self.seed(-1)
            mark = len(self.server.log())
            crowd = [self.start("crowd", str(threads), self.server.url, program=library.HOSTS[""],
                                env={"HOST_PLACE": "3"}) for _ in range(processes)]
            for one in crowd:
                result = one.finish()
                result.is_door = True
                self.assertEqual((result.status, result.out), (0, b"failures=0\n"), result)
            self.assertEqual(self.server.requests(mark), ["POST /oauth/token"])
            self.assertEqual(self.home.tokens(), {self.server.url: self.newest()})


class Threads(library.HostCase):
    def stress(self, **more):
        said = self.host("stress", str(ROUNDS), self.server.url, *OTHERS, **more)
        self.assertEqual((said.of("unexpected"), said["deletions"]), ([], "3"), said.result)
        self.assertEqual(self.home.tokens(), {self.server.url: self.newest()})

    def test_all_at_once(self):
        """LIB-106: list, get, renew, delete, open and close."""
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
