/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/exchange.h"
#include "oauth/form.h"
#include "oauth/profile.h"
#include "oauth/standard.h"
#include "oauth/tokens.h"

#include <string.h>

/* What an `error` means where no flow is running; the code and its words stay. */
static enum loom_err mean(struct loom_error *error, enum loom_err err) {
    if (error != NULL)
        error->code = err;
    return err;
}

static bool is_there(const struct loom_page *endpoint) {
    return endpoint->url[0] != '\0';
}

/* ---- Refresh ---- */

static enum loom_err print_refresh(const struct loom_authority *authority,
                                   const struct loom_secret *refresh, struct loom_buffer *body) {
    enum loom_err err = loom_form_add(body, "grant_type", "refresh_token");
    if (err == LOOM_OK)
        err = loom_form_add(body, "client_id", authority->client_id);
    return err == LOOM_OK ? loom_form_add_secret(body, "refresh_token", refresh) : err;
}

/*
 * RFC 6749 section 5.2: `invalid_grant` is a refresh token that is "invalid, expired, revoked";
 * it is the only word that is believed to say so.
 */
static enum loom_err judge_refresh(const struct loom_exchange *exchange,
                                   const struct loom_secret *refresh, struct loom_error *error) {
    struct loom_flow_answer answer;
    const char *code = "";
    if (loom_exchange_is_busy(exchange) ||
        !loom_exchange_is_refusal(exchange, refresh, &answer, error))
        return loom_exchange_judge(exchange, error);
    if (loom_json_get_text(exchange->json, "error", LOOM_OAUTH_ERROR_MAX, &code) == LOOM_OK &&
        strcmp(code, "invalid_grant") == 0)
        return mean(error, LOOM_ERR_REJECTED);
    return mean(error, answer.err == LOOM_ERR_DENIED ? LOOM_ERR_DENIED : LOOM_ERR_BAD_ANSWER);
}

enum loom_err loom_standard_refresh(const struct loom_remote *server,
                                    const struct loom_secret *refresh,
                                    struct loom_tokens *out_tokens, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body = LOOM_BUFFER_INIT(LOOM_FORM_MAX);
    if (!is_there(&server->authority->token))
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    enum loom_err err = print_refresh(server->authority, refresh, &body);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    struct loom_call call = loom_form_call(&server->authority->token, &body);
    call.must_complete = true; /* the old token may be dead before the answer is here */
    err = loom_exchange_send(server, &call, &exchange, error);
    if (err == LOOM_OK)
        err = judge_refresh(&exchange, refresh, error);
    if (err != LOOM_OK)
        return err;
    err = loom_tokens_read(&exchange, out_tokens);
    return err == LOOM_OK ? err : loom_error_http(error, err, exchange.response.status);
}

/* ---- Who am I ---- */

/*
 * RFC 6750 section 3.1: with `insufficient_scope` the request "requires higher privileges than
 * provided by the access token". So that lives, and only does not say whose it is.
 */
static bool is_nobodys(const struct loom_exchange *exchange) {
    const char *code = "";
    return exchange->response.status == 403 && exchange->json != NULL &&
           loom_json_get_text(exchange->json, "error", LOOM_OAUTH_ERROR_MAX, &code) == LOOM_OK &&
           strcmp(code, "insufficient_scope") == 0;
}

/*
 * RFC 6750 section 3.1: `invalid_token` says that the token "is expired, revoked, malformed, or
 * invalid for other reasons".
 */
static enum loom_err judge_profile(const struct loom_exchange *exchange, struct loom_error *error) {
    const struct loom_http_response *response = &exchange->response;
    if (loom_exchange_is_rejected(exchange) ||
        (response->status == 401 && response->is_token_invalid))
        return loom_error_http(error, LOOM_ERR_REJECTED, response->status);
    if (response->status == 401)
        return loom_error_http(error, LOOM_ERR_BAD_ANSWER, response->status);
    return loom_exchange_judge(exchange, error);
}

/* OpenID Connect Core section 5.3. */
enum loom_err loom_standard_whoami(const struct loom_remote *server,
                                   const struct loom_secret *token,
                                   struct loom_account *out_account, struct loom_error *error) {
    static const struct loom_profile_names names = {"sub", "preferred_username", "name", "email"};
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    if (!is_there(&server->authority->userinfo)) {
        *out_account = (struct loom_account)LOOM_ACCOUNT_INIT;
        return LOOM_OK;
    }
    struct loom_call call = loom_call_of(LOOM_HTTP_GET, &server->authority->userinfo);
    call.bearer = token;
    enum loom_err err = loom_exchange_send(server, &call, &exchange, error);
    if (err == LOOM_OK && is_nobodys(&exchange)) {
        *out_account = (struct loom_account)LOOM_ACCOUNT_INIT;
        return LOOM_OK;
    }
    if (err == LOOM_OK)
        err = judge_profile(&exchange, error);
    if (err == LOOM_OK)
        loom_profile_read(exchange.json, &names, token, out_account);
    return err;
}

