/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A conversation with the Secret Service (freedesktop.org, "Secret Service API Draft"): opened when
 * it is needed, bounded in time, and given up for good once it has hung. Only for
 * keyring_secret_service.c and its parts.
 *
 *     err = loom_secret_service_enter(&service, true, error);      // opens, or says why not
 *     if (err == LOOM_OK)
 *         err = loom_secret_service_search(&service, key, &items, error);
 *     loom_secret_service_leave(&service);
 *
 * Errors are those of store/keyring.h.
 */
#ifndef LOOM_STORE_SECRET_SERVICE_H
#define LOOM_STORE_SECRET_SERVICE_H

#include "store/keyring.h"
#include "store/secret_service_call.h"

#include <stdbool.h>
#include <stdint.h>

struct loom_secret_service {
    struct loom_keyring_options options;
    struct loom_call_loop loop; /* loop.lib NULL: libsecret is not open */
    GDBusConnection *bus;       /* owned; NULL: not connected */
    SecretService *proxy;       /* owned; NULL: not open */
    int64_t entered_ms;         /* when this operation began, moved by what a person took */
    int64_t until_ms;           /* when it has to end */
    int64_t spent_ms;           /* by the operations before */
    bool is_stoppable;          /* this operation may be ended by a signal */
    bool is_writing;            /* the last call: its failure may quote what was written */
    bool is_unlocked;           /* where new items go, as far as known */
    bool has_asked;             /* a person was asked: once is enough */
    bool is_renewed;            /* this conversation follows on one that failed */
    int dead_errno;             /* ENOENT, ETIMEDOUT, EINPROGRESS, ECANCELED: for good; else 0 */
};

/* Begin an operation: its time starts. To be left in any case. */
LOOM_CHECKED enum loom_err loom_secret_service_begin(struct loom_secret_service *service,
                                                     bool is_stoppable, struct loom_error *error);

/* The same, and the service is opened over libsecret. */
LOOM_CHECKED enum loom_err loom_secret_service_enter(struct loom_secret_service *service,
                                                     bool is_stoppable, struct loom_error *error);

void loom_secret_service_leave(struct loom_secret_service *service);

/* Forget the connection; the next operation opens a new one. */
void loom_secret_service_drop(struct loom_secret_service *service);

/*
 * Look whether a search may be made. A locked keyring is not searched where nobody can be asked,
 * because KeePassXC asks for its password when it is: LOOM_ERR_KEYRING_LOCKED.
 */
LOOM_CHECKED enum loom_err loom_secret_service_prepare(struct loom_secret_service *service,
                                                       struct loom_error *error);

/*
 * Every item filed under `key` (NULL: every one of Loom's), secrets loaded where nothing is locked.
 * Never unlocks. A secret that should be there and is not fails (EIO), but in a renewed
 * conversation. The list and what is in it is the caller's: loom_secret_service_free_list().
 */
LOOM_CHECKED enum loom_err loom_secret_service_search(struct loom_secret_service *service,
                                                      const char *key, GList **out_items,
                                                      struct loom_error *error);

/* The server that an item's label names. False: none. */
bool loom_secret_service_read_label(struct loom_secret_service *service, SecretItem *item,
                                    struct loom_origin *out_origin);

void loom_secret_service_free_list(struct loom_secret_service *service, GList **items);

/*
 * Where new items go: the collection `default`, else `login`, else the first that is unlocked and
 * outlives the session, else the first that is locked. ENOENT: none. The caller's to unref.
 */
LOOM_CHECKED enum loom_err loom_secret_service_collection(struct loom_secret_service *service,
                                                          SecretCollection **out_collection,
                                                          struct loom_error *error);

/* Is that collection locked? None is not. */
LOOM_CHECKED enum loom_err loom_secret_service_is_locked(struct loom_secret_service *service,
                                                         bool *out_is_locked,
                                                         struct loom_error *error);

/* Unlock `objects` (items or collections), where a person may be asked; once for each store. */
LOOM_CHECKED enum loom_err loom_secret_service_unlock(struct loom_secret_service *service,
                                                      GList *objects, struct loom_error *error);

/* An item that is to be made. All borrowed. */
struct loom_secret_draft {
    const struct loom_origin *origin;
    const char *key;
    const struct loom_buffer *secret;
};

/* The three writes. A write that is not answered is EINPROGRESS. *out_item is the caller's. */
LOOM_CHECKED enum loom_err loom_secret_service_create(struct loom_secret_service *service,
                                                      SecretCollection *collection,
                                                      const struct loom_secret_draft *draft,
                                                      SecretItem **out_item,
                                                      struct loom_error *error);
LOOM_CHECKED enum loom_err loom_secret_service_change(struct loom_secret_service *service,
                                                      SecretItem *item,
                                                      const struct loom_buffer *secret,
                                                      struct loom_error *error);
LOOM_CHECKED enum loom_err loom_secret_service_delete(struct loom_secret_service *service,
                                                      SecretItem *item, struct loom_error *error);

/* ---- For the parts of it ---- */

/*
 * Wait for a call that reads, one that a person has to answer, or one that writes. LOOM_OK: it was
 * answered. Whatever comes back, the call is still to be ended.
 */
LOOM_CHECKED enum loom_err loom_secret_service_await_read(struct loom_secret_service *service,
                                                          struct loom_call *call,
                                                          struct loom_error *error);
LOOM_CHECKED enum loom_err loom_secret_service_await_person(struct loom_secret_service *service,
                                                            struct loom_call *call,
                                                            int64_t *out_took_ms,
                                                            struct loom_error *error);
LOOM_CHECKED enum loom_err loom_secret_service_await_write(struct loom_secret_service *service,
                                                           struct loom_call *call,
                                                           struct loom_error *error);

/* What GLib says went wrong, which is freed. */
LOOM_CHECKED enum loom_err loom_secret_service_fault(struct loom_secret_service *service,
                                                     GError *fault, struct loom_error *error);

/* LOOM_ERR_KEYRING with this errno; ENOENT, ETIMEDOUT, EINPROGRESS and ECANCELED are for good. */
enum loom_err loom_secret_service_fail(struct loom_secret_service *service, int os_error,
                                       struct loom_error *error);

#endif
