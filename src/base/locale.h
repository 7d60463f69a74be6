/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this program reads and writes is UTF-8, whatever the environment says. The few functions of
 * the C library and of others that ask the locale which encoding that is are called in between
 * these two, which change it for the calling thread alone: the process keeps what it has, and
 * nothing is opened until somebody needs it.
 *
 *     struct loom_locale before = loom_locale_enter_utf8();
 *     width = wcwidth(character);
 *     loom_locale_leave(&before);
 *
 * Where the system has no such locale, nothing changes.
 */
#ifndef LOOM_BASE_LOCALE_H
#define LOOM_BASE_LOCALE_H

struct loom_locale {
    void *before; /* NULL: nothing was changed */
};

struct loom_locale loom_locale_enter_utf8(void);

/* For LOOM_CLEANUP, too. */
void loom_locale_leave(struct loom_locale *locale);

#endif