/* ---- Revocation ---- */

static enum loom_err print_revocation(const struct loom_authority *authority,
                                      const struct loom_secret *token, const char *hint,
                                      struct loom_buffer *body) {
    enum loom_err err = loom_form_add(body, "token_type_hint", hint);
    if (err == LOOM_OK)
        err = loom_form_add(body, "client_id", authority->client_id);
    return err == LOOM_OK ? loom_form_add_secret(body, "token", token) : err;
}

/*
 * RFC 7009 section 2.2: 200 means that the token is dead, also one that the server never knew, and
 * "the content of the response body is ignored by the client"; but for an `error`, which some send
 * with 200. Section 2.2.1: on 503 "the client must assume the token still exists". *out_revocation
 * is LOOM_REVOKE_FAILED before.
 */
static enum loom_err judge_revocation(const struct loom_exchange *exchange,
                                      const struct loom_secret *token,
                                      enum loom_revocation *out_revocation,
                                      struct loom_error *error) {
    struct loom_flow_answer answer;
    const char *code = "";
    if (!loom_exchange_is_busy(exchange) &&
        loom_exchange_is_refusal(exchange, token, &answer, error)) {
        if (loom_json_get_text(exchange->json, "error", LOOM_OAUTH_ERROR_MAX, &code) == LOOM_OK &&
            strcmp(code, "unsupported_token_type") == 0)
            *out_revocation = LOOM_REVOKE_UNSUPPORTED;
        return mean(error, answer.err == LOOM_ERR_DENIED ? LOOM_ERR_DENIED : LOOM_ERR_BAD_ANSWER);
    }
    if (loom_exchange_is_success(exchange)) {
        *out_revocation = LOOM_REVOKED;
        return LOOM_OK;
    }
    if (loom_exchange_is_unknown(exchange))
        *out_revocation = LOOM_REVOKE_UNSUPPORTED;
    return loom_exchange_judge(exchange, error);
}

/* One attempt to end one token. */
struct revocation {
    enum loom_revocation outcome;
    enum loom_err err;
    struct loom_error error;
    bool is_lost; /* no answer came */
};

static void revoke_one(const struct loom_remote *server, const struct loom_secret *token,
                       const char *hint, struct revocation *out) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body = LOOM_BUFFER_INIT(LOOM_FORM_MAX);
    *out = (struct revocation){.outcome = LOOM_REVOKE_FAILED, .error = LOOM_ERROR_INIT};
    out->err = print_revocation(server->authority, token, hint, &body);
    if (out->err != LOOM_OK) {
        (void)loom_error_set(&out->error, out->err);
        return;
    }
    out->err =
        loom_form_post(server, &server->authority->revocation, &body, &exchange, &out->error);
    out->is_lost = out->err != LOOM_OK;
    if (out->err == LOOM_OK)
        out->err = judge_revocation(&exchange, token, &out->outcome, &out->error);
}

/* Asked about one of the tokens, a server may repeat the other. */
static void hide(const struct loom_secret *token, struct loom_error *error) {
    if (token == NULL)
        return;
    if (loom_form_has_secret(error->detail, token))
        error->detail[0] = '\0';
    if (loom_form_has_secret(error->oauth_error, token))
        error->oauth_error[0] = '\0';
}

/*
 * The refresh token first: RFC 7009 section 2.1 lets a server end with it the access tokens "based
 * on the same authorization grant". Both share the time; where no answer comes, none will.
 */
enum loom_err loom_standard_revoke(const struct loom_remote *server,
                                   const struct loom_tokens *tokens,
                                   enum loom_revocation *out_revocation, struct loom_error *error) {
    const struct {
        const struct loom_secret *token;
        const char *hint;
    } both[] = {{tokens->refresh, "refresh_token"}, {tokens->access, "access_token"}};
    struct loom_remote hurried = *server;
    struct revocation worst = {.outcome = LOOM_REVOKED, .error = LOOM_ERROR_INIT}, one;
    if (!is_there(&server->authority->revocation)) {
        *out_revocation = LOOM_REVOKE_UNSUPPORTED;
        return LOOM_OK;
    }
    if (both[0].token != NULL && both[1].token != NULL)
        hurried.timeout_ms /= 2;
    for (size_t i = 0; i < sizeof both / sizeof both[0] && !worst.is_lost; i++) {
        if (both[i].token == NULL)
            continue;
        revoke_one(&hurried, both[i].token, both[i].hint, &one);
        if (one.outcome > worst.outcome)
            worst = one;
    }
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++)
        hide(both[i].token, &worst.error);
    if (error != NULL && worst.err != LOOM_OK)
        *error = worst.error;
    *out_revocation = worst.outcome;
    return worst.err;
}
