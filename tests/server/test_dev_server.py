# SPDX-License-Identifier: Apache-2.0
"""The calls of the native dialect, the control calls, the log: over the wire, on the real binary."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import stat
import subprocess
import threading
import time
import unittest
import warnings

import harness

EMPTY = {"pending": 0, "tokens": 0, "refresh_tokens": 0, "refreshes": 0}


class Flow(harness.Case):
    def test_start_tells_codes_and_page_and_no_interval(self):
        server = self.serve()
        started = server.start()
        self.assertEqual(set(started), {"device_code", "user_code", "verification_url", "expires_in"})
        self.assertRegex(started["device_code"], r"\A[0-9a-f]{64}\Z")
        self.assertRegex(started["user_code"], r"\A\d{3}-\d{3}-\d{3}\Z")
        self.assertEqual(started["verification_url"], server.url + "/device")
        self.assertEqual(started["expires_in"], 600)
        self.assertNotEqual(started["device_code"], server.start()["device_code"])

    def test_start_tells_the_interval_and_life_that_were_asked_for(self):
        started = self.serve("--interval", 7, "--expires-in", 42).start()
        self.assertEqual((started["interval"], started["expires_in"]), (7, 42))

    def test_code_approved_completes_once_with_a_token_that_works(self):
        server = self.serve("--name", "Grace Hopper", "--username", "grace")
        started = server.start()
        self.assertEqual(server.poll(started).json, {"status": "pending"})
        approved = server.call("POST", "/auth/device/complete", {"user_code": started["user_code"]})
        self.assertEqual((approved.status, approved.json), (200, {"status": "approved"}))
        completed = server.poll(started).json
        self.assertEqual(completed["status"], "completed")
        self.assertRegex(completed["access_token"], r"\Alt_[0-9a-f]{40}\Z")
        self.assertEqual(server.poll(started).json, {"status": "expired"})
        me = server.call("GET", "/auth/me", token=completed["access_token"])
        self.assertEqual(me.status, 200)
        self.assertEqual(set(me.json), {"id", "display_name", "username", "email", "avatar_url",
                                        "locale", "global_roles", "created_at"})
        self.assertEqual(me.json["display_name"], "Grace Hopper")
        self.assertEqual(me.json["username"], "grace")
        self.assertIsNone(me.json["avatar_url"])
        self.assertIsInstance(me.json["global_roles"], list)

    def test_code_denied_is_told_at_the_poll(self):
        server = self.serve()
        started = server.start()
        server.call("POST", "/auth/device/complete",
                    {"user_code": started["user_code"], "approve": False})
        self.assertEqual(server.poll(started).json, {"status": "denied"})
        self.assertEqual(server.state(), EMPTY)

    def test_code_past_its_life_is_expired_also_when_it_was_approved(self):
        server = self.serve("--expires-in", 1)
        started = server.start()
        server.control("approve")
        time.sleep(1.1)
        self.assertEqual(server.poll(started).json, {"status": "expired"})
        self.assertEqual(server.control("approve").status, 404)

    def test_life_that_is_over_at_once_is_told_as_it_is(self):
        server = self.serve("--expires-in=-1")
        started = server.start()
        self.assertEqual(started["expires_in"], -1)
        self.assertEqual(server.poll(started).json, {"status": "expired"})

    def test_unattended_approval_comes_when_it_is_due_and_not_before(self):
        server = self.serve("--approve-after", "0.75")
        begin = time.monotonic()
        started = server.start()
        seen = []
        while seen[-1:] != ["completed"]:
            self.assertLess(time.monotonic() - begin, harness.DEADLINE_S, seen)
            seen.append(server.poll(started).json["status"])
            time.sleep(0.05)
        self.assertEqual(set(seen), {"pending", "completed"})
        self.assertGreaterEqual(time.monotonic() - begin, 0.75)

    def test_unattended_denial(self):
        server = self.serve("--deny-after", "0")
        self.assertEqual(server.poll(server.start()).json, {"status": "denied"})

    def test_poll_before_the_interval_is_slowed_down_for_good(self):
        server = self.serve("--interval", 1)
        started = server.start()
        self.assertEqual(server.poll(started).json, {"status": "pending"})
        self.assertEqual(server.poll(started).json, {"status": "slow_down"})
        time.sleep(1.1)
        self.assertEqual(server.poll(started).json, {"status": "slow_down"})  # 6 s by now
        self.assertEqual(server.control("approve").status, 200)
        self.assertEqual(server.poll(started).json["status"], "completed")

    def test_poll_at_the_interval_is_not_slowed_down(self):
        server = self.serve("--interval", 1)
        started = server.start()
        self.assertEqual(server.poll(started).json, {"status": "pending"})
        time.sleep(1)
        self.assertEqual(server.poll(started).json, {"status": "pending"})

    def test_poll_with_a_code_never_issued_is_expired(self):
        server = self.serve()
        for code in ("0" * 64, "", "x", "0" * 200):
            self.assertEqual(server.poll({"device_code": code}).json, {"status": "expired"}, code)

    def test_poll_that_is_no_poll_is_refused(self):
        server = self.serve()
        path = "/auth/device/poll"
        for body in ("", "{}", "[]", '{"device_code":7}', '{"device_code":"x"', '{"device_code":null}'):
            answer = server.ask("POST", path, body, {"Content-Type": "application/json"})
            self.assertEqual(answer.status, 400, body)
        answer = server.ask("POST", path, "{}", {"Content-Type": "application/jsonp"})
        self.assertEqual(answer.status, 415)
        self.assertEqual(server.ask("POST", path, "device_code=x").status, 415)
        long = json.dumps({"device_code": "x" * 100_000})
        answer = server.ask("POST", path, long, {"Content-Type": "application/json; charset=utf-8"})
        self.assertEqual(answer.status, 413)

    def test_complete_with_a_code_unknown_or_malformed_is_refused(self):
        server = self.serve()
        server.start()
        for body, status in (({"user_code": "000-000-00"}, 404), ({"user_code": ""}, 404), ({}, 400),
                             ({"user_code": 7}, 400), ({"user_code": "1", "approve": "no"}, 400)):
            answer = server.call("POST", "/auth/device/complete", body)
            self.assertEqual(answer.status, status, body)
        self.assertEqual(server.state()["pending"], 1)

    def test_many_codes_at_once_belong_each_to_its_own_program(self):
        server = self.serve()
        started = [server.start() for _ in range(20)]
        self.assertEqual(server.state()["pending"], 20)
        for one in started[::2]:
            server.call("POST", "/auth/device/complete", {"user_code": one["user_code"]})
        statuses = [server.poll(one).json["status"] for one in started]
        self.assertEqual(statuses, ["completed", "pending"] * 10)


class Token(harness.Case):
    def test_logout_ends_the_token_and_says_so_once(self):
        server = self.serve()
        token, other = server.sign_in(), server.sign_in()
        answer = server.call("POST", "/auth/logout", token=token)
        self.assertEqual((answer.status, set(answer.json)), (200, {"message"}))
        self.assertEqual(server.call("POST", "/auth/logout", token=token).status, 401)
        self.assertEqual(server.call("GET", "/auth/me", token=token).status, 401)
        self.assertEqual(server.call("GET", "/auth/me", token=other).status, 200)

    def test_calls_without_a_living_token_are_refused_as_json(self):
        server = self.serve()
        token = server.sign_in()
        for wrong in (None, "", "lt_" + "0" * 40, token[:-1], token + "0", token.upper()):
            for method, path in (("GET", "/auth/me"), ("POST", "/auth/logout")):
                answer = server.call(method, path, token=wrong)
                self.assertEqual((answer.status, answer.json["error"]), (401, "unauthorized"), wrong)
        self.assertEqual(server.call("GET", "/auth/me", Authorization="Basic " + token).status, 401)

    def test_revoke_all_ends_every_token(self):
        server = self.serve()
        tokens = [server.sign_in() for _ in range(3)]
        self.assertEqual(server.state()["tokens"], 3)
        self.assertEqual(server.control("revoke-all").status, 200)
        self.assertEqual(server.state()["tokens"], 0)
        self.assertEqual({server.call("GET", "/auth/me", token=t).status for t in tokens}, {401})


class Page(harness.Case):
    def test_page_is_self_contained_and_strict(self):
        server = self.serve()
        page = server.ask("GET", "/device")
        self.assertEqual(page.status, 200)
        self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
        self.assertIn("frame-ancestors 'none'", page.headers["Content-Security-Policy"])
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertNotRegex(page.text, r"(?i)<script|\son\w+=|https?://(?!localhost)|@import|url\(")
        self.assertIn('<label for="user_code">', page.text)
        self.assertIn("prefers-color-scheme: dark", page.text)
        self.assertIn("only if you started it", page.text)

    def test_code_typed_shows_who_asks_and_decides_nothing_yet(self):
        server = self.serve("--name", "Ada")
        started = server.call("POST", "/auth/device/start", **{"User-Agent": "loom/9.8 (test)"}).json
        page = server.form(user_code=started["user_code"].replace("-", " "))
        self.assertEqual(page.status, 200)
        for text in ("loom/9.8 (test)", started["user_code"], "only if you started this yourself",
                     'value="approve"', 'value="deny"'):
            self.assertIn(text, page.text)
        self.assertEqual(server.poll(started).json, {"status": "pending"})

    def test_buttons_approve_and_deny(self):
        server = self.serve()
        for decision, title, status in (("approve", "Approved", "completed"),
                                        ("deny", "Denied", "denied")):
            started = server.start()
            page = server.form(user_code=started["user_code"], decision=decision)
            self.assertEqual(page.status, 200)
            self.assertIn(f"<h1>{title}</h1>", page.text)
            self.assertEqual(server.poll(started).json["status"], status)
            self.assertEqual(server.form(user_code=started["user_code"]).status, 404)

    def test_code_that_waits_nowhere_is_asked_for_again(self):
        server = self.serve()
        server.start()
        for code in ("000-000-00", "", "abc", "1" * 300):
            page = server.form(user_code=code, decision="approve")
            self.assertEqual(page.status, 404)
            self.assertIn('role="alert"', page.text)
            self.assertIn('name="user_code"', page.text)
        self.assertEqual(server.state()["pending"], 1)

    def test_text_from_elsewhere_is_shown_and_never_obeyed(self):
        server = self.serve("--name", "<i>\"Ada\" & 'Co'</i>")
        agent = "<script>alert(1)</script>\"'&\x1b[2J"
        started = server.call("POST", "/auth/device/start", **{"User-Agent": agent}).json
        page = server.form(user_code=started["user_code"]).text
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;", page)
        self.assertIn("&lt;i&gt;&quot;Ada&quot; &amp; &#39;Co&#39;&lt;/i&gt;", page)
        self.assertNotIn("\x1b", page)
        typed = server.form(user_code='"><script>1</script>').text
        self.assertIn('value="&quot;&gt;&lt;script&gt;1&lt;/script&gt;"', typed)
        filled = server.ask("GET", "/device?x=1&user_code=%22%3E%3Cb%3E+%31").text
        self.assertIn('value="&quot;&gt;&lt;b&gt; 1"', filled)
        for broken in ("%", "%4", "%zz", "%00", "x" * 1024):
            self.assertIn('value=""', server.ask("GET", "/device?user_code=" + broken).text)

    def test_form_of_another_type_is_refused(self):
        server = self.serve()
        self.assertEqual(server.call("POST", "/device", {"user_code": "1"}).status, 415)


class Address(harness.Case):
    def test_base_path_holds_everything_but_the_control_calls(self):
        server = self.serve("--base-path", "/team/loom", "--approve-after", "0")
        self.assertEqual(server.url, f"http://localhost:{server.port}/team/loom")
        self.assertEqual(server.start()["verification_url"], server.url + "/device")
        self.assertEqual(server.call("GET", "/health").status, 200)
        for path in ("/health", "/team/health", "/team/loomhealth", "/team/loom/dev/state",
                     "/team/loom//health", "/team/loom/health/", "/team/loom/%68ealth",
                     "/team/x/../loom/health", "/team/loom"):
            self.assertEqual(server.ask("GET", path).status, 404, path)
        self.assertEqual(server.ask("GET", "/dev/state").status, 200)

    def test_public_url_is_what_it_tells(self):
        ready = self.folder / "ready"
        port = free_port()
        process = subprocess.Popen(
            [harness.BINARY, "--port", str(port), "--public-url", "https://loom.test/x", "--ready", ready],
            env=harness.clean_environment(self.folder), stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        deadline = time.monotonic() + harness.DEADLINE_S
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(ready.read_text(), "https://loom.test/x\n")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=harness.DEADLINE_S)
        connection.request("POST", "/auth/device/start")
        started = json.loads(connection.getresponse().read())
        connection.close()
        self.assertEqual(started["verification_url"], "https://loom.test/x/device")

    def test_only_loopback_listens(self):
        server = self.serve()
        with open("/proc/net/tcp", encoding="ascii") as tcp:
            listening = [row.split()[1] for row in tcp if f":{server.port:04X} " in row
                         and row.split()[3] == "0A"]
        self.assertEqual(listening, [f"0100007F:{server.port:04X}"])

    def test_methods_that_a_call_has_not_are_refused(self):
        server = self.serve()
        for method, path in (("GET", "/auth/device/start"), ("GET", "/auth/logout"),
                             ("POST", "/auth/me"), ("DELETE", "/device"), ("PUT", "/health"),
                             ("GET", "/dev/approve"), ("POST", "/dev/state")):
            self.assertEqual(server.ask(method, path).status, 405, path)
        self.assertEqual(server.ask("GET", "/").status, 404)

    def test_tls_needs_a_trusted_certificate_and_a_version_of_today(self):
        cert, key = harness.make_certificate(self.folder)
        server = self.serve("--cert", cert, "--key", key, cert=cert)
        self.assertTrue(server.url.startswith("https://localhost:"))
        self.assertEqual(server.call("GET", "/health").json, {"status": "ok"})
        self.assertRegex(server.sign_in(), r"\Alt_")
        for maximum, is_accepted in ((ssl.TLSVersion.TLSv1_1, False),
                                     (ssl.TLSVersion.TLSv1_2, True)):
            context = ssl.create_default_context(cafile=cert)
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = maximum
            server.context = context
            if is_accepted:
                self.assertEqual(server.call("GET", "/health").status, 200)
            else:
                self.assertRaises(OSError, server.call, "GET", "/health")


class Control(harness.Case):
    def test_approve_and_deny_take_a_code_or_the_newest(self):
        server = self.serve()
        first, second, third = server.start(), server.start(), server.start()
        self.assertEqual(server.control("deny", {"user_code": second["user_code"]}).status, 200)
        self.assertEqual(server.control("approve").status, 200)
        self.assertEqual([server.poll(one).json["status"] for one in (first, second, third)],
                         ["pending", "denied", "completed"])
        self.assertEqual(server.control("deny").status, 200)
        self.assertEqual(server.poll(first).json["status"], "denied")
        self.assertEqual(server.control("approve").status, 404)

    def test_expire_codes(self):
        server = self.serve()
        started = server.start()
        self.assertEqual(server.control("expire-codes").status, 200)
        self.assertEqual(server.poll(started).json, {"status": "expired"})
        self.assertEqual(server.state(), EMPTY)

    def test_calls_of_a_browser_are_refused(self):
        server = self.serve()
        server.start()
        for name in ("approve", "deny", "revoke-all", "expire-codes", "misbehave"):
            answer = server.ask("POST", "/dev/" + name, None, {"Origin": "http://evil.example"})
            self.assertEqual(answer.status, 403, name)
        self.assertEqual(server.state()["pending"], 1)

    def test_bodies_that_are_none_are_refused(self):
        server = self.serve()
        server.start()
        for name, body in (("approve", "{"), ("approve", '{"user_code":7}'), ("misbehave", "{}"),
                           ("misbehave", "")):
            self.assertEqual(server.ask("POST", "/dev/" + name, body).status, 400, (name, body))
        self.assertEqual(server.control("misbehave", {"name": "dance"}).status, 404)
        self.assertEqual(server.state()["pending"], 1)


class Journal(harness.Case):
    def test_log_has_one_line_a_request_with_its_facts(self):
        server = self.serve("--base-path", "/b")
        before_ms = time.monotonic() * 1000
        token = server.sign_in()
        server.call("GET", "/auth/me?x=1", token=token)
        server.call("GET", "/auth/me", Authorization="Negotiate abc")
        server.ask("GET", "/nowhere", None, {"Authorization": "Basic abc"})
        after_ms = time.monotonic() * 1000
        log = server.log()
        self.assertEqual(
            [(e["method"], e["path"], e["status"], e["authorization"], e["body_len"]) for e in log],
            [("POST", "/b/auth/device/start", 200, "none", 0),
             ("POST", "/b/auth/device/complete", 200, "none", 28),
             ("POST", "/b/auth/device/poll", 200, "none", 83),
             ("GET", "/b/auth/me", 200, "bearer", 0),
             ("GET", "/b/auth/me", 401, "other", 0),
             ("GET", "/nowhere", 404, "basic", 0)])
        times = [entry["t_ms"] for entry in log]
        self.assertEqual(times, sorted(times))
        self.assertTrue(before_ms - 1 <= times[0] and times[-1] <= after_ms + 1)
        self.assertEqual({entry["git"] for entry in log}, {False})

    def test_secrets_are_listed_in_their_file_and_nowhere_else(self):
        server = self.serve()
        started = server.start()
        server.control("approve")
        token = server.poll(started).json["access_token"]
        self.assertEqual(server.secrets(), [("device_code", started["device_code"]),
                                            ("user_code", started["user_code"]), ("token", token)])
        self.assertEqual(stat.S_IMODE(os.stat(server.secrets_file).st_mode), 0o600)
        server.call("GET", f"/{token}/{started['device_code']}?token={token}", token=token)
        server.call("GET", "/auth/me?access_token=" + token, token=token)
        log = server.log_file.read_text()
        self.assertIn('"path":"/lt_[redacted]/[redacted]"', log)
        _, said = server.stop()
        for secret in (started["device_code"], token, token[3:], started["user_code"]):
            self.assertNotIn(secret, log + said)

    def test_path_that_would_break_a_line_is_made_printable(self):
        server = self.serve()
        with socket.create_connection(("127.0.0.1", server.port), harness.DEADLINE_S) as raw:
            raw.sendall(b"GET /a\x1b[2J\xff\"\\ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while raw.recv(4096):
                pass
        self.assertIn("\\x1b[2J\\xff", server.log()[-1]["path"])


class Life(harness.Case):
    def test_signals_end_it_cleanly_with_requests_under_way(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.serve("--misbehave", "hang")
            threads = [threading.Thread(target=self.hang, args=(server,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            self.wait_for(lambda s=server: len(s.log()) >= 3)
            begin = time.monotonic()
            status, said = server.stop(number)
            self.assertEqual(status, 0, said)
            self.assertLess(time.monotonic() - begin, 10)
            for thread in threads:
                thread.join(harness.DEADLINE_S)
            server.log_file.unlink()

    def hang(self, server):
        with self.assertRaises((OSError, http.client.HTTPException)):
            server.call("POST", "/auth/device/start")

    def test_idle_connections_do_not_hold_it_up(self):
        server = self.serve()
        with socket.create_connection(("127.0.0.1", server.port)), \
                socket.create_connection(("127.0.0.1", server.port)) as half:
            half.sendall(b"POST /auth/device/poll HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
            time.sleep(0.1)
            begin = time.monotonic()
            self.assertEqual(server.stop()[0], 0)
            self.assertLess(time.monotonic() - begin, 10)

    def test_ready_file_comes_whole_and_leaves_no_temporary(self):
        server = self.serve()
        self.assertEqual(server.url, f"http://localhost:{server.port}")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["log", "ready", "secrets"])

    def test_usage_is_told_with_status_two(self):
        for options, word in ((["--frobnicate"], "unknown option"), (["--po", "1"], "unknown option"),
                              (["--port"], "missing"), (["--port", "65536"], "65536"),
                              (["--port", "x"], "x"), (["--cert", "a"], "--key"),
                              (["--approve-after", "1", "--deny-after", "1"], "exclude"),
                              (["--approve-after", "1.2345"], "1.2345"),
                              (["--approve-after", "-1"], "-1"), (["--base-path", "loom"], "loom"),
                              (["--base-path", "/loom/"], "/loom/"), (["--base-path", "/a?b"], "/a?b"),
                              (["--public-url", "ftp://x"], "ftp://x"),
                              (["--misbehave", "dance"], "dance"), (["--interval", "1x"], "1x")):
            done = run(self.folder, *options)
            self.assertEqual((done.returncode, done.stdout), (2, ""), options)
            self.assertIn(word, done.stderr)

    def test_what_cannot_be_opened_is_named_with_status_one(self):
        (self.folder / "rubbish.pem").write_text("rubbish")
        rubbish = str(self.folder / "rubbish.pem")
        missing = str(self.folder / "no" / "such")
        for options, word in ((["--log", missing], missing), (["--secrets", missing], missing),
                              (["--ready", missing], missing), (["--repos", missing], missing),
                              (["--cert", missing, "--key", missing], missing),
                              (["--cert", os.devnull, "--key", os.devnull], os.devnull),
                              (["--cert", rubbish, "--key", rubbish], "certificate")):
            done = run(self.folder, *options)
            self.assertEqual((done.returncode, done.stdout), (1, ""), options)
            self.assertIn(word, done.stderr)

    def test_port_in_use_is_an_error(self):
        server = self.serve()
        done = run(self.folder, "--port", str(server.port))
        self.assertEqual(done.returncode, 1)
        self.assertIn("in use", done.stderr)

    def test_help_names_every_option_and_misbehaviour(self):
        done = run(self.folder, "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        source = (pathlib.Path(__file__).parent / "options.c").read_text()
        options = re.findall(r'^    \{"(--[a-z-]+)"', source, re.M)
        self.assertGreater(len(options), 15)
        for option in options + ["start-404", "logout-hang"]:
            self.assertIn(option, done.stdout)


def run(folder, *options):
    return subprocess.run([harness.BINARY, *options], env=harness.clean_environment(folder),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=harness.DEADLINE_S)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    unittest.main()
