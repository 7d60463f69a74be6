/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/git_setup.h"

#include "cli/git_helpers.h"
#include "cli/git_values.h"

#include <stdio.h>
#include <string.h>

enum { KEY_MAX = LOOM_GIT_PATTERN_MAX + 64, LESSER_MAX = 32 };

/*
 * git puts a line into a section of that name where there is one, wherever that stands. The same
 * address with a slash behind it is another section for git, and the same server: one that can be
 * at the end.
 */
enum spelling { PLAIN, BEHIND, SPELLINGS };

struct keys {
    char helper[KEY_MAX];
    char names_path[KEY_MAX];
};

static struct keys keys_of(const struct loom_origin *server, enum spelling spelling) {
    struct keys keys;
    struct loom_git_pattern pattern = loom_git_pattern_of(server);
    const char *slash = spelling == BEHIND ? "/" : "";
    (void)snprintf(keys.helper, sizeof keys.helper, "credential.%s%s.helper", pattern.text, slash);
    (void)snprintf(keys.names_path, sizeof keys.names_path, "credential.%s%s.useHttpPath",
                   pattern.text, slash);
    return keys;
}

/* For everything but credentials git compares addresses as they are written. */
static void write_ca_key(const struct loom_origin *server, char out_key[static KEY_MAX]) {
    (void)snprintf(out_key, KEY_MAX, "http.%s.sslCAInfo", server->url);
}

static bool has_path(const struct loom_origin *server) {
    return *loom_origin_path(server) != '\0';
}

/* ---- The lines of helpers ---- */

static size_t count_ours(const struct loom_git_values *values, const struct loom_origin *server) {
    size_t count = 0;
    for (size_t i = 0; i < values->count; i++)
        count += loom_git_helper_is_for(values->at[i], server) ? 1 : 0;
    return count;
}

/* Is the value at `i` the empty one that stands right before one of ours? */
static bool is_own_reset(const struct loom_git_values *values, size_t i,
                         const struct loom_origin *server) {
    return values->at[i][0] == '\0' && i + 1 < values->count &&
           loom_git_helper_is_for(values->at[i + 1], server);
}

/*
 * git can take out all lines of one value, not one of several that are alike: where others than
 * ours are empty too, all go and those come back in their order.
 */
static enum loom_err rewrite_without_ours(struct loom_cli *cli, const char *key,
                                          const struct loom_git_values *values,
                                          const struct loom_origin *server,
                                          struct loom_error *error) {
    enum loom_err err = loom_git_value_remove(cli, key, NULL, error);
    for (size_t i = 0; i < values->count && err == LOOM_OK; i++)
        if (!is_own_reset(values, i, server) && !loom_git_helper_is_for(values->at[i], server))
            err = loom_git_value_add(cli, key, values->at[i], error);
    return err;
}

static enum loom_err take_ours_out(struct loom_cli *cli, const char *key,
                                   const struct loom_git_values *values,
                                   const struct loom_origin *server, struct loom_error *error) {
    size_t empty = 0, own = 0;
    for (size_t i = 0; i < values->count; i++) {
        empty += values->at[i][0] == '\0' ? 1 : 0;
        own += is_own_reset(values, i, server) ? 1 : 0;
    }
    if (own != 0 && own != empty)
        return rewrite_without_ours(cli, key, values, server, error);
    enum loom_err err = own != 0 ? loom_git_value_remove(cli, key, "", error) : LOOM_OK;
    for (size_t i = 0; i < values->count && err == LOOM_OK; i++) {
        bool is_first = true;
        for (size_t before = 0; before < i; before++)
            is_first = is_first && strcmp(values->at[before], values->at[i]) != 0;
        if (is_first && loom_git_helper_is_for(values->at[i], server))
            err = loom_git_value_remove(cli, key, values->at[i], error);
    }
    return err;
}

/* Do the lines stand there as they should, once, whatever else there is? */
static bool is_in_place(const struct loom_git_values *values, const struct loom_git_setup *setup) {
    if (count_ours(values, setup->server) != 1)
        return false;
    for (size_t i = 0; i + 1 < values->count; i++)
        if (is_own_reset(values, i, setup->server))
            return strcmp(values->at[i + 1], setup->line) == 0;
    return false;
}

