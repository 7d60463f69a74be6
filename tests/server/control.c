/* SPDX-License-Identifier: Apache-2.0 */
#include "server/routes.h"

#include "json/json.h"

#include <string.h>

enum { NAME_MAX_LEN = 256 };

/*
 * Control calls ask for no credential, so a page in a browser must not be able to make them: only
 * browsers send Origin, and they send it with every POST to another site.
 */
static bool is_from_browser(const struct dev_request *request) {
    return dev_request_header(request, "Origin") != NULL;
}

static enum MHD_Result answer_forbidden(struct dev_request *request) {
    return dev_answer_error(request, MHD_HTTP_FORBIDDEN, "forbidden");
}

static enum MHD_Result answer_done(struct dev_request *request) {
    return dev_answer_text(request, MHD_HTTP_OK, "{\"status\":\"done\"}");
}

/* The text member `name` of the body; NULL when there is no body. */
static enum loom_err read_member(struct dev_request *request, const char *name,
                                 struct loom_json **out_tree, const char **out_text) {
    *out_text = NULL;
    if (request->body.len == 0)
        return LOOM_OK;
    enum loom_err err = loom_json_parse(request->body.data, request->body.len, out_tree);
    if (err == LOOM_OK)
        err = loom_json_get_text(*out_tree, name, NAME_MAX_LEN, out_text);
    return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : err;
}

enum MHD_Result dev_control_revoke_all(struct dev_request *request) {
    if (is_from_browser(request))
        return answer_forbidden(request);
    dev_tokens_revoke_all(request->server->tokens);
    return answer_done(request);
}

enum MHD_Result dev_control_expire_tokens(struct dev_request *request) {
    if (is_from_browser(request))
        return answer_forbidden(request);
    dev_tokens_expire(request->server->tokens);
    return answer_done(request);
}

enum MHD_Result dev_control_expire_codes(struct dev_request *request) {
    if (is_from_browser(request))
        return answer_forbidden(request);
    dev_codes_expire(request->server->codes);
    return answer_done(request);
}

static enum MHD_Result decide(struct dev_request *request, bool approve) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    const char *user_code = NULL;
    if (is_from_browser(request))
        return answer_forbidden(request);
    if (read_member(request, "user_code", &tree, &user_code) != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_request");
    if (dev_codes_decide(request->server->codes, user_code, approve) != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_NOT_FOUND, "unknown_code");
    return answer_done(request);
}

enum MHD_Result dev_control_approve(struct dev_request *request) {
    return decide(request, true);
}

enum MHD_Result dev_control_deny(struct dev_request *request) {
    return decide(request, false);
}

enum MHD_Result dev_control_misbehave(struct dev_request *request) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    const char *name = NULL;
    if (is_from_browser(request))
        return answer_forbidden(request);
    if (read_member(request, "name", &tree, &name) != LOOM_OK || name == NULL)
        return dev_answer_error(request, MHD_HTTP_BAD_REQUEST, "invalid_request");
    if (dev_misbehaviours_replace(request->server->misbehaviours, name) != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_NOT_FOUND, "unknown_misbehaviour");
    return answer_done(request);
}

enum MHD_Result dev_control_state(struct dev_request *request) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    struct dev_token_counts tokens;
    dev_tokens_count(request->server->tokens, &tokens);
    const struct {
        const char *name;
        size_t count;
    } members[] = {
        {"pending", dev_codes_count_pending(request->server->codes)},
        {"tokens", tokens.access},
        {"refresh_tokens", tokens.refresh},
        {"refreshes", tokens.asked},
    };
    enum loom_err err = loom_json_new(&tree);
    for (size_t i = 0; i < sizeof members / sizeof members[0] && err == LOOM_OK; i++)
        err = loom_json_add_number(tree, members[i].name, (int64_t)members[i].count);
    return dev_answer_json(request, err, tree);
}
