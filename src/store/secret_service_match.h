/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a question of the store means for the items of a keyring. Only for keyring_secret_service.c.
 *
 *     LOOM_CLEANUP(loom_secret_match_clear) struct loom_secret_match match = {.service = &service};
 *     err = loom_secret_match_find(&match, &question, error);
 *     if (match.best != NULL) ... match.credential ...
 *
 * Which items count, store/secret_records.h says.
 */
#ifndef LOOM_STORE_SECRET_SERVICE_MATCH_H
#define LOOM_STORE_SECRET_SERVICE_MATCH_H

#include "store/secret_records.h"
#include "store/secret_service.h"

enum { LOOM_SECRET_MATCH_KEYS = 2 };

struct loom_secret_match {
    struct loom_secret_service *service;                   /* borrowed */
    char keys[LOOM_SECRET_MATCH_KEYS][LOOM_STORE_KEY_MAX]; /* the plain one, the suffixed one */
    GList *items[LOOM_SECRET_MATCH_KEYS];                  /* owned: what is filed under each */
    SecretItem *best;                  /* borrowed from `items`: the newest, or NULL */
    SecretItem *empty;                 /* the same of one of ours whose secret is empty, or NULL */
    struct loom_credential credential; /* of `best`, with the origin that was asked for */
    bool is_adoptable;                 /* `best` had no origin */
    bool has_locked;                   /* one of `items` is locked */
};

/*
 * Ask, and choose: the newest credential of this origin under the plain key, else under the
 * suffixed one, which is not asked for needlessly; if there is none and the question may adopt, the
 * newest of no origin under the plain key. None is LOOM_OK with `best` NULL. May be asked again.
 */
LOOM_CHECKED enum loom_err loom_secret_match_find(struct loom_secret_match *match,
                                                  const struct loom_store_question *question,
                                                  struct loom_error *error);

/* As loom_secret_match_find; where nothing answers and something is locked, a person is asked to
 * unlock it first. */
LOOM_CHECKED enum loom_err
loom_secret_match_find_or_unlock(struct loom_secret_match *match,
                                 const struct loom_store_question *question,
                                 struct loom_error *error);

/* Have the person unlock what was found locked. LOOM_ERR_KEYRING_LOCKED: nobody could be asked. */
LOOM_CHECKED enum loom_err loom_secret_match_unlock(struct loom_secret_match *match,
                                                    struct loom_error *error);

/*
 * Look again, under both keys, and delete everything that answers the question; with `only`, of
 * that what holds this token. LOOM_ERR_NOT_FOUND: nothing was deleted.
 */
LOOM_CHECKED enum loom_err loom_secret_match_delete(struct loom_secret_match *match,
                                                    const struct loom_store_question *question,
                                                    const struct loom_secret *only,
                                                    struct loom_error *error);

/* Add what the item says to the records. LOOM_ERR_INTERNAL: no memory. */
LOOM_CHECKED enum loom_err loom_secret_match_note(struct loom_secret_service *service,
                                                  SecretItem *item,
                                                  struct loom_secret_records *records);

void loom_secret_match_clear(struct loom_secret_match *match);

#endif
