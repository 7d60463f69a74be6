/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/git_settings.h"

#include "cli/git_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* git's exit statuses: git-config(1), and that of a usage error. */
enum { NONE_FOUND = 1, NOT_UNDERSTOOD = 129 };

#define SECTION "credential."

void loom_git_settings_clear(struct loom_git_settings *settings) {
    loom_buffer_clear(&settings->text);
    free(settings->rows);
    settings->rows = NULL;
    settings->count = 0;
}

/* "credential.PATTERN.NAME" or "credential.NAME" becomes PATTERN or NULL. */
static const char *cut_pattern(char *key) {
    char *pattern = key + strlen(SECTION);
    char *dot = strrchr(pattern, '.');
    if (dot == NULL)
        return NULL;
    *dot = '\0';
    return pattern;
}

/* One entry of git's list: scope, origin, and "key\nvalue", or "key" alone for a bare name. */
static bool read_setting(char *const fields[static 3], struct loom_git_setting *out_setting) {
    static const char file[] = "file:";
    char *key = fields[2];
    char *line_end = strchr(key, '\n');
    if (strncmp(key, SECTION, strlen(SECTION)) != 0)
        return false;
    if (line_end != NULL)
        *line_end = '\0';
    const char *dot = strrchr(key, '.');
    bool is_helper = strcmp(dot, ".helper") == 0;
    if (is_helper && line_end == NULL) /* git itself refuses to go on there */
        return false;
    *out_setting = (struct loom_git_setting){
        .scope = fields[0],
        .file = strncmp(fields[1], file, strlen(file)) == 0 ? fields[1] + strlen(file) : NULL,
        .pattern = cut_pattern(key),
        .value = line_end != NULL ? line_end + 1 : "true",
        .is_helper = is_helper,
    };
    return true;
}

static enum loom_err read_list(struct loom_git_settings *settings) {
    if (settings->text.len == 0)
        return LOOM_OK;
    char *at = settings->text.data;
    char *end = at + settings->text.len;
    while (at < end) {
        char *fields[3];
        for (size_t i = 0; i < 3; i++) {
            fields[i] = at < end ? at : end; /* behind the end stands a NUL */
            at = at < end ? at + strlen(at) + 1 : end;
        }
        if (settings->count == LOOM_GIT_SETTINGS_MAX)
            return LOOM_ERR_INTERNAL;
        if (read_setting(fields, &settings->rows[settings->count]))
            settings->count++;
    }
    return LOOM_OK;
}

static enum loom_err judge_status(int status, struct loom_error *error) {
    enum loom_err err = status == 0 || status == NONE_FOUND ? LOOM_OK
                        : status == NOT_UNDERSTOOD          ? LOOM_ERR_BAD_ANSWER
                                                            : LOOM_ERR_DAMAGED;
    if (error != NULL)
        error->code = err;
    return err;
}

enum loom_err loom_git_settings_read(struct loom_cli *cli, struct loom_git_settings *out_settings,
                                     struct loom_error *error) {
    static const char *const words[] = {"config",
                                        "--null",
                                        "--show-origin",
                                        "--show-scope",
                                        "--get-regexp",
                                        "^credential\\.(.*\\.)?(helper|usehttppath)$",
                                        NULL};
    struct loom_error own = LOOM_ERROR_INIT;
    int status = 0;
    struct loom_git_settings settings = LOOM_GIT_SETTINGS_INIT;
    enum loom_err err =
        loom_git_run(cli, &(struct loom_git_run){.words = words}, &settings.text, &status, &own);
    if (err == LOOM_OK)
        err = judge_status(status, &own);
    if (err == LOOM_OK) {
        settings.rows = calloc(LOOM_GIT_SETTINGS_MAX, sizeof *settings.rows);
        err = settings.rows != NULL ? read_list(&settings) : LOOM_ERR_INTERNAL;
        own.os_error = settings.count == LOOM_GIT_SETTINGS_MAX ? E2BIG : 0;
    }
    if (err == LOOM_OK) {
        *out_settings = settings;
        return err;
    }
    own.code = err;
    if (error != NULL)
        *error = own;
    loom_git_settings_clear(&settings);
    return err;
}

bool loom_git_settings_is_equal(const struct loom_git_settings *a,
                                const struct loom_git_settings *b) {
    return a->text.len == b->text.len &&
           (a->text.len == 0 || memcmp(a->text.data, b->text.data, a->text.len) == 0);
}
