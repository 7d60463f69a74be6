/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sign-ins in progress: device codes, user codes and what became of them.
 *
 *     start   -> a new pair of codes, pending
 *     find    -> what a person who typed the user code is asked about
 *     decide  -> that person approves or denies
 *     poll    -> the program asks; an approved code completes exactly once
 *
 * Everything lives in memory; of very many codes the oldest are forgotten. Every function may be
 * called from any thread.
 */
#ifndef SERVER_CODES_H
#define SERVER_CODES_H

#include "base/error.h"
#include "server/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DEV_DEVICE_CODE_SIZE = 64 + 1, /* hex */
    DEV_USER_CODE_SIZE = sizeof "123-456-789",
    DEV_PROGRAM_MAX = 200, /* bytes of a User-Agent that are kept */
    DEV_SCOPE_MAX = 1023,  /* bytes */
};

enum dev_code_state {
    DEV_CODE_PENDING,
    DEV_CODE_APPROVED, /* for poll: completed, the token is to be issued now */
    DEV_CODE_DENIED,
    DEV_CODE_EXPIRED, /* also: used up, never issued */
    DEV_CODE_SLOW_DOWN,
};

struct dev_code {
    char device_code[DEV_DEVICE_CODE_SIZE];
    char user_code[DEV_USER_CODE_SIZE];
    char program[DEV_PROGRAM_MAX + 1]; /* untrusted: what the program calls itself */
    char scope[DEV_SCOPE_MAX + 1];     /* what a token for it will be good for; "": nothing named */
    int64_t started_ms;
};

struct dev_codes;

/* `options` must outlive it. */
LOOM_CHECKED enum loom_err dev_codes_new(const struct dev_options *options,
                                         struct dev_codes **out_codes);
void dev_codes_free(struct dev_codes *codes);

/* Issue codes to `program` (its User-Agent; NULL: it has none); of `scope` DEV_SCOPE_MAX is kept.
 */
LOOM_CHECKED enum loom_err dev_codes_start(struct dev_codes *codes, const char *program,
                                           const char *scope, struct dev_code *out_code);

/* *out_code is set when the state is DEV_CODE_APPROVED. */
enum dev_code_state dev_codes_poll(struct dev_codes *codes, const char *device_code,
                                   struct dev_code *out_code);

/*
 * Find the pending code that a person typed: only its digits count. NULL: the newest pending one.
 * LOOM_ERR_NOT_FOUND: unknown, expired or already decided.
 */
LOOM_CHECKED enum loom_err dev_codes_find(struct dev_codes *codes, const char *user_code,
                                          struct dev_code *out_code);

/* Decide on the code that dev_codes_find() would find. LOOM_ERR_NOT_FOUND as there. */
LOOM_CHECKED enum loom_err dev_codes_decide(struct dev_codes *codes, const char *user_code,
                                            bool approve);

/* Let every code expire now. */
void dev_codes_expire(struct dev_codes *codes);

size_t dev_codes_count_pending(struct dev_codes *codes);

#endif
