/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/answers.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const long statuses[] = {200, 204, 400, 401, 403, 404, 405, 429, 500, 501, 503, 299};

struct fuzz_answer fuzz_take_answer(struct fuzz_input input) {
    struct fuzz_answer given = {.call = fuzz_take_byte(&input)};
    unsigned char status = fuzz_take_byte(&input), type = fuzz_take_byte(&input);
    given.status = statuses[(unsigned char)(status - '0') % (sizeof statuses / sizeof statuses[0])];
    given.is_json = type == 'j' || type == 'J';
    given.is_token_invalid = type == 'J' || type == 'H';
    given.is_secure = fuzz_take_byte(&input) == 's';
    given.retry_after_s = (int64_t)fuzz_take_byte(&input) - '0';
    if (given.retry_after_s <= 0)
        given.retry_after_s = -1;
    given.body = input;
    return given;
}

/* ---- The port ---- */

static bool has(const struct loom_http_request *request, const char *text) {
    return request->body != NULL && fuzz_has(request->body, request->body_len, text);
}

static bool is_endpoint(const struct loom_http_request *request, const struct loom_page *page) {
    size_t len = strlen(page->origin.url);
    return page->url[0] != '\0' && loom_origin_is_equal(request->origin, &page->origin) &&
           strcmp(request->path, page->url + len) == 0;
}

/* A secret goes where it belongs and nowhere else. */
static void check_request(const struct fuzz_answer *given,
                          const struct loom_http_request *request) {
    const struct loom_authority *authority = given->authority;
    FUZZ_CHECK(strstr(request->path, FUZZ_DEVICE_CODE) == NULL);
    FUZZ_CHECK(strstr(request->path, "-of-ours") == NULL);
    FUZZ_CHECK(request->bearer == NULL || request->body == NULL);
    if (authority == NULL) {
        FUZZ_CHECK(loom_origin_is_same_host(request->origin, given->server));
        return;
    }
    FUZZ_CHECK(is_endpoint(request, &authority->device_authorization) ||
               is_endpoint(request, &authority->token) ||
               is_endpoint(request, &authority->revocation) ||
               is_endpoint(request, &authority->userinfo));
    if (request->bearer != NULL)
        FUZZ_CHECK(is_endpoint(request, &authority->userinfo));
    if (has(request, FUZZ_DEVICE_CODE))
        FUZZ_CHECK(is_endpoint(request, &authority->token));
}

enum loom_err fuzz_answer_send(void *context, const struct loom_http_request *request,
                               struct loom_http_response *out_response, struct loom_error *error) {
    const struct fuzz_answer *given = context;
    (void)error;
    check_request(given, request);
    out_response->status = given->status;
    out_response->is_json = given->is_json;
    out_response->is_token_invalid = given->is_token_invalid;
    out_response->retry_after_s = given->retry_after_s;
    return loom_buffer_add(&out_response->body, given->body.at, given->body.len);
}

bool fuzz_answer_is_success(const struct fuzz_answer *given) {
    return given->status >= 200 && given->status <= 299;
}

/* ---- Checks ---- */

/* In a JSON text, where a name may be written with escapes. */
static bool may_hold(const struct fuzz_answer *given, const char *name) {
    return fuzz_has(given->body.at, given->body.len, name) ||
           fuzz_has(given->body.at, given->body.len, "\\u");
}

void fuzz_check_error(const struct loom_error *error, const char *secret) {
    size_t len = strnlen(error->detail, sizeof error->detail);
    FUZZ_CHECK(len <= LOOM_ERROR_DETAIL_MAX && fuzz_is_utf8(error->detail, len));
    FUZZ_CHECK(secret == NULL || strstr(error->detail, secret) == NULL);
    len = strnlen(error->oauth_error, sizeof error->oauth_error);
    FUZZ_CHECK(len <= LOOM_OAUTH_ERROR_MAX && fuzz_is_within(error->oauth_error, len, ' ', '~'));
    FUZZ_CHECK(secret == NULL || strstr(error->oauth_error, secret) == NULL);
}

static void check_secret(const struct loom_secret *secret) {
    FUZZ_CHECK(secret != NULL);
    size_t len = loom_secret_len(secret);
    FUZZ_CHECK(len >= 1 && len <= LOOM_TOKEN_MAX && strlen(loom_secret_bytes(secret)) == len);
    FUZZ_CHECK(fuzz_is_within(loom_secret_bytes(secret), len, '!', '~'));
}

