/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/browser.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* Windows Subsystem for Linux: its kernel says whose it is. */
static bool is_wsl(void) {
    struct utsname kernel;
    if (getenv("WSL_DISTRO_NAME") != NULL)
        return true;
    return uname(&kernel) == 0 && strcasestr(kernel.release, "microsoft") != NULL;
}

const char *loom_browser_system_opener(bool *out_needs_display) {
    *out_needs_display = !is_wsl();
    /* rundll32 gets the address as one argument; a command interpreter would take it apart. */
    return *out_needs_display ? "xdg-open" : "wslview:rundll32.exe url.dll,FileProtocolHandler";
}
