/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `git http-backend` as a CGI program (RFC 3875), in a process group and an environment of its own.
 *
 *     dev_cgi_start(&ask, &cgi)
 *     dev_cgi_write(cgi, bytes, len)   as often as needed; what git says meanwhile is kept
 *     dev_cgi_finish(cgi, &header)     the body is over; git's header has come
 *     dev_cgi_read(cgi, ...)           until 0
 *     dev_cgi_free(cgi)                ends git, if it has not ended
 *
 * Every wait also ends when `stop_fd` becomes readable.
 */
#ifndef SERVER_CGI_H
#define SERVER_CGI_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct dev_cgi;

/* The request as git is to see it; NULL members are left out of its environment. */
struct dev_cgi_ask {
    const char *root; /* absolute */
    const char *path; /* below it, begins with / */
    const char *method;
    const char *query;
    const char *user;
    const char *content_type;
    const char *content_length;
    const char *content_encoding;
    const char *git_protocol;
    int stop_fd;
};

LOOM_CHECKED enum loom_err dev_cgi_start(const struct dev_cgi_ask *ask, struct dev_cgi **out_cgi);

/* A git that has stopped reading is no error: its answer says why. */
LOOM_CHECKED enum loom_err dev_cgi_write(struct dev_cgi *cgi, const char *bytes, size_t len);

enum { DEV_CGI_FIELDS_MAX = 16 };

struct dev_cgi_field {
    const char *name;
    const char *value;
};

struct dev_cgi_header {
    unsigned status; /* 200, or what the field Status says */
    size_t len;
    struct dev_cgi_field fields[DEV_CGI_FIELDS_MAX]; /* without Status and Content-Length */
};

/*
 * Close git's input and wait for its header, whose texts live as long as `cgi`.
 * LOOM_ERR_BAD_ANSWER: git ended without one. LOOM_ERR_INTERRUPTED. LOOM_ERR_INTERNAL.
 */
LOOM_CHECKED enum loom_err dev_cgi_finish(struct dev_cgi *cgi, struct dev_cgi_header *out_header);

/* Returns the bytes read, 0 at the end, -1 when it is to stop. */
ssize_t dev_cgi_read(struct dev_cgi *cgi, char *out_bytes, size_t max);

void dev_cgi_free(struct dev_cgi *cgi);

#endif
