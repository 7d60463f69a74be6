# SPDX-License-Identifier: Apache-2.0
"""A real Chromium without a screen, driven by playwright-core (tests/interop/browser/drive.cjs).

    browser = Chromium(trusted=[certificate_file])
    seen = browser.open("https://localhost:8443/device")
    browser.fill("Code from your terminal", "123-456-789")
    seen = browser.press("Continue")
    browser.stop()

Node, Chromium and playwright-core are brought by ./dev setup.
"""
import base64
import hashlib
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading

import servers
import watchdog

PATIENCE_S = 90
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DRIVER = os.path.join(ROOT, "tests", "interop", "browser", "drive.cjs")
MODULES = os.path.join(ROOT, "build", "npm", "node_modules")
PROGRAM = "/usr/bin/chromium"
# It makes a socket below its temporary folder, and the path of a socket has 107 bytes at most.
PLACE_MAX = 45


def key_hash(certificate):
    """What Chromium calls a certificate's key: base64 of SHA-256 of its public key."""
    public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"],
                            check=True, capture_output=True, timeout=60).stdout
    binary = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=public,
                            check=True, capture_output=True, timeout=60).stdout
    return base64.b64encode(hashlib.sha256(binary).digest()).decode()


class Chromium:
    """`trusted`: certificates whose keys are believed; no other that is unknown is."""

    def __init__(self, trusted=()):
        for needed in (PROGRAM, os.path.join(MODULES, "playwright-core")):
            if not os.path.exists(needed):
                raise AssertionError(f"{needed} is missing: run ./dev setup")
        place = tempfile.gettempdir()
        folder = tempfile.mkdtemp(prefix="b", dir=place if len(place) <= PLACE_MAX else "/tmp")
        watchdog.tell("folder", folder)
        self.folder = folder
        profile = os.path.join(folder, "profile")
        os.mkdir(profile)
        flags = []
        if trusted:
            keys = ",".join(map(key_hash, trusted))
            flags = [f"--ignore-certificate-errors-spki-list={keys}"]
        self.errors = open(os.path.join(folder, "errors"), "w+b")
        environment = servers.clean_environment(HOME=folder, TMPDIR=folder, XDG_CONFIG_HOME=folder,
                                                XDG_CACHE_HOME=folder, LOOM_NODE_MODULES=MODULES)
        self.process = subprocess.Popen(["node", DRIVER, PROGRAM, profile, *flags],
                                        env=environment, cwd=folder, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors,
                                        start_new_session=True)
        watchdog.tell("run", self.process.pid)
        self.answers = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.version = self._answer()["version"]
        except AssertionError:
            self.stop()
            raise

    def _read(self):
        for line in self.process.stdout:
            self.answers.put(json.loads(line))
        self.answers.put({"error": "the driver has ended"})

    def _answer(self):
        try:
            answer = self.answers.get(timeout=PATIENCE_S)
        except queue.Empty:
            answer = {"error": "no answer"}
        if "error" in answer:
            self.errors.seek(0)
            raise AssertionError(f"Chromium: {answer['error']}\n"
                                 f"{self.errors.read().decode(errors='replace')[-4000:]}")
        return answer

    def order(self, **order):
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        return self._answer()

    def open(self, url):
        return self.order(open=url)

    def fill(self, label, text):
        return self.order(fill=label, text=text)

    def press(self, name):
        return self.order(press=name)

    def shoot(self, file):
        return self.order(shoot=file)

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            watchdog.tell("done", self.process.pid)
            self.process.stdout.close()
            self.errors.close()
            shutil.rmtree(self.folder, ignore_errors=True)
