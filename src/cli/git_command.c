/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/git_command.h"

#include "system/child.h"
#include "system/spawn.h"

#include <string.h>

/* Where git looks for a repository, and what would ask somebody or write somewhere. */
static const char *const changes[] = {
    "GIT_DIR=/dev/null", "GIT_WORK_TREE",         "GIT_COMMON_DIR", "GIT_CONFIG",
    "GIT_PREFIX",        "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS",    "SSH_ASKPASS",
    "GIT_TRACE",         "GIT_TRACE_SETUP",       "GIT_TRACE2",     "GIT_TRACE2_EVENT",
    "GIT_TRACE2_PERF",
};

enum { COUNT = sizeof changes / sizeof changes[0], ERRORS_MAX = 64 * 1024 };

bool loom_git_is_there(void) {
    char path[LOOM_PATH_MAX];
    return loom_spawn_find("git", path) == LOOM_OK;
}

/* The last line that is not empty, less what says how bad it is. */
static void find_reason(struct loom_buffer *errors, char *out_reason, size_t size) {
    static const char *const openings[] = {"fatal: ", "error: ", "warning: "};
    while (errors->len > 0 && errors->data[errors->len - 1] == '\n')
        loom_buffer_cut(errors, errors->len - 1);
    const char *text = loom_buffer_text(errors);
    const char *line = strrchr(text, '\n');
    line = line != NULL ? line + 1 : text;
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++)
        if (strncmp(line, openings[i], strlen(openings[i])) == 0)
            line += strlen(openings[i]);
    size_t len = strlen(line) < size ? strlen(line) : size - 1;
    memcpy(out_reason, line, len);
    out_reason[len] = '\0';
}

static enum loom_err run_it(const struct loom_child_order *order, const struct loom_git_run *run,
                            struct loom_buffer *out, int *out_status, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer errors = LOOM_BUFFER_INIT(ERRORS_MAX);
    char reason[LOOM_ERROR_DETAIL_MAX + 1];
    struct loom_child_outcome outcome;
    enum loom_err err = loom_child_run(order, out, &errors, &outcome);
    if (run->errors != NULL && errors.len > 0)
        loom_error_ignore(
            loom_buffer_add(run->errors, errors.data, errors.len)); /* it is wiped
                                                                       with the rest */
    find_reason(&errors, reason, sizeof reason);
    if (err == LOOM_ERR_BAD_ANSWER || (err == LOOM_OK && outcome.status < 0))
        err = LOOM_ERR_INTERNAL;
    (void)loom_error_detail(error, err, reason);
    if (err == LOOM_OK)
        *out_status = outcome.status;
    return err;
}

enum loom_err loom_git_run(struct loom_cli *cli, const struct loom_git_run *run,
                           struct loom_buffer *out, int *out_status, struct loom_error *error) {
    char path[LOOM_PATH_MAX];
    const char *argv[LOOM_GIT_WORDS_MAX + 2] = {"git"};
    const char *all[COUNT + LOOM_GIT_CHANGES_MAX + 1] = {NULL};
    size_t words = 0, count = 0;
    while (words < LOOM_GIT_WORDS_MAX && run->words[words] != NULL) {
        argv[words + 1] = run->words[words];
        words++;
    }
    for (; count < COUNT; count++)
        all[count] = changes[count];
    for (size_t i = 0; run->changes != NULL && run->changes[i] != NULL; i++) {
        if (i == LOOM_GIT_CHANGES_MAX)
            return loom_error_set(error, LOOM_ERR_INTERNAL);
        all[count++] = run->changes[i];
    }
    if (loom_spawn_find("git", path) != LOOM_OK)
        return loom_error_detail(error, LOOM_ERR_NOT_FOUND, "git");
    const struct loom_child_order order = {
        .path = path,
        .argv = argv,
        .changes = all,
        .input = run->input,
        .input_len = run->input != NULL ? strlen(run->input) : 0,
        .deadline_ms = LOOM_GIT_MS,
        .stop_fd = run->is_change ? -1 : *cli->ports->stop_fd,
    };
    return run_it(&order, run, out, out_status, error);
}
