# SPDX-License-Identifier: Apache-2.0
"""What a sign-in talks to: a throw-away certificate authority, loom-dev-server, a listener that must
see nobody, a peer that answers what it is told, and a proxy."""
import http.client
import http.server
import json
import os
import random
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import watchdog

READY_S = 30


def clean_environment(**more):
    """Nothing of the machine's: no proxies, no authorities, no locale, no desktop."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
            "ASAN_OPTIONS": "abort_on_error=0:exitcode=99:detect_leaks=1",
            "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
            "LSAN_OPTIONS": "exitcode=99", **more}


class Authority:
    """A certificate authority of one test's own."""

    def __init__(self, folder):
        self.folder = folder
        self.file = os.path.join(folder, "ca.pem")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-days", "2", "-subj", "/CN=Throw-away authority of the tests",
                      "-keyout", "ca.key", "-out", "ca.pem", "-addext",
                      "basicConstraints=critical,CA:TRUE", "-addext",
                      "keyUsage=critical,keyCertSign")
        self.issued = {}
        self.lock = threading.Lock()

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, env=clean_environment(), check=True,
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def issue(self, *names, days=2):
        """A certificate for these names ("DNS:localhost"): the paths of it and of its key."""
        with self.lock:
            if (names, days) not in self.issued:
                self.issued[names, days] = self._issue(names, days)
            return self.issued[names, days]

    def _issue(self, names, days):
        stem = os.path.join(self.folder, f"leaf{len(self.issued)}")
        with open(stem + ".ext", "w") as file:
            file.write(f"subjectAltName={','.join(names)}\nbasicConstraints=CA:FALSE\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", "/CN=server", "-keyout", stem + ".key", "-out", stem + ".csr")
        self._openssl("x509", "-req", "-in", stem + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-CAcreateserial", "-days", str(days), "-extfile", stem + ".ext",
                      "-out", stem + ".pem")
        return stem + ".pem", stem + ".key"


class DevServer:
    """loom-dev-server, and what it saw and issued."""

    def __init__(self, folder, *options, authority=None, names=("DNS:localhost", "IP:127.0.0.1"),
                 days=2):
        os.makedirs(folder)
        self.log_file = os.path.join(folder, "log")
        self.secrets_file = os.path.join(folder, "secrets")
        self.authority = authority
        self.is_standard = "oauth" in options  # of --dialect
        ready = os.path.join(folder, "ready")
        argv = [os.environ["LOOM_DEV_SERVER"], "--log", self.log_file, "--ready", ready,
                "--secrets", self.secrets_file, *map(str, options)]
        if "--public-url" in options and "--port" not in options:
            argv += ["--port", str(free_port())]
        if authority is not None:
            certificate, key = authority.issue(*names, days=days)
            argv += ["--cert", certificate, "--key", key]
        self.errors = open(os.path.join(folder, "errors"), "w+b")
        self.process = subprocess.Popen(argv, env=clean_environment(), stdin=subprocess.DEVNULL,
                                        stdout=self.errors, stderr=self.errors,
                                        start_new_session=True)
        watchdog.tell("run", self.process.pid)
        try:
            self._settle(ready, argv)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _settle(self, ready, argv):
        """Wait until it listens, and learn where."""
        until = time.monotonic() + READY_S
        while not os.path.exists(ready):
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"loom-dev-server did not start: {self.complaints()}")
            time.sleep(0.005)
        with open(ready) as file:
            self.url = file.read().strip()
        self.scheme, _, rest = self.url.partition("://")
        self.host, _, self.path = rest.partition("/")
        self.path = "/" + self.path if self.path else ""
        # Behind a public address the port is the one that was asked for.
        self.port = int(argv[argv.index("--port") + 1] if "--public-url" in argv
                        else self.host.rpartition(":")[2])

    def complaints(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def stop(self):
        self.process.terminate()
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = "none: it did not end"
        watchdog.tell("done", self.process.pid)
        complaints = self.complaints()
        self.errors.close()
        if status != 0 or "Sanitizer" in complaints or "runtime error" in complaints:
            raise AssertionError(f"loom-dev-server ended with {status}:\n{complaints}")

    # What it saw.

    def log(self):
        if not os.path.exists(self.log_file):
            return []
        with open(self.log_file) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def requests(self, since=0):
        """METHOD path of what came, without the tests' own."""
        return [f"{row['method']} {row['path'][len(self.path):]}" for row in self.log()[since:]
                if not row["path"].startswith("/dev/")]

    def times(self, call, since=0):
        return [row["t_ms"] / 1000 for row in self.log()[since:] if row["path"].endswith(call)]

    def secrets(self, since=0):
        """[(kind, value)] in the order in which they were issued."""
        if not os.path.exists(self.secrets_file):
            return []
        with open(self.secrets_file) as file:
            return [tuple(line.split()) for line in file][since:]

    def last(self, kind):
        return [value for name, value in self.secrets() if name == kind][-1]

    # What a person or an administrator would do.

    def call(self, method, path, body=None, headers=None):
        """(status, parsed answer) of one request; `body` becomes JSON."""
        sent = dict(headers or {})
        if body is not None:
            body = json.dumps(body)
            sent["Content-Type"] = "application/json"
        return self._exchange(method, path, body, sent)

    def post_form(self, path, **fields):
        """The same, for a form below the base path, from the usual client."""
        body = urllib.parse.urlencode({"client_id": "loom-cli", **fields})
        return self._exchange("POST", self.path + path, body,
                              {"Content-Type": "application/x-www-form-urlencoded"})

    def _exchange(self, method, path, body, headers):
        if self.scheme == "https":
            context = ssl.create_default_context(cafile=self.authority.file)
            context.check_hostname = False
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context,
                                                     timeout=30)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def control(self, name, body=None):
        status, answer = self.call("POST", f"/dev/{name}", body)
        if status != 200:
            raise AssertionError(f"/dev/{name}: {status} {answer}")

    def approve(self, user_code=None):
        self.control("approve", None if user_code is None else {"user_code": user_code})

    def misbehave(self, name=""):
        self.control("misbehave", {"name": name})

    def revoke_all(self):
        self.control("revoke-all")

    def expire_tokens(self):
        """Access tokens alone."""
        self.control("expire-tokens")

    def state(self):
        return self.call("GET", "/dev/state")[1]

    def is_alive(self, token):
        place = "/oauth/userinfo" if self.is_standard else "/auth/me"
        status, _ = self.call("GET", self.path + place,
                              headers={"Authorization": f"Bearer {token}"})
        return status == 200

    def issue_token(self):
        """A token that lives, as another program would get one."""
        if self.is_standard:
            return self.issue_tokens()["access_token"]
        _, code = self.call("POST", f"{self.path}/auth/device/start")
        self.call("POST", "/dev/approve", {"user_code": code["user_code"]})  # if it still waits
        _, answer = self.call("POST", f"{self.path}/auth/device/poll",
                              {"device_code": code["device_code"]})
        return answer["access_token"]


    def issue_tokens(self):
        """The same from a standard server, with all that comes with it."""
        _, code = self.post_form("/oauth/device_authorization", scope="openid offline_access")
        self.call("POST", "/dev/approve", {"user_code": code["user_code"]})
        _, answer = self.post_form("/oauth/token", device_code=code["device_code"],
                                   grant_type="urn:ietf:params:oauth:grant-type:device_code")
        return answer


