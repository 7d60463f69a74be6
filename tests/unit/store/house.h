/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's two folders for one test, and what a test does to the files in them.
 *
 *     cmocka_unit_test_setup_teardown(test, house_make, house_remove)
 *     struct house *house = *state;
 *
 * The folders do not exist until something makes them.
 */
#ifndef LOOM_TESTS_STORE_HOUSE_H
#define LOOM_TESTS_STORE_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

#include "base/buffer.h"
#include "store/credential.h"
#include "store/store.h"
#include "system/folder.h"

#include <stdbool.h>
#include <sys/types.h>

#define VAULT "config/credentials.json"
#define VAULT_LOCK "config/credentials.json.lock"
#define KEY "data/vault.key"
#define NEXT_KEY "data/vault.key.next"

enum { HOUSE_FILE_MAX = 16 * 1024 * 1024 };

struct house {
    char path[64];
    struct loom_paths paths;
    struct loom_store *vault; /* opened by house_make */
};

int house_make(void **state);
int house_remove(void **state);

/* path/name; valid until the fourth call after this one. */
const char *house_path(const struct house *house, const char *name);

/* Make both folders, 0700. */
void house_folders(const struct house *house);

/* Write a file of this mode, whatever the umask; its folder is made. */
void house_write(const struct house *house, const char *name, mode_t mode, const void *bytes,
                 size_t len);
void house_write_text(const struct house *house, const char *name, const char *text);

/* Append what a file holds. */
void house_read(const struct house *house, const char *name, struct loom_buffer *out);

bool house_has(const struct house *house, const char *name);
unsigned house_mode(const struct house *house, const char *name);

/* Does the file hold exactly this? */
bool house_holds(const struct house *house, const char *name, const struct loom_buffer *content);

/* Names in a folder, ".", ".." left out; 0 when there is no folder. */
int house_count(const struct house *house, const char *folder);

/* Replace the one occurrence of `from` in a file's text; fails the test when there is none. */
void house_edit(const struct house *house, const char *name, const char *from, const char *to);

/* ---- Credentials ---- */

struct loom_origin origin_of(const char *url);

/* Of source `device`, obtained at 1000. The caller clears it. */
struct loom_credential credential_of(const char *url, const char *token);

enum loom_err save_token(struct loom_store *store, const char *url, const char *token);
enum loom_err remove_origin(struct loom_store *store, const char *url, bool may_adopt);

/* What find says, and whether it hands out exactly this token. */
enum loom_err find_error(struct loom_store *store, const char *url, bool may_adopt);
bool finds_token(struct loom_store *store, const char *url, const char *token);
bool adopts_token(struct loom_store *store, const char *url, const char *token);

/* How many servers does the store list, and how many of them without an origin? */
struct listed {
    int count;
    int unknown;
    char last[LOOM_STORE_KEY_MAX]; /* key of the last one */
};
struct listed list_of(struct loom_store *store);

/* ---- Children ---- */

/* For alarm() in a child that waits to be killed: it must not outlive a test that was. */
enum { CHILD_MAX_S = 60 };

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            _exit(99);                                                                             \
        }                                                                                          \
    } while (0)

/* Wait at most 60 s; the exit status, 256 + the signal that ended it, or 999 when killed here. */
int child_wait(pid_t pid);

#endif
