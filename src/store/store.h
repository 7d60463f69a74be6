/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store port: where credentials live. One implementation a file, one contract suite for all
 * (tests/contract).
 *
 *     err = store->ops->check(store, error);               // before anybody approves anything
 *     err = store->ops->save(store, &credential, error);
 *     err = store->ops->find(store, &question, &credential, error);
 *
 * What decides is the origin inside the credential; whatever key a store uses is only an index, and
 * servers whose keys collide never see each other's credential. Reading makes and changes nothing
 * (the import of another client's plaintext file and the tightening of a loose mode aside).
 *
 * Common errors: LOOM_ERR_NOT_FOUND, LOOM_ERR_STORAGE, LOOM_ERR_DAMAGED (what is there was left
 * alone), LOOM_ERR_KEYRING and LOOM_ERR_KEYRING_LOCKED (store/keyring.h), LOOM_ERR_INTERNAL.
 */
#ifndef LOOM_STORE_STORE_H
#define LOOM_STORE_STORE_H

#include "base/error.h"
#include "base/origin.h"
#include "store/credential.h"

#include <stdbool.h>

enum loom_store_kind {
    LOOM_STORE_KEYRING,
    LOOM_STORE_FILE,
    LOOM_STORE_MEMORY,
    LOOM_STORE_ENVIRONMENT, /* no store: LOOM_TOKEN or LOOM_TOKEN_FILE */
};

/* How it went with the system keyring. */
enum loom_keyring_state {
    LOOM_KEYRING_UNASKED = 0,
    LOOM_KEYRING_READY,
    LOOM_KEYRING_ABSENT,
    LOOM_KEYRING_LOCKED,    /* and nobody unlocked it */
    LOOM_KEYRING_HUNG,      /* no answer in time */
    LOOM_KEYRING_FAILING,   /* it answers with failures */
    LOOM_KEYRING_TOO_SMALL, /* for this credential */
};

enum { LOOM_STORE_KEY_MAX = LOOM_ORIGIN_MAX + 16, LOOM_STORE_PATH_MAX = 4096 + 64 };

struct loom_store_info {
    enum loom_store_kind kind;
    char name[64];                   /* of the keyring's program, or "" */
    char path[LOOM_STORE_PATH_MAX];  /* of the file, or "" */
    unsigned mode;                   /* permission bits of the file; 0 when there is none */
    bool is_locked;                  /* a keyring that is locked */
    enum loom_keyring_state keyring; /* also when the file was used instead */
    bool lacks_locks;                /* the file system has none: parallel saves may lose one */
};

struct loom_store_question {
    const struct loom_origin *origin;
    /*
     * The person named this server (option, argument, LOOM_SERVER): an imported credential of
     * unknown origin under its key may answer, and gets this origin, stored, on the way. Never set
     * for a server that git named: a hostile submodule chooses what git asks for.
     */
    bool may_adopt;
};

/* One stored server. `origin` is NULL for an import whose server nobody named yet. */
struct loom_store_entry {
    const struct loom_origin *origin;
    const char *key; /* the sanitized server key it is filed under */
};

typedef void loom_store_visit(void *context, const struct loom_store_entry *entry);

struct loom_store;

enum { LOOM_STORE_PARTS_MAX = 2 };

struct loom_store_ops {
    /* LOOM_ERR_NOT_FOUND: none. A credential handed out is the caller's to clear. */
    LOOM_CHECKED enum loom_err (*find)(struct loom_store *store,
                                       const struct loom_store_question *question,
                                       struct loom_credential *out_credential,
                                       struct loom_error *error);

    /*
     * Visit every stored server once. An empty or absent file is LOOM_OK. The vault reads no secret
     * for it; a keyring has to, because the origin stands beside the token. The visitor does not
     * ask the store.
     */
    LOOM_CHECKED enum loom_err (*list)(struct loom_store *store, loom_store_visit *visit,
                                       void *context, struct loom_error *error);

    /* Create or replace the credential of its origin (which it must have). */
    LOOM_CHECKED enum loom_err (*save)(struct loom_store *store,
                                       const struct loom_credential *credential,
                                       struct loom_error *error);

    /*
     * Remove what `question` finds. LOOM_ERR_NOT_FOUND: there was none. Others' stay as they are.
     */
    LOOM_CHECKED enum loom_err (*remove)(struct loom_store *store,
                                         const struct loom_store_question *question,
                                         struct loom_error *error);

    /*
     * Remove exactly this credential: what is filed for its origin, if that (still) holds its
     * token. LOOM_ERR_NOT_FOUND: it is not there any more; what took its place meanwhile stays.
     */
    LOOM_CHECKED enum loom_err (*remove_this)(struct loom_store *store,
                                              const struct loom_credential *credential,
                                              struct loom_error *error);

    /*
     * Put `newer` in the place of `older`, of the same origin, where that lies: what is filed for
     * the origin, if that (still) holds its token. A store over several places looks into its home
     * alone. LOOM_ERR_NOT_FOUND: it is not there any more; what took its place meanwhile stays, and
     * who signed out stays so.
     */
    LOOM_CHECKED enum loom_err (*replace_this)(struct loom_store *store,
                                               const struct loom_credential *older,
                                               const struct loom_credential *newer,
                                               struct loom_error *error);

    /* Could a credential be saved now? Leaves nothing behind but folders and the vault's key. */
    LOOM_CHECKED enum loom_err (*check)(struct loom_store *store, struct loom_error *error);

    /* What and where it is, as far as known without reading a secret. */
    void (*describe)(struct loom_store *store, struct loom_store_info *out_info);

    /*
     * The places that this store stands over, each to be asked on its own whatever the store itself
     * asks; they stay the store's. Returns how many. NULL: it is one place.
     */
    size_t (*parts)(struct loom_store *store,
                    struct loom_store *out_parts[static LOOM_STORE_PARTS_MAX]);

    /*
     * The one of its places that the last find() answered from, or where the last save went; it
     * stays the store's. NULL: it is one place.
     */
    struct loom_store *(*home)(struct loom_store *store);

    /* Was another client's plaintext file taken over just now? NULL: that does not happen here. */
    bool (*has_imported)(const struct loom_store *store);

    void (*close)(struct loom_store *store);
};

/* An implementation has this as its first member. */
struct loom_store {
    const struct loom_store_ops *ops;
};

/* The places that it stands over; one that stands over none is its own. */
size_t loom_store_parts(struct loom_store *store,
                        struct loom_store *out_parts[static LOOM_STORE_PARTS_MAX]);

/* Where the last answer came from; a store that is one place is its own home. */
struct loom_store *loom_store_home(struct loom_store *store);

/* Is this why: the place is a keyring that is not there, so that nothing can be in it? */
bool loom_store_is_absent(const struct loom_error *why);

/* Was another client's plaintext file taken over since it was opened? Looks at nothing. */
bool loom_store_has_imported(const struct loom_store *store);

/* Close and free. NULL is allowed. */
void loom_store_close(struct loom_store *store);

/* For LOOM_CLEANUP: close and set to NULL. */
void loom_store_drop(struct loom_store **store);

/*
 * The key of an origin: its URL with every character outside A-Z a-z 0-9 made "_". Not unique.
 * With `is_suffixed`, "--" and the first 10 hex digits of SHA-256(URL) follow.
 */
LOOM_CHECKED enum loom_err loom_store_key(const struct loom_origin *origin, bool is_suffixed,
                                          char out_key[static LOOM_STORE_KEY_MAX]);

#endif
