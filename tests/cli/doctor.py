# SPDX-License-Identifier: Apache-2.0
"""Why does it not work? Each fault that `loom doctor` claims to find, one by one; the keyring's are in
tests/interop/keyring, git's in doctor_git.py."""
import datetime
import email.utils
import json
import os
import pwd
import signal
import socket
import stat
import subprocess
import time

import loomtest
import schema
import servers

TOKEN = loomtest.marker("doctor")
HIDDEN = loomtest.marker("doctor hidden", "password")


class Case(loomtest.Case):
    server_options = ()

    def doctor(self, *argv, status=0, **more):
        """{id: row} of --json; the report for people says the same verdicts."""
        result = self.loom("doctor", "--json", *argv, status=status, **more)
        rows = schema.check_doctor(self, result)
        said = self.loom("doctor", *argv, status=status, **more)
        for row in rows.values():
            if row["status"] == "fail":
                self.assertIn("does not work: " + row["message"][:30].split(":")[0],
                              " ".join(said.out.decode().split()))
        self.report = said.out.decode()
        self.value = json.loads(result.out)
        for output in (result.out, result.err, said.out, said.err):
            self.assertNotIn(HIDDEN.encode(), output)
            self.assertNotIn(self.home.path.encode(), output)
        return rows

    def verdicts(self, rows, *but):
        """Those that are not ok, but for these and what was skipped."""
        return {name: row["status"] for name, row in rows.items()
                if row["status"] not in ("ok", "skipped") and name not in but}

    def server_argv(self, server=None):
        server = server or self.server
        argv = ["--server", server.url]
        return argv + (["--cacert", server.authority.file] if server.authority else [])


class Healthy(Case):
    tls = True

    def test_all_is_well(self):
        self.give(self.server)
        self.home_git()
        before = self.home.snapshot()
        rows = self.doctor(*self.server_argv())
        self.assertEqual(self.verdicts(rows), {})
        self.assertEqual((self.value["ok"], self.value["server"]), (True, self.server.url))
        self.assertEqual(rows["sign_in.token"]["data"]["state"], "valid")
        self.assertEqual(rows["sign_in.token"]["data"]["places"], ["file"])
        self.assertEqual(rows["server.dialect"]["data"]["dialect"], "loom")
        data = rows["server.certificate"]["data"]
        self.assertEqual(data["verdict"], "good")
        self.assertIn("Throw-away authority of the tests", data["issuer"])
        self.assertIn("DNS:localhost", data["names"])
        schema.check_time(self, data["valid_until"], time.time() + 2 * 86400, 86400)
        self.assertEqual(len(data["authorities"]), 2)
        self.assertIn("127.0.0.1", rows["server.name"]["data"]["addresses"])
        self.assertLessEqual(abs(rows["server.clock"]["data"]["ahead_s"]), 30)
        self.assertEqual(rows["git.helper.1"]["data"]["answer"], "this_sign_in")
        self.assertEqual(rows["git.own"]["data"]["program"], "this_program")
        self.assertTrue(self.report.endswith("Everything that was checked works.\n"))
        self.assertEqual(self.home.snapshot(), before, "looking changed something")
        # Without a name it is the only one that is stored, with the authority it remembers.
        self.assertEqual(self.verdicts(self.doctor()), {})

    def home_git(self):
        self.loom("setup-git", "--server", self.server.url)

    def test_a_terminal_and_every_language(self):
        self.give(self.server)
        argv = ["doctor", *self.server_argv()]
        seen = set()
        for lang in ("C.UTF-8", "es_ES.UTF-8", "ar_EG.UTF-8"):
            program = self.start(*argv, env={"LANG": lang}, terminal={"stdout", "stderr"})
            self.assertEqual(program.finish().status, 0)
            value = json.loads(self.loom(*argv, "--json", env={"LANG": lang}).out)
            for row in value["checks"]:
                if row["id"] == "here.language":
                    row.update(message=None, data=None)
            seen.add(json.dumps([row for row in value["checks"] if row["id"] != "server.clock"]))
        self.assertEqual(len(seen), 1, "it is localised")

    def test_a_fresh_machine_stays_fresh(self):
        rows = self.doctor()
        self.assertIsNone(self.value["server"])
        self.assertFalse([name for name in rows if name.startswith("server.")])
        self.assertEqual(self.verdicts(rows), {})
        rows = self.doctor(*self.server_argv())
        self.assertEqual(self.verdicts(rows), {"sign_in.token": "warn", "git.own": "warn"})
        self.assertEqual(os.listdir(self.home.path), [])
        self.assertNotIn("POST /auth/device/start", self.server.requests())

    def test_several_servers_and_bad_ones(self):
        self.home.seed(("https://a.example.com", self.plant(TOKEN)),
                       ("https://b.example.com", self.plant(loomtest.marker("b"))))
        result = self.loom("doctor", status=2)
        self.assertIn("    https://b.example.com", result.text.splitlines())
        for argv in (("--server", "ftp://x"), ("x",), ("--frob",), ("--cacert", "/gone")):
            self.loom("doctor", *argv, status=2)
            self.assertEqual(schema.check_failure(self, self.loom(
                "doctor", "--json", *argv, status=2))["code"], "usage")
        self.loom("doctor", status=2, env={"LOOM_STORE": "nowhere"})

    def test_an_output_that_takes_nothing(self):
        with open("/dev/full", "wb") as full:
            for argv in ((), ("--json",)):
                result = self.loom("doctor", *argv, outputs={"stdout": full}, status=1)
                self.assertIn("Not everything could be printed.", result.said)


