# SPDX-License-Identifier: Apache-2.0
"""Which servers, as whom, where, until when, and does each still accept it: for people and programs."""
import hashlib
import json
import os
import re
import signal
import time

import languages
import loomtest
import schema
import servers
import vault

TOKEN = loomtest.marker("status")
URL = "https://loom.example.com"
TOTAL_S = 5  # for all servers together
SLACK_S = 3  # a loaded machine


def standard(server, pair, left_s, **members):
    """A sign-in at a standard server, for Home.seed."""
    end = int(time.time()) + left_s
    return server.url, pair["access_token"], {
        "type": "oauth", "key": None, "access": pair["access_token"],
        "refresh": pair["refresh_token"], "dialect": "oauth", "source": "device", "expires": end,
        "expires_in": 3600, "obtained_at": end - 3600, "issuer": server.url,
        "token_endpoint": server.url + "/oauth/token",
        "userinfo_endpoint": server.url + "/oauth/userinfo", "client_id": "loom-cli", **members}


class Case(loomtest.Case):
    def status(self, *argv, status=0, **more):
        """{url: row} of --json."""
        result = self.loom("status", "--json", *argv, status=status, **more)
        self.value = schema.check_status(self, result)
        return {row["server"]: row for row in self.value["servers"]}

    def lines(self, *argv, **more):
        result = self.loom("status", *argv, **more)
        return result.out.decode().splitlines()

    def note(self, url, token, is_dead=True, home=None):
        """What the helper would have noted."""
        home = home or self.home
        path = os.path.join(home.data, "refused.json")
        with open(path, "w") as file:
            json.dump({hashlib.sha256(url.encode()).hexdigest(): {
                "token": vault.refused_hash(token), "asked_at": 1700000000, "dead": is_dead}}, file)
        os.chmod(path, 0o600)


