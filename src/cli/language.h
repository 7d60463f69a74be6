/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which language a person reads, from LANGUAGE, LC_ALL, LC_MESSAGES and LANG, whether or not the
 * machine has such a locale.
 *
 * The locale is the first of LC_ALL, LC_MESSAGES, LANG that is set and not empty. "C" and "POSIX"
 * mean English, and so does a charset other than UTF-8, because all output is UTF-8; a name without
 * a charset counts as UTF-8. LANGUAGE, a list, beats the locale's own language (GNU gettext manual,
 * "The LANGUAGE variable"), except where the locale is "C" or "POSIX".
 */
#ifndef LOOM_CLI_LANGUAGE_H
#define LOOM_CLI_LANGUAGE_H

struct loom_catalogue; /* cli/catalogue.h */

struct loom_language_wish {
    const char *language; /* LANGUAGE; NULL: not set; so are all */
    const char *lc_all;
    const char *lc_messages;
    const char *lang;
};

/* The catalogue to use; NULL: English. */
const struct loom_catalogue *loom_language_choose(const struct loom_language_wish *wish);

/* The same from the environment, found out once and kept. */
const struct loom_catalogue *loom_language_current(void);

#endif
