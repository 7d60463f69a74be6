/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/server_choice.h"

#include "base/sentences.h"
#include "base/text.h"
#include "cli/failure.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The host of a typed address, behind the scheme and before port and path, when its letters are
 * what is wrong; 0 when it is something else, or when anything may be a password.
 */
static size_t find_foreign_host(const char **at) {
    const char *scheme_end = strstr(*at, "://");
    if (strchr(*at, '@') != NULL)
        return 0;
    if (scheme_end != NULL)
        *at = scheme_end + 3;
    size_t len = strcspn(*at, "/?#:");
    return loom_text_is_printable_ascii(*at, len, len) ? 0 : len;
}

static void say_refusal(struct loom_cli *cli, const char *typed, enum loom_origin_fault fault) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer host = LOOM_BUFFER_INIT(LOOM_ORIGIN_MAX);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer ascii = LOOM_BUFFER_INIT(LOOM_ORIGIN_MAX);
    size_t len = find_foreign_host(&typed);
    if (fault == LOOM_ORIGIN_NON_ASCII && len > 0 &&
        loom_buffer_add(&host, typed, len) == LOOM_OK &&
        loom_http_spell_host(host.data, &ascii) == LOOM_OK) {
        (void)loom_failure_usage(cli,
                                 N_("Write the international name in its xn-- form, like this:\n\n"
                                    "    {detail}\n"),
                                 &(struct loom_words){.detail = ascii.data});
        return;
    }
    (void)loom_failure_usage(cli, loom_sentence_origin(fault), NULL);
}

enum loom_err loom_server_parse(struct loom_cli *cli, const char *typed,
                                struct loom_origin *out_origin) {
    enum loom_origin_fault fault;
    enum loom_err err = loom_origin_parse(typed, strlen(typed), out_origin, &fault);
    if (err == LOOM_ERR_USAGE)
        say_refusal(cli, typed, fault);
    return err;
}

/* Two places may hold the same, and it is one server all the same. */
static void add_unnamed(struct loom_server_list *list, const char *key) {
    for (size_t i = 0; i < list->unnamed_count; i++)
        if (strcmp(list->unnamed[i], key) == 0)
            return;
    char(*unnamed)[LOOM_STORE_KEY_MAX] =
        reallocarray(list->unnamed, list->unnamed_count + 1, sizeof *list->unnamed);
    if (unnamed == NULL) {
        list->has_failed = true;
        return;
    }
    (void)snprintf(unnamed[list->unnamed_count++], sizeof *unnamed, "%s", key);
    list->unnamed = unnamed;
}

enum loom_err loom_server_list_add(struct loom_server_list *list,
                                   const struct loom_origin *server) {
    struct loom_origin *origins =
        reallocarray(list->origins, list->count + 1, sizeof *list->origins);
    if (origins == NULL)
        return LOOM_ERR_INTERNAL;
    origins[list->count++] = *server;
    list->origins = origins;
    return LOOM_OK;
}

static void add_server(void *context, const struct loom_store_entry *entry) {
    struct loom_server_list *list = context;
    if (list->has_failed)
        return;
    if (entry->origin == NULL) {
        add_unnamed(list, entry->key);
        return;
    }
    for (size_t i = 0; i < list->count; i++)
        if (loom_origin_is_equal(&list->origins[i], entry->origin))
            return;
    list->has_failed = loom_server_list_add(list, entry->origin) != LOOM_OK;
}

static int compare_origins(const void *a, const void *b) {
    return strcmp(((const struct loom_origin *)a)->url, ((const struct loom_origin *)b)->url);
}

static void sort(struct loom_server_list *list) {
    if (list->count > 1)
        qsort(list->origins, list->count, sizeof *list->origins, compare_origins);
}

void loom_server_list_read_usual(struct loom_cli *cli, struct loom_server_list *out_list) {
    struct loom_error error = LOOM_ERROR_INIT;
    *out_list = (struct loom_server_list){.origins = NULL};
    enum loom_err err = cli->store->ops->list(cli->store, add_server, out_list, &error);
    if (err != LOOM_OK)
        out_list->blind = error;
    if (out_list->has_failed)
        (void)loom_error_set(&out_list->blind, LOOM_ERR_INTERNAL);
    sort(out_list);
}

enum loom_err loom_server_list_read(struct loom_cli *cli, struct loom_server_list *out_list,
                                    struct loom_error *error) {
    loom_server_list_read_usual(cli, out_list);
    struct loom_error blind = out_list->blind;
    if (blind.code != LOOM_OK) {
        loom_server_list_clear(out_list);
        if (error != NULL)
            *error = blind;
    }
    return blind.code;
}

