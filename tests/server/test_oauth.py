# SPDX-License-Identifier: Apache-2.0
"""The standard dialect: discovery, device grant, refresh, revocation, userinfo, and what goes wrong."""
import base64
import email.utils
import http.client
import pathlib
import re
import socket
import subprocess
import threading
import time
import unittest
import urllib.parse

import harness

FORM = "application/x-www-form-urlencoded"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
META = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
NATIVE = {"POST": ("/auth/device/start", "/auth/device/poll", "/auth/device/complete",
                   "/auth/logout"), "GET": ("/auth/me",)}
STANDARD = {"POST": ("/oauth/device_authorization", "/oauth/token", "/oauth/revoke",
                     "/oauth/userinfo"), "GET": (META, OPENID, "/oauth/userinfo")}
DELAY_MS = 2000  # what is done meanwhile takes milliseconds, on a busy machine a second
GONE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)

# name: what becomes of the call; the tests below say how often, and what follows.
META_WRONG = {"meta-404", "meta-html", "meta-other-issuer", "meta-foreign-endpoints",
              "meta-http-endpoint", "meta-no-device", "meta-bare", "meta-404-once", "meta-redirect",
              "meta-hang", "meta-flood"}
TOKEN_WRONG = {"token-slow-down", "token-pending-403", "token-no-type", "token-mac",
               "token-upper-type", "token-expires-string"}
REFRESH_WRONG = {"refresh-500", "refresh-lost", "refresh-invalid-grant",
                 "refresh-no-rotation-field", "refresh-mac", "refresh-hang"}
OTHERS_WRONG = {"userinfo-401", "userinfo-html", "revoke-400-unsupported", "revoke-500"}


class OAuthCase(harness.Case):
    def serve(self, *options, **more):
        return super().serve("--dialect", "oauth", *options, **more)

    def post(self, server, path, client_id="loom-cli", **fields):
        if client_id is not None:
            fields["client_id"] = client_id
        return server.ask("POST", server.base + path, urllib.parse.urlencode(fields),
                          {"Content-Type": FORM})

    def begin(self, server, **fields):
        answer = self.post(server, "/oauth/device_authorization", **fields)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def poll(self, server, started, **fields):
        return self.post(server, "/oauth/token", grant_type=DEVICE,
                         device_code=started["device_code"], **fields)

    def sign_in(self, server, **fields):
        started = self.begin(server, **fields)
        self.assertEqual(server.control("approve").status, 200)
        answer = self.poll(server, started)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def refresh(self, server, token, **fields):
        return self.post(server, "/oauth/token", grant_type="refresh_token", refresh_token=token,
                         **fields)

    def revoke(self, server, token, **fields):
        return self.post(server, "/oauth/revoke", token=token, **fields)

    def userinfo(self, server, token):
        return server.call("GET", "/oauth/userinfo", token=token)

    def is_alive(self, server, token):
        return self.userinfo(server, token).status == 200

    def misbehave(self, server, name):
        self.assertEqual(server.control("misbehave", {"name": name}).status, 200, name)

    def assert_refused(self, answer, error, status=400):
        self.assertEqual((answer.status, answer.json), (status, {"error": error}))


class Dialects(OAuthCase):
    def test_each_dialect_has_no_call_of_the_other(self):
        for dialect, absent in (("oauth", NATIVE), ("loom", STANDARD)):
            server = harness.Case.serve(self, "--dialect", dialect)
            for method, paths in absent.items():
                for path in paths:
                    answer = server.call(method, path, {})
                    self.assertEqual((answer.status, answer.json), (404, {"error": "not_found"}))
            self.assertEqual(server.call("GET", "/health").status, 200)
            self.assertEqual(server.ask("GET", "/device").status, 200)

    def test_options_that_cannot_be_are_refused(self):
        for options in (("--dialect", "both"), ("--refresh", "sometimes"), ("--token-life", "long"),
                        ("--refresh-delay", "-1"), ("--refresh-delay-before", "1.5")):
            done = subprocess.run([harness.BINARY, *options], capture_output=True, text=True,
                                  env=harness.clean_environment(self.folder),
                                  timeout=harness.DEADLINE_S)
            self.assertEqual(done.returncode, 2, options)
            self.assertIn(options[1], done.stderr)


