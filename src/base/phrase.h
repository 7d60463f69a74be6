/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message with names in it becomes text.
 *
 *     err = loom_phrase_fill(N_("Signed in to {server} as {name}."),
 *                            &(struct loom_words){.server = origin.url, .name = name}, NULL, &out);
 *
 * The names are the members of struct loom_words. There are no printf formats in messages: a
 * translation, however wrong, cannot make the program read what is not there. Every value goes
 * through loom_text_add_printable(), so a message may carry what a server or a file said.
 */
#ifndef LOOM_BASE_PHRASE_H
#define LOOM_BASE_PHRASE_H

#include "base/buffer.h"
#include "base/error.h"

#include <stddef.h>

struct loom_words {
    const char *server;
    const char *name;
    const char *path;
    const char *detail;
    const char *text; /* a message itself, or a word of our own from below: translated as well */
    const char *command;
    const char *option;
    const char *time;    /* left, as 9:58 */
    const char *date;    /* when, as 2026-01-31T23:59:59Z */
    const char *minutes; /* how many */
    const char *status;
};

enum { LOOM_PHRASE_MAX = 64 * 1024 }; /* bytes of a finished message */

/* What says a message in another language: its translation, or the message itself. */
struct loom_translator {
    const void *context;
    const char *(*translate)(const void *context, const char *message);
};

/*
 * Append the finished message. `words` NULL: it has none. `translator` NULL: in English.
 * LOOM_ERR_INTERNAL: past the ceiling, or no memory.
 */
LOOM_CHECKED enum loom_err loom_phrase_fill(const char *message, const struct loom_words *words,
                                            const struct loom_translator *translator,
                                            struct loom_buffer *out);

/* How long the name is that `text` begins with, braces included; 0: it begins with none. */
size_t loom_phrase_name_len(const char *text);

#endif
