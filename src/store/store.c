/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "base/text.h"
#include "crypto/crypto.h"

#include <errno.h>
#include <string.h>

enum { SUFFIX_HASH_BYTES = 5 }; /* 10 hex digits */

enum loom_err loom_store_key(const struct loom_origin *origin, bool is_suffixed,
                             char out_key[static LOOM_STORE_KEY_MAX]) {
    unsigned char hash[LOOM_HASH_SIZE];
    size_t len = strlen(origin->url);
    if (is_suffixed) {
        struct loom_bytes url = {origin->url, len};
        enum loom_err err = loom_sha256(url, hash);
        if (err != LOOM_OK)
            return err;
    }
    for (size_t i = 0; i < len; i++)
        out_key[i] = loom_ascii_is_alnum(origin->url[i]) ? origin->url[i] : '_';
    out_key[len] = '\0';
    if (is_suffixed) {
        memcpy(out_key + len, "--", 2);
        loom_text_format_hex(hash, SUFFIX_HASH_BYTES, out_key + len + 2);
    }
    return LOOM_OK;
}

size_t loom_store_parts(struct loom_store *store,
                        struct loom_store *out_parts[static LOOM_STORE_PARTS_MAX]) {
    if (store->ops->parts != NULL)
        return store->ops->parts(store, out_parts);
    out_parts[0] = store;
    return 1;
}

struct loom_store *loom_store_home(struct loom_store *store) {
    return store->ops->home != NULL ? store->ops->home(store) : store;
}

bool loom_store_is_absent(const struct loom_error *why) {
    return why->code == LOOM_ERR_KEYRING && (why->os_error == ENOENT || why->os_error == 0);
}

bool loom_store_has_imported(const struct loom_store *store) {
    return store->ops->has_imported != NULL && store->ops->has_imported(store);
}

void loom_store_close(struct loom_store *store) {
    if (store != NULL)
        store->ops->close(store);
}

void loom_store_drop(struct loom_store **store) {
    loom_store_close(*store);
    *store = NULL;
}
