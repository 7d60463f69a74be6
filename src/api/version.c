/* SPDX-License-Identifier: Apache-2.0 */
#include <loom/credentials.h>

const char *loom_credentials_version(void) {
    return LOOM_VERSION;
}
