/* SPDX-License-Identifier: Apache-2.0 */
/* The throw-away item of store/keyring_examine.h. Only for secret_service_examine.c. */
#ifndef LOOM_STORE_SECRET_SERVICE_TRIAL_H
#define LOOM_STORE_SECRET_SERVICE_TRIAL_H

#include "store/keyring_examine.h"
#include "store/secret_service.h"

/* Take away what earlier trials may have left in an unlocked keyring. */
LOOM_CHECKED enum loom_err loom_secret_trial_sweep(struct loom_secret_service *service,
                                                   struct loom_error *error);

/* Write, read and delete one. *out_failed is the first step that went wrong, whatever the result.
 */
LOOM_CHECKED enum loom_err loom_secret_trial_run(struct loom_secret_service *service,
                                                 SecretCollection *collection,
                                                 enum loom_keyring_step *out_failed,
                                                 struct loom_error *error);

#endif
