# SPDX-License-Identifier: Apache-2.0
"""Keyrings and buses that do what they should not: each call ends in time, with its sentence."""
import json
import os
import signal
import time

import keyrings
import loomtest
import servers

ABSENT = "No system keyring is running here."
LOCKED = "The system keyring is locked."
HUNG = "The system keyring does not answer."
FAILING = "The system keyring answers with an error."
WINDOW = "A window asks for its password"


class Buses(keyrings.Case):
    """No bus, a bus that is none, one that hangs: decided before libsecret is opened, or in 2 s."""

    def check(self, env, why, took_s=1.5):
        """Sign in, ask, sign out: the file serves, the helper is silent; the keyring alone fails."""
        result = self.login(self.server, env=env)
        self.assert_kept_in_file(result, why)
        result = self.helper("get", {"protocol": self.server.scheme, "host": self.server.host},
                             env=env)
        self.assertEqual(self.answer(result)["password"], self.server.last("token"))
        self.assertEqual(result.err, b"")
        self.check_quick(result.took_s, took_s)
        result = self.login(self.server, "--store", "keyring", env=env, status=8)
        self.assert_error(result, why)
        result = self.loom("login", self.server.url, "--store", "keyring", "--json", env=env,
                           status=8)
        self.assertEqual(self.events(result)[-1]["error"]["code"], "keyring_unavailable")
        self.check_quick(result.took_s, took_s + 1)

    def test_kr_01_no_bus(self):
        self.check({}, ABSENT)
        self.loom("logout")

    def test_kr_17_no_service_on_the_bus_is_told_as_the_reason(self):
        self.check(self.new_desk().environment, ABSENT)

    def test_kr_01_an_address_that_leads_nowhere(self):
        desk = self.new_desk(bus=False)
        runtime = desk.runtime
        with open(os.path.join(runtime, "bus"), "w"):
            pass  # a file, no socket
        for env in ({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/gone"},
                    {"DBUS_SESSION_BUS_ADDRESS": "unix:abstract=loom-test-nobody-is-here"},
                    {"DBUS_SESSION_BUS_ADDRESS": "unix:"}, {"DBUS_SESSION_BUS_ADDRESS": ";;"},
                    {"DBUS_SESSION_BUS_ADDRESS": "unix:path=%zz"},
                    {"DBUS_SESSION_BUS_ADDRESS": "unix:path=" + "x" * 5000},
                    {"XDG_RUNTIME_DIR": runtime}, {"XDG_RUNTIME_DIR": "relative"}):
            with self.subTest(env):
                self.assert_kept_in_file(self.login(self.server, env=env), ABSENT)

    def test_only_sockets_of_this_machine_are_spoken_to(self):
        listener = servers.Listener()
        self.addCleanup(listener.stop)
        desk = self.new_desk()
        proof = os.path.join(desk.folder, "proof")
        tcp = f"tcp:host=127.0.0.1,port={listener.port}"
        for address in (tcp, f"nonce-{tcp},noncefile=/dev/null", "autolaunch:", "launchd:env=X",
                        f"unixexec:path=/usr/bin/touch,argv1={proof}",
                        f"unix:path={desk.folder}/gone;{tcp}",
                        f"unix:path={desk.folder}/gone;unixexec:path=/usr/bin/touch,argv1={proof}"):
            with self.subTest(address):
                result = self.login(self.server, env={"DBUS_SESSION_BUS_ADDRESS": address})
                self.assert_kept_in_file(result, ABSENT)
        self.assertEqual(listener.seen, [])
        self.assertFalse(os.path.exists(proof))

    def test_the_bus_in_the_runtime_folder(self):
        desk = self.new_desk()
        desk.start_mock()
        os.symlink(desk.socket, os.path.join(desk.runtime, "bus"))
        env = {"XDG_RUNTIME_DIR": desk.runtime}
        self.assert_kept_in_keyring(self.login(self.server, env=env))

    def test_a_bus_that_accepts_and_says_nothing(self):
        bus = keyrings.SilentBus(self.new_desk(bus=False).folder)
        self.addCleanup(bus.stop)
        self.check({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus.path}"}, HUNG, took_s=4.5)

    def test_a_bus_that_is_stopped(self):
        desk = self.new_desk()
        desk.start_mock()
        desk.bus.send_signal(signal.SIGSTOP)
        self.check(desk.environment, HUNG, took_s=4.5)

    def test_ctrl_c_ends_the_wait_for_a_silent_bus(self):
        bus = keyrings.SilentBus(self.new_desk(bus=False).folder)
        self.addCleanup(bus.stop)
        env = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus.path}"}
        program = self.start("login", self.server.url, env=env)
        keyrings.wait_for(lambda: len(bus.taken) > 1, "the program")
        sent = program.signal(signal.SIGINT)
        result = program.finish()
        self.assertEqual(result.status, -signal.SIGINT, result)
        self.check_quick(time.monotonic() - sent, loomtest.STOP_S)
        self.assertEqual(self.server.requests(), [])


class Services(keyrings.Case):
    """A Secret Service that misbehaves."""

    def setUp(self):
        super().setUp()
        self.desk = self.new_desk()
        self.env = self.desk.environment

    def fields(self):
        return {"protocol": self.server.scheme, "host": self.server.host}

    def ask(self, *argv, **more):
        result = self.helper("get", self.fields(), *argv, env={**self.env, **more})
        self.check_quick(result.took_s, 5)
        return self.answer(result), result

    def test_a_mock_that_behaves_is_a_keyring(self):
        self.desk.start_mock()
        self.assert_kept_in_keyring(self.login(self.server, env=self.env))
        self.assertEqual(self.ask()[0]["password"], self.server.last("token"))
        self.loom("logout", env=self.env)
        self.assertEqual(self.ask()[0], {})

    def test_a_service_that_answers_nothing(self):
        self.desk.start_mock(silent=["OpenSession"])
        self.assert_kept_in_file(self.login(self.server, env=self.env), HUNG)
        self.assertEqual(self.ask()[0]["password"], self.server.last("token"))

    def test_a_search_that_is_not_answered(self):
        self.desk.start_mock(silent=["SearchItems"])
        self.assert_kept_in_file(self.login(self.server, env=self.env), HUNG)
        self.assertNotIn("CreateItem", self.desk.calls())
        answer, result = self.ask()
        self.assertEqual(answer["password"], self.server.last("token"))
        self.assertEqual(result.err, b"")
        result = self.loom("logout", env=self.env, status=10)
        self.assertIn(HUNG, result.said)
        self.assertEqual(self.home.tokens(), {})
        answer, result = self.ask("--server", self.server.url)
        self.assertEqual(answer, {})  # not quit=1: what the keyring holds is not known
        self.assertIn(HUNG, result.said)

    def check_unknown_write(self, said_by_logout, **plan):
        self.desk.start_mock(**plan)
        result = self.login(self.server, env=self.env, status=8)
        self.assertIn("it is not known whether the change was made", result.said)
        self.check_quick(result.took_s, 8)
        self.assertEqual(self.home.files(), [])
        self.assertEqual(self.desk.calls().count("CreateItem"), 1)
        # A token that may yet be found stored is not a dead one.
        token = self.server.last("token")
        self.assertTrue(self.server.is_alive(token))
        # The next run reads back.
        self.assertIn(said_by_logout, self.loom("logout", self.server.url, env=self.env).said)
        return self.server.is_alive(token)

    def test_a_write_that_is_neither_made_nor_answered_is_unknown(self):
        self.check_unknown_write("You were not signed in to", silent=["CreateItem"])

    def test_a_write_that_is_made_and_not_answered_is_unknown(self):
        self.assertFalse(self.check_unknown_write("Signed out of", lost=["CreateItem"]))

    def test_a_deletion_that_is_not_answered_is_unknown(self):
        self.desk.start_mock(items=[self.item(self.credential(self.server.issue_token(),
                                                              server=self.server.url))],
                             silent=["Delete"])
        result = self.loom("logout", self.server.url, env=self.env, status=10)
        self.assertIn("it is not known whether the change was made", result.said)

    def test_a_service_that_fails(self):
        self.desk.start_mock(failing=["SearchItems", "CreateItem", "SetSecret"])
        self.assert_kept_in_file(self.login(self.server, env=self.env), FAILING)
        result = self.login(self.server, "--store", "keyring", env=self.env, status=8)
        self.assert_error(result, FAILING)

    def test_a_service_that_fails_once_is_asked_again(self):
        self.desk.start_mock(failing=["SearchItems"], times=1)
        self.assert_kept_in_keyring(self.login(self.server, env=self.env))

    def test_a_service_without_a_collection(self):
        self.desk.start_mock(collection="none")
        self.assert_kept_in_file(self.login(self.server, env=self.env), ABSENT)

    def test_kr_131_of_keyrings_without_a_name_the_first_open_one_is_used(self):
        """Not the session's, which ends with it, and nobody has to open a locked one."""
        mock = self.desk.start_mock(nameless=True)
        self.assert_kept_in_keyring(self.login(self.server, env=self.env))
        self.assertEqual(self.ask()[0]["password"], self.server.last("token"))
        self.assertNotIn("Unlock", self.desk.calls())
        self.desk.change_mock(mock, nameless=True, collection="none")
        self.assert_kept_in_file(self.login(self.server, env=self.env), LOCKED)

    def test_a_service_that_cuts_secrets_short_does_not_get_the_token(self):
        self.desk.start_mock(cuts=40)
        result = self.login(self.server, env=self.env)
        self.assert_kept_in_file(result, "Your sign-in is too large for the system keyring. It")

    def assert_kept_in_file(self, result, why):
        if why.endswith(" It"):
            self.assertIn(why + " is kept in an encrypted file instead:", result.said)
            self.assertEqual(self.home.tokens(), {self.server.url: self.server.last("token")})
        else:
            super().assert_kept_in_file(result, why)

    def test_kr_06_odd_secrets_and_none_at_all_are_passed_by(self):
        odd = [None, "", "x", "\x00", "\xff\xfe", "[]", "{", "x" * 66000, '{"type":"api"}',
               '{"type":"api","key":""}', '{"type":"api","key":"a\\nb"}', '{"type":"api","key":7}',
               json.dumps({"type": "api", "key": "t" * 60000, "server": self.server.url}),
               self.credential("lt_elsewhere_0123456789", server="https://other.example.com"),
               self.credential("lt_elsewhere_0123456789", server="javascript:alert(1)")]
        mock = self.desk.start_mock()
        # Some at a time: the mock takes long over the large ones, and git is not kept waiting.
        for few in (odd[:7], odd[7:8], odd[8:12], odd[12:]):
            self.desk.change_mock(mock, items=[self.item(secret, modified=number)
                                               for number, secret in enumerate(few)])
            self.assertEqual(self.ask()[0], {})
            answer, result = self.ask("--server", self.server.url)
            self.check_quick(result.took_s, 3)  # past its time it would say nothing
            self.assertEqual(answer, {"quit": "1"})
        self.assert_kept_in_keyring(self.login(self.server, env=self.env))
        self.loom("logout", self.server.url, env=self.env)
        self.assertEqual(self.desk.calls().count("Delete"), 1)
        self.assertNotIn("SetSecret", [c for c in self.desk.calls() if c == "Delete"])

    # ---- KWallet, in one conversation out of some hundred ----

    def test_kr_149_a_secret_that_cannot_be_made_out_is_read_in_a_new_conversation(self):
        mock = self.desk.start_mock()
        for count in (1,) if keyrings.IS_WITHOUT_SYSTEMD else (1, 2):  # both ways of reading
            with self.subTest(answers=count):
                token = self.server.issue_token()
                plan = {"estranged": count,
                        "items": [self.item(self.credential(token, server=self.server.url))]}
                self.desk.change_mock(mock, **plan)
                self.assertEqual(self.ask()[0]["password"], token)
                self.desk.change_mock(mock, **plan)
                self.assertIn("Signed out of", self.loom("logout", self.server.url, env=self.env).said)
                self.assertEqual(self.desk.calls().count("Delete"), 1)
                self.assertFalse(self.server.is_alive(token))

    def test_kr_149_nor_is_another_item_made_beside_it(self):
        older = self.credential(self.server.issue_token(), server=self.server.url)
        self.desk.start_mock(spares={"GetSecrets": 2}, estranged=1, items=[self.item(older)])
        self.assert_kept_in_keyring(self.login(self.server, env=self.env))
        self.assertNotIn("CreateItem", self.desk.calls())
        self.assertEqual(self.ask()[0]["password"], self.server.last("token"))

    def test_kr_149_an_item_that_was_made_without_its_secret_is_filled(self):
        mock = self.desk.start_mock(hollow=1)
        self.assert_kept_in_keyring(self.login(self.server, env=self.env))
        self.assertEqual(self.ask()[0]["password"], self.server.last("token"))
        self.assertEqual(self.desk.calls().count("CreateItem"), 1)
        self.loom("logout", env=self.env)
        self.assertEqual(self.desk.calls().count("Delete"), 1)
        other = self.item("")
        other["attributes"]["target"] = "other"
        self.desk.change_mock(mock, items=[other], hollow=1)
        self.assert_kept_in_keyring(self.login(self.server, env=self.env))
        self.assertEqual(self.desk.calls().count("CreateItem"), 1)
        self.assertEqual(self.ask()[0]["password"], self.server.last("token"))

    def test_kr_149_what_is_cut_short_in_an_empty_item_does_not_stay_there(self):
        self.desk.start_mock(cuts=40, items=[self.item("")])
        self.assert_kept_in_file(self.login(self.server, env=self.env),
                                 "Your sign-in is too large for the system keyring. It")
        calls = self.desk.calls()
        self.assertEqual(calls.count("SetSecret"), 1)
        self.assertEqual(calls.count("Delete"), calls.count("CreateItem") + 1)

    def test_an_item_whose_target_is_another_is_not_ours(self):
        item = self.item(self.credential("lt_elsewhere_0123456789", server=self.server.url))
        item["attributes"]["target"] = "other"
        self.desk.start_mock(items=[item])
        self.assertEqual(self.ask("--server", self.server.url)[0], {"quit": "1"})

    # ---- Unlocking ----

    def start_locked(self, **plan):
        token = self.server.issue_token()
        self.desk.start_mock(collection="locked", items=[
            self.item(self.credential(token, server=self.server.url))], **plan)
        return token

    def test_kr_18_a_window_that_is_answered_unlocks(self):
        token = self.start_locked(prompt={"after": 2, "accepts": True})
        env = {"DISPLAY": ":99"}
        answer, result = self.ask(**env)
        self.assertEqual(answer, {})  # stderr is no terminal: nobody is asked
        self.assertNotIn("Prompt", self.desk.calls())
        result = self.login(self.server, env={**self.env, **env})
        self.assertIn(WINDOW, result.said)
        self.assert_kept_in_keyring(result)
        self.assertIn("already signed in", result.said)
        self.assertNotIn(token.encode(), result.err)

    def test_kr_18_the_helper_asks_at_a_terminal(self):
        token = self.start_locked(prompt={"after": 1.5, "accepts": True})
        env = {**self.env, "WAYLAND_DISPLAY": "wayland-9"}
        question = f"protocol={self.server.scheme}\nhost={self.server.host}\n\n".encode()
        quiet = self.start("credential-helper", "get", stdin=question, terminal={"stderr"},
                           env={**env, "GIT_TERMINAL_PROMPT": "0"}).finish()
        quiet.is_door = True
        self.assertEqual(quiet.out, b"")
        self.assertNotIn("Unlock", self.desk.calls())
        result = self.start("credential-helper", "get", stdin=question, terminal={"stderr"},
                            env=env).finish()
        result.is_door = True
        self.assertIn(token.encode(), result.out)
        self.assertIn(WINDOW, result.said)

    def test_nobody_is_asked_in_a_remote_session(self):
        self.start_locked(prompt={"after": 1.5, "accepts": True})
        for remote in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"):
            env = {**self.env, "DISPLAY": "localhost:10.0", remote: "x"}
            result = self.login(self.server, "--store", "keyring", env=env, status=8)
            self.assert_error(result, LOCKED[:-1])
        self.assert_kept_in_file(self.login(self.server, env=self.env), LOCKED)
        self.assertNotIn("Unlock", self.desk.calls())

    def test_kr_04_a_window_that_is_dismissed_is_an_answer(self):
        self.start_locked(prompt={"after": 1.5, "accepts": False})
        env, mark = {**self.env, "DISPLAY": ":99"}, len(self.server.log())
        for argv in (("login", self.server.url), ("logout", self.server.url)):
            result = self.loom(*argv, env=env, status=8)
            self.assertIn("The system keyring stays locked", result.said)
            self.assertEqual(self.home.files(), [])
        self.assertEqual(self.server.requests(mark), [])

    def test_ctrl_c_while_the_keyring_hangs_changes_nothing(self):
        running = [self.server, self.start_server("--approve-after", 0)]
        for server in running:
            self.give(server)
        before = self.home.tokens()
        marks = [len(server.log()) for server in running]
        self.desk.start_mock(silent=["SearchItems"])
        for argv in ((), ("--all",), (self.server.url,)):
            with self.subTest(argv):
                calls = self.desk.calls().count("SearchItems")
                program = self.start("logout", *argv, env=self.env)
                self.wait_for(lambda: self.desk.calls().count("SearchItems") > calls)
                program.signal(signal.SIGINT)
                result = program.finish()
                self.assertEqual(result.status, -signal.SIGINT, result)
                self.assertIn("Stopped. Nothing was changed.", result.said)
                self.assertEqual(self.home.tokens(), before)
        for server, mark in zip(running, marks):
            self.assertEqual(server.requests(mark), [])

    def test_nobody_is_asked_to_unlock_what_was_not_chosen(self):
        self.start_locked(prompt={"after": None})
        env = {**self.env, "DISPLAY": ":99"}
        self.login(self.server, "--store", "file", env=env)
        self.assertEqual(set(self.home.tokens()), {self.server.url})
        result = self.loom("logout", env={**env, "LOOM_STORE": "file"}, status=10)
        self.assertIn("The system keyring is locked", result.said)
        self.assertEqual(self.home.tokens(), {})
        self.assertNotIn("Unlock", self.desk.calls())

    def test_a_window_that_never_appears_counts_as_locked(self):
        self.start_locked(prompt={"after": 0, "accepts": False})
        result = self.login(self.server, env={**self.env, "DISPLAY": ":99"})
        self.assert_kept_in_file(result, LOCKED)
        self.assertNotIn(WINDOW, result.said)
        self.assertEqual(self.desk.calls().count("Unlock"), 1)

    def test_ctrl_c_ends_the_wait_for_the_person(self):
        self.start_locked(prompt={"after": None})
        mark = len(self.server.log())
        program = self.start("login", self.server.url, env={**self.env, "DISPLAY": ":99"})
        program.expect(WINDOW)
        sent = program.signal(signal.SIGINT)
        result = program.finish()
        self.assertEqual(result.status, -signal.SIGINT, result)
        self.check_quick(time.monotonic() - sent, loomtest.STOP_S)
        self.assertEqual(self.server.requests(mark), [])


if __name__ == "__main__":
    loomtest.main()
