/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sentence of ours with words that are not: one line of the input for each name. Whatever they
 * are, a terminal may be shown the result, and no word makes a line of its own.
 */
#include "cli/say.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 9 };

static const char message[] = "{server} {name}: {path}\n\n    {command} {option}\n"
                              "{detail} {time} {status} {nothing} {";

static size_t lines_of(const char *text) {
    size_t lines = 0;
    while ((text = strchr(text, '\n')) != NULL) {
        text++;
        lines++;
    }
    return lines;
}

static void check(const char *with, const struct loom_words *words, size_t lines) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    enum loom_err err = loom_phrase_english(with, words, &out);
    FUZZ_CHECK(err == LOOM_OK || err == LOOM_ERR_INTERNAL);
    FUZZ_CHECK(out.len <= LOOM_PHRASE_MAX);
    FUZZ_CHECK(fuzz_is_harmless_but_lines(loom_buffer_text(&out), out.len));
    if (err == LOOM_OK)
        FUZZ_CHECK(lines_of(loom_buffer_text(&out)) == lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    char *word[WORDS];
    for (size_t i = 0; i + 1 < WORDS; i++) {
        /* A word may have line feeds of its own: "\v" stands for them here. */
        word[i] = fuzz_string(fuzz_take_line(&input));
        for (char *at = word[i]; (at = strchr(at, '\v')) != NULL;)
            *at = '\n';
    }
    word[WORDS - 1] = fuzz_string(input);
    const struct loom_words words = {
        .server = word[0],
        .name = word[1],
        .path = word[2],
        .detail = word[3],
        .command = word[4],
        .option = word[5],
        .time = word[6],
        .status = word[7],
        .text = word[8],
    };
    check(message, &words, lines_of(message));
    check("{text}.\n", &words, 1 + lines_of(word[8]));
    for (size_t i = 0; i < WORDS; i++)
        free(word[i]);
    return 0;
}
