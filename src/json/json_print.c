/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printing is ours: cJSON's printer reallocs and so leaves copies of secrets behind, calls two
 * numbers equal that differ in the last digit (2^53 comes out as 9.00719925474099e+15), and hands
 * C1 and bidirectional controls to the terminal as they are.
 */
#include "json/json.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "json/cjson_library.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum loom_err print_item(const cJSON *item, struct loom_buffer *out);

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

static enum loom_err print_number(double number, struct loom_buffer *out) {
    char text[40]; /* "%.17g" takes 24, and some locales a decimal point of several bytes */
    if (number >= (double)-LOOM_JSON_INTEGER_MAX && number <= (double)LOOM_JSON_INTEGER_MAX &&
        (double)(int64_t)number == number)
        return loom_buffer_add_format(out, "%" PRId64, (int64_t)number);
    /* JSON has no infinity: what was too large for a double is printed as such again. */
    if (number > 1.7976931348623157e308 || number < -1.7976931348623157e308)
        return loom_buffer_add_text(out, number > 0 ? "1e999" : "-1e999");
    (void)snprintf(text, sizeof text, "%.17g", number);
    size_t whole = strspn(text, "-0123456789");
    size_t point = strcspn(text + whole, "0123456789e");
    enum loom_err err = loom_buffer_add(out, text, whole);
    if (err == LOOM_OK && point > 0)
        err = loom_buffer_add_text(out, ".");
    return err == LOOM_OK ? loom_buffer_add_text(out, text + whole + point) : err;
}

static enum loom_err print_members(const cJSON *container, struct loom_buffer *out) {
    bool is_object = loom_cjson_is(container, cJSON_Object);
    enum loom_err err = loom_buffer_add_text(out, is_object ? "{" : "[");
    for (const cJSON *member = container->child; member != NULL && err == LOOM_OK;
         member = member->next) {
        if (member != container->child)
            err = loom_buffer_add_text(out, ",");
        if (err == LOOM_OK && is_object)
            err = print_text(member->string, out);
        if (err == LOOM_OK && is_object)
            err = loom_buffer_add_text(out, ":");
        if (err == LOOM_OK)
            err = print_item(member, out);
    }
    return err == LOOM_OK ? loom_buffer_add_text(out, is_object ? "}" : "]") : err;
}

static enum loom_err print_item(const cJSON *item, struct loom_buffer *out) {
    if (loom_cjson_is(item, cJSON_String))
        return print_text(item->valuestring, out);
    if (loom_cjson_is(item, cJSON_Number))
        return print_number(item->valuedouble, out);
    if (loom_cjson_is(item, cJSON_True | cJSON_False))
        return loom_buffer_add_text(out, loom_cjson_is(item, cJSON_True) ? "true" : "false");
    if (loom_cjson_is(item, cJSON_NULL))
        return loom_buffer_add_text(out, "null");
    return print_members(item, out);
}

enum loom_err loom_json_print(const struct loom_json *tree, struct loom_buffer *out) {
    size_t before = out->len;
    enum loom_err err = print_item((const cJSON *)tree, out);
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}
