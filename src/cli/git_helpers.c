/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/git_helpers.h"

#include "base/text.h"
#include "cli/git_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION "credential."
#define MARK "loom-probe "

/* ---- What of it applies ---- */

/* What git would make of one address. */
struct judgement {
    bool applies[LOOM_GIT_SETTINGS_MAX];
    bool names_path;
};

/* What needs no git to be judged: all addresses, this very one, and a plain word. */
static bool is_plain(const struct loom_git_setting *setting, const char *pattern) {
    bool is_here = setting->pattern == NULL;
    if (!is_here && strncmp(setting->pattern, pattern, strlen(pattern)) == 0)
        is_here = setting->pattern[strlen(pattern)] == '\0' ||
                  strcmp(setting->pattern + strlen(pattern), "/") == 0;
    return is_here && (setting->is_helper || strcmp(setting->value, "true") == 0 ||
                       strcmp(setting->value, "false") == 0);
}

static bool judge_plainly(const struct loom_git_settings *settings,
                          const struct loom_origin *address, struct judgement *out_judgement) {
    struct loom_git_pattern pattern = loom_git_pattern_of(address);
    *out_judgement = (struct judgement){.names_path = false};
    for (size_t i = 0; i < settings->count; i++) {
        const struct loom_git_setting *setting = &settings->rows[i];
        if (!is_plain(setting, pattern.text))
            return false;
        out_judgement->applies[i] = true;
        if (!setting->is_helper)
            out_judgement->names_path = strcmp(setting->value, "true") == 0;
    }
    return true;
}

/* The same settings for git, each helper but one that says that it was called, and with what. */
static enum loom_err add_probe(struct loom_buffer *out, const struct loom_git_setting *setting,
                               size_t i) {
    const char *pattern = setting->pattern;
    enum loom_err err = loom_buffer_add_format(
        out, "GIT_CONFIG_KEY_%zu=" SECTION "%s%s%s", i, pattern != NULL ? pattern : "",
        pattern != NULL ? "." : "", setting->is_helper ? "helper" : "useHttpPath");
    if (err == LOOM_OK)
        err = loom_buffer_add(out, "", 1);
    if (err == LOOM_OK && setting->is_helper)
        err = loom_buffer_add_format(out,
                                     "GIT_CONFIG_VALUE_%zu=!echo '" MARK "%zu' >&2; "
                                     "while read -r line; do echo \"" MARK "$line\" >&2; done; :",
                                     i, i);
    else if (err == LOOM_OK)
        err = loom_buffer_add_format(out, "GIT_CONFIG_VALUE_%zu=%s", i, setting->value);
    return err == LOOM_OK ? loom_buffer_add(out, "", 1) : err;
}

/* Nothing else is configured then, whatever stands in files. */
static enum loom_err add_probes(struct loom_buffer *out, const struct loom_git_settings *settings) {
    static const char others[] = "GIT_CONFIG_NOSYSTEM=1\0GIT_CONFIG_SYSTEM=/dev/null\0"
                                 "GIT_CONFIG_GLOBAL=/dev/null\0HOME=/dev/null\0"
                                 "XDG_CONFIG_HOME=/dev/null\0GIT_CONFIG_PARAMETERS";
    static const char last[] = "credential.helper";
    size_t count = settings->count;
    enum loom_err err = loom_buffer_add(out, others, sizeof others);
    /* The last one answers, so that git is content when it got that far. */
    if (err == LOOM_OK)
        err = loom_buffer_add_format(out,
                                     "GIT_CONFIG_COUNT=%zu%cGIT_CONFIG_KEY_%zu=%s%c"
                                     "GIT_CONFIG_VALUE_%zu=!echo username=a; echo password=a; :%c",
                                     count + 1, '\0', count, last, '\0', count, '\0');
    for (size_t i = 0; i < settings->count && err == LOOM_OK; i++)
        err = add_probe(out, &settings->rows[i], i);
    return err;
}

/* git's question for this address: some repository there. */
static enum loom_err add_question(struct loom_buffer *out, const struct loom_origin *address) {
    const char *host = strstr(address->url, "://") + strlen("://");
    return loom_buffer_add_format(
        out, "protocol=%s\nhost=%.*s\npath=%s%srepository.git\n\n",
        address->is_secure ? "https" : "http", (int)(address->url + address->path_at - host), host,
        *loom_origin_path(address) == '/' ? loom_origin_path(address) + 1 : "",
        *loom_origin_path(address) == '/' ? "/" : "");
}

