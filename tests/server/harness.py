# SPDX-License-Identifier: Apache-2.0
"""Runs the real loom-dev-server for the tests beside this file: one folder, one server, one end."""
import http.client
import json
import os
import pathlib
import signal
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.parse

BINARY = os.environ["LOOM_DEV_SERVER"]
DEADLINE_S = 30  # for anything that is to happen at once; sanitizers and other tests slow it down

OPENSSL_CONF = """[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = localhost
[extensions]
subjectAltName = DNS:localhost, IP:127.0.0.1
basicConstraints = critical, CA:TRUE
"""


def clean_environment(folder):
    """What a child may know of the machine: nothing that could lead it away from the test."""
    kept = {name: value for name, value in os.environ.items()
            if name in ("PATH", "TMPDIR", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")}
    return {**kept, "HOME": str(folder), "LC_ALL": "C"}


def make_certificate(folder):
    """A self-signed certificate for localhost. Returns the paths of it and of its key."""
    conf, cert, key = folder / "openssl.cnf", folder / "cert.pem", folder / "key.pem"
    conf.write_text(OPENSSL_CONF)
    subprocess.run(["openssl", "req", "-x509", "-config", conf, "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout", key, "-out", cert],
                   env=clean_environment(folder), check=True, capture_output=True,
                   timeout=DEADLINE_S)
    return cert, key


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        assert self.headers.get_content_type() == "application/json", self.headers
        return json.loads(self.body)


class Server:
    """A running server; `options` are its command line, what the harness needs aside."""

    def __init__(self, folder, *options, cert=None, **environment):
        self.folder = folder
        self.log_file, self.secrets_file = folder / "log", folder / "secrets"
        ready = folder / "ready"
        ready.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [BINARY, "--ready", ready, "--log", self.log_file, "--secrets", self.secrets_file,
             *map(str, options)],
            env={**clean_environment(folder), **environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + DEADLINE_S
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"it does not start: {self.kill()}")
            time.sleep(0.01)
        self.url = ready.read_text().removesuffix("\n")
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port, self.base = parts.hostname, parts.port, parts.path
        self.context = ssl.create_default_context(cafile=cert) if cert else None

    def connect(self):
        if self.context:
            return http.client.HTTPSConnection("localhost", self.port, timeout=DEADLINE_S,
                                               context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)

    def ask(self, method, path, body=None, headers=None):
        """One request to an absolute path, on a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def call(self, method, path, body=None, token=None, **headers):
        """One request below the base path; `body` becomes JSON."""
        if body is not None:
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.ask(method, self.base + path, body, headers)

    def form(self, **fields):
        return self.ask("POST", self.base + "/device", urllib.parse.urlencode(fields),
                        {"Content-Type": "application/x-www-form-urlencoded"})

    def control(self, name, body=None):
        return self.ask("POST", "/dev/" + name, None if body is None else json.dumps(body))

    def state(self):
        return self.ask("GET", "/dev/state").json

    def start(self):
        return self.call("POST", "/auth/device/start").json

    def poll(self, started):
        return self.call("POST", "/auth/device/poll", {"device_code": started["device_code"]})

    def sign_in(self):
        """The whole flow. Returns the token."""
        started = self.start()
        self.call("POST", "/auth/device/complete", {"user_code": started["user_code"]})
        return self.poll(started).json["access_token"]

    def log(self):
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]

    def secrets(self):
        return [tuple(line.split(" ")) for line in self.secrets_file.read_text().splitlines()]

    def kill(self):
        self.process.kill()
        return self.process.communicate()[0].decode(errors="replace")

    def stop(self, number=signal.SIGTERM):
        """End it as its users do. Returns its exit status and what it said."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            said = self.process.communicate(timeout=DEADLINE_S)[0]
        except subprocess.TimeoutExpired:
            said = b"it did not end: " + self.kill().encode()
        return self.process.returncode, said.decode(errors="replace")


class Case(unittest.TestCase):
    """A test with a folder; the servers that it starts end with it, and have to end cleanly."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="loom-dev-server-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def serve(self, *options, cert=None, **environment):
        server = Server(self.folder, *options, cert=cert, **environment)
        self.addCleanup(self.end, server)
        return server

    def wait_for(self, condition):
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it does not come")
            time.sleep(0.01)

    def end(self, server):
        status, said = server.stop()
        self.assertEqual(status, 0, said)
        self.assertNotIn("Sanitizer", said)
        self.assertNotIn("runtime error", said)
