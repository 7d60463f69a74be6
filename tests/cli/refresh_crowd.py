# SPDX-License-Identifier: Apache-2.0
"""One refresh, however many ask at once, and whatever becomes of the one that asks.

The full numbers are the release build's; with sanitizers, where a process costs fifty times as
much, there are fewer."""
import signal
import threading
import time

import loomtest
import many_servers
import refresh
from loomtest import LOOM

CROWD = 12 if loomtest.IS_SANITIZED else 100


class Crowds(refresh.Refresh):
    def serve(self, *options):
        self.server = self.start_server(*refresh.Refresh.server_options, *options)
        self.take_tokens()
        self.seed(-1)
        self.crowd = many_servers.Crowd(self.home)

    def check_everything(self):
        for done in self.crowd.done:
            self.assertNotIn(b"Sanitizer", done.out + done.err, done)
            self.assertNotIn(b"runtime error:", done.err, done)
        super().check_everything()

    def run_both(self, count=CROWD):
        """Every second one is git."""
        question = f"protocol=http\nhost={self.server.host}\n\n".encode()
        token = [LOOM, "token", "--server", self.server.url]
        get = [LOOM, "credential-helper", "get"]
        return self.crowd.run([token if i % 2 == 0 else get for i in range(count)],
                              [b"" if i % 2 == 0 else question for i in range(count)])

    def check_new(self, results):
        """All of them have the same new token, and nobody had anything to say."""
        new = self.newest()
        self.assertNotEqual(new, self.old)
        expiry = self.stored()["expires"]
        for done in results:
            is_git = done.argv[1] == "credential-helper"
            expected = (f"username=oauth2\npassword={new}\npassword_expiry_utc={expiry}\n"
                        if is_git else new + "\n")
            self.assertEqual((done.status, done.out.decode()), (0, expected), done)
            self.assertEqual(done.err, b"", done)
        self.assertEqual(self.stored()["access"], new)
        self.assertEqual(self.stored()["refresh"], self.server.last("refresh_token"))

    def test_a_hundred_at_once_make_one_request(self):
        self.serve()
        self.check_new(self.run_both())
        self.assertEqual(self.requests(), [refresh.TOKEN])

    def test_a_hundred_wait_for_one_slow_answer(self):
        self.serve("--refresh-delay", 2000)
        self.check_new(self.run_both())
        self.assertEqual(self.requests(), [refresh.TOKEN])

    def test_a_hundred_after_an_erase_make_one_request(self):
        self.serve()
        self.seed(refresh.LIFE_S)
        self.server.expire_tokens()
        self.erase(self.old)
        self.check_new(self.run_both())
        self.assertEqual(self.requests(), [refresh.TOKEN])

    def test_tokens_that_live_for_a_moment_make_no_hundred_requests(self):
        """They never live for as long as is wished."""
        self.serve("--token-life", 40)
        results = self.run_both()
        self.assertEqual({done.status for done in results}, {0})
        self.assertEqual(self.requests(), [refresh.TOKEN])

    def test_the_one_that_asks_is_killed_before_the_server_decided(self):
        """Another one asks, and all have what that one got."""
        self.serve("--refresh-delay-before", 1000)
        first = self.crowd.start([LOOM, "token", "--server", self.server.url])
        self.wait_for(lambda: self.refreshes() == 1)
        results = []
        thread = threading.Thread(target=lambda: results.extend(self.crowd.run(
            [[LOOM, "token", "--server", self.server.url] for _ in range(CROWD // 4)])))
        thread.start()
        first.send_signal(signal.SIGKILL)
        self.assertEqual(self.crowd.finish(first).status, -signal.SIGKILL)
        thread.join()
        self.check_new(results)
        self.assertEqual(self.refreshes(), 2)

    def test_the_one_that_asks_is_stopped(self):
        """It holds the lock, and has the answer: nobody else may ask. git is not kept for long."""
        self.serve("--refresh-delay", 1000)
        first = self.crowd.start([LOOM, "token", "--server", self.server.url])
        self.wait_for(lambda: self.refreshes() == 1)
        first.send_signal(signal.SIGSTOP)

        def once():
            result = self.ask()
            self.assertEqual(result.out, b"", result)
            return result.took_s

        try:
            self.in_time(once, refresh.REFRESH_S)
        finally:
            first.send_signal(signal.SIGCONT)
        done = self.crowd.finish(first)
        self.check_new([done, *self.run_both(4)])
        self.assertEqual(self.refreshes(), 1)

    def test_a_hundred_and_a_server_that_fails(self):
        """One request every ten seconds, and a sentence each; nobody waits for a second."""
        self.serve()
        self.server.misbehave("refresh-500")
        began = time.monotonic()
        for done in self.run_both():
            is_git = done.argv[1] == "credential-helper"
            self.assertEqual((done.status, done.out), (0 if is_git else 6, b""), done)
            self.assertTrue(done.err.startswith(b"loom: "), done)
        took_s = time.monotonic() - began
        self.assertIn(self.requests(), [[refresh.TOKEN] * (1 + i) for i in range(1 + int(took_s / 10))])

    def test_a_hundred_and_a_dead_refresh_token(self):
        self.serve()
        self.server.misbehave("refresh-invalid-grant")
        for done in self.run_both():
            is_git = done.argv[1] == "credential-helper"
            self.assertEqual((done.status, done.out), (0, b"quit=1\n") if is_git else (3, b""), done)
        self.assertEqual(self.requests(), [refresh.TOKEN])

    def test_two_servers_do_not_wait_for_each_other(self):
        self.serve("--refresh-delay", 1500)
        slow, credential = self.server, self.credential(-1)
        self.server = fast = self.start_server(*refresh.Refresh.server_options)
        self.take_tokens()
        self.home.seed(credential, self.credential(-1))
        first = self.crowd.start([LOOM, "token", "--server", slow.url])
        self.wait_for(lambda: slow.state()["refreshes"] == 1)
        self.assertEqual(self.token(url=fast.url).out.decode(), fast.last("token") + "\n")
        self.assertIsNone(first.poll(), "the slow one was not waited for")
        self.assertEqual(self.crowd.finish(first).out.decode(), slow.last("token") + "\n")
        stored = self.home.tokens()
        self.assertEqual(stored, {slow.url: slow.last("token"), fast.url: fast.last("token")})


if __name__ == "__main__":
    loomtest.main()
