/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WWW-Authenticate, which may say that a token is dead. It is only believed where the words stand
 * there, and what stands before a challenge and behind it changes nothing.
 */
#include "fuzz/fuzz.h"
#include "http/challenge.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool has_nocase(const char *text, size_t len, const char *word) {
    for (size_t i = 0; i + strlen(word) <= len; i++)
        if (strncasecmp(text + i, word, strlen(word)) == 0)
            return true;
    return false;
}

static bool ask(const char *before, struct fuzz_input value, const char *behind) {
    size_t first = strlen(before), last = strlen(behind), len = first + value.len + last;
    char *text = malloc(len > 0 ? len : 1);
    FUZZ_CHECK(text != NULL);
    memcpy(text, before, first);
    if (value.len > 0)
        memcpy(text + first, value.at, value.len);
    memcpy(text + first + value.len, behind, last);
    bool is_invalid = loom_challenge_is_token_invalid(text, len);
    free(text);
    return is_invalid;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input value = fuzz_input(bytes, len);
    bool is_invalid = ask("", value, "");
    if (is_invalid) {
        FUZZ_CHECK(has_nocase(value.at, value.len, "bearer"));
        FUZZ_CHECK(has_nocase(value.at, value.len, "error"));
        FUZZ_CHECK(fuzz_has(value.at, value.len, "invalid_token"));
    }
    FUZZ_CHECK(ask("Basic realm=\"x\", ", value, "") == is_invalid);
    /* Between quotation marks, none of it is said; without any, nothing can hide what follows. */
    bool has_quotes = value.len > 0 && (memchr(value.at, '"', value.len) != NULL ||
                                        memchr(value.at, '\\', value.len) != NULL);
    if (!has_quotes) {
        FUZZ_CHECK(!ask("Basic realm=\"", value, "\""));
        FUZZ_CHECK(!is_invalid || ask("", value, ", Basic realm=\"x\""));
    }
    FUZZ_CHECK(ask("Bearer error=\"invalid_token\", ", value, ""));
    return 0;
}
