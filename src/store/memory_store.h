/* SPDX-License-Identifier: Apache-2.0 */
/* A store that forgets with the process. For tests; it passes the same contract. */
#ifndef LOOM_STORE_MEMORY_STORE_H
#define LOOM_STORE_MEMORY_STORE_H

#include "store/store.h"

LOOM_CHECKED enum loom_err loom_memory_store_open(struct loom_store **out_store);

/* File a credential without an origin under `key`, as an import would leave it. */
LOOM_CHECKED enum loom_err loom_memory_store_plant(struct loom_store *store, const char *key,
                                                   const struct loom_credential *credential);

#endif
