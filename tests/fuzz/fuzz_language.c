/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LANGUAGE, LC_ALL, LC_MESSAGES and LANG, a line each. Whatever they say, the choice is English or
 * a catalogue of ours, and the same again.
 */
#include "cli/catalogue.h"
#include "cli/language.h"
#include "fuzz/fuzz.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { VARIABLES = 4 };

static bool is_ours(const struct loom_catalogue *catalogue) {
    for (const struct loom_catalogue *row = loom_catalogues; row->language != NULL; row++)
        if (row == catalogue)
            return true;
    return catalogue == NULL;
}

/* Does the name ask for a charset other than UTF-8? What is no letter or digit does not count. */
static bool has_other_charset(const char *locale) {
    char charset[8] = "";
    size_t used = 0;
    const char *dot = strchr(locale, '.');
    for (const char *c = dot; c != NULL && *c != '\0' && *c != '@'; c++)
        if (isalnum((unsigned char)*c) && used < sizeof charset - 1)
            charset[used++] = *c;
    return used > 0 && strcasecmp(charset, "utf8") != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    char *value[VARIABLES];
    for (size_t i = 0; i < VARIABLES; i++)
        value[i] = fuzz_string(fuzz_take_line(&input));
    struct loom_language_wish wish = {value[0], value[1], value[2], value[3]};
    const struct loom_catalogue *chosen = loom_language_choose(&wish);
    FUZZ_CHECK(is_ours(chosen) && chosen == loom_language_choose(&wish));
    const char *locale = value[1][0] != '\0' ? value[1] : value[2][0] != '\0' ? value[2] : value[3];
    if (locale[0] == '\0' || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0 ||
        has_other_charset(locale))
        FUZZ_CHECK(chosen == NULL);
    if (chosen != NULL) { /* somebody named it */
        bool is_named = false;
        for (size_t i = 0; i < VARIABLES; i++)
            is_named = is_named || strcasestr(value[i], chosen->language) != NULL;
        FUZZ_CHECK(is_named);
    }
    for (size_t i = 0; i < VARIABLES; i++)
        free(value[i]);
    return 0;
}
