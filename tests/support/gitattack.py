# SPDX-License-Identifier: Apache-2.0
"""Real git, led to strangers by whatever a repository, a remote or a configuration can say.

    class Story(gitattack.GitAttack):
        def test_...(self):
            attack, = self.attack("https://loom.example.com.evil.example/x.git")
            self.check_asked(attack, host="loom.example.com.evil.example")

A person is signed in to https://loom.example.com. A proxy leads that one name and port to the real
server, and every other to a stranger who challenges whoever comes and remembers each byte; git is told
to trust any certificate, so that nothing but the helper decides. A helper before ours writes down what
git asked for. After every case: no stranger saw the token in any form, and the store is as it was.
"""
import http.server
import os
import socket
import socketserver
import ssl
import threading

import gitcase
import leaks
import servers

HOST = "loom.example.com"
URL = f"https://{HOST}"
REPOSITORY = "/git/ada/hello.git"
CHALLENGE = (401, {"WWW-Authenticate": 'Basic realm="loom.example.com"'})
GIT_DEADLINE_S = 60

# Notes the question, and answers nothing.
SPY = '!f() { [ "$1" != get ] || cat >>"$SPY"; }; f'


class Stranger:
    """Speaks HTTP, over TLS when the other side begins so; remembers all, and wants a password."""

    def __init__(self, authority):
        self.seen = []  # (method, path, headers) as they came
        self.received = []  # every byte, of each connection
        self.answer = lambda method, path, headers: CHALLENGE
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.issue("DNS:stranger.example"))
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                if self.request.recv(1, socket.MSG_PEEK) == b"\x16":
                    self.request = context.wrap_socket(self.request, server_side=True)
                super().setup()
                self.rfile = _Recorder(self.rfile, outer.received)

            def reply(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.seen.append((self.command, self.path, dict(self.headers)))
                status, headers = outer.answer(self.command, self.path, self.headers)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            do_GET = do_POST = do_HEAD = do_PROPFIND = reply

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, block_on_close = True, False

            def handle_error(self, request, client_address):
                """A handshake or a request that was given up: that is what strangers get."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def hosts(self):
        return [headers.get("Host") for _, _, headers in self.seen]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class _Recorder:
    """A stream that is read, and what was read from it."""

    def __init__(self, stream, received):
        self.stream = stream
        self.bytes = bytearray()
        received.append(self.bytes)

    def _keep(self, data):
        self.bytes += data
        return data

    def read(self, *size):
        return self._keep(self.stream.read(*size))

    def readline(self, *size):
        return self._keep(self.stream.readline(*size))

    def close(self):
        self.stream.close()


class Router:
    """A proxy: one name and port is the server, everybody else is the stranger."""

    def __init__(self, server_port, stranger_port, name=f"{HOST}:443"):
        self.server_port = server_port  # may be changed meanwhile
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                head = b""
                while b"\r\n\r\n" not in head:
                    block = self.request.recv(65536)
                    if not block:
                        return
                    head += block
                method, target = head.split(b" ")[:2]
                is_ours = method == b"CONNECT" and target.decode().lower() == name
                port = outer.server_port if is_ours else stranger_port
                with socket.create_connection(("127.0.0.1", port)) as far:
                    if method == b"CONNECT":
                        self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    else:
                        far.sendall(head)
                    back = threading.Thread(target=servers._copy, args=(far, self.request, None),
                                            daemon=True)
                    back.start()
                    servers._copy(self.request, far, None)
                    back.join(GIT_DEADLINE_S)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads, block_on_close = True, False

            def handle_error(self, request, client_address):
                """Whoever hangs up in the middle is no trouble of the proxy's."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Attack:
    """What became of one: git's end, and what it asked its helpers for."""

    def __init__(self, url, result, spy):
        self.url, self.result = url, result
        self.questions = []  # [{key: value}] as bytes
        if os.path.exists(spy):
            with open(spy, "rb") as file:
                text = file.read()
            # git closes with a blank line or without one; each question begins with the protocol.
            for part in text.replace(b"\n\n", b"\n").split(b"protocol=")[1:]:
                lines = (b"protocol=" + part).split(b"\n")
                self.questions.append(dict(line.partition(b"=")[::2] for line in lines if line))

    def __str__(self):
        return f"{self.url!r}: {self.questions}\n{self.result}"


class GitAttack(gitcase.GitCase):
    base_path = ""

    def setUp(self):
        super().setUp()
        self.server = self.serve("--public-url", URL + self.base_path, "--base-path", self.base_path,
                                 names=(f"DNS:{HOST}",))
        self.token = self.server.issue_token()
        self.home.seed((URL + self.base_path, self.token,
                        {"source": "device", "account": {"username": "ada"},
                         "ca_file": self.authority.file}))
        self.before = self.stored_bytes()
        self.stranger = Stranger(self.authority)
        self.addCleanup(self.stranger.stop)
        self.router = Router(self.server.port, self.stranger.port)
        self.addCleanup(self.router.stop)
        self.spies = 0
        self.configure(f"[http]\n\tproxy = {self.router.url}\n\tsslVerify = false\n"
                       "[credential]\n\thelper = \"" + SPY.replace('"', '\\"') + "\"\n"
                       "\thelper = loom\n")

    def tearDown(self):
        self.assertEqual(self.stored_bytes(), self.before)
        wanted = leaks.needles(self.token)
        for data in self.stranger.received:
            for piece, name in wanted.items():
                self.assertNotIn(piece, bytes(data), f"a stranger saw the token {name}")

    def stored_bytes(self):
        return {name: content for name, (_, content) in self.home.snapshot().items()
                if name.endswith(("credentials.json", "vault.key"))}

    def configure(self, text):
        with open(os.path.join(self.home.path, ".gitconfig"), "a") as file:
            file.write(text)

    def environment(self, **more):
        return super().environment(**{"GIT_ASKPASS": "", "SSH_ASKPASS": "", **more})

    def new_spy(self):
        self.spies += 1
        return os.path.join(self.folder, f"question{self.spies}")

    def start_attack(self, *argv, env=None, **more):
        spy = self.new_spy()
        program = self.start_git(*argv, env={"SPY": spy, **(env or {})}, **more)
        return lambda: Attack(argv[-1], program.finish(GIT_DEADLINE_S), spy)

    def attack(self, *urls, options=(), at_once=4, **more):
        """`git ls-remote` of each; none of them may get through."""
        found = []
        for at in range(0, len(urls), at_once):
            running = [self.start_attack(*options, "ls-remote", url, **more)
                       for url in urls[at:at + at_once]]
            found += [finish() for finish in running]
        for attack in found:
            self.assertEqual(attack.result.status, 128, attack)
            self.assertNotIn(b"refs/heads", attack.result.out, attack)
        return found

    def play_server(self, answer=None):
        """Stand in the server's place: whoever asks for its name gets this."""
        own = Stranger(self.authority)
        self.addCleanup(own.stop)
        own.answer = answer or own.answer
        self.router.server_port = own.port
        return own

    def fill(self, text, *options, **more):
        """`git credential fill`, as somebody hostile would ask through it."""
        spy = self.new_spy()
        data = text if isinstance(text, bytes) else text.encode()
        result = self.git(*options, "credential", "fill", stdin=data, status=128,
                          env={"SPY": spy, **more.pop("env", {})}, **more)
        return Attack(text, result, spy)

    def check_server_lets_in(self, *options, **more):
        """The way is open: what was refused was refused for its name alone."""
        finish = self.start_attack(*options, "ls-remote", URL + self.base_path + REPOSITORY, **more)
        attack = finish()
        self.assertEqual(attack.result.status, 0, attack)
        self.assertIn(b"refs/heads/main", attack.result.out, attack)

    def check_asked(self, attack, **fields):
        """git asked for exactly this, last."""
        self.assertTrue(attack.questions, attack)
        asked = {name.decode(): value for name, value in attack.questions[-1].items()}
        for name, value in fields.items():
            self.assertEqual(asked.get(name), value if isinstance(value, bytes) or value is None
                             else value.encode(), attack)


