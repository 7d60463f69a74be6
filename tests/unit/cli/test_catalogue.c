/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* GNU gettext manual, "The Format of GNU MO Files". */
enum { HEAD = 28, ROW = 8, WORDS = 7, FILE_MAX = 512 };

/* Sorted, as msgfmt writes them; the first is the catalogue's own header. */
static const struct {
    const char *message, *translation;
} entries[] = {{"", "Language: xx\n"},       {"A", "a"},    {"Hello", "Hola"},
               {"Hello there", "Hola a ti"}, {"empty", ""}, {"z\n", "zz\n"}};

enum { ENTRIES = sizeof entries / sizeof entries[0] };

struct file {
    unsigned char bytes[FILE_MAX];
    size_t len;
};

static void put_word(struct file *file, size_t at, uint32_t word) {
    for (size_t i = 0; i < 4; i++)
        file->bytes[at + i] = (unsigned char)(word >> (8 * i));
}

static void put_string(struct file *file, size_t row, const char *text) {
    put_word(file, row, (uint32_t)strlen(text));
    put_word(file, row + 4, (uint32_t)file->len);
    memcpy(file->bytes + file->len, text, strlen(text) + 1);
    file->len += strlen(text) + 1;
}

static struct file make(void) {
    struct file file = {.len = HEAD + 2 * (size_t)ROW * ENTRIES};
    const uint32_t head[WORDS] = {0x950412de, 0, ENTRIES, HEAD, HEAD + ROW * ENTRIES, 0, 0};
    for (size_t i = 0; i < WORDS; i++)
        put_word(&file, 4 * i, head[i]);
    for (size_t i = 0; i < ENTRIES; i++) {
        put_string(&file, HEAD + ROW * i, entries[i].message);
        put_string(&file, HEAD + ROW * (ENTRIES + i), entries[i].translation);
    }
    return file;
}

/* Ask on a copy of exactly this length, so that a byte too many is seen. */
static void ask_all(const struct file *file, size_t len, bool is_intact) {
    unsigned char *bytes = malloc(len == 0 ? 1 : len);
    assert_non_null(bytes);
    memcpy(bytes, file->bytes, len);
    const struct loom_catalogue catalogue = {"xx", len == 0 ? bytes + 1 : bytes, len};
    const char *const unknown[] = {"Hell", "Hello ther", "hello", "~", "\x01", "\xff"};
    for (size_t i = 0; i < ENTRIES; i++) {
        const char *message = entries[i].message;
        const char *found = loom_catalogue_translate(&catalogue, message);
        assert_non_null(found);
        if (is_intact)
            assert_string_equal(found, i == 0 || entries[i].translation[0] == '\0'
                                           ? message
                                           : entries[i].translation);
        else if (found != message) /* then it lies within, and ends there */
            assert_true((const unsigned char *)found + strlen(found) < bytes + len);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        const char *found = loom_catalogue_translate(&catalogue, unknown[i]);
        assert_true(is_intact ? found == unknown[i] : found != NULL);
    }
    free(bytes);
}

static void translate_known_message_gives_the_translation(void **state) {
    (void)state;
    struct file file = make();
    ask_all(&file, file.len, true);
}

static void translate_without_a_catalogue_gives_the_message(void **state) {
    (void)state;
    static const char message[] = "Hello";
    assert_ptr_equal(loom_catalogue_translate(NULL, message), message);
    assert_ptr_equal(loom_catalogue_translate(&(struct loom_catalogue){"xx", NULL, 0}, message),
                     message);
}

/* The header of a catalogue is no translation of the empty message. */
static void translate_empty_message_gives_itself(void **state) {
    (void)state;
    struct file file = make();
    static const char message[] = "";
    assert_ptr_equal(
        loom_catalogue_translate(&(struct loom_catalogue){"xx", file.bytes, file.len}, message),
        message);
}

/* L10-101 */
static void translate_cut_file_stays_within(void **state) {
    (void)state;
    struct file file = make();
    for (size_t len = 0; len < file.len; len++)
        ask_all(&file, len, false);
}

static const uint32_t odd_words[] = {0,      1,          2,          HEAD,       FILE_MAX,  0xff,
                                     0xffff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};

