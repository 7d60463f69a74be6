/* SPDX-License-Identifier: Apache-2.0 */
#include "store/listing.h"

#include <stdlib.h>
#include <string.h>

void loom_listing_clear(struct loom_listing *listing) {
    for (size_t i = 0; i < listing->count; i++)
        free(listing->seen[i]);
    free(listing->seen);
}

/* An URL has a colon and a key has none: they cannot be mistaken. */
static const char *identity_of(const struct loom_store_entry *entry) {
    return entry->origin != NULL ? entry->origin->url : entry->key;
}

static bool is_seen(const struct loom_listing *listing, const char *identity) {
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->seen[i], identity) == 0)
            return true;
    return false;
}

static bool note_seen(struct loom_listing *listing, const char *identity) {
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity * 2 + 16;
        char **seen = reallocarray(listing->seen, capacity, sizeof *seen);
        if (seen == NULL)
            return false;
        listing->seen = seen;
        listing->capacity = capacity;
    }
    listing->seen[listing->count] = strdup(identity);
    if (listing->seen[listing->count] == NULL)
        return false;
    listing->count++;
    return true;
}

void loom_listing_visit_first(void *context, const struct loom_store_entry *entry) {
    struct loom_listing *listing = context;
    if (is_seen(listing, identity_of(entry)))
        return;
    listing->is_out_of_memory =
        listing->is_out_of_memory || !note_seen(listing, identity_of(entry));
    listing->visit(listing->context, entry);
}

void loom_listing_visit_second(void *context, const struct loom_store_entry *entry) {
    struct loom_listing *listing = context;
    if (!is_seen(listing, identity_of(entry)))
        listing->visit(listing->context, entry);
}
