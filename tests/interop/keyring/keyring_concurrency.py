# SPDX-License-Identifier: Apache-2.0
"""Many at once with a real gnome-keyring: one item a server, whole tokens, none left behind alive."""
import json

import keyrings
import loomtest
import many_servers
from loomtest import LOOM

CROWD = 5 if loomtest.IS_SANITIZED else 10


class Crowds(keyrings.Case):
    server_options = None

    def setUp(self):
        super().setUp()
        self.many = many_servers.ManyServers(self.id())
        self.addCleanup(self.many.stop)
        self.desk = self.new_desk()
        self.desk.start_gnome_keyring()
        self.crowd = many_servers.Crowd(self.home, {**self.libraries, **self.desk.environment})

    def secrets(self):
        return super().secrets() + self.many.tokens()

    def login(self, number=0, *more):
        return [LOOM, "login", "--server", self.many.url(number), *more]

    def question(self, number=0):
        return (f"protocol=http\nhost=localhost:{self.many.port}\n"
                f"path=s{number}/git/o/r.git\n\n").encode()

    def check_all(self, results):
        for done in results:
            self.assertEqual(done.status, 0, done)
            self.assertNotIn(b"Sanitizer", done.err, done)
            self.assertNotIn(b"CRITICAL", done.err, done)

    def stored(self):
        """[(server, token)] of the items; nothing is in the file."""
        self.assertEqual(self.home.tokens(), {})
        secrets = [json.loads(item["secret"]) for item in self.desk.items()[0]]
        return sorted((secret["server"], secret["key"]) for secret in secrets)

    def test_kr_125_sign_ins_to_many_servers_at_once(self):
        """With questions of git beside them, which are answered or not, and never with a part."""
        logins = [self.login(number) for number in range(CROWD)]
        asks = [[LOOM, "credential-helper", "get"]] * CROWD
        results = self.crowd.run(logins + asks, [b""] * CROWD + [
            self.question(number) for number in range(CROWD)])
        self.check_all(results)
        for done in results[CROWD:]:
            self.assertIn(done.out, [b""] + [f"username=oauth2\npassword={token}\n".encode()
                                             for token in self.many.tokens()])
        self.assertEqual(self.stored(), sorted((self.many.url(number), token)
                                               for number, token in self.many.issued))

    def test_kr_126_sign_ins_to_one_server_at_once_leave_one_item(self):
        """A search and a creation are two calls: without a lock each would make an item of its own."""
        self.check_all(self.crowd.run([self.login() for _ in range(CROWD)]))
        self.assertEqual(self.stored(), [(self.many.url(), token) for token in self.many.alive()])
        self.assertEqual(len(self.stored()), 1)

    def test_kr_127_each_get_prints_a_whole_token_while_it_is_replaced(self):
        first = self.many.issue()
        self.check_all([self.crowd.run_one(self.login(0, "--with-token"), first.encode())])
        given = [self.many.issue() for _ in range(CROWD // 2)]
        asks = [[LOOM, "credential-helper", "get"]] * CROWD
        results = self.crowd.run([self.login(0, "--with-token") for _ in given] + asks,
                                 [token.encode() for token in given] + [self.question()] * CROWD)
        self.check_all(results)
        whole = [f"username=oauth2\npassword={token}\n".encode() for token in self.many.tokens()]
        for done in results[len(given):]:
            self.assertIn(done.out, whole)

    def test_kr_128_one_into_the_keyring_and_one_into_the_file_at_once(self):
        """Each removes the other's copy: not both, and the token that is left is the one alive."""
        for _ in range(3):
            self.check_all(self.crowd.run([self.login(0, "--store", "file"),
                                           self.login(0, "--store", "keyring")]))
            filed = self.home.tokens()
            kept = [json.loads(item["secret"])["key"] for item in self.desk.items()[0]]
            self.assertEqual([*filed.values(), *kept], self.many.alive())
            self.assertEqual(len(self.many.alive()), 1)

    def test_kr_129_sign_outs_beside_sign_ins(self):
        logins = [self.crowd.start(self.login()) for _ in range(CROWD // 2)]
        outs = [self.crowd.start([LOOM, "logout", self.many.url()]) for _ in range(2)]
        results = [self.crowd.finish(process) for process in logins + outs]
        for done in results[:len(logins)]:
            self.assertIn(done.status, (0, 3), done)
        self.check_all(results[len(logins):])
        self.assertEqual([token for _, token in self.stored()], self.many.alive())


if __name__ == "__main__":
    loomtest.main()
