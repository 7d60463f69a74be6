/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include "base/sentences.h"

#include <stdio.h>

enum { STATUS_SIZE = 24 };

static const struct {
    enum loom_err err;
    enum loom_exit status;
} meanings[] = {
    {LOOM_ERR_INTERNAL, LOOM_EXIT_FAILURE},
    {LOOM_ERR_USAGE, LOOM_EXIT_USAGE},
    {LOOM_ERR_NOT_FOUND, LOOM_EXIT_NOT_SIGNED_IN},
    {LOOM_ERR_REJECTED, LOOM_EXIT_NOT_SIGNED_IN},
    {LOOM_ERR_DENIED, LOOM_EXIT_REFUSED},
    {LOOM_ERR_EXPIRED, LOOM_EXIT_EXPIRED},
    {LOOM_ERR_INTERRUPTED, LOOM_EXIT_BY_SIGNAL},
    {LOOM_ERR_NO_HOST, LOOM_EXIT_NETWORK},
    {LOOM_ERR_UNREACHABLE, LOOM_EXIT_NETWORK},
    {LOOM_ERR_TIMEOUT, LOOM_EXIT_NETWORK},
    {LOOM_ERR_SERVER, LOOM_EXIT_NETWORK},
    {LOOM_ERR_TLS_AUTHORITY, LOOM_EXIT_NETWORK},
    {LOOM_ERR_TLS, LOOM_EXIT_NETWORK},
    {LOOM_ERR_PROXY, LOOM_EXIT_NETWORK},
    {LOOM_ERR_NOT_LOOM, LOOM_EXIT_BAD_ANSWER},
    {LOOM_ERR_BAD_ANSWER, LOOM_EXIT_BAD_ANSWER},
    {LOOM_ERR_REDIRECT, LOOM_EXIT_BAD_ANSWER},
    {LOOM_ERR_KEYRING, LOOM_EXIT_STORAGE},
    {LOOM_ERR_KEYRING_LOCKED, LOOM_EXIT_STORAGE},
    {LOOM_ERR_STORAGE, LOOM_EXIT_STORAGE},
    {LOOM_ERR_DAMAGED, LOOM_EXIT_DAMAGED},
};

static size_t find_meaning(enum loom_err err) {
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].err == err)
            return i;
    return 0;
}

const char *loom_report_sentence(const struct loom_error *error) {
    return loom_sentence_of(error);
}

int loom_report_status(const struct loom_error *error) {
    return meanings[find_meaning(error->code)].status;
}

const char *loom_report_code(const struct loom_error *error) {
    return loom_sentence_code(error);
}

/* The HTTP status as words, in the caller's memory. */
static struct loom_words words_of(const struct loom_error *error, const struct loom_origin *server,
                                  char status[static STATUS_SIZE]) {
    (void)snprintf(status, STATUS_SIZE, "%ld", error->http_status);
    return (struct loom_words){.server = server != NULL ? server->url : NULL,
                               .detail = error->detail,
                               .text = error->detail,
                               .status = status};
}

/* Where it may be the way to the server, there is more to find out than one sentence holds. */
static bool is_way_to_blame(const struct loom_cli *cli, const struct loom_error *error) {
    int status = loom_report_status(error);
    return !cli->is_helper && (status == LOOM_EXIT_NETWORK || status == LOOM_EXIT_BAD_ANSWER);
}

int loom_report_say(struct loom_cli *cli, const struct loom_error *error,
                    const struct loom_origin *server) {
    char status[STATUS_SIZE];
    struct loom_words words = words_of(error, server, status);
    /* The terminal has written ^C, and where no line can be taken away the cursor stands behind. */
    if (error->code == LOOM_ERR_INTERRUPTED && cli->err.is_terminal && !cli->err.has_live)
        loom_output_notice(&cli->err, "\n");
    if (error->code == LOOM_ERR_INTERRUPTED)
        loom_say(&cli->err, loom_sentence_of(error), &words);
    else
        loom_say_error(&cli->err, loom_sentence_of(error), &words);
    /* A code that has no sentence of its own is better than nothing. */
    if (error->code == LOOM_ERR_BAD_ANSWER && error->detail[0] == '\0')
        words.detail = error->oauth_error;
    if (error->oauth_error[0] != '\0' && words.detail[0] != '\0')
        loom_say(&cli->err, N_("The server says:\n{detail}"), &words);
    if (server != NULL && is_way_to_blame(cli, error))
        loom_say(&cli->err, N_("To find out more, run:\n\n    loom doctor --server {server}\n"),
                 &words);
    return loom_report_status(error);
}

enum loom_err loom_report_message(const struct loom_error *error, const struct loom_origin *server,
                                  struct loom_buffer *out) {
    return loom_sentence_add(error, server != NULL ? server->url : NULL, out);
}
