/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_list.h"

#include "store/secret_service_match.h"

#include <stdlib.h>
#include <string.h>

/* A server, copied out of its item. */
struct seen {
    struct seen *next;
    struct loom_origin origin;
    bool has_origin;
    char key[LOOM_STORE_KEY_MAX];
};

static void seen_clear(struct seen **first) {
    while (*first != NULL) {
        struct seen *seen = *first;
        *first = seen->next;
        free(seen);
    }
}

static bool is_same(const struct seen *seen, const struct loom_credential *credential,
                    const char *key) {
    if (seen->has_origin != credential->has_origin)
        return false;
    return seen->has_origin ? loom_origin_is_equal(&seen->origin, &credential->origin)
                            : strcmp(seen->key, key) == 0;
}

static enum loom_err note(struct seen **first, const struct loom_credential *credential,
                          const char *key) {
    struct seen **end = first;
    for (; *end != NULL; end = &(*end)->next)
        if (is_same(*end, credential, key))
            return LOOM_OK;
    struct seen *seen = calloc(1, sizeof *seen);
    if (seen == NULL)
        return LOOM_ERR_INTERNAL;
    seen->has_origin = credential->has_origin;
    seen->origin = credential->origin;
    memcpy(seen->key, key, strlen(key) + 1);
    *end = seen;
    return LOOM_OK;
}

static enum loom_err note_item(struct loom_secret_service *service, SecretItem *item,
                               struct seen **first) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = loom_secret_match_read(service, item, &credential);
    if (err != LOOM_OK)
        return err == LOOM_ERR_DAMAGED ? LOOM_OK : err;
    GHashTable *attributes = service->loop.lib->item_get_attributes(item);
    if (attributes == NULL)
        return LOOM_OK;
    const char *key = loom_secret_match_key(service, attributes);
    if (key != NULL)
        err = note(first, &credential, key);
    service->loop.lib->hash_table_unref(attributes);
    return err;
}

/* What others called their items is no server. */
static enum loom_err note_label(struct loom_secret_service *service, SecretItem *item,
                                struct seen **first) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    credential.has_origin = loom_secret_service_read_label(service, item, &credential.origin);
    return credential.has_origin ? note(first, &credential, "") : LOOM_OK;
}

enum loom_err loom_secret_list_visit(struct loom_secret_service *service, const GList *items,
                                     loom_store_visit *visit, void *context) {
    struct seen *first = NULL;
    enum loom_err err = LOOM_OK;
    for (; err == LOOM_OK && items != NULL; items = items->next)
        err = service->options.is_by_label ? note_label(service, items->data, &first)
                                           : note_item(service, items->data, &first);
    for (const struct seen *seen = first; err == LOOM_OK && seen != NULL; seen = seen->next) {
        struct loom_store_entry entry = {seen->has_origin ? &seen->origin : NULL, seen->key};
        visit(context, &entry);
    }
    seen_clear(&first);
    return err;
}
