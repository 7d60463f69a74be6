# SPDX-License-Identifier: Apache-2.0
"""A token for a program, on standard output: which one, in which form, and where not to. It is never
asked of the server whether it still accepts the token: that is what `status` is for."""
import hashlib
import json
import os
import signal
import time

import loomtest
import schema
import vault

TOKEN = loomtest.marker("token")
GIVEN = loomtest.marker("given")
URL = "https://loom.example.com"
LOCALES = ({"LC_ALL": "C"}, {"LC_ALL": "es_ES.UTF-8"}, {"LC_ALL": "ar_EG.UTF-8"})


class Token(loomtest.Case):
    """Nothing listens at URL: whoever asked it would fail."""

    def seed(self, *more):
        self.home.seed((URL, self.plant(TOKEN), *more))

    def check_raw(self, result, token=TOKEN):
        self.assertEqual(result.out, token.encode() + b"\n", result)
        self.assertEqual(result.err, b"", result)

    # ---- Which one ----

    def test_of_the_only_server(self):
        self.seed()
        for argv in ((), (URL,), ("--server", URL), ("--server-url", "loom.example.com"),
                     ("--server", URL, "HTTPS://Loom.Example.com:443/"), ("-q",), ("--min-valid", "0"),
                     ("--min-valid=86400",), ("--reveal",), ("--format", "raw")):
            with self.subTest(argv):
                self.check_raw(self.print_token(*argv))
        self.check_raw(self.print_token(env={"LOOM_SERVER": URL}))

    def test_of_several_one_has_to_be_named(self):
        other, theirs = "https://other.example.com", self.plant(loomtest.marker("other"))
        self.home.seed((URL, self.plant(TOKEN)), (other, theirs))
        result = self.loom("token", status=2)
        self.assertEqual(result.out, b"")
        for url in (URL, other):
            self.assertIn(f"    {url}", result.text.splitlines())
        self.check_raw(self.print_token("--server", other), theirs)
        self.check_raw(self.print_token("--server", other, env={"LOOM_SERVER": URL}), theirs)
        self.check_raw(self.print_token(env={"LOOM_SERVER": URL}))
        self.loom("token", URL, "--server", other, status=2)

    def test_of_none(self):
        for argv, env, said in (((), {}, "    loom login --server https://loom.example.com"),
                                ((URL,), {}, f"    loom login --server {URL}"),
                                ((), {"LOOM_SERVER": URL}, f"    loom login --server {URL}")):
            result = self.loom("token", *argv, status=3, env=env)
            self.assertEqual(result.out, b"")
            self.assertIn(said, result.text.splitlines())
            result = self.loom("token", *argv, "--format", "json", status=3, env=env)
            self.assertEqual(schema.check_failure(self, result)["code"], "not_signed_in")
        self.assertEqual(self.home.files(), [], "looking made files")

    def test_a_server_that_is_unknown(self):
        self.seed()
        result = self.loom("token", "https://other.example.com", status=3)
        self.assertEqual(result.out, b"")
        self.assertIn("    loom login --server https://other.example.com",
                      result.text.splitlines())

    def test_an_expired_one_is_never_handed_out(self):
        for end in (1, int(time.time()) - 3600):
            self.home.seed((URL, self.plant(TOKEN), {"expires": end}))
            result = self.loom("token", status=3)
            self.assertEqual(result.out, b"")
            self.assertIn("has expired", result.said)
            self.assertIn(f"    loom login --server {URL}", result.text.splitlines())
            error = schema.check_failure(self, self.loom("token", "--format", "json", status=3))
            self.assertEqual(error["code"], "not_signed_in")
        self.seed({"expires": int(time.time()) + 30})  # less than a minute, and nothing renews it
        self.check_raw(self.print_token())

    def test_one_that_the_server_was_asked_about_and_refused(self):
        self.seed()
        os.makedirs(self.home.data, 0o700, exist_ok=True)
        note = os.path.join(self.home.data, "refused.json")
        for is_dead, status in ((True, 3), (False, 0)):
            with open(note, "w") as file:
                json.dump({hashlib.sha256(URL.encode()).hexdigest(): {
                    "token": vault.refused_hash(TOKEN), "asked_at": int(time.time()),
                    "dead": is_dead}}, file)
            os.chmod(note, 0o600)
            result = self.loom("token", status=status)
            result.is_door = status == 0
            self.assertEqual(b"no longer accepts" in result.err, is_dead, result)
            self.assertEqual(result.out, b"" if is_dead else TOKEN.encode() + b"\n")

    def test_an_import_is_adopted_when_it_is_named(self):
        self.home.seed_plaintext({vault.server_key(URL): {"type": "api", "key": self.plant(TOKEN)}})
        result = self.loom("token", status=3)
        self.assertEqual(result.out, b"")
        result = self.print_token("--server", URL)
        self.assertEqual(result.out, TOKEN.encode() + b"\n")
        self.assertIn("taken over and encrypted", result.said)
        self.check_raw(self.print_token())
        self.assertEqual(self.home.tokens(), {URL: TOKEN})

    # ---- In which form ----

    def test_formats(self):
        end = int(time.time()) + 7200
        for expires in (None, end):
            self.seed({} if expires is None else {"expires": expires})
            for env in LOCALES:
                self.check_raw(self.print_token(env=env))
                result = self.print_token("--format", "header", env=env)
                self.assertEqual(result.out, f"Authorization: Bearer {TOKEN}\n".encode())
                result = self.print_token("--format", "json", env=env)
                value = schema.check_token(self, result)
                self.assertEqual((value["server"], value["token"], value["source"]),
                                 (URL, TOKEN, "stored"))
                if expires is None:
                    self.assertIsNone(value["expires_at"])
                else:
                    schema.check_time(self, value["expires_at"], end, 0)

    def test_formats_and_lives_that_are_none(self):
        self.seed()
        for argv in (["--format", "xml"], ["--format", ""], ["--format", "JSON"],
                     ["--min-valid", "x"], ["--min-valid", "-1"], ["--min-valid", ""],
                     ["--min-valid", "1.5"], ["--min-valid", "86401"],
                     ["--min-valid", "99999999999999999999"], ["--json"], ["a", "b"]):
            with self.subTest(argv):
                result = self.loom("token", *argv, status=2)
                self.assertNotIn(TOKEN.encode(), result.out)
        for argv in (["--format", "json", "--min-valid", "x"], ["--format", "json", "a", "b"],
                     ["--format=json", "--frob"], ["--frob", "--format", "json"],
                     ["--format", "json", "--color", "x"], ["--format", "json", "ftp://x"]):
            with self.subTest(argv):
                error = schema.check_failure(self, self.loom("token", *argv, status=2))
                self.assertEqual(error["code"], "usage")

    def test_a_large_token_and_one_full_of_quotes(self):
        for token in ("x" * 48 * 1024, '"' * 16 * 1024, '\\"\'<>&%{}~!'):
            self.home.seed((URL, self.plant(token)))
            self.check_raw(self.print_token(), token)
            value = schema.check_token(self, self.print_token("--format", "json"))
            self.assertEqual(value["token"], token)

    # ---- Where to ----

    def test_never_to_a_terminal_unless_asked(self):
        self.seed()
        for argv in ((), ("--format", "json"), ("--format", "header")):
            result = self.start("token", *argv, terminal={"stdout"}).finish()
            self.assertEqual(result.status, 2, result)
            self.assertNotIn(TOKEN.encode(), result.out + result.err)
            self.assertIn(b"    --reveal", result.err)
            program = self.start("token", *argv, "--reveal", terminal={"stdout", "stderr"})
            result = program.finish()
            self.assertEqual(result.status, 0, result)
            self.assertIn(TOKEN.encode(), result.err)  # where the harness keeps the terminal's
            self.results.remove(result)
        # With only errors at a terminal it goes its way.
        result = self.start("token", terminal={"stdin", "stderr"}).finish()
        result.is_door = True
        self.check_raw(result)

    def test_an_output_that_takes_nothing(self):
        self.seed()
        with open("/dev/full", "wb") as full:
            for argv in ((), ("--format", "json")):
                result = self.loom("token", *argv, outputs={"stdout": full}, status=1)
                self.assertIn("Not everything could be printed.", result.said)
        result = self.start("-c", 'exec "$@" >&-', "sh", loomtest.LOOM, "token",
                            program="/bin/sh").finish()
        self.assertEqual(result.status, 1, result)
        read, write = os.pipe()
        os.close(read)
        with open(write, "wb") as broken:
            result = self.loom("token", outputs={"stdout": broken}, status=1)

    def test_for_curl_and_a_shell(self):
        self.seed()
        script = 'printf "<%s>" "$("$0" token)"; "$0" token --format header | wc -l'
        result = self.start("-c", script, loomtest.LOOM, program="/bin/sh").finish()
        result.is_door = True
        self.assertEqual(result.out, f"<{TOKEN}>1\n".encode(), result)

    def test_the_shape_of_it_is_not_logged(self):
        self.seed()
        for argv in (("-v",), ("-vv",)):
            result = self.print_token(*argv)
            self.assertEqual(result.out, TOKEN.encode() + b"\n")

    # ---- The environment's ----

    def environment(self, **more):
        return {"LOOM_SERVER": URL, "LOOM_TOKEN": self.plant(GIVEN), **more}

    def token_file(self, content):
        path = os.path.join(self.folder, "token")
        with open(path, "w") as file:
            file.write(content)
        self.addCleanup(os.unlink, path)
        return path

    def test_the_environment_wins_for_its_server_alone(self):
        other, theirs = "https://other.example.com", self.plant(loomtest.marker("other"))
        self.home.seed((URL, self.plant(TOKEN)), (other, theirs))
        env = self.environment()
        for argv in ((), (URL,), ("--server", URL)):
            self.check_raw(self.print_token(*argv, env=env), GIVEN)
        value = schema.check_token(self, self.print_token("--format", "json", env=env))
        self.assertEqual((value["token"], value["source"], value["expires_at"]),
                         (GIVEN, "environment", None))
        self.check_raw(self.print_token(other, env=env), theirs)
        self.loom("token", "https://third.example.com", env=env, status=3)

    def test_the_environment_in_a_file(self):
        path = self.token_file(self.plant(GIVEN) + "\r\n")
        env = {"LOOM_SERVER": URL, "LOOM_TOKEN_FILE": path}
        self.check_raw(self.print_token(env=env), GIVEN)
        value = schema.check_token(self, self.print_token("--format", "json", env=env))
        self.assertEqual((value["token"], value["source"]), (GIVEN, "environment"))

    def test_the_environment_needs_no_home_and_no_disk(self):
        homes = ({"HOME": None, "XDG_CONFIG_HOME": "/proc/none", "XDG_DATA_HOME": "/proc/none"},
                 {"HOME": "/proc/none"}, {"HOME": "/dev/null"}, {"LOOM_STORE": "nonsense"},
                 {"LOOM_STORE": "keyring"})
        for home in homes:
            with self.subTest(home):
                self.check_raw(self.print_token(env=self.environment(**home)), GIVEN)
        self.assertEqual(self.home.files(), [])
        # A token of another server is no place for this one.
        for home in homes[1:3]:
            result = self.loom("token", "https://other.example.com", status=None,
                               env=self.environment(**home))
            self.assertIn(result.status, (3, 8), result)
            self.assertEqual(result.out, b"")

    def test_the_environment_beside_damage(self):
        self.seed()
        self.home.damage()
        self.loom("token", status=9)
        self.check_raw(self.print_token(env=self.environment()), GIVEN)

    def test_the_environment_without_a_server(self):
        self.seed()
        path = self.token_file(self.plant(GIVEN))
        for env in ({"LOOM_TOKEN": GIVEN}, {"LOOM_TOKEN_FILE": path},
                    {"LOOM_TOKEN": GIVEN, "LOOM_SERVER": ""}):
            for argv in ((), (URL,), ("--server", URL)):
                result = self.loom("token", *argv, env=env, status=2)
                self.assertEqual(result.out, b"")
                self.assertIn("LOOM_TOKEN is set without LOOM_SERVER.", result.said)
            result = self.loom("token", "--format", "json", env=env, status=2)
            self.assertEqual(schema.check_failure(self, result)["code"], "usage")
        self.loom("token", env={"LOOM_TOKEN": GIVEN, "LOOM_SERVER": "ftp://x"}, status=2)

    def test_the_environment_is_wrong(self):
        self.seed()
        env = self.environment(LOOM_TOKEN=None)
        for more in ({"LOOM_TOKEN": "two words"}, {"LOOM_TOKEN": "\xe9"},
                     {"LOOM_TOKEN_FILE": self.token_file("")}, {"LOOM_TOKEN_FILE": "/gone"},
                     {"LOOM_TOKEN_FILE": "/"}, {"LOOM_TOKEN_FILE": "/dev/zero"}):
            with self.subTest(more):
                result = self.loom("token", env={**env, **more}, status=2)
                self.assertEqual(result.out, b"")
                # Another server's is not touched by that.
                self.loom("token", "https://other.example.com", env={**env, **more}, status=3)

    # ---- Trouble ----

    def test_damage(self):
        self.seed()
        self.home.damage()
        before = self.home.snapshot()
        for argv in ((), (URL,)):
            result = self.loom("token", *argv, status=9)
            self.assertEqual(result.out, b"")
            self.assertIn(self.home.file, result.text)
        error = schema.check_failure(self, self.loom("token", "--format", "json", status=9))
        self.assertEqual(error["code"], "damaged")
        self.assertEqual(self.home.snapshot(), before)

    def test_a_home_that_cannot_be_written_can_be_read(self):
        self.seed()
        os.chmod(self.home.config, 0o500)
        try:
            self.check_raw(self.print_token())
        finally:
            os.chmod(self.home.config, 0o700)

    def test_reading_writes_nothing(self):
        self.seed()
        before = self.home.snapshot()
        for _ in range(2):
            self.check_raw(self.print_token())
        self.assertEqual(self.home.snapshot(), before)


