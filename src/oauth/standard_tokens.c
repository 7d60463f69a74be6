/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/standard.h"

enum loom_err loom_standard_refresh(const struct loom_remote *server,
                                    const struct loom_secret *refresh,
                                    struct loom_tokens *out_tokens, struct loom_error *error) {
    (void)server;
    (void)refresh;
    (void)out_tokens;
    return loom_error_set(error, LOOM_ERR_INTERNAL);
}

enum loom_err loom_standard_whoami(const struct loom_remote *server,
                                   const struct loom_secret *token,
                                   struct loom_account *out_account, struct loom_error *error) {
    (void)server;
    (void)token;
    (void)out_account;
    return loom_error_set(error, LOOM_ERR_INTERNAL);
}

enum loom_err loom_standard_revoke(const struct loom_remote *server,
                                   const struct loom_tokens *tokens,
                                   enum loom_revocation *out_revocation, struct loom_error *error) {
    (void)server;
    (void)tokens;
    *out_revocation = LOOM_REVOKE_FAILED;
    return loom_error_set(error, LOOM_ERR_INTERNAL);
}
