/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items of a keyring that are credentials, however they were read. Only for the keyring's files.
 *
 *     LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
 *     err = loom_secret_records_add(&records, &item);      // for each item that was read
 *     is_there = loom_secret_records_take(&records, key, &origin, &credential);
 *
 * An item counts only when its secret is a credential that this program would accept from anywhere
 * else. All other items under the key (somebody else's, damaged, too large, without a secret, of
 * another origin) only make the key taken.
 */
#ifndef LOOM_STORE_SECRET_RECORDS_H
#define LOOM_STORE_SECRET_RECORDS_H

#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a keyring says of an item, as it says it: untrusted. All borrowed. */
struct loom_secret_item {
    const char *path;    /* where it is on the bus */
    const char *service; /* attributes; NULL: it has none of that name */
    const char *username;
    const char *target;
    uint64_t modified; /* epoch seconds */
    const char *json;  /* its secret, `len` bytes; NULL: none */
    size_t len;
};

/* Is it filed as items of Loom are, under `key` (NULL: any)? A keyring may find what it likes. */
bool loom_secret_item_is_ours(const struct loom_secret_item *item, const char *key);

/*
 * What its secret says. LOOM_ERR_DAMAGED: no credential, or none of ours under that key. One
 * without a time of its own has the item's.
 */
LOOM_CHECKED enum loom_err loom_secret_item_read(const struct loom_secret_item *item,
                                                 const char *key,
                                                 struct loom_credential *out_credential);

/* Is this, of two that answer the same question, the one to take? */
struct loom_secret_rank {
    int64_t obtained_at;
    uint64_t modified;
    const char *path; /* NULL: there is none */
};
bool loom_secret_rank_is_above(const struct loom_secret_rank *rank,
                               const struct loom_secret_rank *best);

struct loom_secret_record;

struct loom_secret_records {
    struct loom_secret_record *first; /* owned; in the order of adding */
};

/* Add what the item says; what is no credential is passed over. LOOM_ERR_INTERNAL: no memory. */
LOOM_CHECKED enum loom_err loom_secret_records_add(struct loom_secret_records *records,
                                                   const struct loom_secret_item *item);

/* Add a server of which nothing else is known. */
LOOM_CHECKED enum loom_err loom_secret_records_add_origin(struct loom_secret_records *records,
                                                          const struct loom_origin *origin);

/*
 * Take the credential of this origin under this key (loom_store_key()), of several the one to be
 * taken: it is the caller's to clear. False: there is none.
 */
LOOM_CHECKED bool loom_secret_records_take(struct loom_secret_records *records, const char *key,
                                           const struct loom_origin *origin,
                                           struct loom_credential *out_credential);

/* Show each server once; of what has none, each key once. */
void loom_secret_records_visit(const struct loom_secret_records *records, loom_store_visit *visit,
                               void *context);

void loom_secret_records_clear(struct loom_secret_records *records);

#endif