class Stored(Case):
    """Nothing listens at URL, and with --offline nobody minds."""

    def test_nothing(self):
        for env in ({}, {"LOOM_STORE": "file"}):
            result = self.loom("status", status=3, env=env)
            self.assertEqual(result.out, b"")
            self.assertIn("    loom login --server https://loom.example.com",
                          result.text.splitlines())
            self.assertEqual(self.status(status=3, env=env), {})
            self.assertIsNone(self.value["default_server"])
        self.assertEqual(self.home.files(), [], "looking made files")

    def test_a_server_that_is_unknown(self):
        self.home.seed((URL, self.plant(TOKEN)))
        other = "https://other.example.com"
        for argv in ((other,), ("--server", other), ("--server", other, "--offline")):
            result = self.loom("status", *argv, status=3)
            self.assertEqual(result.out.decode(), f"   {other}\n\nNot signed in.\n")
            self.assertIn(f"    loom login --server {other}", result.text.splitlines())
        rows = self.status(other, status=3)
        self.assertEqual(list(rows), [other])
        self.assertEqual(self.value["default_server"], URL)  # of a command without a server
        row = rows[other]
        self.assertEqual([row[name] for name in schema.STATUS[1:-1]], ["none"] + [None] * 8)

    def test_loom_server_is_among_them(self):
        other = "https://other.example.com"
        self.home.seed((URL, self.plant(TOKEN)))
        rows = self.status("--offline", status=3, env={"LOOM_SERVER": other})
        self.assertEqual({url: row["state"] for url, row in rows.items()},
                         {URL: "unknown", other: "none"})
        self.assertEqual(self.value["default_server"], other)
        rows = self.status("--offline", env={"LOOM_SERVER": URL})
        self.assertEqual(list(rows), [URL])
        rows = self.status("--offline", status=3, env={"LOOM_SERVER_URL": other})
        self.assertEqual(len(rows), 2)
        self.loom("status", env={"LOOM_SERVER": "ftp://x"}, status=2)
        self.status(URL, "--offline", env={"LOOM_SERVER": "ftp://x"})  # the option beats it
        self.assertIsNone(self.value["default_server"])

    def test_offline_asks_nobody(self):
        self.home.seed((URL, self.plant(TOKEN), {
            "account": {"id": "7", "username": "ada", "display_name": "Ada", "email": "a@b.c"}}))
        row = self.status("--offline")[URL]
        self.assertEqual((row["state"], row["checked_at"], row["dialect"], row["refreshable"],
                          row["error"]), ("unknown", None, "loom", False, None))
        self.assertEqual(row["account"], {"id": "7", "username": "ada", "display_name": "Ada",
                                          "email": "a@b.c"})
        self.assertEqual(row["store"], {"kind": "file", "name": None, "path": self.home.file,
                                        "locked": None, "mode": "0600"})
        self.assertEqual(row["obtained_at"], "2023-11-14T22:13:20Z")
        self.assertEqual(self.lines("--offline"), [
            f"   {URL}", "", "Signed in as Ada, as far as is known here.",
            "Kept in an encrypted file:", "", f"    {self.home.file}"])

    def test_until_when(self):
        end = int(time.time()) + 7200
        self.home.seed((URL, self.plant(TOKEN), {"expires": end, "ca_file": "/etc/own.pem"}))
        row = self.status("--offline")[URL]
        schema.check_time(self, row["expires_at"], end, 0)
        self.assertEqual(row["ca_file"], "/etc/own.pem")
        self.assertIn("Good until " + row["expires_at"] + ".", self.lines("--offline"))
        self.home.seed((URL, self.plant(TOKEN), {"expires": end - 9000}))
        row = self.status(status=3)[URL]
        self.assertEqual((row["state"], row["checked_at"]), ("expired", None))
        result = self.loom("status", status=3)
        self.assertIn("The sign-in has expired.", result.out.decode())
        self.assertIn(f"    loom login --server {URL}", result.text.splitlines())

    def test_what_the_helper_learned(self):
        self.home.seed((URL, self.plant(TOKEN)))
        self.note(URL, TOKEN)
        row = self.status(status=3)[URL]
        self.assertEqual((row["state"], row["checked_at"]), ("rejected", "2023-11-14T22:13:20Z"))
        self.home.seed((URL, self.plant(TOKEN), {"expires": int(time.time()) + 7200}))
        self.assertNotIn("Good until", self.loom("status", status=3).out.decode())
        self.note(URL, TOKEN, is_dead=False)
        self.assertEqual(self.status("--offline")[URL]["state"], "unknown")
        self.note(URL, "another")
        self.assertEqual(self.status("--offline")[URL]["state"], "unknown")

    def test_a_refresh_token_that_is_known_to_be_dead_renews_nothing(self):
        server = self.start_server("--dialect", "oauth")
        pair = server.issue_tokens()
        for left_s, state, status in ((600, "unknown", 0), (-600, "rejected", 3)):
            home = self.new_home()
            home.seed(standard(server, pair, left_s))
            row = self.status("--offline", home=home)[server.url]
            self.assertEqual((row["state"], row["refreshable"], row["dialect"]),
                             ("unknown" if left_s > 0 else "expired", True, "oauth"))
            self.note(server.url, pair["refresh_token"], home=home)
            row = self.status("--offline", status=status, home=home)[server.url]
            self.assertEqual((row["state"], row["refreshable"]), (state, False))
            # Nor does a good one, where the server was asked and said no.
            self.note(server.url, pair["access_token"], home=home)
            row = self.status("--offline", status=3, home=home)[server.url]
            self.assertEqual((row["state"], row["refreshable"]), ("rejected", False))
        # Past its time, and renewed when it is needed: nothing is wrong with that.
        home = self.new_home()
        home.seed(standard(server, pair, -600))
        lines = self.lines("--offline", home=home)
        self.assertEqual(lines, [
            f"   {server.url}", "", "The sign-in has expired.",
            "It is renewed when it is next needed.", "Kept in an encrypted file:", "",
            f"    {home.file}"])

    def test_several_are_sorted_and_none_comes_twice(self):
        urls = [f"https://{name}.example.com" for name in "cab"]
        self.home.seed(*((url, self.plant(loomtest.marker(url))) for url in urls))
        self.assertEqual(list(self.status("--offline")), sorted(urls))
        self.assertIsNone(self.value["default_server"])
        lines = self.lines("--offline")
        self.assertEqual([line for line in lines if line.startswith("   http")],
                         ["   " + url for url in sorted(urls)])

    def test_damage(self):
        self.home.seed((URL, self.plant(TOKEN)))
        self.home.damage()
        before = self.home.snapshot()
        for argv, env in (((), {}), ((URL,), {}), ((), {"LOOM_SERVER": URL})):
            result = self.loom("status", *argv, env=env, status=9)
            self.assertEqual(result.text.count(self.home.file), 1, result)
        for argv in ((), (URL,)):
            row = self.status(*argv, status=9)[URL]
            self.assertEqual((row["state"], row["error"]["code"], row["store"]),
                             ("unknown", "damaged", None))
        # Where not even the servers' names can be read.
        with open(self.home.file, "w") as file:
            file.write('{"format":"loom-credentials","version":99}')
        result = self.loom("status", "--json", status=9)
        self.assertEqual(schema.check_failure(self, result)["code"], "damaged")
        self.loom("status", status=9)
        self.home.seed((URL, self.plant(TOKEN)))
        self.home.damage()
        before = self.home.snapshot()
        self.loom("status", status=9)
        self.assertEqual(self.home.snapshot(), before)

    def test_reading_writes_nothing(self):
        self.home.seed((URL, self.plant(TOKEN)))
        before = self.home.snapshot()
        self.loom("status", "--offline")
        self.assertEqual(self.home.snapshot(), before)

    def test_an_output_that_takes_nothing(self):
        self.home.seed((URL, self.plant(TOKEN)))
        with open("/dev/full", "wb") as full:
            for argv in ((), ("--json",)):
                result = self.loom("status", "--offline", *argv, outputs={"stdout": full}, status=1)
                self.assertIn("Not everything could be printed.", result.said)

    def test_usage(self):
        for argv in (["a", "b"], ["--frob"], ["--all"], ["ftp://x"], [URL, "--server", URL + "/x"],
                     ["--cacert", "/gone"]):
            self.loom("status", *argv, status=2)
            error = schema.check_failure(self, self.loom("status", "--json", *argv, status=2))
            self.assertEqual(error["code"], "usage")


