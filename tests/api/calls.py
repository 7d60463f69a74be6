# SPDX-License-Identifier: Apache-2.0
"""What libloom-credentials does: list, get, renew under the program's own lock, refuse, delete; from the
shared library and from the static one, whatever the host is called inside."""
import os
import time

import library
import loomtest
from library import HOSTS, LIFE_S

KINDS = ("", "_STATIC", "_CLASH", "_CLASH_STATIC")
OTHERS = ("https://a.example.com", "https://b.example.com/loom", "https://c.example.com:8443")


class Get(library.HostCase):
    def test_a_token_comes_with_what_belongs_to_it(self):
        """And from every kind of host; the network is not asked."""
        self.seed(300)
        mark = len(self.server.log())
        for kind in KINDS:
            with self.subTest(kind=kind):
                said = self.host("token", self.server.url + "/", "60", kind=kind)
                self.assertEqual(
                    {**said}, {**said, "result": "ok", "token": self.old,
                               "len": str(len(self.old)), "type": "Bearer",
                               "git_username": "oauth2", "token_server": self.server.url,
                               "from_environment": "0", "warning": ""}, said.result)
                self.assertAlmostEqual(int(said["expires_at"]), time.time() + 300, delta=60)
        self.assertEqual(self.server.requests(mark), [])

    def test_it_is_what_the_program_prints(self):
        self.seed(300)
        self.assertEqual(self.host("token", self.server.url)["token"],
                         self.print_token("--server", self.server.url).out.decode().strip())

    def test_one_with_too_little_life_is_renewed_and_kept(self):
        for kind in KINDS:
            for left_s, least_s in ((59, "60"), (-1, "0"), (-86400, "0"), (600, "601")):
                with self.subTest(kind=kind, left_s=left_s):
                    self.seed(left_s)
                    said = self.host("token", self.server.url, least_s, kind=kind)
                    self.assertEqual(said["token"], self.newest(), said.result)
                    self.assertNotEqual(said["token"], self.old)
                    self.assertEqual(said["warning"], "")
                    stored = self.home.stored()[self.server.url]
                    self.assertEqual(stored["access"], self.newest())
                    self.assertEqual(stored["refresh"], self.server.last("refresh_token"))
                    self.assertEqual(self.host("token", self.server.url, kind=kind)["token"],
                                     said["token"])

    def test_many_hosts_and_the_program_renew_once(self):
        """Under one lock."""
        self.seed(10)
        before = self.server.state()["refreshes"]
        running = [self.start("token", self.server.url, program=HOSTS[kind],
                              env={"HOST_PLACE": "3"}) for kind in KINDS * 2]
        running += [self.start("token", "--server", self.server.url) for _ in range(4)]
        for program in running:
            result = program.finish()
            result.is_door = True
            self.assertIn(self.newest(), result.out.decode(), result)
        self.assertEqual(self.server.state()["refreshes"], before + 1)

    def test_while_the_old_one_lives_trouble_is_a_warning(self):
        self.seed(30)
        self.server.misbehave("refresh-500")
        said = self.host("token", self.server.url)
        self.assertEqual((said["result"], said["token"]), ("ok", self.old))
        self.assertIn(self.server.url, said["warning"])

    def test_a_server_with_its_own_authority(self):
        """Named by the caller; by nobody; remembered with the sign-in."""
        server = self.start_server(*self.server_options, tls=True)
        self.server = server
        ca = self.authority.file
        self.seed(-1)
        self.fails("tls", "token", server.url)
        said = self.host("token", server.url, env={"HOST_CA": ca})
        self.assertEqual(said["token"], self.newest())
        self.seed(10, ca_file=ca)
        self.assertEqual(self.host("token", server.url)["token"], self.newest())
        self.seed(10, ca_file=ca)
        self.assertEqual(self.host("token", server.url, env={"HOST_CA": ca})["token"],
                         self.newest())

    def test_what_was_refused_is_renewed(self):
        self.seed(LIFE_S)
        self.assertEqual(self.host("refuse", self.server.url)["result"], "ok")
        said = self.host("token", self.server.url)
        self.assertEqual(said["token"], self.newest())
        self.assertNotEqual(said["token"], self.old)

    def test_what_was_refused_and_is_dead_is_said_so(self):
        server = self.start_server()
        self.home.seed((server.url, loomtest.marker("dead")))
        self.assertEqual(self.host("refuse", server.url)["result"], "ok")
        self.fails("rejected", "token", server.url)

    def test_a_child_goes_on_with_what_its_parent_opened(self):
        """LIB-113: fork(), before and after anything was done."""
        self.seed(10)
        said = self.host("fork", "token", self.server.url)
        self.assertEqual((said["child"], said["token"]), ("0", self.newest()))
        self.seed(10)
        said = self.host("then-fork", "renew", self.server.url)
        self.assertEqual((said["child"], said["result"]), ("0", "ok"))