class Listener:
    """A port on loopback. `serve(connection)` is called for each that comes; all is remembered."""

    def __init__(self, serve=None):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.seen = []  # the bytes of each connection
        self._serve = serve
        self._connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            received = bytearray()
            self.seen.append(received)
            self._connections.append(connection)
            threading.Thread(target=self._talk, args=(connection, received), daemon=True).start()

    def _talk(self, connection, received):
        try:
            if self._serve is not None:
                self._serve(connection, received)
                connection.close()
            else:
                while data := connection.recv(65536):
                    received += data
        except OSError:
            pass

    def stop(self):
        self.socket.close()
        for connection in self._connections:
            connection.close()


def answering(data):
    """For Listener: read a request's head, answer these bytes, close."""
    def serve(connection, received):
        while b"\r\n\r\n" not in received and (block := connection.recv(65536)):
            received += block
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while block := connection.recv(65536):
            received += block
    return serve


_held = []  # until this process ends


def closed_port():
    """A port on which nobody listens, nor will as long as this process lives."""
    _held.append(socket.socket())
    _held[-1].bind(("127.0.0.1", 0))
    return _held[-1].getsockname()[1]


def free_port():
    """A port to listen on: none of those that the system gives away by itself meanwhile."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        above = int(file.read().split()[0])
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", random.randrange(above // 2, above)))
            except OSError:  # somebody has it
                continue
            return probe.getsockname()[1]


class Scripted:
    """A server that answers from a table: {"POST /auth/device/start": (status, headers, body)}.

    A body that is not bytes is sent as JSON. What came is in `seen`: (method, path, headers, body).
    """

    def __init__(self, table, port=0):
        self.table = table
        self.seen = []
        self.connections = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                outer.connections.append(self.connection)

            def answer(self):
                length = int(self.headers.get("Content-Length", 0))
                outer.seen.append((self.command, self.path, dict(self.headers),
                                   self.rfile.read(length)))
                status, headers, body = outer.table.get(
                    f"{self.command} {self.path}", (404, {}, {"error": "not_found"}))
                if not isinstance(body, bytes):
                    headers = {"Content-Type": "application/json", **headers}
                    body = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.port = self.server.server_address[1]
        self.url = f"http://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # it was closed already
                pass


class Proxy:
    """An HTTP proxy that leads every name to one port on loopback. `seen` is what it was told."""

    def __init__(self, port, status=b"200 Connection established"):
        self.seen = []

        def serve(connection, received):
            while b"\r\n\r\n" not in received:
                block = connection.recv(65536)
                if not block:
                    return
                received += block
            head, _, _ = bytes(received).partition(b"\r\n\r\n")
            self.seen.append(head)
            connection.sendall(b"HTTP/1.1 " + status + b"\r\n\r\n")
            if not status.startswith(b"200"):
                return
            with socket.create_connection(("127.0.0.1", port)) as far:
                back = threading.Thread(target=_copy, args=(far, connection, None), daemon=True)
                back.start()
                _copy(connection, far, received)
                back.join(5)

        self.listener = Listener(serve)
        self.port = self.listener.port
        self.url = f"http://127.0.0.1:{self.port}"

    def all_bytes(self):
        return b"".join(bytes(data) for data in self.listener.seen)

    def stop(self):
        self.listener.stop()


def _copy(source, target, received):
    try:
        while data := source.recv(65536):
            if received is not None:
                received += data
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
