# SPDX-License-Identifier: Apache-2.0
"""Real and unreal keyrings for the stories, each on a message bus of its own.

    class Story(keyrings.Case):
        def test_...(self):
            desk = self.new_desk()
            keyring = desk.start_gnome_keyring()
            self.loom("login", self.server.url, env=desk.environment)

Nothing here sees a bus or a keyring of whoever runs the tests.
"""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import loomtest
import servers

HERE = os.path.dirname(os.path.abspath(__file__))
READY_S = 20
# Keyrings are read over sd-bus or, where that is not to be had, over libsecret. CMake runs some of the
# stories the second way as well.
IS_WITHOUT_SYSTEMD = os.environ.get("LOOM_TEST_WITHOUT_SYSTEMD", "") != ""
PASSWORD = b"throw-away password"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
{more}<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"""


# KeePassXC 2.7.4 ends with a segmentation fault when it saves after a deletion, so it does not save.
# The group's UUID, once for KeePass and once for KeePassXC's Secret Service.
KEEPASSXC_DATABASE = """<?xml version="1.0" encoding="UTF-8"?>
<KeePassFile><Meta><DatabaseName>desk</DatabaseName><CustomData><Item>
<Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{00112233-4455-6677-8899-aabbccddeeff}</Value>
</Item></CustomData></Meta><Root><Group><UUID>ABEiM0RVZneImaq7zN3u/w==</UUID><Name>Root</Name>
</Group></Root></KeePassFile>"""
KEEPASSXC_CONFIGURATION = """[General]
ConfigVersion=2
SingleInstance=false
UpdateCheckMessageShown=true
AutoSaveAfterEveryChange=false
AutoSaveNonDataChanges=false
[GUI]
CheckForUpdates=false
[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmDeleteItem=false
ConfirmAccessItem=false
"""
KWALLET_CONFIGURATION = """[Wallet]
Enabled=true
First Use=false
Use One Wallet=true
Default Wallet=kdewallet
Prompt on Open=false
Close When Idle=false
Leave Open=true
Launch Manager=false
[org.freedesktop.secrets]
apiEnabled=true
"""


def wait_for(condition, what):
    until = time.monotonic() + READY_S
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not come")
        time.sleep(0.02)


def without_systemd(folder):
    """For the program under test, and nobody else: there is no libsystemd that can be opened, if these
    tests run that way."""
    if not IS_WITHOUT_SYSTEMD:
        return {}
    folder = os.path.join(folder, "no-libraries")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "libsystemd.so.0"), "wb"):
        pass  # "file too short"
    return {"LD_LIBRARY_PATH": folder}


class Desk:
    """A person's desk: a home, a runtime folder, a bus (without activation), and what runs on it."""

    def __init__(self, folder):
        self.folder = folder
        self.home, self.runtime = os.path.join(folder, "h"), os.path.join(folder, "r")
        os.makedirs(self.home, 0o700)
        os.makedirs(self.runtime, 0o700)
        os.makedirs(os.path.join(folder, "t"))
        self.socket = os.path.join(folder, "b")
        self.processes = []
        self.environment = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.socket}",
                            "XDG_RUNTIME_DIR": self.runtime}

    def start(self, argv, stdin=subprocess.DEVNULL, **more):
        environment = servers.clean_environment(HOME=self.home, TMPDIR=os.path.join(self.folder, "t"),
                                                **self.environment, **more)
        with open(os.path.join(self.folder, "log"), "ab") as log:
            process = subprocess.Popen(argv, env=environment, stdin=stdin, stdout=log, stderr=log,
                                       cwd=self.folder, start_new_session=True)
        self.processes.append(process)
        return process

    def start_bus(self, more=""):
        file = os.path.join(self.folder, "bus.conf")
        with open(file, "w") as out:
            out.write(BUS.format(path=self.socket, more=more))
        self.bus = self.start(["dbus-daemon", f"--config-file={file}", "--nofork", "--nopidfile",
                               "--nosyslog"])
        wait_for(self.has_bus, "the bus")

    def stop(self):
        for process in reversed(self.processes):
            self.end(process)

    def end(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    def has_bus(self):
        """A socket that is there does not listen yet: who comes too early does not come again."""
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(self.socket) == 0

    def has_service(self):
        return self.run("gdbus", "call", "--session", "--timeout", "5", "--dest",
                        "org.freedesktop.DBus", "--object-path", "/", "--method",
                        "org.freedesktop.DBus.NameHasOwner",
                        "org.freedesktop.secrets").stdout == b"(true,)\n"

    def run(self, *argv):
        return subprocess.run(argv, env=servers.clean_environment(HOME=self.home,
                                                                  **self.environment),
                              capture_output=True, timeout=60, check=False)

    # ---- What runs on it ----

    def start_gnome_keyring(self, unlocked=True):
        """gnome-keyring-daemon with the keyring `login`, made the first time."""
        process = self.start(["gnome-keyring-daemon", "--foreground", "--components=secrets",
                              *(["--unlock"] if unlocked else [])], stdin=subprocess.PIPE)
        process.stdin.write(PASSWORD)
        process.stdin.close()
        wait_for(self.has_service, "gnome-keyring")
        if unlocked:
            wait_for(lambda: b"/collection/login" in self.call(
                "", "ReadAlias", "default").stdout, "the keyring login")
        return process

    def start_keepassxc(self, unlocked=True):
        """KeePassXC without a screen, with a database whose root group is exposed."""
        folder = self.home
        with open(os.path.join(folder, "database.xml"), "w") as file:
            file.write(KEEPASSXC_DATABASE)
        with open(os.path.join(folder, "keepassxc.ini"), "w") as file:
            file.write(KEEPASSXC_CONFIGURATION)
        database = os.path.join(folder, "desk.kdbx")
        environment = servers.clean_environment(HOME=self.home, QT_QPA_PLATFORM="offscreen",
                                                TMPDIR=os.path.join(self.folder, "t"))
        subprocess.run(["keepassxc-cli", "import", "--set-password",
                        os.path.join(folder, "database.xml"), database],
                       input=(PASSWORD + b"\n") * 2, env=environment, capture_output=True,
                       timeout=60, check=True)
        process = self.start(["keepassxc", "--config", os.path.join(folder, "keepassxc.ini"),
                              "--localconfig", os.path.join(folder, "local.ini"),
                              *(["--pw-stdin"] if unlocked else []), database],
                             stdin=subprocess.PIPE, QT_QPA_PLATFORM="offscreen")
        process.stdin.write(PASSWORD + b"\n")
        process.stdin.close()
        wait_for(self.has_service, "KeePassXC")
        wait_for(lambda: b"/collection/" in self.collections(), "its database")
        if unlocked:
            wait_for(lambda: b"false" in self.is_locked(self.first_collection()).stdout, "it")
        return process

    def start_kwallet(self):
        """KWallet without a screen. It shows a wallet that was there when it was started."""
        os.makedirs(os.path.join(self.home, ".config"))
        with open(os.path.join(self.home, ".config", "kwalletrc"), "w") as file:
            file.write(KWALLET_CONFIGURATION)
        self.end(self.open_kwallet())
        wait_for(lambda: not self.has_service(), "the end of KWallet")
        process = self.open_kwallet()
        wait_for(lambda: b"/collection/" in self.collections(), "its wallet")
        return process

    def open_kwallet(self):
        """Open its wallet as PAM does, with a hash of the password."""
        process = self.start(["kwalletd5"], QT_QPA_PLATFORM="offscreen")
        wait_for(self.has_service, "KWallet")
        wallet = os.path.join(self.home, ".local", "share", "kwalletd", "kdewallet.kwl")
        key = "[byte " + ", ".join(map(str, range(1, 57))) + "]"
        done = self.run("gdbus", "call", "--session", "--dest", "org.kde.kwalletd5",
                        "--object-path", "/modules/kwalletd5", "--method",
                        "org.kde.KWallet.pamOpen", "kdewallet", key, "0")
        if done.returncode != 0:
            raise AssertionError(done)
        wait_for(lambda: os.path.exists(wallet), "the wallet")
        return process

    def collections(self):
        return self.run("gdbus", "call", "--session", "--dest", "org.freedesktop.secrets",
                        "--object-path", "/org/freedesktop/secrets", "--method",
                        "org.freedesktop.DBus.Properties.Get", "org.freedesktop.Secret.Service",
                        "Collections").stdout

    def call(self, below, method, *arguments):
        """A method of the Secret Service, by name."""
        interface = {"ReadAlias": "Service", "Lock": "Service", "Unlock": "Service"}[method]
        return self.run("gdbus", "call", "--session", "--timeout", "10", "--dest",
                        "org.freedesktop.secrets", "--object-path",
                        "/org/freedesktop/secrets" + below, "--method",
                        f"org.freedesktop.Secret.{interface}.{method}", *arguments)

    def first_collection(self):
        text = self.collections().decode()
        return text[text.index("/org"):text.index("'", text.index("/org"))]

    def is_locked(self, path):
        return self.run("gdbus", "call", "--session", "--dest", "org.freedesktop.secrets",
                        "--object-path", path, "--method", "org.freedesktop.DBus.Properties.Get",
                        "org.freedesktop.Secret.Collection", "Locked")

    def lock(self):
        done = self.call("", "Lock", "['/org/freedesktop/secrets/collection/login']")
        if done.returncode != 0:
            raise AssertionError(done)

    def start_mock(self, **plan):
        count = len(self.processes)
        self.ready, self.journal, self.plan = (os.path.join(self.folder, name + str(count))
                                               for name in ("ready", "journal", "plan"))
        with open(self.plan, "w") as out:
            json.dump(plan, out)
        process = self.start(["/usr/bin/python3", "-B", os.path.join(HERE, "mock_secret_service.py"),
                              self.ready, self.journal, self.plan])
        wait_for(lambda: os.path.exists(self.ready), "the mock")
        return process

    def change_mock(self, process, **plan):
        """The mock that was started last begins anew, which costs less than another one."""
        os.unlink(self.ready)
        with open(self.plan, "w") as out:
            json.dump(plan, out)
        process.send_signal(signal.SIGUSR1)
        wait_for(lambda: os.path.exists(self.ready), "the mock")

    def calls(self):
        with open(self.journal) as file:
            return file.read().split()

    # ---- What is in it ----

    def put(self, attributes, secret, label="An item"):
        words = [word for pair in attributes.items() for word in pair]
        done = subprocess.run(["secret-tool", "store", "--label", label, *words], input=secret,
                              env=servers.clean_environment(HOME=self.home, **self.environment),
                              capture_output=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(done)

    def items(self):
        """Loom's items: [{"label", "secret", "attribute.NAME"}], and the bytes that showed them.
        KWallet sometimes forgets secret-tool's session, and shows no secret then."""
        for _ in range(3):
            found, shown = self._search()
            if all("secret" in item for item in found):
                break
        return found, shown

    def _search(self):
        done = self.run("secret-tool", "search", "--all", "--unlock", "service", "loom")
        found = []
        # The attributes go to one stream and the rest to another.
        for line in done.stdout.decode(errors="replace").splitlines():
            if line.startswith("["):
                found.append({})
            elif " = " in line:
                name, value = line.split(" = ", 1)
                found[-1][name] = value
        return found, done.stderr


class SilentBus:
    """Accepts, and says nothing."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "silent")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(8)
        self.taken = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                self.taken.append(self.socket.accept())
            except OSError:
                return

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection, _ in self.taken:
            connection.close()


class Case(loomtest.Case):
    server_options = ("--approve-after", 0)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.libraries = without_systemd(cls.place)

    def start(self, *argv, env=None, **more):
        return super().start(*argv, env={**self.libraries, **(env or {})}, **more)

    def new_desk(self, bus=True):
        folder = os.path.join(self.folder, f"d{len(os.listdir(self.folder))}")
        os.makedirs(folder)
        desk = Desk(folder)
        self.addCleanup(desk.stop)
        if bus:
            desk.start_bus()
        return desk

    def key(self, server=None):
        url = (server or self.server).url
        return "".join(c if c.isascii() and c.isalnum() else "_" for c in url)

    def item(self, secret, **more):
        """An item of the mock, as Loom files it."""
        return {"attributes": {"service": "loom", "username": self.key(), "target": "default",
                               "application": "loom"}, "secret": secret, **more}

    def credential(self, token, **more):
        return json.dumps({"type": "api", "key": self.plant(token), **more})

    def libraries_of(self, run):
        """Those that a program initialises which gets this environment as well."""
        log = os.path.join(self.folder, "loaded")
        run({"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": log})
        loaded = set()
        for name in os.listdir(self.folder):
            if name.startswith("loaded."):
                path = os.path.join(self.folder, name)
                with open(path, errors="replace") as file:
                    loaded |= set(re.findall(r"calling init: \S*/([^/\s]+?)\.so[.\d]*$", file.read(),
                                             re.MULTILINE))
                os.unlink(path)
        return loaded

    def assert_kept_in_file(self, result, why):
        self.assertIn(f"{why} Your sign-in is kept in an encrypted file instead: {self.home.file}",
                      result.said)
        self.assertEqual(self.home.tokens(), {self.server.url: self.server.last("token")})

    def assert_kept_in_keyring(self, result):
        self.assertIn("Your sign-in is kept in the system keyring.", result.said)
        if os.path.exists(self.home.file):
            self.assertEqual(self.home.tokens(), {}, "there is a copy in the file")

    def assert_error(self, result, sentence, took_s=5.5):
        self.assertIn(sentence, result.said)
        self.check_quick(result.took_s, took_s)
        self.assertEqual(result.out, b"")
