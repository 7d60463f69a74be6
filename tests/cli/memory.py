# SPDX-License-Identifier: Apache-2.0
"""MEM: what memory holds when it is given back and when the program ends: no token, no device code, no
key. Every block that anybody frees is looked at, libcurl's and OpenSSL's among them (THREATS: MEM)."""
import os
import signal
import time

import loomtest
import memory_watch
import vault

SECRET = loomtest.marker("memory")


class Case(loomtest.Case):
    def watched(self, run, secrets=()):
        """`run(env)`, and look."""
        watch = memory_watch.Watch(os.path.join(self.folder, "watch"))
        # Without git: what it leaves is its own, and a program that it becomes has no end to be seen.
        env = {**watch.environment, "PATH": "/nonexistent"}
        if self.server.authority is not None:
            env["SSL_CERT_FILE"] = self.server.authority.file  # fewer to be looked at
        result = run(env)
        key = vault.root_key(self.home.data)
        self.assertEqual(watch.finds([*self.secrets(), *secrets, *([key] if key else [])]), [])
        return result

    def fields(self, token=None):
        more = {} if token is None else {"username": "oauth2", "password": token}
        return {"protocol": self.server.scheme, "host": self.server.host, **more}


class Memory(Case):
    server_options = ("--approve-after", 0)
    tls = True

    # ---- The watch itself ----

    def test_mem_122_the_watch_sees_what_others_leave(self):
        """sort(1) gives back lines, python a string by way of realloc; a shell keeps a variable."""
        raw = SECRET.encode()
        for program, argv, stdin in (
                ("/usr/bin/sort", ("-S", "1M"), raw + b"\n"),
                ("/usr/bin/base64", (), raw),
                ("/usr/bin/python3", ("-ISc", "import sys; sys.stdin.read(); "
                                      "import os; os.kill(os.getpid(), 0)"), raw),
                ("/bin/sh", ("-c", "read line; :"), raw + b"\n")):
            watch = memory_watch.Watch(os.path.join(self.folder, "watch"))
            self.start(*argv, program=program, stdin=stdin, env=watch.environment).finish()
            self.results.pop()
            self.assertNotEqual(watch.finds([SECRET]), [], program)

    def test_mem_123_a_program_that_was_not_watched_is_no_proof(self):
        watch = memory_watch.Watch(os.path.join(self.folder, "watch"))
        self.loom("--version")
        self.assertNotEqual(watch.finds([SECRET]), [])

    # ---- Every command ----

    def test_mem_124_login_by_code_again_and_logout(self):
        for _ in range(2):
            self.watched(lambda env: self.login(self.server, env=env))
        self.watched(lambda env: self.loom("logout", env=env))

    def test_mem_125_login_with_a_token(self):
        for token in (self.server.issue_token(), self.plant(loomtest.marker("dead"))):
            self.watched(lambda env, token=token: self.login(
                self.server, "--with-token", stdin=token.encode() + b"\n", env=env,
                status=0 if self.server.is_alive(token) else 3))

    def test_mem_126_login_with_a_token_that_is_typed(self):
        def run(env):
            program = self.start("login", self.server.url, "--with-token", "--cacert",
                                 self.authority.file, env=env, terminal={"stdin", "stderr"})
            program.expect("Paste the token")
            program.type(token.encode() + b"\n")
            self.assertEqual(program.finish().status, 0)

        token = self.server.issue_token()
        self.watched(run)

    def test_mem_127_git_asks_stores_and_erases(self):
        token = self.give(self.server)
        answer = self.watched(lambda env: self.get(self.server.url, env=env))
        self.assertEqual(answer["password"], token)
        self.watched(lambda env: self.helper("store", self.fields(token), env=env))
        self.watched(lambda env: self.helper("erase", self.fields(token), env=env))
        self.server.revoke_all()
        self.watched(lambda env: self.helper("erase", self.fields(token), env=env))
        mark = len(self.server.log())
        self.watched(lambda env: self.helper("get", self.fields(), env=env))
        self.assertTrue(self.server.times("/auth/me", mark), "the token was not judged")
        self.watched(lambda env: self.helper("erase", self.fields(SECRET), env=env), [SECRET])

    def test_mem_128_tokens_of_the_environment(self):
        token, path = self.plant(SECRET), os.path.join(self.folder, "token")
        with open(path, "w") as file:
            file.write(token + "\n")
        names = {"LOOM_SERVER": self.server.url}
        for more in ({"LOOM_TOKEN": token}, {"LOOM_TOKEN_FILE": path}):
            answer = self.watched(lambda env, more=more: self.get(
                self.server.url, env={**env, **names, **more}))
            self.assertEqual(answer["password"], token)
        # One that is none is wiped as well.
        self.watched(lambda env: self.helper("get", self.fields(), env={
            **env, **names, "LOOM_TOKEN": token + " "}))
        os.unlink(path)

    def test_mem_129_sign_ins_of_another_program(self):
        self.home.seed_plaintext({"".join(c if c.isalnum() else "_" for c in self.server.url):
                                  {"type": "api", "key": self.plant(SECRET)}})
        self.watched(lambda env: self.helper("get", self.fields(), env=env))
        self.watched(lambda env: self.helper("get", self.fields(), "--server", self.server.url,
                                             env=env))

    def test_mem_130_a_damaged_file(self):
        self.give(self.server)
        self.home.damage()
        self.watched(lambda env: self.helper("get", self.fields(), env=env))
        self.watched(lambda env: self.loom("logout", "--discard-damaged", env=env))


    def test_mem_163_what_git_is_told_and_asked(self):
        """With git, which is not watched."""
        self.give(self.server)
        path = {"PATH": "/usr/bin:/bin", "MEMORY_WATCH_ALONE": "1"}
        for argv in ((), (), ("--remove",), ("--remove",)):
            self.watched(lambda env, argv=argv: self.loom(
                "setup-git", *argv, self.server.url, env={**env, **path}))
        self.watched(lambda env: self.loom("setup-git", self.server.url, env=env, status=1))
        self.watched(lambda env: self.loom("status", env={**env, **path}))

    def test_mem_160_token_and_status(self):
        token = self.give(self.server)
        for argv in ((), ("--format", "header"), ("--format", "json")):
            result = self.watched(lambda env, argv=argv: self.print_token(*argv, env=env))
            self.assertIn(token.encode(), result.out)
        self.watched(lambda env: self.loom("token", "https://other.example.com", env=env, status=3))
        given = self.plant(SECRET)
        for argv in (("token",), ("status",), ("status", "--json"), ("doctor",),
                     ("doctor", "--json"), ("completion", "--servers")):
            def run(env, argv=argv):
                result = self.loom(*argv, status=None, env={
                    **env, "LOOM_SERVER": self.server.url, "LOOM_TOKEN": given})
                result.is_door = argv[0] == "token"
                return result
            self.watched(run)
        for argv in ((), ("--json",), ("--offline",)):
            self.watched(lambda env, argv=argv: self.loom("status", *argv, env=env))
        for argv in ((), ("--json",)):
            self.watched(lambda env, argv=argv: self.loom("doctor", *argv, env=env))
        other = self.start_server()  # two at once: in threads
        self.give(other)
        self.watched(lambda env: self.loom("status", env=env))
        self.server.revoke_all()
        self.watched(lambda env: self.loom("status", env=env, status=3))


