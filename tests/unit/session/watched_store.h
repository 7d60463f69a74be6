/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A memory store whose calls are written into a journal, and may be made to fail.
 *
 *     struct watched_store watched;
 *     watched_store_open(&watched, &journal);
 *     watched.save_err = LOOM_ERR_STORAGE;            // every save from now on
 *     ... &watched.store ...
 *     watched_store_close(&watched);
 *
 * The journal gets "check", "find", "save TOKEN [NAME]", "replace TOKEN by TOKEN" and "remove", a
 * line each; a call that was made to fail has a "!" behind it.
 */
#ifndef LOOM_TESTS_WATCHED_STORE_H
#define LOOM_TESTS_WATCHED_STORE_H

#include "store/memory_store.h"

struct watched_store {
    struct loom_store store; /* the first member: this is what the code under test gets */
    struct loom_store *memory;
    struct loom_buffer *journal;
    enum loom_err check_err;
    enum loom_err find_err;
    enum loom_err save_err;
    enum loom_err remove_err;
    int saves_before_err;             /* so many saves work before save_err counts */
    int finds_before_err;             /* the same for find */
    int removes_in_vain;              /* so many removes say that they did, and did not */
    void (*meanwhile)(void *context); /* called by each save before it happens; NULL: nothing */
    void *meanwhile_context;
};

#define WATCHED_PATH "/where/it/is"

void watched_store_open(struct watched_store *watched, struct loom_buffer *journal);

void watched_store_close(struct watched_store *watched);

#endif
