/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printing grows one buffer that wipes itself, and escapes what a terminal would act on: C1 and
 * bidirectional controls, too.
 */
#include "json/json.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "json/json_priv.h"

#include <string.h>

static enum loom_err print_item(const struct loom_json *item, struct loom_buffer *out);

static enum loom_err print_unit(uint32_t unit, struct loom_buffer *out) {
    const unsigned char bytes[] = {(unsigned char)(unit >> 8), (unsigned char)unit};
    char escape[sizeof "\\u0000"] = "\\u";
    loom_text_format_hex(bytes, sizeof bytes, escape + strlen("\\u"));
    return loom_buffer_add_text(out, escape);
}

/* RFC 8259 section 7: a character outside the basic plane is escaped as a pair of surrogates. */
static enum loom_err print_escape(uint32_t character, struct loom_buffer *out) {
    if (character < 0x10000)
        return print_unit(character, out);
    character -= 0x10000;
    enum loom_err err = print_unit(0xd800 + (character >> 10), out);
    return err == LOOM_OK ? print_unit(0xdc00 + (character & 0x3ff), out) : err;
}

/* The tree holds nothing but UTF-8: loom_json_parse() and the add functions have seen to it. */
static enum loom_err print_text(const char *text, struct loom_buffer *out) {
    enum loom_err err = loom_buffer_add_text(out, "\"");
    size_t left = strlen(text);
    while (left > 0 && err == LOOM_OK) {
        uint32_t character;
        size_t used = loom_utf8_next(text, left, &character);
        if (used == 0)
            return LOOM_ERR_INTERNAL;
        if (character == '"' || character == '\\')
            err = loom_buffer_add_text(out, "\\");
        if (err == LOOM_OK)
            err = loom_text_is_printable(character) ? loom_buffer_add(out, text, used)
                                                    : print_escape(character, out);
        text += used;
        left -= used;
    }
    return err == LOOM_OK ? loom_buffer_add_text(out, "\"") : err;
}

static enum loom_err print_members(const struct loom_json *container, struct loom_buffer *out) {
    bool is_object = container->kind == LOOM_JSON_OBJECT;
    enum loom_err err = loom_buffer_add_text(out, is_object ? "{" : "[");
    for (const struct loom_json *member = container->first; member != NULL && err == LOOM_OK;
         member = member->next) {
        if (member != container->first)
            err = loom_buffer_add_text(out, ",");
        if (err == LOOM_OK && is_object)
            err = print_text(member->name, out);
        if (err == LOOM_OK && is_object)
            err = loom_buffer_add_text(out, ":");
        if (err == LOOM_OK)
            err = print_item(member, out);
    }
    return err == LOOM_OK ? loom_buffer_add_text(out, is_object ? "}" : "]") : err;
}

static enum loom_err print_item(const struct loom_json *item, struct loom_buffer *out) {
    static const char *const words[] = {
        [LOOM_JSON_NULL] = "null", [LOOM_JSON_FALSE] = "false", [LOOM_JSON_TRUE] = "true"};
    switch (item->kind) {
    case LOOM_JSON_NULL:
    case LOOM_JSON_FALSE:
    case LOOM_JSON_TRUE:
        return loom_buffer_add_text(out, words[item->kind]);
    case LOOM_JSON_NUMBER:
        return loom_buffer_add_text(out, item->text);
    case LOOM_JSON_TEXT:
        return print_text(item->text, out);
    case LOOM_JSON_ARRAY:
    case LOOM_JSON_OBJECT:
        return print_members(item, out);
    }
    return LOOM_ERR_INTERNAL;
}

enum loom_err loom_json_print(const struct loom_json *tree, struct loom_buffer *out) {
    size_t before = out->len;
    enum loom_err err = print_item(tree, out);
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}
