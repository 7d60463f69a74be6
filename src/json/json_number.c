/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers pass beside cJSON: it reads them as the process's locale writes them, and asks for that
 * in a way that no two threads may at once (localeconv). The scan has seen that they are numbers as
 * RFC 8259 has them; cJSON finds null in their places, and afterwards they are put there.
 */
#include "json/json_priv.h"

#include "base/text.h"
#include "json/cjson_library.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- In the text, which the scan has let pass: no step leads beyond its last } ---- */

static const char *pass_string(const char *at) {
    for (at++; *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at + 1;
}

static bool begins_number(char c) {
    return c == '-' || loom_ascii_is_digit(c);
}

/* Where the next number or null begins, or `end`. Neither true nor false has an n. */
static const char *find(const char *at, const char *end) {
    while (at < end && *at != 'n' && !begins_number(*at))
        at = *at == '"' ? pass_string(at) : at + 1;
    return at;
}

static const char *pass_found(const char *at) {
    if (*at == 'n')
        return at + strlen("null");
    while (loom_ascii_is_digit(*at) || (*at != '\0' && strchr("+-.eE", *at) != NULL))
        at++;
    return at;
}

enum loom_err loom_json_hide_numbers(const char *text, size_t len, struct loom_buffer *out) {
    const char *end = text + len;
    enum loom_err err = LOOM_OK;
    while (text < end && err == LOOM_OK) {
        const char *found = find(text, end);
        err = loom_buffer_add(out, text, (size_t)(found - text));
        if (err == LOOM_OK && found < end)
            err = loom_buffer_add_text(out, "null");
        text = found < end ? pass_found(found) : end;
    }
    return err;
}

/* ---- In the tree ---- */

struct numbers {
    const char *at;
    const char *end;
    locale_t locale;
};

/* The process's, opened once. 0: no memory. */
static locale_t c_locale;

static void open_locale(void) {
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static double read_number(const char *at, size_t len, locale_t locale) {
    char text[LOOM_JSON_NUMBER_MAX + 1];
    memcpy(text, at, len);
    text[len] = '\0';
    return strtod_l(text, NULL, locale);
}

/* The next null of the tree, which is a number in the text or null there, too. */
static void put_next(cJSON *item, struct numbers *numbers) {
    const char *found = find(numbers->at, numbers->end);
    numbers->at = pass_found(found);
    if (*found == 'n')
        return;
    item->type = cJSON_Number;
    item->valuedouble = read_number(found, (size_t)(numbers->at - found), numbers->locale);
}

/* Recurses LOOM_JSON_DEPTH_MAX levels at most: the scan has counted them. */
static void put_all(cJSON *item, struct numbers *numbers) {
    if (loom_cjson_is(item, cJSON_NULL))
        put_next(item, numbers);
    for (cJSON *child = item->child; child != NULL; child = child->next)
        put_all(child, numbers);
}

enum loom_err loom_json_put_numbers(struct loom_json *tree, const char *text, size_t len) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, open_locale);
    if (c_locale == (locale_t)0)
        return LOOM_ERR_INTERNAL;
    struct numbers numbers = {text, text + len, c_locale};
    put_all((cJSON *)tree, &numbers);
    return LOOM_OK;
}
