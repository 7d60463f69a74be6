/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64, in its one canonical form: what is read is what would be written, and any bytes that are
 * written are read again.
 */
#include "crypto/crypto.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_text(const char *text) {
    size_t len = strlen(text);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer bytes = LOOM_BUFFER_INIT(len + 3);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer again = LOOM_BUFFER_INIT(len + 3);
    enum loom_err err = loom_base64_parse(text, &bytes);
    if (err != LOOM_OK) {
        FUZZ_CHECK(err == LOOM_ERR_BAD_ANSWER && bytes.len == 0);
        return;
    }
    FUZZ_CHECK(loom_base64_add(&again, (struct loom_bytes){bytes.data, bytes.len}) == LOOM_OK);
    FUZZ_CHECK(strcmp(loom_buffer_text(&again), text) == 0);
}

static void check_bytes(struct fuzz_input input) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(2 * input.len + 4);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer again = LOOM_BUFFER_INIT(input.len + 3);
    FUZZ_CHECK(loom_base64_add(&text, (struct loom_bytes){input.at, input.len}) == LOOM_OK);
    FUZZ_CHECK(text.len == (input.len + 2) / 3 * 4);
    FUZZ_CHECK(loom_base64_parse(loom_buffer_text(&text), &again) == LOOM_OK);
    FUZZ_CHECK(again.len == input.len &&
               memcmp(loom_buffer_text(&again), input.at, input.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    char *text = fuzz_string(input);
    check_text(text);
    check_bytes(input);
    free(text);
    return 0;
}
