/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `loom login` shows while it runs: the prompt port of session/sign_in.h, for people or as
 * JSON.
 *
 *     struct loom_login_view view;
 *     struct loom_prompt prompt = loom_login_view_open(&view, cli, &server);
 *     err = loom_sign_in(&session, &wish, &prompt, &signed_in, &error);
 *     loom_login_view_done(&view, &signed_in) or loom_login_view_failed(&view, &signed_in, &error)
 */
#ifndef LOOM_CLI_LOGIN_VIEW_H
#define LOOM_CLI_LOGIN_VIEW_H

#include "cli/cli.h"
#include "cli/login_browser.h"
#include "session/sign_in.h"

struct loom_login_view {
    struct loom_cli *cli;
    const struct loom_origin *server;
    struct loom_login_browser browser; /* empty until a code was shown */
    bool has_shown_code;               /* at least one */
    bool is_waiting;                   /* the waiting line was shown at least once */
    enum loom_waiting reason;          /* and why, then */
};

struct loom_prompt loom_login_view_open(struct loom_login_view *out_view, struct loom_cli *cli,
                                        const struct loom_origin *server);

/* Say that it worked, where the credential is, and what to do next. Returns the exit status. */
int loom_login_view_done(struct loom_login_view *view, const struct loom_signed_in *signed_in);

/* Say why it did not, and what became of a token that could not be kept. Returns the exit status.
 */
int loom_login_view_failed(struct loom_login_view *view, const struct loom_signed_in *signed_in,
                           const struct loom_error *error);

#endif