/* Could standing further back keep it away? Not from what the environment says. */
static bool is_in_the_way(const struct loom_git_helper *helper) {
    return loom_git_helper_gets_token(helper) && helper->setting->file != NULL;
}

/* What git makes of all lines together. */
static bool is_right(const struct loom_git_helpers *helpers, const struct loom_git_setup *setup) {
    bool has_line = false;
    for (size_t i = 0; i < helpers->count; i++) {
        const struct loom_git_helper *helper = &helpers->rows[i];
        if (is_in_the_way(helper))
            return false;
        if (!helper->is_asked)
            continue;
        /* Another server's line of ours would answer with another server's token. */
        if (strcmp(helper->setting->value, setup->line) != 0 && helper->setting->file != NULL)
            return false;
        has_line = true;
    }
    return has_line && (!has_path(setup->server) || helpers->names_path);
}

static enum loom_err judge(struct loom_cli *cli, const struct loom_git_setup *setup,
                           bool *out_is_right, bool *out_is_late, struct loom_error *error) {
    LOOM_CLEANUP(loom_git_settings_clear)
    struct loom_git_settings settings = LOOM_GIT_SETTINGS_INIT;
    LOOM_CLEANUP(loom_git_helpers_clear) struct loom_git_helpers helpers = LOOM_GIT_HELPERS_INIT;
    enum loom_err err = loom_git_settings_read(cli, &settings, error);
    if (err == LOOM_OK)
        err = loom_git_helpers_find(cli, &settings, setup->server, &helpers, error);
    if (err != LOOM_OK)
        return err;
    *out_is_right = is_right(&helpers, setup);
    *out_is_late = false;
    for (size_t i = 0; i < helpers.count; i++)
        *out_is_late = *out_is_late || is_in_the_way(&helpers.rows[i]);
    return LOOM_OK;
}

/* `useHttpPath` goes along: a section that is left empty goes, and comes back at the end. */
static enum loom_err clear_lines(struct loom_cli *cli, const struct loom_origin *server,
                                 enum spelling spelling, struct loom_error *error) {
    LOOM_CLEANUP(loom_git_values_clear) struct loom_git_values values = LOOM_GIT_VALUES_INIT;
    LOOM_CLEANUP(loom_git_values_clear) struct loom_git_values path = LOOM_GIT_VALUES_INIT;
    struct keys keys = keys_of(server, spelling);
    enum loom_err err = loom_git_values_read(cli, keys.helper, &values, error);
    if (err == LOOM_OK && count_ours(&values, server) == 0)
        return LOOM_OK;
    if (err == LOOM_OK)
        err = take_ours_out(cli, keys.helper, &values, server, error);
    if (err == LOOM_OK)
        err = loom_git_values_read(cli, keys.names_path, &path, error);
    if (err == LOOM_OK && has_path(server) && loom_git_values_have(&path, "true"))
        err = loom_git_value_remove(cli, keys.names_path, "true", error);
    return err;
}

static enum loom_err write_lines(struct loom_cli *cli, const struct loom_git_setup *setup,
                                 enum spelling spelling, struct loom_error *error) {
    LOOM_CLEANUP(loom_git_values_clear) struct loom_git_values values = LOOM_GIT_VALUES_INIT;
    struct keys keys = keys_of(setup->server, spelling);
    enum loom_err err = loom_git_values_read(cli, keys.helper, &values, error);
    /* One that stands alone was ours before something went wrong, or does the same. */
    bool has_reset = values.count == 1 && values.at[0][0] == '\0';
    if (err == LOOM_OK && !has_reset)
        err = loom_git_value_add(cli, keys.helper, "", error);
    if (err == LOOM_OK)
        err = loom_git_value_add(cli, keys.helper, setup->line, error);
    if (err == LOOM_OK && has_path(setup->server))
        err = loom_git_value_set(cli, keys.names_path, "true", error);
    return err;
}

