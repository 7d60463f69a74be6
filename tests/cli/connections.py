# SPDX-License-Identifier: Apache-2.0
"""One connection a flow: whatever a command says to a server goes over the same one, with TLS as
without, so that there is one handshake; and between two polls nothing is said."""
import time

import loomtest

LIFE_S = 3600


class Connections(loomtest.Case):
    """A Loom server's own dialect."""
    server_options = ("--interval", 1)
    polls, besides = "/auth/device/poll", 2  # the start, and who it is

    def rows(self, since=0):
        return [row for row in self.server.log()[since:] if not row["path"].startswith("/dev/")]

    def check_one_connection(self, rows, least):
        self.assertGreaterEqual(len(rows), least, rows)
        self.assertEqual(len({row["peer_port"] for row in rows}), 1, rows)
        self.assertNotEqual(rows[0]["peer_port"], 0)

    def argv(self):
        return ("--cacert", self.authority.file) if self.tls else ()

    def sign_in(self):
        """Two polls that wait, and one that has the answer."""
        program = self.start("login", "--server", self.server.url, *self.argv())
        self.wait_for(lambda: len(self.server.times(self.polls)) >= 2)
        self.server.approve()
        result = program.finish()
        self.assertEqual(result.status, 0, result)

    def test_login_and_logout(self):
        self.sign_in()
        rows = self.rows()
        self.check_one_connection(rows, 5)
        polls = len(self.server.times(self.polls))
        self.assertLessEqual(len(rows), polls + self.besides, rows)
        before = len(self.server.log())
        self.loom("logout", "--server", self.server.url, status=0)
        self.check_one_connection(self.rows(before), 1)


class OverTls(Connections):
    tls = True


class Standard(Connections):
    server_options = ("--interval", 1, "--dialect", "oauth")
    polls, besides = "/oauth/token", 4  # the same, which dialect, and the metadata

    def test_a_refresh(self):
        pair = self.server.issue_tokens()
        end, url = int(time.time()) + 30, self.server.url
        self.home.seed((url, pair["access_token"], {
            "type": "oauth", "key": None, "access": pair["access_token"],
            "refresh": pair["refresh_token"], "dialect": "oauth", "source": "device", "issuer": url,
            "expires": end, "expires_in": LIFE_S, "obtained_at": end - LIFE_S,
            "token_endpoint": url + "/oauth/token", "revocation_endpoint": url + "/oauth/revoke",
            "userinfo_endpoint": url + "/oauth/userinfo", "client_id": "loom-cli",
            **({"ca_file": self.authority.file} if self.tls else {})}))
        before = len(self.rows())
        self.loom("token", "--server", url, status=0).is_door = True
        self.check_one_connection(self.rows()[before:], 1)
        self.assertEqual(len(self.rows()) - before, 1)


class StandardOverTls(Standard):
    tls = True


if __name__ == "__main__":
    loomtest.main()