class Metadata(OAuthCase):
    def test_both_places_say_the_same(self):
        server = self.serve()
        metadata = server.ask("GET", META).json
        self.assertEqual(server.ask("GET", OPENID).json, metadata)
        self.assertEqual(metadata["issuer"], server.url)
        for name, path in (("device_authorization", "device_authorization"), ("token", "token"),
                           ("revocation", "revoke"), ("userinfo", "userinfo")):
            self.assertEqual(metadata[name + "_endpoint"], f"{server.url}/oauth/{path}")
        self.assertEqual(metadata["scopes_supported"], ["openid", "offline_access"])
        self.assertEqual(metadata["grant_types_supported"], [DEVICE, "refresh_token"])
        self.assertEqual(metadata["token_endpoint_auth_methods_supported"], ["none"])

    def test_with_a_base_path_one_is_inserted_and_one_appended(self):
        server = self.serve("--base-path", "/a/b")
        metadata = server.ask("GET", META + "/a/b").json
        self.assertEqual(metadata, server.ask("GET", "/a/b" + OPENID).json)
        self.assertEqual(metadata["token_endpoint"], server.url + "/oauth/token")
        for path in (META, META + "/a", META + "/a/b/", META + "/a/bc", "/a/b" + META, OPENID,
                     OPENID + "/a/b"):
            self.assertEqual(server.ask("GET", path).status, 404, path)
        self.assertEqual(server.ask("POST", META + "/a/b").status, 405)

    def test_public_url_is_the_issuer(self):
        server = self.serve("--public-url", "https://example.org/x", "--port", free_port())
        server.port = server.process.args[-1]
        metadata = server.ask("GET", META).json
        self.assertEqual(metadata["issuer"], "https://example.org/x")
        self.assertEqual(metadata["token_endpoint"], "https://example.org/x/oauth/token")

    def test_scopes_and_grants_as_asked_for(self):
        metadata = self.serve("--scopes", " a  b ", "--refresh", "none").ask("GET", META).json
        self.assertEqual(metadata["scopes_supported"], ["a", "b"])
        self.assertEqual(metadata["grant_types_supported"], [DEVICE])
        metadata = self.serve("--scopes", "").ask("GET", META).json
        self.assertNotIn("scopes_supported", metadata)

    def test_misbehaviours(self):
        server = self.serve("--redirect-to", "https://evil.example/x/")
        usual = server.ask("GET", META).json
        for name, changes in (
                ("meta-other-issuer", {"issuer": "https://issuer.example.net"}),
                ("meta-http-endpoint", {"token_endpoint": "http://login.example.net/oauth/token"}),
                ("meta-no-device", {"device_authorization_endpoint": None}),
                ("meta-bare", {"revocation_endpoint": None, "userinfo_endpoint": None}),
                ("meta-foreign-endpoints", {member: value.replace(server.url, "https://evil.example/x")
                                            for member, value in usual.items()
                                            if member.endswith("_endpoint")})):
            self.misbehave(server, name)
            wanted = {member: value for member, value in {**usual, **changes}.items()
                      if value is not None}
            for path in (META, OPENID):
                self.assertEqual(server.ask("GET", path).json, wanted, name)
        for name, status, kind in (("meta-404", 404, "application/json"),
                                   ("meta-html", 200, "text/html")):
            self.misbehave(server, name)
            for path in (META, OPENID):
                answer = server.ask("GET", path)
                self.assertEqual((answer.status, answer.headers.get_content_type()), (status, kind))
        self.misbehave(server, "meta-404-once")
        self.assertEqual([server.ask("GET", path).status for path in (META, OPENID, META)],
                         [404, 200, 200])
        self.misbehave(server, "meta-redirect")
        for path in (META, OPENID):
            answer = server.ask("GET", path)
            self.assertEqual((answer.status, answer.headers["Location"]),
                             (302, "https://evil.example/x/"))
        self.misbehave(server, "meta-hang")
        connection = server.connect()
        connection.timeout = 0.3
        connection.request("GET", META)
        self.assertRaises(socket.timeout, connection.getresponse)
        connection.close()
        self.misbehave(server, "meta-flood")
        connection = server.connect()
        connection.request("GET", META)
        self.assertEqual(connection.getresponse().read(1_000_000).strip(b" "), b"")
        connection.close()

    def test_the_clock_of_the_answers_may_be_wrong(self):
        for ahead_s in (0, 7200, -300):
            answer = self.serve("--date-ahead", ahead_s).ask("GET", META)
            date = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
            self.assertAlmostEqual(date, time.time() + ahead_s, delta=20)
            self.assertEqual(len(answer.headers.get_all("Date")), 1)


