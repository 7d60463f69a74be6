/* SPDX-License-Identifier: Apache-2.0 */
#include "store/memory_store.h"

#include <stdlib.h>
#include <string.h>

struct item {
    struct item *next;
    char key[LOOM_STORE_KEY_MAX];
    struct loom_credential credential;
};

struct memory_store {
    struct loom_store store;
    struct item *first; /* owned, in the order of filing */
};

static struct memory_store *memory_of(struct loom_store *store) {
    return (struct memory_store *)store;
}

static void free_item(struct item *item) {
    loom_credential_clear(&item->credential);
    free(item);
}

static struct item *item_at(const struct memory_store *memory, const char *key) {
    struct item *item = memory->first;
    while (item != NULL && strcmp(item->key, key) != 0)
        item = item->next;
    return item;
}

static struct item *item_of(const struct memory_store *memory, const struct loom_origin *origin) {
    struct item *item = memory->first;
    while (item != NULL &&
           !(item->credential.has_origin && loom_origin_is_equal(&item->credential.origin, origin)))
        item = item->next;
    return item;
}

/* The item that answers, or NULL: of this origin, or one to adopt. */
static enum loom_err match(const struct memory_store *memory,
                           const struct loom_store_question *question, struct item **out_item) {
    char key[LOOM_STORE_KEY_MAX];
    struct item *item = item_of(memory, question->origin);
    if (item == NULL && question->may_adopt) {
        enum loom_err err = loom_store_key(question->origin, false, key);
        if (err != LOOM_OK)
            return err;
        item = item_at(memory, key);
        if (item != NULL && item->credential.has_origin)
            item = NULL;
    }
    *out_item = item;
    return LOOM_OK;
}

static enum loom_err add_item(struct memory_store *memory, const char *key,
                              const struct loom_credential *credential) {
    struct item *item = calloc(1, sizeof *item);
    if (item == NULL)
        return LOOM_ERR_INTERNAL;
    enum loom_err err = loom_credential_copy(credential, &item->credential);
    if (err != LOOM_OK) {
        free(item);
        return err;
    }
    (void)memccpy(item->key, key, '\0', sizeof item->key - 1);
    struct item **end = &memory->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = item;
    return LOOM_OK;
}

static enum loom_err memory_find(struct loom_store *store,
                                 const struct loom_store_question *question,
                                 struct loom_credential *out_credential, struct loom_error *error) {
    struct item *item = NULL;
    enum loom_err err = match(memory_of(store), question, &item);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    if (item == NULL)
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    item->credential.has_origin = true;
    item->credential.origin = *question->origin;
    return loom_error_set(error, loom_credential_copy(&item->credential, out_credential));
}

static enum loom_err memory_list(struct loom_store *store, loom_store_visit *visit, void *context,
                                 struct loom_error *error) {
    for (const struct item *item = memory_of(store)->first; item != NULL; item = item->next) {
        const struct loom_credential *credential = &item->credential;
        struct loom_store_entry entry = {credential->has_origin ? &credential->origin : NULL,
                                         item->key};
        visit(context, &entry);
    }
    return loom_error_set(error, LOOM_OK);
}

static enum loom_err replace(struct item *item, const struct loom_credential *credential) {
    struct loom_credential copy = LOOM_CREDENTIAL_INIT;
    enum loom_err err = loom_credential_copy(credential, &copy);
    if (err != LOOM_OK)
        return err;
    if (copy.obtained_at < item->credential.obtained_at)
        copy.obtained_at = item->credential.obtained_at;
    loom_credential_clear(&item->credential);
    item->credential = copy;
    return LOOM_OK;
}

static enum loom_err add_new(struct memory_store *memory,
                             const struct loom_credential *credential) {
    char key[LOOM_STORE_KEY_MAX];
    enum loom_err err = loom_store_key(&credential->origin, false, key);
    if (err == LOOM_OK && item_at(memory, key) != NULL)
        err = loom_store_key(&credential->origin, true, key);
    return err == LOOM_OK ? add_item(memory, key, credential) : err;
}

static enum loom_err memory_save(struct loom_store *store, const struct loom_credential *credential,
                                 struct loom_error *error) {
    struct memory_store *memory = memory_of(store);
    if (!credential->has_origin || credential->token == NULL)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    struct item *item = item_of(memory, &credential->origin);
    return loom_error_set(error,
                          item != NULL ? replace(item, credential) : add_new(memory, credential));
}

static void remove_item(struct memory_store *memory, struct item *item) {
    struct item **at = &memory->first;
    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    free_item(item);
}

static enum loom_err memory_remove(struct loom_store *store,
                                   const struct loom_store_question *question,
                                   struct loom_error *error) {
    struct memory_store *memory = memory_of(store);
    struct item *item = NULL;
    bool is_removed = false;
    enum loom_err err = match(memory, question, &item);
    while (err == LOOM_OK && item != NULL) {
        remove_item(memory, item);
        is_removed = true;
        err = match(memory, question, &item);
    }
    if (err == LOOM_OK && !is_removed)
        err = LOOM_ERR_NOT_FOUND;
    return loom_error_set(error, err);
}

/* What is filed for its origin, if that holds its token; else NULL. */
static struct item *item_this(const struct memory_store *memory,
                              const struct loom_credential *credential) {
    struct item *item = item_of(memory, &credential->origin);
    bool is_this = item != NULL && loom_secret_is_equal(item->credential.token, credential->token);
    return is_this ? item : NULL;
}

static enum loom_err memory_remove_this(struct loom_store *store,
                                        const struct loom_credential *credential,
                                        struct loom_error *error) {
    struct memory_store *memory = memory_of(store);
    struct item *item = item_this(memory, credential);
    if (item == NULL)
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    remove_item(memory, item);
    return loom_error_set(error, LOOM_OK);
}

static enum loom_err memory_replace_this(struct loom_store *store,
                                         const struct loom_credential *older,
                                         const struct loom_credential *newer,
                                         struct loom_error *error) {
    struct item *item = item_this(memory_of(store), older);
    return loom_error_set(error, item == NULL ? LOOM_ERR_NOT_FOUND : replace(item, newer));
}

static enum loom_err memory_check(struct loom_store *store, struct loom_error *error) {
    (void)store;
    return loom_error_set(error, LOOM_OK);
}

static void memory_describe(struct loom_store *store, struct loom_store_info *out_info) {
    (void)store;
    *out_info = (struct loom_store_info){.kind = LOOM_STORE_MEMORY};
}

static void memory_close(struct loom_store *store) {
    struct memory_store *memory = memory_of(store);
    while (memory->first != NULL)
        remove_item(memory, memory->first);
    free(memory);
}

static const struct loom_store_ops memory_ops = {
    .find = memory_find,
    .list = memory_list,
    .save = memory_save,
    .remove = memory_remove,
    .remove_this = memory_remove_this,
    .replace_this = memory_replace_this,
    .check = memory_check,
    .describe = memory_describe,
    .close = memory_close,
};

enum loom_err loom_memory_store_open(struct loom_store **out_store) {
    struct memory_store *memory = calloc(1, sizeof *memory);
    if (memory == NULL)
        return LOOM_ERR_INTERNAL;
    memory->store.ops = &memory_ops;
    *out_store = &memory->store;
    return LOOM_OK;
}

enum loom_err loom_memory_store_plant(struct loom_store *store, const char *key,
                                      const struct loom_credential *credential) {
    struct loom_credential copy = *credential; /* borrowed: never cleared */
    copy.has_origin = false;
    return add_item(memory_of(store), key, &copy);
}
