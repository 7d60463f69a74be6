# SPDX-License-Identifier: Apache-2.0
"""The harness notices: each law that the stories lean on is broken here on purpose."""
import base64
import os
import signal
import subprocess
import sys
import time

import leaks
import loomtest
import programs
import vault

SECRET = loomtest.marker("harness")


class Harness(loomtest.Case):
    """`sh` stands in for a program that misbehaves."""

    def run_script(self, script, *argv, **more):
        return self.start("-c", script, "sh", *argv, program="/bin/sh", **more).finish()

    def check_noticed(self, words, check=None):
        """The checks that follow each case fail, and say this; then there is nothing left to say."""
        with self.assertRaises(AssertionError) as caught:
            (check or self.check_everything)()
        self.assertIn(words, str(caught.exception))
        self.results.clear()
        self.planted.clear()

    def test_a_secret_in_every_form(self):
        raw = SECRET.encode()
        forms = [raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode(), raw[5:20],
                 base64.b64encode(raw), base64.b64encode(b"x" + raw), base64.b64encode(b"xy" + raw),
                 base64.urlsafe_b64encode(b"user:" + raw), SECRET.encode("utf-16-le"),
                 "".join(f"%{byte:02X}" for byte in raw).encode()]
        for form in forms:
            self.assertIsNotNone(leaks.find(SECRET, b"before " + form + b" behind"), form)
        for harmless in (b"", b"lt_", loomtest.marker("other").encode(),
                         base64.b64encode(os.urandom(10000))):
            self.assertIsNone(leaks.find(SECRET, harmless))

    def test_a_secret_in_an_output(self):
        for script in ('echo "$SECRET"', 'echo "$SECRET" | rev >&2', 'echo "$SECRET" | base64'):
            self.plant(SECRET)
            self.run_script(script, env={"SECRET": SECRET})
            self.check_noticed("a secret stands")

    def test_a_secret_in_arguments_and_in_the_environment_of_a_child(self):
        """The child runs until it has been looked at, however busy the machine is."""
        for script, kind, text in (('sh -c "cat; : $S"', "cmdline", SECRET),
                                   ("T=$S cat", "environ", "T=" + SECRET)):
            self.plant(SECRET)
            program = self.start("-c", script, program="/bin/sh", env={"S": SECRET}, stdin=None)
            self.wait_for(lambda: any(text.encode() in data for seen, _, data
                                      in program.seen.copy() if seen == kind))
            program.close_stdin()
            program.finish()
            self.check_noticed("a secret stands")

    def test_a_secret_that_a_child_inherits(self):
        """What is ours goes to no child; what is the user's, a proxy's password say, may."""
        for name, is_leak in (("LOOM_S", True), ("S_PROXY", False)):
            self.plant(SECRET)
            program = self.start("-c", "cat; :", program="/bin/sh", env={name: SECRET}, stdin=None)
            self.wait_for(lambda: any(kind == "environ" and pid != program.process.pid
                                      for kind, pid, _ in program.seen.copy()))
            self.wait_for(lambda: (b"cat\0") in {data for kind, _, data in program.seen.copy()
                                                 if kind == "cmdline"})
            program.close_stdin()
            program.finish()
            if is_leak:
                self.check_noticed("a secret stands")
            self.check_secrets()
            self.planted.clear()

    def test_a_secret_in_a_file(self):
        for path in (self.home.path + "/note", self.home.config + "/credentials.json"):
            self.plant(SECRET)
            os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
            with open(path, "w") as file:
                file.write(SECRET)
            os.chmod(path, 0o600)
            self.check_noticed("a secret stands as it is")
            os.unlink(path)
        self.plant(SECRET)
        os.symlink(SECRET, self.home.path + "/link")
        self.check_noticed("a secret stands as it is")
        os.unlink(self.home.path + "/link")

    def test_the_key_of_the_vault(self):
        self.home.seed(("https://loom.example.com", SECRET))
        with open(os.path.join(self.home.path, "copy"), "wb") as file:
            file.write(vault.root_key(self.home.data))
        self.check_noticed("the vault's key stands")
        os.unlink(os.path.join(self.home.path, "copy"))

    def test_files_that_are_loose_or_stay_behind(self):
        self.home.seed(("https://loom.example.com", SECRET))
        for path, mode in ((self.home.file, 0o644), (self.home.config, 0o750)):
            before = os.stat(path).st_mode & 0o777
            os.chmod(path, mode)
            self.check_noticed(f"{path} is {mode:o}")
            os.chmod(path, before)
        for path in (self.home.config + "/.credentials.json.x7Yb", self.home.tmp + "/x"):
            os.close(os.open(path, os.O_CREAT, 0o600))
            self.check_noticed("stays")
            os.unlink(path)

    def test_lines_that_do_not_fit(self):
        for script, words in (('printf "%081d\\n" 1', "wider than 80"),
                              (r'printf "a\033[2Jb\n" >&2', "control characters"),
                              (r'printf "a\342\200\256b\n"', "control characters"),
                              ('echo "==1==ERROR: AddressSanitizer: x" >&2', "Sanitizer")):
            self.run_script(script)
            self.check_noticed(words)
        self.run_script('printf "    %081d\\n" 1')

    def test_programs_that_do_not_end(self):
        self.check_noticed("still running after", lambda: self.start(
            "-c", "sleep 60", program="/bin/sh").finish(0.3))
        self.check_noticed("left running", lambda: self.run_script("sleep 60 >&- 2>&- & :"))

    def test_a_test_that_is_killed(self):
        """What it had started ends as well, and its folder goes."""
        folder = os.path.join(self.folder, "of the killed")
        os.mkdir(folder)
        script = ("import sys, time, programs, watchdog\n"
                  "watchdog.tell('folder', sys.argv[1])\n"
                  "program = programs.Program(['/bin/sleep', '600'], {})\n"
                  "print(program.pid, flush=True)\n"
                  "time.sleep(600)\n")
        with subprocess.Popen([sys.executable, "-B", "-c", script, folder], text=True,
                              stdout=subprocess.PIPE) as test:
            child = int(test.stdout.readline())
            self.assertEqual(programs.session_of(child), child)
            test.kill()
        self.wait_for(lambda: programs.session_of(child) is None)
        self.wait_for(lambda: not os.path.exists(folder))

    def test_a_case_that_is_slow(self):
        """It is tried again, unless something else is wrong as well. Each try is a new object."""
        class Slow(loomtest.Case):
            faults, tries, place = (), 0, self.folder

            def runTest(self):
                fault = self.faults[self.tries]
                type(self).tries += 1
                self.check_quick(2, 1 if fault == "slow" else 3)
                self.assertNotEqual(fault, "wrong")

        for faults, fails in ((("slow", "slow", ""), False), (("slow",) * 3, True),
                              (("slow", "wrong"), True), (("wrong",), True), (("",), False)):
            Slow.faults, Slow.tries = faults, 0
            bad, _ = loomtest.try_case(Slow("runTest"))
            self.assertEqual(bool(bad), fails, faults)
            self.assertEqual(Slow.tries, len(faults))

    def test_a_terminal(self):
        program = self.start(program="/bin/cat", terminal={"stdin", "stdout"})
        program.type(b"hello\r")
        program.expect("hello\r\nhello\r\n", "stdout")
        began = time.monotonic()
        program.type(b"\x03")
        result = program.finish()
        self.assertEqual(result.status, -signal.SIGINT)
        self.check_quick(time.monotonic() - began, 10)
        self.check_noticed("did not come", lambda: self.start(
            "-c", "echo no", program="/bin/sh").expect("yes"))
        self.assertIsInstance(result, programs.Result)

    def test_the_vault_is_checked(self):
        self.home.seed(("https://loom.example.com", SECRET))
        self.assertEqual(self.home.tokens(), {"https://loom.example.com": SECRET})
        self.home.damage()
        self.check_noticed("the mac is wrong", self.home.stored)
        # FIPS 197, appendix C.3, and the GCM specification's test case 16.
        key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
        text = bytes.fromhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c"
                             "95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
        more = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        sealed = vault.seal(key, bytes.fromhex("cafebabefacedbaddecaf888"), more, text)
        self.assertEqual(sealed[-16:].hex(), "76fc6ece0f4e1768cddf8853bb2d551b")


if __name__ == "__main__":
    loomtest.main()
