/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `loom status` finds out about one server.
 *
 *     struct loom_status_check check = {.server = &server, .may_adopt = is_named};
 *     loom_status_check_find(cli, &check);              // one after the other: the store
 *     loom_status_check_ask_all(cli, checks, count);    // all at once: the servers
 *     ... loom_status_check_status(&check) ...
 *     loom_status_check_clear(&check);
 */
#ifndef LOOM_CLI_STATUS_CHECK_H
#define LOOM_CLI_STATUS_CHECK_H

#include "cli/cli.h"
#include "store/store.h"

enum {
    LOOM_STATUS_MS = 5000, /* for all servers together */
};

enum loom_status_state {
    LOOM_STATUS_VALID,    /* the server accepts it */
    LOOM_STATUS_REJECTED, /* the server does not */
    LOOM_STATUS_EXPIRED,  /* past its time; not asked */
    LOOM_STATUS_UNKNOWN,  /* could not be asked, or was not to be */
    LOOM_STATUS_NONE,     /* not signed in */
};

struct loom_status_check {
    const struct loom_origin *server; /* borrowed */
    bool may_adopt;                   /* the person named it; store/store.h */
    enum loom_status_state state;
    int64_t checked_at; /* epoch seconds; 0: not asked */
    struct loom_credential credential;
    struct loom_account account; /* as the server says, else as it was remembered */
    bool is_environment;         /* LOOM_TOKEN or LOOM_TOKEN_FILE */
    struct loom_store_info place;
    struct loom_error error; /* LOOM_OK, or what went wrong */
    /* while it is asked */
    struct loom_http http;
    const struct loom_clock *clock;
    int64_t deadline_ms;
};

/* Fill in everything but what the server says. The state is UNKNOWN afterwards if it is to be
 * asked. */
void loom_status_check_find(struct loom_cli *cli, struct loom_status_check *check);

/* Ask the servers whose state is UNKNOWN and that have no error, all at once. */
void loom_status_check_ask_all(struct loom_cli *cli, struct loom_status_check *checks,
                               size_t count);

/* Can it be renewed without a person? */
bool loom_status_check_is_refreshable(const struct loom_status_check *check);

/* The exit status of this one. */
int loom_status_check_status(const struct loom_status_check *check);

void loom_status_check_clear(struct loom_status_check *check);

#endif
