# SPDX-License-Identifier: Apache-2.0
"""Many at once: nothing is lost, nobody reads half of anything, no token is left behind alive.

The full numbers are the release build's; with sanitizers, where a process costs fifty times as
much, there are fewer."""
import json
import os
import random
import signal
import threading
import time

import loomtest
import many_servers
import vault
from loomtest import LOOM

SERVERS, LOGINS, GETS, CROWD = (12, 12, 24, 6) if loomtest.IS_SANITIZED else (50, 100, 200, 12)


class Crowds(loomtest.Case):
    def setUp(self):
        super().setUp()
        self.many = many_servers.ManyServers(self.id())
        self.addCleanup(self.many.stop)
        self.crowd = many_servers.Crowd(self.home)

    def check_everything(self):
        for done in self.crowd.done:
            self.assertNotIn(b"Sanitizer", done.out + done.err, done)
            self.assertNotIn(b"runtime error:", done.err, done)
        super().check_everything()

    def secrets(self):
        return super().secrets() + self.many.tokens()

    def check_all(self, results, status=0):
        for done in results:
            self.assertEqual(done.status, status, done)
            for token in self.many.tokens():
                self.assertNotIn(token.encode(), done.out + done.err)

    def login(self, number, *more):
        return [LOOM, "login", "--server", self.many.url(number), *more]

    def ask(self, number=0):
        """git's question; the token of the answer, or None."""
        url = self.many.url(number)
        done = self.crowd.run_one(
            [LOOM, "credential-helper", "get"],
            f"protocol=http\nhost=localhost:{self.many.port}\n"
            f"path={url.rpartition('/')[2]}/git/o/r.git\n\n".encode())
        self.assertEqual((done.status, done.err), (0, b""), done)
        if done.out == b"":
            return None
        user, password, end = done.out.decode().split("\n")
        self.assertEqual((user, end), ("username=oauth2", ""), done)
        return password.removeprefix("password=")

    # ---- Sign-ins ----

    def test_fs_15_many_sign_ins_to_many_servers_at_once_lose_none(self):
        """By the device flow, all of them, and the first of them races for the key."""
        self.check_all(self.crowd.run([self.login(number) for number in range(SERVERS)]))
        self.assertEqual(self.home.tokens(), {self.many.url(number): token
                                              for number, token in self.many.issued})
        self.assertEqual(len(self.home.tokens()), SERVERS)

    def test_fs_120_first_runs_race_for_the_key(self):
        """Nothing waits here: all of them make the folders, the key and the file at one moment."""
        for _ in range(2):
            home = self.new_home()
            crowd = many_servers.Crowd(home)
            self.crowd.done = crowd.done
            given = {number: self.many.issue(number) for number in range(SERVERS // 2)}
            self.check_all(crowd.run([self.login(number, "--with-token") for number in given],
                                     [token.encode() for token in given.values()]))
            self.assertEqual(home.tokens(), {self.many.url(number): token
                                             for number, token in given.items()})
            self.assertEqual([name for name in os.listdir(home.data) if "key" in name],
                             ["vault.key"])

    def test_fs_121_many_imports_at_once_take_everything_over(self):
        """Another program's plaintext is there, and every process is the first to see it. Who
        waited for the others in vain says so, and takes it over the next time."""
        for round_ in range(3):
            home = self.new_home()
            crowd = many_servers.Crowd(home)
            given = {self.many.url(number): self.many.issue(number) for number in range(CROWD)}
            home.seed_plaintext({vault.server_key(url): {"type": "api", "key": token}
                                 for url, token in given.items()})
            host = f"localhost:{self.many.port}"
            results = crowd.run(
                [[LOOM, "--server", url, "credential-helper", "get"] for url in given],
                [f"protocol=http\nhost={host}\npath=s{number}/git\n\n".encode()
                 for number in range(CROWD)])
            for number, (done, token) in enumerate(zip(results, given.values())):
                if not done.out:
                    self.assertIn(b"Another loom holds this lock", done.err, done)
                    done = self.loom("--server", self.many.url(number), "credential-helper", "get",
                                     home=home, stdin=f"protocol=http\nhost={host}\n"
                                     f"path=s{number}/git\n\n".encode())
                    done.is_door = True
                self.assertEqual(done.out, f"username=oauth2\npassword={token}\n".encode(), done)
            self.assertEqual(home.tokens(), given, round_)

    def test_df_27_many_sign_ins_to_one_server_leave_one_token(self):
        """Whoever is replaced is ended: one token is stored, and no other one lives on unknown."""
        for _ in range(2):
            self.check_all(self.crowd.run([self.login(0) for _ in range(CROWD)]))
            self.assertEqual([self.home.tokens()[self.many.url()]], self.many.alive())
            self.assertEqual(self.home.stored()[self.many.url()]["account"]["username"], "ada")

    def test_df_196_given_tokens_among_them(self):
        """A given token is not this program's to end; whatever is stored lives."""
        given = [self.many.issue() for _ in range(CROWD // 2)]
        commands = [self.login(0, "--with-token") for _ in given]
        commands += [self.login(0) for _ in range(CROWD // 2)]
        self.check_all(self.crowd.run(commands, [token.encode() for token in given]
                                      + [b""] * (CROWD // 2)))
        stored = self.home.tokens()[self.many.url()]
        self.assertEqual(set(self.many.alive()), {stored, *given})

    def test_df_197_a_name_that_comes_late_does_not_bring_an_ended_token_back(self):
        """The first to be approved learns its name when the second has replaced and ended it."""
        second_is_done = threading.Event()
        seen = []

        def hold_the_first(token):
            if not seen:
                seen.append(token)
                second_is_done.wait(many_servers.WAIT_S)

        self.many.before["me"] = hold_the_first
        first = self.crowd.start(self.login(0))
        self.wait_for(lambda: seen)
        second = self.crowd.run_one(self.login(0))
        second_is_done.set()
        self.check_all([second, self.crowd.finish(first)])
        self.assertEqual([self.home.tokens()[self.many.url()]], self.many.alive())
        self.assertNotEqual(self.many.alive(), seen)

    def test_df_198_a_sign_in_that_is_stopped_disturbs_no_other(self):
        self.many.hold = True
        waiting = [self.crowd.start(self.login(number % 3)) for number in range(CROWD)]
        self.wait_for(lambda: self.many.codes == CROWD)
        self.many.hold = False
        for process in waiting[::2]:
            process.send_signal(signal.SIGINT)
        results = [self.crowd.finish(process) for process in waiting]
        self.check_all(results[1::2])
        tokens = self.home.tokens()
        for number in range(3):
            # One that was stopped after all had been done left what it did, whole.
            stored = tokens.get(self.many.url(number))
            self.assertLessEqual(set(self.many.alive(number)), {stored})

    # ---- Signing out beside ----

    def test_fs_122_logout_of_all_beside_sign_ins(self):
        """In the end every token is either stored and alive, or neither."""
        logins = [self.crowd.start(self.login(number % (CROWD // 2))) for number in range(CROWD)]
        ended, statuses = 0, []
        while any(process.poll() is None for process in logins) or ended < 2:
            statuses.append(self.crowd.run_one([LOOM, "logout", "--all"]))
            ended += all(process.poll() is not None for process in logins)
            time.sleep(0.05)
        results = [self.crowd.finish(process) for process in logins]
        for done in results:  # one whose token was ended before it had a name is not signed in
            self.assertIn(done.status, (0, 3), done)
        self.check_all(statuses)
        self.assertEqual(self.home.tokens(), {})
        for number in range(CROWD // 2):
            self.assertEqual(self.many.alive(number), [])

    def test_fs_123_many_sign_outs_at_once(self):
        given = [self.many.issue(number) for number in range(CROWD)]
        self.home.seed(*[(self.many.url(number), token, {"source": "device"})
                         for number, token in enumerate(given)])
        commands = [[LOOM, "logout", self.many.url(number)] for number in range(CROWD - 1)] * 2
        self.check_all(self.crowd.run(commands))
        self.assertEqual(self.home.tokens(), {self.many.url(CROWD - 1): given[-1]})
        self.assertEqual(set(self.many.tokens()) - self.many.ended, {given[-1]})

    def test_rev_05_servers_whose_keys_collide_signed_in_to_and_out_of_at_once(self):
        """/s1/a-b and /s1/a_b are filed under one key: what ends one leaves the other."""
        dash, line = self.many.url(1) + "/a-b", self.many.url(1) + "/a_b"
        given = [self.many.issue(1) for _ in range(4)]
        for token in given:
            results = self.crowd.run(
                [[LOOM, "login", dash], [LOOM, "login", "--with-token", line],
                 [LOOM, "logout", dash]], [b"", token.encode(), b""])
            self.assertIn(results[0].status, (0, 3), results[0])
            self.check_all(results[1:])
            self.check_all([self.crowd.run_one([LOOM, "logout", dash])])
            self.assertEqual(self.home.tokens(), {line: token})
        self.assertEqual(self.many.alive(1), given)

    # ---- Readers ----

    def test_git_32_each_get_prints_a_whole_token_while_it_is_replaced(self):
        """A hundred sign-ins, one after the other; beside them readers, who never wait for a lock:
        each answer is what was stored at some moment while it was asked for."""
        first = self.many.issue()
        self.home.seed((self.many.url(), first))
        begun, ended, answers = [0], [0], []

        def sign_in():
            for number in range(1, LOGINS + 1):
                token = self.many.issue()
                begun[0] = number
                done = self.crowd.run_one(self.login(0, "--with-token"), token.encode())
                self.assertEqual(done.status, 0, done)
                ended[0] = number

        def read():
            while len(answers) < GETS:
                if len(answers) > GETS * (ended[0] + 1) // LOGINS:
                    time.sleep(0.002)  # spread over all of the sign-ins
                    continue
                least = ended[0]
                token = self.ask()
                answers.append((least, token, begun[0]))

        self.together([sign_in, read, read, read])
        order = {token: number for number, token in enumerate(self.many.tokens())}
        self.assertGreaterEqual(len(answers), GETS)
        for least, token, most in answers:
            self.assertIn(token, order, "half a token, or none")
            self.assertTrue(least <= order[token] <= most, (least, order[token], most))
        self.assertGreater(len({token for _, token, _ in answers}), LOGINS // 8)

    def together(self, functions):
        """In a thread each; what one of them raises is raised."""
        troubles = []

        def run(function):
            try:
                function()
            except BaseException as trouble:
                troubles.append(trouble)
                raise

        threads = [threading.Thread(target=run, args=(function,)) for function in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if troubles:
            raise troubles[0]

    def test_fs_124_signals_at_any_moment_leave_a_whole_file(self):
        chance = random.Random(7)
        home_before = {}
        for number in range(4):
            home_before[self.many.url(100 + number)] = token = self.many.issue(100 + number)
        self.home.seed(*home_before.items())
        processes = [(self.crowd.start(self.login(number, "--with-token")), self.many.issue(number))
                     for number in range(CROWD)]
        for process, token in processes:
            process.stdin.write(token.encode())
            process.stdin.close()
            process.stdin = None
        for process, _ in processes:
            time.sleep(chance.uniform(0, 0.01))
            process.send_signal(chance.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGINT]))
        stored = dict(home_before)
        for number, (process, token) in enumerate(processes):
            done = self.crowd.finish(process, None)
            self.assertIn(done.status, (0, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT), done)
            if done.status == 0:
                stored[self.many.url(number)] = token
        found = self.home.tokens()
        self.assertEqual({url: found.get(url) for url in stored}, stored)
        self.assertLessEqual(set(found.values()), set(self.many.tokens()))

    # ---- Notes of refused tokens ----

    def test_fs_125_notes_of_refused_tokens_are_written_at_once(self):
        """Notes are hashes that cost a question when they are lost; what may never happen is a file
        that is half, or an answer that is wrong."""
        given = [self.many.issue(number) for number in range(CROWD)]
        self.home.seed(*[(self.many.url(number), token) for number, token in enumerate(given)])
        host = f"localhost:{self.many.port}"
        erase = [f"protocol=http\nhost={host}\npath=s{number}/git\nusername=oauth2\n"
                 f"password={token}\n\n".encode() for number, token in enumerate(given)]
        answers = []

        def read():
            for number, token in enumerate(given):
                answers.append((token, self.ask(number)))

        self.together([lambda: self.check_all(self.crowd.run(
            [[LOOM, "credential-helper", "erase"]] * CROWD * 2, erase * 2)), read, read])
        self.assertEqual([], [pair for pair in answers if pair[0] != pair[1]])
        with open(os.path.join(self.home.data, "refused.json")) as file:
            notes = json.load(file)
        known = {vault.refused_hash(token) for token in given}
        self.assertLessEqual({note["token"] for note in notes.values()}, known)
        self.assertNotIn(True, [note["dead"] for note in notes.values()])
        # A question of each clears what is left.
        for number, token in enumerate(given):
            self.assertEqual(self.ask(number), token)
        with open(os.path.join(self.home.data, "refused.json")) as file:
            self.assertEqual(json.load(file), {})

    def test_fs_126_a_sign_in_beside_an_erase_is_not_buried_with_the_old_token(self):
        """git erases the old token as the new one is stored: the note is of the old one alone."""
        for _ in range(CROWD // 3):
            old, new = self.many.issue(), self.many.issue()
            self.home.seed((self.many.url(), old))
            self.many.ended.add(old)
            host = f"localhost:{self.many.port}"
            erase = (f"protocol=http\nhost={host}\npath=s0/git\nusername=oauth2\n"
                     f"password={old}\n\n").encode()
            question = f"protocol=http\nhost={host}\npath=s0/git\n\n".encode()
            helper = [LOOM, "credential-helper"]
            results = self.crowd.run(
                [self.login(0, "--with-token"), helper + ["erase"], helper + ["get"],
                 helper + ["erase"], helper + ["get"]],
                [new.encode(), erase, question, erase, question])
            self.assertEqual([done.status for done in results], [0] * 5, results)
            self.assertEqual(self.ask(), new)


if __name__ == "__main__":
    loomtest.main()