static void translate_odd_words_stays_within(void **state) {
    (void)state;
    for (size_t at = 0; at < HEAD + 2 * (size_t)ROW * ENTRIES; at += 4) {
        for (size_t i = 0; i < sizeof odd_words / sizeof odd_words[0]; i++) {
            struct file file = make();
            put_word(&file, at, odd_words[i]);
            ask_all(&file, file.len, false);
        }
    }
}

/* L10-100: every byte as each of a few others. */
static void translate_changed_bytes_stays_within(void **state) {
    (void)state;
    static const unsigned char changes[] = {0x01, 0x80, 0xff, 0x5a};
    for (size_t at = 0; at < make().len; at++) {
        for (size_t i = 0; i < sizeof changes; i++) {
            struct file file = make();
            file.bytes[at] ^= changes[i];
            ask_all(&file, file.len, false);
        }
    }
}

static void translate_other_forms_gives_the_message(void **state) {
    (void)state;
    static const struct {
        size_t at;
        uint32_t word;
    } forms[] = {
        {0, 0xde120495},                  /* big-endian */
        {0, 0},          {4, 0x00020000}, /* a later major revision */
        {8, 0xffffffff},                  /* more messages than there is room for */
        {8, 0},                           /* none */
    };
    static const char message[] = "Hello";
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct file file = make();
        put_word(&file, forms[i].at, forms[i].word);
        const struct loom_catalogue catalogue = {"xx", file.bytes, file.len};
        assert_ptr_equal(loom_catalogue_translate(&catalogue, message), message);
    }
}

/* A later minor revision only adds (the manual), and major 1 differs in what is not read here. */
static void translate_later_revisions_are_read(void **state) {
    (void)state;
    static const uint32_t revisions[] = {1, 0xffff, 0x00010000, 0x00010001};
    for (size_t i = 0; i < sizeof revisions / sizeof revisions[0]; i++) {
        struct file file = make();
        put_word(&file, 4, revisions[i]);
        ask_all(&file, file.len, true);
    }
}

static void translate_string_without_its_end_gives_the_message(void **state) {
    (void)state;
    static const char message[] = "Hello";
    struct file file = make();
    size_t row = HEAD + ROW * (ENTRIES + 2);
    put_word(&file, row, 3); /* "Hol": no NUL behind it */
    const struct loom_catalogue catalogue = {"xx", file.bytes, file.len};
    assert_ptr_equal(loom_catalogue_translate(&catalogue, message), message);
}

/* ---- Those that were built in ---- */

static uint32_t word_of(const struct loom_catalogue *catalogue, size_t at) {
    const unsigned char *bytes = catalogue->bytes + at;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static void find_each_language_has_every_message(void **state) {
    (void)state;
    uint32_t count = word_of(loom_catalogue_find("es"), 8);
    assert_true(count > 100);
    for (const struct loom_catalogue *row = loom_catalogues; row->language != NULL; row++) {
        assert_ptr_equal(loom_catalogue_find(row->language), row);
        assert_int_equal(word_of(row, 8), count);
        for (uint32_t i = 1; i < count; i++) {
            size_t table = word_of(row, 12) + (size_t)ROW * i;
            const char *message = (const char *)row->bytes + word_of(row, table + 4);
            const char *translation = loom_catalogue_translate(row, message);
            assert_ptr_not_equal(translation, message);
            assert_string_not_equal(translation, message);
        }
    }
}

static void find_other_languages_are_none(void **state) {
    (void)state;
    static const char *const names[] = {"", "en", "de", "e", "esp", "ES", "es_ES", "ar "};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_null(loom_catalogue_find(names[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(translate_known_message_gives_the_translation),
        cmocka_unit_test(translate_without_a_catalogue_gives_the_message),
        cmocka_unit_test(translate_empty_message_gives_itself),
        cmocka_unit_test(translate_cut_file_stays_within),
        cmocka_unit_test(translate_odd_words_stays_within),
        cmocka_unit_test(translate_changed_bytes_stays_within),
        cmocka_unit_test(translate_other_forms_gives_the_message),
        cmocka_unit_test(translate_later_revisions_are_read),
        cmocka_unit_test(translate_string_without_its_end_gives_the_message),
        cmocka_unit_test(find_each_language_has_every_message),
        cmocka_unit_test(find_other_languages_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
