/* SPDX-License-Identifier: Apache-2.0 */
#include "base/phrase.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

static const struct name {
    const char *name;
    size_t offset;
    bool is_message; /* translated, and its line ends are kept */
} names[] = {
    {"{server}", offsetof(struct loom_words, server), false},
    {"{name}", offsetof(struct loom_words, name), false},
    {"{path}", offsetof(struct loom_words, path), false},
    {"{detail}", offsetof(struct loom_words, detail), false},
    {"{text}", offsetof(struct loom_words, text), true},
    {"{command}", offsetof(struct loom_words, command), false},
    {"{option}", offsetof(struct loom_words, option), false},
    {"{time}", offsetof(struct loom_words, time), false},
    {"{date}", offsetof(struct loom_words, date), false},
    {"{minutes}", offsetof(struct loom_words, minutes), false},
    {"{status}", offsetof(struct loom_words, status), false},
};

/* The name that `text` begins with; NULL: none. */
static const struct name *find_name(const char *text) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(text, names[i].name, strlen(names[i].name)) == 0)
            return &names[i];
    return NULL;
}

size_t loom_phrase_name_len(const char *text) {
    const struct name *name = find_name(text);
    return name != NULL ? strlen(name->name) : 0;
}

static const char *translate(const struct loom_translator *translator, const char *message) {
    return translator != NULL ? translator->translate(translator->context, message) : message;
}

static enum loom_err add_lines(struct loom_buffer *out, const char *text) {
    enum loom_err err = LOOM_OK;
    while (*text != '\0' && err == LOOM_OK) {
        size_t len = strcspn(text, "\n");
        err = loom_text_add_printable(out, text, len);
        text += len;
        if (err == LOOM_OK && *text == '\n')
            err = loom_buffer_add(out, text++, 1);
    }
    return err;
}

static enum loom_err add_value(struct loom_buffer *out, const struct name *name,
                               const struct loom_words *words,
                               const struct loom_translator *translator) {
    const char *value = NULL;
    if (words != NULL)
        memcpy(&value, (const char *)words + name->offset, sizeof value);
    if (value == NULL)
        return LOOM_OK;
    return name->is_message ? add_lines(out, translate(translator, value))
                            : loom_text_add_printable(out, value, strlen(value));
}

enum loom_err loom_phrase_fill(const char *message, const struct loom_words *words,
                               const struct loom_translator *translator, struct loom_buffer *out) {
    enum loom_err err = LOOM_OK;
    message = translate(translator, message);
    while (*message != '\0' && err == LOOM_OK) {
        size_t plain = strcspn(message, "{");
        const struct name *name = plain == 0 ? find_name(message) : NULL;
        if (name != NULL) {
            err = add_value(out, name, words, translator);
            message += strlen(name->name);
        } else {
            plain = plain == 0 ? 1 : plain; /* a brace that is only a brace */
            err = loom_buffer_add(out, message, plain);
            message += plain;
        }
    }
    return err;
}
