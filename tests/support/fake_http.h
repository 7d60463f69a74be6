/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP port without a network: it plays a script and remembers what it was asked.
 *
 *     static const struct fake_answer script[] = {
 *         {.to = "POST /auth/device/start", .status = 200, .json = "{...}"},
 *         {.to = "POST /auth/device/poll", .err = LOOM_ERR_TIMEOUT},
 *     };
 *     struct fake_http fake = FAKE_HTTP(script);
 *     struct loom_http http = fake_http_port(&fake);
 *     ...
 *     fake_http_end(&fake);            // every answer was asked for; forget the requests
 *
 * A request beyond the script, or to another path than the script expects, fails the test. As the
 * real client, it leaves `error` alone when an answer arrived.
 */
#ifndef LOOM_TESTS_FAKE_HTTP_H
#define LOOM_TESTS_FAKE_HTTP_H

#include "http/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_clock; /* support/fake_clock.h */

/* One row of a script: an error of the transfer, or an answer. */
struct fake_answer {
    const char *to; /* "POST /auth/device/poll"; NULL: whatever is asked */
    enum loom_err err;
    const char *detail;               /* of the error */
    long status;                      /* of the answer */
    const char *json;                 /* its body, with a JSON media type; NULL: see `other` */
    const char *other;                /* its body with another media type; NULL: no body at all */
    int64_t retry_after_s;            /* 0: none */
    int64_t date_s;                   /* 0: none */
    bool is_token_invalid;            /* says a challenge */
    int64_t takes_ms;                 /* how long the exchange takes */
    void (*meanwhile)(void *context); /* what others do before it is answered; NULL: nothing */
    void *meanwhile_context;
};

struct fake_request {
    char *line;         /* "POST /auth/device/poll" */
    char *origin;       /* its URL */
    char *content_type; /* NULL: no body */
    char *body;         /* NULL: no body */
    char *bearer;       /* NULL: no Authorization */
    char *ca_file;      /* NULL: none */
    int timeout_ms;
    bool must_complete;
    int64_t at_ms; /* by the clock, when the request began */
};

enum { FAKE_REQUESTS_MAX = 512 };

struct fake_http {
    const struct fake_answer *script;
    size_t count;
    bool is_last_repeated;       /* the last answer stands for all that follow */
    struct fake_clock *clock;    /* moved by takes_ms; NULL: none */
    struct loom_buffer *journal; /* gets a line for each request; NULL: none */
    size_t sent;
    struct fake_request requests[FAKE_REQUESTS_MAX]; /* owned */
};

#define FAKE_HTTP(rows)                                                                            \
    { .script = (rows), .count = sizeof(rows) / sizeof(rows)[0] }

struct loom_http fake_http_port(struct fake_http *fake);

/* Fail unless the whole script was played; then forget the requests, so that it may be replayed. */
void fake_http_end(struct fake_http *fake);

/* Forget the requests. */
void fake_http_reset(struct fake_http *fake);

#endif
