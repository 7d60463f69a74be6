/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/catalogue.h"
#include "cli/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* LANGUAGE, LC_ALL, LC_MESSAGES, LANG, and what comes of them; NULL: not set. */
struct row {
    const char *language, *lc_all, *lc_messages, *lang;
    const char *expected;
};

static void check(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct loom_catalogue *found = loom_language_choose(&(struct loom_language_wish){
            rows[i].language, rows[i].lc_all, rows[i].lc_messages, rows[i].lang});
        const char *name = found != NULL ? found->language : "en";
        if (strcmp(name, rows[i].expected) != 0)
            fail_msg("row %zu: %s instead of %s", i, name, rows[i].expected);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows)[0])

static void choose_first_variable_that_is_set_decides(void **state) {
    (void)state;
    static const struct row rows[] = {
        {NULL, NULL, NULL, NULL, "en"},
        {NULL, NULL, NULL, "es_ES.UTF-8", "es"},
        {NULL, NULL, "ar_EG.UTF-8", "es_ES.UTF-8", "ar"},
        {NULL, "es_MX.UTF-8", "ar_EG.UTF-8", "en_US.UTF-8", "es"},
        {NULL, "en_GB.UTF-8", "ar_EG.UTF-8", "es_ES.UTF-8", "en"},
        {NULL, "", "", "ar_EG.UTF-8", "ar"},
        {NULL, "", "es", "ar_EG.UTF-8", "es"},
        {NULL, "C", "ar", "ar", "en"},
        {"", "es_ES.UTF-8", NULL, NULL, "es"},
    };
    CHECK(rows);
}

static void choose_name_in_every_form_is_read(void **state) {
    (void)state;
    static const char *const names[] = {
        "es",       "es_ES",         "es_419",      "es_ES.UTF-8", "es_MX.utf8",
        "es.UTF-8", "es_ES@euro",    "es@x",        "es_ES.UTF8",  "es_ES.utf-8@x",
        "ES_ES",    "es_ES.u-t-f-8", "es_XX.UTF-8", "es_ES.UTF_8", "es_ES."};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct row row = {NULL, names[i], NULL, NULL, "es"};
        check(&row, 1);
    }
}

/* L10-06 */
static void choose_charset_that_is_not_ours_is_english(void **state) {
    (void)state;
    static const struct row rows[] = {
        {NULL, "ar_EG.ISO-8859-1", NULL, NULL, "en"},
        {NULL, "ar_EG.ISO-8859-6", NULL, NULL, "en"},
        {NULL, "ar_EG.CP1256", NULL, NULL, "en"},
        {NULL, "es_ES.ISO-8859-1", NULL, NULL, "en"},
        {NULL, "es_ES.ISO-8859-15@euro", NULL, NULL, "en"},
        {NULL, "es_ES.UTF-80", NULL, NULL, "en"},
        {NULL, "es_ES.UTF-16", NULL, NULL, "en"},
        {"es", "ar_EG.ISO-8859-6", NULL, NULL, "en"},
        {"ar", NULL, NULL, "es_ES.ISO-8859-1", "en"},
        {NULL, "es_ES.UTF-8xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL, NULL, "en"},
    };
    CHECK(rows);
}

/* A machine without locales has C.UTF-8 at least; LANGUAGE is all that such a person can set. */
static void choose_c_is_english_whatever_the_list_says(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"es", "C", NULL, NULL, "en"},       {"es", "POSIX", NULL, NULL, "en"},
        {"es", NULL, NULL, NULL, "en"},      {"es", NULL, NULL, "C", "en"},
        {NULL, "C.UTF-8", NULL, NULL, "en"}, {"es", "C.UTF-8", NULL, NULL, "es"},
        {"ar", NULL, NULL, "C.utf8", "ar"},  {"de", "C.UTF-8", NULL, NULL, "en"},
    };
    CHECK(rows);
}

static void choose_list_beats_the_locale(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"ar", "es_ES.UTF-8", NULL, NULL, "ar"},
        {"ar:es", NULL, NULL, "en_US.UTF-8", "ar"},
        {"de:fr:es", NULL, NULL, "de_DE.UTF-8", "es"},
        {"en:es", NULL, NULL, "es_ES.UTF-8", "en"},
        {"en_US", NULL, NULL, "es_ES.UTF-8", "en"},
        {"C", NULL, NULL, "es_ES.UTF-8", "en"},
        {"es_MX:es", NULL, NULL, "de_DE", "es"},
        {"de_DE.UTF-8:ar_EG.UTF-8", NULL, NULL, "de_DE", "ar"},
        {"::es::", NULL, NULL, "de_DE", "es"},
        {":", NULL, NULL, "es_ES.UTF-8", "es"},
        {"de:fr", NULL, NULL, "es_ES.UTF-8", "es"}, /* none of them: the locale's own */
        {"de", NULL, NULL, "tr_TR.UTF-8", "en"},
    };
    CHECK(rows);
}

/* L10-06 */
static void choose_odd_values_are_english(void **state) {
    (void)state;
    static const char *const names[] = {"xx_XX.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8",
                                        "spanish",     "espanol",     "e",
                                        "_ES",         ".UTF-8",      "@",
                                        "/etc/passwd", "../es",       "es-ES",
                                        "\xff\xfe",    "es\x1b[31m",  "es ",
                                        " es",         "%s%n",        "ESSSSSSSSSSSSSSSS",
                                        "__________",  "es:ar",       "C.",
                                        "arabic",      "\xd8\xb9\xd8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct row rows[] = {{NULL, names[i], NULL, NULL, "en"},
                                   {names[i], "en_US.UTF-8", NULL, NULL, "en"}};
        check(rows, strchr(names[i], ':') != NULL ? 1 : 2);
    }
}

/* L10-107 */
static void choose_long_values_are_english(void **state) {
    (void)state;
    enum { LEN = 200000 };
    static const char fillings[] = "e:._@-";
    char *name = malloc(LEN + 1);
    assert_non_null(name);
    for (size_t i = 0; i < sizeof fillings - 1; i++) {
        memset(name, fillings[i], LEN);
        name[LEN] = '\0';
        const struct row rows[] = {{NULL, name, NULL, NULL, "en"},
                                   {name, "en_US.UTF-8", NULL, NULL, "en"}};
        CHECK(rows);
    }
    free(name);
}

/* Found out once: a variable that changes later changes nothing. */
static void current_is_found_out_once(void **state) {
    (void)state;
    assert_int_equal(setenv("LC_ALL", "ar_EG.UTF-8", 1), 0);
    assert_int_equal(unsetenv("LANGUAGE"), 0);
    assert_string_equal(loom_language_current()->language, "ar");
    assert_int_equal(setenv("LC_ALL", "es_ES.UTF-8", 1), 0);
    assert_string_equal(loom_language_current()->language, "ar");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choose_first_variable_that_is_set_decides),
        cmocka_unit_test(choose_name_in_every_form_is_read),
        cmocka_unit_test(choose_charset_that_is_not_ours_is_english),
        cmocka_unit_test(choose_c_is_english_whatever_the_list_says),
        cmocka_unit_test(choose_list_beats_the_locale),
        cmocka_unit_test(choose_odd_values_are_english),
        cmocka_unit_test(choose_long_values_are_english),
        cmocka_unit_test(current_is_found_out_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
