/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the standard dialect's server says about itself (RFC 8414 section 2, RFC 8628 section 4).
 */
#include "server/routes.h"
#include "json/json.h"

#include <stdio.h>
#include <string.h>

enum { SCOPE_SIZE = 256 };

static const struct {
    const char *name;
    const char *path;
    enum dev_wrong left_out_by;
    enum dev_wrong replaced_by;
} endpoints[] = {
    {"device_authorization_endpoint", "/oauth/device_authorization", DEV_WRONG_NO_DEVICE, 0},
    {"token_endpoint", "/oauth/token", 0, DEV_WRONG_ENDPOINT},
    {"revocation_endpoint", "/oauth/revoke", DEV_WRONG_BARE, 0},
    {"userinfo_endpoint", "/oauth/userinfo", DEV_WRONG_BARE, 0},
};

/* Where the endpoints are, without the slashes behind. */
static void name_place(const struct dev_request *request, char out_place[static DEV_URL_MAX + 1]) {
    const struct dev_server *server = request->server;
    bool is_foreign = dev_request_wrong(request, DEV_WRONG_ENDPOINTS) != NULL;
    (void)snprintf(out_place, DEV_URL_MAX + 1, "%s",
                   is_foreign ? server->options->redirect_to : server->base_url);
    size_t len = strlen(out_place);
    while (len > 0 && out_place[len - 1] == '/')
        out_place[--len] = '\0';
}

static enum loom_err add_endpoints(struct loom_json *tree, const struct dev_request *request) {
    char place[DEV_URL_MAX + 1];
    char url[DEV_URL_MAX + sizeof "/oauth/device_authorization"];
    enum dev_wrong wrong = request->wrong == NULL ? DEV_WRONG_ANSWER : request->wrong->wrong;
    enum loom_err err = LOOM_OK;
    name_place(request, place);
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0] && err == LOOM_OK; i++) {
        if (wrong != DEV_WRONG_ANSWER && endpoints[i].left_out_by == wrong)
            continue;
        bool is_replaced = wrong != DEV_WRONG_ANSWER && endpoints[i].replaced_by == wrong;
        (void)snprintf(url, sizeof url, "%s%s", place, endpoints[i].path);
        err = loom_json_add_text(tree, endpoints[i].name, is_replaced ? request->wrong->body : url);
    }
    return err;
}

static enum loom_err add_words(struct loom_json *tree, const char *name, const char *words) {
    struct loom_json *array = NULL;
    enum loom_err err = loom_json_add_array(tree, name, &array);
    for (size_t len = 0; err == LOOM_OK && *words != '\0'; words += len) {
        char word[SCOPE_SIZE];
        words += strspn(words, " ");
        len = strcspn(words, " ");
        (void)snprintf(word, sizeof word, "%.*s", (int)len, words);
        if (len > 0)
            err = loom_json_add_text(array, NULL, word);
    }
    return err;
}

static enum loom_err add_abilities(struct loom_json *tree, const struct dev_options *options) {
    enum loom_err err = LOOM_OK;
    if (options->scopes[0] != '\0')
        err = add_words(tree, "scopes_supported", options->scopes);
    if (err == LOOM_OK)
        err = add_words(tree, "response_types_supported", "");
    if (err == LOOM_OK)
        err = add_words(tree, "grant_types_supported",
                        options->refresh == DEV_REFRESH_NONE
                            ? "urn:ietf:params:oauth:grant-type:device_code"
                            : "urn:ietf:params:oauth:grant-type:device_code refresh_token");
    if (err == LOOM_OK)
        err = add_words(tree, "token_endpoint_auth_methods_supported", "none");
    return err;
}

enum MHD_Result dev_oauth_metadata(struct dev_request *request) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    const struct dev_misbehaviour *other = dev_request_wrong(request, DEV_WRONG_ISSUER);
    enum loom_err err = loom_json_new(&tree);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "issuer",
                                 other == NULL ? request->server->base_url : other->body);
    if (err == LOOM_OK)
        err = add_endpoints(tree, request);
    if (err == LOOM_OK)
        err = add_abilities(tree, request->server->options);
    return dev_answer_json(request, err, tree);
}
