# SPDX-License-Identifier: Apache-2.0
"""What keyrings see of the program, and what memory holds after a talk with one (THREATS: MEM)."""
import json
import os
import re

import keyrings
import loomtest
import memory_watch
from loomtest import LOOM


WITHOUT_GIT = {"PATH": "/nonexistent"}  # it is no keyring's business, and has a memory of its own


class KeyringHygiene(keyrings.Case):
    def watched(self, run, *libraries):
        """What `run` gives, of a program that had opened these libraries of the two, and no other."""
        watch = memory_watch.Watch(os.path.join(self.folder, "watch"))
        result = run({**self.desk.environment, **watch.environment, **WITHOUT_GIT})
        if libraries:
            maps = watch.maps()
            self.assertEqual({name for name in ("libsystemd", "libsecret-1") if f"/{name}.so" in maps},
                             set(libraries))
        self.assertEqual(watch.finds(self.secrets()), [])
        return result

    def fields(self, token):
        return {"protocol": self.server.scheme, "host": self.server.host, "username": "oauth2",
                "password": token}

    def test_mem_133_memory_after_gnome_keyring(self):
        self.desk = self.new_desk()
        self.desk.start_gnome_keyring()
        self.watched(lambda env: self.login(self.server, env=env))
        token = self.server.last("token")
        answer = self.watched(lambda env: self.get(self.server.url, env=env))
        self.assertEqual(answer["password"], token)
        self.watched(lambda env: self.helper("erase", self.fields(token), env=env))
        self.watched(lambda env: self.login(self.server, env=env))
        self.watched(lambda env: self.loom("logout", env=env))

    def answers(self, token):
        """Ways in which a token leaves the keyring, for one server and for whichever there is."""
        def ask(env):
            self.assertEqual(self.get(self.server.url, env=env).get("password"), token)

        def show(*argv):
            return lambda env: self.assertEqual(self.print_token(*argv, env=env).out,
                                                token.encode() + b"\n")
        return ask, show(), show(self.server.url), lambda env: self.loom("status", "--offline", env=env)

    def test_mem_137_memory_after_an_answer_over_sd_bus(self):
        self.desk = self.new_desk()
        self.desk.start_gnome_keyring()
        token = self.give(self.server, env=self.desk.environment)
        for run in self.answers(token):
            self.watched(run, "libsystemd")

    def test_mem_137_memory_after_an_answer_that_began_over_sd_bus(self):
        """What another client left is read, turns out to be nobody's, and is libsecret's to adopt."""
        self.desk = self.new_desk()
        self.desk.start_gnome_keyring()
        ours = ("--server", self.server.url)
        for ask in (lambda env: self.get(self.server.url, *ours, env=env)["password"],
                    lambda env: self.print_token(*ours, env=env).out.decode().strip()):
            token = self.server.issue_token()
            self.desk.put({"service": "loom", "username": self.key(), "target": "default"},
                          self.credential(token).encode())
            self.assertEqual(self.watched(ask, "libsystemd", "libsecret-1"), token)
            stored = [json.loads(item["secret"]).get("server") for item in self.desk.items()[0]]
            self.assertEqual(stored, [self.server.url])
            self.loom("logout", env=self.desk.environment)

    def test_mem_137_memory_after_secrets_that_are_not_taken(self):
        """Of another server, filed for it; beside what makes a credential too much; of nobody."""
        self.desk = self.new_desk()
        odd = [self.credential(self.plant(loomtest.marker(str(number))), **more)
               for number, more in enumerate(({"server": "https://other.example.com"}, {},
                                              {"server": self.server.url, "expires": "never"}))]
        odd.append(odd[2][:-1])
        self.desk.start_mock(items=[self.item(secret) for secret in odd])
        self.watched(lambda env: self.assertEqual(self.get(self.server.url, env=env), {}), "libsystemd")

    # ---- Who asks ----

    def seen_by_keepassxc(self, run):
        """What KeePassXC found to be the program of this call."""
        log = os.path.join(self.desk.home, "exe")
        mark = os.path.getsize(log)
        run({**self.desk.environment, **WITHOUT_GIT})
        with open(log) as file:
            file.seek(mark)
            looks = re.findall(r"(?m)^/proc/(\d+)/exe (.*)$", file.read())
        # The first is the caller, then come its parents.
        pid = str(max(self.results[-1].pids))
        found = [program for seen, program in looks if seen == pid]
        self.assertTrue(found, f"KeePassXC did not look at {pid}: {looks}")
        return found[0]

    def start_keepassxc(self):
        self.desk = self.new_desk()
        start = self.desk.start

        def start_watched(argv, **more):
            if argv[0] == "keepassxc":
                more.update(LD_PRELOAD=memory_watch.library("exe_watch"),
                            EXE_WATCH=os.path.join(self.desk.home, "exe"))
            return start(argv, **more)

        self.desk.start = start_watched
        self.desk.start_keepassxc()

    def test_mem_134_keepassxc_is_shown_which_program_asks(self):
        """Its question to the person names the program; it looks at the first call of each."""
        self.start_keepassxc()
        program, token = os.path.realpath(LOOM), self.server.issue_token()
        for run in (lambda env: self.login(self.server, env=env),
                    lambda env: self.get(self.server.url, env=env),
                    lambda env: self.give(self.server, token, env=env),
                    lambda env: self.loom("logout", env=env)):
            self.assertEqual(self.seen_by_keepassxc(run), program)

    def test_mem_135_nothing_is_shown_while_a_secret_is_held(self):
        """What git sent, or the variable: then KeePassXC names no program."""
        self.start_keepassxc()
        token = self.give(self.server, env=self.desk.environment)
        told = {"LOOM_TOKEN": self.plant(loomtest.marker("told")),
                "LOOM_SERVER": "https://elsewhere.example.com"}
        self.assertEqual(self.seen_by_keepassxc(
            lambda env: self.helper("erase", self.fields(token), env=env)), "-")
        self.assertEqual(self.seen_by_keepassxc(
            lambda env: self.get(self.server.url, env={**env, **told})), "-")

    def test_mem_149_after_the_greeting_it_is_closed_again(self):
        self.start_keepassxc()
        server = self.start_server()
        program = self.start("login", server.url, env=self.desk.environment)
        program.expect("Waiting")
        self.wait_for(lambda: server.times("/poll"))
        if os.geteuid() != 0:
            for name in ("environ", "maps", "mem"):
                with self.assertRaises(PermissionError):
                    open(f"/proc/{program.pid}/{name}", "rb").close()
        server.approve()
        self.assertEqual(program.finish().status, 0)

    # ---- What it would print ----

    def test_mem_136_libraries_print_nothing(self):
        """GLib would write every message to a keyring, the secret in it, to standard output."""
        self.desk = self.new_desk()
        self.desk.start_gnome_keyring()
        names = {"G_MESSAGES_DEBUG": "all", "G_DBUS_DEBUG": "all", "LIBSECRET_DEBUG": "all",
                 "SECRET_DEBUG": "all", "G_DEBUG": "all", "GIO_USE_VFS": "local",
                 "SYSTEMD_LOG_LEVEL": "debug", "SYSTEMD_LOG_TARGET": "console"}
        env = {**self.desk.environment, **names}
        self.assert_kept_in_keyring(self.login(self.server, env=env))
        result = self.helper("get", {"protocol": "http", "host": self.server.host}, "-vv", env=env)
        self.assertEqual(self.answer(result)["password"], self.server.last("token"))
        for word in ("GLib", "GDBus", "DEBUG", "libsecret", "sd-bus", "type=method"):
            self.assertNotIn(word, result.text)


if __name__ == "__main__":
    loomtest.main()
