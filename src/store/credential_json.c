/* SPDX-License-Identifier: Apache-2.0 */
#include "store/credential_priv.h"

#include "base/text.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

enum {
    WORD_MAX = 16,             /* bytes of type, source, dialect */
    PRINTED_MAX = 1024 * 1024, /* room for the worst escaping; the cap is judged afterwards */
};

static const int64_t time_max = INT64_C(1) << 53; /* what a JSON number holds exactly */

static const char *const source_names[] = {
    [LOOM_SOURCE_DEVICE] = "device",
    [LOOM_SOURCE_GIVEN] = "given",
    [LOOM_SOURCE_IMPORTED] = "imported",
};

static const char *const dialect_names[] = {
    [LOOM_DIALECT_LOOM] = "loom",
    [LOOM_DIALECT_OAUTH] = "oauth",
};

/* What is stored and cannot be used is damage, whatever the reader below calls it. */
static enum loom_err as_stored(enum loom_err err) {
    return err == LOOM_OK || err == LOOM_ERR_INTERNAL ? err : LOOM_ERR_DAMAGED;
}

/* ---- Reading ---- */

/* Absent leaves *out_secret alone. */
static enum loom_err read_secret(const struct loom_json *object, const char *name,
                                 struct loom_secret **out_secret) {
    const char *text = NULL;
    enum loom_err err = loom_json_get_text(object, name, LOOM_TOKEN_MAX, &text);
    if (err == LOOM_ERR_NOT_FOUND)
        return LOOM_OK;
    if (err != LOOM_OK)
        return as_stored(err);
    return as_stored(loom_secret_new(text, strlen(text), out_secret));
}

/* Some clients write "" where there is no refresh token. */
static enum loom_err read_refresh(const struct loom_json *object, struct loom_secret **out_secret) {
    const char *text = NULL;
    enum loom_err err = loom_json_get_text(object, "refresh", LOOM_TOKEN_MAX, &text);
    if (err == LOOM_OK && text[0] == '\0')
        return LOOM_OK;
    return read_secret(object, "refresh", out_secret);
}

static enum loom_err read_time(const struct loom_json *object, const char *name,
                               int64_t *out_epoch_s) {
    enum loom_err err = loom_json_get_number(object, name, 0, time_max, out_epoch_s);
    return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : as_stored(err);
}

enum loom_err loom_credential_read_tokens(const struct loom_json *object,
                                          struct loom_credential *credential) {
    const char *type = NULL;
    enum loom_err err = loom_json_get_text(object, "type", WORD_MAX, &type);
    if (err != LOOM_OK)
        return as_stored(err);
    bool is_oauth = strcmp(type, "oauth") == 0;
    if (!is_oauth && strcmp(type, "api") != 0)
        return LOOM_ERR_DAMAGED;
    err = read_secret(object, is_oauth ? "access" : "key", &credential->token);
    if (err == LOOM_OK && credential->token == NULL)
        err = LOOM_ERR_DAMAGED;
    if (err == LOOM_OK && is_oauth)
        err = read_refresh(object, &credential->refresh);
    if (err == LOOM_OK)
        err = read_time(object, "expires", &credential->expires_at);
    if (err == LOOM_OK)
        err = read_time(object, "expires_in", &credential->life_s);
    if (err == LOOM_OK)
        credential->dialect = is_oauth ? LOOM_DIALECT_OAUTH : LOOM_DIALECT_LOOM;
    return err;
}

static enum loom_err read_origin(const struct loom_json *object,
                                 struct loom_credential *credential) {
    const char *url = NULL;
    enum loom_err err = loom_json_get_text(object, "server", LOOM_ORIGIN_MAX, &url);
    if (err == LOOM_ERR_NOT_FOUND || (err == LOOM_OK && url[0] == '\0'))
        return LOOM_OK;
    if (err == LOOM_OK)
        err = loom_origin_parse(url, strlen(url), &credential->origin, NULL);
    if (err != LOOM_OK)
        return as_stored(err);
    /* This program only ever writes the canonical spelling. */
    if (strcmp(url, credential->origin.url) != 0)
        return LOOM_ERR_DAMAGED;
    credential->has_origin = true;
    return LOOM_OK;
}