class Way(Case):
    """From the name to the answer."""

    def fault(self, name, *argv, status=6, **more):
        """The row of the one check that fails."""
        rows = self.doctor(*argv, status=status, **more)
        failed = [row["id"] for row in rows.values() if row["status"] == "fail"]
        self.assertEqual(failed, [name])
        self.rows = rows
        return rows[name]

    def test_nobody_listens(self):
        port = servers.closed_port()
        row = self.fault("server.connection", "--server", f"https://127.0.0.1:{port}")
        self.assertEqual(row["data"]["port"], port)
        self.assertEqual(self.rows["server.name"]["data"]["addresses"], ["127.0.0.1"])
        self.assertEqual(self.rows["server.certificate"]["status"], "skipped")

    def test_a_name_that_does_not_exist(self):
        row = self.fault("server.name", "--server", "https://loom.invalid")
        self.assertEqual(row["data"], {"host": "loom.invalid", "addresses": []})

    def test_silence_instead_of_tls_and_of_an_answer(self):
        peer = servers.Listener()
        self.addCleanup(peer.stop)
        for url, name, words in (
                (f"https://127.0.0.1:{peer.port}", "server.certificate",
                 "does not answer when a safe connection is begun"),
                (f"http://127.0.0.1:{peer.port}", "server.health", "did not answer in time")):
            result = self.loom("doctor", "--json", "--server", url, status=6)
            row = schema.check_doctor(self, result)[name]
            self.assertEqual(row["status"], "fail")
            self.assertIn(words, row["message"])
            self.assertLess(result.took_s, 15)

    def test_no_tls_there(self):
        row = self.fault("server.certificate", "--server", f"https://localhost:{self.server.port}")
        self.assertEqual(row["data"]["verdict"], "refused")

    def test_what_a_server_gets_wrong(self):
        url = self.scripted({"GET /health": (503, {}, {})})
        row = self.rows_of(url, 7)["server.health"]
        self.assertEqual((row["status"], row["data"]["http_status"]), ("fail", 503))

    def scripted(self, table):
        server = servers.Scripted(table)
        self.addCleanup(server.stop)
        self.peer = server
        return server.url

    def rows_of(self, url, status):
        return self.doctor("--server", url, status=status if status != 7 else None)

    def test_not_a_loom_server(self):
        url = self.scripted({"GET /health": (200, {}, b"<html>hello</html>")})
        row = self.fault("server.dialect", "--server", url, status=7)
        self.assertIn("not a Loom server", row["message"])

    def test_a_redirect(self):
        url = self.scripted({"GET /health": (302, {"Location": f"https://other.example.com/{HIDDEN}"},
                                             b"")})
        row = self.fault("server.health", "--server", url, status=7)
        self.assertIn("https://other.example.com", row["message"])

    def test_a_standard_server(self):
        server = self.start_server("--dialect", "oauth")
        rows = self.doctor("--server", server.url)
        self.assertEqual(rows["server.dialect"]["data"]["dialect"], "oauth")
        self.give(server)
        self.assertEqual(self.doctor()["sign_in.token"]["data"]["state"], "valid")

    def test_a_clock_that_is_off(self):
        for off_s, word in ((3600, "behind"), (-7200, "ahead")):
            date = email.utils.format_datetime(datetime.datetime.now(
                datetime.timezone.utc) + datetime.timedelta(seconds=off_s), usegmt=True)
            url = self.dated(date)
            rows = self.doctor("--server", url)
            self.assertEqual(rows["server.clock"]["status"], "warn")
            self.assertAlmostEqual(rows["server.clock"]["data"]["ahead_s"], -off_s, delta=60)
            self.assertIn(word, rows["server.clock"]["message"])

    def dated(self, date):
        """A Loom server with this Date."""
        def serve(connection, received):
            while b"\r\n\r\n" not in received and (block := connection.recv(65536)):
                received += block
            is_me = b"GET /auth/me" in received
            connection.sendall(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nDate: %s\r\n"
                               b"Content-Length: 2\r\nConnection: close\r\n\r\n{}" % (
                                   b"401 No" if is_me else b"200 OK", date.encode()))
        peer = servers.Listener(serve)
        self.addCleanup(peer.stop)
        return f"http://127.0.0.1:{peer.port}"

    def test_a_proxy_that_refuses(self):
        proxy = servers.Proxy(self.server.port, status=b"407 Authentication Required")
        self.addCleanup(proxy.stop)
        url = proxy.url.replace("http://", f"http://somebody:{HIDDEN}@")
        env = {"HTTPS_PROXY": url}
        row = self.fault("server.proxy", "--server", "https://loom.example.com", env=env)
        self.assertEqual(row["data"], {"variable": "HTTPS_PROXY", "scheme": "http",
                                       "port": proxy.port, "http_status": 407})
        for word in ("somebody", "127.0.0.1"):
            self.assertNotIn(word, self.report)
        rows = self.doctor("--server", "https://loom.invalid", status=6,
                           env={**env, "NO_PROXY": "loom.invalid"})
        self.assertIn("NO_PROXY keeps this server away", rows["server.proxy"]["message"])
        gone = f"http://127.0.0.1:{servers.closed_port()}"
        row = self.fault("server.proxy", "--server", "https://loom.example.com",
                         env={"https_proxy": gone})
        self.assertEqual(row["data"]["variable"], "https_proxy")


