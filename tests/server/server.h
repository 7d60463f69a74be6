/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server as a whole: what every request may use, and its life.
 *
 *     struct dev_server *server;
 *     if (dev_server_start(&options, &server, &error) != LOOM_OK) ...
 *     ... wait for a signal ...
 *     dev_server_stop(server);
 *
 * One thread a connection (libmicrohttpd); whoever waits in one watches `stop_fd` too, so that
 * stopping never waits for a client or for git.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/error.h"
#include "server/codes.h"
#include "server/journal.h"
#include "server/misbehave.h"
#include "server/options.h"
#include "server/tokens.h"

#include <stddef.h>

enum { DEV_URL_MAX = 1024 };

struct MHD_Daemon;

struct dev_server {
    const struct dev_options *options;
    struct MHD_Daemon *daemon;
    int stop_fd; /* an eventfd, readable as soon as the server is to end */
    struct dev_codes *codes;
    struct dev_tokens *tokens;
    struct dev_misbehaviours *misbehaviours;
    struct dev_journal *log;
    struct dev_journal *secrets;
    char *repos;                     /* --repos as an absolute path, or NULL */
    char local_url[DEV_URL_MAX + 1]; /* where it listens, base path included */
    char base_url[DEV_URL_MAX + 1];  /* what it tells: --public-url, else the same */
};

/* Listen and write the --ready file. `options` must outlive the server. */
LOOM_CHECKED enum loom_err dev_server_start(const struct dev_options *options,
                                            struct dev_server **out_server,
                                            struct loom_error *error);

/* End every request, wait for the threads, free. NULL is allowed. */
void dev_server_stop(struct dev_server *server);

#endif
