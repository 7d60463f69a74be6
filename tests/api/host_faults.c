/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each allocation of the library's own code fails in its turn: then the call says so, or does
 * without, and whoever counts blocks finds none left.
 */
#include "api/host.h"
#include "unit/base/heap_watch.h"

#include <stdio.h>

/* COMMAND... */
int host_faults(const char *const *argv) {
    size_t at = 1, failures = 0;
    for (;; at++) {
        struct loom_credentials *credentials = NULL;
        heap_fail_at(at);
        enum loom_credentials_result result = host_open(&credentials, true);
        if (result == LOOM_CREDENTIALS_OK)
            result = host_do(credentials, argv, true);
        bool has_failed = heap_has_failed();
        heap_fail_at(0);
        loom_credentials_close(credentials);
        if (!has_failed) {
            (void)printf("last=%s\n", loom_credentials_result_name(result));
            break;
        }
        if (result != LOOM_CREDENTIALS_OK && result != LOOM_CREDENTIALS_OTHER)
            (void)printf("blamed=%zu %s\n", at, loom_credentials_result_name(result));
        failures += result == LOOM_CREDENTIALS_OTHER;
    }
    (void)printf("allocations=%zu\nfailures=%zu\n", at - 1, failures);
    return 0;
}
