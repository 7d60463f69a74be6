# SPDX-License-Identifier: Apache-2.0
"""Proxies of the environment: which are asked, what they are told, and what they may answer. A name
that exists nowhere makes sure that nobody goes around them."""
import base64
import os
import socket
import threading

import hostile
import loomtest
import servers
from hostile import row
from hostile_server import (answer, ending, flood, head, NEW, Port, redirect, resetting,
                            server_context)

HOST = "loom.example.com"
REFUSED = "The proxy refused the connection. Check HTTPS_PROXY and NO_PROXY."


class Proxy:
    """Answers CONNECT as it was told; `said` None: leads to `target`. `heads` is what it saw
    before, and `port.peers` all that it ever got."""

    def __init__(self, target=None, said=None, context=None):
        self.heads, self.said, self.target = [], said, target
        self.port = Port(self.talk, context=context)
        self.host = f"127.0.0.1:{self.port.port}"
        self.url = f"http://{self.host}"

    def talk(self, peer):
        while b"\r\n\r\n" not in peer.received:
            if not peer.more():
                return
        self.heads.append(bytes(peer.received).partition(b"\r\n\r\n")[0].decode("latin-1"))
        if self.said is not None:
            self.said(peer)
            return
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        lead(peer, self.target)

    def heard(self):
        return b"".join(bytes(peer.received) for peer in self.port.peers)


class Socks:
    """SOCKS 4 and 5, without a password and with one."""

    def __init__(self, target):
        self.names, self.target = [], target
        self.port = Port(self.talk)
        self.host = f"127.0.0.1:{self.port.port}"

    def talk(self, peer):
        greeting = self.take(peer, 2)
        if greeting[0] == 4:
            self.take(peer, 6)
            self.take_text(peer)
            self.names.append(self.take_text(peer))
            peer.send(b"\0\x5a" + b"\0" * 6)
        else:
            methods = self.take(peer, greeting[1])
            peer.send(b"\x05\x02" if b"\x02" in methods else b"\x05\x00")
            if b"\x02" in methods:
                self.names.append(self.take(peer, self.take(peer, 2)[1]).decode())
                self.take(peer, self.take(peer, 1)[0])
                peer.send(b"\x01\x00")
            kind = self.take(peer, 4)[3]
            self.names.append(self.take(peer, self.take(peer, 1)[0] if kind == 3 else 4).decode())
            self.take(peer, 2)
            peer.send(b"\x05\0\0\x01" + b"\0" * 6)
        lead(peer, self.target)

    def take(self, peer, count):
        while len(peer.received) < peer._used + count:
            if not peer.more():
                raise OSError("gone")
        peer._used += count
        return bytes(peer.received[peer._used - count:peer._used])

    def take_text(self, peer):
        text = b""
        while (byte := self.take(peer, 1)) != b"\0":
            text += byte
        return text.decode()


def lead(peer, port):
    """To and fro a port on loopback; what the client sends is remembered."""
    with socket.create_connection(("127.0.0.1", port)) as far:
        def back():
            try:
                while block := far.recv(65536):
                    peer.send(block)
                peer.connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        threading.Thread(target=back, daemon=True).start()
        while block := peer.more():
            far.sendall(block)
        far.shutdown(socket.SHUT_WR)


