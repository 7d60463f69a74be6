# SPDX-License-Identifier: Apache-2.0
"""Signing in, git and signing out with KeePassXC and with KWallet, neither with a screen."""
import json

import keyrings
import leaks
import loomtest


class OtherKeyrings(keyrings.Case):
    def check_whole_way(self, env):
        result = self.login(self.server, env=env)
        self.assert_kept_in_keyring(result)
        token = self.server.last("token")
        self.assertEqual(self.get(self.server.url, env=env), {"username": "oauth2",
                                                              "password": token})
        items, attributes = self.desk.items()
        self.assertEqual([json.loads(item["secret"])["key"] for item in items], [token])
        self.assertEqual(items[0]["label"], f"Loom: {self.server.url}")
        self.assertIsNone(leaks.find(token, attributes))
        self.login(self.server, env=env)
        self.assertEqual(len(self.desk.items()[0]), 1)
        self.loom("logout", env=env)
        self.assertEqual(self.desk.items()[0], [])
        self.assertEqual(self.get(self.server.url, env=env), {})

    def test_keepassxc(self):
        self.desk = self.new_desk()
        self.desk.start_keepassxc()
        self.check_whole_way(self.desk.environment)

    def test_keepassxc_that_is_locked(self):
        self.desk = self.new_desk()
        self.desk.start_keepassxc(unlocked=False)
        env = self.desk.environment
        self.assert_kept_in_file(self.login(self.server, env=env), "The system keyring is locked.")
        self.assertEqual(self.get(self.server.url, env=env)["password"],
                         self.server.last("token"))
        result = self.login(self.server, "--store", "keyring", env=env, status=8)
        self.check_quick(result.took_s, 5.5)

    def test_kwallet(self):
        self.desk = self.new_desk()
        self.desk.start_kwallet()
        # KWallet opens a wallet for each program anew: that counts as unlocking, and shows no
        # window here because the wallet itself is open.
        self.assert_kept_in_file(self.login(self.server, env=self.desk.environment),
                                 "The system keyring is locked.")
        self.loom("logout", env=self.desk.environment, status=10)
        self.check_whole_way({**self.desk.environment, "DISPLAY": ":99"})


if __name__ == "__main__":
    loomtest.main()
