/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan decides before cJSON sees a byte: cJSON lets through raw control characters, numbers
 * like 0123, lone surrogates and \u0000, and it recurses once a level.
 */
#include "json/json_priv.h"

#include "base/text.h"
#include "base/utf8.h"

#include <string.h>

/* What may stand at this point of the text. */
enum expected {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* behind [ */
    EXPECT_NAME,
    EXPECT_NAME_OR_END,  /* behind { */
    EXPECT_COMMA_OR_END, /* behind a value */
    EXPECT_NOTHING,      /* behind the last } */
};

struct scan {
    const char *at;
    const char *end;
    enum expected expected;
    size_t values;
    size_t depth;
    char closers[LOOM_JSON_DEPTH_MAX]; /* the } or ] that each open level waits for */
};

static bool is_at(const struct scan *scan, char c) {
    return scan->at < scan->end && *scan->at == c;
}

static bool pass(struct scan *scan, char c) {
    bool is_there = is_at(scan, c);
    scan->at += is_there ? 1 : 0;
    return is_there;
}

static bool pass_word(struct scan *scan, const char *word) {
    size_t len = strlen(word);
    if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
        return false;
    scan->at += len;
    return true;
}

/* RFC 8259 section 2: blank, tab, line feed and carriage return, and nothing else. */
static void pass_blanks(struct scan *scan) {
    while (is_at(scan, ' ') || is_at(scan, '\t') || is_at(scan, '\n') || is_at(scan, '\r'))
        scan->at++;
}

static size_t pass_digits(struct scan *scan) {
    const char *start = scan->at;
    while (scan->at < scan->end && loom_ascii_is_digit(*scan->at))
        scan->at++;
    return (size_t)(scan->at - start);
}

/* RFC 8259 section 6: number = [ minus ] int [ frac ] [ exp ], without leading zeros. */
static bool pass_number(struct scan *scan) {
    const char *start = scan->at;
    (void)pass(scan, '-');
    if (!pass(scan, '0') && pass_digits(scan) == 0)
        return false;
    if (pass(scan, '.') && pass_digits(scan) == 0)
        return false;
    if (pass(scan, 'e') || pass(scan, 'E')) {
        if (!pass(scan, '+'))
            (void)pass(scan, '-');
        if (pass_digits(scan) == 0)
            return false;
    }
    return scan->at - start <= LOOM_JSON_NUMBER_MAX;
}

static int hex_value(char c) {
    static const char digits[] = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, loom_ascii_lower(c));
    return found == NULL ? -1 : (int)(found - digits);
}

/* The four digits behind \u. */
static bool pass_unit(struct scan *scan, uint32_t *out_unit) {
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++, scan->at++) {
        int value = scan->at < scan->end ? hex_value(*scan->at) : -1;
        if (value < 0)
            return false;
        unit = unit << 4 | (uint32_t)value;
    }
    *out_unit = unit;
    return true;
}

/* What follows a backslash. A NUL would end cJSON's string early, a lone surrogate is no text. */
static bool pass_escape(struct scan *scan) {
    uint32_t unit;
    if (scan->at == scan->end)
        return false;
    char c = *scan->at++;
    if (c != 'u')
        return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
    if (!pass_unit(scan, &unit) || unit == 0)
        return false;
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    return unit < 0xdc00 && pass_word(scan, "\\u") && pass_unit(scan, &unit) && unit >= 0xdc00 &&
           unit <= 0xdfff;
}

/* Nearly all that a string of ours holds, and nothing of which more is to be said. */
static void pass_plain(struct scan *scan) {
    const char *at = scan->at;
    while (at < scan->end && *at >= 0x20 && *at < 0x7f && *at != '"' && *at != '\\')
        at++;
    scan->at = at;
}

static bool pass_string(struct scan *scan) {
    if (!pass(scan, '"'))
        return false;
    for (pass_plain(scan); scan->at < scan->end && *scan->at != '"'; pass_plain(scan)) {
        uint32_t character;
        size_t used = loom_utf8_next(scan->at, (size_t)(scan->end - scan->at), &character);
        /* RFC 8259 section 7: "All Unicode characters may be placed within the quotation marks,
         * except for the characters that MUST be escaped: quotation mark, reverse solidus, and the
         * control characters (U+0000 through U+001F)." */
        if (used == 0 || character < 0x20)
            return false;
        scan->at += used;
        if (character == '\\' && !pass_escape(scan))
            return false;
    }
    return pass(scan, '"');
}

static bool open_level(struct scan *scan, char closer, enum expected expected) {
    if (scan->depth == LOOM_JSON_DEPTH_MAX)
        return false;
    scan->closers[scan->depth++] = closer;
    scan->expected = expected;
    return true;
}

static bool close_level(struct scan *scan) {
    if (!pass(scan, scan->closers[scan->depth - 1]))
        return false;
    scan->depth--;
    scan->expected = scan->depth == 0 ? EXPECT_NOTHING : EXPECT_COMMA_OR_END;
    return true;
}

static bool pass_value(struct scan *scan) {
    if (++scan->values > LOOM_JSON_VALUES_MAX)
        return false;
    if (pass(scan, '{'))
        return open_level(scan, '}', EXPECT_NAME_OR_END);
    if (pass(scan, '['))
        return open_level(scan, ']', EXPECT_VALUE_OR_END);
    scan->expected = EXPECT_COMMA_OR_END;
    if (is_at(scan, '"'))
        return pass_string(scan);
    return pass_word(scan, "true") || pass_word(scan, "false") || pass_word(scan, "null") ||
           pass_number(scan);
}

static bool pass_name(struct scan *scan) {
    if (!pass_string(scan))
        return false;
    pass_blanks(scan);
    scan->expected = EXPECT_VALUE;
    return pass(scan, ':');
}

static bool pass_comma(struct scan *scan) {
    bool is_object = scan->closers[scan->depth - 1] == '}';
    scan->expected = is_object ? EXPECT_NAME : EXPECT_VALUE;
    return pass(scan, ',');
}

static bool pass_next(struct scan *scan) {
    bool may_end = scan->expected == EXPECT_COMMA_OR_END || scan->expected == EXPECT_NAME_OR_END ||
                   scan->expected == EXPECT_VALUE_OR_END;
    if (may_end && close_level(scan))
        return true;
    if (scan->expected == EXPECT_COMMA_OR_END)
        return pass_comma(scan);
    if (scan->expected == EXPECT_NAME || scan->expected == EXPECT_NAME_OR_END)
        return pass_name(scan);
    return pass_value(scan);
}

bool loom_json_scan(const char *text, size_t len) {
    struct scan scan = {.at = text, .end = text + len, .expected = EXPECT_VALUE};
    pass_blanks(&scan);
    if (!is_at(&scan, '{'))
        return false;
    while (scan.expected != EXPECT_NOTHING) {
        if (!pass_next(&scan))
            return false;
        pass_blanks(&scan);
    }
    return scan.at == scan.end;
}
