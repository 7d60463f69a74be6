/* SPDX-License-Identifier: Apache-2.0 */
#include "server/misbehave_table.h"

#define HTML "text/html; charset=utf-8"
#define HTML_BODY                                                                                  \
    "<!doctype html><title>Sign in to the network</title><p>Welcome to the caf\xc3\xa9."
#define TOKEN "lt_00000000000000000000000000000000deadbeef"
#define START_BODY(code, url)                                                                      \
    "{\"device_code\":" code ",\"user_code\":\"111-222-333\",\"verification_url\":\"" url          \
    "\",\"expires_in\":600}"

#define ANSWER(name_, call_, status_, body_)                                                       \
    { .name = (name_), .call = (call_), .status = (status_), .body = (body_) }
#define WEB_PAGE(name_, call_, status_)                                                            \
    { .name = (name_), .call = (call_), .status = (status_), .type = HTML, .body = HTML_BODY }
#define INSTEAD(name_, wrong_, body_)                                                              \
    { .name = (name_), .call = DEV_CALL_START, .wrong = (wrong_), .body = (body_) }
#define DO(name_, call_, wrong_, status_, times_)                                                  \
    { .name = (name_), .call = (call_), .wrong = (wrong_), .status = (status_), .times = (times_) }

const struct dev_misbehaviour dev_misbehaviour_rows[] = {
    DO("hang", DEV_CALL_ANY, DEV_WRONG_HANG, 0, 0),

    ANSWER("start-401", DEV_CALL_START, 401, "{\"error\":\"unauthorized\"}"),
    ANSWER("start-403", DEV_CALL_START, 403, "{\"error\":\"forbidden\"}"),
    ANSWER("start-404", DEV_CALL_START, 404, "{\"error\":\"not_found\"}"),
    ANSWER("start-405", DEV_CALL_START, 405, "{\"error\":\"method_not_allowed\"}"),
    ANSWER("start-429", DEV_CALL_START, 429, "{\"error\":\"too_many_requests\"}"),
    ANSWER("start-500", DEV_CALL_START, 500, "{\"error\":\"internal\"}"),
    ANSWER("start-501", DEV_CALL_START, 501, "{\"error\":\"not_implemented\"}"),
    ANSWER("start-503", DEV_CALL_START, 503, "{\"error\":\"unavailable\"}"),
    ANSWER("start-204", DEV_CALL_START, 204, ""),
    ANSWER("start-empty", DEV_CALL_START, 200, ""),
    ANSWER("start-array", DEV_CALL_START, 200, "[1,2,3]"),
    ANSWER("start-garbage-after", DEV_CALL_START, 200,
           START_BODY("\"0123456789abcdef\"", "https://localhost/device") " garbage"),
    WEB_PAGE("start-html", DEV_CALL_START, 200),
    WEB_PAGE("start-html-404", DEV_CALL_START, 404),
    ANSWER("start-no-code", DEV_CALL_START, 200,
           "{\"user_code\":\"111-222-333\",\"verification_url\":\"https://localhost/device\","
           "\"expires_in\":600}"),
    ANSWER("start-null-code", DEV_CALL_START, 200, START_BODY("null", "https://localhost/device")),
    DO("start-redirect", DEV_CALL_START, DEV_WRONG_REDIRECT, 302, 0),
    DO("start-drop", DEV_CALL_START, DEV_WRONG_DROP, 0, 0),
    DO("start-hang", DEV_CALL_START, DEV_WRONG_HANG, 0, 0),
    DO("start-flood", DEV_CALL_START, DEV_WRONG_FLOOD, 200, 0),
    INSTEAD("start-bad-url", DEV_WRONG_PAGE, "javascript:alert(1)"),
    INSTEAD("start-http-url", DEV_WRONG_PAGE, "http://login.example.net/device"),
    INSTEAD("start-userinfo-url", DEV_WRONG_PAGE, "https://localhost@login.example.net/device"),
    INSTEAD("start-foreign-page", DEV_WRONG_PAGE, "https://login.example.net/device"),
    INSTEAD("start-evil-code", DEV_WRONG_CODE, "123\x1b[2K\x1b[1A\x07-456"),
    INSTEAD("start-blank-code", DEV_WRONG_CODE, "   "),
    INSTEAD("start-old-code", DEV_WRONG_CODE, "ABCD-1234"),

    {.name = "poll-500",
     .call = DEV_CALL_POLL,
     .status = 500,
     .times = 2,
     .body = "{\"error\":\"internal\"}"},
    {.name = "poll-429",
     .call = DEV_CALL_POLL,
     .status = 429,
     .times = 1,
     .body = "{\"status\":\"pending\"}",
     .header = "Retry-After",
     .header_value = "3"},
    {.name = "poll-html-503",
     .call = DEV_CALL_POLL,
     .status = 503,
     .times = 2,
     .type = HTML,
     .body = HTML_BODY},
    {.name = "poll-slow-down",
     .call = DEV_CALL_POLL,
     .status = 200,
     .times = 1,
     .body = "{\"status\":\"slow_down\"}"},
    DO("poll-drop", DEV_CALL_POLL, DEV_WRONG_DROP, 0, 2),
    DO("poll-drop-always", DEV_CALL_POLL, DEV_WRONG_DROP, 0, 0),
    DO("poll-hang", DEV_CALL_POLL, DEV_WRONG_HANG, 0, 0),
    DO("poll-redirect", DEV_CALL_POLL, DEV_WRONG_REDIRECT, 307, 0),
    DO("poll-flood", DEV_CALL_POLL, DEV_WRONG_FLOOD, 200, 0),
    {.name = "poll-cut",
     .call = DEV_CALL_POLL,
     .wrong = DEV_WRONG_CUT,
     .status = 200,
     .body = "{\"status\":\"completed\",\"access_token\":\"" TOKEN},
    {.name = "poll-drip",
     .call = DEV_CALL_POLL,
     .wrong = DEV_WRONG_DRIP,
     .status = 200,
     .body = "{\"status\":\"completed\",\"access_token\":\"" TOKEN "\"}"},
    WEB_PAGE("poll-html", DEV_CALL_POLL, 200),
    ANSWER("poll-400", DEV_CALL_POLL, 400, "{\"error\":\"invalid_request\"}"),
    ANSWER("poll-404", DEV_CALL_POLL, 404, "{\"error\":\"not_found\"}"),
    ANSWER("poll-unknown-status", DEV_CALL_POLL, 200, "{\"status\":\"perhaps\"}"),
    ANSWER("poll-no-status", DEV_CALL_POLL, 200, "{\"access_token\":\"" TOKEN "\"}"),
    ANSWER("poll-denied-400", DEV_CALL_POLL, 400, "{\"error\":\"access_denied\"}"),
    ANSWER("poll-expired-400", DEV_CALL_POLL, 400, "{\"error\":\"expired_token\"}"),
    ANSWER("poll-pending-400", DEV_CALL_POLL, 400, "{\"error\":\"authorization_pending\"}"),
    ANSWER("poll-no-token", DEV_CALL_POLL, 200, "{\"status\":\"completed\"}"),
    ANSWER("poll-empty-token", DEV_CALL_POLL, 200,
           "{\"status\":\"completed\",\"access_token\":\"\"}"),
    ANSWER("poll-control-token", DEV_CALL_POLL, 200,
           "{\"status\":\"completed\",\"access_token\":\"lt_dead\\r\\nX-Evil: \\u001b[2Jbeef\"}"),
    ANSWER("poll-upper-case", DEV_CALL_POLL, 200,
           "{\"status\":\"COMPLETED\",\"access_token\":\"" TOKEN "\"}"),
    ANSWER("poll-upper-names", DEV_CALL_POLL, 200,
           "{\"STATUS\":\"completed\",\"Access_Token\":\"" TOKEN "\"}"),
    ANSWER("poll-error-member", DEV_CALL_POLL, 200,
           "{\"status\":\"completed\",\"access_token\":\"" TOKEN "\",\"error\":\"server_error\"}"),

    ANSWER("me-500", DEV_CALL_ME, 500, "{\"error\":\"internal\"}"),
    ANSWER("me-401", DEV_CALL_ME, 401, "{\"error\":\"unauthorized\"}"),
    ANSWER("me-404", DEV_CALL_ME, 404, "{\"error\":\"not_found\"}"),
    WEB_PAGE("me-html", DEV_CALL_ME, 200),
    WEB_PAGE("me-html-401", DEV_CALL_ME, 401),
    ANSWER("me-nulls", DEV_CALL_ME, 200,
           "{\"id\":null,\"display_name\":null,\"username\":null,\"email\":null}"),
    ANSWER("me-evil-name", DEV_CALL_ME, 200,
           "{\"id\":\"u_1\",\"display_name\":\"\\u001b]0;evil\\u0007Ada\\u001b[2J\\u202e"
           "\\u009b31m\\nLovelace\",\"username\":\"ada\\u001b[1A\",\"email\":null}"),
    DO("me-redirect", DEV_CALL_ME, DEV_WRONG_REDIRECT, 302, 0),
    DO("me-drop", DEV_CALL_ME, DEV_WRONG_DROP, 0, 0),
    DO("me-hang", DEV_CALL_ME, DEV_WRONG_HANG, 0, 0),

    ANSWER("logout-500", DEV_CALL_LOGOUT, 500, "{\"error\":\"internal\"}"),
    ANSWER("logout-401", DEV_CALL_LOGOUT, 401, "{\"error\":\"unauthorized\"}"),
    ANSWER("logout-404", DEV_CALL_LOGOUT, 404, "{\"error\":\"not_found\"}"),
    WEB_PAGE("logout-html", DEV_CALL_LOGOUT, 200),
    WEB_PAGE("logout-html-401", DEV_CALL_LOGOUT, 401),
    DO("logout-redirect", DEV_CALL_LOGOUT, DEV_WRONG_REDIRECT, 307, 0),
    DO("logout-drop", DEV_CALL_LOGOUT, DEV_WRONG_DROP, 0, 0),
    DO("logout-hang", DEV_CALL_LOGOUT, DEV_WRONG_HANG, 0, 0),

    {.name = "git-401",
     .call = DEV_CALL_GIT,
     .status = 401,
     .body = "{\"error\":\"unauthorized\"}",
     .header = "WWW-Authenticate",
     .header_value = "Basic realm=\"Loom\""},
    ANSWER("git-403", DEV_CALL_GIT, 403, "{\"error\":\"forbidden\"}"),
    ANSWER("git-500", DEV_CALL_GIT, 500, "{\"error\":\"internal\"}"),
    DO("git-redirect", DEV_CALL_GIT, DEV_WRONG_REDIRECT, 302, 0),
    {.name = NULL},
};
