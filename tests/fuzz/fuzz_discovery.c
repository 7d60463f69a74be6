/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an OAuth 2.0 server says about itself. The first line is the answer of the first place, the
 * second that of the other, each as fuzz/answers.h has it. What is believed is of this server, and
 * no endpoint is one that a token could be lost to on the way.
 */
#include "fuzz/answers.h"

#include <stdlib.h>
#include <string.h>

struct places {
    struct fuzz_answer answers[2];
    size_t asked;
};

static enum loom_err send(void *context, const struct loom_http_request *request,
                          struct loom_http_response *out_response, struct loom_error *error) {
    struct places *places = context;
    FUZZ_CHECK(places->asked < 2 && request->method == LOOM_HTTP_GET);
    FUZZ_CHECK(request->bearer == NULL && request->body == NULL);
    FUZZ_CHECK(strncmp(request->path, "/.well-known/", strlen("/.well-known/")) == 0);
    return fuzz_answer_send(&places->answers[places->asked++], request, out_response, error);
}

static void check_endpoint(const struct loom_page *page, const struct loom_origin *server,
                           bool is_required) {
    FUZZ_CHECK(page->url[0] != '\0' || !is_required);
    if (page->url[0] == '\0')
        return;
    struct loom_page again;
    fuzz_check_page(page, server);
    FUZZ_CHECK(strchr(page->url, '#') == NULL);
    FUZZ_CHECK(loom_oauth_endpoint_parse(server, page->url, &again) == LOOM_OK);
    FUZZ_CHECK(strcmp(again.url, page->url) == 0);
}

static void check_authority(const struct loom_authority *authority,
                            const struct loom_origin *server) {
    struct loom_origin issuer;
    size_t len = strnlen(authority->issuer, sizeof authority->issuer);
    FUZZ_CHECK(authority->is_standard && len <= LOOM_ISSUER_MAX);
    FUZZ_CHECK(loom_origin_parse(authority->issuer, len, &issuer, NULL) == LOOM_OK);
    FUZZ_CHECK(loom_origin_is_equal(&issuer, server));
    check_endpoint(&authority->device_authorization, server, true);
    check_endpoint(&authority->token, server, true);
    check_endpoint(&authority->revocation, server, false);
    check_endpoint(&authority->userinfo, server, false);
    FUZZ_CHECK(strcmp(authority->client_id, LOOM_CLIENT_ID) == 0);
    static const char *const scopes[] = {"", "openid", "offline_access", LOOM_SCOPE};
    bool is_usual = false;
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++)
        is_usual = is_usual || strcmp(authority->scope, scopes[i]) == 0;
    FUZZ_CHECK(is_usual && loom_oauth_is_scope(authority->scope));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    struct places places = {.asked = 0};
    places.answers[0] = fuzz_take_answer(fuzz_take_line(&input));
    places.answers[1] = fuzz_take_answer(fuzz_take_line(&input));
    const char *place =
        places.answers[0].is_secure ? "https://git.example.com/base" : "http://localhost:8080";
    struct loom_origin origin;
    FUZZ_CHECK(loom_origin_parse(place, strlen(place), &origin, NULL) == LOOM_OK);
    places.answers[0].server = places.answers[1].server = &origin;
    const struct loom_http http = {.context = &places, .send = send};
    const struct loom_remote server = {.http = &http, .origin = &origin};
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_authority authority;
    FUZZ_MARK(authority);
    enum loom_err err = loom_oauth_discover(&server, NULL, NULL, &authority, &error);
    fuzz_check_error(&error, NULL);
    if (err != LOOM_OK) {
        FUZZ_CHECK(FUZZ_IS_MARKED(authority) && error.code == err && err != LOOM_ERR_INTERNAL);
        return 0;
    }
    const struct fuzz_answer *last = &places.answers[places.asked - 1];
    FUZZ_CHECK(fuzz_answer_is_success(last) && last->is_json);
    check_authority(&authority, &origin);
    return 0;
}
