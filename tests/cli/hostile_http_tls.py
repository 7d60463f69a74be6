# SPDX-License-Identifier: Apache-2.0
"""Handshakes that go wrong, and certificates that must not be trusted: nothing is sent then."""
import os
import ssl
import subprocess
import threading
from ssl import TLSVersion

import hostile
import loomtest
import servers
from hostile import row
from hostile_server import answer, EARLIER, ending, good, NEW, Peer, Port, server_context

# What each command makes of it; the token is asked for, or sent, by all of them.
REFUSED = [("login", 6, "tls"), ("given", 6, "tls"), ("logout", 10, "no"), ("get", 0, None)]


class Makes(servers.Authority):
    """Certificates that an authority should not have issued."""

    def leaf(self, name, key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), says=(), issuer="ca",
             digest="sha256", since=None, until=None, names=("DNS:localhost", "IP:127.0.0.1")):
        stem = os.path.join(self.folder, name)
        fields = "\n".join([f"subjectAltName={','.join(names)}", *says]) + "\n"
        with open(stem + ".ext", "w") as file:
            file.write(fields)
        self._openssl("req", "-newkey", *key, "-nodes", "-subj", f"/CN={name}", "-keyout",
                      stem + ".key", "-out", stem + ".csr")
        if issuer is None:
            self._openssl("x509", "-req", "-in", stem + ".csr", "-signkey", stem + ".key",
                          "-days", "2", "-extfile", stem + ".ext", "-out", stem + ".pem")
        else:
            self.sign(stem, issuer, digest, since, until)
        return stem + ".pem", stem + ".key"

    def sign(self, stem, issuer, digest, since, until):
        """By `openssl ca`, which alone lets somebody choose the times."""
        with open(stem + ".cnf", "w") as file:
            file.write("[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=.\ndatabase=" + stem + ".db\n"
                       "rand_serial=yes\npolicy=p\n[p]\ncommonName=supplied\n")
        open(stem + ".db", "w").close()
        times = []
        for option, time in (("-startdate", since), ("-enddate", until or "20991231235959Z")):
            times += [option, time] if time else []
        self._openssl("ca", "-batch", "-notext", "-config", stem + ".cnf", "-in", stem + ".csr",
                      "-cert", issuer + ".pem", "-keyfile", issuer + ".key", "-md", digest,
                      "-extfile", stem + ".ext", "-out", stem + ".pem", *times)


