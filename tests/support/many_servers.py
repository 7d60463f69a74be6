# SPDX-License-Identifier: Apache-2.0
"""Many Loom servers on one port, each below a path of its own, and many programs at once.

    many = ManyServers()
    many.url(7)                     # of server 7
    many.alive(7)                   # its tokens that nobody has ended
    many.stop()

    crowd = Crowd(home)
    results = crowd.run([[LOOM, "login", many.url(n)] for n in range(50)])

A code is approved as soon as it is asked about, unless `hold` is set: then its poll stays pending.
"""
import concurrent.futures
import http.server
import json
import socket
import subprocess
import threading

import loomtest
import watchdog

WAIT_S = 120  # a loaded machine with sanitizers


class ManyServers:
    def __init__(self, label):
        self.label = label
        self.lock = threading.Lock()
        self.issued = []  # (server, token) in this order
        self.ended = set()
        self.codes = 0
        self.hold = False
        self.before = {}  # {"me": function(token)}: called before the answer
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, tree = outer.answer(self.path, self.headers, body)
                data = json.dumps(tree).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 256

            def handle_error(self, request, client_address):
                pass  # a program that was stopped hangs up

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, number=0):
        return f"http://localhost:{self.port}/s{number}"

    def issue(self, number=0):
        with self.lock:
            token = loomtest.marker(f"{self.label} {number} {len(self.issued)}")
            self.issued.append((number, token))
        return token

    def tokens(self):
        return [token for _, token in self.issued]

    def alive(self, number=0):
        return [token for server, token in self.issued
                if server == number and token not in self.ended]

    def answer(self, path, headers, body):
        base, call = path.split("/auth/", 1)
        number = int(base.split("/")[1][1:])
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if call in self.before:
            self.before[call](token)
        if call == "device/start":
            return 200, self.start(number)
        if call == "device/poll":
            if self.hold:
                return 200, {"status": "pending"}
            return 200, {"status": "completed", "access_token": self.issue(number)}
        if (number, token) not in self.issued or token in self.ended:
            return 401, {"error": "invalid_token"}
        if call == "logout":
            self.ended.add(token)
            return 200, {"message": "bye"}
        return 200, {"id": "1", "username": "ada", "display_name": "Ada Lovelace"}

    def start(self, number):
        with self.lock:
            self.codes += 1
            count = self.codes
        return {"device_code": loomtest.marker(f"{self.label} code {count}", "dc"),
                "user_code": f"{count:03}-000-000", "expires_in": 600,
                "verification_url": self.url(number) + "/device"}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Done:
    def __init__(self, argv, status, out, err):
        self.argv, self.status, self.out, self.err = argv, status, out, err

    def __str__(self):
        return f"$ {' '.join(self.argv)}\nstatus {self.status}\n{self.out!r}\n{self.err.decode()}"


class Crowd:
    """Programs by the hundred, without the watch over each that programs.Program keeps."""

    def __init__(self, home, env=None):
        self.environment = home.environment(**(env or {}))
        self.done = []

    def start(self, argv):
        process = subprocess.Popen(argv, env=self.environment, cwd="/", start_new_session=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        watchdog.tell("run", process.pid)
        return process

    def finish(self, process, stdin=b""):
        try:
            out, err = process.communicate(stdin, WAIT_S)
        finally:
            process.kill()
            watchdog.tell("done", process.pid)
        done = Done(process.args, process.returncode, out, err)
        self.done.append(done)
        return done

    def run_one(self, argv, stdin=b""):
        return self.finish(self.start(argv), stdin)

    def run(self, commands, stdins=None):
        """All at once, to the end."""
        processes = [self.start(argv) for argv in commands]
        stdins = stdins or [b""] * len(processes)
        with concurrent.futures.ThreadPoolExecutor(len(processes)) as pool:
            return list(pool.map(self.finish, processes, stdins))
