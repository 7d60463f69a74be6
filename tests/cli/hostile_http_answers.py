# SPDX-License-Identifier: Apache-2.0
"""Answers that are whole and say nonsense: JSON that is none, fields that are absurd, the answer to
another question, and servers that repeat what they were told."""
import json

import hostile
import loomtest
from hostile import row
from hostile_server import answer, DEVICE_CODE, EARLIER, good, NEW

START, POLL, ME = good("start"), good("poll"), good("me")


def without(members, name):
    return {key: value for key, value in members.items() if key != name}


def raw(text):
    return answer(text if isinstance(text, bytes) else text.encode())


class Answers(hostile.Case):
    def at_start(self, name, said, status=7, code="bad_answer"):
        return row(name, "login", {"start": said}, status, code, asks={"start": 1, "poll": 0})

    def at_poll(self, name, said, status=7, code="bad_answer"):
        return row(name, "login", {"poll": said}, status, code, asks={"poll": 1, "me": 0})

    def test_df_06_a_member_of_start_that_is_absurd(self):
        rows = []
        for name in ("device_code", "user_code", "verification_url", "expires_in"):
            rows.append(self.at_start(f"{name} absent", answer(without(START, name))))
            for value in ("", None, [START[name]], {"a": 1}, True):
                rows.append(self.at_start(f"{name} {value!r}", answer({**START, name: value})))
        self.check(rows)

    def test_df_100_texts_of_start(self):
        """Too long, not for a terminal, or a page that is none."""
        url, code, secret = "verification_url", "user_code", "device_code"
        cases = [(secret, "x" * 50000), (secret, "a b"), (secret, "a\nb"), (secret, "\u00e9"),
                 (code, "x" * 65), (code, "  "), (code, "1\x1b[2J2"), (code, "\u0661\u0662"),
                 (code, "12\u202e34"), (code, "1\r\n2"), (url, "https://h/" + "x" * 3000),
                 (url, "javascript:alert(1)"), (url, "file:///etc/passwd"), (url, "//h/d"),
                 (url, "https://a@evil.example/d"), (url, "https://h/\x1b]8;;x\x07"),
                 (url, "http://login.example.net/d"), (url, "https://h/a b"), (url, "/device"),
                 ("interval", "5"), ("interval", []), ("expires_in", "600")]
        self.check([self.at_start(f"{name} {value!r}"[:60], answer({**START, name: value}))
                    for name, value in cases])

    def test_df_101_start_told_twice_and_otherwise(self):
        self.check([
            self.at_start("two pages", answer({**START, "verification_uri": "https://h.example"})),
            self.at_start("an error beside", answer({**START, "error": "x"})),
            self.at_start("an error that is a number", answer({**START, "error": 7})),
            self.at_start("the answer to poll", answer(POLL)),
            self.at_start("the answer to me", answer(ME)),
            self.at_start("denied", answer({"error": "access_denied"}, 400), 4, "denied"),
            self.at_start("pending", answer({"error": "authorization_pending"}, 400)),
            self.at_start("expired", answer({"error": "expired_token"}, 400), 5, "code_expired"),
            self.at_start("over at once", answer({**START, "expires_in": 0}), 5, "code_expired"),
            self.at_start("over long ago", answer({**START, "expires_in": -1e999}), 7),
            self.at_start("an error with controls", answer(
                {"error": "invalid_request", "error_description": "\x1b[2J\x07\u202ecba"}, 400)),
        ])

    def test_df_11_a_member_of_poll_that_is_absurd(self):
        """DF-13, DF-21"""
        token, status = "access_token", "status"
        cases = [(token, value) for value in ("", None, 7, [NEW], {"a": NEW}, True, "a b", "a\n",
                                              "\u00e9", "x" * 49153, "\x7f")]
        cases += [(status, value) for value in ("", None, 3, ["completed"], {"completed": 1},
                                                "complete", "COMPLETED", "approved", " completed",
                                                "completed ", "x" * 33)]
        cases += [("token_type", "mac"), ("token_type", 7), ("token_type", "bearer "),
                  ("error", "access"), ("error", []), ("error", {})]
        self.check([self.at_poll(f"{name} {value!r}"[:60], answer({**POLL, name: value}))
                    for name, value in cases] +
                   [self.at_poll(f"no {name}", answer(without(POLL, name)))
                    for name in (token, status)])

    def test_df_102_the_answer_to_another_question(self):
        self.check([
            self.at_poll("start", answer(START)), self.at_poll("me", answer(ME)),
            self.at_poll("logout", answer(good("logout"))), self.at_poll("nothing", answer({})),
            self.at_poll("the token of another call", answer({"key": NEW, "status": "completed"})),
            row("given", "given", {"me": answer(POLL)}, 0, asks={"me": 1}),
            row("given an error", "given", {"me": answer({"error": "x"})}, 7, "bad_answer"),
            row("who signed in", "login", {"me": answer(START)}, 0),
            row("logout and start", "logout", {"logout": answer(START)}, 0, "yes"),
        ])

    def test_df_103_who_it_is(self):
        """A name is a courtesy: whatever it is, the sign-in stands."""
        names = [{"username": 7}, {"username": {"a": 1}, "display_name": []}, {"id": 1e999},
                 {"display_name": "\x1b[2J\x1b]0;x\x07"}, {"display_name": "\u202egnp.exe"},
                 {"display_name": "x" * 100000}, {"display_name": ""}, {"id": -1, "email": False},
                 {"display_name": " \u200b "}, {"username": "a\nloom: b"}]
        self.check([row(f"{name!r}"[:50], "login", {"me": answer(name)}, 0, asks={"me": 1})
                    for name in names])

    def test_df_104_a_server_that_repeats_secrets(self):
        """Whatever is shown, it is not them; check_everything() looks."""
        self.check([
            self.at_start("as the code", answer({**START, "user_code": DEVICE_CODE})),
            self.at_start("in the page", answer(
                {**START, "verification_url": f"https://h.example/d?code={DEVICE_CODE}"})),
            self.at_start("in the complete page", answer(
                {**START, "verification_url_complete":
                 f"https://login.example.net/d?x={DEVICE_CODE}"})),
            self.at_poll("in an error", answer({"error": DEVICE_CODE, "error_description":
                                             f"no such code: {DEVICE_CODE}"}, 400)),
            row("as a name", "login", {"me": answer({"username": NEW})}, 0),
            row("in a name", "login", {"me": answer({"display_name": f"<{NEW}>"})}, 0),
            row("in an error to given", "given", {"me": answer(
                {"error": NEW, "error_description": f"bad {NEW}"}, 403)}, 7, "bad_answer"),
            row("in a message", "logout", {"logout": answer({"message": f"{EARLIER} ended"})}, 0,
                "yes"),
            row("in an error to logout", "logout", {"logout": answer(
                {"error": EARLIER, "error_description": EARLIER}, 400)}, 10, "no"),
            row("in a reason", "given", {"me": answer({}, 403, f"X: {NEW}", reason=NEW)}, 7,
                "bad_answer"),
        ], argv=["-vv"])

    def test_df_105_nothing_is_pending_but_what_says_so(self):
        """A poll that is answered otherwise ends the flow at once."""
        self.check([self.at_poll(f"{status} {body}", answer(body, status), *end)
                    for status, body, end in (
                        (400, {"error": "authorization_pending"}, (7, "bad_answer")),
                        (400, {"error": "zzz"}, (7, "bad_answer")),
                        (400, {"error": "access_denied"}, (4, "denied")),
                        (403, {}, (7, "bad_answer")), (404, {}, (7, "not_loom")),
                        (410, {"error": "expired_token"}, (5, "code_expired")),
                        (418, {"status": "pending"}, (7, "bad_answer")),
                        (200, {"error": "invalid_grant"}, (7, "bad_answer")),
                        (200, {"error": "invalid_client"}, (4, "denied")),
                        (200, {"status": "expired"}, (5, "code_expired")),
                        (200, {"status": "denied"}, (4, "denied")),
                        (402, POLL, (7, "bad_answer")), (501, POLL, (7, "not_loom")))])

    def test_df_29_nobody_else_starts_a_sign_in(self):
        """Neither git's question, nor a 401, nor signing out asks for a code."""
        self.check([
            row("get, dead", "get", {"me": answer({}, 401)}, 0, "quit", asks={"me": 1, "start": 0}),
            row("get, alive", "get", {}, 0, asks={"me": 1, "start": 0}),
            row("given, dead", "given", {"me": answer({}, 401)}, 3, "rejected",
                asks={"start": 0}),
            row("logout, dead", "logout", {"logout": answer({}, 401)}, 0, "already_dead",
                asks={"start": 0}),
        ])

    def test_rev_13_the_server_does_not_revoke(self):
        """The sign-in is forgotten here, and what remains is said."""
        told = ["The server could not be told"]
        self.check([row(f"{status} {body}"[:50], "logout", {"logout": answer(body, status)}, 10,
                        revoked, told) for status, body, revoked in (
            (400, {"error": "unsupported_token_type"}, "no"), (400, {"error": "x"}, "no"),
            (200, {"error": "unsupported_token_type"}, "no"), (403, {}, "no"),
            (404, {}, "unsupported"), (405, {}, "unsupported"), (501, {}, "unsupported"),
            (429, {}, "no"), (500, {}, "no"), (503, {}, "no"), (200, [], "no"),
            (200, "x", "no"))] + [
            row("401 with another error", "logout", {"logout": answer(
                {"error": "invalid_token"}, 401)}, 0, "already_dead"),
            row("401 without JSON", "logout", {"logout": answer(b"", 401)}, 10, "no")])


