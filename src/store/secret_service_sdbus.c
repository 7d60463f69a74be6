/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_sdbus.h"

#include "base/memory.h"
#include "crypto/crypto.h"
#include "store/sdbus_call.h"
#include "store/secret_service_bus.h"
#include "json/json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SERVICE "/org/freedesktop/secrets", "org.freedesktop.Secret.Service"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define COLLECTION_INTERFACE "org.freedesktop.Secret.Collection"
#define ITEM_INTERFACE "org.freedesktop.Secret.Item"

/*
 * Within this file LOOM_ERR_KEYRING says that it cannot be read this way, LOOM_ERR_NOT_FOUND that
 * there is no keyring, and LOOM_ERR_TIMEOUT that it did not answer.
 */
struct line {
    struct loom_secret_service *service; /* borrowed */
    struct loom_sdbus_call call;
    sd_bus_message *session; /* owned: the answer that `session_path` points into */
    const char *session_path;
    char begin[LOOM_STORE_KEY_MAX]; /* of the keys of all servers that may be meant; "": any */
};

/* ---- An item ---- */

static int read_attributes(const struct loom_sdbus *lib, sd_bus_message *answer,
                           struct loom_secret_item *item) {
    const char *name = NULL, *value = NULL;
    int rc = lib->message_enter_container(answer, 'v', "a{ss}");
    if (rc >= 0)
        rc = lib->message_enter_container(answer, 'a', "{ss}");
    while (rc >= 0 && (rc = lib->message_read(answer, "{ss}", &name, &value)) > 0) {
        if (strcmp(name, "service") == 0)
            item->service = value;
        else if (strcmp(name, "username") == 0)
            item->username = value;
        else if (strcmp(name, "target") == 0)
            item->target = value;
    }
    if (rc >= 0)
        rc = lib->message_exit_container(answer);
    return rc >= 0 ? lib->message_exit_container(answer) : rc;
}

/* a{sv}, into an item that points into the answer. */
static int read_properties(const struct loom_sdbus *lib, sd_bus_message *answer,
                           struct loom_secret_item *item, int *is_locked) {
    const char *name = NULL;
    int rc = lib->message_enter_container(answer, 'a', "{sv}");
    while (rc >= 0 && (rc = lib->message_enter_container(answer, 'e', "sv")) > 0) {
        rc = lib->message_read(answer, "s", &name);
        if (rc >= 0 && strcmp(name, "Attributes") == 0)
            rc = read_attributes(lib, answer, item);
        else if (rc >= 0 && strcmp(name, "Modified") == 0)
            rc = lib->message_read(answer, "v", "t", &item->modified);
        else if (rc >= 0 && strcmp(name, "Locked") == 0)
            rc = lib->message_read(answer, "v", "b", is_locked);
        else if (rc >= 0)
            rc = lib->message_skip(answer, "v");
        if (rc >= 0)
            rc = lib->message_exit_container(answer);
    }
    return rc;
}

/* (oayays): the session, the parameters of its cipher, the secret, its type. Here is no cipher. */
static int read_secret(const struct line *line, sd_bus_message *answer,
                       struct loom_secret_item *item) {
    const struct loom_sdbus *lib = line->call.lib;
    const char *session = NULL;
    const void *parameters = NULL, *bytes = NULL;
    size_t parameters_len = 0, len = 0;
    int rc = lib->message_enter_container(answer, 'r', "oayays");
    if (rc > 0)
        rc = lib->message_read(answer, "o", &session);
    if (rc > 0)
        rc = lib->message_read_array(answer, 'y', &parameters, &parameters_len);
    if (rc > 0)
        rc = lib->message_read_array(answer, 'y', &bytes, &len);
    item->json = bytes;
    item->len = len;
    bool is_plain =
        session != NULL && strcmp(session, line->session_path) == 0 && parameters_len == 0;
    return rc > 0 && !is_plain ? -EBADMSG : rc;
}

/* a{o(oayays)}. One was asked for; a keyring that no longer has it tells of none. */
static int read_secrets(const struct line *line, sd_bus_message *answer,
                        struct loom_secret_item *item) {
    const struct loom_sdbus *lib = line->call.lib;
    int rc = lib->message_enter_container(answer, 'a', "{o(oayays)}");
    if (rc >= 0)
        rc = lib->message_enter_container(answer, 'e', "o(oayays)");
    if (rc > 0)
        rc = lib->message_skip(answer, "o");
    return rc > 0 ? read_secret(line, answer, item) : rc;
}

