/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process is somebody else's: its environment is read, never changed, though a token in it
 * stays for every child to inherit.
 */
#include "api/api_priv.h"
#include "base/sentences.h"
#include "system/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Set but empty counts as not set. */
static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* NULL stays NULL. */
static enum loom_err copy(const char *value, char **out_copy) {
    if (value == NULL)
        return LOOM_OK;
    char *made = strdup(value);
    if (made == NULL)
        return LOOM_ERR_INTERNAL;
    *out_copy = made;
    return LOOM_OK;
}

static enum loom_err refuse(enum loom_usage usage, const char *detail, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    const struct loom_words words = {.detail = detail};
    if (loom_phrase_fill(loom_sentence_usage(usage), &words, NULL, &text) != LOOM_OK)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    return loom_error_detail(error, LOOM_ERR_USAGE, loom_buffer_text(&text));
}

static enum loom_err read_place(enum loom_place *out_place, struct loom_error *error) {
    static const struct {
        const char *word;
        enum loom_place place;
    } places[] = {
        {"auto", LOOM_PLACE_AUTO}, {"keyring", LOOM_PLACE_KEYRING}, {"file", LOOM_PLACE_FILE}};
    const char *wish = variable("LOOM_STORE");
    if (wish == NULL)
        return LOOM_OK;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(places[i].word, wish) == 0) {
            *out_place = places[i].place;
            return LOOM_OK;
        }
    }
    return refuse(LOOM_USAGE_PLACE, NULL, error);
}

static enum loom_err read_server(struct loom_origin *out_server, struct loom_error *error) {
    enum loom_origin_fault fault = LOOM_ORIGIN_FINE;
    const char *typed = variable("LOOM_SERVER");
    if (typed == NULL)
        typed = variable("LOOM_SERVER_URL");
    if (typed == NULL)
        return refuse(LOOM_USAGE_LONELY_TOKEN, NULL, error);
    enum loom_err err = loom_origin_parse(typed, strlen(typed), out_server, &fault);
    if (err == LOOM_ERR_USAGE)
        return loom_error_detail(error, err, loom_sentence_origin(fault));
    return err == LOOM_OK ? err : loom_error_set(error, err);
}

static enum loom_err read_token(struct loom_api_environment *environment,
                                struct loom_error *error) {
    const char *token = variable("LOOM_TOKEN"), *file = variable("LOOM_TOKEN_FILE");
    if (token == NULL && file == NULL)
        return LOOM_OK;
    enum loom_err err = read_server(&environment->server, error);
    if (err != LOOM_OK)
        return err;
    environment->has_token = true;
    if (token == NULL) {
        err = copy(file, &environment->token_file);
        return err == LOOM_OK ? err : loom_error_set(error, err);
    }
    err = loom_token_from_line(token, strlen(token), &environment->token);
    if (err == LOOM_ERR_USAGE)
        return refuse(LOOM_USAGE_NO_TOKEN, "LOOM_TOKEN", error);
    return err == LOOM_OK ? err : loom_error_set(error, err);
}

static bool can_show_window(void) {
    static const char *const remote[] = {"SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"};
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
        if (variable(remote[i]) != NULL)
            return false;
    return variable("DISPLAY") != NULL || variable("WAYLAND_DISPLAY") != NULL;
}

enum loom_err loom_api_environment_read(const struct loom_credentials_options *options,
                                        struct loom_api_environment *environment,
                                        enum loom_place *place, struct loom_error *error) {
    *environment = (struct loom_api_environment){.has_window = can_show_window()};
    enum loom_err err = copy(variable("DBUS_SESSION_BUS_ADDRESS"), &environment->bus_address);
    if (err == LOOM_OK)
        err = copy(variable("XDG_RUNTIME_DIR"), &environment->runtime_folder);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    if (options->uses_environment && options->place == LOOM_CREDENTIALS_PLACE_DEFAULT)
        err = read_place(place, error);
    if (err == LOOM_OK && options->uses_environment)
        err = read_token(environment, error);
    return err;
}

/* A file that is too large for a token holds none. */
static enum loom_err read_token_file(const char *path, struct loom_secret **out_token,
                                     struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_TOKEN_FILE_MAX);
    struct loom_error why = LOOM_ERROR_INIT;
    enum loom_err err = loom_file_read_any(path, &text, &why);
    if (err == LOOM_ERR_INTERNAL)
        return loom_error_set(error, err);
    if (err != LOOM_OK)
        return refuse(why.os_error == EFBIG ? LOOM_USAGE_NO_TOKEN : LOOM_USAGE_TOKEN_FILE, path,
                      error);
    err = loom_token_from_line(loom_buffer_text(&text), text.len, out_token);
    if (err == LOOM_ERR_USAGE)
        return refuse(LOOM_USAGE_NO_TOKEN, path, error);
    return err == LOOM_OK ? err : loom_error_set(error, err);
}

enum loom_err loom_api_environment_token(const struct loom_api_environment *environment,
                                         struct loom_secret **out_token, struct loom_error *error) {
    if (environment->token == NULL)
        return read_token_file(environment->token_file, out_token, error);
    enum loom_err err = loom_secret_copy(environment->token, out_token);
    return err == LOOM_OK ? err : loom_error_set(error, err);
}

void loom_api_environment_clear(struct loom_api_environment *environment) {
    loom_secret_drop(&environment->token);
    free(environment->token_file);
    free(environment->bus_address);
    free(environment->runtime_folder);
    *environment = (struct loom_api_environment){.has_token = false};
}