class Imports(Case):
    server_options = ()

    def setUp(self):
        super().setUp()
        self.mine, self.theirs = self.server.issue_token(), self.plant(loomtest.marker("theirs"))
        self.key = vault.server_key(self.server.url)

    def seed(self):
        self.home.seed_plaintext({self.key: {"type": "api", "key": self.mine},
                                  vault.server_key(URL): {"type": "api", "key": self.theirs}})

    def check_secrets(self):
        # A plaintext file that nobody has named yet still holds what its own client wrote.
        with open(self.home.file) as file:
            if "format" not in json.load(file):
                os.unlink(self.home.file)
        super().check_secrets()

    def test_they_are_told_with_the_command_that_adopts_one(self):
        self.seed()
        before = self.home.snapshot()
        for argv in ((), ("--offline",)):
            result = self.loom("status", *argv, status=3)
            self.assertEqual(result.out, b"")
            lines = result.text.splitlines()
            self.assertIn("    loom status --server https://loom.example.com", lines)
            for key in (self.key, vault.server_key(URL)):
                self.assertIn("    " + key, lines)
        result = self.loom("status", "--json", status=3)
        self.assertEqual(schema.check_status(self, result)["servers"], [])
        self.assertIn("    " + self.key, result.text.splitlines())
        self.assertEqual(self.server.requests()[-1], "POST /auth/device/poll")  # of the token
        self.assertEqual(self.home.snapshot(), before)

    def test_one_is_adopted_by_name(self):
        for argv, env in (((self.server.url,), {}), ((), {"LOOM_SERVER": self.server.url})):
            with self.subTest(argv):
                self.home = self.new_home()
                self.seed()
                result = self.loom("status", *argv, env=env)
                self.assertIn("Signed in as Ada Lovelace.", result.out.decode())
                self.assertIn("taken over and encrypted", result.said)
                self.assertNotIn("    " + self.key, result.text.splitlines())
                self.assertEqual(self.get(self.server.url)["password"], self.mine)
                result = self.loom("status")
                self.assertIn("    " + vault.server_key(URL), result.text.splitlines())
                self.assertNotIn("    " + self.key, result.text.splitlines())

    def test_what_the_helper_names_adopts_it(self):
        self.seed()
        result = self.helper("get", {"protocol": "http", "host": self.server.host})
        command, = [line for line in result.text.splitlines() if line.startswith("    loom")]
        self.assertEqual(command, f"    loom status --server {self.server.url}")
        self.loom(*command.split()[1:])
        self.assertEqual(self.get(self.server.url)["password"], self.mine)


