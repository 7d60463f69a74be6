/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_records.h"

#include <stdlib.h>
#include <string.h>

/* ---- An item ---- */

bool loom_secret_item_is_ours(const struct loom_secret_item *item, const char *key) {
    return item->service != NULL && strcmp(item->service, "loom") == 0 && item->username != NULL &&
           strlen(item->username) < LOOM_STORE_KEY_MAX &&
           (key == NULL || strcmp(item->username, key) == 0) &&
           (item->target == NULL || strcmp(item->target, "default") == 0);
}

enum loom_err loom_secret_item_read(const struct loom_secret_item *item, const char *key,
                                    struct loom_credential *out_credential) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    if (!loom_secret_item_is_ours(item, key) || item->json == NULL || item->len == 0 ||
        item->len > LOOM_CREDENTIAL_JSON_MAX)
        return LOOM_ERR_DAMAGED;
    enum loom_err err = loom_credential_parse(item->json, item->len, &credential);
    if (err != LOOM_OK)
        return err;
    if (credential.obtained_at == 0)
        credential.obtained_at = (int64_t)item->modified;
    *out_credential = credential;
    return LOOM_OK;
}

/* Of two that are equally old the keyring changed one later; then any, but always the same. */
bool loom_secret_rank_is_above(const struct loom_secret_rank *rank,
                               const struct loom_secret_rank *best) {
    if (best->path == NULL)
        return true;
    if (rank->obtained_at != best->obtained_at)
        return rank->obtained_at > best->obtained_at;
    if (rank->modified != best->modified)
        return rank->modified > best->modified;
    return strcmp(rank->path, best->path) < 0;
}

/* ---- Records ---- */

struct loom_secret_record {
    struct loom_secret_record *next;
    struct loom_credential credential;
    uint64_t modified;
    char *path; /* owned */
    char key[LOOM_STORE_KEY_MAX];
};

static void record_free(struct loom_secret_record *record) {
    loom_credential_clear(&record->credential);
    free(record->path);
    free(record);
}

/* Takes the credential. */
static enum loom_err append(struct loom_secret_records *records, struct loom_credential *credential,
                            const struct loom_secret_item *item) {
    struct loom_secret_record **end = &records->first;
    struct loom_secret_record *record = calloc(1, sizeof *record);
    char *path = strdup(item->path);
    if (record == NULL || path == NULL) {
        free(record);
        free(path);
        return LOOM_ERR_INTERNAL;
    }
    record->credential = *credential;
    record->modified = item->modified;
    record->path = path;
    memcpy(record->key, item->username, strlen(item->username) + 1);
    *credential = (struct loom_credential)LOOM_CREDENTIAL_INIT;
    while (*end != NULL)
        end = &(*end)->next;
    *end = record;
    return LOOM_OK;
}

enum loom_err loom_secret_records_add(struct loom_secret_records *records,
                                      const struct loom_secret_item *item) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = loom_secret_item_read(item, NULL, &credential);
    if (err != LOOM_OK)
        return err == LOOM_ERR_DAMAGED ? LOOM_OK : err;
    return append(records, &credential, item);
}

enum loom_err loom_secret_records_add_origin(struct loom_secret_records *records,
                                             const struct loom_origin *origin) {
    const struct loom_secret_item item = {.path = "", .username = ""};
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    credential.has_origin = true;
    credential.origin = *origin;
    return append(records, &credential, &item);
}

static struct loom_secret_rank rank_of(const struct loom_secret_record *record) {
    struct loom_secret_rank none = {.path = NULL};
    return record == NULL ? none
                          : (struct loom_secret_rank){record->credential.obtained_at,
                                                      record->modified, record->path};
}

static bool is_answer(const struct loom_secret_record *record, const char *key,
                      const struct loom_origin *origin) {
    return strcmp(record->key, key) == 0 && record->credential.has_origin &&
           loom_origin_is_equal(&record->credential.origin, origin);
}

bool loom_secret_records_take(struct loom_secret_records *records, const char *key,
                              const struct loom_origin *origin,
                              struct loom_credential *out_credential) {
    struct loom_secret_record **best = NULL;
    for (struct loom_secret_record **at = &records->first; *at != NULL; at = &(*at)->next) {
        const struct loom_secret_rank rank = rank_of(*at);
        const struct loom_secret_rank rank_best = rank_of(best != NULL ? *best : NULL);
        if (is_answer(*at, key, origin) && loom_secret_rank_is_above(&rank, &rank_best))
            best = at;
    }
    if (best == NULL)
        return false;
    struct loom_secret_record *taken = *best;
    *best = taken->next;
    *out_credential = taken->credential;
    taken->credential = (struct loom_credential)LOOM_CREDENTIAL_INIT;
    record_free(taken);
    return true;
}

static bool is_same_server(const struct loom_secret_record *a, const struct loom_secret_record *b) {
    if (a->credential.has_origin != b->credential.has_origin)
        return false;
    return a->credential.has_origin
               ? loom_origin_is_equal(&a->credential.origin, &b->credential.origin)
               : strcmp(a->key, b->key) == 0;
}

void loom_secret_records_visit(const struct loom_secret_records *records, loom_store_visit *visit,
                               void *context) {
    for (const struct loom_secret_record *record = records->first; record != NULL;
         record = record->next) {
        const struct loom_secret_record *same = records->first;
        while (!is_same_server(same, record))
            same = same->next;
        struct loom_store_entry entry = {
            record->credential.has_origin ? &record->credential.origin : NULL, record->key};
        if (same == record)
            visit(context, &entry);
    }
}

void loom_secret_records_clear(struct loom_secret_records *records) {
    while (records->first != NULL) {
        struct loom_secret_record *record = records->first;
        records->first = record->next;
        record_free(record);
    }
}