static enum loom_err add_secret(const struct line *line, struct loom_secret_item *item,
                                struct loom_secret_records *records) {
    sd_bus_message *answer = NULL;
    enum loom_err err =
        loom_sdbus_ask(&line->call, &(struct loom_sdbus_target){SERVICE, "GetSecrets"}, &answer,
                       "aoo", 1U, item->path, line->session_path);
    if (err != LOOM_OK)
        return err;
    err = read_secrets(line, answer, item) >= 0 ? loom_secret_records_add(records, item)
                                                : LOOM_ERR_KEYRING;
    /* sd-bus wipes no answer; its bytes are nobody else's. */
    loom_wipe((void *)(uintptr_t)item->json, item->len);
    (void)line->call.lib->message_unref(answer);
    return err;
}

static bool is_meant(const struct line *line, const struct loom_secret_item *item,
                     const char *key) {
    return item->username != NULL &&
           strncmp(item->username, line->begin, strlen(line->begin)) == 0 &&
           loom_secret_item_is_ours(item, key);
}

/* No secret is asked for that is none of ours, or of a server that nobody asks for. */
static enum loom_err add_item(const struct line *line, const char *path, const char *key,
                              struct loom_secret_records *records) {
    struct loom_secret_item item = {.path = path};
    sd_bus_message *answer = NULL;
    int is_locked = 1;
    enum loom_err err =
        loom_sdbus_ask(&line->call, &(struct loom_sdbus_target){path, PROPERTIES, "GetAll"},
                       &answer, "s", ITEM_INTERFACE);
    if (err != LOOM_OK)
        return err;
    if (read_properties(line->call.lib, answer, &item, &is_locked) < 0 || is_locked)
        err = LOOM_ERR_KEYRING;
    else if (is_meant(line, &item, key))
        err = add_secret(line, &item, records);
    (void)line->call.lib->message_unref(answer);
    return err;
}

/* ---- A search ---- */

/* aoao: what is unlocked, what is locked. */
static bool is_any_locked(const struct loom_sdbus *lib, sd_bus_message *answer) {
    const char *path = NULL;
    bool is_none = lib->message_skip(answer, "ao") >= 0 &&
                   lib->message_enter_container(answer, 'a', "o") >= 0 &&
                   lib->message_read(answer, "o", &path) == 0 &&
                   lib->message_rewind(answer, 1) >= 0;
    return !is_none;
}

static enum loom_err add_found(const struct line *line, sd_bus_message *answer, const char *key,
                               struct loom_secret_records *records) {
    const struct loom_sdbus *lib = line->call.lib;
    const char *path = NULL;
    if (is_any_locked(lib, answer))
        return LOOM_ERR_KEYRING;
    enum loom_err err = LOOM_OK;
    int rc = lib->message_enter_container(answer, 'a', "o");
    while (rc >= 0 && err == LOOM_OK && (rc = lib->message_read(answer, "o", &path)) > 0)
        err = add_item(line, path, key, records);
    return rc < 0 ? LOOM_ERR_KEYRING : err;
}

static enum loom_err search(const struct line *line, const char *key,
                            struct loom_secret_records *records) {
    sd_bus_message *answer = NULL;
    enum loom_err err = loom_sdbus_ask(
        &line->call, &(struct loom_sdbus_target){SERVICE, "SearchItems"}, &answer, "a{ss}",
        key != NULL ? 2U : 1U, "service", "loom", "username", key != NULL ? key : "");
    if (err == LOOM_OK) {
        err = add_found(line, answer, key, records);
        (void)line->call.lib->message_unref(answer);
    }
    return err;
}

/* ---- The line ---- */

/* Is the collection `default` there and unlocked? Searching a locked KeePassXC makes it ask. */
static enum loom_err look_unlocked(const struct line *line, const char *path) {
    sd_bus_message *answer = NULL;
    int is_locked = 1;
    enum loom_err err =
        loom_sdbus_ask(&line->call, &(struct loom_sdbus_target){path, PROPERTIES, "Get"}, &answer,
                       "ss", COLLECTION_INTERFACE, "Locked");
    if (err != LOOM_OK)
        return err;
    if (line->call.lib->message_read(answer, "v", "b", &is_locked) < 0 || is_locked)
        err = LOOM_ERR_KEYRING;
    (void)line->call.lib->message_unref(answer);
    return err;
}

/* The first question. Who asks its owner for consent looks meanwhile which program it is. */
static enum loom_err greet(const struct line *line, sd_bus_message **out_answer) {
    const struct loom_keyring_options *options = &line->service->options;
    if (options->greeting != NULL)
        options->greeting(options->context, true);
    enum loom_err err = loom_sdbus_ask(
        &line->call, &(struct loom_sdbus_target){SERVICE, "ReadAlias"}, out_answer, "s", "default");
    if (options->greeting != NULL)
        options->greeting(options->context, false);
    return err;
}

