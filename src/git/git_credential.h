/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git's credential protocol, as pure functions: gitcredentials(7), git-credential(1).
 *
 *     read standard input until loom_git_is_complete() or end of file
 *     LOOM_CLEANUP(loom_git_request_clear) struct loom_git_request request = LOOM_GIT_REQUEST_INIT;
 *     if (loom_git_parse(bytes, len, &request) != LOOM_OK) ... answer nothing ...
 *     for each stored server: keep the one with the highest loom_git_match()
 *     loom_git_add_answer(&out, &answer)
 *
 * Only LF ends a line. Unknown keys are ignored. A request is answered with nothing as a whole when
 * a line is over-long, has no "=", or holds CR or NUL, when one of the known keys comes twice, or
 * when protocol or host is missing or empty: such a request was not made by git for a person
 * (CVE-2020-5260, CVE-2020-11008, CVE-2024-50349, CVE-2024-52006).
 */
#ifndef LOOM_GIT_GIT_CREDENTIAL_H
#define LOOM_GIT_GIT_CREDENTIAL_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/origin.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOOM_GIT_INPUT_MAX = 256 * 1024, /* bytes of a whole request */
    LOOM_GIT_LINE_MAX = 65535,       /* bytes of one line, as git itself has it */
    LOOM_GIT_USERNAME_MAX = 256,
};

#define LOOM_GIT_USERNAME "oauth2"

struct loom_git_request {
    struct loom_origin origin; /* protocol, host, and path when git sent one */
    bool has_username;
    char username[LOOM_GIT_USERNAME_MAX + 1]; /* "" when git sent none */
    struct loom_secret *password; /* owned; NULL when none, or not the bytes of a token */
};

#define LOOM_GIT_REQUEST_INIT                                                                      \
    { .has_username = false, .password = NULL }

/* Has the blank line that ends a request arrived? */
bool loom_git_is_complete(const char *bytes, size_t len);

/*
 * Read a request. The host is judged by loom_origin_parse(), and more strictly: a port has no
 * leading zeros. A path is cut at the first part that a server's own path cannot have (a server
 * under a path is matched on what stands before it), but one with a backslash or a . or .. segment
 * refuses the request: what stands before those says nothing about where the request goes.
 * LOOM_ERR_USAGE: nothing may be answered. LOOM_ERR_INTERNAL: no memory.
 */
LOOM_CHECKED enum loom_err loom_git_parse(const char *bytes, size_t len,
                                          struct loom_git_request *out_request);

void loom_git_request_clear(struct loom_git_request *request);

/*
 * Does the server answer for this request? 0: no. Else scheme, host and port are equal and the
 * server's path is a prefix of the request's at a "/" boundary; of several the highest number wins.
 */
size_t loom_git_match(const struct loom_git_request *request, const struct loom_origin *server);

struct loom_git_answer {
    const struct loom_secret *password; /* NULL with quit */
    int64_t expires_at;                 /* epoch seconds; 0 or less: unknown, not said */
    bool quit;                          /* stop git from asking further helpers or the person */
};

/*
 * Append the answer: username and password, password_expiry_utc when known, or quit=1; no other
 * line, and none at all without password and quit. The buffer needs a ceiling of
 * LOOM_GIT_ANSWER_MAX.
 */
enum { LOOM_GIT_ANSWER_MAX = LOOM_TOKEN_MAX + 256 };
LOOM_CHECKED enum loom_err loom_git_add_answer(struct loom_buffer *out,
                                               const struct loom_git_answer *answer);

#endif
