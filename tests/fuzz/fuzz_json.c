/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON gate. What passes is text without control characters, not nested deeply, with no name
 * twice; it comes out again as it went in, and safe to show; a getter gives nothing outside the
 * bounds that it was told; and cJSON by itself, numbers included, reads the same.
 */
#include "fuzz/fuzz.h"
#include "json/cjson_library.h"
#include "json/json_priv.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 32, PAIRS_MAX = 200 };

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Depth by counting brackets outside of strings. */
static size_t depth_of(struct fuzz_input text) {
    size_t depth = 0, most = 0;
    bool is_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (is_string && c == '\\')
            i++;
        else if (c == '"')
            is_string = !is_string;
        else if (!is_string && (c == '{' || c == '['))
            most = ++depth > most ? depth : most;
        else if (!is_string && (c == '}' || c == ']'))
            depth--;
    }
    FUZZ_CHECK(depth == 0 && !is_string);
    return most;
}

static void check_text(struct fuzz_input text) {
    if (text.len >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
        text = (struct fuzz_input){text.at + 3, text.len - 3};
    FUZZ_CHECK(fuzz_is_utf8(text.at, text.len));
    for (size_t i = 0; i < text.len; i++)
        FUZZ_CHECK((unsigned char)text.at[i] >= 0x20 || is_blank(text.at[i]));
    FUZZ_CHECK(depth_of(text) <= LOOM_JSON_DEPTH_MAX);
    while (text.len > 0 && is_blank(text.at[text.len - 1]))
        text.len--;
    while (text.len > 0 && is_blank(text.at[0]))
        text = (struct fuzz_input){text.at + 1, text.len - 1};
    FUZZ_CHECK(text.len >= 2 && text.at[0] == '{' && text.at[text.len - 1] == '}');
    FUZZ_CHECK(loom_json_scan(text.at, text.len));
}

static void check_getters(const struct loom_json *object, const char *name) {
    const char *text = NULL;
    const struct loom_json *inner = NULL;
    int64_t number = -1, clamped = -1;
    bool value = false;
    FUZZ_CHECK(loom_json_has(object, name));
    enum loom_err as_text = loom_json_get_text(object, name, TEXT_MAX, &text);
    enum loom_err as_number = loom_json_get_number(object, name, 10, 20, &number);
    enum loom_err as_clamped = loom_json_get_clamped(object, name, 10, 20, &clamped);
    enum loom_err as_bool = loom_json_get_bool(object, name, &value);
    enum loom_err as_object = loom_json_get_object(object, name, &inner);
    FUZZ_CHECK((as_text == LOOM_OK) == (text != NULL));
    FUZZ_CHECK(as_text != LOOM_OK || strnlen(text, TEXT_MAX + 1) <= TEXT_MAX);
    FUZZ_CHECK(as_number == LOOM_OK ? number >= 10 && number <= 20 : number == -1);
    FUZZ_CHECK(as_clamped == LOOM_OK ? clamped >= 10 && clamped <= 20 : clamped == -1);
    FUZZ_CHECK(as_number != LOOM_OK || (as_clamped == LOOM_OK && clamped == number));
    FUZZ_CHECK((as_object == LOOM_OK) == (inner != NULL));
    int kinds = (as_text == LOOM_OK) + (as_clamped == LOOM_OK) + (as_bool == LOOM_OK) +
                (as_object == LOOM_OK);
    FUZZ_CHECK(kinds <= 1);
    if (as_text == LOOM_ERR_NOT_FOUND) /* null: to every getter */
        FUZZ_CHECK(as_clamped == as_text && as_bool == as_text && as_object == as_text);
}

static void check_members(const struct loom_json *object) {
    size_t pairs = 0;
    for (const struct loom_json *m = loom_json_first(object); m != NULL; m = loom_json_next(m)) {
        const char *name = loom_json_name(m);
        FUZZ_CHECK(name != NULL && fuzz_is_utf8(name, strlen(name)));
        check_getters(object, name);
        for (const struct loom_json *n = loom_json_next(m); n != NULL && pairs < PAIRS_MAX;
             n = loom_json_next(n), pairs++)
            FUZZ_CHECK(strcmp(name, loom_json_name(n)) != 0);
        if (loom_json_is_object(m))
            check_members(m);
    }
}

/* Printed, read and printed again: the same, and nothing that a terminal would act on. */
static void check_print(const struct loom_json *tree, size_t len) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *again = NULL;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer first = LOOM_BUFFER_INIT(64 * len + 64);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer second = LOOM_BUFFER_INIT(64 * len + 64);
    FUZZ_CHECK(loom_json_print(tree, &first) == LOOM_OK);
    FUZZ_CHECK(fuzz_is_harmless(first.data, first.len));
    FUZZ_CHECK(loom_json_parse(first.data, first.len, &again) == LOOM_OK);
    FUZZ_CHECK(loom_json_print(again, &second) == LOOM_OK);
    FUZZ_CHECK(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
}

/* In here the locale is C, in which cJSON reads numbers as they are. A tree is a tree of cJSON's.
 */
static void check_reading(struct fuzz_input input, const struct loom_json *tree) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer ours = LOOM_BUFFER_INIT(64 * input.len);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer theirs = LOOM_BUFFER_INIT(64 * input.len);
    LOOM_CLEANUP(loom_json_drop)
    struct loom_json *other =
        (struct loom_json *)loom_cjson()->ParseWithLength(input.at, input.len);
    FUZZ_CHECK(other != NULL);
    FUZZ_CHECK(loom_json_print(tree, &ours) == LOOM_OK);
    FUZZ_CHECK(loom_json_print(other, &theirs) == LOOM_OK);
    FUZZ_CHECK(ours.len == theirs.len && memcmp(ours.data, theirs.data, ours.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    enum loom_err err = loom_json_parse(input.at, input.len, &tree);
    if (err != LOOM_OK) {
        FUZZ_CHECK(err == LOOM_ERR_BAD_ANSWER && tree == NULL);
        return 0;
    }
    check_text(input);
    check_reading(input, tree);
    check_members(tree);
    check_print(tree, len);
    return 0;
}
