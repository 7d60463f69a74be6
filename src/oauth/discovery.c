/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/oauth.h"

enum loom_err loom_oauth_discover(const struct loom_remote *server, const char *client_id,
                                  const char *scope, struct loom_authority *out_authority,
                                  struct loom_error *error) {
    (void)server;
    (void)client_id;
    (void)scope;
    (void)out_authority;
    return loom_error_set(error, LOOM_ERR_NOT_LOOM);
}

enum loom_err loom_oauth_endpoint_parse(const struct loom_origin *server, const char *url,
                                        struct loom_page *out_page) {
    (void)server;
    (void)url;
    (void)out_page;
    return LOOM_ERR_BAD_ANSWER;
}

bool loom_oauth_is_client_id(const char *text) {
    return text[0] != '\0';
}

bool loom_oauth_is_scope(const char *text) {
    return text != NULL;
}
