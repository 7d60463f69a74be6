/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an answer points to, as a person is told: scheme, host and port of it, and never what a
 * user or a secret would be. The first line is the server's own URL ("" for none), then comes the
 * Location.
 */
#include "fuzz/fuzz.h"
#include "http/http_priv.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 1024 };

static void check_site(const char *site, size_t len) {
    FUZZ_CHECK(fuzz_is_within(site, len, ' ', '~'));
    const char *host = strstr(site, "://");
    FUZZ_CHECK(host != NULL && host > site && host[3] != '\0');
    FUZZ_CHECK(strpbrk(host + 3, "/?#@\\") == NULL);
    FUZZ_CHECK(memchr(site, '@', (size_t)(host - site)) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer site = LOOM_BUFFER_INIT(ROOM);
    const struct loom_curl *curl;
    FUZZ_CHECK(loom_curl_get(&curl, NULL) == LOOM_OK);
    char *base = fuzz_string(fuzz_take_line(&input)), *url = fuzz_string(input);
    loom_site_spell(curl, base[0] != '\0' ? base : NULL, url, &site);
    if (site.len > 0)
        check_site(site.data, site.len);
    free(base);
    free(url);
    return 0;
}
