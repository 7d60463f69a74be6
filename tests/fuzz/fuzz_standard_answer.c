/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an OAuth 2.0 server answers at its endpoints: fuzz/answers.h has the input, and what must
 * hold. The endpoints are at other hosts than the server.
 */
#include "fuzz/answers.h"

#include <stdio.h>
#include <string.h>

static void put(struct loom_page *out_page, const struct loom_origin *server, const char *path) {
    char url[LOOM_PAGE_MAX];
    (void)snprintf(url, sizeof url, "%s%s",
                   server->is_secure ? "https://id.example.com" : "http://127.0.0.1:8081", path);
    FUZZ_CHECK(loom_oauth_endpoint_parse(server, url, out_page) == LOOM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_answer given = fuzz_take_answer(fuzz_input(bytes, len));
    const char *place = given.is_secure ? "https://git.example.com" : "http://localhost:8080";
    struct loom_authority authority = {
        .is_standard = true, .client_id = LOOM_CLIENT_ID, .scope = LOOM_SCOPE};
    struct loom_origin origin;
    FUZZ_CHECK(loom_origin_parse(place, strlen(place), &origin, NULL) == LOOM_OK);
    put(&authority.device_authorization, &origin, "/device");
    put(&authority.token, &origin, "/token?tenant=a");
    put(&authority.revocation, &origin, "/revoke");
    put(&authority.userinfo, &origin, "/me");
    given.server = &origin;
    given.authority = &authority;
    const struct loom_http http = {.context = &given, .send = fuzz_answer_send};
    const struct loom_remote server = {.http = &http, .origin = &origin, .authority = &authority};
    fuzz_check_call(&server, &given);
    return 0;
}