class Asked(Case):
    server_options = ()

    def test_valid_rejected_and_back(self):
        self.give(self.server)
        row = self.status()[self.server.url]
        self.assertEqual((row["state"], row["error"]), ("valid", None))
        schema.check_time(self, row["checked_at"], time.time(), 30)
        self.assertEqual(row["account"]["display_name"], "Ada Lovelace")
        self.assertEqual(self.value["default_server"], self.server.url)
        self.assertEqual(self.lines(), [
            f"   {self.server.url}", "", "Signed in as Ada Lovelace.", "Kept in an encrypted file:",
            "", f"    {self.home.file}"])
        before = self.home.snapshot()
        self.server.revoke_all()
        row = self.status(status=3)[self.server.url]
        self.assertEqual((row["state"], row["error"]["http_status"]), ("rejected", 401))
        result = self.loom("status", status=3)
        self.assertIn("The server no longer accepts the sign-in.", result.out.decode())
        self.assertIn(f"    loom login --server {self.server.url}", result.text.splitlines())
        self.assertEqual(self.home.snapshot(), before, "asking changed something")
        self.assertEqual({line for line in self.server.requests() if "auth/me" in line},
                         {"GET /auth/me"})

    def test_what_a_server_gets_wrong(self):
        self.give(self.server)
        for name, status, code in (("me-500", 6, "network"), ("me-drop", 6, "network"),
                                   ("me-html-401", 7, "bad_answer")):
            self.server.misbehave(name)
            row = self.status(status=status)[self.server.url]
            self.assertEqual((row["state"], row["error"]["code"]), ("unknown", code))
            result = self.loom("status", status=status)
            self.assertIn("Signed in as Ada Lovelace, as far as is known here.",
                          result.out.decode())

    def test_several_dead_before_not_asked(self):
        good, dead, gone = self.server, self.start_server(), self.start_server()
        for server in (good, dead, gone):
            self.give(server)
        self.status()
        gone.misbehave("me-500")
        states = {url: row["state"] for url, row in self.status(status=6).items()}
        self.assertEqual(states, {good.url: "valid", dead.url: "valid", gone.url: "unknown"})
        dead.revoke_all()
        states = {url: row["state"] for url, row in self.status(status=3).items()}
        self.assertEqual(states[dead.url], "rejected")
        result = self.loom("status", status=3)
        for server in (dead, gone):
            self.assertIn(server.url, result.said)
        self.assertNotIn(good.url, result.text)

    def test_nonsense_gives_way_to_not_asked(self):
        """3, then 6, then anything else."""
        nonsense, gone = self.server, self.start_server()
        for server in (nonsense, gone):
            self.give(server)
        nonsense.misbehave("me-html-401")
        self.status(status=7)
        gone.misbehave("me-500")
        self.status(status=6)

    def test_one_that_hangs_costs_five_seconds_and_no_other_its_answer(self):
        hanging = [self.start_server() for _ in range(2)]
        for server in (self.server, *hanging):
            self.give(server)
        for server in hanging:
            server.misbehave("hang")
        for argv in ((), ("-v",), ("-vv",)):
            result = self.loom("status", "--json", *argv, status=6)
            self.check_quick(result.took_s, TOTAL_S + SLACK_S)
            rows = {row["server"]: row for row in schema.check_status(self, result)["servers"]}
            self.assertEqual(rows[self.server.url]["state"], "valid")
            for server in hanging:
                self.assertEqual(rows[server.url]["error"]["code"], "network")
            for line in result.text.splitlines():  # none is torn by another's
                self.assertNotRegex(line, "loom: .*loom: ")

    def test_more_servers_than_threads(self):
        """Twenty hang and five answer, wherever they stand in the list."""
        def serve(connection, received):
            while True:  # it hangs until the other side has had enough
                if not connection.recv(65536):
                    return
        hung = servers.Listener(serve)
        self.addCleanup(hung.stop)
        urls = [f"http://localhost:{hung.port}/h{at:02}" for at in range(20)]
        token = self.server.issue_token()
        good = [self.start_server() for _ in range(3)]
        self.home.seed((self.server.url, token), *((url, self.plant(TOKEN)) for url in urls),
                       *((server.url, server.issue_token()) for server in good))
        result = self.loom("status", "--json", status=6)
        self.check_quick(result.took_s, TOTAL_S + SLACK_S)
        rows = {row["server"]: row["state"] for row in schema.check_status(self, result)["servers"]}
        self.assertEqual(len(rows), 24)
        for server in (self.server, *good):
            self.assertEqual(rows[server.url], "valid")
        self.assertEqual({rows[url] for url in urls}, {"unknown"})

    def test_ctrl_c(self):
        hanging = [self.start_server() for _ in range(2)]
        for server in hanging:
            self.give(server)

        def once(number):
            for server in hanging:
                server.misbehave("hang")
            marks = [len(server.times("/auth/me")) for server in hanging]
            program = self.start("status", *argv)
            self.wait_for(lambda: all(len(server.times("/auth/me")) > mark
                                      for server, mark in zip(hanging, marks)))
            time.sleep(0.05)
            sent = program.signal(number)
            result = program.finish()
            self.assertEqual(result.status, -number, result)
            if argv:
                self.assertEqual(schema.parse(self, result.out, result)["error"]["code"],
                                 "interrupted")
            for server in hanging:
                server.misbehave()
            return program.ended - sent

        for number in (signal.SIGINT, signal.SIGTERM):
            for argv in ((), ("--json",)):
                self.in_time(lambda number=number: once(number))

    def test_a_certificate(self):
        server = self.start_server(tls=True)
        token = server.issue_token()
        self.home.seed((server.url, token))
        row = self.status(status=6)[server.url]
        self.assertEqual(row["error"]["code"], "tls")
        self.assertEqual(self.status("--cacert", server.authority.file)[server.url]["state"],
                         "valid")
        self.status(env={"LOOM_CA_FILE": server.authority.file})
        self.home.seed((server.url, token, {"ca_file": server.authority.file}))
        row = self.status()[server.url]
        self.assertEqual((row["state"], row["ca_file"]), ("valid", server.authority.file))

    def test_a_standard_server(self):
        server = self.start_server("--dialect", "oauth")
        pair = server.issue_tokens()
        self.home.seed(standard(server, pair, 3600))
        row = self.status()[server.url]
        self.assertEqual((row["state"], row["dialect"], row["refreshable"]),
                         ("valid", "oauth", True))
        self.assertEqual(row["account"]["username"], "ada")
        self.assertIn("It is renewed by itself.", self.lines())
        # One that cannot be asked is no fault; nor is it known to be good.
        self.home.seed(standard(server, pair, 3600, userinfo_endpoint=None))
        row = self.status()[server.url]
        self.assertEqual((row["state"], row["checked_at"], row["error"]), ("unknown", None, None))
        server.revoke_all()
        self.home.seed(standard(server, pair, 3600))
        self.assertEqual(self.status(status=3)[server.url]["state"], "rejected")


