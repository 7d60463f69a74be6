# SPDX-License-Identifier: Apache-2.0
"""A real nginx in front of a server, as this user, on a port of its own, from a configuration of its own:
what Debian's package configures, writes or starts is never looked at.

    front = Nginx(folder, port, certificate, key, behind=8080)
    front.log()                       # [("POST /auth/device/start", "HTTP/1.1", 200), ...]
    front.stop()
"""
import os
import socket
import subprocess
import time

import servers
import watchdog

PROGRAM = "/usr/sbin/nginx"
READY_S = 30

CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
    log_format short '$request_method $uri $server_protocol $status';
    access_log {folder}/access short;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server_tokens off;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        server_name localhost;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        client_max_body_size 64m;
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""


class Nginx:
    def __init__(self, folder, port, certificate, key, behind):
        if not os.path.exists(PROGRAM):
            raise AssertionError(f"{PROGRAM} is missing: run ./dev setup")
        os.makedirs(folder)
        self.folder = folder
        configuration = os.path.join(folder, "nginx.conf")
        with open(configuration, "w") as file:
            # Started by root, its workers would become somebody who may not read this folder.
            file.write(CONFIGURATION.format(
                folder=folder, port=port, certificate=certificate, key=key, behind=behind,
                user="user root;" if os.geteuid() == 0 else ""))
        self.errors = open(os.path.join(folder, "errors"), "w+b")
        self.process = subprocess.Popen(
            [PROGRAM, "-e", "stderr", "-p", folder, "-c", configuration],
            env=servers.clean_environment(), cwd=folder, stdin=subprocess.DEVNULL,
            stdout=self.errors, stderr=self.errors, start_new_session=True)
        watchdog.tell("run", self.process.pid)
        until = time.monotonic() + READY_S
        while not self._answers(port):
            if self.process.poll() is not None or time.monotonic() > until:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"nginx did not start: {self.complaints()}")
            time.sleep(0.02)

    def _answers(self, port):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True

    def complaints(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def log(self):
        """(call, protocol, status) of each request that was answered."""
        with open(os.path.join(self.folder, "access")) as file:
            rows = [line.split() for line in file if line.endswith("\n")]
        return [(f"{method} {path}", protocol, int(status))
                for method, path, protocol, status in rows]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            watchdog.tell("done", self.process.pid)
            self.errors.close()
