/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/failure.h"

#include "cli/json_output.h"
#include "cli/report.h"

int loom_failure(struct loom_cli *cli, const struct loom_error *error,
                 const struct loom_origin *server) {
    if (cli->options.json > 0)
        loom_json_output_failure(cli, error, server);
    return loom_report_say(cli, error, server);
}

int loom_failure_usage(struct loom_cli *cli, const char *message, const struct loom_words *words) {
    struct loom_error error = {.code = LOOM_ERR_USAGE};
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    loom_say_error(&cli->err, message, words);
    if (cli->options.json > 0 && loom_phrase_english(message, words, &text) == LOOM_OK) {
        (void)loom_error_detail(&error, LOOM_ERR_USAGE, loom_buffer_text(&text));
        loom_json_output_failure(cli, &error, NULL);
    }
    return LOOM_EXIT_USAGE;
}