class Environment(Case):
    server_options = ()

    def setUp(self):
        super().setUp()
        self.given = self.server.issue_token()

    def env(self, **more):
        return {"LOOM_SERVER": self.server.url, "LOOM_TOKEN": self.given, **more}

    def test_it_wins_for_its_server_alone(self):
        other = self.start_server()
        stored = self.give(self.server)
        self.give(other)
        self.server.call("POST", "/auth/logout", headers={"Authorization": f"Bearer {stored}"})
        rows = self.status(env=self.env())
        row = rows[self.server.url]
        self.assertEqual((row["state"], row["store"]["kind"], row["store"]["name"],
                          row["obtained_at"], row["refreshable"]),
                         ("valid", "environment", "LOOM_TOKEN", None, False))
        self.assertEqual(rows[other.url]["store"]["kind"], "file")
        lines = self.lines(env=self.env())
        self.assertIn("Taken from this variable:", lines)
        self.assertIn("    LOOM_TOKEN", lines)
        row = self.status(other.url, env=self.env())[other.url]
        self.assertEqual(row["store"]["kind"], "file")
        self.assertEqual(self.value["default_server"], self.server.url)

    def test_in_a_file(self):
        path = os.path.join(self.folder, "token")
        with open(path, "w") as file:
            file.write(self.given + "\n")
        self.addCleanup(os.unlink, path)
        row = self.status(env=self.env(LOOM_TOKEN=None, LOOM_TOKEN_FILE=path))[self.server.url]
        self.assertEqual((row["state"], row["store"]["name"], row["store"]["path"]),
                         ("valid", "LOOM_TOKEN_FILE", path))

    def test_no_home_and_no_disk(self):
        for home in ({"HOME": None, "XDG_CONFIG_HOME": "/proc/none", "XDG_DATA_HOME": "/proc/none"},
                     {"HOME": "/proc/none"}, {"HOME": "/dev/null"}, {"LOOM_STORE": "nonsense"},
                     {"LOOM_STORE": "keyring"}):
            for argv in ((), (self.server.url,), ("--server", self.server.url)):
                with self.subTest(home, argv=argv):
                    row = self.status(*argv, env=self.env(**home))[self.server.url]
                    self.assertEqual(row["state"], "valid")
        self.assertEqual(self.home.files(), [])

    def test_beside_damage(self):
        self.home.seed((self.server.url, self.plant(TOKEN)))
        self.home.damage()
        row = self.status(env=self.env())[self.server.url]
        self.assertEqual(row["state"], "valid")

    def test_rejected_blames_the_variable(self):
        self.server.revoke_all()
        row = self.status(status=3, env=self.env())[self.server.url]
        self.assertEqual((row["state"], row["error"]["http_status"]), ("rejected", 401))
        result = self.loom("status", status=3, env=self.env())
        self.assertIn("does not accept the token of this variable", result.said)
        self.assertIn("    LOOM_TOKEN", result.text.splitlines())
        self.assertNotIn("loom login", result.text)

    def test_without_a_server_or_wrong(self):
        self.give(self.server)
        for env in ({"LOOM_TOKEN": self.given}, {"LOOM_TOKEN_FILE": "/gone"},
                    {"LOOM_TOKEN": self.given, "LOOM_SERVER": "ftp://x"},
                    self.env(LOOM_TOKEN="two words"),
                    self.env(LOOM_TOKEN=None, LOOM_TOKEN_FILE="/gone")):
            for argv in ((), (self.server.url,)):
                with self.subTest(env, argv=argv):
                    result = self.loom("status", *argv, status=2, env=env)
                    self.assertEqual(result.out, b"")
                    result = self.loom("status", *argv, "--json", status=2, env=env)
                    self.assertEqual(schema.check_failure(self, result)["code"], "usage")

    def test_at_a_standard_server(self):
        """Nothing is known of the token but its server, which is found out."""
        server = self.start_server("--dialect", "oauth")
        token = server.issue_tokens()["access_token"]
        env = {"LOOM_SERVER": server.url, "LOOM_TOKEN": token}
        row = self.status(env=env)[server.url]
        self.assertEqual((row["state"], row["dialect"], row["refreshable"]),
                         ("valid", "oauth", False))
        self.assertEqual(row["account"]["username"], "ada")
        server.revoke_all()
        self.assertEqual(self.status(status=3, env=env)[server.url]["state"], "rejected")


