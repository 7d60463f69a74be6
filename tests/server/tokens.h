/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens that live. They are kept in memory, so ending the server ends them; of very many the
 * oldest die. Every function may be called from any thread.
 */
#ifndef SERVER_TOKENS_H
#define SERVER_TOKENS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { DEV_TOKEN_SIZE = sizeof "lt_" + 40 }; /* lt_, hex, NUL */

struct dev_tokens;

LOOM_CHECKED enum loom_err dev_tokens_new(struct dev_tokens **out_tokens);
void dev_tokens_free(struct dev_tokens *tokens);

LOOM_CHECKED enum loom_err dev_tokens_issue(struct dev_tokens *tokens,
                                            char out_token[static DEV_TOKEN_SIZE]);
bool dev_tokens_is_alive(struct dev_tokens *tokens, const char *token);

/* Returns whether it was alive. */
bool dev_tokens_revoke(struct dev_tokens *tokens, const char *token);
void dev_tokens_revoke_all(struct dev_tokens *tokens);
size_t dev_tokens_count(struct dev_tokens *tokens);

#endif
