/* SPDX-License-Identifier: Apache-2.0 */
/* Which servers the items of a keyring are for. Only for keyring_secret_service.c. */
#ifndef LOOM_STORE_SECRET_SERVICE_LIST_H
#define LOOM_STORE_SECRET_SERVICE_LIST_H

#include "store/secret_service.h"

/* Visit each server of `items` once, and each import of no origin. Others' items are no servers. */
LOOM_CHECKED enum loom_err loom_secret_list_visit(struct loom_secret_service *service,
                                                  const GList *items, loom_store_visit *visit,
                                                  void *context);

#endif
