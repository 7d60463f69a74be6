/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARK = 0xa5 };

void fuzz_fail(const char *file, int line, const char *what) {
    (void)fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
    abort();
}

void fuzz_mark(void *object, size_t size) {
    memset(object, MARK, size);
}

bool fuzz_is_marked(const void *object, size_t size) {
    const unsigned char *bytes = object;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != MARK)
            return false;
    return true;
}

struct fuzz_input fuzz_input(const uint8_t *bytes, size_t len) {
    return (struct fuzz_input){(const char *)bytes, len};
}

unsigned char fuzz_take_byte(struct fuzz_input *input) {
    if (input->len == 0)
        return 0;
    input->len--;
    return (unsigned char)*input->at++;
}

unsigned fuzz_take_number(struct fuzz_input *input) {
    unsigned high = fuzz_take_byte(input);
    return high << 8 | fuzz_take_byte(input);
}

struct fuzz_input fuzz_take_line(struct fuzz_input *input) {
    const char *end = input->len > 0 ? memchr(input->at, '\n', input->len) : NULL;
    struct fuzz_input line = {input->at, end != NULL ? (size_t)(end - input->at) : input->len};
    size_t used = end != NULL ? line.len + 1 : line.len;
    *input = (struct fuzz_input){input->at + used, input->len - used};
    return line;
}

static char *allocate(size_t size) {
    char *copy = malloc(size > 0 ? size : 1);
    FUZZ_CHECK(copy != NULL);
    return copy;
}

char *fuzz_copy(struct fuzz_input input) {
    char *copy = allocate(input.len);
    if (input.len > 0)
        memcpy(copy, input.at, input.len);
    return copy;
}

char *fuzz_string(struct fuzz_input input) {
    const char *end = input.len > 0 ? memchr(input.at, '\0', input.len) : NULL;
    size_t len = end != NULL ? (size_t)(end - input.at) : input.len;
    char *copy = allocate(len + 1);
    if (len > 0)
        memcpy(copy, input.at, len);
    copy[len] = '\0';
    return copy;
}

bool fuzz_has(const char *bytes, size_t len, const char *text) {
    return len > 0 && memmem(bytes, len, text, strlen(text)) != NULL;
}

bool fuzz_is_within(const char *bytes, size_t len, char least, char most) {
    for (size_t i = 0; i < len; i++)
        if (bytes[i] < least || bytes[i] > most)
            return false;
    return true;
}

/* ---- UTF-8, once more ---- */

enum { NO_CHARACTER = 0x110000 };

/* The bytes of the character that begins here, by the bits of its first; 0: none begins. */
static size_t length_of(unsigned char first) {
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first >= 0xf5)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static uint32_t decode(const char *at, size_t used) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t character = (unsigned char)at[0];
    if (used > 1)
        character &= 0x7fU >> used;
    for (size_t i = 1; i < used; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80)
            return NO_CHARACTER;
        character = character * 64 + ((unsigned char)at[i] & 0x3f);
    }
    bool is_surrogate = character / 0x800 == 0xd800 / 0x800;
    return character < least[used] || character > 0x10ffff || is_surrogate ? NO_CHARACTER
                                                                           : character;
}

typedef bool judge(uint32_t character);

static bool is_each(const char *bytes, size_t len, judge *is_fine) {
    for (size_t at = 0; at < len;) {
        size_t used = length_of((unsigned char)bytes[at]);
        if (used == 0 || used > len - at)
            return false;
        if (!is_fine(decode(bytes + at, used)))
            return false;
        at += used;
    }
    return true;
}

static bool is_character(uint32_t c) {
    return c != NO_CHARACTER;
}

static bool is_harmless(uint32_t c) {
    bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    bool is_bidirectional = c == 0x61c || c == 0x200e || c == 0x200f ||
                            (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return is_character(c) && !is_control && !is_bidirectional && c != 0x2028 && c != 0x2029 &&
           c != 0xfeff;
}

static bool is_harmless_or_line(uint32_t c) {
    return c == '\n' || is_harmless(c);
}

bool fuzz_is_utf8(const char *bytes, size_t len) {
    return is_each(bytes, len, is_character);
}

bool fuzz_is_harmless(const char *bytes, size_t len) {
    return is_each(bytes, len, is_harmless);
}

bool fuzz_is_harmless_but_lines(const char *bytes, size_t len) {
    return is_each(bytes, len, is_harmless_or_line);
}
