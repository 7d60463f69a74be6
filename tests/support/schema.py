# SPDX-License-Identifier: Apache-2.0
"""The JSON of schema 1, key by key (docs/JSON.md): keys are always there, null is unknown."""
import calendar
import json
import re

TIME = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"
ACCOUNT = ["id", "username", "display_name", "email"]
STORE = ["kind", "name", "path", "locked", "mode"]
ERROR = ["code", "exit_status", "message", "http_status", "oauth_error"]
CODES = ("usage not_signed_in rejected denied code_expired interrupted network tls proxy not_loom "
         "bad_answer keyring_locked keyring_unavailable storage damaged internal").split()
EVENTS = {
    "code": ["server", "verification_url", "verification_url_complete", "user_code", "expires_at",
             "interval"],
    "browser": ["result"],
    "waiting": ["reason"],
    "done": ["server", "account", "store", "expires_at", "replaced", "old_token_revoked"],
    "error": ["server", "error"],
}
STATUS = ["server", "state", "checked_at", "dialect", "account", "store", "ca_file", "obtained_at",
          "expires_at", "refreshable", "error"]
TOKEN = ["schema", "server", "token", "token_type", "git_username", "expires_at", "source"]
# What `doctor` looks at, and the keys of its data: docs/JSON.md.
DOCTOR = {
    "here.program": ["version", "path"],
    "here.language": ["language", "variable", "has_list", "is_utf8"],
    "here.browser": ["plan", "program"],
    "environment": [],
    "keyring.bus": [],
    "keyring.service": ["program"],
    "keyring.lock": ["locked"],
    "keyring.trial": ["result"],
    "file.access": ["config_folder", "data_folder", "config_folder_mode", "data_folder_mode",
                    "file_mode", "key_mode", "file_owner", "key_owner"],
    "file.content": ["form", "sign_ins", "error"],
    "file.room": ["writable"],
    "file.forgotten": ["files"],
    "sign_in.place": ["place"],
    "server.proxy": ["variable", "scheme", "port", "http_status"],
    "server.name": ["host", "addresses"],
    "server.connection": ["port"],
    "server.certificate": ["verdict", "subject", "issuer", "names", "valid_from", "valid_until",
                           "authorities"],
    "server.health": ["http_status"],
    "server.dialect": ["dialect"],
    "server.clock": ["ahead_s"],
    "sign_in.token": ["state", "places", "expires_at"],
    "sign_in.copies": ["places"],
    "git.version": ["version"],
    "git.helper": ["name", "scope", "answer", "is_ours"],
    "git.own": ["program", "path"],
    "git.copies": ["would_get", "have"],
}
LOGOUT = ["server", "was_signed_in", "deleted_from", "left_in", "revoked", "error"]


def _keys(case, value, names, what):
    """All of them, in the order of the schema."""
    case.assertEqual(list(value), list(names), what)


def parse(case, line, what):
    """One line as JSON, with no key twice."""
    def pairs(found):
        case.assertEqual(len(dict(found)), len(found), what)
        return dict(found)
    return json.loads(line, object_pairs_hook=pairs)


def check_account(case, value, what):
    if value is not None:
        _keys(case, value, ACCOUNT, what)


def check_store(case, value, what):
    _keys(case, value, STORE, what)
    case.assertIn(value["kind"], ("keyring", "file", "environment"), what)


def check_error(case, value, status, what):
    _keys(case, value, ERROR, what)
    case.assertIn(value["code"], CODES, what)
    case.assertNotIn("\n", value["message"], what)
    case.assertNotEqual(value["message"], "", what)
    if status is not None:
        case.assertEqual(value["exit_status"], status, what)


def check_login(case, result):
    """The events of `login --json`, in the order in which they may come."""
    case.assertTrue(result.out.endswith(b"\n"), result)
    events = [parse(case, line, result) for line in result.out.decode().splitlines()]
    for event in events:
        case.assertEqual(event["schema"], 1, result)
        _keys(case, event, ["schema", "event"] + EVENTS[event["event"]], result)
    names = [event["event"] for event in events]
    case.assertIn(names[-1], ("done", "error"), result)
    case.assertEqual(sum(name in ("done", "error") for name in names), 1, result)
    case.assertLessEqual(names.count("code"), 1, result)
    for at, event in enumerate(events):
        if event["event"] == "waiting":
            case.assertIn("code", names[:at], result)
            case.assertIn(event["reason"], ("pending", "slow_down", "network", "server_error"))
        elif event["event"] == "code":
            case.assertRegex(event["expires_at"], f"^{TIME}$", result)
            case.assertIsInstance(event["interval"], int, result)
        elif event["event"] == "browser":
            case.assertIn(event["result"], ("opened", "failed", "not_tried"), result)
    reasons = [event["reason"] for event in events if event["event"] == "waiting"]
    case.assertFalse([a for a, b in zip(reasons, reasons[1:]) if a == b], "told without a change")
    last = events[-1]
    if last["event"] == "done":
        case.assertEqual(result.status, 0, result)
        check_account(case, last["account"], result)
        check_account(case, last["replaced"], result)
        check_store(case, last["store"], result)
        case.assertIn(last["old_token_revoked"], (True, False, None), result)
    else:
        status = 128 - result.status if result.status < 0 else result.status
        check_error(case, last["error"], status, result)
    return events


