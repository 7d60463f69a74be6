/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_list.h"

#include "store/secret_service_match.h"
#include "json/json.h"

/* What others called their items is no server. */
static enum loom_err note_label(struct loom_secret_service *service, SecretItem *item,
                                struct loom_secret_records *records) {
    struct loom_origin origin;
    return loom_secret_service_read_label(service, item, &origin)
               ? loom_secret_records_add_origin(records, &origin)
               : LOOM_OK;
}

static enum loom_err note_items(struct loom_secret_service *service, const GList *items,
                                struct loom_secret_records *records) {
    enum loom_err err = LOOM_OK;
    for (; err == LOOM_OK && items != NULL; items = items->next)
        err = service->options.is_by_label ? note_label(service, items->data, records)
                                           : loom_secret_match_note(service, items->data, records);
    return err;
}

static bool is_all_locked(const struct loom_libsecret *lib, const GList *items) {
    for (; items != NULL; items = items->next)
        if (!lib->item_get_locked(items->data))
            return false;
    return true;
}

/* What is locked has not been read. */
static bool is_any_locked(const struct loom_secret_service *service, const GList *items) {
    for (; items != NULL; items = items->next)
        if (service->loop.lib->item_get_locked(items->data))
            return true;
    return false;
}

/* Have the person unlock what is filed for this server or for one above its path. */
static enum loom_err unlock_meant(struct loom_secret_service *service,
                                  const struct loom_origin *meant, struct loom_error *error) {
    const char *url = meant->url;
    enum loom_err err = LOOM_OK;
    for (size_t end = meant->path_at; err == LOOM_OK; end += 1 + strcspn(url + end + 1, "/")) {
        LOOM_CLEANUP(loom_secret_match_clear)
        struct loom_secret_match match = {.service = service};
        struct loom_origin server;
        struct loom_store_question question = {&server, false};
        if (loom_origin_parse(url, end, &server, NULL) == LOOM_OK)
            err = loom_secret_match_find(&match, &question, error);
        if (err == LOOM_OK && match.has_locked)
            return loom_secret_match_unlock(&match, error);
        if (err == LOOM_OK && url[end] == '\0')
            err = loom_error_set(error, LOOM_ERR_KEYRING_LOCKED);
    }
    return err;
}

/* Nothing can be read: because nothing is there, or because it is locked? */
static enum loom_err unlock_and_list(struct loom_secret_service *service, GList **items,
                                     struct loom_error *error) {
    bool is_locked = false;
    if (*items == NULL) {
        enum loom_err err = loom_secret_service_is_locked(service, &is_locked, error);
        if (err != LOOM_OK || !is_locked)
            return err;
        /* Nobody is asked to unlock it for a server that may not even be one of ours. */
        return loom_error_set(error, LOOM_ERR_KEYRING_LOCKED);
    }
    GList objects = {.data = (*items)->data};
    const struct loom_origin *meant = service->options.meant;
    enum loom_err err = meant != NULL ? unlock_meant(service, meant, error)
                                      : loom_secret_service_unlock(service, &objects, error);
    if (err != LOOM_OK)
        return err;
    loom_secret_service_free_list(service, items);
    return loom_secret_service_search(service, NULL, items, error);
}

enum loom_err loom_secret_list_read(struct loom_secret_service *service,
                                    struct loom_secret_records *records, bool *out_is_whole,
                                    struct loom_error *error) {
    bool has_secrets = !service->options.is_by_label;
    GList *items = NULL;
    enum loom_err err = loom_secret_service_search(service, NULL, &items, error);
    if (err == LOOM_OK && has_secrets && is_all_locked(service->loop.lib, items))
        err = unlock_and_list(service, &items, error);
    if (err == LOOM_OK)
        err = loom_json_error(error, note_items(service, items, records));
    if (err == LOOM_OK)
        *out_is_whole = has_secrets && !is_any_locked(service, items);
    loom_secret_service_free_list(service, &items);
    return err;
}