void fuzz_check_page(const struct loom_page *page, const struct loom_origin *server) {
    size_t len = strlen(page->url);
    FUZZ_CHECK(len > 0 && len <= LOOM_PAGE_MAX && fuzz_is_within(page->url, len, '!', '~'));
    FUZZ_CHECK(strpbrk(page->url, "\"'\\`<>") == NULL);
    FUZZ_CHECK(strncmp(page->url, page->origin.url, strlen(page->origin.url)) == 0);
    FUZZ_CHECK(page->origin.is_secure || (!server->is_secure && page->origin.is_loopback));
}

static void check_failure(enum loom_err err, const struct loom_error *error) {
    FUZZ_CHECK(err != LOOM_ERR_INTERNAL && error->code == err);
}

static void check_start(const struct loom_remote *server, const struct fuzz_answer *given) {
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_device_grant grant;
    FUZZ_MARK(grant);
    enum loom_err err = loom_oauth_start(server, &grant, &error);
    fuzz_check_error(&error, NULL);
    if (err != LOOM_OK) {
        check_failure(err, &error);
        FUZZ_CHECK(FUZZ_IS_MARKED(grant));
        return;
    }
    FUZZ_CHECK(fuzz_answer_is_success(given) && given->is_json);
    check_secret(grant.device_code);
    size_t len = strnlen(grant.user_code, sizeof grant.user_code);
    FUZZ_CHECK(loom_text_is_printable_ascii(grant.user_code, len, LOOM_USER_CODE_MAX));
    fuzz_check_page(&grant.page, server->origin);
    if (grant.has_complete) {
        fuzz_check_page(&grant.complete, server->origin);
        FUZZ_CHECK(loom_origin_is_equal(&grant.page.origin, &grant.complete.origin));
    }
    FUZZ_CHECK(grant.terms.life_s >= 0 && grant.terms.life_s <= LOOM_FLOW_LIFE_MOST_S);
    FUZZ_CHECK(grant.terms.interval_s >= LOOM_FLOW_INTERVAL_LEAST_S &&
               grant.terms.interval_s <= LOOM_FLOW_INTERVAL_MOST_S);
    loom_device_grant_clear(&grant);
}

static void check_tokens(const struct loom_tokens *tokens, const struct fuzz_answer *given) {
    FUZZ_CHECK(fuzz_answer_is_success(given) && given->is_json);
    FUZZ_CHECK(may_hold(given, "access_token"));
    check_secret(tokens->access);
    if (tokens->refresh != NULL)
        check_secret(tokens->refresh);
    if (tokens->has_life)
        FUZZ_CHECK(tokens->life_s >= 0 && tokens->life_s <= LOOM_TOKEN_LIFE_MOST_S);
    if (tokens->scope != NULL)
        FUZZ_CHECK(fuzz_is_within(tokens->scope, strlen(tokens->scope), ' ', '~') &&
                   strlen(tokens->scope) <= LOOM_SCOPE_MAX);
}

static void check_answer(const struct loom_flow_answer *answer, const struct fuzz_answer *given) {
    FUZZ_CHECK(answer->interval_s >= 0 && answer->interval_s <= LOOM_FLOW_INTERVAL_MOST_S);
    FUZZ_CHECK(answer->retry_after_s >= 0 && answer->retry_after_s <= 86400);
    FUZZ_CHECK(answer->kind != LOOM_FLOW_LOST); /* it answered */
    if (given->status >= 500 && given->status != 501)
        FUZZ_CHECK(answer->kind == LOOM_FLOW_BUSY);
    if (answer->kind == LOOM_FLOW_BUSY)
        FUZZ_CHECK(given->status == 429 || given->status >= 500);
    if (!given->is_json && answer->kind != LOOM_FLOW_BUSY)
        FUZZ_CHECK(answer->kind == LOOM_FLOW_FATAL);
}

static void check_poll(const struct loom_remote *server, const struct fuzz_answer *given) {
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *code = NULL;
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_poll poll;
    FUZZ_CHECK(loom_secret_new(FUZZ_DEVICE_CODE, strlen(FUZZ_DEVICE_CODE), &code) == LOOM_OK);
    loom_oauth_poll(server, code, &poll, &error);
    fuzz_check_error(&error, FUZZ_DEVICE_CODE);
    check_answer(&poll.answer, given);
    if (poll.answer.kind == LOOM_FLOW_FATAL)
        check_failure(poll.answer.err, &error);
    if (poll.answer.kind == LOOM_FLOW_APPROVED) {
        check_tokens(&poll.tokens, given);
        FUZZ_CHECK(may_hold(given, given->authority == NULL ? "completed" : "token_type"));
    } else {
        FUZZ_CHECK(poll.tokens.access == NULL && poll.tokens.refresh == NULL &&
                   poll.tokens.scope == NULL);
    }
    loom_tokens_clear(&poll.tokens);
}

