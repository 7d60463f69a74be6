# SPDX-License-Identifier: Apache-2.0
"""Reading a keyring over sd-bus: whatever happens at whichever of its calls, git hears the token or
nothing, in time, and libsecret is asked where it may know more."""
import ctypes
import os
import signal
import socket
import threading
import time

import keyrings
import loomtest
import servers

ABSENT = "No system keyring is running here."
LOCKED = "The system keyring is locked"
HUNG = "The system keyring does not answer."
FAILING = "The system keyring answers with an error."
ITEM = "/org/freedesktop/secrets/collection/login/1"
# The calls of the way over sd-bus, in their order.
CALLS = ("ReadAlias", "Get", "OpenSession", "SearchItems", "GetAll", "GetSecrets")
LATE = CALLS[CALLS.index("OpenSession"):]
FIRST_S, GET_S, CALL_S = 2, 5, 12  # the first answer, what git waits, what two operations may take
ODD = ("('x',)", "()", "(5, 6)", "(<1>,)", "([<1>, <'x'>],)")


class Case(keyrings.Case):
    def setUp(self):
        super().setUp()
        self.token, self.mock = self.server.issue_token(), None

    def new_keyring(self, **plan):
        """A mock with a sign-in, and a home that knows nothing."""
        plan = {"items": [self.item(self.credential(self.token, server=self.server.url))], **plan}
        if self.mock is None or self.mock.poll() is not None:
            self.desk = self.new_desk()
            self.mock, self.env = self.desk.start_mock(**plan), self.desk.environment
        else:
            self.desk.change_mock(self.mock, **plan)
        self.place = self.new_home()

    def ask(self, **more):
        """What git hears, which is all there is to hear: the token, or None."""
        result = self.helper("get", {"protocol": self.server.scheme, "host": self.server.host},
                             env={**self.env, **more}, home=self.place)
        self.took_s = result.took_s
        self.check_quick(result.took_s, GET_S + 1)
        self.assertEqual(result.err, b"")
        return self.answer(result).get("password")

    def check_token(self, **more):
        """It is read; who came too late for it tries again."""
        token = self.ask(**more)
        if token is None:
            self.check_quick(self.took_s, GET_S - 1)
        self.assertEqual(token, self.token)

    def show(self, *argv, **more):
        result = self.loom("token", self.server.url, *argv,
                           **{"env": self.env, "home": self.place, **more})
        result.is_door = True
        return result


