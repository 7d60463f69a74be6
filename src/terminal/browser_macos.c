/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/browser.h"

const char *loom_browser_system_opener(bool *out_needs_display) {
    *out_needs_display = false;
    return "/usr/bin/open";
}
