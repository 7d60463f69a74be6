/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/say.h"

#include "base/text.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset;
} names[] = {
    {"{server}", offsetof(struct loom_words, server)},
    {"{name}", offsetof(struct loom_words, name)},
    {"{path}", offsetof(struct loom_words, path)},
    {"{detail}", offsetof(struct loom_words, detail)},
    {"{command}", offsetof(struct loom_words, command)},
    {"{option}", offsetof(struct loom_words, option)},
    {"{time}", offsetof(struct loom_words, time)},
    {"{status}", offsetof(struct loom_words, status)},
};

/* The value of the name that `text` begins with, and how long that name is; 0: no name. */
static size_t find_name(const char *text, const struct loom_words *words, const char **out_value) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t len = strlen(names[i].name);
        if (strncmp(text, names[i].name, len) != 0)
            continue;
        const char *value = NULL;
        if (words != NULL)
            memcpy(&value, (const char *)words + names[i].offset, sizeof value);
        *out_value = value != NULL ? value : "";
        return len;
    }
    return 0;
}

enum loom_err loom_phrase(const char *message, const struct loom_words *words,
                          struct loom_buffer *out) {
    enum loom_err err = LOOM_OK;
    while (*message != '\0' && err == LOOM_OK) {
        const char *value;
        size_t plain = strcspn(message, "{");
        size_t name = plain == 0 ? find_name(message, words, &value) : 0;
        if (name > 0) {
            err = loom_text_add_printable(out, value, strlen(value));
            message += name;
        } else {
            plain = plain == 0 ? 1 : plain; /* a brace that is only a brace */
            err = loom_buffer_add(out, message, plain);
            message += plain;
        }
    }
    return err;
}

typedef void show(struct loom_output *output, const char *text);

static void say_with(show *how, struct loom_output *output, const char *prefix, const char *message,
                     const struct loom_words *words) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    enum loom_err err = loom_buffer_add_text(&text, prefix);
    if (err == LOOM_OK)
        err = loom_phrase(message, words, &text);
    how(output, err == LOOM_OK ? loom_buffer_text(&text) : message);
}

void loom_say(struct loom_output *output, const char *message, const struct loom_words *words) {
    say_with(loom_output_notice, output, "", message, words);
}

void loom_say_always(struct loom_output *output, const char *message,
                     const struct loom_words *words) {
    say_with(loom_output_text, output, "", message, words);
}

void loom_say_error(struct loom_output *output, const char *message,
                    const struct loom_words *words) {
    say_with(loom_output_text, output, "loom: ", message, words);
}