class Certificates(Case):
    tls = True

    def verdict(self, server, *argv, **more):
        mark = len(server.requests())
        rows = self.doctor("--server", server.url, *argv, status=6, **more)
        row = rows["server.certificate"]
        self.assertEqual((row["status"], rows["server.health"]["status"]), ("fail", "skipped"))
        self.assertEqual(server.requests()[mark:], [], "something was sent")
        return row

    def test_each_is_told_from_the_others(self):
        ca = ("--cacert", self.authority.file)
        row = self.verdict(self.server)
        self.assertEqual(row["data"]["verdict"], "unknown_authority")
        self.assertIn("Throw-away authority of the tests", row["message"])
        expired = self.start_server(names=("DNS:localhost",), days=-1)
        row = self.verdict(expired, *ca)
        self.assertEqual(row["data"]["verdict"], "expired")
        self.assertIn(row["data"]["valid_until"], row["message"])
        other = self.start_server(names=("DNS:loom.example.com",))
        row = self.verdict(other, *ca)
        self.assertEqual(row["data"]["verdict"], "other_name")
        self.assertIn("DNS:loom.example.com", row["message"])

    def test_not_yet_valid_and_signed_by_itself(self):
        for name, days, verdict in (("early", ("20990101000000Z", "20990201000000Z"),
                                     "not_yet_valid"), ("own", None, "self_signed")):
            server = self.tls_server(name, days)
            argv = ("--cacert", self.authority.file) if days else ()
            rows = self.doctor("--server", f"https://localhost:{server}", *argv, status=6)
            self.assertEqual(rows["server.certificate"]["data"]["verdict"], verdict)
            self.assertEqual(rows["server.certificate"]["status"], "fail")

    def tls_server(self, name, days):
        """openssl s_server with a certificate of that kind; its port."""
        stem = os.path.join(self.folder, name)
        words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-addext",
                 "subjectAltName=DNS:localhost", "-keyout", stem + ".key", "-out", stem + ".pem"]
        run = dict(cwd=self.authority.folder, env=servers.clean_environment(), check=True,
                   capture_output=True, timeout=60)
        subprocess.run(words, **run)
        if days:
            subprocess.run(["openssl", "req", "-new", "-key", stem + ".key", "-subj",
                            "/CN=localhost", "-out", stem + ".csr"], **run)
            with open(stem + ".ext", "w") as file:
                file.write("[x]\nsubjectAltName=DNS:localhost\n[ca]\ndefault_ca=d\n[d]\n"
                           f"database={stem}.db\nserial={stem}.srl\nnew_certs_dir={self.folder}\n"
                           "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\n"
                           "commonName=supplied\n")
            open(stem + ".db", "w").close()
            with open(stem + ".srl", "w") as file:
                file.write("01\n")
            subprocess.run(["openssl", "ca", "-batch", "-config", stem + ".ext", "-extensions", "x",
                            "-cert", "ca.pem", "-keyfile", "ca.key", "-in", stem + ".csr", "-out",
                            stem + ".pem", "-notext", "-startdate", days[0], "-enddate", days[1]],
                           **run)
        port = servers.free_port()
        process = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert",
                                    stem + ".pem", "-key", stem + ".key", "-quiet", "-www"],
                                   env=servers.clean_environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.wait_for(lambda: not self.is_closed(port))
        return port

    def is_closed(self, port):
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return False
        except OSError:
            return True

    def test_authorities_that_cannot_be_used(self):
        empty = os.path.join(self.folder, "empty.pem")
        open(empty, "w").close()
        for env in ({"LOOM_CA_FILE": empty}, {"SSL_CERT_FILE": empty},
                    {"SSL_CERT_FILE": empty + "gone"}):
            row = self.verdict(self.server, env=env)
            self.assertIn("cannot be used", row["message"])
            self.assertIsNone(row["data"]["verdict"])


