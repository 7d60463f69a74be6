# SPDX-License-Identifier: Apache-2.0
"""A hostile server, one that only watches, and stories told as rows of a table.

    class Redirects(hostile.Case):
        def test_net_01_...(self):
            self.check([Row("start 302", "login", {"start": redirect(302, url)}, 7, "bad_answer")])

Every row is a run of the program against a base path of its own on one hostile server, which says
what the row wrote down and behaves well otherwise; rows run beside each other. After each row the
store holds what it held before (or exactly the new token, where the row says so), no request was
sent twice or with anything that does not belong into it, and the watcher, whom the answers name in
every way that they can, has seen nobody. Sanitizers make a run ten times as dear: under them every second
or third row of a long table stands for those beside it.
"""
import collections
import concurrent.futures
import json
import os
import socket
import ssl
import struct
import threading
import time

import loomtest
import servers

CALLS = {"/auth/device/start": "start", "/auth/device/poll": "poll", "/auth/me": "me",
         "/auth/logout": "logout"}
METHODS = {"start": "POST", "poll": "POST", "me": "GET", "logout": "POST"}
# Header fields that a request may carry; whatever else is there was not asked for.
FIELDS = {"host", "user-agent", "accept", "content-type", "content-length", "authorization"}
ROWS_AT_ONCE = 8
STALL_S = 60  # longer than any program may wait
FLOOD_MAX = 64 * 1024 * 1024

DEVICE_CODE = loomtest.marker("hostile device", "dc")
NEW = loomtest.marker("hostile new")        # the token that poll tells
EARLIER = loomtest.marker("hostile earlier")  # the token that is stored before


# ---- What a server says ----


def head(status=200, *fields, kind="application/json", reason="OK", version="HTTP/1.1"):
    lines = [f"{version} {status} {reason}"]
    if kind is not None:
        lines.append(f"Content-Type: {kind}")
    text = "\r\n".join([*lines, *fields]) + "\r\n\r\n"
    return text.encode("latin-1")


def answer(body, status=200, *fields, **more):
    """A whole answer; a body that is not bytes is sent as JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return head(status, *fields, f"Content-Length: {len(body)}", **more) + body


def redirect(status, location, *fields, body=b"moved"):
    return answer(body, status, f"Location: {location}", *fields, kind="text/html",
                  reason="Elsewhere")


def good(call, url="http://localhost"):
    """What a server that behaves well answers."""
    return {
        "start": {"device_code": DEVICE_CODE, "user_code": "123-456-789", "expires_in": 60,
                  "verification_url": "https://login.example.net/device", "interval": 1},
        "poll": {"status": "completed", "access_token": NEW},
        "me": {"id": "7", "username": "ada", "display_name": "Ada Lovelace"},
        "logout": {"message": "bye"},
    }[call]


def drip(data, pause_s=0.05):
    """Byte by byte, for as long as the client stays."""
    def talk(peer):
        peer.drip(data, pause_s)
        return False
    return talk


def flood(start, block, end=b""):
    """`block` again and again, until the client goes or there was far too much of it."""
    def talk(peer):
        peer.send(start)
        peer.flood(block)
        peer.send(end)
        return False
    return talk


def stall(data=b""):
    def talk(peer):
        peer.send(data)
        peer.stall()
        return False
    return talk


def ending(data=b""):
    """Say this and close."""
    def talk(peer):
        peer.send(data)
        return False
    return talk


def resetting(data=b""):
    def talk(peer):
        peer.send(data)
        peer.reset()
        return False
    return talk


def later(*pieces, pause_s=0.1):
    """The pieces one after the other, and the connection stays."""
    def talk(peer):
        for piece in pieces[:-1]:
            peer.send(piece)
            time.sleep(pause_s)
        peer.send(pieces[-1])
        return True
    return talk


# ---- Who says it ----


class Request:
    def __init__(self, peer, line, fields, body):
        self.connection = peer.number
        self.at = time.monotonic()
        self.method, _, rest = line.partition(" ")
        self.path, _, self.version = rest.rpartition(" ")
        self.fields = fields  # [(name in lower case, value)]
        self.body = body

    def field(self, name):
        return [value for found, value in self.fields if found == name]


class Peer:
    """One connection of a Port."""

    def __init__(self, number, connection):
        self.number, self.connection = number, connection
        self.received = bytearray()  # all of it
        self._used = 0

    def more(self):
        block = self.connection.recv(65536)
        self.received += block
        return block

    def read_request(self):
        """A Request, or None at the end."""
        while (end := self.received.find(b"\r\n\r\n", self._used)) < 0:
            if not self.more():
                return None
        line, *lines = bytes(self.received[self._used:end]).decode("latin-1").split("\r\n")
        fields = [(name.lower(), value.strip())
                  for name, _, value in (text.partition(":") for text in lines)]
        self._used = end + 4 + int(dict(fields).get("content-length", 0))
        while len(self.received) < self._used:
            if not self.more():
                return None
        return Request(self, line, fields, bytes(self.received[end + 4:self._used]))

    def send(self, data):
        self.connection.sendall(data)

    def drip(self, data, pause_s):
        for at in range(len(data)):
            self.send(data[at:at + 1])
            time.sleep(pause_s)

    def flood(self, block):
        for _ in range(FLOOD_MAX // len(block)):
            self.send(block)

    def stall(self):
        self.connection.settimeout(STALL_S)
        while self.more():
            pass

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class Port:
    """A port on loopback; `talk(peer)` runs in a thread for each connection, behind TLS when there
    is a context. `peers` remembers all of them, those whose handshake failed included."""

    def __init__(self, talk, host="127.0.0.1", context=None):
        self.socket = socket.create_server((host, 0))
        self.port = self.socket.getsockname()[1]
        self.peers = []
        self.failures = []  # of handshakes
        self._talk, self._context = talk, context
        self._raw = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(STALL_S)
            self._raw.append(connection)
            peer = Peer(len(self.peers), connection)
            self.peers.append(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        try:
            if self._context is not None:
                try:
                    peer.connection = self._context.wrap_socket(peer.connection, server_side=True)
                except OSError as failure:
                    self.failures.append(str(failure))
                    raise
            self._talk(peer)
        except OSError:
            pass
        finally:
            self._close(peer)

    def _close(self, peer):
        """TLS says farewell; a client that is still sending must not be answered with a reset."""
        try:
            if self._context is not None and not getattr(peer, "is_cut", False):
                peer.connection.settimeout(2)
                peer.connection = peer.connection.unwrap()
            peer.connection.shutdown(socket.SHUT_WR)
            peer.connection.settimeout(2)
            while peer.more():
                pass
        except (OSError, ValueError):
            pass
        peer.connection.close()

    def stop(self):
        self.socket.close()
        for connection in self._raw:
            try:
                connection.close()
            except OSError:
                pass


class Hostile:
    """A Loom server under each base path; what it says to a call is the row's to choose."""

    def __init__(self, context=None, host="localhost"):
        self.tables = {}
        self.seen = collections.defaultdict(list)  # {base path: [(call, Request)]}
        self.strays = []  # requests to anything else
        self.port = Port(self.talk, context=context)
        self.url = f"{'https' if context else 'http'}://{host}:{self.port.port}"

    def add(self, base, table):
        self.tables[base] = {call: list(said) if isinstance(said, (list, tuple)) else [said]
                             for call, said in table.items()}
        return self.url + base

    def requests(self):
        return [call for seen in self.seen.values() for call, _ in seen]

    def talk(self, peer):
        while (request := peer.read_request()) is not None:
            base, slash, rest = request.path[1:].partition("/")
            base, call = "/" + base, CALLS.get(slash + rest)
            if base not in self.tables or call is None:
                self.strays.append(f"{request.method} {request.path}")
                return
            self.seen[base].append((call, request))
            said = self.tables[base].get(call, [answer(good(call))])
            each = said.pop(0) if len(said) > 1 else said[0]
            if isinstance(each, bytes):
                peer.send(each)
            elif not each(peer):
                return

    def stop(self):
        self.port.stop()


