# SPDX-License-Identifier: Apache-2.0
"""A server that says what a test wrote down, right or wrong, and one that only watches.

    hostile = Hostile()
    url = hostile.add("/one", {"poll": [ending(), answer(good("poll"))]})
    ... hostile.seen["/one"] is [(call, Request)] ...

What is said to a call is bytes, or a function of the Peer that says whether the connection stays;
of a list each is said once and the last for ever. To all other calls the server answers well.
"""
import collections
import json
import socket
import ssl
import struct
import threading
import time

import loomtest

CALLS = {"/auth/device/start": "start", "/auth/device/poll": "poll", "/auth/me": "me",
         "/auth/logout": "logout"}
METHODS = {"start": "POST", "poll": "POST", "me": "GET", "logout": "POST"}
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


def good(call):
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
