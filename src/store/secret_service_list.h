/* SPDX-License-Identifier: Apache-2.0 */
/* What a keyring holds, listed over libsecret. Only for keyring_secret_service.c. */
#ifndef LOOM_STORE_SECRET_SERVICE_LIST_H
#define LOOM_STORE_SECRET_SERVICE_LIST_H

#include "store/secret_records.h"
#include "store/secret_service.h"

/*
 * Add all that is filed as Loom's: what each item says or, when secrets are not read, the server
 * that its label names. Where everything is locked, a person is asked. *out_is_whole: nothing was
 * locked, and all of it was read.
 */
LOOM_CHECKED enum loom_err loom_secret_list_read(struct loom_secret_service *service,
                                                 struct loom_secret_records *records,
                                                 bool *out_is_whole, struct loom_error *error);

#endif
