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
import os
import shutil
import subprocess
import tempfile

import node
import watchdog

DRIVER = os.path.join(node.ROOT, "tests", "interop", "browser", "drive.cjs")
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
        node.need(PROGRAM, os.path.join(node.MODULES, "playwright-core"))
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
        self.node = node.Node(DRIVER, PROGRAM, profile, *flags, folder=folder)
        try:
            self.version = self.node.answer()["version"]
        except AssertionError:
            self.stop()
            raise

    def order(self, **order):
        return self.node.order(**order)

    def open(self, url, sees=None):
        """`sees`: a text that comes at last, where a page leads to another by itself."""
        return self.order(open=url, sees=sees)

    def fill(self, label, text):
        return self.order(fill=label, text=text)

    def press(self, name):
        return self.order(press=name)

    def shoot(self, file):
        return self.order(shoot=file)

    def stop(self):
        try:
            self.node.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
