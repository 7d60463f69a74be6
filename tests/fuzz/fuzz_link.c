/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UI-125: an address that is to stand in a link of the terminal, OSC 8: nothing in it may end the
 * sequence or begin another one. The first byte says whether the server is a loopback one itself:
 * "h" is.
 */
#include "base/origin.h"
#include "fuzz/fuzz.h"
#include "terminal/link.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    bool allow_loopback_http = fuzz_take_byte(&input) == 'h';
    char *text = fuzz_string(input);
    size_t text_len = strlen(text);
    struct loom_page page;
    if (loom_link_is_safe(text)) {
        FUZZ_CHECK(text_len <= LOOM_LINK_MAX && strncmp(text, "http", 4) == 0);
        FUZZ_CHECK(fuzz_is_within(text, text_len, '!', '~'));
        FUZZ_CHECK(strpbrk(text, ";\"'\\`<>{}|^") == NULL);
    }
    /* Every page that is shown can be clicked, but those with a semicolon. */
    if (loom_page_parse(text, text_len, allow_loopback_http, &page) == LOOM_OK)
        FUZZ_CHECK(loom_link_is_safe(page.url) == (strchr(page.url, ';') == NULL));
    free(text);
    return 0;
}
