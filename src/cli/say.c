/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/say.h"

#include "cli/catalogue.h"
#include "cli/language.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static const char *look_up(const void *catalogue, const char *message) {
    return loom_catalogue_translate(catalogue, message);
}

/* The one place that translates. */
enum loom_err loom_phrase(const char *message, const struct loom_words *words,
                          struct loom_buffer *out) {
    const struct loom_translator translator = {loom_language_current(), look_up};
    return loom_phrase_fill(message, words, &translator, out);
}

enum loom_err loom_phrase_english(const char *message, const struct loom_words *words,
                                  struct loom_buffer *out) {
    return loom_phrase_fill(message, words, NULL, out);
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
        size_t name_len = loom_phrase_name_len(message);
        size_t len = name_len > 0 ? name_len : 1 + strcspn(message + 1, "{");
        if (name_len == 0)
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