static void read_marks(const struct loom_buffer *errors, size_t count,
                       struct judgement *out_judgement) {
    *out_judgement = (struct judgement){.names_path = false};
    for (const char *at = strstr(loom_buffer_text(errors), MARK); at != NULL;
         at = strstr(at, MARK)) {
        at += strlen(MARK);
        uint64_t i = 0;
        if (loom_text_parse_number(at, strcspn(at, "\n"), count - 1, &i))
            out_judgement->applies[i] = true;
        else if (strncmp(at, "path=", strlen("path=")) == 0)
            out_judgement->names_path = true;
    }
}

static enum loom_err judge_by_git(struct loom_cli *cli, const struct loom_git_settings *settings,
                                  const struct loom_origin *address,
                                  struct judgement *out_judgement, struct loom_error *error) {
    static const char *const words[] = {"credential", "fill", NULL};
    const char *changes[LOOM_GIT_CHANGES_MAX + 1] = {NULL};
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer text = LOOM_BUFFER_INIT(2 * LOOM_GIT_OUT_MAX),
                       question = LOOM_BUFFER_INIT(2 * LOOM_ORIGIN_MAX),
                       out = LOOM_BUFFER_INIT(LOOM_GIT_OUT_MAX),
                       errors = LOOM_BUFFER_INIT(LOOM_GIT_OUT_MAX);
    int status = 0;
    size_t count = 0;
    if (add_probes(&text, settings) != LOOM_OK || add_question(&question, address) != LOOM_OK)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    for (size_t at = 0; at < text.len; at += strlen(text.data + at) + 1)
        changes[count++] = text.data + at;
    const struct loom_git_run run = {
        .words = words, .changes = changes, .input = question.data, .errors = &errors};
    enum loom_err err = loom_git_run(cli, &run, &out, &status, error);
    if (err == LOOM_OK && status != 0)
        return error != NULL ? (error->code = LOOM_ERR_DAMAGED) : LOOM_ERR_DAMAGED;
    if (err == LOOM_OK)
        read_marks(&errors, settings->count, out_judgement);
    return err;
}

static enum loom_err judge(struct loom_cli *cli, const struct loom_git_settings *settings,
                           const struct loom_origin *address, struct judgement *out_judgement,
                           struct loom_error *error) {
    return judge_plainly(settings, address, out_judgement)
               ? LOOM_OK
               : judge_by_git(cli, settings, address, out_judgement, error);
}

/* ---- Whom git asks ---- */

void loom_git_helpers_clear(struct loom_git_helpers *helpers) {
    free(helpers->rows);
    *helpers = (struct loom_git_helpers)LOOM_GIT_HELPERS_INIT;
}

static bool is_reset(const struct loom_git_setting *setting) {
    return setting->is_helper && setting->value[0] == '\0';
}

/* Is it a helper that applies, and no reset behind it that does? */
static bool is_asked(const struct loom_git_settings *settings, const struct judgement *judgement,
                     size_t i) {
    if (!settings->rows[i].is_helper || is_reset(&settings->rows[i]) || !judgement->applies[i])
        return false;
    for (size_t later = i + 1; later < settings->count; later++)
        if (is_reset(&settings->rows[later]) && judgement->applies[later])
            return false;
    return true;
}

static void fill(const struct loom_git_settings *settings, const struct loom_origin *server,
                 const struct judgement *judgement, struct loom_git_helpers *helpers) {
    bool has_reset = false;
    for (size_t i = 0; i < settings->count; i++) {
        const struct loom_git_setting *setting = &settings->rows[i];
        if (!setting->is_helper)
            continue;
        helpers->rows[helpers->count++] = (struct loom_git_helper){
            .setting = setting,
            .kind = loom_git_helper_kind(setting->value),
            .is_ours = loom_git_helper_is_for(setting->value, server),
            .applies = judgement->applies[i],
            .is_after_reset = has_reset,
            .is_asked = is_asked(settings, judgement, i),
        };
        has_reset = has_reset || (is_reset(setting) && judgement->applies[i]);
    }
    helpers->names_path = judgement->names_path;
}

/* May the pattern, up to its path, name this server's host? */
static bool may_be_host(const char *pattern, size_t len, const struct loom_origin *server) {
    struct loom_origin host;
    if (memchr(pattern, '*', len) != NULL || strstr(pattern, "://") == NULL)
        return true;
    return loom_origin_parse(pattern, len, &host, NULL) == LOOM_OK &&
           loom_origin_is_same_host(&host, server);
}