class Watcher:
    """Other ports, other hosts, with and without TLS, that answer whoever comes most kindly."""

    def __init__(self, authority):
        context = server_context(*authority.issue("DNS:localhost", "IP:127.0.0.1", "IP:127.0.0.2"))
        self.ports = [Port(self.talk), Port(self.talk, host="127.0.0.2"),
                      Port(self.talk, context=context),
                      Port(self.talk, host="127.0.0.2", context=context)]
        plain, far, secure, far_secure = (port.port for port in self.ports)
        self.plain = f"http://localhost:{plain}"
        self.far = f"http://127.0.0.2:{far}"
        self.secure = f"https://localhost:{secure}"
        self.far_secure = f"https://127.0.0.2:{far_secure}"
        self.urls = [self.plain, self.far, self.secure, self.far_secure]

    def talk(self, peer):
        while (request := peer.read_request()) is not None:
            call = CALLS.get(request.path[request.path.rfind("/auth"):], "me")
            peer.send(answer(good(call)))

    def seen(self):
        """What came: nothing."""
        return [bytes(peer.received) for port in self.ports for peer in port.peers]

    def stop(self):
        for port in self.ports:
            port.stop()


def server_context(certificate, key, oldest=ssl.TLSVersion.TLSv1_2, newest=None, weak=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if weak:
        context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = oldest
    if newest is not None:
        context.maximum_version = newest
    context.load_cert_chain(certificate, key)
    return context


# ---- Rows ----

Row = collections.namedtuple("Row", "name command table status code says asks")


def row(name, command, table, status, code=None, says=(), asks=None):
    """`command` is a key of Case.COMMANDS; `table` what the server answers to a call, or the list of
    what it answers one time after the other; `status` the exit status and `code` the one in JSON (of
    logout: "revoked"; of get: "quit" or None). `says` are words of standard error. `asks` is how
    often each call comes, where that is not once at most: {"poll": 2}.
    """
    return Row(name, command, table, status, code, says, asks or {})


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
        for at, each in enumerate(rows):
            url = hostile.add(f"/r{at}-{id(rows) % 9973}", each.table)
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
