# SPDX-License-Identifier: Apache-2.0
"""Servers that cannot be reached, certificates that cannot be trusted, and proxies."""
import os

import loomtest
import servers


class Network(loomtest.Case):
    def check(self, url, *argv, status=6, code="network", says=(), env=None):
        result = self.loom("login", url, *argv, status=status, env=env)
        for words in says:
            self.assertIn(words, result.said)
        error = self.events(self.loom("login", "--json", url, *argv, status=status,
                                      env=env))[-1]["error"]
        self.assertEqual(error["code"], code)
        self.assertIsNone(error["http_status"])
        self.assertNotIn(url, self.home.stored())
        return result


class Unreachable(Network):
    def test_nobody_listens(self):
        url = f"http://localhost:{servers.closed_port()}"
        self.check(url, says=[f"Cannot reach {url}. Nothing answered there. Check the port, and "
                              "that the server is running."])
        self.check(f"https://127.0.0.1:{servers.closed_port()}", says=["Nothing answered there."])

    def test_no_such_host(self):
        """NET-130"""
        url = "https://loom.invalid"
        self.check(url, says=[f"Cannot reach {url}. There is no server of that name. Check the "
                              "spelling and your connection."])

    def test_closed_without_an_answer(self):
        peer = servers.Listener(lambda connection, received: None)
        self.addCleanup(peer.stop)
        self.check(f"http://localhost:{peer.port}")
        self.check(f"https://localhost:{peer.port}", code="tls")

    def test_http_where_https_was_asked(self):
        """NET-131"""
        server = self.start_server()
        self.check(f"https://localhost:{server.port}", code="tls",
                   says=[f"Cannot reach https://localhost:{server.port}."])
        self.assertEqual(server.requests(), [])


class Certificates(Network):
    tls = True

    def refuse(self, server, *argv, says=(), env=None):
        self.check(server.url, *argv, code="tls", says=says, env=env)
        self.assertEqual(server.requests(), [], "something was sent")

    def test_an_unknown_authority(self):
        server = self.start_server()
        says = ["Its certificate comes from an authority that this computer does not know. If your "
                "company has its own authority, name its file with this option: --cacert FILE"]
        self.refuse(server, says=says)
        # There is no switch that turns the check off.
        for env in ({"LOOM_INSECURE": "1"}, {"GIT_SSL_NO_VERIFY": "1"}, {"CURLOPT_SSL": "0"},
                    {"GIT_SSL_CAINFO": self.authority.file},
                    {"CURL_CA_BUNDLE": self.authority.file}):
            self.refuse(server, env=env)
        for option in ("--insecure", "-k"):
            self.loom("login", server.url, option, status=2)

    def test_another_name(self):
        for names in (("DNS:loom.example.com",), ("IP:127.0.0.1",), ("DNS:*.localhost",)):
            server = self.start_server(names=names)
            self.refuse(server, "--cacert", self.authority.file, says=["No safe connection"])
        server = self.start_server(names=("DNS:localhost",))
        self.check(f"https://127.0.0.1:{server.port}", "--cacert", self.authority.file, code="tls")
        self.assertEqual(server.requests(), [])

    def test_a_certificate_that_is_over(self):
        server = self.start_server(names=("DNS:localhost",), days=-1)
        self.refuse(server, "--cacert", self.authority.file, says=["No safe connection"])

    def test_every_way_to_name_an_authority(self):
        server = self.start_server()
        file = self.authority.file
        for argv, env in ((["--cacert", file], {}), ([], {"LOOM_CA_FILE": file}),
                          ([], {"SSL_CERT_FILE": file}),
                          (["--cacert", file], {"SSL_CERT_FILE": "/etc/ssl/certs/none.pem"}),):
            with self.subTest(argv, env=env):
                home = self.new_home()
                token = server.issue_token()
                result = self.loom("login", server.url, "--with-token", *argv, env=env, home=home,
                                   stdin=token.encode(), status=None)
                if "none.pem" in str(env):
                    self.assertEqual(result.status, 6, result)
                    continue
                self.assertEqual(result.status, 0, result)
                stored = home.stored()[server.url]
                # What adds an authority is kept with the credential, for that server alone.
                is_added = bool(argv) or "LOOM_CA_FILE" in env
                self.assertEqual(stored.get("ca_file"), file if is_added else None)

    def test_a_variable_takes_nothing_from_what_is_remembered(self):
        server, other = self.start_server(), servers.Authority(self.folder)
        env = {"LOOM_CA_FILE": other.file}
        self.loom("login", server.url, "--with-token", "--cacert", self.authority.file,
                  stdin=server.issue_token().encode())
        token = server.issue_token()
        self.loom("login", server.url, "--with-token", stdin=token.encode(), env=env)
        self.assertEqual(self.home.stored()[server.url]["ca_file"], self.authority.file)
        self.loom("status", env=env)
        self.loom("logout", env=env)
        self.assertFalse(server.is_alive(token))

    def test_a_relative_authority_is_kept_as_an_absolute_one(self):
        server = self.start_server()
        token = server.issue_token()
        folder, name = os.path.split(self.authority.file)
        self.loom("login", server.url, "--with-token", "--cacert", name, cwd=folder,
                  stdin=token.encode())
        self.assertEqual(self.home.stored()[server.url]["ca_file"],
                         os.path.realpath(self.authority.file))
        self.loom("logout")
        self.assertFalse(server.is_alive(token))

    def test_an_authority_is_not_for_another_server(self):
        """NET-132"""
        mine, other = self.start_server(), self.start_server()
        self.give(mine)
        self.refuse(other)

    def test_authorities_that_cannot_be_used(self):
        """NET-133"""
        server = self.start_server()
        empty = os.path.join(self.folder, "empty.pem")
        open(empty, "w").close()
        missing = os.path.join(self.folder, "missing.pem")
        result = self.loom("login", server.url, "--cacert", missing, status=2)
        self.assertIn(missing, result.text)
        self.loom("login", server.url, "--cacert", "", status=2)
        for argv, env, path in ((["--cacert", empty], {}, empty), ([], {"LOOM_CA_FILE": missing},
                                missing), ([], {"LOOM_CA_FILE": empty}, empty)):
            result = self.check(server.url, *argv, env=env, code="tls")
            self.assertIn(path, result.text)
        self.assertEqual(server.requests(), [])


