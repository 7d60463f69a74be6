/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a page in the person's browser, without ever waiting for it.
 *
 *     struct loom_browser_world world;
 *     loom_browser_world_read(&world);
 *     if (loom_browser_plan(&world, has_terminal) == LOOM_BROWSER_OPENS) {
 *         struct loom_browser browser;
 *         loom_browser_open(&browser, &world, page_url);
 *         now and then: state = loom_browser_poll(&browser, now_ms);
 *     }
 *
 * LOOM_BROWSER, else BROWSER, else what the system has: a list separated by ":", each element split
 * at blanks, without quoting; %s stands for the address, which else comes last. Set but empty means
 * never. An element that cannot be started, or ends with a failure, makes way for the next; one
 * that still runs after LOOM_BROWSER_SETTLE_MS counts as opened. The address is one that
 * loom_page_parse() let pass, so it begins with http and holds no blank, quote or backslash: it is
 * one argument, and no option.
 */
#ifndef LOOM_TERMINAL_BROWSER_H
#define LOOM_TERMINAL_BROWSER_H

#include "system/spawn.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LOOM_BROWSER_SETTLE_MS = 1000,
    LOOM_BROWSER_COMMAND_MAX = 4096, /* bytes of one element of the list */
    LOOM_BROWSER_WORDS_MAX = 32,     /* words of one element */
};

/* What the environment says; NULL: not set. The strings are borrowed from it. */
struct loom_browser_world {
    const char *loom_browser; /* LOOM_BROWSER */
    const char *browser;      /* BROWSER */
    bool is_ci;               /* CI: nobody watches */
    bool is_remote;           /* SSH_CONNECTION, SSH_CLIENT or SSH_TTY */
    bool has_display;         /* a window can appear */
    const char *opener;       /* the system's own list of commands */
};

void loom_browser_world_read(struct loom_browser_world *out_world);

/* What this system opens pages with, and whether it needs DISPLAY or WAYLAND_DISPLAY to do so. */
const char *loom_browser_system_opener(bool *out_needs_display);

enum loom_browser_plan {
    LOOM_BROWSER_OPENS,
    LOOM_BROWSER_REMOTE,     /* the person sits elsewhere */
    LOOM_BROWSER_NO_DISPLAY, /* there is no screen */
    LOOM_BROWSER_NEVER,      /* the person does not want it, or nobody watches */
};

enum loom_browser_plan loom_browser_plan(const struct loom_browser_world *world, bool has_terminal);

/*
 * The program that a page would be opened with: of the first command of the list that can be
 * started. Returns false when none can. Starts nothing.
 */
bool loom_browser_find(const struct loom_browser_world *world, char out_path[static LOOM_PATH_MAX]);

enum loom_browser_state { LOOM_BROWSER_PENDING, LOOM_BROWSER_OPENED, LOOM_BROWSER_FAILED };

struct loom_browser {
    const char *commands; /* what is left of the list */
    const char *url;      /* borrowed */
    struct loom_child child;
    int64_t started_ms;
    enum loom_browser_state state;
};

/* Prepare; nothing is started before the first poll. */
void loom_browser_open(struct loom_browser *out_browser, const struct loom_browser_world *world,
                       const char *url);

/* Go on, without waiting. */
enum loom_browser_state loom_browser_poll(struct loom_browser *browser, int64_t now_ms);

/* It is over: how it went, as far as one can tell. PENDING only where nothing was started. */
enum loom_browser_state loom_browser_end(struct loom_browser *browser);

#endif