/* The index of a word; absent leaves *out_index alone. */
static enum loom_err read_word(const struct loom_json *object, const char *name,
                               const char *const *words, size_t count, size_t *out_index) {
    const char *word = NULL;
    enum loom_err err = loom_json_get_text(object, name, WORD_MAX, &word);
    if (err != LOOM_OK)
        return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : as_stored(err);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            *out_index = i;
            return LOOM_OK;
        }
    }
    return LOOM_ERR_DAMAGED;
}

static enum loom_err read_words(const struct loom_json *object,
                                struct loom_credential *credential) {
    size_t source = LOOM_SOURCE_IMPORTED, dialect = credential->dialect;
    enum loom_err err = read_word(object, "source", source_names,
                                  sizeof source_names / sizeof source_names[0], &source);
    if (err == LOOM_OK)
        err = read_word(object, "dialect", dialect_names,
                        sizeof dialect_names / sizeof dialect_names[0], &dialect);
    if (err != LOOM_OK)
        return err;
    credential->source = (enum loom_source)source;
    credential->dialect = (enum loom_dialect)dialect;
    return LOOM_OK;
}

static enum loom_err read_text(const struct loom_json *object, const char *name, size_t max,
                               char **out_text) {
    const char *text = NULL;
    enum loom_err err = loom_json_get_text(object, name, max, &text);
    if (err != LOOM_OK)
        return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : as_stored(err);
    *out_text = strdup(text);
    return *out_text == NULL ? LOOM_ERR_INTERNAL : LOOM_OK;
}

static enum loom_err read_texts(const struct loom_json *object,
                                struct loom_credential *credential) {
    for (size_t i = 0; i < LOOM_CREDENTIAL_TEXTS; i++) {
        const struct loom_credential_text *text = &loom_credential_texts[i];
        enum loom_err err = read_text(object, text->name, LOOM_CREDENTIAL_TEXT_MAX,
                                      loom_credential_text_at(credential, text));
        if (err != LOOM_OK)
            return err;
    }
    /* A relative path would mean another file in every folder. */
    bool is_relative = credential->ca_file != NULL && credential->ca_file[0] != '/';
    return is_relative ? LOOM_ERR_DAMAGED : LOOM_OK;
}

static enum loom_err read_account(const struct loom_json *object, struct loom_account *account) {
    const struct loom_json *member = NULL;
    enum loom_err err = loom_json_get_object(object, "account", &member);
    if (err != LOOM_OK)
        return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : as_stored(err);
    for (size_t i = 0; i < LOOM_ACCOUNT_TEXTS && err == LOOM_OK; i++)
        err = read_text(member, loom_account_texts[i].name, LOOM_ACCOUNT_FIELD_MAX,
                        loom_credential_text_at(account, &loom_account_texts[i]));
    return err;
}

static enum loom_err read_all(const struct loom_json *object, struct loom_credential *credential) {
    enum loom_err err = loom_credential_read_tokens(object, credential);
    if (err == LOOM_OK)
        err = read_origin(object, credential);
    if (err == LOOM_OK)
        err = read_time(object, "obtained_at", &credential->obtained_at);
    if (err == LOOM_OK)
        err = read_words(object, credential);
    if (err == LOOM_OK)
        err = read_texts(object, credential);
    if (err == LOOM_OK)
        err = read_account(object, &credential->account);
    return err;
}

enum loom_err loom_credential_parse(const char *json, size_t len,
                                    struct loom_credential *out_credential) {
    if (len > LOOM_CREDENTIAL_JSON_MAX)
        return LOOM_ERR_DAMAGED;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    enum loom_err err = as_stored(loom_json_parse(json, len, &tree));
    if (err != LOOM_OK)
        return err;
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    err = read_all(tree, &credential);
    if (err != LOOM_OK) {
        loom_credential_clear(&credential);
        return err;
    }
    *out_credential = credential;
    return LOOM_OK;
}

/* ---- Writing ---- */

