/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the header lines of an answer say (RFC 9110, RFC 9112). Only for the room and its tests.
 *
 *     struct loom_http_head head;
 *     loom_head_start(&head, origin->is_secure, curl->getdate);
 *     for each line as libcurl hands it over, its line end included:
 *         if (loom_head_add_line(&head, line, len) != LOOM_OK) ... stop the transfer ...
 *
 * libcurl reads an answer leniently: of two lengths it takes the second, it decodes transfer
 * codings that nobody asked for. So every line is judged here too, as it arrives, and an answer
 * that two readers could understand differently is refused before its body is read. Interim answers
 * (1xx) and trailers count towards the ceiling and mean nothing.
 */
#ifndef LOOM_HTTP_HEAD_H
#define LOOM_HTTP_HEAD_H

#include "base/error.h"
#include "base/origin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum loom_head_part {
    LOOM_HEAD_STATUS_LINE, /* expected next */
    LOOM_HEAD_FIELDS,
    LOOM_HEAD_DONE, /* what follows are trailers */
};

/* curl_getdate: -1 for what is no date. */
typedef time_t loom_head_date(const char *text, const time_t *unused);

enum { LOOM_LOCATION_MAX = LOOM_PAGE_MAX };

struct loom_http_head {
    enum loom_head_part part;
    size_t len; /* bytes of all lines so far */
    long status;
    bool has_type, is_json;
    bool has_length, is_chunked;
    bool is_unusable;      /* lengths that contradict, an encoding that was not asked for */
    uint64_t length;       /* Content-Length */
    int64_t retry_after_s; /* -1: none */
    int64_t date_s;        /* 0: none */
    bool is_token_invalid;
    char location[LOOM_LOCATION_MAX + 1]; /* "" when none, or too long */
    bool is_secure;
    loom_head_date *parse_date;
};

/*
 * `is_secure`: an answer with a body has to say where it ends. RFC 9112 section 9.8 lets TLS's
 * farewell stand for it, but libcurl does not tell whether there was one.
 */
void loom_head_start(struct loom_http_head *head, bool is_secure, loom_head_date *parse_date);

/*
 * Take one line. LOOM_ERR_REDIRECT: the last line of a 3xx head. LOOM_ERR_BAD_ANSWER: past the
 * ceiling, or the last line of a head that cannot be used.
 */
LOOM_CHECKED enum loom_err loom_head_add_line(struct loom_http_head *head, const char *line,
                                              size_t len);

#endif