static void check_refresh(const struct loom_remote *server, const struct loom_secret *refresh,
                          const struct fuzz_answer *given) {
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_tokens tokens;
    FUZZ_MARK(tokens);
    enum loom_err err = loom_oauth_refresh(server, refresh, &tokens, &error);
    fuzz_check_error(&error, FUZZ_REFRESH);
    if (err != LOOM_OK) {
        check_failure(err, &error);
        FUZZ_CHECK(FUZZ_IS_MARKED(tokens));
        FUZZ_CHECK(given->authority != NULL || err == LOOM_ERR_NOT_FOUND);
        FUZZ_CHECK(err != LOOM_ERR_REJECTED || may_hold(given, "invalid_grant"));
        return;
    }
    FUZZ_CHECK(given->authority != NULL);
    check_tokens(&tokens, given);
    loom_tokens_clear(&tokens);
}

static void check_whoami(const struct loom_remote *server, const struct loom_secret *access,
                         const struct fuzz_answer *given) {
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_account account;
    FUZZ_MARK(account);
    enum loom_err err = loom_oauth_whoami(server, access, &account, &error);
    fuzz_check_error(&error, FUZZ_ACCESS);
    if (err != LOOM_OK) {
        check_failure(err, &error);
        FUZZ_CHECK(FUZZ_IS_MARKED(account));
        bool is_word = given->is_json || (given->authority != NULL && given->is_token_invalid);
        FUZZ_CHECK(err != LOOM_ERR_REJECTED || (given->status == 401 && is_word));
        return;
    }
    bool is_nobodys =
        given->authority != NULL && given->status == 403 && may_hold(given, "insufficient_scope");
    FUZZ_CHECK(given->is_json && (is_nobodys || fuzz_answer_is_success(given)));
    const char *const members[] = {account.id, account.username, account.display_name,
                                   account.email};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        FUZZ_CHECK(members[i] == NULL || (strlen(members[i]) <= LOOM_ACCOUNT_FIELD_MAX &&
                                          fuzz_is_utf8(members[i], strlen(members[i]))));
    loom_account_clear(&account);
}

static void check_revoke(const struct loom_remote *server, const struct loom_tokens *tokens,
                         const struct fuzz_answer *given) {
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_revocation revocation;
    enum loom_err err = loom_oauth_revoke(server, tokens, &revocation, &error);
    fuzz_check_error(&error, FUZZ_ACCESS);
    fuzz_check_error(&error, FUZZ_REFRESH);
    bool is_dead = revocation == LOOM_REVOKED || revocation == LOOM_REVOKED_BEFORE;
    FUZZ_CHECK((err == LOOM_OK) == is_dead);
    if (err != LOOM_OK)
        check_failure(err, &error);
    if (revocation == LOOM_REVOKED)
        FUZZ_CHECK(fuzz_answer_is_success(given));
    /* A page that anybody may have sent is no word of a Loom server. */
    if (revocation == LOOM_REVOKED && given->authority == NULL)
        FUZZ_CHECK(given->is_json || given->status == 204);
    if (revocation == LOOM_REVOKED_BEFORE)
        FUZZ_CHECK(given->status == 401 && given->is_json);
}

void fuzz_check_call(const struct loom_remote *server, const struct fuzz_answer *given) {
    LOOM_CLEANUP(loom_tokens_clear) struct loom_tokens tokens = LOOM_TOKENS_INIT;
    FUZZ_CHECK(loom_secret_new(FUZZ_ACCESS, strlen(FUZZ_ACCESS), &tokens.access) == LOOM_OK);
    if (given->authority != NULL)
        FUZZ_CHECK(loom_secret_new(FUZZ_REFRESH, strlen(FUZZ_REFRESH), &tokens.refresh) == LOOM_OK);
    if (given->call == 's')
        check_start(server, given);
    else if (given->call == 'p')
        check_poll(server, given);
    else if (given->call == 'm')
        check_whoami(server, tokens.access, given);
    else if (given->call == 'r')
        check_refresh(server, given->authority != NULL ? tokens.refresh : tokens.access, given);
    else
        check_revoke(server, &tokens, given);
}
