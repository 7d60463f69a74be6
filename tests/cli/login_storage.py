# SPDX-License-Identifier: Apache-2.0
"""Where a sign-in is kept, and what happens when it cannot be: found out before anybody approves."""
import os
import stat

import loomtest

IS_ROOT = os.geteuid() == 0


class LoginStorage(loomtest.Case):
    server_options = ("--approve-after", 0)

    def check_refused(self, status, *argv, asked=(), **more):
        """It ends with this status, a reason, and nobody was asked for a code."""
        result = self.loom("login", "--server", self.server.url, *argv, status=status, **more)
        self.assertEqual(self.server.requests(), list(asked))
        return result

    def test_the_file_by_name(self):
        for argv, env in ((["--store", "file"], {}), ([], {"LOOM_STORE": "file"}),
                          (["--store", "auto"], {"LOOM_STORE": "keyring"}),
                          ([], {"LOOM_STORE": "auto"}), ([], {"LOOM_STORE": ""})):
            with self.subTest(argv, env=env):
                self.give(self.server, None, *argv, env=env)

    def test_the_keyring_alone_is_an_error_here(self):
        """No bus, no keyring: --store keyring fails rather than falling back."""
        for argv, env in ((["--store", "keyring"], {}), ([], {"LOOM_STORE": "keyring"}),
                          (["--store=keyring"], {"LOOM_STORE": "file"})):
            result = self.check_refused(8, *argv, env=env)
            self.assertIn("    loom login --store file", result.text.splitlines())
            events = self.events(self.loom("login", "--json", self.server.url, *argv, env=env,
                                           status=8))
            self.assertEqual(events[-1]["error"]["code"], "keyring_unavailable")
        self.assertEqual(self.home.files(), [])

    def test_nonsense(self):
        for argv, env in ((["--store", "nonsense"], {}), (["--store", ""], {}),
                          (["--store", "File"], {}), ([], {"LOOM_STORE": "nonsense"})):
            result = self.check_refused(2, *argv, env=env)
            self.assertIn("auto, keyring or file" if env else "--store auto|keyring|file", result.said)

    def test_a_home_that_cannot_be_written_to(self):
        os.chmod(self.home.path, 0o500)
        self.addCleanup(os.chmod, self.home.path, 0o700)
        if IS_ROOT:  # who is not stopped by modes; cli.login_root has what stops root
            self.login(self.server)
        else:
            result = self.check_refused(8)
            self.assertIn(self.home.path, result.text)

    def test_folders_that_cannot_be_used(self):
        blocked = os.path.join(self.home.path, "blocked")
        open(blocked, "w").close()
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
            with self.subTest(name):
                result = self.check_refused(8, env={name: blocked})
                self.assertIn(blocked, result.text)

    def test_env_04_no_home(self):
        """ENV-04: the password database knows one, or there is none; never a crash."""
        for value in ("", "relative/home"):
            self.loom("login", "--server", self.server.url, "--store", "nonsense", status=2,
                      env={"HOME": value})
        result = self.check_refused(8, env={"HOME": "/dev/null/a"})
        self.assertIn("/dev/null", result.text)

    def test_xdg_folders(self):
        config, data = (os.path.join(self.home.path, name) for name in ("a config", "däta"))
        self.give(self.server, env={"XDG_CONFIG_HOME": config, "XDG_DATA_HOME": data})
        self.assertEqual(sorted(os.listdir(config + "/loom")),
                         ["credentials.json", "credentials.json.lock"])
        self.assertEqual(sorted(os.listdir(data + "/loom")), ["lock", "vault.key"])
        for path in (config, data, config + "/loom", data + "/loom"):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700, path)
        self.assertFalse(os.path.exists(self.home.config))
        # Relative ones are ignored.
        self.give(self.server, env={"XDG_CONFIG_HOME": "a", "XDG_DATA_HOME": "./b"})
        self.assertEqual(len(self.home.tokens()), 1)

    def test_env_07_homes_with_odd_names(self):
        for name in ("with blank", "quo'te\"s", "dollar$HOME", "käse", "-dash", "percent%s%n"):
            path = os.path.join(self.home.path, name)
            os.mkdir(path)
            result = self.login(self.server, "--with-token", env={"HOME": path},
                                stdin=self.server.issue_token().encode())
            self.assertIn(path + "/.config/loom/credentials.json", result.text)
        for name in (b"line\nend", b"\xff\xfe", b"esc\x1b[2J"):
            path = os.path.join(os.fsencode(self.home.path), name)
            os.mkdir(path)
            self.login(self.server, "--with-token", env={"HOME": os.fsdecode(path)},
                       stdin=self.server.issue_token().encode())
            self.assertTrue(os.path.exists(path + b"/.config/loom/credentials.json"))

    def test_fs_02_loose_modes_are_tightened(self):
        """FS-02: file and folders become ours alone again."""
        self.give(self.server)
        for path, mode in ((self.home.config, 0o777), (self.home.data, 0o755),
                           (self.home.file, 0o644)):
            os.chmod(path, mode)
        self.give(self.server)  # and what check_everything() says of modes

    def test_enc_15_a_key_that_others_could_read_is_refused(self):
        """ENC-15: whoever read it can read the file, and always could."""
        key = os.path.join(self.home.data, "vault.key")
        token = self.give(self.server)
        mark = len(self.server.requests())
        os.chmod(key, 0o644)
        result = self.check_refused(9, asked=self.server.requests()[:mark])
        self.assertIn(key, result.text)
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o644)
        os.chmod(key, 0o600)
        self.assertEqual(self.home.tokens(), {self.server.url: token})

    def test_fs_04_links_in_the_place_of_the_file(self):
        """FS-04: the target is neither touched nor made."""
        target = os.path.join(self.home.path, "target")
        for content in (None, b"precious"):
            os.makedirs(self.home.config, 0o700, exist_ok=True)
            if content is not None:
                with open(target, "wb") as file:
                    file.write(content)
            os.symlink(target, self.home.file)
            result = self.check_refused(8)
            self.assertIn(self.home.file, result.text)
            self.assertTrue(os.path.islink(self.home.file))
            if content is None:
                self.assertFalse(os.path.exists(target))
            else:
                with open(target, "rb") as file:
                    self.assertEqual(file.read(), content)
            os.unlink(self.home.file)

    def test_other_things_in_the_place_of_the_file(self):
        os.makedirs(self.home.config, 0o700)
        os.mkdir(self.home.file, 0o700)
        self.check_refused(8)
        os.rmdir(self.home.file)
        os.mkfifo(self.home.file, 0o600)
        self.check_refused(8)
        os.unlink(self.home.file)

    def test_damage_is_told_before_any_request(self):
        self.home.seed((self.server.url, self.plant(loomtest.marker("stored"))))
        self.home.damage()
        before = self.home.snapshot()
        result = self.check_refused(9)
        self.assertIn(self.home.file, result.text)
        self.assertIn("    loom logout --discard-damaged", result.text.splitlines())
        events = self.events(self.loom("login", "--json", self.server.url, status=9))
        self.assertEqual(events[-1]["error"]["code"], "damaged")
        after = self.home.snapshot()
        after.pop(".config/loom/credentials.json.lock", None)
        self.assertEqual(after, before)

    def test_fs_14_enc_22_kinds_of_damage(self):
        """FS-14, ENC-22: all of them left alone."""
        self.home.seed((self.server.url, self.plant(loomtest.marker("stored"))))
        with open(self.home.file, "rb") as file:
            good = file.read()
        for name, bad in {
                "empty": b"", "cut": good[:-20], "more behind": good + b"{}",
                "no JSON": b"hello\n", "an array": b"[]", "a NUL": good + b"\0",
                "another version": good.replace(b'"version": 1', b'"version": 2'),
                "another generation": good.replace(b'"generation": 1', b'"generation": 7'),
                "another kind of key": good.replace(b'"keyfile"', b'"scrypt"'),
                "one member more": good.replace(b'{"format"', b'{"more": 1, "format"'),
                "an entry less": good[:good.index(b'"entries"')] + b'"entries": {}, '
                                 + good[good.index(b'"mac"'):],
        }.items():
            with self.subTest(name):
                self.assertNotEqual(good, bad)
                with open(self.home.file, "wb") as file:
                    file.write(bad)
                result = self.check_refused(9)
                self.assertIn(self.home.file, result.text)
                is_newer = name == "another version"
                self.assertEqual("newer version" in result.said, is_newer, result)
                self.assertEqual("--discard-damaged" in result.text, not is_newer, result)
                with open(self.home.file, "rb") as file:
                    self.assertEqual(file.read(), bad)

    def test_enc_109_a_missing_key_is_damage(self):
        """Never made anew while records exist."""
        self.home.seed((self.server.url, self.plant(loomtest.marker("stored"))))
        os.unlink(os.path.join(self.home.data, "vault.key"))
        self.check_refused(9)
        self.assertFalse(os.path.exists(os.path.join(self.home.data, "vault.key")))

    def test_what_cannot_be_stored_in_the_end_is_revoked(self):
        """The place goes bad while the person approves: the token must not live on unseen."""
        server = self.start_server()
        for name, alive in (("", 0), ("logout-500", 1)):
            home = self.new_home()
            program = self.start("login", server.url, home=home)
            program.expect("Waiting")
            server.misbehave(name)
            os.mkdir(home.file, 0o700)
            server.approve()
            result = program.finish()
            self.assertEqual(result.status, 8, result)
            self.assertEqual(server.state()["tokens"], alive)
            self.assertIn("had approved the sign-in already", result.said)
            self.assertEqual("ended there again" in result.said, alive == 0, result)

    def test_mem_06_no_descriptor_and_no_memory_lock_to_spare(self):
        result = self.start("-c", 'ulimit -n 32 -l 0; exec "$@"', "sh", loomtest.LOOM, "login",
                            self.server.url, program="/bin/sh").finish()
        self.assertEqual(result.status, 0, result)

    def test_fs_165_a_file_size_limit_is_told(self):
        """SIGXFSZ does not kill it, and nothing half-written stays."""
        result = self.start("-c", 'ulimit -f 0; exec "$@"', "sh", loomtest.LOOM, "login",
                            self.server.url, program="/bin/sh").finish()
        self.assertEqual(result.status, 8, result)
        self.assertEqual(self.server.requests(), [])
        self.assertEqual(self.home.stored(), {})

    def test_env_08_a_working_folder_that_is_gone(self):
        folder = os.path.join(self.home.folder, "gone")
        os.mkdir(folder)
        result = self.start("-c", 'rmdir "$1"; shift; exec "$@"', "sh", folder, loomtest.LOOM,
                            "login", self.server.url, "--with-token", program="/bin/sh",
                            cwd=folder, stdin=self.server.issue_token().encode()).finish()
        self.assertEqual(result.status, 0, result)

    def test_env_08_no_temporary_folder_is_needed(self):
        self.give(self.server, env={"TMPDIR": "/dev/null"})


if __name__ == "__main__":
    loomtest.main()
