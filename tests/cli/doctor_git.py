# SPDX-License-Identifier: Apache-2.0
"""What `loom doctor` finds about git and its helpers, which are real ones."""
import json
import os
import shutil
import signal
import subprocess

import loomtest
import schema

HIDDEN = loomtest.marker("helper's own", "secret")


class Case(loomtest.Case):
    server_options = ()

    def setUp(self):
        super().setUp()
        self.token = self.give(self.server)

    def git(self, *words, stdin=b""):
        done = subprocess.run(["git", *words], env=self.home.environment(), input=stdin,
                              capture_output=True, timeout=60, check=True, cwd=self.folder)
        return done.stdout.decode()

    def helper_is(self, *values):
        for value in values:
            self.git("config", "--global", "--add", "credential.helper", value)

    def doctor(self, status=0, **more):
        argv = ("doctor", "--server", self.server.url)
        result = self.loom(*argv, "--json", status=status, **more)
        said = self.loom(*argv, status=status, **more)
        for output in (result.out, result.err, said.out, said.err):
            self.assertNotIn(HIDDEN.encode(), output)
        self.report = said.out.decode()
        return schema.check_doctor(self, result)

    def answers(self, rows):
        """[(name, answer)] in git's order."""
        found = [rows[name]["data"] for name in rows if name.startswith("git.helper.")]
        return [(row["name"], row["answer"]) for row in found]

    def script(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o755)
        return path

    def setup_git(self):
        self.loom("setup-git", "--server", self.server.url)


class Chain(Case):
    def test_git_does_not_know_us(self):
        rows = self.doctor()
        self.assertEqual((rows["git.own"]["status"], rows["git.own"]["data"]["program"]),
                         ("warn", "not_asked"))
        self.assertIn(f"    loom setup-git --server {self.server.url}", self.report.splitlines())
        self.setup_git()
        rows = self.doctor()
        self.assertEqual((rows["git.own"]["status"], self.answers(rows)),
                         ("ok", [("loom", "this_sign_in")]))

    def test_git_knows_us_and_nobody_is_signed_in(self):
        self.setup_git()
        self.loom("logout", "--server", self.server.url)
        row = self.doctor()["git.helper.1"]
        self.assertEqual((row["status"], row["data"]["answer"]), ("warn", "nothing"))
        self.assertIn("loom login", row["fix"])

    def test_a_store_that_holds_a_copy(self):
        self.helper_is("store")
        rows = self.doctor()
        self.assertEqual(self.answers(rows), [("store", "nothing")])
        self.assertEqual(rows["git.copies"]["data"], {"would_get": ["store"], "have": []})
        self.git("credential-store", "store", stdin=(
            f"protocol=http\nhost={self.server.host}\nusername=oauth2\npassword={self.token}\n\n"
        ).encode())
        rows = self.doctor()
        os.unlink(os.path.join(self.home.path, ".git-credentials"))
        self.assertEqual(self.answers(rows), [("store", "this_sign_in")])
        self.assertEqual((rows["git.copies"]["status"], rows["git.copies"]["data"]["have"]),
                         ("warn", ["store"]))

    def test_one_that_answers_with_something_else(self):
        path = self.script("other", f"echo username=a; echo password={HIDDEN}")
        self.helper_is(path)
        rows = self.doctor()
        self.assertEqual(self.answers(rows), [(None, "another")])
        self.assertEqual(rows["git.helper.1"]["status"], "warn")

    def test_a_command_is_not_shown(self):
        self.helper_is(f"!f() {{ echo username=a; echo password={HIDDEN}; }}; f")
        self.assertEqual(self.answers(self.doctor()), [(None, "another")])

    def test_garbage_missing_and_silence(self):
        self.helper_is(self.script("garbage", f"echo nonsense {HIDDEN}"), "/nowhere/helper",
                       "nosuchhelper", self.script("silent", "exit 1"))
        self.assertEqual([answer for _, answer in self.answers(self.doctor())],
                         ["garbage", "missing", "missing", "nothing"])

    def test_more_helpers_than_anybody_has(self):
        with open(os.path.join(self.home.path, ".gitconfig"), "w") as file:
            file.write("[credential]\n" + "\thelper = nosuchhelper\n" * 120)
        answers = self.answers(self.doctor())
        self.assertEqual((len(answers), answers[0], answers[-1]),
                         (120, ("nosuchhelper", "missing"), ("nosuchhelper", "not_run")))
        with open(os.path.join(self.home.path, ".gitconfig"), "w") as file:
            for i in range(250):
                file.write(f'[credential "https://{i}.example.com"]\n\thelper = store\n')
        row = self.doctor()["git.own"]
        self.assertEqual(row["status"], "warn")
        self.assertIn("more helpers", row["message"])

    def test_one_that_hangs(self):
        self.helper_is(self.script("hangs", "exec sleep 60"))
        argv = ("doctor", "--server", self.server.url, "--json")
        result = self.loom(*argv)
        rows = schema.check_doctor(self, result)
        self.assertEqual(self.answers(rows), [(None, "hangs")])
        self.assertEqual(rows["git.helper.1"]["status"], "warn")
        self.assertLess(result.took_s, 20)

    def test_stopped_while_one_hangs_nothing_is_summed_up(self):
        told = os.path.join(self.folder, "runs")
        self.helper_is(self.script("hangs", f"echo >> {told}; exec sleep 60"))
        for words in ((), ("--json",)):
            program = self.start("doctor", "--server", self.server.url, *words)
            self.wait_for(lambda: os.path.exists(told))
            program.signal(signal.SIGINT)
            result = program.finish()
            self.assertEqual(result.status, -signal.SIGINT)
            self.assertNotIn(b"Everything that was checked", result.out)
            if words:
                self.assertEqual(json.loads(result.out)["error"]["code"], "interrupted")
            os.unlink(told)

    def test_nobody_is_asked_at_the_terminal_or_by_a_program(self):
        told = os.path.join(self.folder, "asked")
        asks = self.script("asks", f"echo >> {told}; echo x")
        self.git("config", "--global", "core.askPass", asks)
        self.helper_is(self.script("silent", "exit 0"))
        self.doctor(env={"GIT_ASKPASS": asks, "SSH_ASKPASS": asks, "DISPLAY": ":1"})
        program = self.start("doctor", "--server", self.server.url,
                             terminal={"stdin", "stdout", "stderr"})
        self.assertEqual(program.finish().status, 0)
        self.assertFalse(os.path.exists(told), "somebody was asked")

    def test_git_that_cannot_read_its_configuration(self):
        with open(os.path.join(self.home.path, ".gitconfig"), "w") as file:
            file.write("[credential\n")
        self.assertEqual(self.doctor()["git.version"]["status"], "fail")

    def test_no_git(self):
        rows = self.doctor(env={"PATH": self.folder})
        self.assertEqual(rows["git.version"]["status"], "skipped")