static enum loom_err add_text(struct loom_json *object, const char *name, const char *text,
                              size_t max) {
    if (text == NULL)
        return LOOM_OK;
    size_t len = strlen(text);
    if (len > max)
        return LOOM_ERR_STORAGE;
    if (!loom_text_is_utf8(text, len))
        return LOOM_ERR_USAGE;
    return loom_json_add_text(object, name, text);
}

static enum loom_err add_time(struct loom_json *object, const char *name, int64_t epoch_s) {
    if (epoch_s < 0 || epoch_s > time_max)
        return LOOM_ERR_INTERNAL;
    return loom_json_add_number(object, name, epoch_s);
}

/*
 * Other clients know two types, and of `oauth` they expect all three members; so a token without a
 * refresh token is an `api` one for them, whatever it expires.
 */
static enum loom_err add_tokens(struct loom_json *object,
                                const struct loom_credential *credential) {
    bool is_oauth = credential->refresh != NULL;
    enum loom_err err = loom_json_add_text(object, "type", is_oauth ? "oauth" : "api");
    if (err == LOOM_OK)
        err = loom_json_add_text(object, is_oauth ? "access" : "key",
                                 loom_secret_bytes(credential->token));
    if (err == LOOM_OK && is_oauth)
        err = loom_json_add_text(object, "refresh", loom_secret_bytes(credential->refresh));
    if (err == LOOM_OK && (is_oauth || credential->expires_at != 0))
        err = add_time(object, "expires", credential->expires_at);
    if (err == LOOM_OK && credential->life_s != 0)
        err = add_time(object, "expires_in", credential->life_s);
    return err;
}

static enum loom_err add_facts(struct loom_json *object, const struct loom_credential *credential) {
    const char *server = credential->has_origin ? credential->origin.url : "";
    enum loom_err err = loom_json_add_text(object, "server", server);
    if (err == LOOM_OK && credential->obtained_at != 0)
        err = add_time(object, "obtained_at", credential->obtained_at);
    if (err == LOOM_OK)
        err = loom_json_add_text(object, "source", source_names[credential->source]);
    if (err == LOOM_OK)
        err = loom_json_add_text(object, "dialect", dialect_names[credential->dialect]);
    if (err == LOOM_OK && credential->ca_file != NULL && credential->ca_file[0] != '/')
        err = LOOM_ERR_USAGE;
    for (size_t i = 0; i < LOOM_CREDENTIAL_TEXTS && err == LOOM_OK; i++)
        err = add_text(object, loom_credential_texts[i].name,
                       loom_credential_text_of(credential, &loom_credential_texts[i]),
                       LOOM_CREDENTIAL_TEXT_MAX);
    return err;
}

static enum loom_err add_account(struct loom_json *object, const struct loom_account *account) {
    struct loom_json *member = NULL;
    enum loom_err err = LOOM_OK;
    for (size_t i = 0; i < LOOM_ACCOUNT_TEXTS && err == LOOM_OK; i++) {
        const char *text = loom_credential_text_of(account, &loom_account_texts[i]);
        if (text != NULL && member == NULL)
            err = loom_json_add_object(object, "account", &member);
        if (err == LOOM_OK && text != NULL)
            err = add_text(member, loom_account_texts[i].name, text, LOOM_ACCOUNT_FIELD_MAX);
    }
    return err;
}

enum loom_err loom_credential_print(const struct loom_credential *credential,
                                    struct loom_buffer *out) {
    if (credential->token == NULL)
        return LOOM_ERR_INTERNAL;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    enum loom_err err = loom_json_new(&tree);
    if (err == LOOM_OK)
        err = add_tokens(tree, credential);
    if (err == LOOM_OK)
        err = add_facts(tree, credential);
    if (err == LOOM_OK)
        err = add_account(tree, &credential->account);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(PRINTED_MAX);
    if (err == LOOM_OK)
        err = loom_json_print(tree, &text);
    if (err == LOOM_OK && text.len > LOOM_CREDENTIAL_JSON_MAX)
        err = LOOM_ERR_STORAGE;
    return err == LOOM_OK ? loom_buffer_add(out, text.data, text.len) : err;
}
