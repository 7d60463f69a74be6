/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing two places as one: each stored server is visited once. Only for keyring_first.c.
 *
 *     LOOM_CLEANUP(loom_listing_clear)
 *     struct loom_listing listing = {.visit = visit, .context = context};
 *     err = first->ops->list(first, loom_listing_visit_first, &listing, error);
 *     err = second->ops->list(second, loom_listing_visit_second, &listing, error);
 */
#ifndef LOOM_STORE_LISTING_H
#define LOOM_STORE_LISTING_H

#include "store/store.h"

/* What the first place showed, so that the second does not show it again. */
struct loom_listing {
    loom_store_visit *visit;
    void *context;
    char **seen; /* owned: the origin's URL, or the key of one without */
    size_t count;
    size_t capacity;
    bool is_out_of_memory; /* set by the first: what follows may not be complete */
};

/* A loom_store_visit with a listing as its context. */
void loom_listing_visit_first(void *context, const struct loom_store_entry *entry);
void loom_listing_visit_second(void *context, const struct loom_store_entry *entry);

void loom_listing_clear(struct loom_listing *listing);

#endif