class Proxies(hostile.Case):
    tls_hostile = True

    def setUp(self):
        super().setUp()
        self.context = server_context(*self.authority.issue(f"DNS:{HOST}"))
        self.far = self.new_hostile(self.context, HOST)
        self.at = self.far.port.port

    def new_proxy(self, *argv, kind=Proxy, **more):
        proxy = kind(*argv, **more)
        self.addCleanup(proxy.port.stop)
        return proxy

    def check_unseen(self, proxy):
        heard = proxy.heard()
        for secret in self.secrets():
            self.assertNotIn(secret.encode(), heard)
        self.assertNotIn(b"Bearer", heard)
        self.assertNotIn(b"/auth/", heard)

    def through(self, name, env, command="given", status=0, code=None, says=()):
        self.check([row(name, command, {}, status, code, says)], hostile=self.far, env=env)

    def test_net_24_what_a_proxy_is_told(self):
        """Host and port, and its own password; the rest is TLS, from end to end."""
        password = self.plant(loomtest.marker("proxy", "password"))
        for at, name in enumerate(("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")):
            proxy = self.new_proxy(self.at)
            url = proxy.url.replace("//", f"//us%65r:{password}@")
            self.check([row(f"{name} {command}", command, {}, 0, code) for command, code in
                        (("given", None), ("logout", "yes"), ("get", None), ("login", None))[
                            :4 if at == 0 else 1]], hostile=self.far, env={name: url})
            basic = base64.b64encode(f"user:{password}".encode()).decode()
            self.assertTrue(proxy.heads)
            for text in proxy.heads:
                line, *fields = text.split("\r\n")
                self.assertEqual(line, f"CONNECT {HOST}:{self.at} HTTP/1.1")
                names = {field.partition(":")[0].lower() for field in fields}
                self.assertLessEqual(names, {"host", "proxy-authorization", "user-agent",
                                             "proxy-connection"})
                self.assertIn(f"Proxy-Authorization: Basic {basic}", fields)
            self.check_unseen(proxy)

    def test_net_122_which_variable_counts(self):
        """The lower case first, the particular before the general; what is empty is none."""
        first, second = self.new_proxy(self.at), self.new_proxy(self.at)
        for env in ({"https_proxy": first.url, "HTTPS_PROXY": second.url},
                    {"https_proxy": first.url, "all_proxy": second.url},
                    {"HTTPS_PROXY": first.url, "ALL_PROXY": second.url},
                    {"all_proxy": first.url, "ALL_PROXY": second.url},
                    {"https_proxy": first.host}, {"https_proxy": first.url + "/path?x#y"},
                    {"https_proxy": first.url, "no_proxy": "other.example.com,.org"},
                    {"https_proxy": first.url, "NO_PROXY": f"x{HOST}, .{HOST}.org"},
                    {"https_proxy": first.url, "http_proxy": second.url,
                     "HTTP_PROXY": second.url, "ftp_proxy": second.url, "REQUEST_METHOD": "GET"}):
            count = len(first.heads)
            self.through(f"{sorted(env)} {env.get('no_proxy')}", env)
            self.assertEqual(len(first.heads), count + 1, env)
        self.assertEqual(second.heads, [])

    def test_net_25_who_is_not_asked(self):
        """HTTP_PROXY is what a web server makes of a header; and NO_PROXY is heeded."""
        proxy = self.new_proxy(self.at)
        for env in ({"HTTP_PROXY": proxy.url}, {"http_proxy": proxy.url},
                    {"CGI_HTTP_PROXY": proxy.url}, {"HTTPS_proxy": proxy.url},
                    {"https_proxy": proxy.url, "no_proxy": "*"},
                    {"https_proxy": proxy.url, "NO_PROXY": HOST},
                    {"https_proxy": proxy.url, "NO_PROXY": "x.org, .example.com"},
                    {"ALL_PROXY": proxy.url, "no_proxy": "EXAMPLE.com"}):
            self.through(str(sorted(env.items())), env, status=6, code="network",
                         says=["There is no server of that name"])
        self.assertEqual(proxy.port.peers, [])

    def test_net_123_loopback_never_goes_through_one(self):
        proxy = self.new_proxy(self.at)
        env = {name: proxy.url for name in ("https_proxy", "http_proxy", "all_proxy", "HTTP_PROXY",
                                            "HTTPS_PROXY", "ALL_PROXY")}
        for url in (proxy.url, f"socks5h://{proxy.host}"):
            values = dict.fromkeys(env, url)
            plain = self.new_hostile()
            self.check([row("secure", "given", {}, 0)], env=values)
            self.check([row("plain", "given", {}, 0), row("plain logout", "logout", {}, 0, "yes")],
                       hostile=plain, env=values)
            self.check([row("address", "given", {}, 0)],
                       hostile=self.new_hostile(host="127.0.0.1"), env=values)
        self.assertEqual(proxy.port.peers, [])

    def test_net_124_what_a_proxy_may_answer(self):
        """Whatever it says instead of 200, the request stays here."""
        at = self.watcher.plain
        ask = "Proxy-Authenticate: Basic realm=\"x\""
        more = [ask, "Proxy-Authenticate: Negotiate", "Proxy-Authenticate: NTLM"]
        token = answer({"status": "completed", "access_token": NEW})
        answers = {
            "407": ending(answer({}, 407, ask)), "407 of all kinds": ending(answer({}, 407, *more)),
            "302": ending(redirect(302, at)), "307": ending(redirect(307, at)),
            "401": ending(answer({}, 401, "WWW-Authenticate: Basic realm=\"x\"")),
            "503": ending(answer({}, 503, "Retry-After: 1")), "404": ending(answer({}, 404)),
            "an end": ending(), "a reset": resetting(), "no HTTP": ending(b"SSH-2.0-x\r\n\r\n"),
            "HTTP/0.9": ending(b"<html>"), "199": ending(head(199) * 3),
            "a head without end": flood(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000),
            "a field without end": flood(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536),
            "early hints without end": flood(b"", b"HTTP/1.1 103 x\r\n\r\n" * 1000),
            "300 times 407": ending(answer({}, 407, ask) * 300),
        }
        for name, said in answers.items():
            proxy = self.new_proxy(said=said)
            self.through(name, {"https_proxy": proxy.url}, status=6, code="proxy")
            self.check_unseen(proxy)
        for name, said in {"an answer in the clear": ending(
                b"HTTP/1.1 200 OK\r\n\r\n" + token), "garbage": ending(
                b"HTTP/1.1 200 OK\r\n\r\n" + b"\0" * 1000), "a length": ending(token),
                "an end after 200": ending(b"HTTP/1.1 200 OK\r\n\r\n")}.items():
            proxy = self.new_proxy(said=said)
            self.through(name, {"https_proxy": proxy.url}, status=6, code="tls")
            self.through(f"{name}, logout", {"https_proxy": proxy.url}, "logout", 10, "no")
            self.check_unseen(proxy)
        self.assertEqual(self.far.requests(), [])

    def test_net_125_a_proxy_in_the_middle(self):
        """It ends the TLS itself, with certificates of its own: the server is told nothing."""
        other = servers.Authority(self.subfolder("other"))
        for name, pair, says in (
                ("unknown", other.issue(f"DNS:{HOST}"), "does not know"),
                ("for another", self.authority.issue("DNS:proxy.example.com"), "another name"),
                ("over", self.authority.issue(f"DNS:{HOST}", days=-1), "expired")):
            middle = self.new_hostile(server_context(*pair), HOST)
            proxy = self.new_proxy(middle.port.port)
            self.check([row(f"{name} given", "given", {}, 6, "tls", [says]),
                        row(f"{name} logout", "logout", {}, 10, "no")], hostile=self.far,
                       env={"https_proxy": proxy.url})
            self.assertEqual(middle.requests(), [])
            self.check_unseen(proxy)

    def subfolder(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path)
        return path

    def test_net_126_a_proxy_behind_tls(self):
        """It is judged as a server is, before it learns the name and its password."""
        password = self.plant(loomtest.marker("proxy", "password"))
        good = server_context(*self.authority.issue("IP:127.0.0.1"))
        bad = server_context(*self.authority.issue("DNS:proxy.example.com"))
        fine, wrong = self.new_proxy(self.at, context=good), self.new_proxy(self.at, context=bad)
        self.through("fine", {"https_proxy": f"https://u:{password}@{fine.host}"})
        self.assertEqual(len(fine.heads), 1)
        self.through("wrong", {"https_proxy": f"https://u:{password}@{wrong.host}"}, status=6,
                     code="proxy")
        self.assertEqual(wrong.heard(), b"")

    def test_net_127_socks(self):
        """SOCKS 4a and 5h are given the name, with and without a password."""
        for scheme, user in (("socks5h", ""), ("socks5h", "user:word@"), ("socks4a", "")):
            socks = self.new_proxy(self.at, kind=Socks)
            self.through(f"{scheme} {user}", {"all_proxy": f"{scheme}://{user}{socks.host}"})
            self.assertEqual(socks.names, ["user"] * bool(user) + [HOST])
        for scheme in ("socks4", "socks5"):  # the name is looked up here, and is none
            socks = self.new_proxy(self.at, kind=Socks)
            self.through(scheme, {"all_proxy": f"{scheme}://{socks.host}"}, status=6,
                         code="proxy")
            self.assertEqual(socks.names, [])

    def test_net_128_addresses_that_are_no_proxy(self):
        """Not usable means no way out: never around it."""
        for value in ("ftp://127.0.0.1:1", "file:///etc/passwd", "http://", "://", "http://[::1",
                      "http://a b/", "gopher://127.0.0.1:1", "http://proxy.invalid:1",
                      f"http://127.0.0.1:{servers.closed_port()}", "http://127.0.0.1:99999",
                      "javascript:alert(1)", "x" * 10000):
            result, _ = self.run_row(row(value, "given", {}, 6),
                                     self.far.add(f"/v{len(self.homes)}", {}), self.new_home(),
                                     {"https_proxy": value}, ())
            self.assertEqual(result.status, 6, result)
        self.assertEqual(self.far.requests(), [])

    def test_net_129_a_password_with_line_ends(self):
        """No proxy is asked at all, and nothing of the password becomes a field of a request."""
        proxy = self.new_proxy(self.at)
        self.through("line ends", {"https_proxy": proxy.url.replace(
            "//", "//u%0d%0aX-Evil:%20y:p%0a%0d%0aGET%20/@")}, status=6, code="proxy")
        self.assertEqual(proxy.port.peers, [])


if __name__ == "__main__":
    loomtest.main(3)
