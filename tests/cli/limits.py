# SPDX-License-Identifier: Apache-2.0
"""Limits of the process at their worst: an answer or a clean error, no crash, no hang, no torn file.
For the release build: a sanitizer needs more of everything."""
import glob
import os
import resource
import signal
import time

import loomtest
from loomtest import LOOM

LOADER = 127  # the dynamic loader could not even begin: what it says is not ours
GOOD = (0, 1, 2, 6, 7, 8, 10)
IS_ROOT = os.geteuid() == 0


class Limits(loomtest.Case):
    server_options = ("--approve-after", 0)

    def setUp(self):
        super().setUp()
        self.fields = f"protocol=http\nhost={self.server.host}\n"

    def new_signed_in(self):
        home = self.new_home()
        home.seed((self.server.url, self.token))
        return home

    def commands(self):
        """The last one ends the token."""
        password = f"username=oauth2\npassword={self.token}\n\n"
        return {"get": (["credential-helper", "get"], f"{self.fields}\n"),
                "erase": (["credential-helper", "erase"], self.fields + password),
                "give": (["login", self.server.url, "--with-token"], self.token),
                "give first": (["login", self.server.url, "--with-token"], self.token),
                "log out": (["logout", "--all"], "")}

    def run_limited(self, limits, name, home):
        argv, stdin = self.commands()[name]
        result = self.start(*(f"--{limit}={value}" for limit, value in limits.items()), "--", LOOM,
                            *argv, program="/usr/bin/prlimit", home=home,
                            stdin=stdin.encode()).finish(30)
        result.is_door = True
        if result.status == LOADER:
            self.assertRegex(result.err, b"error while loading shared libraries|"
                                         b"cannot allocate TLS data structures", result)
            result.err = b"loom: (the loader)\n"
        return result

    def check_result(self, name, result, home):
        """Old or new and whole, and what is said is so."""
        tokens = home.tokens()
        self.assertIn(tokens, [{self.server.url: self.token}, {}], result)
        if name == "get":
            self.assertIn(self.answer(result).get("password"), (None, self.token), result)
        if name in ("get", "erase", "give"):
            self.assertNotEqual(tokens, {}, result)
        if result.status == 0 and name.startswith("give"):
            self.assertNotEqual(tokens, {}, result)
        if result.status == 0 and name == "log out":
            self.assertEqual(tokens, {}, result)
        if result.status > 0:
            self.assertRegex(result.text, r"(?m)^(loom: |Signed out|http://)", result)

    def check_limits(self, limits, bad=(), names=None):
        """Run every command under these limits: {name: status}."""
        self.token = self.server.issue_token()
        seen = {}
        for name in names or self.commands():
            with self.subTest(name, limits=limits):
                home = self.new_home() if name == "give first" else self.new_signed_in()
                result = self.run_limited(limits, name, home)
                self.assertIn(result.status, (*GOOD, *bad), result)
                self.check_result(name, result, home)
                seen[name] = result.status
        return seen

    def done(self, names=("get", "erase", "give", "give first", "log out")):
        return dict.fromkeys(names, 0)

    # ---- Harmless ones ----

    def test_mem_06_no_memory_may_be_locked(self):
        self.assertEqual(self.check_limits({"memlock": 0}), self.done())

    def test_env_100_limits_that_do_not_matter(self):
        self.assertEqual(self.check_limits(
            {"memlock": 0, "core": 0, "sigpending": 0, "locks": 0, "msgqueue": 0, "rttime": 0,
             "nice": 0, "rss": 0, "cpu": 10, "nproc": 0}), self.done())

    def test_env_101_no_core_although_one_is_allowed(self):
        home = self.new_home()
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        most = "unlimited" if most == resource.RLIM_INFINITY else most
        program = self.start(f"--core={most}:{most}", "--", LOOM, "login",
                             self.start_server("--approve-after", 600).url,
                             program="/usr/bin/prlimit", home=home)
        program.expect("Waiting")
        with open(f"/proc/{program.pid}/limits") as file:
            self.assertRegex(file.read(), r"(?m)^Max core file size +0 ")
        program.signal(signal.SIGTERM)
        program.finish()

    # ---- Size of files ----

    def test_fs_165_no_file_may_grow(self):
        """Found out before anybody is asked; the old file stays; and why is said."""
        for size in (0, 1, 48, 300, 8000):
            seen = self.check_limits({"fsize": size})
            self.assertEqual((seen["get"], seen["give"], seen["give first"]), (0, 8, 8), size)
        home = self.new_home()
        result = self.run_limited({"fsize": 100}, "give first", home)
        self.assertIn("ulimit -f", result.said)
        self.assertEqual([name for name in home.files() if "tmp" in name], [])
        self.assertEqual(self.check_limits({"fsize": 32768}), self.done())

    # ---- Descriptors ----

    def test_fs_166_few_descriptors(self):
        """From none to enough: said by name, and once there is enough for one command it works."""
        for count in (0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 24):
            seen = self.check_limits({"nofile": count}, bad=(LOADER,),
                                     names=("get", "give first", "log out"))
            if count >= 8:
                self.assertEqual(seen["get"], 0)
        self.assertEqual(seen, self.done(("get", "give first", "log out")))
        result = self.run_limited({"nofile": 7}, "give first", self.new_home())
        self.assertEqual(result.status, 8, result)
        self.assertIn("ulimit -n", result.said)

    def test_fs_180_what_is_renewed_can_be_kept(self):
        """The connection, too, holds descriptors: what could not be stored then is not asked for, since with
        the answer the old refresh token is dead."""
        server = self.start_server("--dialect", "oauth")
        for count in range(6, 26):
            pair = server.issue_tokens()
            home, end = self.new_home(), int(time.time()) - 1
            home.seed((server.url, pair["access_token"], {
                "type": "oauth", "key": None, "access": pair["access_token"],
                "refresh": pair["refresh_token"], "dialect": "oauth", "source": "device",
                "expires": end, "expires_in": 3600, "obtained_at": end - 3600, "issuer": server.url,
                "token_endpoint": server.url + "/oauth/token", "client_id": "loom-cli",
                "scope": "openid"}))
            before = len(server.requests())
            result = self.start(f"--nofile={count}", "--", LOOM, "token", "--server", server.url,
                                program="/usr/bin/prlimit", home=home).finish(30)
            result.is_door = True
            asked = [request for request in server.requests()[before:] if "/oauth/token" in request]
            kept = home.stored()[server.url]["refresh"] != pair["refresh_token"]
            self.assertEqual(bool(asked), kept, f"{count} descriptors\n{result}")
            self.assertEqual(result.status == 0, kept, result)
        self.assertTrue(kept)

    # ---- Memory ----

    def test_env_102_little_address_space(self):
        """Below some 7 MB the loader or the kernel gives up; above, loom says how it is."""
        for megabytes in (1, 7, 8, 10, 16, 20, 22, 40):
            # What the kernel cannot even map, it kills before anything of the program runs.
            bad = (LOADER, -signal.SIGSEGV) if megabytes == 1 else (LOADER,)
            seen = self.check_limits({"as": megabytes * 1000000}, bad=bad,
                                     names=("get", "give first", "log out"))
        self.assertEqual(seen, self.done(("get", "give first", "log out")))

    def test_env_103_little_data(self):
        for kilobytes in (150, 600, 1000, 1300, 1600, 6000):
            seen = self.check_limits({"data": kilobytes * 1000}, bad=(LOADER,),
                                     names=("get", "give first", "log out"))
        self.assertEqual(seen, self.done(("get", "give first", "log out")))

    def test_env_104_a_small_stack(self):
        """128 KiB are enough for everything; the kernel ends what outgrows less, and the file stays
        whole then, too."""
        self.assertEqual(self.check_limits({"stack": 128 * 1024}), self.done())
        for kilobytes in (48, 64, 80):
            self.check_limits({"stack": kilobytes * 1024}, bad=(-signal.SIGSEGV,),
                              names=("get", "give"))

    def test_env_105_no_time(self):
        """The kernel ends it, wherever it is, and the file stays whole."""
        self.check_limits({"cpu": 0}, bad=(-signal.SIGKILL, -signal.SIGXCPU))
        for home in self.homes:  # what a save left goes with the next one: faults.killed
            for left in glob.glob(f"{home.path}/**/.loom-*.tmp", recursive=True,
                                  include_hidden=True):
                os.unlink(left)

    # ---- Processes ----

    def test_env_106_no_further_process(self):
        """No browser can be started: said in JSON, and the person opens the page by hand."""
        home = self.new_home()
        server = self.start_server("--approve-after", 4)
        result = self.start("--nproc=0:0", "--", LOOM, "login", server.url, "--json",
                            program="/usr/bin/prlimit", home=home,
                            env={"BROWSER": "/bin/true"}).finish()
        self.assertEqual(result.status, 0, result)
        events = self.events(result)
        self.assertEqual([event["result"] for event in events if event["event"] == "browser"],
                         ["opened" if IS_ROOT else "failed"])


if __name__ == "__main__":
    loomtest.main()