class Calls(Case):
    """One call of it goes wrong."""

    def test_kr_132_a_call_that_is_never_answered(self):
        for call in CALLS:
            with self.subTest(call):
                self.new_keyring(silent=[call])
                filed = self.server.issue_token()
                self.place.seed((self.server.url, filed))
                self.assertEqual(self.ask(), filed)
                if call == "ReadAlias":
                    self.check_quick(self.took_s, FIRST_S + 1)
                calls = [each for each in self.desk.calls() if each in CALLS]
                self.assertEqual(calls, list(CALLS[:len(calls)]))  # each once, and no other way is tried
                self.assertEqual(calls[-1], call)

    def test_kr_132_a_command_that_is_not_answered_says_so(self):
        for call in ("Get", "GetAll"):
            self.new_keyring(silent=[call])
            result = self.show(status=8)
            self.assertIn(HUNG, result.said)
            self.check_quick(result.took_s, CALL_S)

    def test_kr_134_a_person_ends_the_wait_for_each_call(self):
        for call in CALLS:
            for command in ("token", "login"):
                with self.subTest(call, command=command):
                    self.in_time(lambda call=call, command=command: self.stop(call, command))

    def stop(self, call, command):
        """How long it takes."""
        self.new_keyring(silent=[call])
        mark = len(self.server.log())
        program = self.start(command, self.server.url, env=self.env, home=self.place)
        self.wait_for(lambda: call in self.desk.calls())
        sent = program.signal(signal.SIGINT)
        result = program.finish()
        took_s = time.monotonic() - sent
        self.assertEqual(result.status, -signal.SIGINT, result)
        self.assertEqual((result.out, self.server.requests(mark), self.place.files()), (b"", [], []))
        return took_s

    def test_kr_135_a_call_that_takes_its_time(self):
        for call in CALLS:
            with self.subTest(call):
                self.new_keyring(slow={call: 0.4})
                self.check_token()

    def test_kr_135_calls_that_take_their_time_and_are_asked_once_more(self):
        """The sum has an end, whichever way it is spent."""
        self.new_keyring(slow={call: 0.6 for call in CALLS}, failing=["GetSecrets"], times=1)
        self.assertIn(self.ask(), (None, self.token))
        self.check_quick(self.show(status=None).took_s, CALL_S)

    def test_kr_136_a_call_that_is_refused_once_is_made_again_by_libsecret(self):
        for call in CALLS:
            with self.subTest(call):
                self.new_keyring(failing=[call], times=1)
                self.check_token()
                self.assertGreater(self.desk.calls().count("OpenSession"), 1 if call in LATE else 0)

    def test_kr_136_a_call_that_is_always_refused(self):
        """Whoever answers libsecret is read all the same: it asks for no property alone."""
        for call in CALLS:
            with self.subTest(call):
                self.new_keyring(failing=[call])
                if call in ("ReadAlias", "Get"):
                    self.check_token()
                else:
                    self.assertIsNone(self.ask())
                    self.assertIn(FAILING, self.show(status=8).said)

    def test_kr_137_answers_of_any_type(self):
        of_its_own = {
            "ReadAlias": ("(objectpath '/',)", "(objectpath '/nowhere',)", "('/x',)", "(@ao [],)"),
            "Get": ("(<'no'>,)", "(<<false>>,)", "(false,)", "(<@ab []>,)"),
            "OpenSession": ("(<''>, 'x')", "(<@ay []>, objectpath '/s')", "('', objectpath '/s')"),
            "SearchItems": ("(@ao ['/a'],)", "(@aao [], @ao [])", "(@ao [], @as [])"),
            "GetAll": ("(@a{sv} {},)", "({'Attributes': 'x'},)", "(@aa{sv} [],)",
                       "({'Attributes': <@a{sv} {}>, 'Locked': <false>},)",
                       "({'Attributes': <@as ['username']>, 'Locked': <false>},)",
                       "({'Locked': <@u 0>, 'Modified': <'now'>},)"),
            "GetSecrets": ("(@a{o(oayas)} {},)", "(@a{s(oayays)} {},)", "(@a(o(oayays)) [],)"),
        }
        rows = [(call, text) for call in CALLS for text in ODD + of_its_own[call]]
        for call, text in rows[::2 if loomtest.IS_SANITIZED else 1]:
            with self.subTest(call, text=text):
                self.new_keyring(answers={call: text})
                self.assertIn(self.ask(), (None, self.token))

    def test_kr_137_properties_that_come_twice_or_too_many(self):
        for more in ({f"name{number}": "value" for number in range(5000)},
                     {"long": {"repeat": "x" * 1000, "times": 3000}}, {"": ""}, {"username2": "x"}):
            item = self.item(self.credential(self.token, server=self.server.url))
            item["attributes"].update(more)
            self.new_keyring(items=[item])
            self.check_token()

    def test_kr_138_secrets_for_another_session_or_cipher_are_not_taken(self):
        secret = self.credential(self.token, server=self.server.url).encode()

        def one(session, parameters):
            return "({objectpath '%s': (objectpath '%s', %s, [byte %s], 'text/plain')},)" % (
                ITEM, session, parameters, ",".join(map(str, secret)))
        ours = "/org/freedesktop/secrets/session/s"
        self.new_keyring(answers={"GetSecrets": one(ours, "@ay []")})
        self.check_token()  # or the following would prove nothing
        for session, parameters in (("/elsewhere", "@ay []"), (ours, "[byte 1]"),
                                    ("/", "[byte 1, 2]"), (ours + "s", "@ay []")):
            with self.subTest(session, parameters=parameters):
                self.new_keyring(answers={"GetSecrets": one(session, parameters)})
                self.assertIsNone(self.ask())

    def test_kr_139_secrets_of_others_are_not_asked_for(self):
        """However many a search shows. A server's other items, and whoever else is in there."""
        strange = [{"service": "mail", "username": "ada", "target": "default"},
                   {"service": "loom", "username": "ada", "target": "other"},
                   {"service": "mail", "username": self.key(), "target": "default"},
                   {"service": "loom"}, {"username": self.key()}, {},
                   {"service": "loom", "username": "x" * 5000}]
        secret = self.credential(self.token, server=self.server.url)
        items = [{"attributes": attributes, "secret": secret} for attributes in strange]
        self.new_keyring(items=[self.item(secret), *items], shows="all")
        self.check_token()
        self.assertEqual(self.show().out, self.token.encode() + b"\n")
        self.assertEqual({each for each in self.desk.calls() if each.startswith("/")}, {ITEM})
        self.new_keyring(items=items, shows="all")
        self.assertIsNone(self.ask())

    def test_kr_139_git_asks_for_the_secrets_of_one_host(self):
        """Whatever the path; what is kept for other hosts stays in the keyring."""
        def filed(url, token):
            item = self.item(self.credential(token, server=url))
            item["attributes"]["username"] = "".join(c if c.isalnum() else "_" for c in url)
            return item
        base = self.server.url.rsplit(":", 1)[0]
        items = [filed(url, loomtest.marker(url, "lt")) for url in (
            "https://loom.example.com", base, "https" + self.server.url[4:], "http://other.localhost",
            self.server.url + "/deep/base")]
        self.new_keyring(items=[self.item(self.credential(self.token, server=self.server.url)),
                                *items])
        self.check_token()
        asked = {each for each in self.desk.calls() if each.startswith("/")}
        self.assertEqual(asked, {ITEM, ITEM[:-1] + "6"})
        self.desk.change_mock(self.mock, items=items[:1])
        self.assertIsNone(self.ask())
        self.assertEqual([each for each in self.desk.calls() if each.startswith("/")], [])

    def test_kr_139_nothing_is_read_of_what_is_locked_by_any_word(self):
        locked = self.item(self.credential(self.token, server=self.server.url), locked=True)
        for plan in ({"collection": "locked"}, {"items": [locked]},
                     {"properties": {"Item.Locked": "true"}},
                     {"properties": {"Collection.Locked": "true"}}):
            with self.subTest(plan):
                self.new_keyring(**plan)
                self.assertIsNone(self.ask())
                for argv in ((self.server.url,), ()):
                    result = self.loom("token", *argv, env=self.env, home=self.place, status=8)
                    self.assertIn(LOCKED, result.said)
                self.assertEqual(set(self.desk.calls()) & {"GetSecrets", "Unlock"}, set())


