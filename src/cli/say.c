/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/say.h"

#include "base/text.h"
#include "cli/catalogue.h"
#include "cli/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

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
                               const struct loom_catalogue *catalogue) {
    const char *value = NULL;
    if (words != NULL)
        memcpy(&value, (const char *)words + name->offset, sizeof value);
    if (value == NULL)
        return LOOM_OK;
    return name->is_message ? add_lines(out, loom_catalogue_translate(catalogue, value))
                            : loom_text_add_printable(out, value, strlen(value));
}

/* The one place that translates. */
static enum loom_err fill(const struct loom_catalogue *catalogue, const char *message,
                          const struct loom_words *words, struct loom_buffer *out) {
    enum loom_err err = LOOM_OK;
    message = loom_catalogue_translate(catalogue, message);
    while (*message != '\0' && err == LOOM_OK) {
        size_t plain = strcspn(message, "{");
        const struct name *name = plain == 0 ? find_name(message) : NULL;
        if (name != NULL) {
            err = add_value(out, name, words, catalogue);
            message += strlen(name->name);
        } else {
            plain = plain == 0 ? 1 : plain; /* a brace that is only a brace */
            err = loom_buffer_add(out, message, plain);
            message += plain;
        }
    }
    return err;
}

enum loom_err loom_phrase(const char *message, const struct loom_words *words,
                          struct loom_buffer *out) {
    return fill(loom_language_current(), message, words, out);
}

enum loom_err loom_phrase_english(const char *message, const struct loom_words *words,
                                  struct loom_buffer *out) {
    return fill(NULL, message, words, out);
}

typedef void show(struct loom_output *output, const char *text);

/*
 * A value is too long, or there is no memory for it: what can be said without any is. What was to
 * be printed on stdout is not all there then.
 */
static void say_without_values(struct loom_output *output, const char *prefix,
                               const char *message) {
    bool has_line_end = false;
    loom_output_live_end(output);
    loom_output_raw(output, prefix, strlen(prefix));
    message = loom_catalogue_translate(loom_language_current(), message);
    while (*message != '\0') {
        const struct name *name = find_name(message);
        size_t len = name != NULL ? strlen(name->name) : 1 + strcspn(message + 1, "{");
        if (name == NULL)
            loom_output_raw(output, message, len);
        has_line_end = message[len - 1] == '\n';
        message += len;
    }
    if (!has_line_end)
        loom_output_raw(output, "\n", 1);
    if (output->fd == STDOUT_FILENO)
        output->has_failed = true;
}

static void say_with(show *how, struct loom_output *output, const char *prefix, const char *message,
                     const struct loom_words *words) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    enum loom_err err = loom_buffer_add_text(&text, prefix);
    if (err == LOOM_OK)
        err = loom_phrase(message, words, &text);
    if (err == LOOM_OK)
        how(output, loom_buffer_text(&text));
    else if (how != loom_output_notice || !output->is_quiet)
        say_without_values(output, prefix, message);
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
