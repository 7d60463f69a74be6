# SPDX-License-Identifier: Apache-2.0
"""Signing in again: the new credential takes the place of the old one, whose token ends at the
server if it was this program that got it."""
import os

import loomtest


class LoginReplace(loomtest.Case):
    server_options = ("--approve-after", 0)

    def seed(self, token, **members):
        self.home.seed((self.server.url, self.plant(token), {"source": "device", **members}))

    def login_json(self, *argv, **more):
        return self.events(self.login(self.server, "--json", *argv, **more))[-1]

    def test_a_token_of_our_own_is_revoked(self):
        old = self.server.issue_token()
        self.seed(old, account={"display_name": "Grace Hopper", "username": "grace"})
        done = self.login_json()
        self.assertIs(done["old_token_revoked"], True)
        self.assertEqual(done["replaced"], {"id": None, "username": "grace", "email": None,
                                            "display_name": "Grace Hopper"})
        self.assertFalse(self.server.is_alive(old))
        self.assertTrue(self.server.is_alive(self.home.tokens()[self.server.url]))

    def test_a_given_token_is_not_revoked(self):
        for source in ("given", "imported"):
            old = self.server.issue_token()
            self.seed(old, source=source)
            done = self.login_json()
            self.assertIsNone(done["old_token_revoked"])
            self.assertIsNotNone(done["replaced"])
            self.assertTrue(self.server.is_alive(old))
        self.assertNotIn("POST /auth/logout", self.server.requests())

    def test_the_same_token_is_not_revoked(self):
        token = self.server.issue_token()
        self.seed(token)
        self.give(self.server, token)
        self.assertTrue(self.server.is_alive(token))
        self.assertNotIn("POST /auth/logout", self.server.requests())

    def test_a_given_token_replaces_one_of_our_own(self):
        old, new = self.server.issue_token(), self.server.issue_token()
        self.seed(old)
        result = self.login(self.server, "--with-token", stdin=new.encode())
        self.assertIn("You are already signed in", result.said)
        self.assertFalse(self.server.is_alive(old))
        self.assertEqual(self.home.tokens(), {self.server.url: new})

    def test_a_first_sign_in_replaces_nothing(self):
        done = self.login_json()
        self.assertIsNone(done["replaced"])
        self.assertIsNone(done["old_token_revoked"])

    def test_that_the_old_one_could_not_be_revoked_is_said(self):
        for name in ("logout-500", "logout-404", "logout-html", "logout-html-401", "logout-drop"):
            with self.subTest(name):
                old = self.server.issue_token()
                self.seed(old)
                self.server.misbehave(name)
                result = self.login(self.server, "-q")
                self.assertIn("The server could not be told that your earlier sign-in is over.",
                              result.said)
                self.server.misbehave()
                self.assertTrue(self.server.is_alive(old))
                self.assertNotEqual(self.home.tokens(), {self.server.url: old})
        self.seed(self.server.issue_token())
        self.server.misbehave("logout-500")
        self.assertIs(self.login_json()["old_token_revoked"], False)

    def test_an_old_token_that_is_dead_already_is_no_trouble(self):
        self.seed("lt_" + "d" * 40)
        result = self.login(self.server)
        self.assertNotIn("could not be told", result.said)

    def test_another_server_stays_as_it_is(self):
        other = self.start_server()
        mine, theirs = self.server.issue_token(), other.issue_token()
        self.home.seed((self.server.url, mine, {"source": "device"}),
                       (other.url, theirs, {"source": "device"}))
        self.login(self.server)
        self.assertEqual(self.home.tokens()[other.url], theirs)
        self.assertTrue(other.is_alive(theirs))
        self.assertEqual(other.requests()[-1], "GET /auth/me")

    def test_url_21_servers_whose_keys_collide_share_nothing(self):
        """URL-21: /a-b and /a_b are filed under one key."""
        dash = self.start_server("--approve-after", 0, "--base-path", "/a-b")
        first = dash.url
        second = dash.url.replace("/a-b", "/a_b")
        self.home.seed((second, self.plant(loomtest.marker("line"))))
        self.login(dash)
        tokens = self.home.tokens()
        self.assertEqual(set(tokens), {first, second})
        self.assertEqual(tokens[second], loomtest.marker("line"))
        self.loom("logout", "--server", first)
        self.assertEqual(set(self.home.tokens()), {second})

    def test_df_27_two_sign_ins_at_once(self):
        """Both end, one entry is left, and it works."""
        server = self.start_server()
        programs = [self.start("login", "--server", server.url) for _ in range(2)]
        codes = [program.expect(rb"(?m)^ +(\d{3}-\d{3}-\d{3})$").group(1).decode()
                 for program in programs]
        for code in codes:
            server.approve(code)
        for program in programs:
            self.assertEqual(program.finish().status, 0)
        self.assertTrue(server.is_alive(self.home.tokens()[server.url]))

    def test_a_sign_in_that_ended_meanwhile_is_replaced_as_well(self):
        """The first to begin is the last to end: what it replaces is what is there then."""
        server = self.start_server()
        slow = self.start("login", "--server", server.url)
        code = slow.expect(rb"(?m)^ +(\d{3}-\d{3}-\d{3})$").group(1).decode()
        quick = self.start("login", "--server", server.url)
        other = quick.expect(rb"(?m)^ +(\d{3}-\d{3}-\d{3})$").group(1).decode()
        server.approve(other)
        self.assertEqual(quick.finish().status, 0)
        replaced = self.home.tokens()[server.url]
        server.approve(code)
        self.assertEqual(slow.finish().status, 0)
        self.assertNotEqual(self.home.tokens()[server.url], replaced)
        self.assertFalse(server.is_alive(replaced), "a token that nobody knows any more lives on")

    def test_fs_15_many_sign_ins_to_many_servers(self):
        """Nobody's entry is lost."""
        programs, wanted = [], {}
        for _ in range(6):
            server = self.start_server()
            token = server.issue_token()
            wanted[server.url] = token
            programs.append(self.start("login", server.url, "--with-token", stdin=token.encode()))
        for program in programs:
            self.assertEqual(program.finish().status, 0)
        self.assertEqual(self.home.tokens(), wanted)

    def test_a_new_sign_in_ends_the_note_of_a_refused_token(self):
        old = self.server.issue_token()
        self.seed(old)
        fields = {"protocol": "http", "host": self.server.host, "username": "oauth2",
                  "password": old}
        self.helper("erase", fields)
        self.assertTrue(os.path.exists(os.path.join(self.home.data, "refused.json")))
        self.login(self.server)
        mark = len(self.server.log())
        answer = self.get(self.server.url)
        self.assertEqual(answer["password"], self.home.tokens()[self.server.url])
        self.assertEqual(self.server.requests(mark), [])


if __name__ == "__main__":
    loomtest.main()
