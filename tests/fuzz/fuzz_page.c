/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page that a server wants a person to open. The first byte says whether the server is a
 * loopback one itself: "h" is.
 */
#include "base/origin.h"
#include "fuzz/fuzz.h"
#include "fuzz/second_reader.h"

#include <stdlib.h>
#include <string.h>

static void check_page(const struct loom_page *page, bool allow_loopback_http) {
    struct loom_page again;
    size_t len = strnlen(page->url, sizeof page->url);
    FUZZ_CHECK(len <= LOOM_PAGE_MAX && strncmp(page->url, "http", 4) == 0);
    FUZZ_CHECK(page->origin.is_secure || (allow_loopback_http && page->origin.is_loopback));
    /* One argument of a command, no option, and nothing that a shell or a terminal would act on. */
    FUZZ_CHECK(fuzz_is_within(page->url, len, '!', '~'));
    FUZZ_CHECK(strpbrk(page->url, "\"'\\`<>{}|^") == NULL);
    FUZZ_CHECK(memchr(page->url, '@', page->origin.path_at) == NULL);
    FUZZ_CHECK(strncmp(page->url, page->origin.url, strlen(page->origin.url)) == 0);
    FUZZ_CHECK(loom_origin_path(&page->origin)[0] == '\0');
    FUZZ_CHECK(fuzz_reads_as(page->url, &page->origin));
    FUZZ_CHECK(loom_page_parse(page->url, len, allow_loopback_http, &again) == LOOM_OK);
    FUZZ_CHECK(strcmp(again.url, page->url) == 0);
    FUZZ_CHECK(loom_origin_is_equal(&again.origin, &page->origin));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    bool allow_loopback_http = fuzz_take_byte(&input) == 'h';
    char *text = fuzz_copy(input);
    struct loom_page page;
    FUZZ_MARK(page);
    enum loom_err err = loom_page_parse(text, input.len, allow_loopback_http, &page);
    if (err == LOOM_OK)
        check_page(&page, allow_loopback_http);
    else
        FUZZ_CHECK(err == LOOM_ERR_BAD_ANSWER && FUZZ_IS_MARKED(page));
    free(text);
    return 0;
}