class DeviceGrant(OAuthCase):
    def test_codes_are_told_in_the_words_of_the_standard(self):
        server = self.serve()
        started = self.begin(server)
        self.assertEqual(set(started), {"device_code", "user_code", "verification_uri",
                                        "verification_uri_complete", "expires_in"})
        self.assertEqual(started["verification_uri"], server.url + "/device")
        complete = f"{server.url}/device?user_code={started['user_code']}"
        self.assertEqual(started["verification_uri_complete"], complete)
        self.assertIn(f'value="{started["user_code"]}"',
                      server.ask("GET", complete.removeprefix(server.url)).text)
        started = self.begin(self.serve("--interval", 7, "--expires-in", 42))
        self.assertEqual((started["interval"], started["expires_in"]), (7, 42))

    def test_tokens_come_once_after_the_page_approved(self):
        server = self.serve()
        started = self.begin(server, scope="openid offline_access")
        self.assert_refused(self.poll(server, started), "authorization_pending")
        approved = server.form(user_code=started["user_code"], decision="approve")
        self.assertEqual(approved.status, 200)
        tokens = self.poll(server, started).json
        self.assertRegex(tokens.pop("access_token"), r"\Aat_[0-9a-f]{40}\Z")
        self.assertRegex(tokens.pop("refresh_token"), r"\Art_[0-9a-f]{40}\Z")
        self.assertEqual(tokens, {"token_type": "Bearer", "expires_in": 3600,
                                  "scope": "openid offline_access"})
        self.assert_refused(self.poll(server, started), "expired_token")
        self.assertEqual(server.state(),
                         {"pending": 0, "tokens": 1, "refresh_tokens": 1, "refreshes": 0})

    def test_other_outcomes_have_their_errors(self):
        server = self.serve("--interval", 1)
        started = self.begin(server)
        self.assert_refused(self.poll(server, started), "authorization_pending")
        self.assert_refused(self.poll(server, started), "slow_down")
        server.control("deny")
        self.assert_refused(self.poll(server, started), "access_denied")
        started = self.begin(server)
        server.control("expire-codes")
        self.assert_refused(self.poll(server, started), "expired_token")
        self.assert_refused(self.poll(server, {"device_code": "x"}), "expired_token")

    def test_scope_is_narrowed_to_what_may_be_had(self):
        server = self.serve("--scopes", "openid email")
        self.assertEqual(self.sign_in(server, scope="admin email  openid mail")["scope"],
                         "email openid")
        self.assertNotIn("scope", self.sign_in(server))
        answer = self.post(server, "/oauth/device_authorization", scope="admin")
        self.assert_refused(answer, "invalid_scope")
        server = self.serve("--scopes", "")
        self.assertEqual(self.sign_in(server, scope="any thing")["scope"], "any thing")

    def test_only_the_one_client_is_served(self):
        for options, client in (((), "loom-cli"), (("--client-id", "my app"), "my app")):
            server = self.serve(*options)
            started = self.begin(server, client_id=client)
            for wrong in ("", "other", client + "x", client.upper()):
                for path, fields in (("device_authorization", {}),
                                     ("token", {"grant_type": DEVICE, **started}),
                                     ("token", {"grant_type": "refresh_token"}),
                                     ("revoke", {"token": "x"})):
                    answer = self.post(server, "/oauth/" + path, client_id=wrong, **fields)
                    self.assert_refused(answer, "invalid_client", 401)
            self.assert_refused(self.post(server, "/oauth/token", client_id=None), "invalid_request")
            self.assertEqual(self.poll(server, started, client_id=client).json,
                             {"error": "authorization_pending"})

    def test_calls_that_are_none_are_refused(self):
        server = self.serve()
        self.assert_refused(self.post(server, "/oauth/token"), "invalid_request")
        self.assert_refused(self.post(server, "/oauth/token", grant_type="password"),
                            "unsupported_grant_type")
        self.assert_refused(self.post(server, "/oauth/token", grant_type=DEVICE), "invalid_request")
        self.assert_refused(self.post(server, "/oauth/token", grant_type="refresh_token"),
                            "invalid_request")
        self.assert_refused(self.post(server, "/oauth/revoke"), "invalid_request")
        answer = server.call("POST", "/oauth/token", {"client_id": "loom-cli"})
        self.assert_refused(answer, "invalid_request", 415)

    def test_misbehaviours(self):
        server = self.serve()
        started = self.begin(server)
        for name, status, error in (("token-slow-down", 400, "slow_down"),
                                    ("token-pending-403", 403, "authorization_pending")):
            self.misbehave(server, name)
            self.assert_refused(self.poll(server, started), error, status)
            self.assert_refused(self.poll(server, started), "authorization_pending")
        self.misbehave(server, "token-no-type")
        self.assertNotIn("token_type", self.sign_in(server))
        for name, kind in (("token-mac", "mac"), ("token-upper-type", "BEARER")):
            self.misbehave(server, name)
            self.assertEqual(self.sign_in(server)["token_type"], kind)
        self.misbehave(server, "token-expires-string")
        self.assertEqual(self.sign_in(server)["expires_in"], "3600")
        # Those of the native calls happen to their counterparts.
        self.misbehave(server, "start-foreign-page")
        started = self.begin(server)
        self.assertEqual(started["verification_uri"], "https://login.example.net/device")
        self.assertNotIn("verification_uri_complete", started)
        self.misbehave(server, "poll-drop-always")
        self.assertRaises(GONE, self.poll, server, started)
        self.assertEqual(self.refresh(server, "x").status, 400)


