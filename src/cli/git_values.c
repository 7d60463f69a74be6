/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/git_values.h"

#include "cli/git_command.h"

#include <string.h>

/* git's exit statuses: git-config(1). The last is -1: it could not be locked or written. */
enum { NONE_FOUND = 1, CANNOT_WRITE = 4, CANNOT_LOCK = 255 };

/* Another git may hold the file's lock for a moment. */
enum { TRIES = 5, PAUSE_MS = 100 };

void loom_git_values_clear(struct loom_git_values *values) {
    loom_buffer_clear(&values->text);
    values->count = 0;
}

bool loom_git_values_have(const struct loom_git_values *values, const char *value) {
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->at[i], value) == 0)
            return true;
    return false;
}

static enum loom_err fail(struct loom_error *error, enum loom_err err) {
    if (error != NULL)
        error->code = err; /* what git says stays */
    return err;
}

enum loom_err loom_git_values_read(struct loom_cli *cli, const char *key,
                                   struct loom_git_values *out_values, struct loom_error *error) {
    const char *const words[] = {"config", "--global", "--null", "--get-all", key, NULL};
    LOOM_CLEANUP(loom_git_values_clear) struct loom_git_values values = LOOM_GIT_VALUES_INIT;
    int status = 0;
    enum loom_err err =
        loom_git_run(cli, &(struct loom_git_run){.words = words}, &values.text, &status, error);
    if (err != LOOM_OK)
        return err;
    if (status != 0 && status != NONE_FOUND)
        return fail(error, LOOM_ERR_DAMAGED);
    for (size_t at = 0; at < values.text.len; at += strlen(values.text.data + at) + 1) {
        if (values.count == LOOM_GIT_VALUES_MAX)
            return loom_error_set(error, LOOM_ERR_INTERNAL);
        values.at[values.count++] = values.text.data + at;
    }
    *out_values = values;
    values = (struct loom_git_values)LOOM_GIT_VALUES_INIT;
    return LOOM_OK;
}

static enum loom_err change(struct loom_cli *cli, const char *const *words,
                            struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_GIT_OUT_MAX);
    const struct loom_clock *clock = &cli->ports->clock;
    const struct loom_git_run run = {.words = words, .is_change = true};
    int status = 0;
    for (int tries = 0; tries < TRIES; tries++) {
        enum loom_err err = loom_git_run(cli, &run, &out, &status, error);
        if (err != LOOM_OK)
            return err;
        if (status != CANNOT_LOCK ||
            (tries < TRIES - 1 && clock->sleep_ms(clock->context, PAUSE_MS) != LOOM_OK))
            break;
    }
    if (status == 0)
        return LOOM_OK;
    return fail(error, status == CANNOT_LOCK || status == CANNOT_WRITE ? LOOM_ERR_STORAGE
                                                                       : LOOM_ERR_DAMAGED);
}

enum loom_err loom_git_value_add(struct loom_cli *cli, const char *key, const char *value,
                                 struct loom_error *error) {
    return change(cli, (const char *const[]){"config", "--global", "--add", key, value, NULL},
                  error);
}

enum loom_err loom_git_value_set(struct loom_cli *cli, const char *key, const char *value,
                                 struct loom_error *error) {
    return change(
        cli, (const char *const[]){"config", "--global", "--replace-all", key, value, NULL}, error);
}

enum loom_err loom_git_value_remove(struct loom_cli *cli, const char *key, const char *value,
                                    struct loom_error *error) {
    const char *const one[] = {"config", "--global", "--fixed-value", "--unset-all", key,
                               value,    NULL};
    const char *const all[] = {"config", "--global", "--unset-all", key, NULL};
    return change(cli, value != NULL ? one : all, error);
}
