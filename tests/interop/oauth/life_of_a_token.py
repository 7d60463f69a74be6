# SPDX-License-Identifier: Apache-2.0
"""What becomes of tokens at a real OAuth 2.0 server that rotates them and watches for old ones."""
import time

import loomtest
import oidc

REFRESHED = "POST /token refresh_token 200"
DEAD = "POST /token refresh_token 400 invalid_grant"
# As long is waited, again and again; a shorter one ends on a busy machine before it is used.
LIFE_S = 4


class LifeOfAToken(oidc.Case):
    def setUp(self):
        super().setUp()
        self.short = self.issuer(ttl={"AccessToken": LIFE_S})

    def outlive(self, issuer):
        """Wait until the server itself does not take the stored token any more."""
        token = self.home.tokens()[issuer.url]
        while issuer.is_alive(token):
            time.sleep(0.1)

    def refreshes(self, issuer):
        return [call for call in issuer.calls() if "refresh_token" in call and "/token " in call]

    def test_token_renews_what_expired_and_the_refresh_token_rotates(self):
        issuer = self.short
        self.sign_in(issuer)
        seen = [(self.token(issuer, "--min-valid", "0"), self.refresh_of(issuer))]
        for _ in range(2):
            self.outlive(issuer)
            seen.append((self.token(issuer, "--min-valid", "0"), self.refresh_of(issuer)))
            self.assertTrue(issuer.is_alive(seen[-1][0]))
            self.assertTrue(issuer.is_alive(seen[-1][1]))
            self.assertFalse(issuer.is_alive(seen[-2][1]))
        self.assertEqual(len(set(sum(seen, ()))), 6, "each one is new")
        self.assertEqual(self.refreshes(issuer), [REFRESHED] * 2)
        result = self.loom("logout")
        self.assertIn(f"Signed out of {issuer.url}.", result.said)
        for token in seen[-1]:
            self.assertFalse(issuer.is_alive(token))

    def test_git_gets_a_new_one_when_the_old_expired(self):
        issuer = self.short
        self.sign_in(issuer)
        self.outlive(issuer)
        answer = self.get(issuer.url)
        self.assertTrue(issuer.is_alive(answer["password"]))
        self.assertEqual(answer["password"], issuer.last("access_token"))
        self.assertGreater(int(answer["password_expiry_utc"]), time.time())

    def test_git_gets_a_new_one_when_the_old_was_refused(self):
        issuer = self.issuer()
        self.sign_in(issuer)
        old = self.get(issuer.url)["password"]
        self.assertEqual(issuer.post("/token/revocation", token=old)[0], 200)
        scheme, host = issuer.url.split("://")
        self.helper("erase", {"protocol": scheme, "host": host, "username": "oauth2",
                              "password": old})
        new = self.get(issuer.url)["password"]
        self.assertNotEqual(new, old)
        self.assertTrue(issuer.is_alive(new))
        self.assertEqual(self.refreshes(issuer), [REFRESHED])

    def test_many_at_once_make_one_request(self):
        issuer = self.issuer(ttl={"AccessToken": 10})
        self.sign_in(issuer)
        self.outlive(issuer)
        running = [self.start("token", "--server", issuer.url) for _ in range(8)]
        tokens = set()
        for program in running:
            result = program.finish()
            result.is_door = True
            self.assertEqual(result.status, 0, result)
            tokens.add(result.out.decode().rstrip("\n"))
        self.assertEqual(tokens, {issuer.last("access_token")})
        self.assertEqual(self.refreshes(issuer), [REFRESHED])

    def test_an_old_refresh_token_used_by_somebody_ends_all(self):
        issuer = self.short
        self.sign_in(issuer)
        stolen = self.refresh_of(issuer)
        self.outlive(issuer)
        self.token(issuer, "--min-valid", "0")
        # RFC 9700 section 4.14.2: who uses it again shows that there are two of them.
        status, body = issuer.post("/token", grant_type="refresh_token", refresh_token=stolen)
        self.assertEqual((status, b"invalid_grant" in body), (400, True))
        self.assertFalse(issuer.is_alive(self.refresh_of(issuer)))
        # Nobody has told this program, to whom the last token it got is good for its time.
        expires = self.home.stored()[issuer.url]["expires"]
        self.wait_for(lambda: time.time() > expires)
        result = self.loom("token", status=3)
        self.assertIn(f"{issuer.url} no longer accepts your sign-in.", result.said)
        # From now on nothing is asked, whoever asks.
        since = len(issuer.log())
        self.assertEqual(issuer.calls()[-1], DEAD)
        self.loom("token", status=3)
        self.assertEqual(self.get(issuer.url), {"quit": "1"})
        self.assertEqual(issuer.calls(since), [])
        # Until somebody signs in again.
        self.sign_in(issuer)
        self.assertTrue(issuer.is_alive(self.token(issuer)))

    def test_a_refresh_token_that_expired(self):
        issuer = self.issuer(ttl={"AccessToken": LIFE_S, "RefreshToken": 1})
        self.sign_in(issuer)
        self.outlive(issuer)
        result = self.loom("token", status=3)
        self.assertIn(f"{issuer.url} no longer accepts your sign-in.", result.said)
        self.loom("status", status=3)
        self.assertEqual(self.refreshes(issuer), [DEAD])

    def test_a_refresh_token_that_stays(self):
        issuer = self.issuer(ttl={"AccessToken": LIFE_S}, configure={"rotateRefreshToken": False})
        self.sign_in(issuer)
        first = self.refresh_of(issuer)
        self.outlive(issuer)
        self.assertTrue(issuer.is_alive(self.token(issuer, "--min-valid", "0")))
        self.assertEqual(self.refresh_of(issuer), first)

    def test_without_a_refresh_token_the_end_is_told(self):
        issuer = self.issuer(ttl={"AccessToken": LIFE_S})
        self.sign_in(issuer, "--scope", "openid")
        self.assertNotIn("refresh", self.home.stored()[issuer.url])
        self.outlive(issuer)
        since = len(issuer.log())
        result = self.loom("token", status=3)
        self.assertIn(f"Your sign-in to {issuer.url} has expired.", result.said)
        self.loom("status", status=3)
        self.assertNotIn("password", self.get(issuer.url))
        self.assertEqual(issuer.calls(since), [])

    def test_who_signed_out_elsewhere_is_told(self):
        issuer = self.issuer()
        self.sign_in(issuer)
        # Ended on the server's page: with the refresh token goes all that came of it.
        self.assertEqual(issuer.post("/token/revocation", token=self.refresh_of(issuer))[0], 200)
        result = self.loom("status", status=3)
        self.assertIn("no longer accepts", result.said + result.out.decode())
        result = self.loom("logout")
        self.assertIn(f"Signed out of {issuer.url}.", result.said)


if __name__ == "__main__":
    loomtest.main(threads=10)
