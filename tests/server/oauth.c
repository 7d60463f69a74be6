/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of the standard dialect: RFC 8628, RFC 6749, RFC 7009, and OpenID's userinfo.
 */
#include "server/form.h"
#include "server/routes.h"
#include "json/json.h"

#include <stdio.h>
#include <string.h>

/* ---- What all of them ask ---- */

static bool find(const struct dev_request *request, const char *name,
                 char out_value[static DEV_FORM_VALUE_SIZE]) {
    return dev_form_find(loom_buffer_text(&request->body), name, out_value);
}

/* Is it a form, from the one client? If not, that has been answered: return *out_result. */
static bool is_client(struct dev_request *request, enum MHD_Result *out_result) {
    char client_id[DEV_FORM_VALUE_SIZE];
    if (!dev_request_is_type(request, "application/x-www-form-urlencoded"))
        *out_result = dev_answer_error(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "invalid_request");
    else if (!find(request, "client_id", client_id))
        *out_result = dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_request");
    else if (strcmp(client_id, request->server->options->client_id) != 0)
        *out_result = dev_answer_error(request, MHD_HTTP_UNAUTHORIZED, "invalid_client");
    else
        return true;
    return false;
}

/* ---- Device authorization (RFC 8628 section 3.1) ---- */

static bool has_word(const char *words, const char *word, size_t word_len) {
    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        if (len == word_len && memcmp(words, word, len) == 0)
            return true;
        words += len;
        words += strspn(words, " ");
    }
    return false;
}

/* RFC 6749 section 3.3: a server may grant less than what was asked for. */
static void narrow_scope(const char *asked, const char *allowed,
                         char out_scope[static DEV_SCOPE_MAX + 1]) {
    size_t scope_len = 0;
    for (size_t len = 0; *asked != '\0'; asked += len) {
        asked += strspn(asked, " ");
        len = strcspn(asked, " ");
        if (len == 0 || (allowed[0] != '\0' && !has_word(allowed, asked, len)))
            continue;
        scope_len += (size_t)snprintf(out_scope + scope_len, DEV_SCOPE_MAX + 1 - scope_len,
                                      "%s%.*s", scope_len > 0 ? " " : "", (int)len, asked);
    }
}

enum MHD_Result dev_oauth_device(struct dev_request *request) {
    enum MHD_Result result = MHD_NO;
    char asked[DEV_FORM_VALUE_SIZE] = "";
    char scope[DEV_SCOPE_MAX + 1] = "";
    _Static_assert(sizeof scope >= sizeof asked, "what is granted is no longer than asked for");
    if (!is_client(request, &result))
        return result;
    (void)find(request, "scope", asked);
    narrow_scope(asked, request->server->options->scopes, scope);
    if (asked[0] != '\0' && scope[0] == '\0')
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_scope");
    return dev_start_answer(request, scope);
}

/* ---- Tokens (RFC 6749 section 5.1) ---- */

static enum loom_err add_life(struct loom_json *tree, const struct dev_request *request) {
    int64_t life_s = request->server->options->token_life_s;
    char text[32];
    if (life_s == DEV_NEVER)
        return LOOM_OK;
    if (dev_request_wrong(request, DEV_WRONG_LIFE) == NULL)
        return loom_json_add_number(tree, "expires_in", life_s);
    (void)snprintf(text, sizeof text, "%lld", (long long)life_s);
    return loom_json_add_text(tree, "expires_in", text);
}

static enum loom_err add_tokens(struct loom_json *tree, const struct dev_request *request,
                                const struct dev_pair *pair, const char *scope) {
    const struct dev_misbehaviour *other = dev_request_wrong(request, DEV_WRONG_TOKEN_TYPE);
    const char *type = other == NULL ? "Bearer" : other->body;
    enum loom_err err = loom_json_add_text(tree, "access_token", pair->access);
    if (err == LOOM_OK && type != NULL)
        err = loom_json_add_text(tree, "token_type", type);
    if (err == LOOM_OK)
        err = add_life(tree, request);
    if (err == LOOM_OK && pair->refresh[0] != '\0')
        err = loom_json_add_text(tree, "refresh_token", pair->refresh);
    if (err == LOOM_OK && scope[0] != '\0')
        err = loom_json_add_text(tree, "scope", scope);
    return err;
}

static void note_tokens(const struct dev_request *request, const struct dev_pair *pair) {
    dev_journal_note(request->server->secrets, "token", pair->access);
    if (pair->refresh[0] != '\0')
        dev_journal_note(request->server->secrets, "refresh_token", pair->refresh);
}

/* `scope` "": as before. */
static enum MHD_Result send_tokens(struct dev_request *request, const struct dev_pair *pair,
                                   const char *scope) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    enum loom_err err = loom_json_new(&tree);
    if (err == LOOM_OK)
        err = add_tokens(tree, request, pair, scope);
    return dev_answer_json(request, err, tree);
}

/* RFC 8628 section 3.5. */
static const char *const poll_errors[] = {
    [DEV_CODE_PENDING] = "authorization_pending", [DEV_CODE_APPROVED] = NULL,
    [DEV_CODE_DENIED] = "access_denied",          [DEV_CODE_EXPIRED] = "expired_token",
    [DEV_CODE_SLOW_DOWN] = "slow_down",
};