class Own(Case):
    """Our own helper, as git is told to run it."""

    def own(self, value):
        self.git("config", "--global", f"credential.{self.server.url}.helper", value)
        return self.doctor()["git.own"]

    def test_a_path_that_is_gone_or_not_to_be_run(self):
        words = f"credential-helper --server {self.server.url}"
        row = self.own(f"/gone/loom {words}")
        self.assertEqual((row["status"], row["data"]["program"]), ("fail", "missing"))
        path = os.path.join(self.folder, "loom")
        open(path, "w").close()
        row = self.own(f"{path} {words}")
        self.assertEqual((row["status"], row["data"]["program"]), ("fail", "not_runnable"))

    def test_another_version_and_another_copy(self):
        folder = os.path.join(self.folder, "bin")
        os.makedirs(folder)
        path = os.path.join(folder, "loom")
        with open(path, "w") as file:
            file.write("#!/bin/sh\necho loom 99.0\n")
        os.chmod(path, 0o755)
        row = self.own(f"{path} credential-helper")
        self.assertEqual((row["status"], row["data"]["program"]), ("warn", "another_version"))
        shutil.copy(loomtest.LOOM, path)
        row = self.own(f"{path} credential-helper")
        self.assertEqual((row["status"], row["data"]["program"]), ("ok", "another_program"))

    def test_a_token_of_the_environment_is_not_handed_on(self):
        self.setup_git()
        rows = self.doctor(env={"LOOM_TOKEN": self.token, "LOOM_SERVER": self.server.url})
        self.assertEqual(self.answers(rows), [("loom", "not_run")])


if __name__ == "__main__":
    loomtest.main()