class Renewed(Case):
    """Tokens that come and go with nobody there."""

    server_options = ("--dialect", "oauth", "--token-life", 3600)
    tls = True

    def seed(self, left_s):
        pair, end = self.server.issue_tokens(), int(time.time()) + left_s
        self.home.seed((self.server.url, pair["access_token"], {
            "type": "oauth", "key": None, "access": pair["access_token"],
            "refresh": pair["refresh_token"], "dialect": "oauth", "source": "device",
            "expires": end, "expires_in": 3600, "obtained_at": end - 3600,
            "ca_file": self.authority.file, "issuer": self.server.url,
            "token_endpoint": self.server.url + "/oauth/token",
            "userinfo_endpoint": self.server.url + "/oauth/userinfo", "client_id": "loom-cli"}))

    def test_mem_161_a_token_that_is_renewed(self):
        for run in (self.print_token, lambda **more: self.helper("get", self.fields(), **more)):
            self.seed(10)
            result = self.watched(lambda env, run=run: run(env=env))
            self.assertIn(self.server.last("token").encode(), result.out)
            self.watched(lambda env: self.loom("status", env=env))

    def test_mem_162_one_that_cannot_be_renewed(self):
        for name, status in (("refresh-500", 6), ("refresh-invalid-grant", 3)):
            self.seed(-10)
            self.server.misbehave(name)
            self.watched(lambda env, status=status: self.loom("token", env=env, status=status))
            self.server.misbehave()


class Waiting(Case):
    """Without TLS: what plain http leaves."""

    server_options = ()

    def test_mem_131_ended_by_a_signal_while_polling(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            def run(env):
                mark = len(self.server.log())
                program = self.start("login", self.server.url, "-vv", env=env)
                program.expect("Waiting")
                self.wait_for(lambda: self.server.times("/poll", mark))
                program.signal(number)
                self.assertEqual(program.finish().status, -number)
            self.watched(run)

    def test_mem_170_a_code_that_expired_and_another_one(self):
        """Ended while it asks, and after it got the second: neither code stays, nor does the token."""
        for answer, status in ((b"\x04", 5), (b"\x03", -signal.SIGINT), (b"\r", 0)):
            def run(env, answer=answer, status=status):
                program = self.start("login", self.server.url, "--qr", terminal={"stdin", "stderr"},
                                     env={**env, "TERM": "xterm"})
                program.expect("Waiting")
                self.server.control("expire-codes")
                program.expect("Press Enter for a new code")
                program.type(answer)
                if status == 0:
                    program.expect(r"(?s)Press Enter.*Waiting")
                    self.server.approve()
                self.assertEqual(program.finish().status, status)
            self.watched(run)

    def test_mem_132_a_server_that_fails_when_it_has_the_token(self):
        token = self.server.issue_token()
        for name in ("me-500", "me-drop", "", "logout-500"):
            self.server.misbehave(name)
            if name.startswith("logout"):
                self.watched(lambda env: self.loom("logout", env=env, status=None))
                continue
            self.watched(lambda env: self.login(self.server, "--with-token", env=env, status=None,
                                                stdin=token.encode() + b"\n"))


if __name__ == "__main__":
    loomtest.main()