def check_logout(case, result):
    """The one object of `logout --json`: its rows."""
    case.assertEqual(result.out.count(b"\n"), 1, result)
    value = parse(case, result.out, result)
    case.assertEqual(value["schema"], 1, result)
    _keys(case, value, ["schema", "servers"] + ["moved_to"] * ("moved_to" in value), result)
    for row in value["servers"]:
        _keys(case, row, LOGOUT, result)
        case.assertIn(row["revoked"], ("yes", "already_dead", "no", "unsupported", None), result)
        if row["error"] is not None:
            check_error(case, row["error"], None, result)
    return value["servers"]


def _check_row(case, row, what):
    _keys(case, row, STATUS, what)
    state, error = row["state"], row["error"]
    case.assertIn(state, ("valid", "rejected", "expired", "unknown", "none"), what)
    is_there = row["store"] is not None
    for name in ("dialect", "account", "refreshable"):
        case.assertEqual(row[name] is not None, is_there, f"{name}: {what}")
    case.assertIn(row["dialect"], ("loom", "oauth", None), what)
    case.assertIn(row["refreshable"], (True, False, None), what)
    for name in ("checked_at", "obtained_at", "expires_at"):
        if row[name] is not None:
            case.assertRegex(row[name], f"^{TIME}$", what)
    if is_there:
        check_account(case, row["account"], what)
        check_store(case, row["store"], what)
    case.assertEqual(is_there, state not in ("none",) and not (state == "unknown" and row["dialect"]
                                                               is None), what)
    if error is not None:
        check_error(case, error, None, what)
    # What cannot be used says why; what can be used has nothing to say.
    codes = {"valid": (None,), "rejected": ("rejected",), "none": ("not_signed_in",),
             "expired": (None,) if row["refreshable"] else ("not_signed_in",)}
    if state in codes:
        case.assertIn(error and error["code"], codes[state], what)
    else:
        case.assertNotIn(error and error["code"], ("rejected", "not_signed_in"), what)


def check_status(case, result):
    """The one object of `status --json`."""
    case.assertEqual(result.out.count(b"\n"), 1, result)
    value = parse(case, result.out, result)
    _keys(case, value, ["schema", "default_server", "servers"], result)
    case.assertEqual(value["schema"], 1, result)
    for row in value["servers"]:
        _check_row(case, row, result)
    servers = [row["server"] for row in value["servers"]]
    case.assertEqual(len(set(servers)), len(servers), result)
    statuses = [row["error"]["exit_status"] for row in value["servers"] if row["error"]]
    worst = 3 if 3 in statuses or not servers else 6 if 6 in statuses else (statuses + [0])[0]
    if worst != 0:
        case.assertEqual(result.status, worst, result)
    return value


def check_token(case, result):
    """The one object of `token --format json`."""
    case.assertEqual(result.out.count(b"\n"), 1, result)
    value = parse(case, result.out, result)
    _keys(case, value, TOKEN, result)
    case.assertEqual((value["schema"], value["token_type"], value["git_username"]),
                     (1, "Bearer", "oauth2"), result)
    case.assertIn(value["source"], ("stored", "environment"), result)
    if value["expires_at"] is not None:
        case.assertRegex(value["expires_at"], f"^{TIME}$", result)
    return value


def check_doctor(case, result):
    """The one object of `doctor --json`: {id: row}."""
    case.assertEqual(result.out.count(b"\n"), 1, result)
    value = parse(case, result.out, result)
    _keys(case, value, ["schema", "version", "server", "ok", "exit_status", "checks"], result)
    case.assertEqual((value["schema"], value["exit_status"]), (1, result.status), result)
    rows = {}
    for row in value["checks"]:
        _keys(case, row, ["id", "status", "message", "fix", "data"], result)
        case.assertNotIn(row["id"], rows, result)
        rows[row["id"]] = row
        case.assertIn(row["status"], ("ok", "warn", "fail", "skipped"), result)
        for text in (row["message"], row["fix"]):
            case.assertNotEqual(text, "", result)
            case.assertNotRegex(text or "", r"[\n{}]|  ", result)
        if row["status"] in ("warn", "fail"):
            case.assertIsNotNone(row["fix"], f"what to do? {row}")
        name = re.sub(r"^(git\.helper)\.\d+$", r"\1", row["id"])
        if name.startswith("environment."):
            case.assertEqual(row["data"], {"variable": name.partition(".")[2]})
        else:
            _keys(case, row["data"], DOCTOR[name], result)
    case.assertEqual(value["ok"], all(row["status"] != "fail" for row in rows.values()), result)
    return rows


def check_failure(case, result):
    """{"schema":1,"error":ERROR}: the error."""
    value = parse(case, result.out, result)
    _keys(case, value, ["schema", "error"], result)
    check_error(case, value["error"], result.status, result)
    return value["error"]


def check_time(case, text, epoch_s, slack_s):

    case.assertRegex(text, f"^{TIME}$")
    numbers = [int(digits) for digits in re.findall(r"\d+", text)]
    case.assertAlmostEqual(calendar.timegm((*numbers, 0, 0, 0)), epoch_s, delta=slack_s)
