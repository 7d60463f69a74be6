/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The insides of the vault, for its files and their tests. docs/VAULT-FORMAT.md has the format.
 *
 *     vault_parse.c        text -> struct loom_vault_content (sealed form, or another client's)
 *     vault_file.c         the sealed form in memory: look up, file, print, the file's MAC
 *     vault_record.c       one record: seal and open
 *     vault_key.c          the key file
 *     vault_load.c         reading both from their folders, without a lock
 *     vault_change.c       lock, read and verify, change, replace
 *     vault_question.c     what a question matches; answering it; adopting an import
 *     vault.c              the store port over all of it
 *     vault_discard.c      moving damaged files aside
 *     legacy.c             another client's plaintext file
 */
#ifndef LOOM_STORE_VAULT_PRIV_H
#define LOOM_STORE_VAULT_PRIV_H

#include "base/buffer.h"
#include "crypto/crypto.h"
#include "store/credential.h"
#include "store/store.h"
#include "store/vault.h"
#include "system/file.h"
#include "system/folder.h"
#include "system/lock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loom_json; /* json/json.h */

#define LOOM_VAULT_NAME "credentials.json"
#define LOOM_VAULT_LOCK_NAME "credentials.json.lock"
#define LOOM_VAULT_KEY_NAME "vault.key"
/* The key of an import that has not been finished; see loom_vault_key_open. */
#define LOOM_VAULT_NEXT_KEY_NAME "vault.key.next"

enum {
    LOOM_VAULT_FILE_MAX = 4 * 1024 * 1024, /* bytes */
    LOOM_VAULT_ENTRIES_MAX = 4000,
    LOOM_VAULT_FILE_ID_SIZE = 16,
    LOOM_VAULT_KEY_ID_SIZE = 8,
    LOOM_VAULT_SALT_SIZE = 32,
    LOOM_VAULT_PAD = 256, /* a record's plaintext is a multiple of this */
    LOOM_VAULT_CT_MAX = LOOM_CREDENTIAL_JSON_MAX + LOOM_TAG_SIZE,
    LOOM_VAULT_KEY_FILE_SIZE = 48,
};

static const int64_t loom_vault_generation_max = INT64_C(1) << 53;

/* Where random bytes come from: loom_random, but for the published test vector. */
typedef enum loom_err loom_vault_random(unsigned char *out_bytes, size_t len);

LOOM_CHECKED enum loom_err loom_vault_open_with(const struct loom_paths *paths,
                                                loom_vault_random *random,
                                                struct loom_store **out_vault);

/* ---- The sealed form in memory ---- */

struct loom_vault_entry {
    char *key;    /* owned; the map key */
    char *origin; /* owned; "" while nobody named the server of an import */
    unsigned char salt[LOOM_VAULT_SALT_SIZE];
    unsigned char nonce[LOOM_NONCE_SIZE];
    struct loom_buffer ct; /* ciphertext and tag */
};

struct loom_vault_file {
    int64_t generation;
    unsigned char file_id[LOOM_VAULT_FILE_ID_SIZE];
    unsigned char key_id[LOOM_VAULT_KEY_ID_SIZE];
    unsigned char mac[LOOM_HASH_SIZE];
    struct loom_vault_entry *entries; /* owned; bytewise by map key, each once */
    size_t count;
    size_t capacity;
};

struct loom_vault_key {
    unsigned char root[LOOM_KEY_SIZE]; /* R */
    unsigned char id[LOOM_VAULT_KEY_ID_SIZE];
};

/* The entry of exactly this origin, or NULL. */
struct loom_vault_entry *loom_vault_file_find(const struct loom_vault_file *file,
                                              const char *origin);

/* The entry under this map key, or NULL. */
struct loom_vault_entry *loom_vault_file_at(const struct loom_vault_file *file, const char *key);

/*
 * Make room for an entry of this map key (which none has yet) and origin, without its record.
 * LOOM_ERR_STORAGE: as many as there may be.
 */
LOOM_CHECKED enum loom_err loom_vault_file_add(struct loom_vault_file *file, const char *key,
                                               const char *origin,
                                               struct loom_vault_entry **out_entry);

void loom_vault_file_remove(struct loom_vault_file *file, struct loom_vault_entry *entry);

/* Put entries that were read into their order. LOOM_ERR_DAMAGED: an origin occurs twice. */
LOOM_CHECKED enum loom_err loom_vault_file_order(struct loom_vault_file *file);

/* Reckon `mac`. */
LOOM_CHECKED enum loom_err loom_vault_file_sign(struct loom_vault_file *file,
                                                const struct loom_vault_key *key);

/* LOOM_ERR_NOT_FOUND: it belongs to another key. LOOM_ERR_DAMAGED: the MAC is not its own. */
LOOM_CHECKED enum loom_err loom_vault_file_verify(const struct loom_vault_file *file,
                                                  const struct loom_vault_key *key);

/* Append the JSON document. LOOM_ERR_STORAGE: larger than LOOM_VAULT_FILE_MAX. */
LOOM_CHECKED enum loom_err loom_vault_file_print(const struct loom_vault_file *file,
                                                 struct loom_buffer *out);

void loom_vault_file_clear(struct loom_vault_file *file);

/* ---- One record ---- */

/*
 * Seal `credential` into an entry whose key and origin stand, with new salt and nonce.
 * LOOM_ERR_STORAGE: larger than a record may be. LOOM_ERR_USAGE: a text that is not UTF-8.
 */
LOOM_CHECKED enum loom_err loom_vault_record_seal(const struct loom_vault_file *file,
                                                  const struct loom_vault_key *key,
                                                  const struct loom_credential *credential,
                                                  loom_vault_random *random,
                                                  struct loom_vault_entry *entry);

/* LOOM_ERR_DAMAGED: it does not open, or holds something else than its entry says. */
LOOM_CHECKED enum loom_err loom_vault_record_open(const struct loom_vault_file *file,
                                                  const struct loom_vault_key *key,
                                                  const struct loom_vault_entry *entry,
                                                  struct loom_credential *out_credential);

/* ---- The key file ---- */

/* LOOM_ERR_DAMAGED: not the content of a key file. */
LOOM_CHECKED enum loom_err loom_vault_key_parse(const char *bytes, size_t len,
                                                struct loom_vault_key *out_key);

/* Append the content of a new key file. */
LOOM_CHECKED enum loom_err loom_vault_key_make(loom_vault_random *random, struct loom_buffer *out);

/*
 * Find the key, changing nothing. LOOM_ERR_NOT_FOUND: there is none. LOOM_ERR_DAMAGED: not a key
 * file, or others may have read it; its path is the detail.
 */
LOOM_CHECKED enum loom_err loom_vault_key_find(const struct loom_folder *data,
                                               struct loom_vault_key *out_key,
                                               struct loom_error *error);

/*
 * Read or make the key that a change needs; the vault's lock is held. With `may_make` a missing key
 * is made, else it is LOOM_ERR_NOT_FOUND.
 */
LOOM_CHECKED enum loom_err loom_vault_key_open(const struct loom_folder *data, bool may_make,
                                               loom_vault_random *random,
                                               struct loom_vault_key *out_key,
                                               struct loom_error *error);

/*
 * An import replaces a plaintext file, and plaintext beside a key is damage: whatever moment a
 * failure chooses, it must find either the plaintext and no vault.key, or the vault and its key.
 * So the key of an import is made under LOOM_VAULT_NEXT_KEY_NAME first, the file is replaced, and
 * then the key gets its name. Readers and the next change accept it under both.
 */
LOOM_CHECKED enum loom_err loom_vault_key_prepare(const struct loom_folder *data,
                                                  loom_vault_random *random,
                                                  struct loom_vault_key *out_key,
                                                  struct loom_error *error);
LOOM_CHECKED enum loom_err loom_vault_key_promote(const struct loom_folder *data,
                                                  struct loom_error *error);

void loom_vault_key_wipe(struct loom_vault_key *key);

/* ---- Another client's plaintext file ---- */

struct loom_legacy_entry {
    char *key; /* owned */
    struct loom_credential credential;
};

struct loom_legacy {
    struct loom_legacy_entry *entries; /* owned */
    size_t count;
};

/* Can an import be filed under this? Another client's key: characters and length are all there is.
 */
bool loom_legacy_is_key(const char *key);

/* LOOM_ERR_DAMAGED: not that form, or an entry that cannot be read: none is dropped in silence. */
LOOM_CHECKED enum loom_err loom_legacy_parse(const struct loom_json *tree,
                                             struct loom_legacy *out_legacy);

/* Seal every entry into an empty `file`. */
LOOM_CHECKED enum loom_err loom_legacy_seal(const struct loom_legacy *legacy,
                                            const struct loom_vault_key *key,
                                            loom_vault_random *random,
                                            struct loom_vault_file *file);

void loom_legacy_clear(struct loom_legacy *legacy);

/* ---- Reading ---- */

enum loom_vault_form { LOOM_VAULT_ABSENT, LOOM_VAULT_SEALED, LOOM_VAULT_PLAINTEXT };

struct loom_vault_content {
    enum loom_vault_form form;
    size_t len;                  /* bytes of the text */
    struct loom_vault_file file; /* if sealed */
    struct loom_legacy legacy;   /* if plaintext */
};

#define LOOM_VAULT_CONTENT_INIT                                                                    \
    { .form = LOOM_VAULT_ABSENT }

/* LOOM_ERR_DAMAGED: neither form. Believes nothing yet: loom_vault_file_verify does. */
LOOM_CHECKED enum loom_err loom_vault_parse(const char *text, size_t len,
                                            struct loom_vault_content *out_content);

/* Of a text that is neither form: is it the sealed form of a version that is not known here? */
bool loom_vault_is_newer(const char *text, size_t len);

/*
 * Read credentials.json out of its folder. Absent is LOOM_OK with that form. Plaintext beside a key
 * is LOOM_ERR_DAMAGED with EEXIST.
 */
LOOM_CHECKED enum loom_err loom_vault_load(const struct loom_folder *config, const char *data_path,
                                           struct loom_vault_content *out_content,
                                           struct loom_error *error);

/* Judge the outcome of loom_vault_file_verify for the caller of the port. */
LOOM_CHECKED enum loom_err loom_vault_judge(const struct loom_folder *config, enum loom_err err,
                                            struct loom_error *error);

/* Note damage of a file; `os_error` as vault.h says. */
enum loom_err loom_vault_damaged(const struct loom_folder *folder, const char *name, int os_error,
                                 struct loom_error *error);

void loom_vault_content_clear(struct loom_vault_content *content);

/* ---- What is looked at ---- */

struct loom_vault_match {
    struct loom_vault_entry *own;       /* the entry of its very origin, or NULL */
    struct loom_vault_entry *adoptable; /* an import it may adopt, or NULL */
};

/* What is there now, read without a lock; `match` points into `content`. */
struct loom_vault_look {
    struct loom_folder config;
    struct loom_file_mark mark; /* taken before `content` was read; only of the vault's own */
    struct loom_vault_content content;
    struct loom_vault_match match;
};

#define LOOM_VAULT_LOOK_INIT                                                                       \
    { .config = LOOM_FOLDER_INIT, .mark = LOOM_FILE_MARK_INIT, .content = LOOM_VAULT_CONTENT_INIT }

/* ---- Changing ---- */

struct loom_vault {
    struct loom_store store;
    struct loom_paths paths;
    loom_vault_random *random;
    struct loom_vault_look seen; /* what list and find saw last */
    int lock_ms;                 /* longest wait for the lock */
    bool lacks_locks;
    bool has_imported;
};

/*
 *     LOOM_CLEANUP(loom_vault_change_clear) struct loom_vault_change change = ..._INIT;
 *     loom_vault_change_lock(vault, &change, error)      // folders, lock, what is there
 *     loom_vault_change_prepare(vault, &change, error)   // key, verified, plaintext sealed
 *     loom_vault_change_put(vault, &change, &credential, error)
 *     loom_vault_change_commit(vault, &change, error)
 */
struct loom_vault_change {
    struct loom_folder config;
    struct loom_folder data;
    struct loom_lock lock;
    struct loom_vault_content content;
    struct loom_vault_key key;
    bool is_import; /* plaintext becomes sealed with this change */
};

#define LOOM_VAULT_CHANGE_INIT                                                                     \
    {                                                                                              \
        .config = LOOM_FOLDER_INIT, .data = LOOM_FOLDER_INIT, .lock = LOOM_LOCK_INIT,              \
        .content = LOOM_VAULT_CONTENT_INIT                                                         \
    }

LOOM_CHECKED enum loom_err loom_vault_change_lock(struct loom_vault *vault,
                                                  struct loom_vault_change *change,
                                                  struct loom_error *error);
LOOM_CHECKED enum loom_err loom_vault_change_prepare(struct loom_vault *vault,
                                                     struct loom_vault_change *change,
                                                     struct loom_error *error);
LOOM_CHECKED enum loom_err loom_vault_change_put(struct loom_vault *vault,
                                                 struct loom_vault_change *change,
                                                 const struct loom_credential *credential,
                                                 struct loom_error *error);
LOOM_CHECKED enum loom_err loom_vault_change_commit(struct loom_vault *vault,
                                                    struct loom_vault_change *change,
                                                    struct loom_error *error);
void loom_vault_change_clear(struct loom_vault_change *change);

/* ---- Questions ---- */

LOOM_CHECKED enum loom_err loom_vault_look_open(const struct loom_vault *vault,
                                                struct loom_vault_look *look,
                                                struct loom_error *error);

/*
 * Make what the vault saw last current: it is read again unless the file is still the very same.
 * git asks which server is meant, and then for its token: that is one reading.
 */
LOOM_CHECKED enum loom_err loom_vault_look_again(struct loom_vault *vault,
                                                 struct loom_error *error);

/* Set `look->match`. */
LOOM_CHECKED enum loom_err loom_vault_look_match(struct loom_vault_look *look,
                                                 const struct loom_store_question *question);

/* The two at once, for a look of one's own. */
LOOM_CHECKED enum loom_err loom_vault_look_at(const struct loom_vault *vault,
                                              const struct loom_store_question *question,
                                              struct loom_vault_look *look,
                                              struct loom_error *error);

/* Is there an entry, or a plaintext file to take over, for the question? */
bool loom_vault_look_has_answer(const struct loom_vault_look *look,
                                const struct loom_store_question *question);
void loom_vault_look_clear(struct loom_vault_look *look);

/* Hand out `look->match.own`: read the key, verify the file, open the record. */
LOOM_CHECKED enum loom_err loom_vault_answer(const struct loom_vault *vault,
                                             const struct loom_vault_look *look,
                                             struct loom_credential *out_credential,
                                             struct loom_error *error);

/* Take over a plaintext file, and give an import that matches the origin of the question. */
LOOM_CHECKED enum loom_err loom_vault_adopt(struct loom_vault *vault,
                                            const struct loom_store_question *question,
                                            struct loom_credential *out_credential,
                                            struct loom_error *error);

LOOM_CHECKED enum loom_err loom_vault_remove_matches(struct loom_vault_file *file,
                                                     const struct loom_store_question *question,
                                                     size_t *out_removed);

#endif
