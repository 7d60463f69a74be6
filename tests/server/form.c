/* SPDX-License-Identifier: Apache-2.0 */
#include "server/form.h"

#include "base/text.h"

#include <string.h>

static int hex_value(char c) {
    static const char digits[] = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, loom_ascii_lower(c));
    return found == NULL ? -1 : (int)(found - digits);
}

/* Decode one character at `text`. Returns the bytes used, or 0 when it is not well-formed. */
static size_t decode_one(const char *text, size_t len, char *out_character) {
    if (text[0] != '%') {
        *out_character = text[0] == '+' ? ' ' : text[0];
        return 1;
    }
    if (len < 3)
        return 0;
    int high = hex_value(text[1]);
    int low = hex_value(text[2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0))
        return 0;
    *out_character = (char)(high * 16 + low);
    return 3;
}

static bool decode(const char *text, size_t len, char out_value[static DEV_FORM_VALUE_SIZE]) {
    char value[DEV_FORM_VALUE_SIZE];
    size_t value_len = 0;
    while (len > 0) {
        char character = '\0';
        size_t used = decode_one(text, len, &character);
        if (used == 0 || value_len == sizeof value - 1)
            return false;
        value[value_len++] = character;
        text += used;
        len -= used;
    }
    memcpy(out_value, value, value_len);
    out_value[value_len] = '\0';
    return true;
}

bool dev_form_find(const char *form, const char *name, char out_value[static DEV_FORM_VALUE_SIZE]) {
    size_t name_len = strlen(name);
    while (*form != '\0') {
        size_t len = strcspn(form, "&");
        if (len > name_len && form[name_len] == '=' && memcmp(form, name, name_len) == 0)
            return decode(form + name_len + 1, len - name_len - 1, out_value);
        form += len;
        form += strspn(form, "&");
    }
    return false;
}