/* Is everything as it was written, in one place, and does git make of it what it should? */
static enum loom_err look(struct loom_cli *cli, const struct loom_git_setup *setup,
                          bool *out_is_fine, bool *out_is_late, struct loom_error *error) {
    size_t in_place = 0, ours = 0;
    for (enum spelling spelling = PLAIN; spelling < SPELLINGS; spelling++) {
        LOOM_CLEANUP(loom_git_values_clear) struct loom_git_values values = LOOM_GIT_VALUES_INIT;
        struct keys keys = keys_of(setup->server, spelling);
        enum loom_err err = loom_git_values_read(cli, keys.helper, &values, error);
        if (err != LOOM_OK)
            return err;
        in_place += is_in_place(&values, setup) ? 1 : 0;
        ours += count_ours(&values, setup->server);
    }
    enum loom_err err = judge(cli, setup, out_is_fine, out_is_late, error);
    *out_is_fine = *out_is_fine && in_place == 1 && ours == 1;
    return err;
}

/* Write the lines of one server unless they are there and do what they should. */
static enum loom_err ensure(struct loom_cli *cli, const struct loom_git_setup *setup,
                            struct loom_error *error) {
    bool is_fine = false, is_late = false;
    enum loom_err err = look(cli, setup, &is_fine, &is_late, error);
    for (enum spelling to = PLAIN; to < SPELLINGS && err == LOOM_OK && !is_fine; to++) {
        /* Only what stands behind ours is worth another spelling. */
        if (to == BEHIND && !is_late)
            return LOOM_OK;
        for (enum spelling from = PLAIN; from < SPELLINGS && err == LOOM_OK; from++)
            err = clear_lines(cli, setup->server, from, error);
        if (err == LOOM_OK)
            err = write_lines(cli, setup, to, error);
        if (err == LOOM_OK)
            err = look(cli, setup, &is_fine, &is_late, error);
    }
    return err;
}

/* ---- Servers under this one's path ---- */

/* One whose lines have to stand behind this one's, or this one would answer for it. */
struct lesser {
    struct loom_origin server;
    char line[LOOM_GIT_VALUE_MAX + 1];
};

static bool is_below(const struct loom_origin *a, const struct loom_origin *server) {
    size_t len = strlen(loom_origin_path(server));
    return loom_origin_is_same_host(a, server) &&
           strncmp(loom_origin_path(a), loom_origin_path(server), len) == 0 &&
           loom_origin_path(a)[len] == '/';
}

static bool is_pattern_of(const char *text, const struct loom_origin *server) {
    struct loom_git_pattern pattern = loom_git_pattern_of(server);
    size_t len = strlen(pattern.text);
    return strncmp(text, pattern.text, len) == 0 &&
           (text[len] == '\0' || strcmp(text + len, "/") == 0);
}

/* The next one with a longer path than `len`: of several the shortest. */
static bool find_lesser(const struct loom_git_settings *settings, const struct loom_origin *server,
                        size_t len, struct lesser *out_lesser) {
    size_t best = LOOM_ORIGIN_MAX + 1;
    for (size_t i = 0; i < settings->count; i++) {
        const struct loom_git_setting *row = &settings->rows[i];
        struct loom_origin named;
        if (!row->is_helper || row->pattern == NULL || strcmp(row->scope, "global") != 0 ||
            !loom_git_helper_server(row->value, &named) || !is_pattern_of(row->pattern, &named) ||
            !is_below(&named, server) || strlen(named.url) <= len || strlen(named.url) >= best)
            continue;
        best = strlen(named.url);
        out_lesser->server = named;
        (void)snprintf(out_lesser->line, sizeof out_lesser->line, "%s", row->value);
    }
    return best <= LOOM_ORIGIN_MAX;
}

static enum loom_err ensure_below(struct loom_cli *cli, const struct loom_origin *server,
                                  struct loom_error *error) {
    LOOM_CLEANUP(loom_git_settings_clear)
    struct loom_git_settings settings = LOOM_GIT_SETTINGS_INIT;
    struct lesser lesser;
    size_t len = 0;
    enum loom_err err = loom_git_settings_read(cli, &settings, error);
    for (int i = 0; i < LESSER_MAX && err == LOOM_OK; i++) {
        if (!find_lesser(&settings, server, len, &lesser))
            return LOOM_OK;
        len = strlen(lesser.server.url);
        const struct loom_git_setup setup = {.server = &lesser.server, .line = lesser.line};
        err = ensure(cli, &setup, error);
    }
    return err;
}

