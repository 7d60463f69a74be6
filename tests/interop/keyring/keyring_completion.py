# SPDX-License-Identifier: Apache-2.0
"""What the Tab key asks of a keyring: what its items are called, in a second at most."""
import json
import signal

import keyrings
import loomtest

URL, OTHER = "https://loom.example.com", "https://other.example.com:8443/loom"
# Of a second, on a machine that has more to do.
MOST_S = 2.5


class Case(keyrings.Case):
    server_options = None

    def setUp(self):
        super().setUp()
        self.desk = self.new_desk()
        self.token = self.plant(loomtest.marker("completed"))

    def listed(self, env=None, **more):
        result = self.loom("completion", "--servers", env=env or self.desk.environment, **more)
        self.assertEqual(result.err, b"")
        return result.out.decode().splitlines(), result

    def give_items(self, *labels, **plan):
        secret = json.dumps({"type": "api", "key": self.token, "server": URL})
        return self.desk.start_mock(items=[{
            "attributes": {"service": "loom", "username": f"key{i}", "target": "default",
                           "application": "loom"},
            "secret": secret, "label": label} for i, label in enumerate(labels)], **plan)

    def listed_in_time(self, env=None):
        """The best of three counts on a busy machine."""
        found = []

        def once():
            servers, result = self.listed(env)
            found.append(servers)
            return result.took_s

        self.in_time(once, MOST_S)
        self.assertEqual(found, [found[0]] * len(found))
        return found[0]


class Labels(Case):
    def test_kr_140_no_secret_is_read_and_nothing_is_unlocked(self):
        self.give_items(f"Loom: {URL}", f"Loom: {OTHER}", f"Loom: {URL}")
        self.assertEqual(sorted(self.listed()[0]), [URL, OTHER])
        self.assertLessEqual(set(self.desk.calls()), {"OpenSession", "ReadAlias", "SearchItems",
                                                       "Get", "GetAll"})  # of properties

    def test_both_places_are_asked_and_each_server_is_named_once(self):
        self.home.seed((URL, self.token), ("https://file.example.com", self.token))
        self.give_items(f"Loom: {URL}", f"Loom: {OTHER}")
        self.assertEqual(sorted(self.listed()[0]), ["https://file.example.com", URL, OTHER])
        for place, servers in (("file", ["https://file.example.com", URL]),
                               ("keyring", [URL, OTHER])):
            found, _ = self.listed({**self.desk.environment, "LOOM_STORE": place})
            self.assertEqual(sorted(found), servers)

    def test_kr_142_what_is_called_something_else_is_not_named(self):
        self.give_items("", "Loom: ", "loom: https://a.example.com", "Loom: $(touch x)",
                        "Loom: https://a.example.com/a b", "Loom: https://a.example.com\nls",
                        "Loom: https://\x1b[2Ja.example.com", "Loom: https://u:p@a.example.com",
                        "x" * 100000, "Loom: https://" + "a." * 5000 + "com", f"Loom: {URL}")
        self.assertEqual(self.listed()[0], [URL])

    def test_kr_140_a_locked_keyring_stays_locked_and_nobody_is_asked(self):
        self.home.seed((OTHER, self.token))
        self.give_items(f"Loom: {URL}", collection="locked", prompt={"after": None})
        env = {**self.desk.environment, "DISPLAY": ":0"}
        self.assertEqual(self.listed_in_time(env), [OTHER])
        self.assertFalse({"Unlock", "Prompt", "SearchItems"} & set(self.desk.calls()))

    def test_kr_141_a_keyring_that_hangs_is_left(self):
        self.home.seed((OTHER, self.token))
        mock = self.give_items(f"Loom: {URL}", silent=["SearchItems"])
        self.assertEqual(self.listed_in_time(), [OTHER])
        mock.send_signal(signal.SIGSTOP)
        self.assertEqual(self.listed_in_time(), [OTHER])

    def test_a_keyring_that_fails_is_not_spoken_of(self):
        self.home.seed((OTHER, self.token))
        self.give_items(f"Loom: {URL}", failing=["SearchItems"])
        self.assertEqual(self.listed()[0], [OTHER])

    def test_kr_141_a_bus_that_says_nothing_is_left(self):
        bus = keyrings.SilentBus(self.new_desk(bus=False).folder)
        self.addCleanup(bus.stop)
        self.home.seed((OTHER, self.token))
        env = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus.path}"}
        self.assertEqual(self.listed_in_time(env), [OTHER])


class Real(Case):
    server_options = ("--approve-after", 0)

    def test_gnome_keyring(self):
        self.desk.start_gnome_keyring()
        self.login(self.server, env=self.desk.environment)
        self.assertEqual(self.listed()[0], [self.server.url])
        self.desk.lock()
        self.assertEqual(self.listed_in_time(), [])


if __name__ == "__main__":
    loomtest.main()
