# SPDX-License-Identifier: Apache-2.0
"""Keyrings that lie, fail in the middle or give too much. Whatever they say: each call ends in time and
quietly, no server's token goes to another, nothing is lost, and what is told is true."""
import json
import signal

import keyrings
import loomtest

FAILING = "The system keyring answers with an error."
HUNG = "The system keyring does not answer."
LOCKED = "The system keyring is locked."
UNKNOWN = "it is not known whether the change was made"
ITEM = "/org/freedesktop/secrets/collection/login/1"
GET_S, CALL_S = 5, 12  # what git waits at most; a command may make two operations and ask a server


class Lies(keyrings.Case):
    def setUp(self):
        super().setUp()
        self.token, self.mock = self.server.issue_token(), None

    def new_keyring(self, token=None, **plan):
        """A mock of this plan, and a home that knows nothing; with `token` it holds that sign-in."""
        plan = {"items": [] if token is None else [
            self.item(self.credential(token, server=self.server.url))], **plan}
        if self.mock is None or self.mock.poll() is not None:
            self.desk = self.new_desk()
            self.mock, self.env = self.desk.start_mock(**plan), self.desk.environment
        else:
            self.desk.change_mock(self.mock, **plan)
        self.place = self.new_home()

    def some(self, rows):
        """Numbered; with sanitizers, where a call costs ten times as much, every third."""
        return list(enumerate(rows))[::3 if loomtest.IS_SANITIZED else 1]

    def ask(self, *argv):
        result = self.helper("get", {"protocol": self.server.scheme, "host": self.server.host}, *argv,
                             env=self.env, home=self.place)
        self.check_quick(result.took_s, GET_S + 1)
        return self.answer(result), result

    def check_quiet(self, expected):
        """git hears the token or nothing, and no other word."""
        answer, result = self.ask()
        self.assertEqual(answer.get("password"), expected)
        self.assertEqual(result.err, b"")

    def sign_in(self, *argv, **more):
        result = self.login(self.server, *argv, env=self.env, home=self.place, **more)
        self.assertNotIn("CRITICAL", result.text)
        self.assertNotIn("assertion", result.text)
        self.check_quick(result.took_s, CALL_S)
        return result

    def sign_out(self, **more):
        result = self.loom("logout", self.server.url, env=self.env, home=self.place, **more)
        self.check_quick(result.took_s, CALL_S)
        return result

    def check_bypassed(self, why, number):
        """git hears nothing. A sign-in, of every third of a table's rows, goes into the file."""
        self.check_quiet(None)
        if number % 3 == 0:
            self.check_kept_in_file(why)

    def check_kept_in_file(self, why):
        """A sign-in goes into the file and says why."""
        result = self.sign_in()
        self.assertIn(f"{why} Your sign-in is kept in an encrypted file instead:", result.said)
        token = self.server.last("token")
        self.assertEqual(self.place.tokens(), {self.server.url: token})
        return token

    # ---- Wrong types ----

    def test_kr_100_searches_that_answer_with_other_types(self):
        for number, text in self.some((
                "('x',)", "()", "(@ao [],)", "(@ao ['/a'], @ao ['/b'])", "(@ao ['/'], @ao ['/'])",
                "(@as ['/a'], @as ['/b'])", "(5, @a{sv} {})")):
            with self.subTest(text):
                self.new_keyring(self.token, answers={"SearchItems": text})
                self.check_bypassed(FAILING, number)

    def test_kr_101_secrets_that_are_none(self):
        """Another type, another session, parameters, a content that is not text, nobody's path."""
        def one(secret, path=ITEM):
            return "({objectpath '%s': (%s)},)" % (path, secret)
        session = "objectpath '/org/freedesktop/secrets/session/s'"
        for number, text in self.some((
                "(5,)", "(@a{o(oayays)} {},)", one("objectpath '/', @ay [], 'x', 'text/plain'"),
                one("objectpath '/nowhere', @ay [], @ay [0x78], 'text/plain'"),
                one(session + ", @ay [1,2], @ay [0x7b], 'text/plain'"),
                one(session + ", @ay [], @ay [], ''"),
                one(session + ", @ay [], @ay [0x7b, 0x7d], 'text/plain'", "/nowhere"))):
            with self.subTest(text):
                self.new_keyring(self.token, answers={"GetSecrets": text})
                self.check_bypassed(FAILING, number)
                self.assertNotIn("SetSecret", self.desk.calls())  # what cannot be read is not ours

    def test_kr_102_sessions_that_are_none(self):
        for number, text in self.some((
                "(<''>, objectpath '/')", "(1, 2)", "(<5>, objectpath '/x')", "('', '')")):
            with self.subTest(text):
                self.new_keyring(self.token, answers={"OpenSession": text})
                self.check_bypassed(FAILING, number)

    def test_kr_103_changes_that_are_answered_with_other_types(self):
        """They were not made: the file takes the sign-in, with the reason."""
        for _, text in self.some((
                "('x',)", "(objectpath '/', objectpath '/')",
                "(objectpath '/nowhere', objectpath '/')",
                "(objectpath '/', objectpath '/nowhere')")):
            with self.subTest(text):
                self.new_keyring(answers={"CreateItem": text})
                self.check_quiet(self.check_kept_in_file(FAILING))
        self.new_keyring(self.token, answers={"Delete": "('x',)"})
        self.assertIn("could not be removed", self.sign_out(status=10).said)
        self.check_quiet(self.token)
        self.new_keyring(self.token, answers={"SetSecret": "(1,)"})
        self.sign_in()
        self.check_quiet(self.server.last("token"))

    def test_kr_104_properties_of_other_types_or_none(self):
        for number, (name, text) in self.some((
                ("Item.Attributes", "'x'"), ("Item.Attributes", "@a{sv} {}"),
                ("Item.Attributes", None), ("Item.Locked", "'x'"), ("Item.Locked", None),
                ("Item.Modified", "'x'"), ("Item.Modified", None), ("Item.Label", "5"),
                ("Collection.Locked", "'no'"), ("Collection.Locked", None),
                ("Service.Collections", "5"), ("Service.Collections", "@ao ['/', '/x']"),
                ("Service.Collections", None))):
            with self.subTest(name, text=text):
                self.new_keyring(self.token, properties={name: text})
                answer, result = self.ask()
                self.assertIn(answer.get("password"), (None, self.token))
                self.assertEqual(result.err, b"")
                if number % 3 == 0:
                    self.sign_in()
                    self.check_quiet(self.server.last("token"))

    # ---- Words ----

    def test_kr_105_errors_of_unknown_names_whose_words_are_hostile(self):
        words = "\x1b[2J\x1b]0;owned\x07 " + "x" * 20 + " \u202e"
        for number, name in self.some((
                "org.example.Odd", "org.freedesktop.Secret.Error.NoSession",
                "org.freedesktop.Secret.Error.NoSuchObject", "org.freedesktop.DBus.Error.NoReply",
                "org.freedesktop.DBus.Error.AccessDenied")):
            with self.subTest(name):
                self.new_keyring(self.token, errors={"SearchItems": [name, words]})
                self.check_bypassed(FAILING, number)
                self.loom("-vv", "logout", env={**self.env, "LOOM_STORE": "keyring"},
                          home=self.place, status=None)  # and each line is fit for a terminal

    def test_kr_106_a_locked_error_where_nothing_said_so(self):
        self.new_keyring(errors={"CreateItem": ["org.freedesktop.Secret.Error.IsLocked", "no"]})
        self.check_quiet(self.check_kept_in_file(LOCKED))

    # ---- Too much ----

    def test_kr_107_copies_without_end(self):
        """One of them answers, or nobody does in time; git never waits longer for it."""
        self.new_keyring(self.token, copies=300 if loomtest.IS_SANITIZED else 1000)
        answer, _ = self.ask()
        self.assertIn(answer.get("password"), (None, self.token))

    def test_kr_108_a_secret_of_twenty_million_bytes(self):
        giant = {"repeat": "x" * 1000, "times": 20000}
        self.new_keyring(items=[self.item(giant), self.item(self.credential(
            self.token, server=self.server.url))])
        answer, _ = self.ask()
        self.assertIn(answer.get("password"), (None, self.token))

    def test_kr_109_secrets_with_zeros_and_control_bytes(self):
        good = {"type": "api", "key": self.token, "server": self.server.url}
        text = json.dumps(good)
        for secret in (text + "\0", "\0" + text, text[:20] + "\0" + text[20:], text + "\x1b[0m",
                       text.replace(self.token, self.token + "\\u0000"),
                       text.replace(self.token, self.token + "\\n"), text + text):
            with self.subTest(secret):
                self.plant(self.token)
                self.new_keyring(items=[self.item(secret.encode().decode("latin-1"))])
                answer, _ = self.ask()
                self.assertEqual(answer, {}, repr(secret))

    # ---- Not what was asked for ----

    def test_kr_110_a_search_that_shows_everybodys_items(self):
        """What decides is the server inside; without one nobody is meant, whatever the key."""
        other = self.credential("lt_elsewhere_0123456789", server="https://other.example.com")
        nameless = self.credential("lt_nameless_0123456789")
        strange = {"attributes": {"xdg:schema": "org.gnome.keyring.Note"}, "secret": "a note"}
        foreign = self.item(nameless)
        foreign["attributes"] = {"service": "mail", "username": "ada", "target": "default"}
        self.new_keyring(shows="all", items=[self.item(other), strange, foreign])
        self.check_quiet(None)
        self.sign_in()
        self.check_quiet(self.server.last("token"))
        self.sign_out()
        self.assertEqual(self.desk.calls().count("Delete"), 1)

    def test_kr_111_an_item_that_is_found_twice(self):
        self.new_keyring(self.token, answers={
            "SearchItems": f"(@ao ['{ITEM}', '{ITEM}'], @ao ['{ITEM}'])"})
        self.check_quiet(self.token)
        self.sign_in()
        self.check_quiet(self.server.last("token"))

    def test_kr_112_items_that_vanish_between_search_and_secret(self):
        self.new_keyring(self.token, vanish=["GetSecrets"])
        self.check_quiet(None)
        self.check_kept_in_file(FAILING)

    def test_kr_113_an_item_that_vanishes_before_it_is_changed(self):
        self.new_keyring(self.token, vanish=["SetSecret"])
        self.sign_in()
        self.check_quiet(self.server.last("token"))

    # ---- Locks that lie ----

    def test_kr_114_an_unlock_that_says_yes_and_stays_locked(self):
        self.new_keyring(self.token, collection="locked", unlocks="says")
        self.env = {**self.env, "DISPLAY": ":99"}
        self.check_quiet(None)
        self.check_kept_in_file(LOCKED)
        self.assertLess(self.desk.calls().count("Unlock"), 4)

    def test_kr_115_open_by_its_word_and_locked_in_truth(self):
        locked = ["org.freedesktop.Secret.Error.IsLocked", "no"]
        self.new_keyring(self.token, errors={"GetSecrets": locked, "CreateItem": locked,
                                             "SetSecret": locked})
        self.check_quiet(None)
        self.check_kept_in_file(LOCKED)

    def test_kr_130_a_secret_that_is_refused_is_not_the_same_as_none(self):
        """Who signs out is not told that there was nothing."""
        refused = ["org.freedesktop.DBus.Error.AccessDenied", "no"]
        self.new_keyring(self.token, errors={"GetSecrets": refused})
        self.check_quiet(None)
        result = self.sign_out(status=8)
        self.assertIn(FAILING, result.said)
        self.assertNotIn("You were not signed in", result.said)
        self.assertTrue(self.server.is_alive(self.token))

    def test_kr_116_locked_by_its_word_and_open_in_truth(self):
        """It is believed: nobody is asked for what is not there."""
        self.new_keyring(self.token, properties={"Collection.Locked": "true"})
        self.check_quiet(None)
        self.check_kept_in_file(LOCKED)

    def test_kr_117_a_prompt_that_is_not_there(self):
        self.new_keyring(self.token, collection="locked", answers={
            "Unlock": "(@ao [], objectpath '/org/freedesktop/secrets/prompt/none')"})
        self.env = {**self.env, "DISPLAY": ":99"}
        self.check_kept_in_file(LOCKED)

    def test_kr_118_a_change_that_asks_and_is_never_answered(self):
        """Whether a change was made that wants a window which nobody answers, nobody knows."""
        self.new_keyring(answers={"CreateItem": "(objectpath '/', objectpath '/org/p')"},
                         silent=["Prompt"])
        result = self.sign_in(status=None)
        self.assertIn(result.status, (0, 8))
        self.assertEqual(result.status == 8, UNKNOWN in result.said, result)

    # ---- Failing in the middle ----

    def test_kr_119_a_service_that_ends_in_the_middle(self):
        for call in ("OpenSession", "SearchItems", "GetSecrets"):
            with self.subTest(call):
                self.new_keyring(self.token, dies=[call])
                self.check_quiet(None)
                self.new_keyring(self.token, dies=[call])
                result = self.sign_in()
                self.assertIn("is kept in an encrypted file instead:", result.said)
                self.check_quiet(self.server.last("token"))

    def test_kr_120_a_service_that_ends_as_it_is_written_to(self):
        """Nobody knows whether it was kept: the file takes the token, or the sign-in says so."""
        for call, token in (("CreateItem", None), ("SetSecret", self.token)):
            with self.subTest(call):
                self.new_keyring(token, dies=[call])
                result = self.sign_in(status=None)
                self.assertIn(result.status, (0, 8), result)
                if result.status == 0:
                    self.check_quiet(self.server.last("token"))
        self.new_keyring(self.token, dies=["Delete"])
        self.assertIn(self.sign_out(status=None).status, (0, 8, 10))

    def test_kr_121_a_bus_that_ends_in_the_middle(self):
        for call in ("OpenSession", "SearchItems", "GetSecrets", "CreateItem"):
            with self.subTest(call):
                self.mock = None
                self.new_keyring(None if call == "CreateItem" else self.token)
                self.desk.change_mock(self.mock, ends_bus={call: self.desk.bus.pid}, items=[])
                result = self.sign_in(status=None)
                self.assertIn(result.status, (0, 8), result)
                if result.status == 0:
                    self.check_quiet(self.server.last("token"))

    def test_kr_122_another_service_takes_over_while_the_person_approves(self):
        """The one that is there in the end gets the sign-in, and what the first held is not missed."""
        server = self.start_server()
        self.desk = self.new_desk()
        first = self.desk.start_mock()
        self.env = self.desk.environment
        program = self.start("login", server.url, env=self.env)
        program.expect("Waiting for your approval")
        self.desk.end(first)
        self.desk.start_mock()
        server.approve()
        result = program.finish()
        self.assertEqual(result.status, 0, result)
        self.assert_kept_in_keyring(result)
        self.assertEqual(self.get(server.url, env=self.env)["password"], server.last("token"))

    def test_kr_123_a_service_that_takes_its_time_for_each_call(self):
        """git waits five seconds at most, whatever the sum of the parts would be."""
        self.new_keyring(self.token, slow={"ReadAlias": 0.9, "SearchItems": 1.4, "GetSecrets": 1.4})
        answer, result = self.ask()
        self.assertIn(answer.get("password"), (None, self.token))
        if result.err != b"":  # it is ours, as far as one could see, and that is why
            self.assertIn(HUNG, result.said)

    def test_kr_124_a_service_that_is_stopped_in_the_middle_of_a_search(self):
        self.new_keyring(self.token, slow={"SearchItems": 0.3})
        service = self.desk.processes[-1]
        program = self.start("credential-helper", "get", env=self.env, home=self.place, stdin=(
            f"protocol={self.server.scheme}\nhost={self.server.host}\n\n").encode())
        self.wait_for(lambda: "SearchItems" in self.desk.calls())
        service.send_signal(signal.SIGSTOP)
        result = program.finish()
        result.is_door = True
        self.assertEqual((result.status, result.out, result.err), (0, b"", b""))
        self.check_quick(result.took_s, GET_S + 1)


if __name__ == "__main__":
    loomtest.main()
