# SPDX-License-Identifier: Apache-2.0
"""A token that is renewed on the way, without a word: by `token`, by git's helper, one at a time; and what
is said, kept and not asked when it cannot be."""
import os
import signal
import time

import loomtest
import servers
import vault

LIFE_S = 3600
META = "GET /.well-known/oauth-authorization-server"
TOKEN = "POST /oauth/token"
REFRESH_S = 5  # the longest that git waits


class Refresh(loomtest.Case):
    server_options = ("--dialect", "oauth", "--token-life", LIFE_S)

    def setUp(self):
        super().setUp()
        self.take_tokens()

    def take_tokens(self):
        """A sign-in, as one of a moment ago would have left it."""
        self.pair = self.server.issue_tokens()
        self.old = self.pair["access_token"]
        self.mark = len(self.server.log())

    def credential(self, left_s, url=None, **members):
        """(origin, token, more) for Home.seed: `left_s` before its end."""
        url = url or self.server.url
        end = int(time.time()) + left_s
        return url, self.old, {
            "type": "oauth", "key": None, "access": self.old,
            "refresh": self.pair["refresh_token"], "dialect": "oauth", "source": "device",
            "expires": end, "expires_in": LIFE_S, "obtained_at": end - LIFE_S, "issuer": url,
            "token_endpoint": url + "/oauth/token", "revocation_endpoint": url + "/oauth/revoke",
            "userinfo_endpoint": url + "/oauth/userinfo", "client_id": "loom-cli",
            "scope": "openid offline_access", "account": {"username": "ada"}, **members}

    def seed(self, left_s, url=None, **members):
        self.home.seed(self.credential(left_s, url, **members))

    def stored(self, url=None):
        return self.home.stored()[url or self.server.url]

    def refreshes(self):
        return self.server.state()["refreshes"]

    def requests(self):
        return self.server.requests(self.mark)

    def token(self, *argv, status=0, url=None, **more):
        result = self.loom("token", "--server", url or self.server.url, *argv, status=status,
                           **more)
        result.is_door = True
        return result

    def ask(self, url=None):
        host = (url or self.server.url).partition("://")[2]
        return self.helper("get", {"protocol": "http", "host": host})

    def erase(self, token):
        self.helper("erase", {"protocol": "http", "host": self.server.host, "username": "oauth2",
                              "password": token})

    def newest(self):
        return self.server.last("token")

    def check_old(self, result):
        """The old token, and one line about it."""
        self.assertEqual(result.out.decode().strip(), self.old, result)
        self.assertRegex(result.said, "^loom: Your sign-in to .* is good until|^loom: Your sign-in "
                                      "to .* could not be renewed just now", result)
        return result


