# SPDX-License-Identifier: Apache-2.0
"""cJSON, which a host is likeliest to have itself: another one under the same names, the same one with
hooks of its own, or none at all on the machine."""
import json
import os
import subprocess

import library
import loomtest


class Json(library.HostCase):
    def uses(self, kind, **more):
        """Reads what is stored, reads what the server says, writes what is kept."""
        said = []
        for left_s in (300, 10):
            self.seed(left_s)
            said.append(self.host("token", self.server.url, kind=kind, **more))
            self.assertEqual(said[-1]["token"], self.newest(), said[-1].result)
        said.append(self.host("delete", self.server.url, "0", kind=kind, **more))
        self.assertEqual(said[-1]["result"], "ok", said[-1].result)
        return said

    def test_a_host_with_another_one_of_its_own(self):
        """LIB-100: all of it is exported, and each of its functions ends the program."""
        for kind in ("_CLASH", "_CLASH_STATIC"):
            with self.subTest(kind=kind):
                exported = subprocess.run(["nm", "--dynamic", "--defined-only", library.HOSTS[kind]],
                                          capture_output=True, text=True, timeout=60,
                                          check=True).stdout
                self.assertIn(" T loom_buffer_add\n", exported)
                if not loomtest.IS_SANITIZED:
                    self.assertIn(" T cJSON_Delete\n", exported)
                self.uses(kind)

    def test_a_host_with_hooks_in_the_same_one(self):
        """LIB-101: they are called for ours, too: what they give comes back to them, all of it."""
        for said in self.uses("_HOOKS"):
            self.assertGreater(int(said["hooks_gave"]), 5, said.result)
            self.assertEqual(said["hooks_lost"], "0", said.result)

    def test_hooks_are_called_by_any_thread(self):
        self.seed(300)
        said = self.host("stress", "2", self.server.url, kind="_HOOKS")
        self.assertEqual(said.of("unexpected"), [], said.result)
        self.assertEqual(said["hooks_lost"], "0", said.result)

    def test_without_it(self):
        """ENV-11: what is no library in its place is said, by the program, too; nothing is changed."""
        folder = os.path.join(self.folder, "libraries")
        os.mkdir(folder)
        with open(os.path.join(folder, "libcjson.so.1"), "wb"):
            pass
        self.seed(10)
        before = self.home.snapshot()
        env = {"LD_LIBRARY_PATH": folder}
        for kind in ("", "_STATIC"):
            said = self.fails("internal", "token", self.server.url, kind=kind, env=env)
            self.assertEqual(said["detail"], "libcjson.so.1 cannot be opened")
            self.assertIn("libcjson.so.1", said["message"])
        result = self.loom("token", "--server", self.server.url, status=1, env=env)
        self.assertIn("libcjson.so.1 cannot be opened", result.said)
        self.assertEqual(self.home.snapshot(), before)


if __name__ == "__main__":
    loomtest.main()