class Environment(library.HostCase):
    server_options = None
    URL = "https://loom.example.com"

    def setUp(self):
        super().setUp()
        self.token = self.plant(loomtest.marker("environment"))

    def test_its_token_wins_for_its_server_alone(self):
        self.home.seed(*((url, self.plant(loomtest.marker(url))) for url in (self.URL, OTHERS[0])))
        env = {"LOOM_SERVER": self.URL, "LOOM_TOKEN": self.token}
        said = self.host("token", self.URL, env=env)
        self.assertEqual((said["token"], said["from_environment"], said["expires_at"]),
                         (self.token, "1", "0"))
        said = self.host("token", OTHERS[0], env=env)
        self.assertEqual((said["token"], said["from_environment"]),
                         (loomtest.marker(OTHERS[0]), "0"))
        # and not at all when the caller does not want it
        said = self.host("token", self.URL, env={**env, "HOST_ENVIRONMENT": "0"})
        self.assertEqual((said["token"], said["from_environment"]),
                         (loomtest.marker(self.URL), "0"))
        self.assertEqual(self.host("refuse", self.URL, env=env)["result"], "ok")
        self.assertEqual(self.host("list", env=env).of("server"), [OTHERS[0], self.URL])

    def test_its_file_is_read_when_a_token_is_asked_for(self):
        path = os.path.join(self.home.tmp, "token")
        env = {"LOOM_SERVER_URL": self.URL, "LOOM_TOKEN_FILE": path}
        said = self.fails("usage", "token", self.URL, env=env)
        self.assertIn(path, said["message"])
        for content in (self.token + "\n", self.token + "\r\n", self.token):
            with open(path, "w") as file:
                file.write(content)
            self.assertEqual(self.host("token", self.URL, env=env)["token"], self.token)
        for content in ("", "two words\n", "x" * 70000):
            with open(path, "w") as file:
                file.write(content)
            self.fails("usage", "token", self.URL, env=env)
        os.remove(path)

    def test_a_child_of_the_host_sees_what_the_host_saw(self):
        """Somebody else's environment is never changed."""
        said = self.host("inspect", "token", self.URL,
                         env={"LOOM_SERVER": self.URL, "LOOM_TOKEN": self.token})
        self.assertEqual((said.of("lost"), said.of("gained")), ([], []))


class List(library.HostCase):
    server_options = None

    def test_servers_are_sorted_and_none_is_fine(self):
        self.assertEqual(self.host("list").lines, [("result", "ok")])
        self.home.seed(*((url, loomtest.marker(url)) for url in reversed(OTHERS)))
        for kind in KINDS:
            self.assertEqual(self.host("list", kind=kind).of("server"), list(OTHERS))

    def test_many_servers(self):
        urls = [f"https://s{i:03}.example.com" for i in range(100)]
        self.home.seed(*((url, loomtest.marker(url)) for url in urls))
        self.assertEqual(self.host("list").of("server"), urls)

    def test_the_version_is_the_header_s(self):
        said = self.host("version")
        program = self.loom("--version").out.decode().split()[1]
        self.assertEqual({said["version"], said["header"], said["parts"]}, {program})


class Delete(library.HostCase):
    def test_signing_out_tells_the_server(self):
        for kind in KINDS:
            self.seed(300)
            said = self.host("delete", self.server.url, "0", kind=kind)
            self.assertEqual((said["result"], said["revocation"]), ("ok", "revoked"))
            self.assertEqual(self.home.tokens(), {})
            self.assertFalse(self.server.is_alive(self.old))
            self.fails("not_signed_in", "delete", self.server.url, "0", kind=kind)

    def test_forgetting_does_not(self):
        self.home.seed(self.credential(300), (OTHERS[0], loomtest.marker("other")))
        old, mark = self.pair["access_token"], len(self.server.log())
        said = self.host("delete", self.server.url, "1")
        self.assertEqual((said["result"], said["revocation"]), ("ok", "not_asked"))
        self.assertEqual(self.home.tokens(), {OTHERS[0]: loomtest.marker("other")})
        self.assertEqual(self.server.requests(mark), [])
        self.assertTrue(self.server.is_alive(old))
        self.fails("not_signed_in", "delete", self.server.url, "1")

    def test_a_server_that_does_not_answer_costs_half_the_time(self):
        """LIB-115: then it is deleted all the same, and the caller knows."""
        self.seed(300)
        self.server.misbehave("hang")
        said = self.host("delete", self.server.url, "0", env={"HOST_TIMEOUT_MS": "2000"})
        self.assertEqual((said["result"], said["revocation"]), ("ok", "not_revoked"))
        self.assertEqual(self.home.tokens(), {})
        self.check_quick(said.result.took_s, 8)


class Faults(library.HostCase):
    """LIB-112: every allocation of our own code fails in its turn: that is said, or did not matter,
    nobody else is blamed, and no block stays (what a leak checker says in the builds with sanitizers)."""

    def sweep(self, *argv, last="ok", least=10):
        said = self.host("faults", *argv, kind="_FAULTY")
        blamed = [row for row in said.of("blamed") if row.split()[1] != last]
        self.assertEqual((said["last"], blamed), (last, []), said.result)
        self.assertGreater(int(said["allocations"]), least, said.result)
        self.assertGreater(int(said["failures"]), least // 2, said.result)

    def test_list(self):
        self.home.seed(*((url, loomtest.marker(url)) for url in OTHERS))
        self.sweep("list")

    def test_token(self):
        self.seed(300)
        self.sweep("token", self.server.url)

    def test_renew(self):
        """Refused and renewed, again and again, where a refresh token works more than once: an answer that
        there is no memory for is lost."""
        self.seed(300)
        self.server.misbehave("refresh-no-rotation-field")
        said = self.host("faults", "renew", self.server.url, kind="_FAULTY")
        self.assertEqual((said["last"], said.of("blamed")), ("ok", []), said.result)
        self.assertGreater(int(said["allocations"]), 100, said.result)

    def test_refuse(self):
        self.seed(300)
        self.sweep("refuse", self.server.url)

    def test_nothing_to_delete(self):
        self.home.seed((OTHERS[0], loomtest.marker("other")))
        self.sweep("delete", OTHERS[1], "1", last="not_signed_in")


if __name__ == "__main__":
    loomtest.main()
