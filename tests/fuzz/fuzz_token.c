/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token as a person, a file or the environment gives it: one line, all of it visible ASCII. It is
 * kept byte for byte, or refused whole.
 */
#include "cli/environment.h"
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len), ink = input;
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *copy = NULL;
    enum loom_err err = loom_token_from_line(input.at, input.len, &token);
    if (ink.len > 0 && ink.at[ink.len - 1] == '\n') {
        ink.len--;
        ink.len -= ink.len > 0 && ink.at[ink.len - 1] == '\r' ? 1 : 0;
    }
    bool is_token =
        ink.len > 0 && ink.len <= LOOM_TOKEN_MAX && fuzz_is_within(ink.at, ink.len, '!', '~');
    FUZZ_CHECK(err == (is_token ? LOOM_OK : LOOM_ERR_USAGE));
    FUZZ_CHECK((token != NULL) == is_token);
    if (!is_token)
        return 0;
    FUZZ_CHECK(loom_secret_len(token) == ink.len);
    FUZZ_CHECK(memcmp(loom_secret_bytes(token), ink.at, ink.len) == 0);
    FUZZ_CHECK(loom_secret_bytes(token)[ink.len] == '\0');
    FUZZ_CHECK(loom_secret_copy(token, &copy) == LOOM_OK && loom_secret_is_equal(token, copy));
    return 0;
}
