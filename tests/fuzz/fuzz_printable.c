/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door for text that is not ours. The first two bytes are a ceiling. What comes out is fit for
 * a terminal, says the same when it goes through again, and is what went in where that was fit.
 */
#include "base/text.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Each character as it stands, or its bytes in hexadecimal. */
static void check_content(struct fuzz_input text, const struct loom_buffer *shown) {
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    const char *out = loom_buffer_text(shown);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (at < shown->len && out[at] == text.at[i] && byte >= 0x20 && byte != 0x7f) {
            at++;
            continue;
        }
        FUZZ_CHECK(shown->len - at >= 4 && out[at] == '\\' && out[at + 1] == 'x');
        FUZZ_CHECK(out[at + 2] == digits[byte / 16] && out[at + 3] == digits[byte % 16]);
        at += 4;
    }
    FUZZ_CHECK(at == shown->len);
}

static void check_columns(const char *text, size_t len) {
    FUZZ_CHECK(loom_text_columns(text, len) <= 2 * len);
    FUZZ_CHECK(loom_text_is_utf8(text, len) == fuzz_is_utf8(text, len));
    bool is_ascii = len > 0 && fuzz_is_within(text, len, ' ', '~');
    bool has_ink = len > 0 && strspn(text, " ") < len;
    FUZZ_CHECK(loom_text_is_printable_ascii(text, len, len) == (is_ascii && has_ink));
    FUZZ_CHECK(!loom_text_is_printable_ascii(text, len, len > 0 ? len - 1 : 0));
}

static void check_shown(struct fuzz_input text) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer shown = LOOM_BUFFER_INIT(4 * text.len);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer again = LOOM_BUFFER_INIT(4 * text.len);
    FUZZ_CHECK(loom_text_add_printable(&shown, text.at, text.len) == LOOM_OK);
    FUZZ_CHECK(fuzz_is_harmless(loom_buffer_text(&shown), shown.len));
    check_content(text, &shown);
    FUZZ_CHECK(loom_text_add_printable(&again, loom_buffer_text(&shown), shown.len) == LOOM_OK);
    FUZZ_CHECK(again.len == shown.len &&
               strcmp(loom_buffer_text(&again), loom_buffer_text(&shown)) == 0);
}

/* Past the ceiling nothing is added. */
static void check_ceiling(struct fuzz_input text, size_t ceiling) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(ceiling + 2);
    FUZZ_CHECK(loom_buffer_add_text(&out, ": ") == LOOM_OK);
    enum loom_err err = loom_text_add_printable(&out, text.at, text.len);
    FUZZ_CHECK(out.len <= ceiling + 2 && strncmp(out.data, ": ", 2) == 0);
    FUZZ_CHECK(err == LOOM_OK || (err == LOOM_ERR_INTERNAL && out.len == 2));
    FUZZ_CHECK(fuzz_is_harmless(out.data, out.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    size_t ceiling = fuzz_take_number(&input);
    char *block = fuzz_copy(input);
    struct fuzz_input text = {block, input.len};
    check_shown(text);
    check_ceiling(text, ceiling);
    char *string = fuzz_string(text);
    check_columns(string, strlen(string));
    free(string);
    FUZZ_CHECK(loom_text_is_utf8(block, text.len) == fuzz_is_utf8(block, text.len));
    free(block);
    return 0;
}
