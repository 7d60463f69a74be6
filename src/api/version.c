/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <loom/credentials.h>

static_assert(sizeof LOOM_VERSION == sizeof LOOM_CREDENTIALS_VERSION,
              "the header says which version it is");

const char *loom_credentials_version(void) {
    return LOOM_VERSION;
}
