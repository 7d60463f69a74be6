/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/browser.h"

const char *loom_browser_system_opener(bool *out_needs_display) {
    *out_needs_display = !loom_spawn_is_inside_windows();
    /* rundll32 gets the address as one argument; a command interpreter would take it apart. */
    return *out_needs_display ? "xdg-open" : "wslview:rundll32.exe url.dll,FileProtocolHandler";
}