class Server(loomtest.Case):
    server_options = ()

    def test_the_server_is_never_asked(self):
        token = self.give(self.server)
        mark = len(self.server.log())
        self.print_token()
        self.server.revoke_all()
        result = self.print_token()  # dead, and only status finds that out
        self.assertEqual(result.out, token.encode() + b"\n")
        self.assertEqual(self.server.requests(mark), [])
        self.loom("status", status=3)
        text = self.loom("help", "token").out.decode()
        self.assertIn("is not asked", " ".join(text.split()))
        self.assertIn("    loom status", text.splitlines())

    def test_after_the_server_has_told_the_helper(self):
        """REV: dead for git is dead for everybody, until the next sign-in."""
        token = self.give(self.server)
        self.server.revoke_all()
        self.helper("erase", {"protocol": "http", "host": self.server.host, "username": "oauth2",
                              "password": token})
        result = self.loom("token", status=3)
        self.assertEqual(result.out, b"")
        self.assertIn("no longer accepts your sign-in", result.said)
        fresh = self.give(self.server)
        self.assertEqual(self.print_token().out, fresh.encode() + b"\n")

    def test_ctrl_c_while_a_token_is_renewed(self):
        """Sent is sent: what comes back is kept, and the signal is obeyed after that."""
        server = self.start_server("--dialect", "oauth", "--token-life", 3600)
        pair = server.issue_tokens()
        end = int(time.time()) + 10
        self.home.seed((server.url, pair["access_token"], {
            "type": "oauth", "key": None, "access": pair["access_token"],
            "refresh": pair["refresh_token"], "dialect": "oauth", "source": "device",
            "expires": end, "expires_in": 3600, "obtained_at": end - 3600, "issuer": server.url,
            "token_endpoint": server.url + "/oauth/token", "client_id": "loom-cli"}))
        server.misbehave("hang")
        program = self.start("token")
        self.wait_for(lambda: server.times("/oauth/token"))
        program.signal(signal.SIGTERM)
        server.misbehave()
        result = program.finish()
        result.is_door = True
        self.assertEqual(result.status, -signal.SIGTERM, result)

    def test_an_authority_that_is_named_counts(self):
        server = self.start_server("--dialect", "oauth", "--token-life", 3600, tls=True)
        pair = server.issue_tokens()
        end = int(time.time()) - 10
        self.home.seed((server.url, pair["access_token"], {
            "type": "oauth", "key": None, "access": pair["access_token"],
            "refresh": pair["refresh_token"], "dialect": "oauth", "source": "device",
            "expires": end, "expires_in": 3600, "obtained_at": end - 3600, "issuer": server.url,
            "token_endpoint": server.url + "/oauth/token", "client_id": "loom-cli"}))
        self.loom("token", status=6)
        self.loom("token", "--cacert", "/gone", status=2)
        result = self.print_token("--cacert", self.authority.file)
        self.assertEqual(result.out.decode().strip(), server.last("token"))


if __name__ == "__main__":
    loomtest.main(8)
