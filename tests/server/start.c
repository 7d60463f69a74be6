/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New codes, in the words of either dialect.
 */
#include "server/routes.h"
#include "json/json.h"

#include <stdio.h>

struct start_texts {
    const char *device_code;
    const char *user_code;
    const char *page;
    const char *complete; /* NULL: none */
};

/* RFC 8628 section 3.2 calls the page a URI. */
static const char *const page_names[] = {
    [DEV_DIALECT_LOOM] = "verification_url",
    [DEV_DIALECT_OAUTH] = "verification_uri",
};

static enum loom_err add_start(struct loom_json *tree, const struct dev_options *options,
                               const struct start_texts *texts) {
    enum loom_err err = loom_json_add_text(tree, "device_code", texts->device_code);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "user_code", texts->user_code);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, page_names[options->dialect], texts->page);
    if (err == LOOM_OK && texts->complete != NULL)
        err = loom_json_add_text(tree, "verification_uri_complete", texts->complete);
    if (err == LOOM_OK)
        err = loom_json_add_number(tree, "expires_in", options->expires_in_s);
    if (err == LOOM_OK && options->interval_s != DEV_NOT_GIVEN)
        err = loom_json_add_number(tree, "interval", options->interval_s);
    return err;
}

enum MHD_Result dev_start_answer(struct dev_request *request, const char *scope) {
    struct dev_server *server = request->server;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    struct dev_code code;
    char page[DEV_URL_MAX + sizeof "/device"];
    char complete[sizeof page + sizeof "?user_code=" + DEV_USER_CODE_SIZE];
    enum loom_err err =
        dev_codes_start(server->codes, dev_request_header(request, "User-Agent"), scope, &code);
    if (err != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal");
    dev_journal_note(server->secrets, "device_code", code.device_code);
    dev_journal_note(server->secrets, "user_code", code.user_code);
    (void)snprintf(page, sizeof page, "%s/device", server->base_url);
    (void)snprintf(complete, sizeof complete, "%s?user_code=%s", page, code.user_code);
    struct start_texts texts = {code.device_code, code.user_code, page, NULL};
    if (server->options->dialect == DEV_DIALECT_OAUTH && request->wrong == NULL)
        texts.complete = complete;
    if (dev_request_wrong(request, DEV_WRONG_PAGE) != NULL)
        texts.page = request->wrong->body;
    if (dev_request_wrong(request, DEV_WRONG_CODE) != NULL)
        texts.user_code = request->wrong->body;
    err = loom_json_new(&tree);
    if (err == LOOM_OK)
        err = add_start(tree, server->options, &texts);
    return dev_answer_json(request, err, tree);
}
