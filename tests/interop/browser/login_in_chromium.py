# SPDX-License-Identifier: Apache-2.0
"""A person signs in with a real browser: loom login opens Chromium at the page, the code that stands in
the terminal is typed there, and Approve and Deny decide."""
import os

import chromium
import loomtest

CODE = r"   (?:\x1b\[1m)?(\d{3}-\d{3}-\d{3})"
LABEL = "Code from your terminal"

# What BROWSER names: hands the address on, and nothing else.
HAND_ON = """#!/bin/sh
printf '%s\\n' "$1" >'{place}/address.new' && mv '{place}/address.new' '{place}/address'
"""


class LoginInChromium(loomtest.Case):
    server_options = ()
    tls = True

    def setUp(self):
        super().setUp()
        certificate, _ = self.authority.issue("DNS:localhost", "IP:127.0.0.1")
        self.browser = chromium.Chromium(trusted=[certificate])
        self.addCleanup(self.browser.stop)

    def begin(self):
        """A sign-in on a terminal: (program, the code it shows, what its browser shows)."""
        opener = os.path.join(self.folder, "browser")
        address = os.path.join(self.folder, "address")
        if os.path.exists(address):
            os.remove(address)
        with open(opener, "w") as file:
            file.write(HAND_ON.format(place=self.folder))
        os.chmod(opener, 0o755)
        program = self.start("login", self.server.url, "--cacert", self.authority.file,
                             terminal={"stdin", "stderr"},
                             env={"TERM": "xterm", "BROWSER": opener})
        code = program.expect(CODE).group(1).decode()
        self.wait_for(lambda: os.path.exists(address))
        with open(address) as file:
            seen = self.browser.open(file.read().rstrip("\n"))
        return program, code, seen

    def test_approved_and_denied_as_the_person_decides(self):
        program, code, seen = self.begin()
        self.assertEqual(seen["url"], f"{self.server.url}/device")
        self.assertTrue(seen["secure"])
        self.assertEqual(seen["title"], "Sign in a program - Loom")
        # A slip of the finger is noticed, and does no harm.
        self.browser.fill(LABEL, "000-000-000")
        seen = self.browser.press("Continue")
        self.assertIn("There is no such code waiting", seen["text"])
        self.assertTrue(program.is_running())
        self.browser.fill(LABEL, code)
        seen = self.browser.press("Continue")
        self.assertIn(code, seen["text"])
        self.assertIn("loom", seen["text"])
        self.assertEqual(seen["buttons"], ["Approve", "Deny"])
        seen = self.browser.press("Approve")
        self.assertIn("You may close this page and go back to your terminal.", seen["text"])
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assertIn(f"Signed in to {self.server.url} as Ada Lovelace.", result.said)
        token = self.server.last("token")
        self.assertEqual(self.home.tokens(), {self.server.url: token})

        program, again, _ = self.begin()
        self.assertNotEqual(code, again)
        program.expect("You are already signed in")
        self.browser.fill(LABEL, again)
        self.browser.press("Continue")
        seen = self.browser.press("Deny")
        self.assertIn("The program was not let in.", seen["text"])
        result = program.finish()
        self.assertEqual(result.status, 4, result)
        self.assertIn("The sign-in was refused in the browser. Nothing was changed.", result.said)
        self.assertEqual(self.home.tokens(), {self.server.url: token})
        self.assertTrue(self.server.is_alive(token))


if __name__ == "__main__":
    loomtest.main()
