/* SPDX-License-Identifier: Apache-2.0 */
/* What `loom status` found out, for people and for programs. */
#ifndef LOOM_CLI_STATUS_VIEW_H
#define LOOM_CLI_STATUS_VIEW_H

#include "cli/server_choice.h"
#include "cli/status_check.h"

/* The servers of one call, and what was found out. */
struct loom_survey {
    struct loom_server_list list;     /* owned */
    struct loom_status_check *checks; /* owned; one for each of the list */
    bool has_default;
    struct loom_origin usual; /* what a command without a server is about; if has_default */
    struct loom_error hidden; /* why the keyring was passed over; LOOM_OK: it was not */
};

/* For people, on stdout. */
void loom_status_view_say(struct loom_cli *cli, const struct loom_survey *survey);

/* For programs: one object on stdout. */
void loom_status_view_print(struct loom_cli *cli, const struct loom_survey *survey);

/* What is wrong and what to do next, on stderr, as for every other command. */
void loom_status_view_troubles(struct loom_cli *cli, const struct loom_survey *survey);

/* Imports that nobody has named the servers of, and the command that takes one over; on stderr. */
void loom_status_view_unnamed(struct loom_cli *cli, const struct loom_server_list *list);

#endif