/* ---- The file of authorities ---- */

static enum loom_err ensure_ca(struct loom_cli *cli, const struct loom_git_setup *setup,
                               struct loom_git_setup_outcome *outcome, struct loom_error *error) {
    LOOM_CLEANUP(loom_git_values_clear) struct loom_git_values values = LOOM_GIT_VALUES_INIT;
    char key[KEY_MAX];
    if (setup->ca_file == NULL)
        return LOOM_OK;
    write_ca_key(setup->server, key);
    enum loom_err err = loom_git_values_read(cli, key, &values, error);
    if (err != LOOM_OK || (values.count == 1 && loom_git_values_have(&values, setup->ca_file)))
        return err;
    if (values.count > 0 && !setup->is_ca_named) {
        outcome->has_other_ca = true;
        return LOOM_OK;
    }
    outcome->has_changed = true;
    return loom_git_value_set(cli, key, setup->ca_file, error);
}

/* ---- All of it ---- */

enum loom_err loom_git_setup_write(struct loom_cli *cli, const struct loom_git_setup *setup,
                                   struct loom_git_setup_outcome *out_outcome,
                                   struct loom_error *error) {
    struct loom_git_setup_outcome outcome = {.has_changed = false};
    LOOM_CLEANUP(loom_git_settings_clear)
    struct loom_git_settings before = LOOM_GIT_SETTINGS_INIT;
    LOOM_CLEANUP(loom_git_settings_clear)
    struct loom_git_settings after = LOOM_GIT_SETTINGS_INIT;
    enum loom_err err = loom_git_settings_read(cli, &before, error);
    if (err == LOOM_OK)
        err = ensure(cli, setup, error);
    if (err == LOOM_OK)
        err = ensure_below(cli, setup->server, error);
    if (err == LOOM_OK)
        err = ensure_ca(cli, setup, &outcome, error);
    if (err == LOOM_OK)
        err = loom_git_settings_read(cli, &after, error);
    if (err != LOOM_OK)
        return err;
    /* Lines that were taken out and came back where they were are no change. */
    outcome.has_changed = outcome.has_changed || !loom_git_settings_is_equal(&before, &after);
    *out_outcome = outcome;
    return LOOM_OK;
}

/* The file of authorities goes with our lines, if it is what we would have written. */
static enum loom_err remove_ca(struct loom_cli *cli, const struct loom_git_setup *setup,
                               struct loom_git_setup_outcome *outcome, struct loom_error *error) {
    LOOM_CLEANUP(loom_git_values_clear) struct loom_git_values values = LOOM_GIT_VALUES_INIT;
    char key[KEY_MAX];
    write_ca_key(setup->server, key);
    enum loom_err err = loom_git_values_read(cli, key, &values, error);
    bool is_ours = setup->ca_file != NULL && loom_git_values_have(&values, setup->ca_file);
    outcome->has_other_ca = values.count > (is_ours ? 1 : 0);
    return err == LOOM_OK && is_ours ? loom_git_value_remove(cli, key, setup->ca_file, error) : err;
}

enum loom_err loom_git_setup_remove(struct loom_cli *cli, const struct loom_git_setup *setup,
                                    struct loom_git_setup_outcome *out_outcome,
                                    struct loom_error *error) {
    struct loom_git_setup_outcome outcome = {.has_changed = false};
    enum loom_err err = LOOM_OK;
    for (enum spelling spelling = PLAIN; spelling < SPELLINGS && err == LOOM_OK; spelling++) {
        LOOM_CLEANUP(loom_git_values_clear) struct loom_git_values values = LOOM_GIT_VALUES_INIT;
        struct keys keys = keys_of(setup->server, spelling);
        err = loom_git_values_read(cli, keys.helper, &values, error);
        if (err != LOOM_OK || count_ours(&values, setup->server) == 0)
            continue;
        outcome.has_changed = true;
        err = clear_lines(cli, setup->server, spelling, error);
    }
    if (err == LOOM_OK && outcome.has_changed)
        err = remove_ca(cli, setup, &outcome, error);
    if (err == LOOM_OK)
        *out_outcome = outcome;
    return err;
}
