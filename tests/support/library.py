# SPDX-License-Identifier: Apache-2.0
"""libloom-credentials in a host of somebody else's (tests/api/host.c): what it is told, what it says."""
import os
import time

import loomtest

LIFE_S = 3600
HOSTS = {kind: os.environ.get(f"LOOM_HOST{kind}", "")
         for kind in ("", "_STATIC", "_CLASH", "_CLASH_STATIC", "_HOOKS", "_FAULTY")}


class Said(dict):
    """The lines `name=value` of a host; `of(name)` gives all that one name has."""

    def __init__(self, result):
        self.result = result
        self.lines = [tuple(line.split("=", 1)) for line in result.out.decode().splitlines()]
        super().__init__(self.lines)

    def of(self, name):
        return [value for key, value in self.lines if key == name]


class HostCase(loomtest.Case):
    """A server that gives tokens out and renews them, and a host."""
    server_options = ("--dialect", "oauth", "--token-life", LIFE_S)

    def host(self, *argv, kind="", env=None, status=0, **more):
        result = self.loom(*argv, program=HOSTS[kind], status=status,
                           env={"HOST_PLACE": "3", **(env or {})}, **more)
        result.is_door = True
        self.assertEqual(result.err, b"", result)
        return Said(result)

    def check_lines(self, data, result):
        """What a host prints is its own business."""

    def credential(self, left_s, url=None, **members):
        """(origin, token, more) for Home.seed: as `loom login` left it, `left_s` before its end."""
        url = url or self.server.url
        self.pair = self.server.issue_tokens()
        end = int(time.time()) + left_s
        return url, self.pair["access_token"], {
            "type": "oauth", "key": None, "access": self.pair["access_token"],
            "refresh": self.pair["refresh_token"], "dialect": "oauth", "source": "device",
            "expires": end, "expires_in": LIFE_S, "obtained_at": end - LIFE_S, "issuer": url,
            "token_endpoint": url + "/oauth/token", "revocation_endpoint": url + "/oauth/revoke",
            "userinfo_endpoint": url + "/oauth/userinfo", "client_id": "loom-cli",
            "scope": "openid offline_access", **members}

    def seed(self, left_s, **members):
        self.home.seed(self.credential(left_s, **members))
        self.old = self.pair["access_token"]

    def newest(self):
        return self.server.last("token")

    def fails(self, name, *argv, **more):
        """The command fails with this result; the same words as `loom` has for it are looked at
        elsewhere."""
        said = self.host(*argv, **more)
        self.assertEqual(said["result"], name, said.result)
        self.assertEqual(said["error_result"], name, said.result)
        self.assertTrue(said["message"], said.result)
        self.assertEqual(said.of("token"), [], said.result)
        return said
