# SPDX-License-Identifier: Apache-2.0
"""Signing in to a real OAuth 2.0 server, and being refused there: what is asked, and in which order."""
import json

import loomtest
import oidc

# No Loom server, and nothing where RFC 8414 looks first: oidc-provider follows OpenID Connect.
SEARCH = ["POST /auth/device/start 404 invalid_request",
          "GET /.well-known/oauth-authorization-server 404 invalid_request",
          "GET /.well-known/openid-configuration 200"]
REVOKED = ["POST /token/revocation refresh_token 200", "POST /token/revocation access_token 200"]


class SignIn(oidc.Case):
    def test_the_whole_way_from_login_to_logout(self):
        issuer = self.issuer()
        result = self.sign_in(issuer)
        self.assertIn(f"Signed in to {issuer.url} as ada.", result.said)
        # It names no interval, so it is asked every five seconds (RFC 8628 section 3.2).
        self.assertEqual(issuer.calls(), [*SEARCH, "POST /device/auth 200",
                                          "POST /token device_code 200", "GET /me 200"])
        self.assertEqual(issuer.log()[3]["scope"], "openid offline_access")
        access, refresh = issuer.last("access_token"), issuer.last("refresh_token")
        self.assertEqual(self.home.stored()[issuer.url]["access"], access)
        self.assertEqual(self.refresh_of(issuer), refresh)
        # It is good for long enough: nothing is asked.
        since = len(issuer.log())
        self.assertEqual(self.token(issuer), access)
        self.assertEqual(self.token(issuer, "--format", "header"), f"Authorization: Bearer {access}")
        answer = self.get(issuer.url)
        self.assertEqual((answer["username"], answer["password"]), ("oauth2", access))
        row = json.loads(self.token(issuer, "--format", "json"))
        self.assertEqual(row["token"], access)
        self.assertEqual(issuer.calls(since), [])
        (row,) = json.loads(self.loom("status", "--json").out)["servers"]
        self.assertEqual((row["state"], row["dialect"], row["refreshable"], row["account"]["id"]),
                         ("valid", "oauth", True, "ada"))
        self.assertEqual(issuer.calls(since), ["GET /me 200"])
        result = self.loom("logout")
        self.assertIn(f"Signed out of {issuer.url}.", result.said)
        self.assertEqual(issuer.calls(since)[1:], REVOKED)
        self.assertFalse(issuer.is_alive(access))
        self.assertFalse(issuer.is_alive(refresh))
        self.assertEqual(self.home.tokens(), {})

    def test_a_name_comes_with_the_scope_for_it(self):
        issuer = self.issuer()
        result = self.sign_in(issuer, "--scope", "openid profile email offline_access")
        self.assertIn(f"Signed in to {issuer.url} as Ada Lovelace.", result.said)
        (row,) = json.loads(self.loom("status", "--json").out)["servers"]
        self.assertEqual(row["account"], {"id": "ada", "username": "ada",
                                          "display_name": "Ada Lovelace",
                                          "email": "ada@example.com"})

    def test_an_issuer_under_a_path(self):
        issuer = self.issuer(path="/realms/acme")
        self.sign_in(issuer)
        self.assertEqual(issuer.calls()[:3], [
            "POST /realms/acme/auth/device/start 404 invalid_request",
            "GET /.well-known/oauth-authorization-server/realms/acme 404",
            "GET /realms/acme/.well-known/openid-configuration 200"])
        access = issuer.last("access_token")
        self.assertEqual(self.get(issuer.url + "/some/repository")["password"], access)
        self.assertEqual(self.get(issuer.url[:-len("/acme")] + "/other/repository"), {})
        self.loom("logout")
        self.assertFalse(issuer.is_alive(access))

    def test_endpoints_elsewhere_and_under_slashes_of_their_own(self):
        issuer = self.issuer(doubled=True, issuer="{url}/", routes={
            "token": "/oauth/v2/token", "device_authorization": "/oauth/v2/device_authorization",
            "userinfo": "/oidc/v1/userinfo", "revocation": "/oauth/v2/revoke"})
        result = self.sign_in(issuer)
        self.assertIn(f"Signed in to {issuer.url} as ada.", result.said)
        self.assertEqual(issuer.calls()[3:], [
            "POST //oauth/v2/device_authorization 200", "POST //oauth/v2/token device_code 200",
            "GET //oidc/v1/userinfo 200"])
        self.loom("logout")
        self.assertFalse(issuer.is_alive(issuer.last("refresh_token")))

    def test_endpoints_on_another_host_are_shown(self):
        issuer = self.issuer(host="127.0.0.1")
        result = self.sign_in(issuer)
        self.assertIn("lets another server give out its tokens", result.said)
        self.assertIn(issuer.url.replace("localhost", "127.0.0.1"), result.said)

    def test_tls_by_an_authority_of_ones_own(self):
        issuer = self.issuer(tls=True)
        self.sign_in(issuer, "--cacert", self.authority.file)
        self.loom("status")
        self.loom("logout")
        self.assertEqual(issuer.calls()[-2:], REVOKED)

    def test_another_client(self):
        issuer = self.issuer(client={"client_id": "git-tools"})
        self.sign_in(issuer, "--client-id", "git-tools")
        self.assertNotEqual(self.token(issuer, "--min-valid", "3601"), "")
        self.loom("logout")
        self.assertFalse(issuer.is_alive(issuer.last("refresh_token")))

    def test_without_refresh_tokens(self):
        issuer = self.issuer(client={"grant_types": [
            "urn:ietf:params:oauth:grant-type:device_code"]}, configure={"scopes": ["openid"]})
        self.sign_in(issuer)
        self.assertEqual(issuer.log()[3]["scope"], "openid")
        self.assertEqual(issuer.all("refresh_token"), [])
        (row,) = json.loads(self.loom("status", "--json").out)["servers"]
        self.assertIs(row["refreshable"], False)
        self.loom("logout")
        self.assertEqual(issuer.calls()[-1:], REVOKED[1:])

    def test_a_wish_that_the_server_grants_in_part_is_told(self):
        # It says nothing of what it does not know, and leaves it out.
        issuer = self.issuer()
        result = self.sign_in(issuer, "--scope", "openid offline_access repository")
        self.assertIn("openid offline_access", result.said)
        self.assertIs(json.loads(self.loom("status", "--json").out)["servers"][0]["refreshable"],
                      True)

    def test_a_token_for_no_person_is_shown_to_nobody(self):
        # OpenID Connect Core section 5.3: userinfo is for tokens of the scope openid.
        for options, scope in ({}, "profile"), ({"resource": True}, "read"):
            issuer = self.issuer(**options)
            result = self.sign_in(issuer, "--scope", scope)
            self.assertIn(f"Signed in to {issuer.url}.", result.said)
            self.assertNotIn("GET /me", "\n".join(issuer.calls()))
            row = json.loads(self.token(issuer, "--format", "json"))
            self.assertEqual(row["token"], issuer.last("access_token"))
            (row,) = json.loads(self.loom("status", "--json", "--server", issuer.url).out)["servers"]
            self.assertEqual((row["state"], row["error"]), ("unknown", None))

    def test_servers_beside_each_other_and_another_person(self):
        first, second = self.issuer(), self.issuer()
        self.sign_in(first)
        old = self.home.stored()[first.url]
        self.sign_in(second, account="grace")
        self.assertEqual(self.token(first), first.last("access_token"))
        self.assertEqual(self.token(second), second.last("access_token"))
        # Another person on the same server takes the place of the first, whose tokens end.
        result = self.sign_in(first, account="grace")
        self.assertIn(f"You are already signed in to {first.url} as ada.", result.said)
        self.assertIn(f"Signed in to {first.url} as grace.", result.said)
        self.assertEqual(first.calls()[-2:], REVOKED)
        for old_token in old["access"], old["refresh"]:
            self.assertFalse(first.is_alive(old_token))
        self.assertTrue(first.is_alive(self.token(first)))
        self.loom("logout", "--all")
        for issuer in first, second:
            self.assertFalse(issuer.is_alive(issuer.last("refresh_token")))

    def test_a_token_from_elsewhere(self):
        issuer = self.issuer()
        self.sign_in(issuer)
        token = self.token(issuer)
        # With /auth/ANYTHING this server means something else, and answers 400 with a page.
        since = len(issuer.log())
        other = self.new_home()
        given = dict(home=other, stdin=token.encode() + b"\n")
        result = self.loom("login", "--server", issuer.url, "--with-token", **given)
        self.assertIn(f"Signed in to {issuer.url} as ada.", result.said)
        self.assertEqual(issuer.calls(since), ["GET /auth/me 400", *SEARCH[1:], "GET /me 200"])
        variables = {"LOOM_SERVER": issuer.url, "LOOM_TOKEN": token}
        result = self.loom("status", home=self.new_home(), env=variables)
        self.assertIn("Signed in as ada.", result.out.decode())
        self.loom("logout", home=other)
        self.assertFalse(issuer.is_alive(token))
        given["home"] = self.new_home()
        self.loom("login", "--server", issuer.url, "--with-token", status=3, **given)
        self.loom("status", home=self.new_home(), env=variables, status=3)

    # ---- Being refused ----

    def refused(self, issuer, status, *argv):
        result = self.loom("login", "--server", issuer.url, "--no-browser", *argv, status=status)
        self.assertEqual(self.home.tokens(), {})
        return result

    def test_a_client_that_the_server_does_not_know(self):
        issuer = self.issuer(client={"client_id": "somebody"})
        result = self.refused(issuer, 4)
        self.assertIn("does not let this program sign in", result.said)
        self.assertEqual(issuer.calls(), [*SEARCH, "POST /device/auth 401 invalid_client"])

    def test_a_client_that_may_not_use_codes(self):
        issuer = self.issuer(client={
            "grant_types": ["authorization_code"], "response_types": ["code"],
            "redirect_uris": ["https://client.example.com/"]})
        result = self.refused(issuer, 7)
        self.assertIn("device_code is not allowed for this client", result.said)

    def test_a_scope_that_the_server_refuses(self):
        issuer = self.issuer(client={"scope": "openid"})
        result = self.refused(issuer, 7)
        self.assertIn("requested scope is not allowed", result.said)
        self.assertEqual(issuer.calls()[3:], ["POST /device/auth 400 invalid_scope"])

    def test_an_issuer_that_calls_itself_another(self):
        issuer = self.issuer(issuer="https://other.example.com")
        result = self.refused(issuer, 7)
        self.assertIn("https://other.example.com", result.said)
        self.assertEqual(issuer.calls(), SEARCH)

    def test_an_issuer_that_calls_itself_a_neighbour(self):
        issuer = self.issuer(path="/realms/acme", issuer="{url}-test")
        result = self.refused(issuer, 7)
        self.assertIn(f"{issuer.url}-test", result.said)

    def test_a_server_without_codes(self):
        issuer = self.issuer(client={"grant_types": ["refresh_token", "authorization_code"],
                                     "response_types": ["code"],
                                     "redirect_uris": ["https://client.example.com/"]},
                             configure={"features": {"deviceFlow": {"enabled": False}}})
        result = self.refused(issuer, 7)
        self.assertIn("offers no sign-in with a code", result.said)
        self.assertEqual(issuer.calls(), SEARCH)

    def test_a_code_that_expired_here(self):
        issuer = self.issuer(ttl={"DeviceCode": 2})
        result = self.refused(issuer, 5)
        self.assertIn("The code expired before anyone approved it.", result.said)
        self.assertEqual(issuer.calls()[4:], [])

    def test_a_code_that_expired_there(self):
        issuer = self.issuer()
        program, code = self.begin(issuer)
        issuer.expire(code)
        result = program.finish()
        self.assertEqual(result.status, 5, result)
        self.assertIn("The code expired before anyone approved it.", result.said)
        self.assertEqual(issuer.calls()[4:], ["POST /token device_code 400 expired_token"])

    def test_patience_as_the_standard_wants_it(self):
        issuer = self.issuer()
        program, code = self.begin(issuer)
        self.wait_for(lambda: len(issuer.log()) > 4)
        issuer.approve(code)
        self.assertEqual(program.finish().status, 0)
        self.assertEqual(issuer.calls()[4:], [
            "POST /token device_code 400 authorization_pending", "POST /token device_code 200",
            "GET /me 200"])


if __name__ == "__main__":
    loomtest.main(threads=20)
