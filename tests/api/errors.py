# SPDX-License-Identifier: Apache-2.0
"""Each result of libloom-credentials, and that it is said in the words that the program has for it."""
import json
import os
import re
import socket

import library
import loomtest
import servers

URL = "https://loom.example.com"


class Errors(library.HostCase):
    def same_as_program(self, said, *argv, **more):
        """`loom token` fails with the same code and the same sentence."""
        result = self.loom("token", "--server", argv[0], "--format", "json", status=None, **more)
        error = json.loads(result.out)["error"]
        self.assertEqual(error["code"], said["result"], said.result)
        wanted = re.sub(r"\s+", " ", said["message"].replace("\\n", "\n")).strip()
        self.assertEqual(re.sub(r"\s+", " ", error["message"]).strip(), wanted)
        return error

    def fails_as_program(self, name, url, *more, env=None):
        said = self.fails(name, "token", url, *more, env=env)
        self.same_as_program(said, url, env={"LOOM_STORE": "file", **(env or {})})
        return said

    def test_usage_of_an_address(self):
        for address in ("", "ftp://example.com", "http://example.com", "https://u:p@example.com",
                        "https://example.com/?q", "https://exa mple.com", "https://127.1",
                        "https://example.com:0", "https://example.com/a/../b"):
            with self.subTest(address=address):
                said = self.fails("usage", "token", address)
                self.assertNotIn("u:p", said["message"])
                self.fails("usage", "delete", address, "1")
                if address:
                    self.same_as_program(said, address)

    def test_usage_of_a_number(self):
        for seconds in ("-1", "86401"):
            self.fails("usage", "token", URL, seconds)
        self.fails("usage", "delete", URL, "2")
        self.fails("usage", "delete", URL, "-1")

    def test_usage_of_options(self):
        """Refused when they are set."""
        for env in ({"HOST_PLACE": "4"}, {"HOST_PLACE": "-1"}, {"HOST_TIMEOUT_MS": "0"},
                    {"HOST_TIMEOUT_MS": "600001"}, {"HOST_CA": "relative.pem"}):
            with self.subTest(**env):
                self.assertEqual(self.host("list", env=env)["result"], "usage")

    def test_usage_of_the_environment(self):
        token = self.plant(loomtest.marker("lonely"))
        said = self.fails("usage", "list", env={"LOOM_TOKEN": token})
        self.assertIn("LOOM_SERVER", said["message"])
        self.fails("usage", "list", env={"LOOM_TOKEN": token, "LOOM_SERVER": "ftp://x"})
        self.fails("usage", "list", env={"LOOM_TOKEN": "two words", "LOOM_SERVER": URL})
        said = self.fails("usage", "list", env={"HOST_PLACE": "0", "LOOM_STORE": "nowhere"})
        self.assertIn("LOOM_STORE", said["message"])
        for env in ({"LOOM_TOKEN": token}, {"HOST_PLACE": "0", "LOOM_STORE": "nowhere"}):
            self.assertEqual(self.host("list", env={**env, "HOST_ENVIRONMENT": "0"})["result"],
                             "ok")
        self.assertEqual(self.host("list", env={"HOST_PLACE": "0", "LOOM_STORE": "file"})["result"],
                         "ok")

    def test_not_signed_in(self):
        """Never, and no more."""
        self.fails_as_program("not_signed_in", URL)
        self.home.seed((URL, loomtest.marker("over"), {"expires": 1700000000}))
        said = self.fails_as_program("not_signed_in", URL)
        self.assertIn("expired", said["message"])

    def test_rejected(self):
        self.seed(-1)
        self.server.misbehave("refresh-invalid-grant")
        self.fails("rejected", "token", self.server.url)

    def test_network_nobody_there(self):
        url = f"http://127.0.0.1:{servers.closed_port()}"
        self.home.seed(self.credential(-1, url=url))
        self.fails_as_program("network", url)

    def test_network_no_answer_in_time(self):
        """The call ends when its time is over."""
        self.seed(-1)
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
            self.home.seed(self.credential(-1, url=url))
            said = self.fails("network", "token", url, env={"HOST_TIMEOUT_MS": "1500"})
        self.check_quick(said.result.took_s, 6)

    def test_network_a_name_that_is_none(self):
        self.home.seed(self.credential(-1, url="https://nowhere.invalid"))
        self.fails("network", "token", "https://nowhere.invalid")

    def test_proxy(self):
        self.home.seed(self.credential(-1, url=URL))
        env = {"HTTPS_PROXY": f"http://127.0.0.1:{servers.closed_port()}"}
        self.fails_as_program("proxy", URL, env=env)

    def test_tls_of_a_file_that_is_none(self):
        self.home.seed(self.credential(-1, url="https://127.0.0.1:9"))
        said = self.fails("tls", "token", "https://127.0.0.1:9", env={"HOST_CA": "/nowhere/ca.pem"})
        self.assertEqual(said["detail"], "/nowhere/ca.pem")
        self.assertNotEqual(said["os_error"], "0")

    def test_storage_of_a_home_that_is_none(self):
        blocked = os.path.join(self.home.path, ".config")
        with open(blocked, "w"):
            pass
        said = self.fails("storage", "list")
        self.assertIn(blocked, said["detail"])
        self.fails("storage", "token", URL)
        self.fails("storage", "delete", URL, "1")
        os.remove(blocked)

    def test_damaged(self):
        """Left alone."""
        self.home.seed((URL, loomtest.marker("damaged")))
        self.home.damage()
        before = self.home.snapshot()
        said = self.fails_as_program("damaged", URL)
        self.assertEqual(said["detail"], self.home.file)
        self.fails("damaged", "delete", URL, "1")
        self.assertEqual(self.home.snapshot()[".config/loom/credentials.json"],
                         before[".config/loom/credentials.json"])

    def test_keyring_unavailable(self):
        """With the keyring alone; else what is there without it."""
        said = self.fails("keyring_unavailable", "list", env={"HOST_PLACE": "2"})
        self.same_as_program(self.fails("keyring_unavailable", "token", URL,
                                        env={"HOST_PLACE": "2"}), URL, env={"LOOM_STORE": "keyring"})
        self.assertIn("keyring", said["message"])
        self.home.seed((URL, loomtest.marker("file")))
        self.assertEqual(self.host("token", URL, env={"HOST_PLACE": "1"})["token"],
                         loomtest.marker("file"))

    def test_what_a_server_says_is_harmless(self):
        """Its words come without control characters, and its status with them."""
        self.seed(-1)
        self.server.misbehave("refresh-500")
        said = self.fails("network", "token", self.server.url)
        self.assertEqual(said["http_status"], "500")


if __name__ == "__main__":
    loomtest.main()