static enum MHD_Result exchange_device_code(struct dev_request *request) {
    struct dev_server *server = request->server;
    char device_code[DEV_FORM_VALUE_SIZE];
    struct dev_pair pair;
    struct dev_code code;
    if (!find(request, "device_code", device_code))
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_request");
    enum dev_code_state state = dev_codes_poll(server->codes, device_code, &code);
    if (state != DEV_CODE_APPROVED)
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, poll_errors[state]);
    if (dev_tokens_issue(server->tokens, &pair) != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "server_error");
    note_tokens(request, &pair);
    enum MHD_Result result = send_tokens(request, &pair, code.scope);
    loom_wipe(&pair, sizeof pair);
    return result;
}

static bool wait_out(const struct dev_request *request, int64_t delay_ms) {
    return delay_ms == 0 || !dev_request_wait(request, (int)delay_ms);
}

static enum MHD_Result exchange_refresh_token(struct dev_request *request) {
    struct dev_server *server = request->server;
    char refresh[DEV_FORM_VALUE_SIZE];
    struct dev_pair pair;
    if (!find(request, "refresh_token", refresh))
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_request");
    bool is_kept = dev_request_wrong(request, DEV_WRONG_KEEP) != NULL;
    enum loom_err err = dev_tokens_refresh(server->tokens, refresh, is_kept, &pair);
    if (err == LOOM_OK)
        note_tokens(request, &pair);
    if (!wait_out(request, server->options->refresh_delay_ms))
        return MHD_NO;
    if (err != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_grant");
    enum MHD_Result result = MHD_NO;
    if (dev_request_wrong(request, DEV_WRONG_LOST) == NULL)
        result = send_tokens(request, &pair, "");
    loom_wipe(&pair, sizeof pair);
    return result;
}

static const struct grant {
    const char *type;
    const char *name; /* in the log */
    enum dev_call call;
    dev_handler *handle;
} grants[] = {
    {"urn:ietf:params:oauth:grant-type:device_code", "device_code", DEV_CALL_POLL,
     exchange_device_code},
    {"refresh_token", "refresh_token", DEV_CALL_REFRESH, exchange_refresh_token},
};

static enum MHD_Result exchange(struct dev_request *request, const struct grant *grant) {
    request->grant = grant->name;
    if (grant->call == DEV_CALL_REFRESH) {
        dev_tokens_note_refresh(request->server->tokens);
        if (!wait_out(request, request->server->options->refresh_delay_before_ms))
            return MHD_NO;
    }
    return dev_answer_call(request, grant->call, grant->handle);
}

enum MHD_Result dev_oauth_token(struct dev_request *request) {
    enum MHD_Result result = MHD_NO;
    char type[DEV_FORM_VALUE_SIZE];
    if (!is_client(request, &result))
        return result;
    if (!find(request, "grant_type", type))
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_request");
    for (size_t i = 0; i < sizeof grants / sizeof grants[0]; i++)
        if (strcmp(type, grants[i].type) == 0)
            return exchange(request, &grants[i]);
    return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "unsupported_grant_type");
}

/* ---- Revocation ---- */

/*
 * RFC 7009 section 2.2: 200, also for a token that nobody knows. Section 2.1 lets a server end the
 * rest of the grant too; this one does not, so that a test sees which tokens it was told of.
 */
enum MHD_Result dev_oauth_revoke(struct dev_request *request) {
    enum MHD_Result result = MHD_NO;
    char token[DEV_FORM_VALUE_SIZE];
    if (!is_client(request, &result))
        return result;
    if (!find(request, "token", token))
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_request");
    (void)dev_tokens_revoke(request->server->tokens, token);
    return dev_answer_text(request, MHD_HTTP_OK, "{}");
}

/* ---- Userinfo (OpenID Connect Core section 5.3) ---- */

/* RFC 6750 section 3.1: invalid_token; without credentials no error is told at all. */
static enum MHD_Result answer_unauthorized(struct dev_request *request, bool has_token) {
    const struct dev_answer answer = {
        .status = MHD_HTTP_UNAUTHORIZED,
        .body = has_token ? "{\"error\":\"invalid_token\"}" : "{}",
        .headers = {{"WWW-Authenticate", has_token
                                             ? "Bearer realm=\"Loom\", error=\"invalid_token\""
                                             : "Bearer realm=\"Loom\""}},
    };
    return dev_answer_send(request, &answer);
}

enum MHD_Result dev_oauth_userinfo(struct dev_request *request) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    const struct dev_options *options = request->server->options;
    const char *token = dev_request_credentials(request, "bearer");
    char email[LOOM_ERROR_DETAIL_MAX];
    if (token == NULL || !dev_tokens_is_alive(request->server->tokens, token))
        return answer_unauthorized(request, token != NULL);
    (void)snprintf(email, sizeof email, "%s@example.org", options->username);
    enum loom_err err = loom_json_new(&tree);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "sub", "u_0001");
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "preferred_username", options->username);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "name", options->name);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "email", email);
    return dev_answer_json(request, err, tree);
}
