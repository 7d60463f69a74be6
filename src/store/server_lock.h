/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock of those who exchange what is stored for one server: lock/ and the first 16 hex digits
 * of SHA-256(origin), in the data folder.
 *
 *     LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
 *     err = loom_server_lock_take(&paths, &origin, &lock, error);
 *     ... find what is there, save what replaces it ...
 *
 * Each store keeps itself whole; this lock spans several calls and both places, so that whoever
 * replaces a credential knows which one it was. It is held for as long as stores are asked, never
 * while a person is, and while a server is only for a refresh. Where none can be had (a folder that
 * cannot be written, a file system without locks), LOOM_OK and nothing is held: it is not worth a
 * sign-in. LOOM_ERR_STORAGE with EWOULDBLOCK: somebody held it for LOOM_LOCK_DEADLINE_MS.
 * LOOM_ERR_INTERRUPTED as system/lock.h says.
 */
#ifndef LOOM_STORE_SERVER_LOCK_H
#define LOOM_STORE_SERVER_LOCK_H

#include "base/error.h"
#include "base/origin.h"
#include "system/lock.h"

struct loom_paths; /* system/folder.h */

LOOM_CHECKED enum loom_err loom_server_lock_take(const struct loom_paths *paths,
                                                 const struct loom_origin *origin,
                                                 struct loom_lock *out_lock,
                                                 struct loom_error *error);

/* The same without waiting: LOOM_ERR_STORAGE with EWOULDBLOCK, somebody holds it just now. */
LOOM_CHECKED enum loom_err loom_server_lock_try(const struct loom_paths *paths,
                                                const struct loom_origin *origin,
                                                struct loom_lock *out_lock,
                                                struct loom_error *error);

#endif