/* Does the pattern name a path under the server's? Then *out_address is that, on the server. */
static bool find_below(const char *pattern, const struct loom_origin *server,
                       struct loom_origin *out_address) {
    char url[2 * LOOM_ORIGIN_MAX];
    if (pattern == NULL)
        return false;
    const char *scheme_end = strstr(pattern, "://");
    const char *path = strchr(scheme_end != NULL ? scheme_end + 3 : pattern, '/');
    if (path == NULL || !may_be_host(pattern, (size_t)(path - pattern), server))
        return false;
    int len = snprintf(url, sizeof url, "%.*s%s", (int)server->path_at, server->url, path);
    size_t own = strlen(loom_origin_path(server));
    return len > 0 && (size_t)len < sizeof url &&
           loom_origin_parse(url, (size_t)len, out_address, NULL) == LOOM_OK &&
           strncmp(loom_origin_path(out_address), loom_origin_path(server), own) == 0 &&
           loom_origin_path(out_address)[own] == '/';
}

/* Does git ask us for this address, whoever else it asks? */
static bool asks_us(const struct loom_git_settings *settings, const struct judgement *judgement,
                    const struct loom_origin *server) {
    for (size_t i = 0; i < settings->count; i++)
        if (is_asked(settings, judgement, i) &&
            loom_git_helper_is_for(settings->rows[i].value, server))
            return true;
    return false;
}

/* A helper for a part of the server stands in nobody's way, and gets the token there. */
static enum loom_err look_below(struct loom_cli *cli, const struct loom_git_settings *settings,
                                const struct loom_origin *server, struct loom_git_helpers *helpers,
                                struct loom_error *error) {
    for (size_t row = 0; row < helpers->count; row++) {
        struct loom_git_helper *helper = &helpers->rows[row];
        size_t at = (size_t)(helper->setting - settings->rows);
        struct judgement judgement;
        struct loom_origin address;
        if (helper->applies || helper->kind == LOOM_GIT_HELPER_RESET ||
            !find_below(helper->setting->pattern, server, &address))
            continue;
        enum loom_err err = judge(cli, settings, &address, &judgement, error);
        if (err != LOOM_OK)
            return err;
        helper->is_asked_below =
            is_asked(settings, &judgement, at) && asks_us(settings, &judgement, server);
    }
    return LOOM_OK;
}

enum loom_err loom_git_helpers_find(struct loom_cli *cli, const struct loom_git_settings *settings,
                                    const struct loom_origin *server,
                                    struct loom_git_helpers *out_helpers,
                                    struct loom_error *error) {
    struct judgement judgement;
    struct loom_git_helpers helpers = LOOM_GIT_HELPERS_INIT;
    enum loom_err err = judge(cli, settings, server, &judgement, error);
    if (err != LOOM_OK)
        return err;
    helpers.rows = calloc(settings->count + 1, sizeof *helpers.rows);
    if (helpers.rows == NULL)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    fill(settings, server, &judgement, &helpers);
    err = look_below(cli, settings, server, &helpers, error);
    if (err == LOOM_OK)
        *out_helpers = helpers;
    else
        loom_git_helpers_clear(&helpers);
    return err;
}

bool loom_git_helpers_use_us(const struct loom_git_helpers *helpers) {
    for (size_t i = 0; i < helpers->count; i++)
        if (helpers->rows[i].is_ours && helpers->rows[i].is_asked)
            return true;
    return false;
}

bool loom_git_asks_us(struct loom_cli *cli, const struct loom_origin *server) {
    LOOM_CLEANUP(loom_git_settings_clear)
    struct loom_git_settings settings = LOOM_GIT_SETTINGS_INIT;
    struct loom_git_helpers helpers = LOOM_GIT_HELPERS_INIT;
    if (loom_git_settings_read(cli, &settings, NULL) != LOOM_OK ||
        loom_git_helpers_find(cli, &settings, server, &helpers, NULL) != LOOM_OK)
        return false;
    bool is_asked = loom_git_helpers_use_us(&helpers);
    loom_git_helpers_clear(&helpers);
    return is_asked;
}

bool loom_git_helper_gets_token(const struct loom_git_helper *helper) {
    return (helper->is_asked || helper->is_asked_below) && helper->kind != LOOM_GIT_HELPER_LOOM;
}