class Stored(Case):
    """The encrypted file, and the sign-in in it."""
    URL = "https://loom.invalid"

    def rows(self, status=0, **more):
        return self.doctor(status=status, **more)

    def seed(self):
        self.home.seed((self.server.url, self.server.issue_token()))

    def check(self, name, verdict, status, words, **more):
        rows = self.doctor("--server", self.server.url, status=status, **more)
        self.assertEqual(rows[name]["status"], verdict, rows[name])
        self.assertIn(words, rows[name]["message"])
        self.found = rows
        return rows[name]

    def test_damage(self):
        self.seed()
        self.home.damage()
        before = self.home.snapshot()
        row = self.check("file.content", "fail", 9, "damaged")
        self.assertEqual(row["data"]["error"], "damaged")
        self.assertIn("loom logout --discard-damaged", row["fix"])
        self.assertEqual(self.found["sign_in.place"]["status"], "fail")
        self.assertEqual(self.home.snapshot(), before)

    def test_a_missing_key(self):
        self.seed()
        key = os.path.join(self.home.data, "vault.key")
        os.rename(key, os.path.join(self.folder, "kept"))
        self.check("file.content", "fail", 9, "The key of the encrypted file is missing")
        os.rename(os.path.join(self.folder, "kept"), key)

    def test_a_newer_version(self):
        self.seed()
        with open(self.home.file, "w") as file:
            file.write('{"format":"loom-credentials","version":99}')
        self.check("file.content", "fail", 9, "A newer version of loom")

    def test_loose_modes(self):
        self.seed()
        os.chmod(self.home.file, 0o644)
        row = self.check_once("file.access", "warn")
        self.assertEqual(row["data"]["file_mode"], "0644")
        self.assertEqual(stat.S_IMODE(os.stat(self.home.file).st_mode), 0o600)
        key = os.path.join(self.home.data, "vault.key")
        os.chmod(key, 0o640)
        row = self.check("file.content", "fail", 9, "Others may have read this key")
        self.assertEqual(self.found["file.access"]["data"]["key_mode"], "0640")
        os.chmod(key, 0o600)

    def check_once(self, name, verdict):
        """Reading sets a mode right, so it is seen once."""
        rows = schema.check_doctor(self, self.loom("doctor", "--json", "--server", self.server.url))
        self.assertEqual(rows[name]["status"], verdict)
        return rows[name]

    def test_another_programs_plaintext(self):
        self.home.seed_plaintext({"https___loom_invalid": {"type": "api", "key": TOKEN}})
        before = self.home.snapshot()
        row = self.check("file.content", "warn", 0, "in plain text")
        self.assertEqual(row["data"], {"form": "plaintext", "sign_ins": 1, "error": None})
        self.assertEqual(self.home.snapshot(), before)
        os.unlink(self.home.file)

    def test_what_was_left_behind(self):
        self.seed()
        path = os.path.join(self.home.config, ".loom-" + "0" * 32 + ".tmp")
        open(path, "w").close()
        os.chmod(path, 0o600)
        os.utime(path, (1, 1))
        row = self.check("file.forgotten", "warn", 0, "cut short: 1")
        self.assertEqual(row["data"]["files"], 1)
        os.unlink(path)

    def test_a_token_that_is_dead_or_over(self):
        self.seed()
        self.server.revoke_all()
        row = self.check("sign_in.token", "fail", 0, "no longer accepts")
        self.assertEqual(row["data"]["state"], "rejected")
        self.home.seed((self.server.url, self.plant(TOKEN), {"expires": int(time.time()) - 60}))
        row = self.check("sign_in.token", "fail", 0, "has expired")
        self.assertEqual(row["data"]["state"], "expired")

    def test_a_token_that_is_about_to_end_is_not_renewed(self):
        server = self.start_server("--dialect", "oauth")
        pair, end = server.issue_tokens(), int(time.time()) + 20
        self.home.seed((server.url, pair["access_token"], {
            "type": "oauth", "key": None, "access": pair["access_token"],
            "refresh": pair["refresh_token"], "dialect": "oauth", "source": "device",
            "expires": end, "expires_in": 3600, "obtained_at": end - 3600, "issuer": server.url,
            "token_endpoint": server.url + "/oauth/token",
            "userinfo_endpoint": server.url + "/oauth/userinfo", "client_id": "loom-cli"}))
        self.loom("setup-git", "--server", server.url)
        mark = len(server.requests())
        rows = self.doctor("--server", server.url)
        self.assertEqual(rows["sign_in.token"]["status"], "ok")
        self.assertEqual(rows["git.helper.1"]["data"]["answer"], "not_run")
        self.assertNotIn("POST /oauth/token", server.requests()[mark:])


