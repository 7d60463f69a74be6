/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stores that the contract is checked against. A new one is a row in store_kinds.c and a name
 * in CMakeLists.txt.
 */
#ifndef LOOM_TESTS_CONTRACT_STORE_KINDS_H
#define LOOM_TESTS_CONTRACT_STORE_KINDS_H

#include "house.h"

struct subject {
    const struct store_kind *kind;
    struct house *house; /* for those that need folders */
    struct loom_store *store;
    struct loom_store *planted; /* where a memory store below takes plants; borrowed */
    bool is_cleaned;            /* a store that outlives the process was emptied for this test */
};

struct store_kind {
    const char *name;
    enum loom_store_kind described; /* after a save */
    bool is_lasting;                /* what was saved outlives the handle */
    void (*open)(struct subject *subject);
    /* File credentials of unknown origin, as another client would have left them, before anything
     * else is done: {"KEY": token}, ... */
    void (*plant)(struct subject *subject, const char *const keys[], size_t count);
};

/* secret_service_kind.c */
void keyring_kind_open(struct subject *subject);
void keyring_kind_plant(struct subject *subject, const char *const keys[], size_t count);

/* NULL: there is none of this name. */
const struct store_kind *store_kind_of(const char *name);

#endif