static enum loom_err open_session(struct line *line) {
    const char *output = NULL;
    enum loom_err err =
        loom_sdbus_ask(&line->call, &(struct loom_sdbus_target){SERVICE, "OpenSession"},
                       &line->session, "sv", "plain", "s", "");
    if (err != LOOM_OK)
        return err;
    int rc = line->call.lib->message_read(line->session, "v", "s", &output);
    if (rc >= 0)
        rc = line->call.lib->message_read(line->session, "o", &line->session_path);
    return rc > 0 && strcmp(line->session_path, "/") != 0 ? LOOM_OK : LOOM_ERR_KEYRING;
}

static enum loom_err line_open(struct line *line) {
    const struct loom_secret_service *service = line->service;
    const struct loom_keyring_options *options = &service->options;
    sd_bus_message *alias = NULL;
    const char *path = NULL;
    int64_t first_ms = options->clock->now_ms(options->clock->context) + LOOM_KEYRING_FIRST_MS;
    int probed = loom_secret_service_bus_probe(options->bus_address, options->runtime_folder);
    if (probed != 0)
        return probed == ETIMEDOUT ? LOOM_ERR_TIMEOUT : LOOM_ERR_NOT_FOUND;
    line->call.clock = options->clock;
    line->call.is_stoppable = service->is_stoppable;
    line->call.until_ms = first_ms < service->until_ms ? first_ms : service->until_ms;
    if (!loom_sdbus_connect(&line->call))
        return LOOM_ERR_KEYRING;
    enum loom_err err = greet(line, &alias);
    if (err != LOOM_OK)
        return err;
    line->call.until_ms = service->until_ms;
    line->call.is_there = true;
    err = line->call.lib->message_read(alias, "o", &path) > 0 ? look_unlocked(line, path)
                                                              : LOOM_ERR_KEYRING;
    (void)line->call.lib->message_unref(alias);
    return err == LOOM_OK ? open_session(line) : err;
}

static void line_close(struct line *line) {
    if (line->session != NULL)
        (void)line->call.lib->message_unref(line->session);
    loom_sdbus_disconnect(&line->call);
}

static enum loom_err report(const struct line *line, enum loom_err err, struct loom_error *error) {
    if (err == LOOM_ERR_KEYRING)
        return loom_error_os(error, err, ENOTSUP, NULL);
    if (err == LOOM_ERR_TIMEOUT || err == LOOM_ERR_NOT_FOUND)
        return loom_secret_service_fail(line->service, err == LOOM_ERR_TIMEOUT ? ETIMEDOUT : ENOENT,
                                        error);
    return loom_json_error(error, err);
}

/* Whatever its path: the keys of all servers of one host begin alike. */
static enum loom_err begin_of_host(const struct loom_origin *meant,
                                   char out_begin[static LOOM_STORE_KEY_MAX]) {
    struct loom_origin host = *meant;
    host.url[host.path_at] = '\0';
    return loom_store_key(&host, false, out_begin);
}

enum loom_err loom_secret_sdbus_list(struct loom_secret_service *service,
                                     struct loom_secret_records *records,
                                     struct loom_error *error) {
    LOOM_CLEANUP(line_close)
    struct line line = {.service = service};
    const struct loom_origin *meant = service->options.meant;
    enum loom_err err = meant != NULL ? begin_of_host(meant, line.begin) : LOOM_OK;
    if (err == LOOM_OK)
        err = line_open(&line);
    if (err == LOOM_OK)
        err = search(&line, NULL, records);
    return report(&line, err, error);
}

enum loom_err loom_secret_sdbus_find(struct loom_secret_service *service,
                                     const struct loom_origin *origin,
                                     struct loom_credential *out_credential,
                                     struct loom_error *error) {
    LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
    LOOM_CLEANUP(line_close)
    struct line line = {.service = service};
    char key[LOOM_STORE_KEY_MAX];
    enum loom_err err = line_open(&line);
    for (int is_suffixed = 0; is_suffixed <= 1 && err == LOOM_OK; is_suffixed++) {
        /* The second is made with a hash: not before it is needed. */
        err = loom_store_key(origin, is_suffixed, key);
        if (err != LOOM_OK)
            return loom_crypto_error(error, err);
        err = search(&line, key, &records);
        if (err == LOOM_OK && loom_secret_records_take(&records, key, origin, out_credential))
            return loom_error_set(error, LOOM_OK);
    }
    return err == LOOM_OK ? loom_error_set(error, LOOM_ERR_NOT_FOUND) : report(&line, err, error);
}