void loom_server_list_read_everywhere(struct loom_cli *cli, struct loom_server_list *out_list) {
    struct loom_store *parts[LOOM_STORE_PARTS_MAX];
    size_t count = loom_store_parts(cli->store, parts);
    *out_list = (struct loom_server_list){.origins = NULL};
    for (size_t i = 0; i < count; i++) {
        struct loom_error error = LOOM_ERROR_INIT;
        enum loom_err err = parts[i]->ops->list(parts[i], add_server, out_list, &error);
        if (err != LOOM_OK && !loom_store_is_absent(&error) && out_list->blind.code == LOOM_OK)
            out_list->blind = error;
    }
    if (out_list->has_failed)
        (void)loom_error_set(&out_list->blind, LOOM_ERR_INTERNAL);
    sort(out_list);
}

bool loom_server_list_has_key(const struct loom_server_list *list, const char *unnamed) {
    char key[LOOM_STORE_KEY_MAX];
    for (size_t i = 0; i < list->count; i++)
        if (loom_store_key(&list->origins[i], false, key) == LOOM_OK && strcmp(key, unnamed) == 0)
            return true;
    return false;
}

bool loom_server_hidden(struct loom_cli *cli, struct loom_error *error) {
    static const struct loom_error reasons[] = {
        [LOOM_KEYRING_LOCKED] = {.code = LOOM_ERR_KEYRING_LOCKED},
        [LOOM_KEYRING_HUNG] = {.code = LOOM_ERR_KEYRING, .os_error = ETIMEDOUT},
        [LOOM_KEYRING_FAILING] = {.code = LOOM_ERR_KEYRING, .os_error = EIO},
    };
    struct loom_store_info info;
    if (cli->store == NULL)
        return false;
    cli->store->ops->describe(cli->store, &info);
    if (info.keyring >= sizeof reasons / sizeof reasons[0] || reasons[info.keyring].code == LOOM_OK)
        return false;
    *error = reasons[info.keyring];
    return true;
}

void loom_server_list_clear(struct loom_server_list *list) {
    free(list->origins);
    free(list->unnamed);
    *list = (struct loom_server_list){.origins = NULL};
}

int loom_server_list_several(struct loom_cli *cli, const struct loom_server_list *list) {
    int status = loom_failure_usage(cli,
                                    N_("Say with this option which server you mean:\n\n    "
                                       "--server URL\n\nYou are signed in to these:"),
                                    NULL);
    loom_say_always(&cli->err, "\n", NULL);
    for (size_t i = 0; i < list->count; i++)
        loom_say_always(&cli->err, "    {server}",
                        &(struct loom_words){.server = list->origins[i].url});
    return status;
}

static enum loom_choice choose_stored(struct loom_cli *cli, struct loom_origin *out_origin,
                                      int *out_status) {
    struct loom_error error = LOOM_ERROR_INIT;
    LOOM_CLEANUP(loom_server_list_clear) struct loom_server_list list = {.origins = NULL};
    if (loom_server_list_read(cli, &list, &error) != LOOM_OK) {
        *out_status = loom_failure(cli, &error, NULL);
        return LOOM_CHOICE_FAILED;
    }
    if (list.count == 0)
        return LOOM_CHOICE_NOTHING;
    if (list.count > 1) {
        *out_status = loom_server_list_several(cli, &list);
        return LOOM_CHOICE_SEVERAL;
    }
    *out_origin = list.origins[0];
    return LOOM_CHOICE_ONLY;
}

/* The option and the argument may both stand there if they mean the same. */
static enum loom_err parse_named(struct loom_cli *cli, const char *argument,
                                 struct loom_origin *out_origin) {
    const char *option = cli->options.server;
    struct loom_origin other;
    const char *typed = option != NULL ? option : argument;
    if (typed == NULL)
        typed = cli->environment.server;
    enum loom_err err = loom_server_parse(cli, typed, out_origin);
    if (err != LOOM_OK || option == NULL || argument == NULL)
        return err;
    err = loom_server_parse(cli, argument, &other);
    if (err == LOOM_OK && !loom_origin_is_equal(out_origin, &other)) {
        (void)loom_failure_usage(cli, N_("Two different servers are named. Name one."), NULL);
        return LOOM_ERR_USAGE;
    }
    return err;
}

enum loom_choice loom_server_choose(struct loom_cli *cli, const char *argument,
                                    struct loom_origin *out_origin, int *out_status) {
    if (cli->options.server == NULL && argument == NULL && cli->environment.server == NULL)
        return choose_stored(cli, out_origin, out_status);
    enum loom_err err = parse_named(cli, argument, out_origin);
    if (err == LOOM_OK)
        return LOOM_CHOICE_NAMED;
    *out_status = LOOM_EXIT_USAGE;
    if (err != LOOM_ERR_USAGE)
        *out_status = loom_failure(cli, &(struct loom_error){.code = err}, NULL);
    return LOOM_CHOICE_FAILED;
}
