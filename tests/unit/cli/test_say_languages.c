/* SPDX-License-Identifier: Apache-2.0 */
/* test_say_languages LANGUAGE: every message that a catalogue knows, said in one language. */
#include "base/text.h"
#include "cli/catalogue.h"
#include "cli/language.h"
#include "cli/say.h"
#include "system/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_MAX = 64 * 1024, ROW = 8 };

static const char *chosen = "en";

static const struct loom_words words = {
    .server = "https://loom.example.com",
    .name = "Ada Lovelace",
    .path = "/home/ada/.config/loom/credentials.json",
    .detail = "/home/ada/ca.pem",
    .text = "certificate expired",
    .command = "login",
    .option = "--frobnicate",
    .time = "9:58",
    .date = "2026-01-31T23:59:59Z",
    .minutes = "90",
    .status = "503",
};

/* Every member of struct loom_words, so that a new one is not forgotten above. */
_Static_assert(sizeof words == 11 * sizeof(char *), "this test gives every word a value");

static uint32_t word_of(const struct loom_catalogue *catalogue, size_t at) {
    const unsigned char *bytes = catalogue->bytes + at;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

typedef void visit(const char *message);

/* The messages stand in every catalogue; English has none of its own. */
static void for_each_message(visit *each) {
    const struct loom_catalogue *catalogue = loom_catalogue_find("es");
    for (uint32_t i = 1; i < word_of(catalogue, 8); i++) {
        size_t row = word_of(catalogue, 12) + (size_t)ROW * i;
        each((const char *)catalogue->bytes + word_of(catalogue, row + 4));
    }
}

/* What the terminal gets, from a pipe. */
static struct loom_buffer show(const char *message) {
    struct loom_buffer text = LOOM_BUFFER_INIT(TEXT_MAX);
    struct loom_output output;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    loom_output_open(&output, ends[1], &(struct loom_output_style){.color = LOOM_COLOR_NEVER});
    loom_say_error(&output, message, &words);
    assert_false(output.has_failed);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(loom_stream_read(ends[0], -1, NULL, &text, NULL), LOOM_OK);
    assert_int_equal(close(ends[0]), 0);
    return text;
}

static void check_line(const char *line, size_t len) {
    if (line[0] != ' ' && loom_text_columns(line, len) > LOOM_OUTPUT_COLUMNS)
        fail_msg("wider than %d columns: %.*s", LOOM_OUTPUT_COLUMNS, (int)len, line);
    if (memchr(line, '{', len) != NULL)
        fail_msg("a name is left: %.*s", (int)len, line);
}

static void check_said(const char *message) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = show(message);
    const char *line = loom_buffer_text(&text);
    assert_true(loom_text_is_utf8(line, text.len));
    assert_memory_equal(line, "loom:", strlen("loom:"));
    while (*line != '\0') {
        size_t len = strcspn(line, "\n");
        check_line(line, len);
        line += line[len] == '\n' ? len + 1 : len;
    }
}

/* L10-09 */
static void say_every_message_fits_and_is_filled(void **state) {
    (void)state;
    for_each_message(check_said);
}

static void check_phrase(const char *message) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(TEXT_MAX);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer english = LOOM_BUFFER_INIT(TEXT_MAX);
    assert_int_equal(loom_phrase(message, &words, &text), LOOM_OK);
    assert_int_equal(loom_phrase_english(message, &words, &english), LOOM_OK);
    bool is_same = strcmp(loom_buffer_text(&text), loom_buffer_text(&english)) == 0;
    assert_int_equal(is_same, strcmp(chosen, "en") == 0);
}

static void phrase_every_message_is_in_this_language(void **state) {
    (void)state;
    for_each_message(check_phrase);
}

/* Every value is in the finished message, whatever the language makes of the order. */
static void check_values(const char *message) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(TEXT_MAX);
    const struct {
        const char *name, *value;
    } values[] = {{"{server}", words.server},   {"{name}", words.name},
                  {"{path}", words.path},       {"{detail}", words.detail},
                  {"{command}", words.command}, {"{option}", words.option},
                  {"{time}", words.time},       {"{status}", words.status}};
    assert_int_equal(loom_phrase(message, &words, &text), LOOM_OK);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strstr(message, values[i].name) != NULL)
            assert_non_null(strstr(loom_buffer_text(&text), values[i].value));
}

/* L10-09, L10-106 */
static void phrase_every_value_is_kept(void **state) {
    (void)state;
    for_each_message(check_values);
}

static void phrase_without_words_leaves_nothing_open(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(TEXT_MAX);
    assert_int_equal(loom_phrase("{server}{text}{nobody}{", NULL, &text), LOOM_OK);
    assert_string_equal(loom_buffer_text(&text), "{nobody}{");
}

/* UI-119: {text} is a message itself; what a server or a file says is never taken for one. */
static void phrase_only_text_is_translated(void **state) {
    (void)state;
    static const char word[] = "certificate expired";
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer detail = LOOM_BUFFER_INIT(TEXT_MAX);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(TEXT_MAX);
    const struct loom_words both = {.detail = word, .name = word, .server = word, .text = word};
    assert_int_equal(loom_phrase("{detail}|{name}|{server}", &both, &detail), LOOM_OK);
    assert_string_equal(loom_buffer_text(&detail),
                        "certificate expired|certificate expired|certificate expired");
    assert_int_equal(loom_phrase("{text}", &both, &text), LOOM_OK);
    assert_int_equal(strcmp(loom_buffer_text(&text), word) == 0, strcmp(chosen, "en") == 0);
}

/* UI-01: a message keeps its line ends, and nothing else that is no text. */
static void phrase_text_keeps_line_ends_alone(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(TEXT_MAX);
    const struct loom_words odd = {.text = "a\n\n    b\x1b[2J\r\n{server}", .server = "never"};
    assert_int_equal(loom_phrase("[{text}]", &odd, &text), LOOM_OK);
    assert_string_equal(loom_buffer_text(&text), "[a\n\n    b\\x1b[2J\\x0d\n{server}]");
}

static void language_is_the_one_asked_for(void **state) {
    (void)state;
    const struct loom_catalogue *current = loom_language_current();
    assert_string_equal(current != NULL ? current->language : "en", chosen);
}

int main(int argc, char *argv[]) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(language_is_the_one_asked_for),
        cmocka_unit_test(say_every_message_fits_and_is_filled),
        cmocka_unit_test(phrase_every_message_is_in_this_language),
        cmocka_unit_test(phrase_every_value_is_kept),
        cmocka_unit_test(phrase_without_words_leaves_nothing_open),
        cmocka_unit_test(phrase_only_text_is_translated),
        cmocka_unit_test(phrase_text_keeps_line_ends_alone),
    };
    if (argc > 1)
        chosen = argv[1];
    if (setenv("LANGUAGE", chosen, 1) != 0 || setenv("LC_ALL", "C.UTF-8", 1) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
