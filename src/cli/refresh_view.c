/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/refresh_view.h"

#include "base/text.h"
#include "cli/failure.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/server_choice.h"

#include <errno.h>

static const char lives_on[] =
    N_("Your sign-in to {server} could not be renewed just now. What is there is good until "
       "{date}.");
static const char may_live_on[] =
    N_("Your sign-in to {server} could not be renewed just now. What is there may still be good.");
static const char ends_soon[] =
    N_("Your sign-in to {server} is good until {date} and cannot be renewed. Please run:"
       "\n\n    loom login --server {server}\n");
static const char is_lost[] =
    N_("The renewed sign-in to {server} could not be stored. It works now, and not the next time. "
       "See to that, and then run:\n\n    loom login --server {server}\n");

/* How long the old one is good is not always known. */
static const char *sentence_for(const struct loom_access *access) {
    if (access->is_unsaved)
        return is_lost;
    if (access->credential.expires_at == 0)
        return may_live_on;
    return access->trouble.code == LOOM_ERR_REJECTED ? ends_soon : lives_on;
}

void loom_refresh_view_trouble(struct loom_cli *cli, const struct loom_access *access) {
    char date[LOOM_UTC_SIZE];
    const struct loom_error *trouble = &access->trouble;
    if (trouble->code == LOOM_OK)
        return;
    loom_text_format_utc(access->credential.expires_at, date);
    struct loom_words words = {.server = access->credential.origin.url, .date = date};
    if (access->is_unsaved)
        (void)loom_report_say(cli, trouble, &access->credential.origin);
    loom_say_error(&cli->err, sentence_for(access), &words);
}

void loom_refresh_view_expired_error(struct loom_error *out_error) {
    *out_error = (struct loom_error){.code = LOOM_ERR_NOT_FOUND, .os_error = ESTALE};
}

int loom_refresh_view_expired(struct loom_cli *cli, const struct loom_origin *server) {
    struct loom_error error;
    loom_refresh_view_expired_error(&error);
    return loom_failure(cli, &error, server);
}

static const struct loom_error nowhere = {.code = LOOM_ERR_NOT_FOUND, .os_error = EDESTADDRREQ};

int loom_refresh_view_nowhere(struct loom_cli *cli) {
    struct loom_error error = nowhere;
    (void)loom_server_hidden(cli, &error);
    return loom_failure(cli, &error, NULL);
}

void loom_refresh_view_say_nowhere(struct loom_cli *cli) {
    (void)loom_report_say(cli, &nowhere, NULL);
}