class Life(OAuthCase):
    def test_access_tokens_die_for_userinfo_and_git_but_not_their_refresh_tokens(self):
        server = self.serve("--token-life", 1, "--repos", self.folder)
        tokens = self.sign_in(server)
        self.assertEqual(tokens["expires_in"], 1)
        basic = base64.b64encode(f"oauth2:{tokens['access_token']}".encode()).decode()
        git = lambda: server.call("GET", "/git/a/b.git/info/refs", Authorization="Basic " + basic)
        self.assertEqual(git().status, 404)  # let in; there is no such repository
        self.assertTrue(self.is_alive(server, tokens["access_token"]))
        self.wait_for(lambda: not self.is_alive(server, tokens["access_token"]))
        self.assertEqual(git().status, 401)
        self.assertEqual(server.state(),
                         {"pending": 0, "tokens": 0, "refresh_tokens": 1, "refreshes": 0})
        newer = self.refresh(server, tokens["refresh_token"]).json
        self.assertTrue(self.is_alive(server, newer["access_token"]))

    def test_control_lets_access_tokens_die_and_spares_refresh_tokens(self):
        server = self.serve()
        tokens = self.sign_in(server)
        self.assertEqual(server.control("expire-tokens").status, 200)
        self.assertFalse(self.is_alive(server, tokens["access_token"]))
        self.assertEqual(self.refresh(server, tokens["refresh_token"]).status, 200)
        answer = server.ask("POST", "/dev/expire-tokens", None, {"Origin": "https://example.org"})
        self.assertEqual(answer.status, 403)
        self.assertEqual(server.state()["tokens"], 1)
        server.control("revoke-all")
        self.assertEqual(server.state()["refresh_tokens"], 0)

    def test_a_life_of_the_native_dialect_and_none_of_the_standard(self):
        server = harness.Case.serve(self, "--token-life", 0)
        self.assertEqual(server.call("GET", "/auth/me", token=server.sign_in()).status, 401)
        tokens = self.sign_in(self.serve("--token-life", "none"))
        self.assertNotIn("expires_in", tokens)


