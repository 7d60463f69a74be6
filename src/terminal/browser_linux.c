/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/browser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Windows Subsystem for Linux: its kernel says whose it is. */
static bool is_wsl(void) {
    char release[256] = "";
    if (getenv("WSL_DISTRO_NAME") != NULL)
        return true;
    FILE *file = fopen("/proc/sys/kernel/osrelease", "re");
    if (file == NULL)
        return false;
    bool is_read = fgets(release, sizeof release, file) != NULL;
    (void)fclose(file);
    return is_read &&
           (strstr(release, "microsoft") != NULL || strstr(release, "Microsoft") != NULL);
}

const char *loom_browser_system_opener(bool *out_needs_display) {
    *out_needs_display = !is_wsl();
    /* rundll32 gets the address as one argument; a command interpreter would take it apart. */
    return *out_needs_display ? "xdg-open" : "wslview:rundll32.exe url.dll,FileProtocolHandler";
}