class Here(Case):
    """Language, browser, variables."""

    def test_a_charset_that_cannot_show_it(self):
        rows = self.doctor(env={"LANG": "ar_EG.ISO-8859-6"})
        row = rows["here.language"]
        self.assertEqual((row["status"], row["data"]["is_utf8"]), ("warn", False))
        rows = self.doctor(env={"LANG": None, "LC_ALL": "es_ES.utf8", "LANGUAGE": "ar:es"})
        self.assertEqual(rows["here.language"]["data"], {
            "language": "ar", "variable": "LC_ALL", "has_list": True, "is_utf8": True})

    def test_no_browser(self):
        for env, plan, verdict in (
                ({"DISPLAY": ":1", "PATH": self.folder}, "opens", "warn"),
                ({"DISPLAY": ":1", "SSH_TTY": "/dev/pts/1"}, "remote_session", "ok"),
                ({"BROWSER": ""}, "never", "ok"), ({}, "no_display", "ok"),
                ({"LOOM_BROWSER": f"nowhere:/bin/true --{HIDDEN} %s"}, "opens", "ok")):
            rows = self.doctor(env=env)
            self.assertEqual((rows["here.browser"]["data"]["plan"],
                              rows["here.browser"]["status"]), (plan, verdict), env)
        self.assertEqual(rows["here.browser"]["data"]["program"], "/bin/true")

    def test_variables_are_named_and_not_shown(self):
        names = ("SSL_CERT_FILE OPENSSL_CONF GIT_SSL_NO_VERIFY GIT_CONFIG_GLOBAL HTTPS_PROXY NO_COLOR"
                 " CI LOOM_DEBUG GIT_EXEC_PATH").split()
        for name in names:
            value = "/dev/null" if name in ("OPENSSL_CONF", "GIT_CONFIG_GLOBAL") else HIDDEN
            rows = self.doctor(env={name: value})
            self.assertIn(f"environment.{name}", rows)
        self.assertEqual(self.doctor()["environment"]["status"], "ok")

    def test_variables_that_do_not_do_it(self):
        url = self.server.url
        for name, bad, good in (("LOOM_SERVER", "ftp://x", url), ("LOOM_SERVER_URL", "a b", url),
                                ("XDG_CONFIG_HOME", "here", self.folder + "/c"),
                                ("XDG_DATA_HOME", "./here", self.folder + "/d")):
            for value, verdict in ((bad, "warn"), (good, "ok")):
                rows = self.doctor("--server", url, env={name: value})
                self.assertEqual(rows[f"environment.{name}"]["status"], verdict, (name, value))

    def test_tokens_of_the_environment(self):
        token = self.plant(loomtest.marker("env"))
        rows = self.doctor(env={"LOOM_TOKEN": token})
        self.assertEqual(rows["environment.LOOM_TOKEN"]["status"], "fail")
        mine = self.server.issue_token()
        env = {"LOOM_TOKEN": mine, "LOOM_SERVER": self.server.url}
        rows = self.doctor(env=env)
        self.assertEqual(rows["sign_in.token"]["data"],
                         {"state": "valid", "places": ["environment"], "expires_at": None})
        rows = self.doctor(env={**env, "LOOM_TOKEN": token})
        self.assertEqual(rows["sign_in.token"]["data"]["state"], "rejected")
        rows = self.doctor(env={**env, "LOOM_TOKEN": None, "LOOM_TOKEN_FILE": "/gone"})
        self.assertEqual(rows["environment.LOOM_TOKEN_FILE"]["status"], "fail")

    def test_names_of_people_are_hidden(self):
        for env, hidden in (({"XDG_CONFIG_HOME": "/home/adalovelace/.config"}, "adalovelace"),
                            ({"XDG_DATA_HOME": "/mnt/adalovelace/x", "USER": "adalovelace"},
                             "adalovelace")):
            result = self.loom("doctor", env=env, status=None)
            self.assertNotIn(hidden, result.out.decode() + result.err.decode())

    def test_names_of_people_are_hidden_without_variables(self):
        """The user database has name and home, too."""
        person = pwd.getpwuid(os.geteuid())
        result = self.loom("doctor", "--json", status=None, env={
            "HOME": None, "USER": None, "LOGNAME": None,
            "XDG_DATA_HOME": f"/nowhere/{person.pw_name}/x", "XDG_CONFIG_HOME": person.pw_dir})
        data = schema.check_doctor(self, result)["file.access"]["data"]
        self.assertEqual(data["config_folder"], "~/loom")
        self.assertEqual(data["data_folder"], "/nowhere/...".replace(
            "...", "root" if person.pw_name == "root" else "...") + "/x/loom")

    def test_it_stops_at_once(self):
        peer = servers.Listener()
        self.addCleanup(peer.stop)

        def once():
            program = self.start("doctor", "--server", f"https://127.0.0.1:{peer.port}")
            self.wait_for(lambda: peer.seen)
            peer.seen.clear()
            began = time.monotonic()
            program.signal(signal.SIGINT)
            self.assertEqual(program.finish().status, -signal.SIGINT)
            return program.ended - began
        self.in_time(once)

    def test_failures_of_other_commands_point_to_it(self):
        url = f"https://127.0.0.1:{servers.closed_port()}"
        line = f"    loom doctor --server {url}"
        self.assertIn(line, self.loom("login", url, status=6).text.splitlines())
        self.home.seed((url, self.plant(TOKEN)))
        self.assertIn(line, self.loom("status", status=6).text.splitlines())
        self.assertNotIn(line, self.loom("status", "-q", status=6).text.splitlines())
        asked = {"protocol": "https", "host": url.partition("://")[2]}
        self.assertNotIn("doctor", self.helper("get", asked).text)


if __name__ == "__main__":
    loomtest.main()
