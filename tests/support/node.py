# SPDX-License-Identifier: Apache-2.0
"""A script for Node that obeys orders: a JSON object a line on its input, answered by one on its output.

    script = Node(path, *arguments, folder=scratch)
    script.answer()                        # what it says first
    script.order(open="https://...")       # -> its answer
    script.stop()

Node itself and the modules are brought by ./dev setup.
"""
import json
import os
import queue
import subprocess
import threading

import servers
import watchdog

PATIENCE_S = 90
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULES = os.path.join(ROOT, "build", "npm", "node_modules")


def need(*paths):
    for path in paths:
        if not os.path.exists(path):
            raise AssertionError(f"{path} is missing: run ./dev setup")


class Node:
    """An answer {"error"} is raised. Orders may come from several threads."""

    def __init__(self, script, *arguments, folder):
        self.name = os.path.basename(script)
        self.errors = open(os.path.join(folder, "errors"), "w+b")
        environment = servers.clean_environment(HOME=folder, TMPDIR=folder, XDG_CONFIG_HOME=folder,
                                                XDG_CACHE_HOME=folder, LOOM_NODE_MODULES=MODULES)
        self.process = subprocess.Popen(["node", script, *arguments], env=environment, cwd=folder,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, start_new_session=True)
        watchdog.tell("run", self.process.pid)
        self.lock = threading.Lock()
        self.answers = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.answers.put(json.loads(line))
        self.answers.put({"error": "it has ended"})

    def answer(self):
        try:
            answer = self.answers.get(timeout=PATIENCE_S)
        except queue.Empty:
            answer = {"error": "no answer"}
        if "error" in answer:
            self.errors.seek(0)
            raise AssertionError(f"{self.name}: {answer['error']}\n"
                                 f"{self.errors.read().decode(errors='replace')[-4000:]}")
        return answer

    def order(self, **order):
        with self.lock:
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.stdin.flush()
            return self.answer()

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