class Renewed(Refresh):
    def test_token_renews_what_is_over(self):
        for left_s in (59, 0, -1, -86400):
            with self.subTest(left_s=left_s):
                self.take_tokens()
                self.seed(left_s)
                before = self.refreshes()
                result = self.token()
                self.assertEqual(result.out.decode(), self.newest() + "\n")
                self.assertEqual(result.err, b"")
                self.assertNotEqual(self.newest(), self.old)
                self.assertEqual(self.requests(), [TOKEN])
                stored = self.stored()
                self.assertEqual(stored["access"], self.newest())
                self.assertEqual(stored["refresh"], self.server.last("refresh_token"))
                self.assertNotEqual(stored["refresh"], self.pair["refresh_token"])
                self.assertAlmostEqual(stored["expires"], time.time() + LIFE_S, delta=60)
                self.assertEqual(stored["account"]["username"], "ada")
                self.assertTrue(self.server.is_alive(self.newest()))
                # and that was that
                self.assertEqual(self.token().out, result.out)
                self.assertEqual(self.refreshes(), before + 1)

    def test_token_with_enough_left_asks_nobody(self):
        self.seed(300)
        self.assertEqual(self.token().out.decode(), self.old + "\n")
        self.assertEqual(self.requests(), [])
        self.assertEqual(self.token("--min-valid", "301").out.decode(), self.newest() + "\n")
        self.assertNotEqual(self.newest(), self.old)

    def test_git_gets_the_new_one_and_its_end(self):
        self.seed(10)
        result = self.ask()
        self.assertEqual(self.answer(result), {
            "username": "oauth2", "password": self.newest(),
            "password_expiry_utc": str(self.stored()["expires"])})
        self.assertEqual(result.err, b"")
        self.assertEqual(self.requests(), [TOKEN])
        self.assertEqual(self.ask().out, result.out)
        self.assertEqual(self.requests(), [TOKEN])

    def test_git_19_erase_makes_the_next_get_renew(self):
        """Nothing else is asked, and only once."""
        self.seed(LIFE_S)
        self.server.expire_tokens()
        self.erase(self.old)
        self.assertEqual(self.requests(), [])
        self.assertEqual(self.answer(self.ask())["password"], self.newest())
        self.assertEqual(self.requests(), [TOKEN])
        self.assertTrue(self.server.is_alive(self.newest()))
        mark = len(self.server.log())
        self.erase(self.old)  # git may be late
        self.assertEqual(self.answer(self.ask())["password"], self.newest())
        self.assertEqual(self.server.requests(mark), [])

    def test_a_server_that_keeps_its_refresh_token(self):
        server = self.start_server(*self.server_options, "--refresh", "keep")
        self.server = server
        self.take_tokens()
        for _ in range(2):
            self.seed(-1)
            self.assertEqual(self.token().out.decode(), self.newest() + "\n")
            self.assertEqual(self.stored()["refresh"], self.pair["refresh_token"])

    def test_what_another_program_left_finds_its_endpoints(self):
        self.home.seed_plaintext({vault.server_key(self.server.url): {
            "type": "oauth", "access": self.old, "refresh": self.pair["refresh_token"],
            "expires": int(time.time()) - 1}})
        result = self.token()
        self.assertEqual(result.out.decode(), self.newest() + "\n")
        self.assertEqual(self.requests(), [META, TOKEN])
        stored = self.stored()
        self.assertEqual(stored["token_endpoint"], self.server.url + "/oauth/token")
        self.assertEqual(stored["source"], "imported")
        self.server.expire_tokens()
        self.erase(self.newest())
        mark = len(self.server.log())
        self.assertEqual(self.token().out.decode(), self.newest() + "\n")
        self.assertEqual(self.server.requests(mark), [TOKEN])

    def test_a_clock_that_was_set_back_costs_one_request(self):
        """The end in the store is a day too late: it is not believed."""
        self.seed(LIFE_S + 86400, obtained_at=int(time.time()) + 86400)
        self.assertEqual(self.token().out.decode(), self.newest() + "\n")
        self.assertEqual(self.token().out.decode(), self.newest() + "\n")
        self.assertEqual(self.requests(), [TOKEN])
        self.assertGreater(self.stored()["obtained_at"], time.time() + 80000)


