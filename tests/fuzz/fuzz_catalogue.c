/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A catalogue of translations whose bytes are not believed. It is asked for a few messages of ours
 * and for every string that it holds; what it gives back is the message, or a string of its own
 * that stands beside that very message.
 */
#include "cli/catalogue.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { ASKED_MAX = 32, ROWS_MAX = 4096 };

static bool read_word(const struct loom_catalogue *catalogue, size_t at, uint32_t *out_word) {
    if (catalogue->len < 4 || at > catalogue->len - 4)
        return false;
    *out_word = 0;
    for (size_t i = 4; i > 0; i--)
        *out_word = *out_word * 256 + catalogue->bytes[at + i - 1];
    return true;
}

/* Row `row` of the table whose offset stands at `table_at`: NULL unless it is a string. */
static const char *read_row(const struct loom_catalogue *catalogue, size_t table_at, size_t row) {
    uint32_t table, len, offset;
    if (!read_word(catalogue, table_at, &table) || !read_word(catalogue, table + 8 * row, &len) ||
        !read_word(catalogue, table + 8 * row + 4, &offset))
        return NULL;
    size_t end = (size_t)offset + len;
    bool is_string = end < catalogue->len && catalogue->bytes[end] == 0;
    return is_string ? (const char *)catalogue->bytes + offset : NULL;
}

static bool is_beside(const struct loom_catalogue *catalogue, const char *message,
                      const char *translation) {
    uint32_t count = 0;
    FUZZ_CHECK(read_word(catalogue, 8, &count));
    for (size_t row = 0; row < count && row < ROWS_MAX; row++) {
        const char *candidate = read_row(catalogue, 12, row);
        if (candidate != NULL && strcmp(candidate, message) == 0 &&
            read_row(catalogue, 16, row) == translation)
            return true;
    }
    return count > ROWS_MAX;
}

static void ask(const struct loom_catalogue *catalogue, const char *message) {
    const char *answer = loom_catalogue_translate(catalogue, message);
    if (answer == message)
        return;
    size_t at = (size_t)((const unsigned char *)answer - catalogue->bytes);
    FUZZ_CHECK(at < catalogue->len);
    FUZZ_CHECK(memchr(answer, '\0', catalogue->len - at) != NULL && answer[0] != '\0');
    FUZZ_CHECK(is_beside(catalogue, message, answer));
}

static void ask_for_its_own(const struct loom_catalogue *catalogue) {
    size_t asked = 0;
    for (size_t at = 0; at < catalogue->len && asked < ASKED_MAX;) {
        struct fuzz_input rest = {(const char *)catalogue->bytes + at, catalogue->len - at};
        char *message = fuzz_string(rest);
        size_t len = strlen(message);
        if (len > 0) {
            ask(catalogue, message);
            asked++;
        }
        free(message);
        at += len + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const char *const messages[] = {"", "a", "b", "c", "Signed out of {server}.", "zz"};
    const struct loom_catalogue catalogue = {"xx", bytes, len};
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        ask(&catalogue, messages[i]);
    ask_for_its_own(&catalogue);
    return 0;
}
