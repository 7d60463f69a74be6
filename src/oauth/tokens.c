/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/tokens.h"

#include "base/text.h"

#include <string.h>

enum { TYPE_MAX = 32, DIGITS_MAX = 19 };

/*
 * RFC 6749 section 7.1: "The client MUST NOT use an access token if it does not understand the
 * token type." Section 5.1: its value is case insensitive.
 */
static bool is_bearer(const struct loom_json *answer, bool is_required) {
    const char *type;
    enum loom_err err = loom_json_get_text(answer, "token_type", TYPE_MAX, &type);
    if (err == LOOM_ERR_NOT_FOUND)
        return !is_required;
    return err == LOOM_OK && loom_ascii_is_equal_nocase(type, "bearer");
}

enum loom_err loom_tokens_read_access(const struct loom_json *answer, bool is_type_required,
                                      struct loom_secret **out_access) {
    const char *token;
    enum loom_err err = loom_json_get_text(answer, "access_token", LOOM_TOKEN_MAX, &token);
    if (err != LOOM_OK || !is_bearer(answer, is_type_required))
        return LOOM_ERR_BAD_ANSWER;
    return loom_secret_new(token, strlen(token), out_access);
}

/* An empty one is none: some servers fill in every member. */
static enum loom_err read_refresh(const struct loom_json *answer, struct loom_secret **out) {
    const char *token;
    enum loom_err err = loom_json_get_text(answer, "refresh_token", LOOM_TOKEN_MAX, &token);
    if (err == LOOM_ERR_NOT_FOUND || (err == LOOM_OK && token[0] == '\0'))
        return LOOM_OK;
    return err == LOOM_OK ? loom_secret_new(token, strlen(token), out) : err;
}

/* RFC 6749 section 5.1 wants a number; digits in a string are as clear. Nothing else is. */
static void read_life(const struct loom_json *answer, struct loom_tokens *tokens) {
    const char *digits;
    uint64_t number;
    if (loom_json_get_clamped(answer, "expires_in", 0, LOOM_TOKEN_LIFE_MOST_S, &tokens->life_s) ==
        LOOM_OK) {
        tokens->has_life = true;
    } else if (loom_json_get_text(answer, "expires_in", DIGITS_MAX, &digits) == LOOM_OK &&
               loom_text_parse_number(digits, strlen(digits), INT64_MAX, &number)) {
        tokens->has_life = true;
        tokens->life_s = number < LOOM_TOKEN_LIFE_MOST_S ? (int64_t)number : LOOM_TOKEN_LIFE_MOST_S;
    }
}

static enum loom_err read_scope(const struct loom_json *answer, char **out_scope) {
    const char *scope;
    if (loom_json_get_text(answer, "scope", LOOM_SCOPE_MAX, &scope) != LOOM_OK ||
        !loom_text_is_printable_ascii(scope, strlen(scope), LOOM_SCOPE_MAX))
        return LOOM_OK;
    char *copy = strdup(scope);
    if (copy == NULL)
        return LOOM_ERR_INTERNAL;
    *out_scope = copy;
    return LOOM_OK;
}

enum loom_err loom_tokens_read(const struct loom_exchange *exchange,
                               struct loom_tokens *out_tokens) {
    LOOM_CLEANUP(loom_tokens_clear) struct loom_tokens tokens = LOOM_TOKENS_INIT;
    enum loom_err err = loom_tokens_read_access(exchange->json, true, &tokens.access);
    if (err == LOOM_OK)
        err = read_refresh(exchange->json, &tokens.refresh);
    if (err == LOOM_OK)
        err = read_scope(exchange->json, &tokens.scope);
    if (err != LOOM_OK)
        return err;
    read_life(exchange->json, &tokens);
    tokens.date_s = exchange->response.date_s;
    *out_tokens = tokens;
    tokens = (struct loom_tokens)LOOM_TOKENS_INIT;
    return LOOM_OK;
}
