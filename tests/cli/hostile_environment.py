# SPDX-License-Identifier: Apache-2.0
"""Homes, folders and variables that are none, and an encrypted file whose world has changed."""
import json
import os
import stat

import loomtest
import places
import vault
from loomtest import LOOM

IS_ROOT = os.geteuid() == 0
RELATIVE = ("", ".", "relative", "./a", "../a", "~/.config", "$HOME", " /tmp")


class HostileEnvironment(loomtest.Case):
    server_options = ("--approve-after", 0)

    def setUp(self):
        super().setUp()
        self.token = self.server.issue_token()
        self.fields = {"protocol": "http", "host": self.server.host}

    def new_signed_in(self):
        home = self.new_home()
        home.seed((self.server.url, self.token))
        return home

    def ask(self, home, **more):
        return self.helper("get", self.fields, home=home, **more)

    def check_answers(self, home, **more):
        result = self.ask(home, **more)
        self.assertEqual(self.answer(result).get("password"), self.token, result)
        self.assertEqual(result.err, b"", result)

    def give(self, home, **more):  # to the server of this case
        return self.loom("login", self.server.url, "--with-token", home=home,
                         stdin=self.token.encode(), **more)

    # ---- HOME ----

    def test_env_04_env_107_homes_that_are_not_there_or_no_folder(self):
        """One that is not there is made, like every folder; something else is refused."""
        home = self.new_home()
        path = os.path.join(home.path, "not/there yet")
        self.assertEqual(self.ask(home, env={"HOME": path}).out, b"")
        self.assertFalse(os.path.exists(path))
        self.give(home, env={"HOME": path})
        self.check_answers(home, env={"HOME": path})
        for name in ("not", "not/there yet"):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(home.path, name)).st_mode), 0o700)
        for name, make in places.NO_FOLDERS.items():
            with self.subTest(name):
                home = self.new_home()
                trap = places.Trap(make, os.path.join(home.path, "x"), home.folder + "/aside")
                result = self.give(home, env={"HOME": trap.path}, status=8)
                self.assertIn(f"    {trap.path}\n", result.text)
                self.assertEqual(self.ask(home, env={"HOME": trap.path}).out, b"")
                trap.check(self)
                trap.remove()

    def test_env_07_env_108_homes_that_are_long(self):
        home = self.new_home()
        for length in (255, 1000, 4000, 4070, 4090, 4095, 4096, 4097, 8192, 100000):
            for step in (200, 255, 256):
                path, parts = home.path, "/" + "d" * (step - 1)
                path = (path + parts * (length // step + 1))[:length].rstrip("/")
                with self.subTest(length=length, step=step):
                    result = self.ask(home, env={"HOME": path})
                    self.assertEqual((result.status, result.out), (0, b""), result)
                    if len(path) < 3000:  # who could remove it again?
                        continue
                    result = self.loom("logout", "--all", home=home, env={"HOME": path}, status=None)
                    self.assertIn(result.status, (0, 8), result)
                    if length > 4095:
                        self.assertEqual(result.status, 8)

    def test_env_07_env_109_paths_that_a_terminal_would_obey(self):
        """In the sentence of an error every byte of the path is harmless."""
        for name in (b"line\nend", b"\xff\xfe", b"esc\x1b[2J", b"\xe2\x80\xae", b"\r", b"{detail}",
                     b"%s%n", b"a b", b"-rf", b"'\"\\", b"\xc3\xa9\xcc\x81"):
            home = self.new_home()
            path = os.path.join(os.fsencode(home.path), name)
            os.makedirs(os.path.join(path, b".config/loom/credentials.json"), 0o700)
            result = self.give(home, env={"HOME": os.fsdecode(path)}, status=8)
            self.assertIn("credentials.json\n", result.text)  # and check_lines() reads the rest
            self.ask(home, env={"HOME": os.fsdecode(path)})

    # ---- XDG folders and others ----

    def test_env_119_xdg_folders_that_are_relative_or_empty(self):
        """Ignored, as the specification says: never below the current folder."""
        home = self.new_signed_in()
        cwd = os.path.join(home.folder, "cwd")
        os.mkdir(cwd)
        for value in RELATIVE:
            env = {"XDG_CONFIG_HOME": value, "XDG_DATA_HOME": value, "XDG_RUNTIME_DIR": value}
            self.check_answers(home, env=env, cwd=cwd)
        self.give(home, env=env, cwd=cwd)
        self.assertEqual(os.listdir(cwd), [])

    def test_fs_168_xdg_folders_that_are_no_folders(self):
        """Refused with the path; the home is not used instead."""
        for name, make in places.NO_FOLDERS.items():
            for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
                with self.subTest(name, variable=variable):
                    home = self.new_signed_in()
                    before = home.snapshot()
                    trap = places.Trap(make, os.path.join(home.folder, "x"), home.folder + "/aside")
                    result = self.give(home, env={variable: trap.path}, status=8)
                    self.assertIn(f"    {trap.path}\n", result.text)
                    result = self.ask(home, env={variable: trap.path})
                    self.assertEqual(result.out, b"", result)
                    trap.check(self)
                    trap.remove()
                    after = home.snapshot()
                    after.pop(".config/loom/credentials.json.lock", None)
                    self.assertEqual(after, before)

    def test_fs_169_a_runtime_folder_of_any_kind(self):
        """Where a bus might be; without one the file answers, silently."""
        home = self.new_signed_in()
        for name, make in {**places.NO_FOLDERS, **places.NO_FILES}.items():
            with self.subTest(name):
                trap = places.Trap(make, os.path.join(home.folder, "x"), home.folder + "/aside")
                for value in (trap.path, trap.path + "/deeper", "/" + "r" * 5000, "/\n\x1b[2J"):
                    self.check_answers(home, env={"XDG_RUNTIME_DIR": value})
                trap.check(self)
                trap.remove()
        for name, make in places.NO_FILES.items():  # `bus` itself
            with self.subTest(name):
                os.mkdir(home.folder + "/run", 0o700)
                trap = places.Trap(make, home.folder + "/run/bus", home.folder + "/aside")
                self.check_answers(home, env={"XDG_RUNTIME_DIR": home.folder + "/run"})
                trap.check(self)
                trap.remove()
                os.rmdir(home.folder + "/run")

    def test_env_08_fs_170_current_folders_that_are_gone_or_closed(self):
        home = self.new_signed_in()
        for shell in ('rmdir "$1"', 'chmod 0 "$1"', 'mv "$1" "$1.moved"'):
            for argv, stdin in ((["credential-helper", "get"],
                                 "".join(f"{k}={v}\n" for k, v in self.fields.items()) + "\n"),
                                (["login", self.server.url, "--with-token"], self.token),
                                (["logout", "--discard-damaged"], "")):
                folder = os.path.join(home.folder, "gone")
                os.mkdir(folder)
                result = self.start("-c", f'{shell}; shift; exec "$@"', "sh", folder, LOOM, *argv,
                                    program="/bin/sh", home=home, cwd=folder,
                                    stdin=stdin.encode()).finish()
                result.is_door = True
                self.assertEqual(result.status, 0, result)
                for left in (folder, folder + ".moved"):
                    if os.path.exists(left):
                        os.rmdir(left)
        self.assertEqual(home.tokens(), {self.server.url: self.token})

    def test_env_08_fs_171_temporary_folders_that_are_nonsense(self):
        home = self.new_signed_in()
        for value in ("", "/dev/null", "/nonexistent", "relative", "\n", "/" + "t" * 5000):
            env = {"TMPDIR": value, "TMP": value, "TEMP": value}
            self.check_answers(home, env=env)
            self.give(home, env=env)

    # ---- The encrypted file ----

    def rewrite(self, home, change):
        with open(home.file) as file:
            tree = json.load(file)
        change(tree)
        with open(home.file, "w") as file:
            json.dump(tree, file)

    def test_enc_13_enc_18_enc_103_a_file_of_a_passphrase(self):
        """Reserved in the format, and not there in this version: refused quickly, without a
        question, and never is git's input taken for a passphrase."""
        home = self.new_signed_in()
        for key in ({"kind": "scrypt", "n": 131072, "r": 8, "p": 1, "salt": vault.b64(bytes(32))},
                    {"kind": "scrypt", "n": 1 << 40, "r": 1 << 20, "p": 1 << 20, "salt": ""},
                    {"kind": "none"}, {"kind": "argon2id"}, {"kind": ""}, {"kind": None}):
            self.rewrite(home, lambda tree: tree["key"].update(key))
            with open(home.file, "rb") as file:
                before = file.read()
            question = f"protocol=http\nhost={self.server.host}\n\nswordfish\n".encode()
            for streams in ((), ("stderr",), ("stdin", "stderr")):
                program = self.start("credential-helper", "get", home=home, terminal=streams,
                                     stdin=question, env={"LOOM_PASSPHRASE": "swordfish",
                                                          "TERM": "xterm"})
                if "stdin" in streams:
                    program.type(question)
                result = program.finish(20)
                self.assertEqual((result.status, result.out), (0, b""), result)
                self.assertNotIn("assphrase", result.said)
            self.give(home, status=9)
            with open(home.file, "rb") as file:
                self.assertEqual(file.read(), before)

    def test_enc_20_enc_104_a_passphrase_in_the_environment(self):
        """Nothing reads it, and no child gets it."""
        self.plant("lp_" + loomtest.marker("passphrase"))
        place = os.path.join(self.folder, "seen")
        opener = os.path.join(self.folder, "opener")
        with open(opener, "w") as file:
            file.write(f"#!/bin/sh\nenv | grep -c LOOM_PASSPHRASE >{place}.new; "
                       f"mv {place}.new {place}\n")
        os.chmod(opener, 0o755)
        server = self.start_server()
        program = self.start("login", server.url, home=self.new_home(),
                             env={"BROWSER": opener, "LOOM_PASSPHRASE": self.planted[-1]})
        self.wait_for(lambda: os.path.exists(place))
        server.approve()
        self.assertEqual(program.finish().status, 0)
        with open(place) as file:
            self.assertEqual(file.read(), "0\n")

    def test_enc_21_enc_105_no_kernel_keyring_is_needed(self):
        """The key lies in a file: no quota, expiry or filter of the kernel's keyrings matters."""
        home = self.new_signed_in()
        before = _kernel_keys()
        self.check_answers(home)
        self.give(home)
        self.assertEqual(_kernel_keys(), before)

    def test_enc_23_enc_106_another_name_for_user_and_machine(self):
        """What is public opens nothing and closes nothing: the same files work everywhere."""
        home = self.new_signed_in()
        for env in ({"USER": "somebody", "LOGNAME": "somebody", "HOSTNAME": "elsewhere"},
                    {"USER": None, "LOGNAME": None, "HOSTNAME": ""}):
            self.check_answers(home, env=env)
        moved = self.new_home()
        for name in (".config", ".local"):
            os.rename(os.path.join(home.path, name), os.path.join(moved.path, name))
        self.check_answers(moved)
        # Another machine, as far as the kernel lets somebody pretend.
        result = self.start("-r", "-u", "sh", "-c", 'hostname other.example && exec "$@"', "sh",
                            LOOM, "credential-helper", "get", program="/usr/bin/unshare", home=moved,
                            stdin=f"protocol=http\nhost={self.server.host}\n\n".encode()).finish()
        result.is_door = True
        if b"unshare failed" not in result.err:
            self.assertEqual(self.answer(result).get("password"), self.token, result)

    def test_enc_01_enc_107_the_whole_home_holds_no_token(self):
        """After every command; check_secrets() looks for it in every form, in every file."""
        home = self.new_home()
        self.give(home)
        self.helper("erase", {**self.fields, "username": "oauth2", "password": self.token},
                    home=home)
        self.check_answers(home)
        self.check_secrets()
        self.loom("logout", "--all", home=home)

    def test_enc_02_enc_108_no_two_saves_are_alike(self):
        home, seen = self.new_home(), set()
        for _ in range(8):
            self.give(home)
            with open(home.file) as file:
                (entry,) = json.load(file)["entries"].values()
            for name in ("salt", "nonce", "ct"):
                self.assertNotIn(entry[name], seen)
                seen.add(entry[name])


def _kernel_keys():
    with open("/proc/keys") as file:
        return sorted(line.split()[0] for line in file)


if __name__ == "__main__":
    loomtest.main()
