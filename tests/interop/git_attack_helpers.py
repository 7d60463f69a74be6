# SPDX-License-Identifier: Apache-2.0
"""Other helpers before and after ours, and hostile questions through git's own plumbing. What git's chain
does by design is shown as it is; ours answers for its server, stores nothing, and forgets nothing."""
import os

import gitattack
import loomtest
from gitattack import HOST, REPOSITORY, URL

OTHER = loomtest.marker("another helper's", "pw")
QUESTION = f"protocol=https\nhost={HOST}\n\n"


def helper(*lines):
    """A helper that answers these lines to get, as git's configuration spells it."""
    text = "".join(f"echo {line};" for line in lines)
    return f"credential.helper=!f() {{ [ \"$1\" != get ] || {{ cat >/dev/null; {text} }}; }}; f"


def chain(*helpers):
    """These instead of what is configured; "loom" is ours."""
    options = ["-c", "credential.helper="]
    for one in helpers:
        options += ["-c", one if "=" in one else f"credential.helper={one}"]
    return options


class GitAttackHelpers(gitattack.GitAttack):
    def data_files(self):
        return sorted(os.listdir(self.home.data))

    def ask(self, *options, text=QUESTION, status=0, **more):
        """The lines that `git credential fill` prints for this chain."""
        result = self.git(*options, "credential", "fill", stdin=text.encode(), status=status, **more)
        result.is_door = True
        return result.out.decode().splitlines()

    # ---- Before and after ours ----

    def test_git_21_127_another_helpers_answer_comes_first(self):
        """git asks no further, and offers ours what the other said: to keep, or to forget."""
        options = chain(helper("username=oauth2", f"password={OTHER}"), "loom")
        self.assertIn(f"password={OTHER}", self.ask(*options))
        attack = self.start_attack(*options, "ls-remote", URL + REPOSITORY)()
        self.assertEqual(attack.result.status, 128, attack)  # and erase was called with it
        self.assertNotIn("refused.json", self.data_files())
        # The other way round ours answers, and the other one is not asked.
        self.assertIn(f"password={self.token}", self.ask(*chain("loom", helper(f"password={OTHER}"))))
        self.assertEqual([row["path"] for row in self.server.log() if row["path"].endswith("/auth/me")], [])

    def test_git_15_128_half_an_answer_from_another(self):
        self.assertIn(f"password={self.token}", self.ask(*chain(helper("username=oauth2"), "loom")))
        for lines in (["username=bob"], ["username="], ["quit=1"], ["username=bob", "quit=1"]):
            self.assertEqual(self.ask(*chain(helper(*lines), "loom"), status=128), [])
        # A password without a name is none for us; git puts ours in its place.
        self.assertIn(f"password={self.token}", self.ask(*chain(helper(f"password={OTHER}"), "loom")))

    def test_git_129_a_helper_in_front_can_change_the_question(self):
        """git takes host and protocol from a helper's answer, too, and asks the next for that. Who
        configures helpers runs commands as you: nothing here could tell the difference."""
        options = chain(helper(f"host={HOST}"), "loom")
        text = "protocol=https\nhost=evil.example\n\n"
        self.assertIn(f"password={self.token}", self.ask(*options, text=text))
        # What a question cannot be, it cannot be by this way either.
        for lines in ([f"host={HOST}.evil.example"], ["protocol=http"], ["host="],
                      [f"host={HOST}", "username=bob"], [f"url=http://{HOST}/"]):
            self.ask(*chain(helper(*lines), "loom"),
                     text="protocol=https\nhost=evil.example\n\n", status=128)

    def test_git_130_ours_more_than_once(self):
        lines = self.ask(*chain("loom", "loom", f"loom --server {URL}", "loom"))
        self.assertEqual(lines.count(f"password={self.token}"), 1)
        self.assertEqual(len(lines), 4)
        self.ask(*chain("loom", "loom", "loom"), text="protocol=https\nhost=evil.example\n\n",
                 status=128)

    def test_git_131_an_empty_helper_ends_what_stood_before(self):
        """The way to keep git's `store` away from our answer."""
        kept = os.path.join(self.home.path, ".git-credentials")
        finish = self.start_attack("-c", "credential.helper=store", *chain("loom"), "ls-remote",
                                   URL + REPOSITORY)
        self.assertEqual(finish().result.status, 0)
        self.assertFalse(os.path.exists(kept))
        # Behind ours it gets our answer from git, and writes it down readable.
        finish = self.start_attack(*chain("loom", "store"), "ls-remote", URL + REPOSITORY)
        self.assertEqual(finish().result.status, 0)
        with open(kept) as file:
            self.assertIn(self.token, file.read())
        os.unlink(kept)

    def test_git_132_a_user_name_that_was_configured(self):
        for option in ("credential.username=bob", f"credential.{URL}.username=bob"):
            self.ask("-c", option, status=128)
        for option in ("credential.username=ada", "credential.username=oauth2"):
            self.assertIn(f"password={self.token}", self.ask("-c", option))

    # ---- Kept and forgotten ----

    def test_git_21_23_133_approve_and_reject_of_what_is_not_ours(self):
        for operation in ("approve", "reject"):
            for fields in (
                    {"username": "oauth2", "password": OTHER}, {"username": "bob", "password": OTHER},
                    {"username": "oauth2", "password": self.token, "protocol": "http"},
                    {"username": "oauth2", "password": self.token, "host": f"{HOST}.evil.example"},
                    {"username": "oauth2", "password": self.token, "host": "evil.example"},
                    {"username": "oauth2", "password": self.token[:-1]}, {"username": "oauth2"}, {},
                    {"password": OTHER}, {"username": "x" * 70000, "password": OTHER},
                    {"username": "oauth2", "password": "x" * 300000}):
                text = "".join(f"{name}={value}\n" for name, value in
                               {"protocol": "https", "host": HOST, **fields}.items())
                self.git("credential", operation, stdin=text.encode() + b"\n",
                         env={"SPY": os.devnull})
        self.assertEqual(self.data_files(), ["vault.key"])
        self.assertIn(f"password={self.token}", self.ask(env={"SPY": os.devnull}))

    def test_git_23_134_a_rejected_token_is_noted_and_asked_about(self):
        """Anybody who can run git can say that a token is bad: that alone ends nothing."""
        env = {"SPY": os.devnull, "HTTPS_PROXY": self.router.url}
        text = f"protocol=https\nhost={HOST}\nusername=oauth2\npassword={self.token}\n\n"
        for _ in range(3):
            self.git("credential", "reject", stdin=text.encode(), env=env)
        self.assertIn("refused.json", self.data_files())
        self.assertIn(f"password={self.token}", self.ask(env=env))
        self.assertEqual(self.server.requests().count("GET /auth/me"), 1)

    # ---- Questions ----

    def test_git_135_hostile_questions_through_the_plumbing(self):
        for text in (f"url=https://evil.example/{HOST}\n\n", f"url=https://{HOST}@evil.example\n\n",
                     f"url={URL}\nhost=evil.example\n\n", f"host={HOST}\nurl=https://evil.example\n\n",
                     f"protocol=https\nhost={HOST}/\n\n", f"protocol=https\nhost={HOST}?\n\n",
                     f"protocol=https\nhost=@{HOST}\n\n", f"protocol=https\nhost=x@{HOST}\n\n",
                     f"protocol=https\nhost= {HOST}\n\n", f"protocol=https\nhost={HOST} \n\n",
                     f"protocol=https\nhost={HOST}\thost={HOST}\n\n",
                     f"protocol=https\nhost={HOST}\nhost=evil.example\n\n",
                     f"protocol=https\nhost=evil.example\npath={HOST}\n\n",
                     f"protocol=https\nhost=evil.example\npath=info/lfs\nusername={HOST}\n\n",
                     f"protocol=https\nhost={HOST}:443:443\n\n", f"protocol=https\nhost={HOST}:\n\n"):
            for options in ((), ("-c", "credential.useHttpPath=true")):
                result = self.git(*options, "credential", "fill", stdin=text.encode(), status=128,
                                  env={"SPY": os.devnull})
                self.assertEqual(result.out, b"")

    def test_git_28_136_questions_without_bounds(self):
        """git drops what it does not know; what it hands on without a cap is refused by ours."""
        many = "".join(f"x{number}=y\n" for number in range(1000000))
        self.assertIn(f"password={self.token}", self.ask(text=many + QUESTION,
                                                         env={"SPY": os.devnull}))
        for field in ("username", "path", "host"):
            text = f"protocol=https\n{field}={'x' * (8 << 20)}\n"
            if field != "host":
                text += f"host={HOST}\n"
            self.git("-c", "credential.useHttpPath=true", "credential", "fill",
                     stdin=text.encode() + b"\n", status=128, env={"SPY": os.devnull})

    # ---- Who is asked instead, and what is written down ----

    def test_git_137_askpass_gets_what_the_helper_does_not_answer(self):
        """For a stranger git asks whom it is told to ask; for the server nobody."""
        asked = os.path.join(self.folder, "asked")
        program = os.path.join(self.bin, "askpass")
        with open(program, "w") as file:
            file.write(f'#!/bin/sh\necho "$1" >>{asked}\necho typed\n')
        os.chmod(program, 0o755)
        for env in ({"GIT_ASKPASS": program}, {"SSH_ASKPASS": program}):
            self.check_server_lets_in(env=env)
            self.assertFalse(os.path.exists(asked))
        attack, = self.attack("https://evil.example/x", env={"GIT_ASKPASS": program})
        with open(asked) as file:
            self.assertIn("https://evil.example", file.read())
        sent = [headers.get("Authorization") for _, _, headers in self.stranger.seen]
        self.assertIn("Basic dHlwZWQ6dHlwZWQ=", sent)  # typed:typed

    def test_git_27_138_every_trace_at_once(self):
        traces = {name: "1" for name in (
            "GIT_TRACE", "GIT_TRACE_CURL", "GIT_CURL_VERBOSE", "GIT_TRACE_PACKET", "GIT_TRACE2",
            "GIT_TRACE2_EVENT", "GIT_TRACE_SETUP", "GIT_TRACE_PERFORMANCE", "GCM_TRACE")}
        traces["LOOM_DEBUG"] = "2"
        self.check_server_lets_in(env=traces)
        self.attack(f"https://{HOST}.evil.example/x", env=traces)
        # GIT_TRACE_REDACT=0 makes git itself print what it sends. Ours keeps still.
        result = self.helper("get", QUESTION.encode(), env={**traces, "GIT_TRACE_REDACT": "0"})
        self.assertEqual(self.answer(result)["password"], self.token)

    def test_git_139_old_and_new_protocols_and_pushes(self):
        for version in ("0", "1", "2"):
            attack, = self.attack(f"https://{HOST}.evil.example/x",
                                  options=("-c", f"protocol.version={version}"))
            self.check_asked(attack, host=f"{HOST}.evil.example")
        self.git("clone", "-q", URL + REPOSITORY, env={"SPY": self.new_spy()})
        for url in (f"https://{HOST}.evil.example/x", f"http://{HOST}/x", f"https://{HOST}@evil.example/x"):
            self.in_clone("push", "-q", url, "main", status=128, env={"SPY": self.new_spy()})
        self.assertTrue(any("git-receive-pack" in path for _, path, _ in self.stranger.seen))


if __name__ == "__main__":
    loomtest.main(3)
