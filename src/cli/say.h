/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message is one sentence or paragraph, never put together from pieces; what varies stands in
 * it by name.
 *
 *     loom_say(&cli->err, N_("Signed in to {server} as {name}."),
 *              &(struct loom_words){.server = origin.url, .name = name});
 *
 * base/phrase.h says what may stand in a message.
 *
 * N_() of base/error.h marks a message for translation; what stands in it is one literal, without
 * macros, because xgettext reads the source as it is. The catalogue is looked at when something is
 * said and not before (cli/language.h says which one).
 *
 * Commands, paths and addresses to copy stand alone on their line, behind four blanks.
 */
#ifndef LOOM_CLI_SAY_H
#define LOOM_CLI_SAY_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/phrase.h"
#include "terminal/output.h"

/* Append the finished message in the person's language. `words` NULL: it has none. */
LOOM_CHECKED enum loom_err loom_phrase(const char *message, const struct loom_words *words,
                                       struct loom_buffer *out);

/* The same in English whatever the language: for programs, as in JSON. */
LOOM_CHECKED enum loom_err loom_phrase_english(const char *message, const struct loom_words *words,
                                               struct loom_buffer *out);

/* Show a message that -q drops. */
void loom_say(struct loom_output *output, const char *message, const struct loom_words *words);

/* Show a message that -q does not drop. */
void loom_say_always(struct loom_output *output, const char *message,
                     const struct loom_words *words);

/* Show an error: "loom: " and the message. */
void loom_say_error(struct loom_output *output, const char *message,
                    const struct loom_words *words);

#endif