class Certificates(hostile.Case):
    """Each beside an authority that the program was told to trust."""
    tls_hostile = True

    def refuse(self, name, context, commands=REFUSED, says=()):
        server = self.new_hostile(context)
        self.check([row(f"{name} {command}", command, {}, status, code,
                        says if command == "login" else ())
                    for command, status, code in commands], hostile=server)
        self.assertEqual(server.requests(), [], name)
        self.assertTrue(server.port.peers, "nobody came")
        self.assertEqual({bytes(peer.received) for peer in server.port.peers}, {b""}, name)

    def folder_of(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path)
        return path

    def test_net_08_each_wrong_certificate(self):
        mine = Makes(self.folder_of("mine"))
        self.authority = mine  # the one that is trusted
        other = Makes(self.folder_of("other"))
        ca = ["basicConstraints=CA:FALSE"]
        mine.leaf("leaf", says=ca)
        name = "certificate is for another name"
        unknown = "authority that this computer does not know"
        weak = {"weak": True}
        for what, pair, more, says in (
                ("self-signed", mine.leaf("self", issuer=None), {}, unknown),
                ("unknown authority", other.leaf("foreign", says=ca), {}, unknown),
                ("expired", mine.leaf("old", since="20000101000000Z", until="20200101000000Z"), {},
                 "certificate expired"),
                ("not yet valid", mine.leaf("young", since="20980101000000Z"), {},
                 "certificate not yet valid"),
                ("another name", mine.leaf("a", names=["DNS:loom.example.com"]), {}, name),
                ("a wildcard", mine.leaf("b", names=["DNS:*"]), {}, name),
                ("a longer name", mine.leaf("c", names=["DNS:localhost.example.com"]), {}, name),
                ("for clients", mine.leaf("d", says=[*ca, "extendedKeyUsage=clientAuth"]), {},
                 "certificate not accepted"),
                ("for signing others", mine.leaf("e", says=["keyUsage=keyCertSign"]), {},
                 "certificate not accepted"),
                ("issued by a leaf", mine.leaf("f", issuer="leaf", says=ca), {}, ""),
                ("512 bits", mine.leaf("g", key=["rsa:512"], says=ca), weak, ""),
                ("SHA-1", mine.leaf("h", digest="sha1", says=ca), weak, "too weak")):
            commands = REFUSED if what in ("unknown authority", "another name") else REFUSED[:1]
            self.refuse(what, server_context(*pair, **more), commands, [says])

    def test_net_117_an_address_and_a_name_are_two_things(self):
        """A certificate for the name does not stand for the address, nor the other way round."""
        for host, names in (("127.0.0.1", ["DNS:localhost"]), ("127.0.0.1", ["DNS:127.0.0.1"]),
                            ("localhost", ["IP:127.0.0.1"]), ("127.0.0.1", ["IP:127.0.0.2"])):
            server = self.new_hostile(server_context(*self.authority.issue(*names)), host)
            self.check([row(f"{host} {names}", "given", {}, 6, "tls")], hostile=server)
            self.assertEqual(server.requests(), [])

    def test_net_09_old_protocols(self):
        pair = self.authority.issue("DNS:localhost", "IP:127.0.0.1")
        for newest in (TLSVersion.TLSv1, TLSVersion.TLSv1_1):
            context = server_context(*pair, oldest=TLSVersion.TLSv1, newest=newest, weak=True)
            self.refuse(newest.name, context, REFUSED[:2], ["No safe connection"])

    def test_net_118_new_protocols_work(self):
        """The same servers are fine otherwise: what is refused above is refused for its reason."""
        pair = self.authority.issue("DNS:localhost", "IP:127.0.0.1")
        for version in (TLSVersion.TLSv1_2, TLSVersion.TLSv1_3):
            server = self.new_hostile(server_context(*pair, oldest=version, newest=version))
            self.check([row("given", "given", {}, 0), row("logout", "logout", {}, 0, "yes"),
                        row("get, dead", "get", {"me": answer({}, 401)}, 0, "quit")],
                       hostile=server)

    def test_net_119_a_client_certificate_is_asked_for(self):
        """There is none to give, and whoever insists gets nothing; who only asks is answered."""
        pair = self.authority.issue("DNS:localhost", "IP:127.0.0.1")
        for version in (TLSVersion.TLSv1_2, TLSVersion.TLSv1_3):
            for mode, status, code in ((ssl.CERT_OPTIONAL, 0, None), (ssl.CERT_REQUIRED, 6, None)):
                context = server_context(*pair, oldest=version, newest=version)
                context.load_verify_locations(self.authority.file)
                context.verify_mode = mode
                server = self.new_hostile(context)
                result = self.run_alone(server)
                self.assertEqual(result.status, status, result)
                self.assertEqual(len(server.port.failures), 1 if status else 0)
                self.assertEqual(bool(server.requests()), status == 0)

    def run_alone(self, server):
        url = server.add("/alone", {})
        home = self.new_home()
        home.seed((url, EARLIER, {"ca_file": self.authority.file}))
        words, stdin = self.COMMANDS["given"]
        return self.loom(*words, "--server", url, stdin=stdin, home=home, status=None)

    def test_net_120_a_new_handshake_in_the_middle(self):
        """TLS 1.2 lets a server ask for one: the answer behind it is taken, and nothing is lost."""
        certificate, key = self.authority.issue("DNS:localhost", "IP:127.0.0.1")
        program = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key",
             key, "-tls1_2", "-naccept", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=servers.clean_environment(), start_new_session=True)
        self.addCleanup(self.end, program)
        text = bytearray()

        def talk():
            while block := os.read(program.stdout.fileno(), 65536):
                text.extend(block)
                if b"ACCEPT 127.0.0.1:" in text and b"\n" in text.split(b"ACCEPT", 1)[1]:
                    ready.set()
                if b"\r\n\r\n" in text:
                    asked.set()

        ready, asked = threading.Event(), threading.Event()
        threading.Thread(target=talk, daemon=True).start()
        self.assertTrue(ready.wait(30), bytes(text))
        port = int(text.split(b"ACCEPT 127.0.0.1:", 1)[1].split(b"\n", 1)[0])
        url = f"https://localhost:{port}"
        running = self.start("login", "--json", "--with-token", "--server", url, "--cacert",
                             self.authority.file, stdin=NEW.encode())
        self.assertTrue(asked.wait(30), bytes(text))
        program.stdin.write(b"r\n")
        program.stdin.flush()
        self.wait_for(lambda: b"SSL_do_handshake" in text)
        program.stdin.write(answer(good("me")) + b"\n")
        program.stdin.flush()
        result = running.finish()
        self.assertEqual(result.status, 0, f"{result}\n{bytes(text)!r}")
        self.assertEqual(self.home.tokens(), {url: NEW})

    def end(self, program):
        program.kill()
        program.wait()
        program.stdin.close()
        program.stdout.close()


class Handshakes(hostile.Case):
    """Bytes that are no TLS, where TLS was asked for."""

    def test_net_121_no_handshake(self):
        page = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
        hello = (b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00", b"\x16\x03\x03\xff\xff" + b"x" * 70000,
                 b"\x14\x03\x03\x00\x01\x01", b"\x17\x03\x03\x00\x10" + b"x" * 16)
        for name, said in (("an alert", b"\x15\x03\x03\x00\x02\x02\x28"),
                           ("a warning and an end", b"\x15\x03\x03\x00\x02\x01\x00"),
                           ("nothing", b""), ("a page", page), ("zeros", b"\0" * 70000),
                           *[(f"record {at}", data) for at, data in enumerate(hello)]):
            with self.subTest(name):
                heard = self.refuse_raw(ending(said))
                self.assertEqual(heard[:1], b"\x16", "only the beginning of a handshake is sent")
                for secret in self.secrets():
                    self.assertNotIn(secret.encode(), heard)

    def refuse_raw(self, talk):
        def serve(peer: Peer):
            peer.more()
            talk(peer)

        port = Port(serve)
        self.addCleanup(port.stop)
        home = self.new_home()
        url = f"https://localhost:{port.port}"
        home.seed((url, EARLIER))
        result = self.loom("logout", "--json", home=home, status=10)
        self.assertIn(b'"tls"', result.out)
        self.assertEqual(home.tokens(), {})
        return b"".join(bytes(peer.received) for peer in port.peers)


if __name__ == "__main__":
    loomtest.main(3)