class Proxies(loomtest.Case):
    """A name that does not exist, served by a proxy that leads to loopback."""
    tls = True

    def setUp(self):
        super().setUp()
        self.server = self.start_server("--approve-after", 0, "--public-url",
                                        "https://loom.example.com",
                                        names=("DNS:loom.example.com",))
        self.proxy = servers.Proxy(self.server.port)
        self.addCleanup(self.proxy.stop)
        self.url = "https://loom.example.com"

    def sign_in(self, env, status=0, url=None):
        return self.loom("login", url or self.url, "--cacert", self.authority.file, env=env,
                         status=status)

    def test_a_sign_in_through_a_proxy(self):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            with self.subTest(name):
                self.sign_in({name: self.proxy.url})
                self.assertEqual(self.home.tokens(), {self.url: self.server.last("token")})
        for head in self.proxy.seen:
            self.assertTrue(head.startswith(b"CONNECT loom.example.com:443 HTTP/1.1\r\n"), head)
        for secret in self.secrets():
            self.assertNotIn(secret.encode(), self.proxy.all_bytes())

    def test_a_password_for_the_proxy_is_its_own(self):
        password = self.plant(loomtest.marker("proxy", "password"))
        url = self.proxy.url.replace("http://", f"http://user:{password}@")
        result = self.start("login", self.url, "--cacert", self.authority.file, "-vv",
                            env={"HTTPS_PROXY": url}).finish()
        self.assertEqual(result.status, 0, result)
        self.assertIn(b"Proxy-Authorization: Basic ", self.proxy.seen[0])
        self.assertNotIn(b"Authorization: Bearer", b"".join(self.proxy.seen))

    def test_a_proxy_that_refuses(self):
        password = self.plant(loomtest.marker("proxy", "password"))
        for status in (b"407 Proxy Authentication Required", b"403 Forbidden", b"502 Bad Gateway"):
            proxy = servers.Proxy(self.server.port, status)
            self.addCleanup(proxy.stop)
            env = {"HTTPS_PROXY": proxy.url.replace("//", f"//user:{password}@")}
            result = self.sign_in(env, 6)
            self.assertIn("The proxy refused the connection. Check HTTPS_PROXY and NO_PROXY.",
                          result.said)
            events = self.events(self.loom("login", "--json", self.url, env=env, status=6))
            self.assertEqual(events[-1]["error"]["code"], "proxy")
        self.sign_in({"HTTPS_PROXY": f"http://127.0.0.1:{servers.closed_port()}"}, 6)

    def test_no_proxy_and_the_upper_case_http(self):
        for env in ({"HTTPS_PROXY": self.proxy.url, "NO_PROXY": "example.com"},
                    {"HTTPS_PROXY": self.proxy.url, "no_proxy": "*"},
                    {"HTTP_PROXY": self.proxy.url}, {"http_proxy": self.proxy.url}):
            with self.subTest(env):
                result = self.sign_in(env, 6)
                self.assertIn("There is no server of that name", result.said)
        self.assertEqual(self.proxy.seen, [])

    def test_loopback_never_goes_through_a_proxy(self):
        local = self.start_server("--approve-after", 0)
        plain = servers.DevServer(os.path.join(self.folder, "plain"), "--approve-after", 0)
        self.servers.append(plain)
        self.addCleanup(plain.stop)
        for server in (local, plain):
            for name in ("ALL_PROXY", "https_proxy", "http_proxy"):
                token = server.issue_token()
                self.login(server, "--with-token", stdin=token.encode(),
                           env={name: self.proxy.url})
        self.assertEqual(self.proxy.seen, [])

    def test_nothing_of_the_users_is_sent_along(self):
        """MEM-145, NET-28: netrc, curlrc and cookies belong to others."""
        password = self.plant(loomtest.marker("netrc", "password"))
        for name, text in ((".netrc", f"machine loom.example.com login bob password {password}\n"),
                           (".curlrc", f"user = bob:{password}\n")):
            path = os.path.join(self.folder, name)
            with open(path, "w") as file:
                file.write(text)
        os.symlink(os.path.join(self.folder, ".netrc"), os.path.join(self.home.path, ".netrc"))
        self.sign_in({"HTTPS_PROXY": self.proxy.url, "NETRC": os.path.join(self.folder, ".netrc"),
                      "CURL_HOME": self.folder,
                      "SSLKEYLOGFILE": os.path.join(self.folder, "keys")})
        self.assertFalse(os.path.exists(os.path.join(self.folder, "keys")))
        kinds = {row["path"]: row["authorization"] for row in self.server.log()}
        self.assertEqual(kinds["/auth/device/start"], "none")
        self.assertEqual(kinds["/auth/device/poll"], "none")
        self.assertEqual(kinds["/auth/me"], "bearer")


if __name__ == "__main__":
    loomtest.main()
