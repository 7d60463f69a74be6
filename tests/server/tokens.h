/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens that live, and who gets new ones. They are kept in memory, so ending the server ends
 * them; of very many the oldest die. Every function may be called from any thread.
 *
 * A sign-in is a grant: an access token and, in the standard dialect, a refresh token. A refresh
 * gives the grant another access token, and by --refresh another refresh token.
 */
#ifndef SERVER_TOKENS_H
#define SERVER_TOKENS_H

#include "base/error.h"
#include "server/options.h"

#include <stdbool.h>
#include <stddef.h>

enum { DEV_TOKEN_SIZE = sizeof "lt_" + 40 }; /* lt_, at_ or rt_, hex, NUL */

struct dev_pair {
    char access[DEV_TOKEN_SIZE];
    char refresh[DEV_TOKEN_SIZE]; /* "": none, or as before */
};

struct dev_token_counts {
    size_t access;
    size_t refresh;
    size_t asked; /* refreshes that came in, whatever became of them */
};

struct dev_tokens;

/* `options` must outlive it. */
LOOM_CHECKED enum loom_err dev_tokens_new(const struct dev_options *options,
                                          struct dev_tokens **out_tokens);
void dev_tokens_free(struct dev_tokens *tokens);

/* Begin a grant. */
LOOM_CHECKED enum loom_err dev_tokens_issue(struct dev_tokens *tokens, struct dev_pair *out_pair);

/* Count a refresh that came in. */
void dev_tokens_note_refresh(struct dev_tokens *tokens);

/*
 * Go on with a grant; `is_kept`: with the same refresh token this time. LOOM_ERR_REJECTED: no such
 * refresh token lives. RFC 9700 section 4.14.2: of one that was used before somebody has a copy, so
 * that its whole grant ends.
 */
LOOM_CHECKED enum loom_err dev_tokens_refresh(struct dev_tokens *tokens, const char *refresh,
                                              bool is_kept, struct dev_pair *out_pair);

/* Is it an access token that lives? */
bool dev_tokens_is_alive(struct dev_tokens *tokens, const char *token);

/* End this one token, of either kind. Returns whether it was alive. */
bool dev_tokens_revoke(struct dev_tokens *tokens, const char *token);

void dev_tokens_revoke_all(struct dev_tokens *tokens);

/* Let every access token expire now. */
void dev_tokens_expire(struct dev_tokens *tokens);

void dev_tokens_count(struct dev_tokens *tokens, struct dev_token_counts *out_counts);

#endif
