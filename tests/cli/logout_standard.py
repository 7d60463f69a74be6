# SPDX-License-Identifier: Apache-2.0
"""Signing out of a standard OAuth 2.0 server, and replacing a sign-in there: RFC 7009."""
import login_standard
import loomtest
import schema
import servers
from login_standard import QUICK, REVOKE

UNTOLD = "on this computer. The server could not be told, so it may still accept the old token."


class LogoutStandard(login_standard.Story):
    def logout_json(self, status=0):
        row, = schema.check_logout(self, self.loom("logout", "--json", status=status))
        self.assertEqual((row["was_signed_in"], row["deleted_from"], row["left_in"]),
                         (True, ["file"], []))
        self.assertEqual(self.home.tokens(), {})
        return row

    def test_both_tokens_end_at_the_server(self):
        self.login(self.server)
        mark = len(self.server.log())
        result = self.loom("logout")
        self.assertIn(f"Signed out of {self.server.url}.", result.said)
        self.assertEqual(self.server.requests(mark), [REVOKE] * 2)
        self.assertEqual([row["authorization"] for row in self.server.log()[mark:]], ["none"] * 2)
        self.assertEqual(self.server.state(),
                         {"pending": 0, "tokens": 0, "refresh_tokens": 0, "refreshes": 0})
        self.assertEqual(self.home.tokens(), {})
        self.assertEqual(self.get(self.server.url), {})

    def test_in_json(self):
        self.login(self.server)
        row = self.logout_json()
        self.assertEqual((row["revoked"], row["error"]), ("yes", None))

    def test_without_a_refresh_token_one_is_enough(self):
        server = self.start_server(*QUICK, "--approve-after", 0, "--refresh", "none")
        self.login(server)
        self.assertEqual(self.logout_json()["revoked"], "yes")
        self.assertEqual(server.requests().count(REVOKE), 1)

    def test_rev_03_dead_tokens_are_no_trouble(self):
        self.login(self.server)
        self.server.revoke_all()
        self.assertEqual(self.logout_json()["revoked"], "yes")  # 200: they are dead, says RFC 7009
        self.login(self.server)
        self.server.expire_tokens()
        self.logout_json()
        self.assertEqual(self.server.state()["refresh_tokens"], 0)

    def test_rev_13_a_server_that_cannot_revoke_such_a_token(self):
        for argv in ((), ("--json",)):
            self.login(self.server)
            self.server.misbehave("revoke-400-unsupported")
            if argv:
                row = self.logout_json(status=10)
                self.assertEqual(row["revoked"], "unsupported")
            else:
                result = self.loom("logout", status=10)
                self.assertIn(f"Signed out of {self.server.url} {UNTOLD}", result.said)
            self.assertEqual(self.home.tokens(), {})
            self.assertEqual(self.server.state()["refresh_tokens"], 1)
            self.server.misbehave()
            self.server.revoke_all()

    def test_rev_13_a_server_without_revocation(self):
        self.server.misbehave("meta-bare")
        self.login(self.server)
        mark = len(self.server.log())
        row = self.logout_json(status=10)
        self.assertEqual((row["revoked"], row["error"]), ("unsupported", None))
        self.assertEqual(self.server.requests(mark), [])

    def test_rev_02_trouble_is_said_and_forgotten_here(self):
        for name, code in (("revoke-500", "network"), ("logout-drop", "network"),
                           ("logout-html", None), ("logout-redirect", "bad_answer")):
            self.login(self.server)
            self.server.misbehave(name)
            if name == "logout-html":  # RFC 7009 section 2.2: what 200 says does not matter
                self.assertEqual(self.logout_json()["revoked"], "yes")
            else:
                row = self.logout_json(status=10)
                self.assertEqual((row["revoked"], row["error"]["code"]), ("no", code), name)
            self.server.misbehave()

    def test_rev_04_a_redirect_is_not_followed(self):
        listener = servers.Listener()
        self.addCleanup(listener.stop)
        server = self.start_server(*QUICK, "--approve-after", 0, "--redirect-to",
                                   f"https://127.0.0.1:{listener.port}/")
        self.login(server)
        server.misbehave("logout-redirect")
        self.assertEqual(self.logout_json(status=10)["revoked"], "no")
        self.assertEqual(listener.seen, [])

    def test_a_new_sign_in_ends_both_tokens_of_the_old_one(self):
        self.login(self.server)
        old = self.server.last("token")
        done = self.events(self.login(self.server, "--json"))[-1]
        self.assertIs(done["old_token_revoked"], True)
        self.assertFalse(self.server.is_alive(old))
        self.assertEqual((self.server.state()["tokens"], self.server.state()["refresh_tokens"]),
                         (1, 1))
        self.server.misbehave("revoke-500")
        result = self.login(self.server)
        self.assertIn("The server could not be told that your earlier sign-in is over.", result.said)


if __name__ == "__main__":
    loomtest.main()