class Libraries(Case):
    """What is opened, and what if it is not what it should be."""

    def opened(self, run):
        return self.libraries_of(run) & {"libsystemd", "libsecret-1"}

    def test_kr_143_no_keyring_on_the_bus_opens_no_libsecret(self):
        self.desk = self.new_desk()
        self.env, self.place = self.desk.environment, self.new_home()
        filed = self.server.issue_token()
        self.place.seed((self.server.url, filed))
        for run in (lambda env: self.assertEqual(self.ask(**env), filed),
                    lambda env: self.show(env={**self.env, **env}),
                    lambda env: self.loom("status", env={**self.env, **env}, home=self.place)):
            self.assertEqual(self.opened(run), {"libsystemd"})

    def test_kr_144_a_keyring_that_cannot_be_started_or_does_not_come(self):
        """The bus starts it at the first call, or says that it could not."""
        for command, said in (("/bin/false", ABSENT), ("/nonexistent", ABSENT), ("/bin/sleep", HUNG)):
            with self.subTest(command):
                self.desk = self.new_desk(bus=False)
                pid = os.path.join(self.desk.folder, "pid")
                program = os.path.join(self.desk.folder, "start")
                with open(program, "w") as file:
                    file.write(f"#!/bin/sh\necho $$ >{pid}\nexec {command} 30\n")
                os.chmod(program, 0o700)
                with open(os.path.join(self.desk.folder, "s.service"), "w") as file:
                    file.write("[D-BUS Service]\nName=org.freedesktop.secrets\n"
                               f"Exec={program if command != '/nonexistent' else command}\n")
                self.addCleanup(self.end, pid)
                self.desk.start_bus(f"<servicedir>{self.desk.folder}</servicedir>")
                self.env, self.place = self.desk.environment, self.new_home()
                loaded = self.opened(lambda env: self.assertIsNone(self.ask(**env)))
                self.assertEqual(loaded, {"libsystemd"})
                self.check_quick(self.took_s, FIRST_S + 1.5)
                result = self.login(self.server, env=self.env, home=self.place)
                self.assertIn(said, result.said)
                self.assertEqual(self.place.tokens(), {self.server.url: self.server.last("token")})

    def end(self, file):
        if os.path.exists(file):
            with open(file) as text:
                try:
                    os.kill(int(text.read()), signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def test_kr_145_a_libsystemd_that_is_something_else(self):
        """Or older than what we need, or nothing: then libsecret; and without that, no keyring."""
        self.new_keyring()
        folder = os.path.join(self.folder, "odd")
        os.makedirs(folder)
        library = os.path.join(folder, "libsystemd.so.0")
        other = os.path.join(folder, "libsecret-1.so.0")
        env = {"LD_LIBRARY_PATH": folder}
        for target in ("libm.so.6", "libdbus-1.so.3"):
            with self.subTest(target):
                os.symlink(self.path_of(target), library)
                self.check_token(**env)
                os.unlink(library)
        for text in (b"", b"\x7fELF", b"no library"):
            with self.subTest(text):
                with open(library, "wb") as file:
                    file.write(text)
                self.check_token(**env)
        os.symlink(self.path_of("libm.so.6"), other)
        self.assertIsNone(self.ask(**env))
        result = self.login(self.server, env={**self.env, **env}, home=self.place)
        self.assertIn(ABSENT, result.said)

    def path_of(self, soname):
        """Where this process finds it."""
        ctypes.CDLL(soname)
        with open("/proc/self/maps") as file:
            return next(line.split()[-1] for line in file
                        if os.path.basename(line.split()[-1]).startswith(soname.split(".so")[0] + ".so"))

    def test_kr_146_nothing_is_printed_whatever_the_environment_asks_for(self):
        names = {"SYSTEMD_LOG_LEVEL": "debug", "SYSTEMD_LOG_TARGET": "console",
                 "SYSTEMD_LOG_LOCATION": "1", "SYSTEMD_LOG_COLOR": "1", "SYSTEMD_LOG_TID": "1",
                 "SYSTEMD_LOG_TIME": "1", "DBUS_VERBOSE": "1", "SD_BUS_DEBUG": "1",
                 "SYSTEMD_BUS_TIMEOUT": "1ms", "SYSTEMD_SECCOMP": "0", "SYSTEMD_MEMPOOL": "0"}
        for plan in ({}, {"failing": ["GetSecrets"]}, {"answers": {"GetAll": "('x',)"}},
                     {"dies": ["SearchItems"]}):
            with self.subTest(plan):
                self.new_keyring(**plan)
                token = self.ask(**names)  # and that standard error is empty
                result = self.show(env={**self.env, **names}, status=None)
                if not plan:
                    self.assertEqual((token, result.out, result.err),
                                     (self.token, self.token.encode() + b"\n", b""))
                for word in ("sd-bus", "sd_bus", "Bus n/a", "type=method_call", "systemd", "state "):
                    self.assertNotIn(word, result.text)


class OddBus:
    """Says something to each who comes, perhaps after they have spoken, and then nothing or goodbye."""

    def __init__(self, folder, says, is_closing):
        self.path = os.path.join(folder, "odd")
        self.says, self.is_closing, self.taken = says, is_closing, []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(8)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.taken.append(connection)
            threading.Thread(target=self.speak, args=(connection,), daemon=True).start()

    def speak(self, connection):
        try:
            if self.says and connection.recv(4096):
                connection.sendall(self.says)
            if self.is_closing:
                connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in self.taken:
            connection.close()


class Buses(Case):
    def test_kr_147_buses_that_speak_oddly(self):
        welcome = b"OK 0123456789abcdef0123456789abcdef\r\n"
        whole = b"DATA\r\n" + welcome + b"AGREE_UNIX_FD\r\n"
        rows = ((b"", True), (b"\r\n", False), (b"ERROR\r\n", False),
                (b"REJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n", False), (b"REJECTED\r\n", True),
                (welcome, False), (welcome, True), (b"OK zz\r\n", False),
                (welcome + b"ERROR\r\n", True), (whole, False), (whole + b"\xff" * 64, False),
                (whole + b"l\x02\x01\x01" + b"\xff" * 12, False), (b"x" * 100000, False),
                (whole + b"l\x02\x01\x01" + b"\0" * 12, True), (b"no bus\r\n" * 3, False))
        for number, (says, is_closing) in list(enumerate(rows))[::2 if loomtest.IS_SANITIZED else 1]:
            with self.subTest(says[:80], closing=is_closing):
                folder = os.path.join(self.folder, f"bus{number}")
                os.makedirs(folder)
                bus = OddBus(folder, says, is_closing)
                try:
                    self.check_odd(bus, number)
                finally:
                    bus.stop()

    def check_odd(self, bus, number):
        self.place = self.new_home()
        self.env = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus.path}"}
        self.assertIsNone(self.ask())
        self.check_quick(self.took_s, GET_S)
        if number % 4 == 0:
            result = self.show(status=None)
            self.assertIn(result.status, (3, 8))
            self.check_quick(result.took_s, GET_S)

    def test_kr_148_addresses_that_lead_elsewhere_are_not_followed(self):
        """Not for reading either, beside a bus that would do."""
        self.new_keyring()
        listener = servers.Listener()
        self.addCleanup(listener.stop)
        proof = os.path.join(self.folder, "proof")
        bus = self.env["DBUS_SESSION_BUS_ADDRESS"]
        filed = self.server.issue_token()
        self.place.seed((self.server.url, filed))
        for other in (f"tcp:host=127.0.0.1,port={listener.port}", "autolaunch:",
                      f"unixexec:path=/usr/bin/touch,argv1={proof}", "x-machine-unix:machine=x",
                      f"vsock:cid=1,port={listener.port}"):
            for address in (other, f"{other};{bus}", f"{bus};{other}", f";{other}"):
                with self.subTest(address):
                    self.env = {"DBUS_SESSION_BUS_ADDRESS": address}
                    self.assertEqual(self.ask(), filed)
        self.assertEqual((listener.seen, os.path.exists(proof), self.desk.calls()), ([], False, []))

    def test_kr_148_the_second_address_serves_where_the_first_does_not(self):
        self.new_keyring()
        bus = self.env["DBUS_SESSION_BUS_ADDRESS"]
        for address in (f"unix:path={self.folder}/gone;{bus}", f"{bus};unix:path={self.folder}/gone",
                        bus.replace("/", "%2f"), f"{bus};"):
            with self.subTest(address):
                self.check_token(DBUS_SESSION_BUS_ADDRESS=address)

    def test_kr_121_a_bus_that_ends_at_any_call(self):
        for call in CALLS:
            with self.subTest(call):
                self.mock = None
                self.new_keyring()
                self.desk.change_mock(self.mock, ends_bus={call: self.desk.bus.pid}, items=[
                    self.item(self.credential(self.token, server=self.server.url))])
                self.assertIsNone(self.ask())

    def test_kr_119_a_service_that_ends_at_any_call(self):
        for call in CALLS:
            with self.subTest(call):
                for plan in ({"dies": [call]}, {"leaves": [call]}):
                    self.new_keyring(**plan)
                    # What was listed may be all that is needed.
                    last = plan == {"leaves": [CALLS[-1]]}
                    self.assertIn(self.ask(), (None, self.token) if last else (None,))
                    self.wait_for(lambda: self.mock.poll() is not None)


if __name__ == "__main__":
    loomtest.main()
