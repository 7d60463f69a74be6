/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that can be clicked (OSC 8, "Hyperlinks in terminal emulators"): which terminals are
 * known to handle them, and which addresses may stand in one.
 *
 *     if (loom_link_is_known() && loom_link_is_safe(url))
 *         ... LOOM_LINK_BEGIN url LOOM_LINK_MIDDLE what is seen LOOM_LINK_END ...
 *
 * No terminal is asked, for the answer would come on standard input, where anybody else's would,
 * too: a table says what the environment gives away. A terminal that does not know the sequence
 * should pass over it, and not every one does, so a terminal that is not in the table gets none.
 */
#ifndef LOOM_TERMINAL_LINK_H
#define LOOM_TERMINAL_LINK_H

#include <stdbool.h>

#define LOOM_LINK_BEGIN "\x1b]8;;"
#define LOOM_LINK_MIDDLE "\x1b\\"
#define LOOM_LINK_END "\x1b]8;;\x1b\\"

enum { LOOM_LINK_MAX = 2048 }; /* bytes of the address: some terminals refuse more than 2083 */

/* Does the environment name a terminal that handles links, with nothing between that may not? */
bool loom_link_is_known(void);

/*
 * Is this http or https, at most LOOM_LINK_MAX bytes, and of those characters of RFC 3986 alone
 * that no terminal takes for anything else? No control byte, and no semicolon: that one separates
 * the parts of the sequence.
 */
bool loom_link_is_safe(const char *url);

#endif
