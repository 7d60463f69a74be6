/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/login_again.h"

#include "cli/say.h"
#include "system/stream.h"

#include <unistd.h>

/* A live line is what only a terminal with a person in front of it gets. */
static bool is_anybody_there(const struct loom_cli *cli) {
    return cli->err.has_live && !cli->err.has_failed && cli->options.json == 0 &&
           !cli->environment.is_ci && loom_stream_is_terminal(STDIN_FILENO);
}

static void ask(void *context) {
    struct loom_cli *cli = context;
    loom_say(&cli->err,
             N_("The code expired before anyone approved it.\n\n"
                "Press Enter for a new code. Ctrl-C stops.\n"),
             NULL);
}

enum loom_err loom_login_ask_again(struct loom_cli *cli) {
    struct loom_enter enter = {
        .fd = STDIN_FILENO,
        .stop_fd = *cli->ports->stop_fd,
        .patience_ms = LOOM_LOGIN_PATIENCE_MS,
        .ask = ask,
        .context = cli,
    };
    if (!is_anybody_there(cli))
        return LOOM_ERR_EXPIRED;
    enum loom_err err = loom_stream_wait_enter(&enter);
    if (err == LOOM_ERR_INTERRUPTED) /* the terminal has written ^C */
        loom_output_notice(&cli->err, "\n");
    return err == LOOM_OK || err == LOOM_ERR_INTERRUPTED ? err : LOOM_ERR_EXPIRED;
}