class Refresh(OAuthCase):
    def test_rotate_gives_another_token_and_its_reuse_ends_the_grant(self):
        server = self.serve()
        first, other = self.sign_in(server), self.sign_in(server)
        second = self.refresh(server, first["refresh_token"]).json
        self.assertEqual(set(second), {"access_token", "token_type", "expires_in", "refresh_token"})
        self.assertTrue(set(second.values()).isdisjoint(
            {first["access_token"], first["refresh_token"]}))
        third = self.refresh(server, second["refresh_token"]).json
        self.assertTrue(self.is_alive(server, third["access_token"]))
        self.assert_refused(self.refresh(server, first["refresh_token"]), "invalid_grant")
        for tokens in (first, second, third):
            self.assertFalse(self.is_alive(server, tokens["access_token"]))
            self.assert_refused(self.refresh(server, tokens["refresh_token"]), "invalid_grant")
        self.assertTrue(self.is_alive(server, other["access_token"]))
        self.assertEqual(self.refresh(server, other["refresh_token"]).status, 200)
        self.assertEqual(server.state()["refreshes"], 7)

    def test_keep_leaves_the_token_as_it_is(self):
        server = self.serve("--refresh", "keep")
        tokens = self.sign_in(server)
        for _ in range(2):
            newer = self.refresh(server, tokens["refresh_token"]).json
            self.assertEqual(set(newer), {"access_token", "token_type", "expires_in"})
            self.assertTrue(self.is_alive(server, newer["access_token"]))
        self.assertEqual(server.state()["refresh_tokens"], 1)

    def test_none_gives_none(self):
        server = self.serve("--refresh", "none")
        tokens = self.sign_in(server)
        self.assertNotIn("refresh_token", tokens)
        for wrong in (tokens["access_token"], "", "rt_" + "0" * 40):
            self.assert_refused(self.refresh(server, wrong), "invalid_grant")

    def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(self):
        server = self.serve()
        tokens = self.sign_in(server)
        self.assert_refused(self.refresh(server, tokens["access_token"]), "invalid_grant")
        self.assertFalse(self.is_alive(server, tokens["refresh_token"]))
        self.assertTrue(self.is_alive(server, tokens["access_token"]))

    def test_delay_comes_after_the_decision(self):
        server = self.serve("--refresh-delay", DELAY_MS)
        tokens = self.sign_in(server)
        begin = time.monotonic()
        asking = threading.Thread(target=self.refresh, args=(server, tokens["refresh_token"]))
        asking.start()
        self.wait_for(lambda: server.state()["tokens"] == 2)
        self.assertLess(time.monotonic() - begin, DELAY_MS / 1000)
        asking.join()
        self.assertGreaterEqual(time.monotonic() - begin, DELAY_MS / 1000)

    def test_delay_before_comes_before_it_and_who_leaves_is_not_served(self):
        server = self.serve("--refresh-delay-before", DELAY_MS)
        tokens = self.sign_in(server)
        connection = server.connect()
        connection.request("POST", "/oauth/token", urllib.parse.urlencode(
            {"client_id": "loom-cli", "grant_type": "refresh_token",
             "refresh_token": tokens["refresh_token"]}), {"Content-Type": FORM})
        self.wait_for(lambda: server.state()["refreshes"] == 1)
        self.assertEqual(server.state()["tokens"], 1)
        connection.close()
        self.wait_for(lambda: [row for row in server.log() if row["grant"] == "refresh_token"])
        begin = time.monotonic()
        self.assertEqual(self.refresh(server, tokens["refresh_token"]).status, 200)
        self.assertGreaterEqual(time.monotonic() - begin, DELAY_MS / 1000)
        self.assertEqual([row["status"] for row in server.log() if row["grant"] == "refresh_token"],
                         [0, 200])

    def test_misbehaviours(self):
        server = self.serve()
        tokens = self.sign_in(server)
        for name, status, error in (("refresh-500", 500, "server_error"),
                                    ("refresh-invalid-grant", 400, "invalid_grant")):
            self.misbehave(server, name)
            for _ in range(2):
                self.assert_refused(self.refresh(server, tokens["refresh_token"]), error, status)
        self.misbehave(server, "refresh-no-rotation-field")
        for _ in range(2):
            answer = self.refresh(server, tokens["refresh_token"])
            self.assertEqual((answer.status, "refresh_token" in answer.json), (200, False))
        self.misbehave(server, "refresh-mac")
        newer = self.refresh(server, tokens["refresh_token"]).json
        self.assertEqual(newer["token_type"], "mac")
        self.misbehave(server, "refresh-hang")
        connection = server.connect()
        connection.timeout = 0.3
        connection.request("POST", "/oauth/token", "client_id=loom-cli&grant_type=refresh_token",
                           {"Content-Type": FORM})
        self.assertRaises(socket.timeout, connection.getresponse)
        connection.close()
        self.misbehave(server, "refresh-lost")
        self.assertRaises(GONE, self.refresh, server, newer["refresh_token"])
        self.assertEqual(server.log()[-1]["status"], 0)
        self.assertEqual(server.state()["refresh_tokens"], 1)  # the one that got lost
        self.assert_refused(self.refresh(server, newer["refresh_token"]), "invalid_grant")
        self.assertEqual(server.state()["tokens"], 0)


