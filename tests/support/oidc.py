# SPDX-License-Identifier: Apache-2.0
"""OAuth 2.0 servers that nobody here wrote: oidc-provider (tests/interop/oauth/server.mjs).

    class Story(oidc.Case):
        def test_...(self):
            issuer = self.issuer(ttl={"AccessToken": 3})
            program, code = self.begin(issuer)
            issuer.approve(code)

The cases of a class share one process of Node; each issuer has a port, clients and people of its own.
"""
import os
import urllib.error
import urllib.parse
import urllib.request

import loomtest
import node

SCRIPT = os.path.join(node.ROOT, "tests", "interop", "oauth", "server.mjs")
CODE = rb"[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}"


class Issuer:
    def __init__(self, script, options, authority=None):
        self.script = script
        self.authority = authority  # of its certificate; None: it speaks plain HTTP
        self.url = script.order(serve=options)["url"]

    # What a person or an administrator would do.

    def approve(self, user_code, account="ada"):
        self.script.order(approve=user_code, at=self.url, **{"as": account})

    def expire(self, user_code):
        self.script.order(expire=user_code, at=self.url)

    def post(self, path, **fields):
        """What another program would ask: the status and the body of the answer."""
        data = urllib.parse.urlencode({"client_id": "loom-cli", **fields}).encode()
        try:
            with urllib.request.urlopen(self.url + path, data, 30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    # What it saw.

    def is_alive(self, token):
        return self.script.order(alive=token, at=self.url)["alive"]

    def log(self):
        return self.script.order(log=self.url)["log"]

    def calls(self, since=0):
        """What was asked: "POST /token refresh_token 200"; with the `error` of a refusal."""
        return [" ".join(str(row[name]) for name in ("call", "grant", "hint", "status", "error")
                         if name in row) for row in self.log()[since:]]

    def secrets(self):
        return [tuple(row) for row in self.script.order(secrets=self.url)["secrets"]]

    def all(self, kind):
        return [value for name, value in self.secrets() if name == kind]

    def last(self, kind):
        return self.all(kind)[-1]


class Case(loomtest.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        node.need(os.path.join(node.MODULES, "oidc-provider"))
        cls.script = node.Node(SCRIPT, folder=cls.place)
        cls.addClassCleanup(cls.script.stop)
        cls.script.answer()

    def issuer(self, tls=False, **options):
        """A new issuer; server.mjs tells the options."""
        authority = None
        if tls:
            authority = self.authority
            certificate, key = authority.issue("DNS:localhost", "IP:127.0.0.1")
            options.update(certificate=certificate, key=key)
        issuer = Issuer(self.script, options, authority)
        self.servers.append(issuer)
        return issuer

    def begin(self, issuer, *argv, **more):
        """A sign-in that waits: the program, and the code that it shows."""
        program = self.start("login", "--server", issuer.url, "--no-browser", *argv, **more)
        return program, program.expect(CODE).group().decode()

    def sign_in(self, issuer, *argv, account="ada", **more):
        """A whole sign-in, approved by this person."""
        program, code = self.begin(issuer, *argv, **more)
        issuer.approve(code, account)
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        return result

    def token(self, issuer, *argv, **more):
        result = self.loom("token", "--server", issuer.url, *argv, **more)
        result.is_door = True
        return result.out.decode().rstrip("\n")

    def refresh_of(self, issuer):
        """The refresh token that is stored."""
        return self.home.stored()[issuer.url]["refresh"]
