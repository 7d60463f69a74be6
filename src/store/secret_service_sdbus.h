/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a keyring over sd-bus, in a third of the time that libsecret takes: no type system, no
 * worker thread, no key agreement. Only for keyring_secret_service.c, and only for reading where
 * all is well: the keyring is there, its collection `default` is unlocked and so is what is found.
 * Whatever else it says is left to libsecret, which asks it again.
 *
 *     err = loom_secret_sdbus_list(&service, &records, &error);
 *     if (err == LOOM_ERR_KEYRING && error.os_error == ENOTSUP) ...    // ask libsecret
 *
 * The session is `plain`: secrets cross the user's own bus as they are (docs/SECURITY.md).
 *
 * Both are to be called between loom_secret_service_begin() and loom_secret_service_leave(). Errors
 * are those of store/keyring.h and LOOM_ERR_KEYRING with
 *   ENOTSUP   it cannot be read this way: libsystemd is missing, or an answer is not a plain one
 */
#ifndef LOOM_STORE_SECRET_SERVICE_SDBUS_H
#define LOOM_STORE_SECRET_SERVICE_SDBUS_H

#include "store/secret_records.h"
#include "store/secret_service.h"

/* Read all that is filed as Loom's; where somebody asks for a server, only what is of its host. */
LOOM_CHECKED enum loom_err loom_secret_sdbus_list(struct loom_secret_service *service,
                                                  struct loom_secret_records *records,
                                                  struct loom_error *error);

/* Read what is filed for this origin: under its plain key, and where that does not hold it, under
 * the other. LOOM_ERR_NOT_FOUND: it is not there. */
LOOM_CHECKED enum loom_err loom_secret_sdbus_find(struct loom_secret_service *service,
                                                  const struct loom_origin *origin,
                                                  struct loom_credential *out_credential,
                                                  struct loom_error *error);

#endif
