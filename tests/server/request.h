/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, from its first line to its answer.
 *
 * The path is taken as it stood in the request line: nothing is decoded, so that a spelling with
 * %2e or %2f is just another path that does not exist.
 */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include "base/buffer.h"
#include "server/misbehave.h"
#include "server/server.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

enum { DEV_BODY_MAX = 16 * 1024 };

struct dev_git;
struct dev_route;

struct dev_request {
    struct dev_server *server;
    struct MHD_Connection *connection;
    const struct dev_route *route;
    char *path;          /* owned */
    const char *query;   /* in `path`'s memory; "" when there is none */
    const char *subpath; /* what follows the base path, in `path` */
    const char *method;
    int64_t t_ms;
    uint64_t body_len;
    struct loom_buffer body;
    struct dev_git *git;                  /* while git answers */
    const struct dev_misbehaviour *wrong; /* what the handler is to do wrong; NULL: nothing */
    const char *grant;                    /* of a token call: its short name; NULL: none */
    bool is_started;
    bool is_too_large;
    bool is_logged;
};

/* A header of the request, or NULL. */
const char *dev_request_header(const struct dev_request *request, const char *name);

/* Does the content type say `type`, whatever its parameters? */
bool dev_request_is_type(const struct dev_request *request, const char *type);

/* What follows the scheme ("bearer", "basic") in Authorization, or NULL. */
const char *dev_request_credentials(const struct dev_request *request, const char *scheme);

/* The misbehaviour that the handler is to show, if it is of this kind; NULL: it is not. */
const struct dev_misbehaviour *dev_request_wrong(const struct dev_request *request,
                                                 enum dev_wrong wrong);

/* Note it in the log, once. Called before the answer leaves, so that a test finds it there. */
void dev_request_log(struct dev_request *request, unsigned status);

/*
 * Wait until the client goes away or the server ends, at most `wait_ms` (-1: for good).
 * Returns false when the time is over first.
 */
bool dev_request_wait(const struct dev_request *request, int wait_ms);

#endif