class NotRenewed(Refresh):
    def test_a_server_that_is_down(self):
        url = f"http://localhost:{servers.closed_port()}"
        self.seed(30, url)
        self.check_old(self.token(url=url))
        result = self.ask(url)
        self.assertEqual(self.answer(result)["password"], self.old)
        self.assertIn("could not be renewed just now", result.said)
        self.seed(-1, url)
        result = self.token(url=url, status=6)
        self.assertEqual(result.out, b"")
        result = self.ask(url)
        self.assertEqual(result.out, b"")
        self.assertRegex(result.text, "^loom: ")
        self.assertEqual(self.stored(url)["access"], self.old)

    def test_a_server_that_fails_is_left_alone_for_a_while(self):
        self.server.misbehave("refresh-500")
        self.seed(30)
        for _ in range(3):
            self.check_old(self.token())
            self.assertEqual(self.answer(self.ask())["password"], self.old)
        self.assertEqual(self.requests(), [TOKEN])
        self.seed(-1)
        self.token(status=6)
        self.assertEqual(self.requests(), [TOKEN])
        # once it is well again, and the while is over
        self.server.misbehave()
        os.unlink(os.path.join(self.home.data, "refused.json"))
        self.assertEqual(self.token().out.decode(), self.newest() + "\n")

    def check_dead(self):
        """Said each time, asked never again."""
        result = self.token(status=3)
        self.assertEqual(result.out, b"")
        self.assertIn(f"    loom login --server {self.server.url}", result.text.splitlines())
        result = self.ask()
        self.assertEqual(result.out, b"quit=1\n", result)
        self.assertIn(f"    loom login --server {self.server.url}", result.text.splitlines())

    def test_a_refresh_token_that_is_dead(self):
        self.server.misbehave("refresh-invalid-grant")
        self.seed(30)
        for _ in range(3):
            result = self.check_old(self.token())
            self.assertIn(f"    loom login --server {self.server.url}", result.text.splitlines())
        self.assertEqual(self.requests(), [TOKEN])
        self.erase(self.old)
        self.check_dead()
        self.seed(-1)
        self.check_dead()
        self.assertEqual(self.requests(), [TOKEN])

    def test_a_server_that_knows_this_client_no_longer(self):
        """It renews nothing, and says nothing about the token: what git refused is asked about."""
        asked = [TOKEN, "GET /oauth/userinfo"]
        self.seed(3600, client_id="forgotten")
        self.erase(self.old)
        self.assertEqual(self.answer(self.ask())["password"], self.old)
        self.assertEqual(self.requests(), asked)
        result = self.ask()
        self.assertEqual(self.answer(result)["password"], self.old)
        self.assertEqual(result.err, b"", "it was not the server that refused it")
        self.server.revoke_all()
        self.erase(self.old)
        self.check_dead()
        self.check_dead()
        self.assertEqual(self.requests(), 2 * asked)

    def test_a_rotation_whose_answer_is_lost(self):
        """The old tokens are what there is: they serve while they live, and then there is a sentence."""
        self.server.misbehave("refresh-lost")
        self.seed(30)
        self.check_old(self.token())
        self.server.misbehave()
        for _ in range(5):
            self.check_old(self.token())
        self.assertEqual(self.refreshes(), 2)
        self.seed(-1)
        for _ in range(3):
            self.check_dead()
        self.assertEqual(self.refreshes(), 2)

    def test_what_cannot_be_stored_is_not_asked_for(self):
        """No lock, no change of the file; its reader needs none."""
        for left_s in (30, -1):
            self.home = self.new_home()
            self.seed(left_s)
            os.mkdir(os.path.join(self.home.config, "credentials.json.lock"), 0o700)
            if left_s > 0:
                self.check_old(self.token())
                self.assertEqual(self.answer(self.ask())["password"], self.old)
            else:
                self.assertEqual(self.token(status=8).out, b"")
                self.assertEqual(self.ask().out, b"")
        self.assertEqual(self.requests(), [])

    def test_git_never_waits_for_long(self):
        server = self.start_server(*self.server_options, "--refresh-delay-before", 60000)
        self.server = server
        self.take_tokens()
        for left_s, is_answered in ((30, True), (-1, False)):
            self.seed(left_s)
            if os.path.exists(os.path.join(self.home.data, "refused.json")):
                os.unlink(os.path.join(self.home.data, "refused.json"))

            def once():
                result = self.ask()
                self.assertEqual("password" in self.answer(result), is_answered, result)
                self.assertRegex(result.text, "^loom: ")
                return result.took_s

            self.in_time(once, REFRESH_S)


class Interrupted(Refresh):
    server_options = (*Refresh.server_options, "--refresh-delay", 1500)

    def begin(self, *argv, **more):
        program = self.start(*argv, **more)
        self.wait_for(lambda: self.refreshes() == 1)
        return program

    def check_stored(self, result):
        self.assertEqual(result.status, -signal.SIGINT, result)
        self.assertEqual(self.stored()["access"], self.newest())
        self.assertNotEqual(self.newest(), self.old)
        self.assertEqual(self.token().out.decode(), self.newest() + "\n")
        self.assertEqual(self.refreshes(), 1)

    def test_ctrl_c_waits_for_the_answer(self):
        self.seed(-1)
        program = self.begin("token", "--server", self.server.url)
        program.signal(signal.SIGINT)
        result = program.finish()
        result.is_door = True
        self.check_stored(result)

    def test_ctrl_c_in_git_waits_for_the_answer(self):
        self.seed(-1)
        program = self.begin("credential-helper", "get",
                             stdin=f"protocol=http\nhost={self.server.host}\n\n".encode())
        program.signal(signal.SIGINT)
        result = program.finish()
        result.is_door = True
        self.assertEqual(result.out, b"")
        self.check_stored(result)

    def test_ctrl_c_twice_does_not(self):
        self.seed(-1)
        program = self.begin("token", "--server", self.server.url)
        program.signal(signal.SIGINT)
        time.sleep(0.6)
        program.signal(signal.SIGINT)
        result = program.finish()
        self.assertEqual(result.status, -signal.SIGINT, result)
        self.assertEqual(self.stored()["access"], self.old)

    def test_a_sign_out_meanwhile_has_the_last_word(self):
        self.seed(-1)
        program = self.begin("token", "--server", self.server.url)
        self.loom("logout", "--server", self.server.url)
        program.finish().is_door = True
        self.assertEqual(self.home.tokens(), {})
        state = self.server.state()
        self.assertEqual((state["tokens"], state["refresh_tokens"]), (0, 0))


if __name__ == "__main__":
    loomtest.main()
