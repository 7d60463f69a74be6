/* SPDX-License-Identifier: Apache-2.0 */
#include "base/locale.h"

#include <locale.h>
#include <pthread.h>
#include <stddef.h>

/* Written once, under `once`, and kept as long as the process. */
static locale_t utf8;

static void open_utf8(void) {
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

struct loom_locale loom_locale_enter_utf8(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, open_utf8);
    return (struct loom_locale){utf8 != (locale_t)0 ? (void *)uselocale(utf8) : NULL};
}

void loom_locale_leave(struct loom_locale *locale) {
    if (locale->before != NULL)
        (void)uselocale((locale_t)locale->before);
    locale->before = NULL;
}
