/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/standard.h"

enum loom_err loom_standard_start(const struct loom_remote *server,
                                  struct loom_device_grant *out_grant, struct loom_error *error) {
    (void)server;
    (void)out_grant;
    return loom_error_set(error, LOOM_ERR_INTERNAL);
}

void loom_standard_poll(const struct loom_remote *server, const struct loom_secret *device_code,
                        struct loom_poll *out_poll, struct loom_error *error) {
    (void)server;
    (void)device_code;
    *out_poll = (struct loom_poll){.tokens = LOOM_TOKENS_INIT};
    out_poll->answer = (struct loom_flow_answer){.kind = LOOM_FLOW_FATAL,
                                                 .err = loom_error_set(error, LOOM_ERR_INTERNAL)};
}