class Others(OAuthCase):
    def test_userinfo_says_whose_a_living_token_is(self):
        server = self.serve("--name", "Grace Hopper", "--username", "grace")
        token = self.sign_in(server)["access_token"]
        self.assertEqual(self.userinfo(server, token).json,
                         {"sub": "u_0001", "preferred_username": "grace", "name": "Grace Hopper",
                          "email": "grace@example.org"})
        self.assertEqual(server.call("POST", "/oauth/userinfo", token=token).status, 200)
        for wrong in ("at_" + "0" * 40, "", token + "0"):
            answer = self.userinfo(server, wrong)
            self.assert_refused(answer, "invalid_token", 401)
            self.assertIn('error="invalid_token"', answer.headers["WWW-Authenticate"])
        answer = server.call("GET", "/oauth/userinfo")
        self.assertEqual((answer.status, answer.json), (401, {}))
        self.assertNotIn("error", answer.headers["WWW-Authenticate"])

    def test_revocation_ends_the_one_token_and_is_content_with_unknown_ones(self):
        server = self.serve()
        tokens = self.sign_in(server)
        self.assertEqual(self.revoke(server, tokens["refresh_token"]).status, 200)
        self.assertTrue(self.is_alive(server, tokens["access_token"]))
        self.assert_refused(self.refresh(server, tokens["refresh_token"]), "invalid_grant")
        for _ in range(2):
            answer = self.revoke(server, tokens["access_token"], token_type_hint="access_token")
            self.assertEqual((answer.status, answer.json), (200, {}))
        self.assertFalse(self.is_alive(server, tokens["access_token"]))

    def test_misbehaviours(self):
        server = self.serve()
        tokens = self.sign_in(server)
        self.misbehave(server, "userinfo-401")
        answer = self.userinfo(server, tokens["access_token"])
        self.assert_refused(answer, "invalid_token", 401)
        self.assertIn('error="invalid_token"', answer.headers["WWW-Authenticate"])
        self.misbehave(server, "userinfo-html")
        answer = self.userinfo(server, tokens["access_token"])
        self.assertEqual((answer.status, answer.headers.get_content_type()), (200, "text/html"))
        for name, status, error in (("revoke-400-unsupported", 400, "unsupported_token_type"),
                                    ("revoke-500", 500, "server_error")):
            self.misbehave(server, name)
            self.assert_refused(self.revoke(server, tokens["access_token"]), error, status)
        self.misbehave(server, "")
        self.assertTrue(self.is_alive(server, tokens["access_token"]))

    def test_every_misbehaviour_has_a_test(self):
        source = (pathlib.Path(__file__).parent / "misbehave_table.c").read_text()
        names = set(re.findall(r'"((?:meta|token|refresh|userinfo|revoke)-[a-z0-9-]+)"', source))
        self.assertEqual(names, META_WRONG | TOKEN_WRONG | REFRESH_WRONG | OTHERS_WRONG)
        tested = pathlib.Path(__file__).read_text().partition("class OAuthCase")[2]
        for name in names:
            self.assertIn(f'"{name}"', tested)

    def test_log_tells_the_grant_and_no_secret(self):
        server = self.serve()
        tokens = self.sign_in(server)
        self.refresh(server, tokens["refresh_token"])
        self.userinfo(server, tokens["access_token"])
        self.assertEqual([row["grant"] for row in server.log()
                          if not row["path"].startswith("/dev/")],
                         ["", "device_code", "refresh_token", ""])
        self.assertEqual([kind for kind, _ in server.secrets()],
                         ["device_code", "user_code", *("token", "refresh_token") * 2])
        self.assertEqual(server.secrets()[2:4], [("token", tokens["access_token"]),
                                                 ("refresh_token", tokens["refresh_token"])])
        for _, secret in server.secrets():
            self.assertNotIn(secret, server.log_file.read_text())


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    unittest.main()
