/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/catalogue.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The header: seven words, of which the last two describe a hash table that we do without. */
enum {
    WORD = 4,
    MAGIC_AT = 0,
    REVISION_AT = 4,
    COUNT_AT = 8,
    MESSAGES_AT = 12,     /* offset of the table of messages, sorted */
    TRANSLATIONS_AT = 16, /* offset of the table of translations, in the same order */
    ROW = 8,              /* length and offset of one string */
};

#define MAGIC UINT32_C(0x950412de)

const struct loom_catalogue *loom_catalogue_find(const char *language) {
    const struct loom_catalogue *row = loom_catalogues;
    while (row->language != NULL && strcmp(row->language, language) != 0)
        row++;
    return row->language != NULL ? row : NULL;
}

static bool read_word(const struct loom_catalogue *catalogue, uint64_t at, uint32_t *out_word) {
    if (at + WORD > catalogue->len)
        return false;
    const unsigned char *bytes = catalogue->bytes + at;
    *out_word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                (uint32_t)bytes[3] << 24;
    return true;
}

/* String number `index` of the table whose offset stands at `table_at`; NULL: not in the file. */
static const char *read_string(const struct loom_catalogue *catalogue, uint64_t table_at,
                               uint32_t index) {
    uint32_t table, len, offset;
    if (!read_word(catalogue, table_at, &table) ||
        !read_word(catalogue, (uint64_t)table + (uint64_t)index * ROW, &len) ||
        !read_word(catalogue, (uint64_t)table + (uint64_t)index * ROW + WORD, &offset))
        return NULL;
    if ((uint64_t)offset + len >= catalogue->len || catalogue->bytes[(uint64_t)offset + len] != 0)
        return NULL;
    return (const char *)catalogue->bytes + offset;
}

static bool has_known_form(const struct loom_catalogue *catalogue, uint32_t *out_count) {
    uint32_t magic, revision;
    return read_word(catalogue, MAGIC_AT, &magic) && magic == MAGIC &&
           read_word(catalogue, REVISION_AT, &revision) && revision >> 16 <= 1 &&
           read_word(catalogue, COUNT_AT, out_count);
}

const char *loom_catalogue_translate(const struct loom_catalogue *catalogue, const char *message) {
    uint32_t first = 0, past;
    /* The empty message is the catalogue's own header. */
    if (catalogue == NULL || message[0] == '\0' || !has_known_form(catalogue, &past))
        return message;
    while (first < past) {
        uint32_t middle = first + (past - first) / 2;
        const char *candidate = read_string(catalogue, MESSAGES_AT, middle);
        if (candidate == NULL)
            return message;
        int order = strcmp(message, candidate);
        if (order == 0) {
            const char *translation = read_string(catalogue, TRANSLATIONS_AT, middle);
            return translation != NULL && translation[0] != '\0' ? translation : message;
        }
        if (order < 0)
            past = middle;
        else
            first = middle + 1;
    }
    return message;
}
