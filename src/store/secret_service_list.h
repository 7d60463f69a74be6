/* SPDX-License-Identifier: Apache-2.0 */
/* Which servers the items of a keyring are for. Only for keyring_secret_service.c. */
#ifndef LOOM_STORE_SECRET_SERVICE_LIST_H
#define LOOM_STORE_SECRET_SERVICE_LIST_H

#include "store/secret_records.h"
#include "store/secret_service.h"

/* Add what each item says, or when secrets are not read, the server that its label names. */
LOOM_CHECKED enum loom_err loom_secret_list_read(struct loom_secret_service *service,
                                                 const GList *items,
                                                 struct loom_secret_records *records);

#endif
