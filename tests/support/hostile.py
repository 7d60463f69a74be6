# SPDX-License-Identifier: Apache-2.0
"""A hostile server, one that only watches, and stories told as rows of a table.

    class Redirects(hostile.Case):
        def test_net_01_...(self):
            self.check([row("start 302", "login", {"start": redirect(302, url)}, 7, "bad_answer")])

Every row is a run of the program against a base path of its own on one hostile server, which says
what the row wrote down and behaves well otherwise; rows run beside each other. After each row the
store holds what it held before (or exactly the new token, where the row says so), no request was
sent twice or with anything that does not belong into it, and the watcher, whom the answers name in
every way that they can, has seen nobody. Sanitizers make a run ten times as dear: under them every
second or third row of a long table stands for those beside it.
"""
import collections
import concurrent.futures
import itertools
import json
import os

import loomtest
from hostile_server import DEVICE_CODE, EARLIER, METHODS, NEW, Hostile, Watcher, server_context

# Header fields that a request may carry; whatever else is there was not asked for.
FIELDS = {"host", "user-agent", "accept", "content-type", "content-length", "authorization"}
ROWS_AT_ONCE = 16  # they wait most of the time


Row = collections.namedtuple("Row", "name command table status code says asks")


def row(name, command, table, status, code=None, says=(), asks=None):
    """`command` is a key of Case.COMMANDS; `table` what the server answers to a call, as Hostile
    has it; `status` the exit status and `code` the one in JSON (of logout: "revoked"; of get:
    "quit" or None). `says` are words of standard error. `asks` is how often each call comes, where
    that is not once at most: {"poll": 2}.
    """
    return Row(name, command, table, status, code, says, asks or {})


NUMBERS = itertools.count()  # no two rows share an address


class Case(loomtest.Case):
    tls_hostile = False

    # What is typed, and what stands on standard input. EARLIER is signed in.
    COMMANDS = {
        "login": (["login", "--json", "--no-browser"], b""),
        "given": (["login", "--json", "--with-token"], NEW.encode() + b"\n"),
        "logout": (["logout", "--json"], b""),
        "get": None,
    }

    def setUp(self):
        super().setUp()
        for secret in (DEVICE_CODE, NEW, EARLIER):
            self.plant(secret)
        self.watcher = Watcher(self.authority)
        self.addCleanup(self.watcher.stop)
        self.hostile = self.new_hostile(self.default_context() if self.tls_hostile else None)

    def default_context(self):
        return server_context(*self.authority.issue("DNS:localhost", "IP:127.0.0.1"))

    def new_hostile(self, context=None, host="localhost"):
        server = Hostile(context, host)
        self.addCleanup(server.stop)
        return server

    # ---- Running rows ----

    def check(self, rows, hostile=None, env=None, argv=()):
        """Run them all, some at a time, and look at each."""
        hostile = hostile or self.hostile
        if loomtest.IS_SANITIZED:
            rows = rows[::1 if len(rows) < 4 else 2 if len(rows) < 9 else 3]
        self.assertEqual(len({each.name for each in rows}), len(rows), "a name stands twice")
        prepared = []
        for each in rows:
            url = hostile.add(f"/r{next(NUMBERS)}", each.table)
            prepared.append((each, url, self.new_home()))
        with concurrent.futures.ThreadPoolExecutor(ROWS_AT_ONCE) as pool:
            futures = [pool.submit(self.run_row, *one, env or {}, argv) for one in prepared]
        for (each, url, home), future in zip(prepared, futures):
            with self.subTest(each.name):
                result, before = future.result()
                self.check_row(each, hostile, url, home, result, before)
        self.assertEqual(self.watcher.seen(), [], "the watcher saw somebody")
        self.assertEqual(hostile.strays, [])

    def run_row(self, each, url, home, env, argv):
        home.seed((url, EARLIER, {"ca_file": self.authority.file} if self.tls_hostile else {}))
        if each.command == "get":
            return self.run_get(url, home, env)
        words, stdin = self.COMMANDS[each.command]
        before = self.stored_bytes(home)
        return self.loom(*words, "--server", url, *argv, stdin=stdin, home=home, env=env,
                         status=None), before

    def run_get(self, url, home, env):
        """git was refused: the next `get` asks the server whether the token is dead."""
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        fields = {"protocol": scheme, "host": host, "path": path + "/git/a/b.git"}
        self.helper("erase", {**fields, "username": "oauth2", "password": EARLIER}, home=home,
                    env=env)
        before = self.stored_bytes(home)
        return self.helper("get", fields, home=home, env=env, status=None), before

    def stored_bytes(self, home):
        found = []
        for path in (home.file, os.path.join(home.data, "vault.key")):
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    # ---- Looking at one ----

    def check_row(self, each, hostile, url, home, result, before):
        what = f"{each.name}\n{result}"
        self.assertEqual(result.status, each.status, what)
        if each.status not in (0, 10) and each.command != "get":
            self.assertRegex(result.err, rb"(?m)^loom: ", what)
        for words in each.says:
            self.assertIn(words, result.said, what)
        self.check_code(each, result, what)
        if each.command == "logout":
            self.assertEqual(home.tokens(), {}, what)
        elif each.command == "get" or each.status != 0:
            self.assertEqual(self.stored_bytes(home), before, what)
        else:
            self.assertEqual(home.tokens(), {url: NEW}, what)
        self.check_requests(each, hostile.seen.get(url[len(hostile.url):], []), what)

    def check_code(self, each, result, what):
        if each.command == "get":
            fields = self.answer(result)
            self.assertEqual(fields.get("password"), None if each.code == "quit" else EARLIER, what)
            self.assertEqual("quit" in fields, each.code == "quit", what)
        elif each.command == "logout":
            value = json.loads(result.out)["servers"][0]
            self.assertEqual(value["revoked"], each.code, what)
        else:
            last = self.events(result)[-1]
            found = last["error"]["code"] if last["event"] == "error" else None
            self.assertEqual(found, each.code, what)

    def check_requests(self, each, seen, what):
        """Nothing is sent twice, and nothing with anything that does not belong into it."""
        counts = collections.Counter(call for call, _ in seen)
        for call, count in counts.items():
            self.assertLessEqual(count, each.asks.get(call, 1), f"{call} was sent {count} times")
        for call, count in each.asks.items():
            self.assertEqual(counts[call], count, f"{call}: {counts}\n{what}")
        for call, request in seen:
            self.check_request(call, request, what)

    def check_request(self, call, request, what):
        names = [name for name, _ in request.fields]
        self.assertLessEqual(set(names), FIELDS, what)
        self.assertEqual(len(set(names)), len(names), what)
        self.assertEqual((request.method, request.version), (METHODS[call], "HTTP/1.1"), what)
        self.assertEqual(request.field("accept"), ["application/json"], what)
        if call in ("start", "poll"):
            self.assertEqual(request.field("authorization"), [], what)
        else:
            self.assertIn(request.field("authorization"),
                          ([f"Bearer {NEW}"], [f"Bearer {EARLIER}"]), what)
        body = json.dumps({"device_code": DEVICE_CODE}, separators=(",", ":")).encode()
        self.assertEqual(request.body, body if call == "poll" else b"", what)
