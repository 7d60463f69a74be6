# SPDX-License-Identifier: Apache-2.0
"""A person signs in to a real OAuth 2.0 server with a real browser, through that server's own pages."""
import chromium
import loomtest
import oidc


class SignInChromium(oidc.Case):
    def setUp(self):
        super().setUp()
        certificate, _ = self.authority.issue("DNS:localhost", "IP:127.0.0.1")
        self.browser = chromium.Chromium(trusted=[certificate])
        self.addCleanup(self.browser.stop)

    def be_ada(self):
        self.browser.fill("Enter any login", "ada")
        self.browser.fill("and password", "whatever she likes")
        return self.browser.press("Sign-in")

    def test_the_code_is_typed_or_comes_with_the_address_or_is_refused(self):
        issuer = self.issuer(tls=True)
        trust = ("--cacert", self.authority.file)

        program, code = self.begin(issuer, *trust)
        seen = self.browser.open(f"{issuer.url}/device")
        self.assertTrue(seen["secure"])
        self.browser.fill("Enter code", "BBBB-BBBB")
        seen = self.browser.press("Continue")
        self.assertIn("The code you entered is incorrect.", seen["text"])
        self.browser.fill("Enter code", code)
        seen = self.browser.press("Continue")
        self.assertIn(code, seen["text"])
        self.browser.press("Continue")
        seen = self.be_ada()
        self.assertIn("offline access", seen["text"])
        seen = self.browser.press("Continue")
        self.assertIn("was successful, you can now close this page", seen["text"])
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertIn(f"Signed in to {issuer.url} as ada.", result.said)
        access = self.token(issuer)
        self.assertTrue(issuer.is_alive(access))
        new = self.token(issuer, "--min-valid", "3601")

        # The address that the program would open holds the code already.
        program = self.start("login", "--server", issuer.url, "--json", *trust)
        address = program.expect(rb'"verification_url_complete":"([^"]*)"', "stdout").group(1)
        seen = self.browser.open(address.decode(), sees="Confirm Device")
        seen = self.browser.press("Continue")
        seen = self.be_ada()
        seen = self.browser.press("Continue")
        self.assertIn("was successful, you can now close this page", seen["text"])
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertIs(self.events(result)[-1]["old_token_revoked"], True)
        self.assertFalse(issuer.is_alive(new))
        kept = self.home.tokens()

        # Whoever changes their mind changes nothing.
        program, code = self.begin(issuer, *trust)
        self.browser.open(f"{issuer.url}/device?user_code={code}", sees="Confirm Device")
        seen = self.browser.press("[ Abort ]")
        self.assertIn("The Sign-in request was interrupted", seen["text"])
        result = program.finish()
        self.assertEqual(result.status, 4, result)
        self.assertIn("The sign-in was refused in the browser. Nothing was changed.", result.said)
        self.assertEqual(issuer.calls()[-1], "POST /token device_code 400 access_denied")
        self.assertEqual(self.home.tokens(), kept)


if __name__ == "__main__":
    loomtest.main()