class Shown(Case):
    """At a terminal, in a pipe, in three languages."""

    server_options = ()

    def setUp(self):
        super().setUp()
        self.dead, self.gone = self.start_server(), self.start_server()
        for server in (self.server, self.dead, self.gone):
            self.give(server)
        self.dead.revoke_all()
        self.gone.misbehave("me-500")
        server = self.start_server("--dialect", "oauth")
        self.home_with_all = [
            (self.server.url, self.server.last("token"), {"expires": int(time.time()) + 9999}),
            (self.dead.url, self.dead.last("token"), {"account": {"display_name": "Ada"}}),
            (self.gone.url, self.gone.last("token")),
            (URL, self.plant(TOKEN), {"expires": 1}),
            standard(server, server.issue_tokens(), 9999)]
        self.home.seed(*self.home_with_all)

    check_language = languages.Languages.check_language

    def test_in_every_language(self):
        shown = {}
        for language, env in {"en": {}, **languages.LANGUAGES}.items():
            for terminal in ((), ("stdout", "stderr")):
                result = self.start("status", env={"TERM": "xterm", **env},
                                    terminal=set(terminal)).finish()
                self.assertEqual(result.status, 3, result)
                text = (result.out + result.err).decode().replace("\r\n", "\n")
                if language != "en":
                    self.check_language(language, re.sub(schema.TIME, "", text))
                plain = re.sub(r"\x1b\[[01]m", "", text)
                for url, *_ in self.home_with_all:
                    self.assertIn("   " + url, plain.splitlines())
                shown[language, bool(terminal)] = plain
            self.assertEqual(sorted(shown[language, True].splitlines()),
                             sorted(shown[language, False].splitlines()))
        self.assertEqual(len(set(shown.values())), 6 if shown["en", True] != shown["en", False]
                         else 3)

    def test_json_is_the_same_in_every_language(self):
        found = set()
        for env in languages.FEW:
            result = self.loom("status", "--json", "--offline", status=3, env=env)
            schema.check_status(self, result)
            found.add(result.out)
        self.assertEqual(len(found), 1)

    def test_in_colour_and_without(self):
        result = self.loom("status", "--offline", "--color", "always", status=3)
        self.assertIn(f"   \x1b[1m{URL}\x1b[0m\n".encode(), result.out)
        result = self.loom("status", "--offline", status=3, env={"LOOM_PLAIN": "1"})
        self.assertNotIn(b"\x1b", result.out)

    def test_a_name_that_is_hostile(self):
        self.home.seed((self.server.url, self.server.last("token"), {
            "account": {"display_name": "\u202eevil\x1b[2J\nSigned in"}}))
        result = self.loom("status", "--offline")
        self.assertNotIn("\u202e", result.out.decode())
        self.assertEqual(sum(line.startswith("Signed in") for line in
                             result.out.decode().splitlines()), 1)


if __name__ == "__main__":
    loomtest.main(8)
