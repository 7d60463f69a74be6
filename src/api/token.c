/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_priv.h"
#include "base/sentences.h"
#include "git/git_credential.h"
#include "session/access.h"

#include <stdlib.h>
#include <string.h>

/* ---- Getting one ---- */

static enum loom_err take_stored(struct loom_api_call *call, int min_valid_s,
                                 struct loom_credentials_token *token, struct loom_error *error) {
    LOOM_CLEANUP(loom_access_clear) struct loom_access access = LOOM_ACCESS_INIT;
    /* Whoever calls may have the address from anywhere: what belongs to nobody stays so. */
    const struct loom_store_question question = {&token->server, false};
    const struct loom_access_need need = {.min_valid_s = min_valid_s,
                                          .timeout_ms = call->credentials->timeout_ms,
                                          .until_ms = call->until_ms};
    enum loom_err err = loom_access_find(&call->session, &question, &need, &access, error);
    if (err == LOOM_OK && access.trouble.code != LOOM_OK)
        err = loom_sentence_add(&access.trouble, token->server.url, &token->warning);
    if (err != LOOM_OK)
        return err;
    token->secret = access.credential.token;
    access.credential.token = NULL;
    token->expires_at = access.credential.expires_at;
    return LOOM_OK;
}

/* The environment's token wins for its server, and needs no store at all. */
static enum loom_err take(const struct loom_credentials *credentials, int min_valid_s,
                          struct loom_credentials_token *token, struct loom_error *error) {
    const struct loom_api_environment *environment = &credentials->environment;
    if (environment->has_token && loom_origin_is_equal(&environment->server, &token->server)) {
        token->is_from_environment = true;
        return loom_api_environment_token(environment, &token->secret, error);
    }
    LOOM_CLEANUP(loom_api_call_end) struct loom_api_call call;
    enum loom_err err = loom_api_call_begin(credentials, &call);
    if (err == LOOM_OK)
        err = take_stored(&call, min_valid_s, token, error);
    return err;
}

static enum loom_credentials_result refuse_range(struct loom_credentials_error **out_error) {
    struct loom_error why = LOOM_ERROR_INIT;
    (void)loom_error_detail(&why, LOOM_ERR_USAGE, loom_sentence_usage(LOOM_USAGE_MIN_VALID));
    return loom_api_fail(&why, NULL, out_error);
}

enum loom_credentials_result loom_credentials_get_token(const struct loom_credentials *credentials,
                                                        const char *server, int min_valid_s,
                                                        struct loom_credentials_token **out_token,
                                                        struct loom_credentials_error **out_error) {
    struct loom_error why = LOOM_ERROR_INIT;
    enum loom_origin_fault fault = LOOM_ORIGIN_EMPTY;
    struct loom_origin origin;
    if (min_valid_s < 0 || min_valid_s > LOOM_CREDENTIALS_MIN_VALID_MAX_S)
        return refuse_range(out_error);
    enum loom_err err = server == NULL ? LOOM_ERR_USAGE
                                       : loom_origin_parse(server, strlen(server), &origin, &fault);
    if (err != LOOM_OK)
        return loom_api_fail_address(err, fault, out_error);
    struct loom_credentials_token *token = malloc(sizeof *token);
    if (token == NULL)
        return loom_api_fail(&(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL, out_error);
    *token = (struct loom_credentials_token){.server = origin,
                                             .warning = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX)};
    err = take(credentials, min_valid_s, token, &why);
    if (err != LOOM_OK) {
        loom_credentials_token_free(token);
        why.code = err;
        return loom_api_fail(&why, origin.url, out_error);
    }
    *out_token = token;
    return LOOM_CREDENTIALS_OK;
}

/* ---- What it is ---- */

const char *loom_credentials_token_bytes(const struct loom_credentials_token *token) {
    return loom_secret_bytes(token->secret);
}

size_t loom_credentials_token_len(const struct loom_credentials_token *token) {
    return loom_secret_len(token->secret);
}

const char *loom_credentials_token_type(const struct loom_credentials_token *token) {
    (void)token; /* there is no other yet */
    return "Bearer";
}

const char *loom_credentials_token_git_username(const struct loom_credentials_token *token) {
    (void)token;
    return LOOM_GIT_USERNAME;
}

const char *loom_credentials_token_server(const struct loom_credentials_token *token) {
    return token->server.url;
}

int64_t loom_credentials_token_expires_at(const struct loom_credentials_token *token) {
    return token->expires_at;
}

int loom_credentials_token_is_from_environment(const struct loom_credentials_token *token) {
    return token->is_from_environment ? 1 : 0;
}

const char *loom_credentials_token_warning(const struct loom_credentials_token *token) {
    return token->warning.len > 0 ? loom_buffer_text(&token->warning) : NULL;
}

void loom_credentials_token_free(struct loom_credentials_token *token) {
    if (token == NULL)
        return;
    loom_secret_drop(&token->secret);
    loom_buffer_clear(&token->warning);
    loom_free_wiped(token, sizeof *token);
}

/* ---- Refusing it ---- */

enum loom_credentials_result loom_credentials_refuse(const struct loom_credentials *credentials,
                                                     const struct loom_credentials_token *token,
                                                     struct loom_credentials_error **out_error) {
    struct loom_error why = LOOM_ERROR_INIT;
    if (token->is_from_environment)
        return LOOM_CREDENTIALS_OK;
    LOOM_CLEANUP(loom_api_call_end) struct loom_api_call call;
    const struct loom_store_question question = {&token->server, false};
    enum loom_err err = loom_api_call_begin(credentials, &call);
    if (err == LOOM_OK)
        err = loom_access_refuse(&call.session, &question, token->secret, &why);
    if (err == LOOM_OK)
        return LOOM_CREDENTIALS_OK;
    why.code = err;
    return loom_api_fail(&why, token->server.url, out_error);
}
