# SPDX-License-Identifier: Apache-2.0
"""Servers that point somewhere else, in every way that HTTP knows: nobody goes there."""
import hostile
import loomtest
from hostile import row
from hostile_server import answer, DEVICE_CODE, good, head, NEW, redirect, stall

# The call that is answered so, the command that makes it, and how that command then ends.
ENDS = {
    "start": ("login", 7, "bad_answer"),
    "poll": ("login", 7, "bad_answer"),
    "me": ("given", 7, "bad_answer"),
    "logout": ("logout", 10, "no"),
    "git was refused": ("get", 0, None),
    "who signed in": ("login", 0, None),
}
CALL = {"git was refused": "me", "who signed in": "me"}
NOT_FOLLOWED = "points to another address. That is not followed"


def ending(what, name, said, says=()):
    """The row in which `what` is answered so."""
    command, status, code = ENDS[what]
    return row(f"{what} {name}", command, {CALL.get(what, what): said}, status, code,
               says if status == 7 else ())


class Redirects(hostile.Case):
    def test_net_01_another_host(self):
        """REV-04: Every status of the kind, at every call, to a host where somebody waits."""
        at = f"{self.watcher.far}/auth/device/poll?code=x"
        says = [NOT_FOLLOWED, self.watcher.far]
        rows = [ending("start", status, redirect(status, at), says)
                for status in (300, 301, 302, 303, 304, 305, 306, 307, 308, 310, 399)]
        rows += [ending(what, status, redirect(status, at), says)
                 for what in ENDS if what != "start" for status in (302, 307)]
        self.check(rows)

    def test_net_02_another_port_and_another_scheme(self):
        watcher = self.watcher
        targets = {"other port": watcher.plain, "to https": watcher.secure,
                   "to https elsewhere": watcher.far_secure,
                   "without scheme": watcher.plain.removeprefix("http:"),
                   "upper case": watcher.far.upper(),
                   "with user info": watcher.plain.replace("//", f"//{self.hostile.port.port}@")}
        self.check([ending("poll", name, redirect(307, f"{url}/auth/device/poll"), [NOT_FOLLOWED])
                    for name, url in targets.items()])

    def test_net_04_other_protocols(self):
        targets = ["imap://127.0.0.1/", "ldap://127.0.0.1/", "file:///etc/passwd",
                   "smb://127.0.0.1/c/x", "ftp://127.0.0.1/", "gopher://127.0.0.1/_x",
                   "javascript:alert(1)", "data:text/html,x"]
        calls = ["start", "poll", "me", "logout"] * 2
        self.check([ending(call, at, redirect(302, at)) for call, at in zip(calls, targets)])

    def test_net_100_relative_to_the_same_server(self):
        """The server itself is not asked at another path either; check() looks for strays."""
        rows = [ending("poll", f"{at!r}", redirect(307, at), [NOT_FOLLOWED])
                for at in ("/elsewhere", "../stolen", "?x=1", "#here", "", ".", "\\\\x\\y",
                           "https:", "http:///x", " /x", "/x y", "/" + "x" * 70000)]
        self.check(rows)

    def test_net_101_fields_that_are_no_redirect(self):
        """They name another place and mean nothing: what the answer says is taken as it stands."""
        at = self.watcher.far
        authority = at.removeprefix("http://")
        fields = [f"Refresh: 0; url={at}/", f"Content-Location: {at}/auth/device/poll",
                  f"Location: {at}/", f'Alt-Svc: http/1.1="{authority}"; ma=99, h2="{authority}"',
                  f"Link: <{at}/>; rel=canonical, <{at}/x>; rel=preload", f"URI: <{at}/>",
                  f"Alternates: {{\"{at}\" 1}}", "Strict-Transport-Security: max-age=9999",
                  f"Proxy-Connection: keep-alive\r\nX-Forwarded-Host: {authority}"]
        self.check([row(field.partition(":")[0], "login", {
            call: answer(good(call), 200, field) for call in ("start", "poll", "me")}, 0)
            for field in fields])

    def test_net_102_places_in_answers_that_are_no_redirect(self):
        at = f"{self.watcher.plain}/auth/me"
        hint = head(103, f"Link: <{at}>; rel=preload", f"Location: {at}", kind=None)
        page = f'<meta http-equiv="refresh" content="0; url={at}">'.encode()
        moved = {"error": "moved", "error_uri": at, "location": at}
        self.check([
            row("hint", "login", {"poll": hint + answer(good("poll"))}, 0),
            row("created", "login", {"poll": answer(good("poll"), 201, f"Location: {at}")}, 0),
            row("refused", "given", {"me": answer({}, 401, f"Location: {at}")}, 3, "rejected"),
            row("busy", "login", {"start": answer({}, 503, f"Location: {at}", "Retry-After: 1")},
                6, "network"),
            row("page", "login", {"start": answer(page, kind="text/html")}, 7, "not_loom"),
            row("error with a place", "login", {"poll": answer(moved, 400)}, 7, "bad_answer"),
            row("picture", "login", {"me": answer({**good("me"), "avatar_url": at})}, 0),
            row("other server", "login", {"poll": answer({
                **good("poll"), "server": at, "issuer": at, "token_endpoint": at})}, 0),
        ])

    def test_net_103_several_places(self):
        two = [f"Location: {self.watcher.plain}/", f"Location: {self.watcher.far}/"]
        self.check([
            row("two", "login", {"start": head(302, *two, "Content-Length: 0")}, 7, "bad_answer"),
            row("none", "login", {"start": head(307, "Content-Length: 0")}, 7, "bad_answer"),
            row("folded", "login", {"start": head(307, f"Location:\r\n {self.watcher.far}/",
                                                  "Content-Length: 0")}, 7, "bad_answer"),
            row("no end", "login", {"start": stall(head(302, *two))}, 7, "bad_answer"),
        ])

    def test_net_104_the_place_is_shown_without_what_it_carries(self):
        """Only scheme and host; what it repeats of a request is nobody's to see."""
        at = f"{self.watcher.far}/?code={DEVICE_CODE}&token={NEW}#{NEW}"
        at_user = at.replace("//", f"//{NEW}:{DEVICE_CODE}@")
        self.check([row(f"{call} {len(place)}", command, {call: redirect(302, place)}, status,
                        code, [self.watcher.far] if status == 7 else [])
                    for call, command, status, code in (("poll", "login", 7, "bad_answer"),
                                                        ("me", "given", 7, "bad_answer"),
                                                        ("logout", "logout", 10, "no"))
                    for place in (at, at_user)], argv=["-vv"])


class SecureRedirects(hostile.Case):
    tls_hostile = True

    def test_net_02_a_downgrade(self):
        """From https to http, and to https elsewhere with a certificate that is trusted."""
        rows = []
        for what in ("start", "poll", "me", "logout", "git was refused"):
            rows += [ending(what, f"to {at[:5]}", redirect(308, f"{at}/auth/device/poll"),
                            [NOT_FOLLOWED, at])
                     for at in (self.watcher.plain, self.watcher.secure)]
        self.check(rows)


if __name__ == "__main__":
    loomtest.main(3)
