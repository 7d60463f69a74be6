/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `loom status` finds out about one server.
 *
 *     struct loom_status_check check = {.server = &server, .may_adopt = is_named};
 *     if (loom_status_check_find(cli, &check) != LOOM_OK) ...    // one after the other: the store
 *     loom_status_check_ask_all(cli, checks, count);             // all at once: the servers
 *     ... check.state, loom_report_status(&check.error) ...
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
    LOOM_STATUS_REJECTED, /* the server does not, now or when it was last asked */
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
    bool is_refreshable;         /* it can be renewed without a person */
    struct loom_store_info place;
    /* LOOM_OK: it can be used, as far as is known. Else why not: also where the state says it. */
    struct loom_error error;
    /* while it is asked; borrowed */
    const struct loom_ports *ports;
    int64_t deadline_ms;
};

/*
 * Fill in everything but what the server says. The state is UNKNOWN, and the error LOOM_OK, if it
 * is to be asked. Any other result: what the environment says of a token is wrong; it was said, and
 * loom_environment_token_status() is the exit status. Needs an open store unless the token is the
 * environment's.
 */
LOOM_CHECKED enum loom_err loom_status_check_find(struct loom_cli *cli,
                                                  struct loom_status_check *check);

/* Ask the servers that are to be asked, LOOM_PARALLEL_MAX at once. */
void loom_status_check_ask_all(struct loom_cli *cli, struct loom_status_check *checks,
                               size_t count);

void loom_status_check_clear(struct loom_status_check *check);

#endif
