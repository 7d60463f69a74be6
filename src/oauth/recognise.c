/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/recognise.h"

#include "oauth/exchange.h"

enum { UNAUTHORIZED = 401, FORBIDDEN = 403 };

static enum loom_err ask_native(const struct loom_remote *server, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    const struct loom_call call = {.method = LOOM_HTTP_GET, .path = "/auth/me"};
    enum loom_err err = loom_exchange_send(server, &call, &exchange, error);
    if (err != LOOM_OK)
        return err;
    long status = exchange.response.status;
    if (exchange.json != NULL && (status == UNAUTHORIZED || status == FORBIDDEN))
        return loom_error_set(error, LOOM_OK);
    return loom_exchange_judge(&exchange, error);
}

enum loom_err loom_oauth_recognise(const struct loom_remote *server, bool *out_is_standard,
                                   struct loom_error *error) {
    struct loom_authority authority;
    enum loom_err err = ask_native(server, error);
    bool is_standard = err == LOOM_ERR_NOT_LOOM;
    if (is_standard)
        err = loom_oauth_discover(server, NULL, NULL, &authority, error);
    if (err == LOOM_OK)
        *out_is_standard = is_standard;
    return err;
}
