/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json_output.h"

#include "base/text.h"
#include "cli/report.h"
#include "system/process.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_LEN = 1024 * 1024, SIGNAL_STATUS = 128 };

enum loom_err loom_json_output_new(const char *event, struct loom_json **out_object) {
    struct loom_json *object;
    enum loom_err err = loom_json_new(&object);
    if (err != LOOM_OK)
        return err;
    err = loom_json_add_number(object, "schema", 1);
    if (err == LOOM_OK && event != NULL)
        err = loom_json_add_text(object, "event", event);
    if (err != LOOM_OK)
        loom_json_drop(&object);
    else
        *out_object = object;
    return err;
}

enum loom_err loom_json_output_account(struct loom_json *object, const char *name,
                                       const struct loom_account *account) {
    struct loom_json *member;
    if (account == NULL)
        return loom_json_add_null(object, name);
    const struct {
        const char *name, *value;
    } fields[] = {{"id", account->id},
                  {"username", account->username},
                  {"display_name", account->display_name},
                  {"email", account->email}};
    enum loom_err err = loom_json_add_object(object, name, &member);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && err == LOOM_OK; i++)
        err = loom_json_add_text(member, fields[i].name, fields[i].value);
    return err;
}

const char *loom_json_output_kind(enum loom_store_kind kind) {
    static const char *const kinds[] = {[LOOM_STORE_KEYRING] = "keyring",
                                        [LOOM_STORE_FILE] = "file",
                                        [LOOM_STORE_MEMORY] = "memory",
                                        [LOOM_STORE_ENVIRONMENT] = "environment"};
    return kinds[kind];
}

static const char *text_or_null(const char *text) {
    return text[0] == '\0' ? NULL : text;
}

enum loom_err loom_json_output_path(struct loom_json *object, const char *name, const char *path) {
    if (path == NULL)
        return loom_json_add_null(object, name);
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer text = LOOM_BUFFER_INIT(4 * LOOM_STORE_PATH_MAX);
    enum loom_err err = loom_text_add_printable(&text, path, strlen(path));
    return err == LOOM_OK ? loom_json_add_text(object, name, text_or_null(loom_buffer_text(&text)))
                          : err;
}

enum loom_err loom_json_output_store(struct loom_json *object, const char *name,
                                     const struct loom_store_info *store) {
    struct loom_json *member;
    char mode[16];
    (void)snprintf(mode, sizeof mode, "%04o", store->mode);
    enum loom_err err = loom_json_add_object(object, name, &member);
    if (err == LOOM_OK)
        err = loom_json_add_text(member, "kind", loom_json_output_kind(store->kind));
    if (err == LOOM_OK)
        err = loom_json_add_text(member, "name", text_or_null(store->name));
    if (err == LOOM_OK)
        err = loom_json_output_path(member, "path", store->path);
    if (err == LOOM_OK)
        err = store->kind == LOOM_STORE_KEYRING
                  ? loom_json_add_bool(member, "locked", store->is_locked)
                  : loom_json_add_null(member, "locked");
    return err == LOOM_OK ? loom_json_add_text(member, "mode", store->mode == 0 ? NULL : mode)
                          : err;
}

/* A sentence for people is broken into lines; in JSON it is one. */
static void fold_blanks(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        bool is_blank = *from == ' ' || *from == '\n';
        if (!is_blank)
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

enum loom_err loom_json_output_message(struct loom_json *object, const char *name,
                                       struct loom_buffer *message) {
    if (message->data != NULL)
        fold_blanks(message->data);
    return loom_json_add_text(object, name, loom_buffer_text(message));
}

/* As a shell shows it. */
static int status_of(const struct loom_error *error) {
    int status = loom_report_status(error);
    return status == LOOM_EXIT_BY_SIGNAL ? SIGNAL_STATUS + loom_signals_caught() : status;
}

static enum loom_err add_http_status(struct loom_json *object, const struct loom_error *error) {
    return error->http_status > 0 ? loom_json_add_number(object, "http_status", error->http_status)
                                  : loom_json_add_null(object, "http_status");
}

enum loom_err loom_json_output_error(struct loom_json *object, const char *name,
                                     const struct loom_error *error,
                                     const struct loom_origin *server) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer message = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    struct loom_json *member;
    if (error == NULL || error->code == LOOM_OK)
        return loom_json_add_null(object, name);
    enum loom_err err = loom_report_message(error, server, &message);
    if (err == LOOM_OK)
        err = loom_json_add_object(object, name, &member);
    if (err != LOOM_OK)
        return err;
    err = loom_json_add_text(member, "code", loom_report_code(error));
    if (err == LOOM_OK)
        err = loom_json_add_number(member, "exit_status", status_of(error));
    if (err == LOOM_OK)
        err = loom_json_output_message(member, "message", &message);
    if (err == LOOM_OK)
        err = add_http_status(member, error);
    if (err == LOOM_OK)
        err = loom_json_add_text(member, "oauth_error", text_or_null(error->oauth_error));
    return err;
}

enum loom_err loom_json_output_time(struct loom_json *object, const char *name, int64_t epoch_s) {
    char text[LOOM_UTC_SIZE];
    loom_text_format_utc(epoch_s, text);
    return loom_json_add_text(object, name, epoch_s == 0 ? NULL : text);
}

enum loom_err loom_json_output_old_token(struct loom_json *object, const char *name,
                                         enum loom_old_token old_token) {
    return old_token == LOOM_OLD_TOKEN_NONE
               ? loom_json_add_null(object, name)
               : loom_json_add_bool(object, name, old_token == LOOM_OLD_TOKEN_REVOKED);
}

void loom_json_output_line(struct loom_cli *cli, const struct loom_json *object) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer line = LOOM_BUFFER_INIT(LINE_MAX_LEN);
    if (loom_json_print(object, &line) == LOOM_OK && loom_buffer_add_text(&line, "\n") == LOOM_OK)
        loom_output_raw(&cli->out, line.data, line.len);
    else
        cli->out.has_failed = true;
}

void loom_json_output_failure(struct loom_cli *cli, const struct loom_error *error,
                              const struct loom_origin *server) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *object = NULL;
    enum loom_err err = loom_json_output_new(cli->failure_event, &object);
    if (err == LOOM_OK && cli->failure_event != NULL)
        err = loom_json_add_text(object, "server", server != NULL ? server->url : NULL);
    if (err == LOOM_OK)
        err = loom_json_output_error(object, "error", error, server);
    if (err == LOOM_OK)
        loom_json_output_line(cli, object);
}
