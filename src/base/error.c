/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdio.h>

enum loom_err loom_error_set(struct loom_error *error, enum loom_err code) {
    if (error != NULL)
        *error = (struct loom_error){.code = code};
    return code;
}

enum loom_err loom_error_detail(struct loom_error *error, enum loom_err code, const char *detail) {
    if (error != NULL) {
        /* Built aside: detail may point into *error. */
        struct loom_error fresh = {.code = code};
        (void)snprintf(fresh.detail, sizeof fresh.detail, "%s", detail != NULL ? detail : "");
        *error = fresh;
    }
    return code;
}

enum loom_err loom_error_os(struct loom_error *error, enum loom_err code, int os_error,
                            const char *path) {
    (void)loom_error_detail(error, code, path);
    if (error != NULL)
        error->os_error = os_error;
    return code;
}

enum loom_err loom_error_http(struct loom_error *error, enum loom_err code, long http_status) {
    (void)loom_error_set(error, code);
    if (error != NULL)
        error->http_status = http_status;
    return code;
}
