/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP port with one answer for whatever is asked, and what must hold of every call whatever
 * it was answered (oauth/oauth.h). Five characters say what is asked and how it is answered, then
 * comes the body:
 *
 *     s0js0{"device_code":"d", ...}
 *     |||||
 *     ||||+- Retry-After: "0" none, "1" one second, ...
 *     |||+-- the server is at: "s" https, else http on loopback
 *     ||+--- the media type: "j" JSON, "h" another; "J" and "H" with a challenge: invalid_token
 *     |+---- the status, by its place in fuzz_statuses
 *     +----- the call: "s" start, "p" poll, "m" me, "r" refresh, else revoke
 *
 * A token comes out of an approved poll or a refresh alone, a page is one that may be opened,
 * numbers keep their bounds, and the codes and tokens of ours stand in no error.
 */
#ifndef LOOM_TESTS_FUZZ_ANSWERS_H
#define LOOM_TESTS_FUZZ_ANSWERS_H

#include "fuzz/fuzz.h"
#include "http/http.h"
#include "oauth/oauth.h"

/* What is sent: none of it may be told to anybody. */
#define FUZZ_DEVICE_CODE "dev-code-of-ours"
#define FUZZ_ACCESS "access-of-ours"
#define FUZZ_REFRESH "refresh-of-ours"

struct fuzz_answer {
    unsigned char call;
    long status;
    bool is_json;
    bool is_token_invalid;
    bool is_secure; /* the server */
    int64_t retry_after_s;
    struct fuzz_input body;
    const struct loom_origin *server;       /* the requests may go there, */
    const struct loom_authority *authority; /* or to these endpoints; NULL: nowhere else */
};

struct fuzz_answer fuzz_take_answer(struct fuzz_input input);

/* Gives the answer. The context is a struct fuzz_answer. */
enum loom_err fuzz_answer_send(void *context, const struct loom_http_request *request,
                               struct loom_http_response *out_response, struct loom_error *error);

bool fuzz_answer_is_success(const struct fuzz_answer *given);

/* May this page be opened, or asked, by someone who signs in to `server`? */
void fuzz_check_page(const struct loom_page *page, const struct loom_origin *server);

/* Nor may an error tell what was sent to the one who answered: `secret` may be NULL. */
void fuzz_check_error(const struct loom_error *error, const char *secret);

/* Make the call that the answer is for, and check what comes of it. */
void fuzz_check_call(const struct loom_remote *server, const struct fuzz_answer *given);

#endif
