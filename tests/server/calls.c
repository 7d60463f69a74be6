/* SPDX-License-Identifier: Apache-2.0 */
#include "server/routes.h"

#include "json/json.h"

#include <stdio.h>
#include <string.h>

enum { CODE_MAX = 256 };

/* ---- start and poll ---- */

enum MHD_Result dev_call_start(struct dev_request *request) {
    return dev_start_answer(request, "");
}

static enum MHD_Result complete_poll(struct dev_request *request) {
    struct dev_server *server = request->server;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    struct dev_pair pair;
    enum loom_err err = dev_tokens_issue(server->tokens, &pair);
    if (err != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal");
    dev_journal_note(server->secrets, "token", pair.access);
    err = loom_json_new(&tree);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "status", "completed");
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "access_token", pair.access);
    loom_wipe(&pair, sizeof pair);
    return dev_answer_json(request, err, tree);
}

static const char *const poll_bodies[] = {
    [DEV_CODE_PENDING] = "{\"status\":\"pending\"}",
    [DEV_CODE_APPROVED] = NULL,
    [DEV_CODE_DENIED] = "{\"status\":\"denied\"}",
    [DEV_CODE_EXPIRED] = "{\"status\":\"expired\"}",
    [DEV_CODE_SLOW_DOWN] = "{\"status\":\"slow_down\"}",
};

/* Parse the body as JSON. Any failure has been answered: then *out_result is to be returned. */
static bool read_body(struct dev_request *request, struct loom_json **out_tree,
                      enum MHD_Result *out_result) {
    if (!dev_request_is_type(request, "application/json")) {
        *out_result =
            dev_answer_error(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
        return false;
    }
    if (loom_json_parse(loom_buffer_text(&request->body), request->body.len, out_tree) != LOOM_OK) {
        *out_result = dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_request");
        return false;
    }
    return true;
}

enum MHD_Result dev_call_poll(struct dev_request *request) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    enum MHD_Result result = MHD_NO;
    const char *device_code = NULL;
    if (!read_body(request, &tree, &result))
        return result;
    if (loom_json_get_text(tree, "device_code", CODE_MAX, &device_code) != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_request");
    struct dev_code code;
    enum dev_code_state state = dev_codes_poll(request->server->codes, device_code, &code);
    if (state == DEV_CODE_APPROVED)
        return complete_poll(request);
    return dev_answer_text(request, MHD_HTTP_OK, poll_bodies[state]);
}

/* ---- complete: what the page would call ---- */

enum MHD_Result dev_call_complete(struct dev_request *request) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    enum MHD_Result result = MHD_NO;
    const char *user_code = NULL;
    bool approve = true;
    if (!read_body(request, &tree, &result))
        return result;
    enum loom_err err = loom_json_get_bool(tree, "approve", &approve);
    if (loom_json_get_text(tree, "user_code", CODE_MAX, &user_code) != LOOM_OK ||
        (err != LOOM_OK && err != LOOM_ERR_NOT_FOUND))
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_request");
    if (dev_codes_decide(request->server->codes, user_code, approve) != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_NOT_FOUND, "unknown_code");
    return dev_answer_text(request, MHD_HTTP_OK,
                           approve ? "{\"status\":\"approved\"}" : "{\"status\":\"denied\"}");
}

/* ---- Calls with a token ---- */

static enum MHD_Result answer_unauthorized(struct dev_request *request) {
    const struct dev_answer answer = {
        .status = MHD_HTTP_UNAUTHORIZED,
        .body = "{\"error\":\"unauthorized\"}",
        .headers = {{"WWW-Authenticate", "Bearer realm=\"Loom\""}},
    };
    return dev_answer_send(request, &answer);
}

static enum loom_err add_account(struct loom_json *tree, const struct dev_options *options) {
    char email[LOOM_ERROR_DETAIL_MAX];
    struct loom_json *roles = NULL;
    (void)snprintf(email, sizeof email, "%s@example.org", options->username);
    enum loom_err err = loom_json_add_text(tree, "id", "u_0001");
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "display_name", options->name);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "username", options->username);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "email", email);
    if (err == LOOM_OK)
        err = loom_json_add_null(tree, "avatar_url");
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "locale", "en");
    if (err == LOOM_OK)
        err = loom_json_add_array(tree, "global_roles", &roles);
    if (err == LOOM_OK)
        err = loom_json_add_text(roles, NULL, "member");
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "created_at", "2025-01-31T08:00:00Z");
    return err;
}

enum MHD_Result dev_call_me(struct dev_request *request) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    const char *token = dev_request_credentials(request, "bearer");
    if (token == NULL || !dev_tokens_is_alive(request->server->tokens, token))
        return answer_unauthorized(request);
    enum loom_err err = loom_json_new(&tree);
    if (err == LOOM_OK)
        err = add_account(tree, request->server->options);
    return dev_answer_json(request, err, tree);
}

enum MHD_Result dev_call_logout(struct dev_request *request) {
    const char *token = dev_request_credentials(request, "bearer");
    if (token == NULL || !dev_tokens_revoke(request->server->tokens, token))
        return answer_unauthorized(request);
    return dev_answer_text(request, MHD_HTTP_OK, "{\"message\":\"Signed out\"}");
}

enum MHD_Result dev_call_health(struct dev_request *request) {
    return dev_answer_text(request, MHD_HTTP_OK, "{\"status\":\"ok\"}");
}
