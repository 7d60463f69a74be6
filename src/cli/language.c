/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/language.h"

#include "base/text.h"
#include "cli/catalogue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_MAX = 8, CHARSET_MAX = 32 };

/* language[_territory][.charset][@modifier]: POSIX, Base Definitions, section 8.2 */
struct name {
    char language[CODE_MAX + 1];   /* lower case, cut: longer than any code of ours is none */
    char charset[CHARSET_MAX + 1]; /* lower-case letters and digits alone: "utf8" */
};

static struct name read_name(const char *text, size_t len) {
    struct name name = {.language = ""};
    size_t at = 0, used = 0;
    while (at < len && strchr("_.@", text[at]) == NULL && used < CODE_MAX)
        name.language[used++] = loom_ascii_lower(text[at++]);
    const char *dot = memchr(text, '.', len);
    used = 0;
    for (const char *c = dot != NULL ? dot + 1 : text + len;
         c < text + len && *c != '@' && used < CHARSET_MAX; c++)
        if (loom_ascii_is_alnum(*c))
            name.charset[used++] = loom_ascii_lower(*c);
    return name;
}

static bool is_set(const char *value) {
    return value != NULL && value[0] != '\0';
}

static const char *locale_of(const struct loom_language_wish *wish) {
    const char *const values[] = {wish->lc_all, wish->lc_messages, wish->lang};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (is_set(values[i]))
            return values[i];
    return "C";
}

static bool is_english(const char *language) {
    return strcmp(language, "en") == 0 || strcmp(language, "c") == 0;
}

/* The first of the list that is ours; false: none is. */
static bool choose_from_list(const char *list, const struct loom_catalogue **out_catalogue) {
    while (*list != '\0') {
        size_t len = strcspn(list, ":");
        struct name name = read_name(list, len);
        const struct loom_catalogue *catalogue = loom_catalogue_find(name.language);
        if (catalogue != NULL || is_english(name.language)) {
            *out_catalogue = catalogue;
            return true;
        }
        list += list[len] == ':' ? len + 1 : len;
    }
    return false;
}

const struct loom_catalogue *loom_language_choose(const struct loom_language_wish *wish) {
    const char *locale = locale_of(wish);
    const struct loom_catalogue *catalogue = NULL;
    struct name name = read_name(locale, strlen(locale));
    if (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
        return NULL;
    if (name.charset[0] != '\0' && strcmp(name.charset, "utf8") != 0)
        return NULL;
    if (is_set(wish->language) && choose_from_list(wish->language, &catalogue))
        return catalogue;
    return loom_catalogue_find(name.language);
}

const struct loom_catalogue *loom_language_current(void) {
    static bool is_known;
    static const struct loom_catalogue *current;
    if (!is_known) {
        current = loom_language_choose(&(struct loom_language_wish){
            .language = getenv("LANGUAGE"),
            .lc_all = getenv("LC_ALL"),
            .lc_messages = getenv("LC_MESSAGES"),
            .lang = getenv("LANG"),
        });
        is_known = true;
    }
    return current;
}
