# SPDX-License-Identifier: Apache-2.0
"""Repositories: real git clones, fetches and pushes through the real server, and nobody else does."""
import base64
import gzip
import http.client
import os
import pathlib
import socket
import subprocess
import threading
import unittest

import harness


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def is_running(process):
    """Is there such a process, dead ones that nobody has buried aside?"""
    try:
        return pathlib.Path(f"/proc/{process}/cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False


def children_of_thread(thread):
    """A thread that has ended meanwhile has left its children to the others."""
    try:
        return (thread / "children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def children_of(process):
    """The processes that this one has started and not yet buried."""
    threads = pathlib.Path(f"/proc/{process}/task").iterdir()
    return [child for thread in threads for child in children_of_thread(thread)]


class GitCase(harness.Case):
    def setUp(self):
        super().setUp()
        self.repos = self.folder / "repos"
        self.bare = self.repos / "ada" / "engine.git"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", self.bare)

    def git(self, *arguments, folder=None, expect=0, **environment):
        """Real git, which knows nothing of this machine. Returns what it said."""
        done = subprocess.run(
            ["git", *map(str, arguments)], cwd=folder or self.folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=120, env={**harness.clean_environment(self.folder), "GIT_CONFIG_NOSYSTEM": "1",
                              "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0",
                              "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org",
                              "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.org",
                              "no_proxy": "*", **environment})
        self.assertEqual(done.returncode != 0, bool(expect), done.stdout)
        return done.stdout

    def serve_git(self, *options, **more):
        return self.serve("--repos", self.repos, *options, **more)

    def address(self, server, token, repository="ada/engine.git"):
        return server.url.replace("://", f"://oauth2:{token}@") + "/git/" + repository

    def commit(self, clone, name="file", content=b"content\n"):
        (clone / name).write_bytes(content)
        self.git("add", name, folder=clone)
        self.git("commit", "--quiet", "--message", "change", folder=clone)

    def push_first(self, server, token, content=b"content\n"):
        clone = self.folder / "first"
        self.git("clone", "--quiet", self.address(server, token), clone)
        self.commit(clone, content=content)
        self.git("push", "--quiet", "origin", "HEAD:main", folder=clone)
        return clone

    def head(self, folder):
        return self.git("rev-parse", "HEAD", folder=folder).strip()


class RoundTrip(GitCase):
    def round_trip(self, server, **environment):
        """Clone, push, clone elsewhere, push there, fetch here."""
        token = server.sign_in()
        address = self.address(server, token)
        first, second = self.folder / "one", self.folder / "two"
        self.git("clone", "--quiet", address, first, **environment)
        self.commit(first)
        self.git("push", "--quiet", "origin", "HEAD:main", folder=first, **environment)
        self.assertEqual(self.head(first), self.head(self.bare))
        self.git("clone", "--quiet", address, second, **environment)
        self.commit(second, "other")
        self.git("push", "--quiet", "origin", "main", folder=second, **environment)
        self.git("pull", "--quiet", "origin", "main", folder=first, **environment)
        self.assertEqual((first / "other").read_bytes(), b"content\n")
        self.assertEqual(self.head(first), self.head(self.bare))
        return token

    def test_clone_push_and_fetch_over_http(self):
        server = self.serve_git()
        token = self.round_trip(server)
        entries = [entry for entry in server.log() if entry["git"]]
        self.assertEqual({entry["authorization"] for entry in entries if entry["status"] == 200},
                         {"basic"})
        self.assertNotIn(token, server.log_file.read_text())

    def test_clone_push_and_fetch_over_https_below_a_path(self):
        cert, key = harness.make_certificate(self.folder)
        server = self.serve_git("--cert", cert, "--key", key, "--base-path", "/team/loom", cert=cert)
        self.round_trip(server, GIT_SSL_CAINFO=str(cert))

    def round_trip_with_protocol(self, version):
        self.round_trip(self.serve_git(), GIT_CONFIG_COUNT="1", GIT_CONFIG_VALUE_0=version,
                        GIT_CONFIG_KEY_0="protocol.version")

    def test_clone_push_and_fetch_with_protocol_0(self):
        self.round_trip_with_protocol("0")

    def test_clone_push_and_fetch_with_protocol_1(self):
        self.round_trip_with_protocol("1")

    def test_pushes_are_made_in_the_name_of_the_account(self):
        self.git("config", "core.logAllRefUpdates", "always", folder=self.bare)
        server = self.serve_git("--username", "grace")
        self.push_first(server, server.sign_in())
        self.assertIn("grace <grace@http.127.0.0.1>", (self.bare / "logs/refs/heads/main").read_text())

    def test_hooks_speak_to_the_person_who_pushes(self):
        hook = self.bare / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\necho 'not today' >&2\nexit 1\n")
        hook.chmod(0o755)
        server = self.serve_git()
        clone = self.folder / "clone"
        self.git("clone", "--quiet", self.address(server, server.sign_in()), clone)
        self.commit(clone)
        said = self.git("push", "origin", "HEAD:main", folder=clone, expect=1)
        self.assertIn("not today", said)
        self.assertIn("pre-receive hook declined", said)


class Bodies(GitCase):
    def test_large_push_comes_in_chunks_and_large_clone_goes_out(self):
        server = self.serve_git()
        token = server.sign_in()
        clone = self.folder / "clone"
        self.git("clone", "--quiet", self.address(server, token), clone)
        content = os.urandom(20_000_000)
        self.commit(clone, content=content)
        self.git("-c", "http.postBuffer=65536", "push", "--quiet", "origin", "HEAD:main", folder=clone)
        pushed = [entry for entry in server.log() if entry["path"].endswith("git-receive-pack")]
        self.assertGreater(pushed[-1]["body_len"], len(content))
        second = self.folder / "second"
        self.git("clone", "--quiet", self.address(server, token), second)
        self.assertEqual((second / "file").read_bytes(), content)

    def test_gzip_body_reaches_git(self):
        server = self.serve_git()
        token = server.sign_in()
        clone = self.push_first(server, token)
        for number in range(60):  # git compresses what is longer than 1024 bytes
            self.git("branch", f"b{number}", folder=clone)
            self.commit(clone, f"f{number}")
        self.git("push", "--quiet", "origin", "--all", folder=clone)
        trace = self.folder / "trace"
        second = self.folder / "second"
        self.git("clone", "--quiet", self.address(server, token), second,
                 GIT_TRACE_CURL=str(trace), GIT_TRACE_CURL_NO_DATA="1")
        self.assertIn("content-encoding: gzip", trace.read_text().lower())
        self.assertEqual(len(self.git("branch", "--remotes", folder=second).splitlines()), 62)

    def test_chunked_gzip_body_without_a_length(self):
        server = self.serve_git()
        token = server.sign_in()
        clone = self.push_first(server, token)
        body = gzip.compress(
            f"0032want {self.head(clone)}\n00000009done\n".encode())
        connection = server.connect()
        connection.request("POST", "/git/ada/engine.git/git-upload-pack",
                           (body[i:i + 7] for i in range(0, len(body), 7)),
                           {**basic("oauth2", token), "Content-Encoding": "gzip",
                            "Content-Type": "application/x-git-upload-pack-request",
                            "Transfer-Encoding": "chunked"}, encode_chunked=True)
        answer = harness.Answer(connection.getresponse())
        connection.close()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/x-git-upload-pack-result")
        self.assertTrue(answer.body.startswith(b"0008NAK\nPACK"), answer.body[:40])

    def test_client_that_leaves_takes_its_git_along(self):
        server = self.serve_git()
        token = server.sign_in()
        clone = self.push_first(server, token, os.urandom(20_000_000))
        connection = server.connect()
        connection.request("POST", "/git/ada/engine.git/git-upload-pack",
                           f"0032want {self.head(clone)}\n00000009done\n",
                           {**basic("oauth2", token),
                            "Content-Type": "application/x-git-upload-pack-request"})
        response = connection.getresponse()
        self.assertTrue(response.read(8).startswith(b"0008NAK"))
        self.assertTrue(children_of(server.process.pid))
        response.close()
        connection.close()
        self.wait_for(lambda: not children_of(server.process.pid))

    def test_many_clones_at_once(self):
        server = self.serve_git()
        token = server.sign_in()
        content = os.urandom(2_000_000)
        self.push_first(server, token, content)
        failures = []

        def clone(number):
            try:
                target = self.folder / f"clone{number}"
                self.git("clone", "--quiet", self.address(server, token), target)
                assert (target / "file").read_bytes() == content
            except Exception as failure:  # pylint: disable=broad-except
                failures.append(failure)

        threads = [threading.Thread(target=clone, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


class Refusals(GitCase):
    REFS = "/info/refs?service=git-upload-pack"

    def test_nobody_comes_in_without_a_living_token(self):
        server = self.serve_git()
        token = server.sign_in()
        path = "/git/ada/engine.git" + self.REFS
        for headers in ({}, basic("oauth2", "lt_" + "0" * 40), basic("ada", token), basic("", token),
                        basic("oauth2", ""), basic(token, "oauth2"), {"Authorization": "Basic %%%"},
                        {"Authorization": "Bearer " + token},
                        {"Authorization": "Basic " + "A" * 8000}):
            answer = server.ask("GET", path, None, headers)
            self.assertEqual(answer.status, 401, headers)
            self.assertEqual(answer.headers["WWW-Authenticate"], 'Basic realm="Loom"')
        self.assertEqual(server.ask("GET", path, None, basic("oauth2", token)).status, 200)
        server.call("POST", "/auth/logout", token=token)
        self.assertEqual(server.ask("GET", path, None, basic("oauth2", token)).status, 401)
        said = self.git("clone", self.address(server, token), self.folder / "c", expect=1)
        self.assertIn("Authentication failed", said)

    def test_large_body_that_is_refused_is_heard_out_first(self):
        server = self.serve_git()
        answer = server.ask("POST", "/git/ada/engine.git/git-receive-pack", b"x" * 5_000_000,
                            {"Content-Type": "application/x-git-receive-pack-request"})
        self.assertEqual(answer.status, 401)
        self.assertEqual(server.log()[-1]["body_len"], 5_000_000)

    def test_client_that_asks_first_is_refused_before_its_body(self):
        server = self.serve_git()
        with socket.create_connection(("127.0.0.1", server.port), harness.DEADLINE_S) as raw:
            raw.sendall(b"POST /git/ada/engine.git/git-receive-pack HTTP/1.1\r\nHost: localhost\r\n"
                        b"Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
            self.assertTrue(raw.recv(4096).startswith(b"HTTP/1.1 401 "))

    def test_no_path_leads_out_of_the_repositories(self):
        server = self.serve_git()
        headers = basic("oauth2", server.sign_in())
        outside = self.folder / "outside.git"
        self.git("init", "--quiet", "--bare", outside)
        (self.repos / "ada" / "notes.txt").write_text("private")
        (self.repos / "ada" / ".hidden.git").symlink_to(self.bare)
        for path in ("/../outside.git/info/refs", "/ada/../../outside.git/info/refs",
                     "/ada/%2e%2e/%2e%2e/outside.git/info/refs", "/ada/..%2f..%2foutside.git/info/refs",
                     "/ada/engine.git/../../../outside.git/info/refs", "//outside.git/info/refs",
                     "/ada//engine.git/info/refs", "/./ada/engine.git/info/refs",
                     "/ada/engine/info/refs", "/ada/engine.git", "/ada/engine.git/", "/ada/notes.txt",
                     "/ada/notes.txt/x", "/ada/.hidden.git/info/refs", "/ada/-x.git/info/refs",
                     "/ada/engine.git/HEAD%00", "/ada/engine.git/%48EAD", "/ada/engine.git/config",
                     "/ada/engine.git/HEAD\\..\\x", "/ada/none.git/info/refs", "/",
                     "/ada/engine.git/objects/../config", "/eve/engine.git/info/refs"):
            answer = server.ask("GET", "/git" + path, None, headers)
            self.assertEqual(answer.status, 404, path)
        self.assertEqual(server.ask("GET", "/git/ada/engine.git/HEAD", None, headers).status, 200)

    def test_status_of_git_is_passed_on(self):
        server = self.serve_git()
        headers = basic("oauth2", server.sign_in())
        answer = server.ask("POST", "/git/ada/engine.git/git-upload-pack", "x",
                            {**headers, "Content-Type": "text/plain"})
        self.assertEqual(answer.status, 415)
        self.git("config", "http.receivepack", "false", folder=self.bare)
        refs = "/git/ada/engine.git/info/refs?service=git-receive-pack"
        self.assertEqual(server.ask("GET", refs, None, headers).status, 403)
        self.assertEqual(server.ask("PUT", refs, None, headers).status, 405)

    def test_without_repositories_there_is_nothing(self):
        server = self.serve()
        headers = basic("oauth2", server.sign_in())
        answer = server.ask("GET", "/git/ada/engine.git" + self.REFS, None, headers)
        self.assertEqual(answer.status, 404)


class Surroundings(GitCase):
    def test_git_sees_nothing_of_the_servers_environment(self):
        hook = self.bare / "hooks" / "post-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nenv >&2\n")
        hook.chmod(0o755)
        server = self.serve_git()
        clone = self.folder / "clone"
        self.git("clone", "--quiet", self.address(server, server.sign_in()), clone)
        self.commit(clone)
        said = self.git("push", "origin", "HEAD:main", folder=clone)
        self.assertIn("REMOTE_USER=ada", said)
        self.assertNotIn("HOME=", said)  # which the server itself has
        self.assertNotIn("lt_", said)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_repositories_of_somebody_else_are_served(self):
        for path in (self.repos, self.bare, *self.bare.rglob("*")):
            os.chown(path, 12345, 12345)
        server = self.serve_git()
        clone = self.push_first(server, server.sign_in())
        self.assertEqual(self.head(clone), self.git(
            "-c", f"safe.directory={self.bare}", "rev-parse", "main", folder=self.bare).strip())

    def test_end_of_the_server_ends_a_git_that_hangs(self):
        hook = self.bare / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        mark = self.folder / "mark"
        hook.write_text(f"#!/bin/sh\necho $$ > {mark}.new\nmv {mark}.new {mark}\nexec sleep 600\n")
        hook.chmod(0o755)
        server = self.serve_git()
        clone = self.folder / "clone"
        self.git("clone", "--quiet", self.address(server, server.sign_in()), clone)
        self.commit(clone)
        thread = threading.Thread(target=self.git, args=("push", "origin", "HEAD:main"),
                                  kwargs={"folder": clone, "expect": 1})
        thread.start()
        self.wait_for(mark.exists)
        status, said = server.stop()
        self.assertEqual(status, 0, said)
        thread.join(harness.DEADLINE_S)
        self.wait_for(lambda: not is_running(mark.read_text().strip()))


class Gateway(GitCase):
    """What lies between the two, with a git of our own that does what real ones seldom do."""

    def ask_fake(self, script, body=b"", **headers):
        fake = self.folder / "bin" / "git"
        fake.parent.mkdir()
        fake.write_text("#!/bin/sh\n" + script)
        fake.chmod(0o755)
        server = self.serve_git(PATH=f"{fake.parent}:{os.environ['PATH']}")
        self.server = server
        return server.ask("POST", "/git/ada/engine.git/git-upload-pack?a=b&c", body,
                          {**basic("oauth2", server.sign_in()), **headers})

    def test_git_may_speak_long_before_it_listens(self):
        answer = self.ask_fake("printf 'Content-Type: text/plain\\n\\n'\n"
                               "head -c 3000000 /dev/zero\nwc -c", b"x" * 3_000_000)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body[:3_000_000].count(b"\0"), 3_000_000)
        self.assertEqual(answer.body[3_000_000:].strip(), b"3000000")

    def test_git_that_says_too_much_too_early_is_stopped(self):
        self.assertRaises((OSError, http.client.HTTPException), self.ask_fake,
                          "head -c 30000000 /dev/zero\nwc -c", b"x" * 3_000_000)
        self.wait_for(lambda: not children_of(self.server.process.pid))

    def test_git_need_not_hear_everything(self):
        answer = self.ask_fake("exec <&-\nprintf 'Status: 413 Too Large\\r\\nA: b\\r\\n\\r\\nno'",
                               b"x" * 3_000_000)
        self.assertEqual((answer.status, answer.text, answer.headers["A"]), (413, "no", "b"))

    def test_request_is_told_in_the_environment_alone(self):
        answer = self.ask_fake("printf 'Content-Type: text/plain\\n\\n'\necho $0 $#: $*\nenv",
                               **{"Content-Type": "a/b", "Content-Encoding": "gzip",
                                  "Git-Protocol": "version=2", "X-Other": "$(id)"})
        lines = answer.text.splitlines()
        self.assertEqual(lines[0], f"{self.folder}/bin/git 1: http-backend")
        for line in ("REQUEST_METHOD=POST", "PATH_INFO=/ada/engine.git/git-upload-pack",
                     "QUERY_STRING=a=b&c", "CONTENT_TYPE=a/b", "HTTP_CONTENT_ENCODING=gzip",
                     "GIT_PROTOCOL=version=2", "REMOTE_USER=ada", "GIT_HTTP_EXPORT_ALL=1",
                     f"GIT_PROJECT_ROOT={os.path.realpath(self.repos)}", "CONTENT_LENGTH=0"):
            self.assertIn(line, lines)
        self.assertNotIn("$(id)", answer.text)
        self.assertNotIn("lt_", answer.text)

    def test_git_without_a_header_is_a_bad_gateway(self):
        for script in ("exit 1", "echo nothing", "printf 'Status: 99 x\\n\\n'",
                       "printf 'no field\\n\\n'", "for i in $(seq 17); do echo A$i: b; done; echo"):
            with self.subTest(script=script):
                self.assertEqual(self.ask_fake(script).status, 502)
            (self.folder / "bin" / "git").unlink()
            (self.folder / "bin").rmdir()

    def test_without_git_the_server_says_so(self):
        server = self.serve_git(PATH="/nonexistent")
        answer = server.ask("GET", "/git/ada/engine.git/HEAD", None,
                            basic("oauth2", server.sign_in()))
        self.assertEqual(answer.status, 500)


if __name__ == "__main__":
    unittest.main()
