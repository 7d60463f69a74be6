/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a text that the scan has let pass to a tree. Nothing is judged here any more: each step
 * takes what must stand there, and the depth is known to be small.
 */
#include "json/json_priv.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    const char *at;
    const char *end;
};

static void pass_blanks(struct reader *reader) {
    while (reader->at < reader->end && strchr(" \t\n\r", *reader->at) != NULL)
        reader->at++;
}

static bool pass(struct reader *reader, char c) {
    pass_blanks(reader);
    bool is_there = reader->at < reader->end && *reader->at == c;
    reader->at += is_there ? 1 : 0;
    return is_there;
}

/* ---- Strings ---- */

static uint32_t read_unit(struct reader *reader) {
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = loom_ascii_lower(*reader->at++);
        unit = unit << 4 | (uint32_t)(loom_ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return unit;
}

/* RFC 8259 section 7: outside the basic plane, "a 12-character sequence, encoding the UTF-16
 * surrogate pair". */
static uint32_t read_character(struct reader *reader) {
    uint32_t high = read_unit(reader);
    if (high < 0xd800 || high > 0xdfff)
        return high;
    reader->at += strlen("\\u");
    return 0x10000 + ((high - 0xd800) << 10) + (read_unit(reader) - 0xdc00);
}

/* RFC 3629 section 3. An escape is longer than what it becomes, so there is room for it. */
static char *add_character(char *to, uint32_t character) {
    static const struct {
        uint32_t below;
        unsigned first;
        int more;
    } forms[] = {{0x80, 0, 0}, {0x800, 0xc0, 1}, {0x10000, 0xe0, 2}, {0x110000, 0xf0, 3}};
    size_t form = 0;
    while (character >= forms[form].below)
        form++;
    int more = forms[form].more;
    *to++ = (char)(forms[form].first | character >> (6 * more));
    while (more-- > 0)
        *to++ = (char)(0x80 | (character >> (6 * more) & 0x3f));
    return to;
}

/* What follows a backslash. */
static char *add_escaped(char *to, struct reader *reader) {
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    char c = *reader->at++;
    if (c == 'u')
        return add_character(to, read_character(reader));
    const char *letter = strchr(letters, c);
    *to++ = letter != NULL ? meanings[letter - letters] : c;
    return to;
}

static size_t raw_len(const struct reader *reader) {
    const char *at = reader->at;
    while (*at != '"')
        at += *at == '\\' ? 2 : 1;
    return (size_t)(at - reader->at);
}

/* Stands behind the opening quotation mark. */
static enum loom_err read_string(struct reader *reader, char **out_text) {
    char *text = malloc(raw_len(reader) + 1);
    if (text == NULL)
        return LOOM_ERR_INTERNAL;
    char *to = text;
    while (*reader->at != '"') {
        char c = *reader->at++;
        if (c == '\\')
            to = add_escaped(to, reader);
        else
            *to++ = c;
    }
    reader->at++;
    *to = '\0';
    *out_text = text;
    return LOOM_OK;
}

/* ---- Values ---- */

static enum loom_err read_number(struct reader *reader, char **out_text) {
    const char *from = reader->at;
    while (reader->at < reader->end && *reader->at != '\0' &&
           strchr("+-.0123456789Ee", *reader->at) != NULL)
        reader->at++;
    size_t len = (size_t)(reader->at - from);
    char *text = malloc(len + 1);
    if (text == NULL)
        return LOOM_ERR_INTERNAL;
    memcpy(text, from, len);
    text[len] = '\0';
    *out_text = text;
    return LOOM_OK;
}

static enum loom_json_kind kind_at(const struct reader *reader) {
    static const struct {
        char first;
        enum loom_json_kind kind;
    } kinds[] = {{'n', LOOM_JSON_NULL}, {'f', LOOM_JSON_FALSE}, {'t', LOOM_JSON_TRUE},
                 {'"', LOOM_JSON_TEXT}, {'[', LOOM_JSON_ARRAY}, {'{', LOOM_JSON_OBJECT}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].first == *reader->at)
            return kinds[i].kind;
    return LOOM_JSON_NUMBER;
}

static enum loom_err read_members(struct reader *reader, struct loom_json *container);

/* What is not complete hangs in the tree already, and is dropped with it. */
static enum loom_err fill(struct reader *reader, struct loom_json *node) {
    static const size_t word_len[] = {
        [LOOM_JSON_NULL] = 4, [LOOM_JSON_FALSE] = 5, [LOOM_JSON_TRUE] = 4};
    switch (node->kind) {
    case LOOM_JSON_NULL:
    case LOOM_JSON_FALSE:
    case LOOM_JSON_TRUE:
        reader->at += word_len[node->kind];
        return LOOM_OK;
    case LOOM_JSON_NUMBER:
        return read_number(reader, &node->text);
    case LOOM_JSON_TEXT:
        reader->at++;
        return read_string(reader, &node->text);
    case LOOM_JSON_ARRAY:
    case LOOM_JSON_OBJECT:
        reader->at++;
        return read_members(reader, node);
    }
    return LOOM_ERR_INTERNAL;
}

static enum loom_err read_member(struct reader *reader, struct loom_json *container) {
    LOOM_CLEANUP(loom_string_drop) char *name = NULL;
    enum loom_err err = LOOM_OK;
    if (container->kind == LOOM_JSON_OBJECT && pass(reader, '"'))
        err = read_string(reader, &name);
    if (err != LOOM_OK)
        return err;
    (void)pass(reader, ':');
    pass_blanks(reader);
    struct loom_json *member = loom_json_node(kind_at(reader));
    if (member == NULL)
        return LOOM_ERR_INTERNAL;
    member->name = name;
    name = NULL;
    loom_json_hang(container, member);
    return fill(reader, member);
}

static enum loom_err read_members(struct reader *reader, struct loom_json *container) {
    char closer = container->kind == LOOM_JSON_OBJECT ? '}' : ']';
    while (!pass(reader, closer)) {
        enum loom_err err = read_member(reader, container);
        if (err != LOOM_OK)
            return err;
        (void)pass(reader, ',');
    }
    return LOOM_OK;
}

enum loom_err loom_json_build(const char *text, size_t len, struct loom_json **out_tree) {
    struct reader reader = {text, text + len};
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = loom_json_node(LOOM_JSON_OBJECT);
    if (tree == NULL || !pass(&reader, '{'))
        return LOOM_ERR_INTERNAL;
    enum loom_err err = read_members(&reader, tree);
    if (err != LOOM_OK)
        return err;
    *out_tree = tree;
    tree = NULL;
    return LOOM_OK;
}
