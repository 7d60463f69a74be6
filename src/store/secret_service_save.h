/* SPDX-License-Identifier: Apache-2.0 */
/* Putting a credential into a keyring. Only for keyring_secret_service.c. */
#ifndef LOOM_STORE_SECRET_SERVICE_SAVE_H
#define LOOM_STORE_SECRET_SERVICE_SAVE_H

#include "store/secret_service.h"

/*
 * Change the newest item of its origin in place, or make one; then read back what is there.
 * LOOM_ERR_STORAGE with EFBIG: it is not kept as it was given. With `only`, nothing is made, and
 * what holds another token stays: LOOM_ERR_NOT_FOUND.
 */
LOOM_CHECKED enum loom_err loom_secret_save(struct loom_secret_service *service,
                                            const struct loom_credential *credential,
                                            const struct loom_secret *only,
                                            struct loom_error *error);

/* Is there an unlocked place for it? */
LOOM_CHECKED enum loom_err loom_secret_save_check(struct loom_secret_service *service,
                                                  struct loom_error *error);

#endif