class Json(hostile.Case):
    def check_polls(self, texts, status=7, code="bad_answer"):
        self.check([row(f"{at} {text[:40]!r}", "login", {"poll": raw(text)}, status, code,
                        asks={"poll": 1}) for at, text in enumerate(texts)])

    def test_js_04_more_than_one(self):
        text = json.dumps(POLL)
        self.check_polls([text + text, text + "\n" + text, text + "x", text + "\0", text + "}",
                          text + ",", "[" + text + "]", "x" + text, "\0" + text, text[:-1],
                          ")]}'\n" + text, text + "//", "/**/" + text, "", " ", "{}{}"])

    def test_js_100_names_that_come_twice(self):
        self.check_polls([
            f'{{"status":"pending","status":"completed","access_token":"{NEW}"}}',
            f'{{"status":"completed","access_token":"x","access_token":"{NEW}"}}',
            f'{{"status":"completed","access_token":"{NEW}","a":{{"b":1,"b":2}}}}',
            f'{{"status":"pending","st\\u0061tus":"completed","access_token":"{NEW}"}}',
        ])

    def test_js_05_depth_and_size(self):
        """JS-06"""
        token = f'"status":"completed","access_token":"{NEW}"'
        self.check_polls([
            "{%s,\"a\":%s1%s}" % (token, "[" * 32, "]" * 32),
            "{%s,\"a\":%s" % (token, "[" * 100000),
            "{%s,\"a\":%s1%s}" % (token, '{"a":' * 2000, "}" * 2000),
            f'{{{token},"a":[{"0," * 200000}0]}}', f'{{{token},"a":"{"x" * (1 << 20)}"}}',
            "{" + ",".join(f'"{at}":0' for at in range(110000)) + "}"])

    def test_js_09_characters(self):
        text = json.dumps(POLL)
        self.check_polls([
            text.replace("completed", "comp\\u0000leted"), text.replace(NEW, NEW + "\\u0000x"),
            text.replace('": "', '":\x0b"'), text.replace(NEW, NEW + "\x01"),
            text.replace(NEW, NEW + "\\ud800"), text.replace(NEW, NEW + "\\x41"),
            text.replace('"', "'"), text.encode().replace(b"lt_", b"\xff\xfe"),
            text.encode().replace(b"lt_", b"\xc0\xaf"), text.encode("utf-16"),
            text.encode("utf-16-le"), b"\xff\xfe" + text.encode("utf-16-le"),
            text.encode("utf-32")])

    def test_js_10_a_mark_before_it(self):
        text = json.dumps(POLL).encode()
        self.check([row("once", "login", {"poll": raw(b"\xef\xbb\xbf" + text)}, 0),
                    row("twice", "login", {"poll": raw(b"\xef\xbb\xbf" * 2 + text)}, 7,
                        "bad_answer")])

    def test_js_07_numbers(self):
        """DF-05: Bounded where they mean a time, refused where they are none."""
        base = json.dumps({**START, "interval": "INTERVAL", "expires_in": "LIFE"})

        def start(interval="1", life="60"):
            return raw(base.replace('"INTERVAL"', interval).replace('"LIFE"', life))

        self.check([row(f"{life} {interval}", "login", {"start": start(interval, life)}, 0)
                    for interval, life in (
                        ("-5", "1e999"), ("0", "9e18"), ("1e-999", "4294967296"), ("0.2", "2.5"),
                        ("-1e999", "60"), ("1", "1e3"))] +
                   [row(f"{text[:20]} no number", "login", {"start": start(life=text)}, 7,
                        "bad_answer", asks={"poll": 0})
                    for text in ("0123", "+5", ".5", "5.", "0x10", "1e", "NaN", "Infinity", "--1",
                                 "9" * 64, "1,5")])

    def test_js_101_nothing_is_taken_by_another_name(self):
        """JS-03: names and words are compared letter by letter."""
        text = json.dumps(POLL)
        self.check_polls([text.replace("status", "Status"), text.replace("access_t", "Access_T"),
                          text.replace("status", "status "), text.replace("status", "ſtatus"),
                          json.dumps({"data": POLL}), json.dumps({"result": [POLL]})])

    def test_js_11_no_object(self):
        rows = []
        for text in ("null", "true", '"completed"', "[1]", "7", "[]", "{"):
            rows += [row(f"{call} {text}", command, {call: raw(text)}, status, code)
                     for call, command, status, code in (
                         ("start", "login", 7, "bad_answer"), ("poll", "login", 7, "bad_answer"),
                         ("me", "given", 7, "bad_answer"), ("logout", "logout", 10, "no"))]
        self.check(rows)


if __name__ == "__main__":
    loomtest.main(3)
