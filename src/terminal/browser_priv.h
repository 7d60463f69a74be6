/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One element of a list of browsers as the words of a command, for browser.c and its tests.
 *
 *     LOOM_CLEANUP(loom_browser_command_clear) struct loom_browser_command command = {.count = 0};
 *     if (loom_browser_command_parse(element, len, page_url, &command) == LOOM_OK)
 *         ... command.argv ...
 */
#ifndef LOOM_TERMINAL_BROWSER_PRIV_H
#define LOOM_TERMINAL_BROWSER_PRIV_H

#include "base/buffer.h"
#include "terminal/browser.h"

#include <stddef.h>

struct loom_browser_command {
    struct loom_buffer words[LOOM_BROWSER_WORDS_MAX];
    char *argv[LOOM_BROWSER_WORDS_MAX + 1]; /* into `words`, NULL behind the last */
    size_t count;
};

/*
 * Split `len` bytes at blanks and put `url` in. LOOM_ERR_USAGE: no word, too many of them, or too
 * long an element.
 */
LOOM_CHECKED enum loom_err loom_browser_command_parse(const char *text, size_t len, const char *url,
                                                      struct loom_browser_command *out_command);

void loom_browser_command_clear(struct loom_browser_command *command);

#endif
