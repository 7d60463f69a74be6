/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a token belongs to, as an answer says it. Only for the room.
 */
#ifndef LOOM_OAUTH_PROFILE_H
#define LOOM_OAUTH_PROFILE_H

#include "base/account.h"

struct loom_json;
struct loom_secret;

/* The names of the members; each may be absent. */
struct loom_profile_names {
    const char *id;
    const char *username;
    const char *display_name;
    const char *email;
};

/*
 * Copy what is there: a member of another kind is unknown, since a name is a courtesy, and so is
 * one that repeats the token, since a name is shown.
 */
void loom_profile_read(const struct loom_json *answer, const struct loom_profile_names *names,
                       const struct loom_secret *token, struct loom_account *out_account);

#endif
