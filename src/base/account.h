/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a token belongs to, as the server tells it (GET auth/me).
 *
 * Every member is owned, NULL when unknown, well-formed UTF-8 of at most LOOM_ACCOUNT_FIELD_MAX
 * bytes, and untrusted: shown only through loom_text_add_printable().
 */
#ifndef LOOM_BASE_ACCOUNT_H
#define LOOM_BASE_ACCOUNT_H

#include "base/error.h"

enum { LOOM_ACCOUNT_FIELD_MAX = 256 }; /* bytes */

struct loom_account {
    char *id;
    char *username;
    char *display_name;
    char *email;
};

#define LOOM_ACCOUNT_INIT                                                                          \
    { NULL, NULL, NULL, NULL }

/* Copy every member. On failure *out_account is empty. */
LOOM_CHECKED enum loom_err loom_account_copy(const struct loom_account *account,
                                             struct loom_account *out_account);

/* The name to greet with: display name, else username, else email, else id, else NULL. */
const char *loom_account_name(const struct loom_account *account);

/* Free every member and set it to NULL. */
void loom_account_clear(struct loom_account *account);

#endif
