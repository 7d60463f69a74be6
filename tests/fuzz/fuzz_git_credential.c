/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What git, or what a repository made git, writes to the helper. A request that is accepted is read
 * a second time here, line by line, and by libcurl; it comes out the same when written anew; and no
 * server answers for another host.
 */
#include "fuzz/fuzz.h"
#include "fuzz/second_reader.h"
#include "git/git_credential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum key { PROTOCOL, HOST, PATH, USERNAME, PASSWORD, KEYS };

static const char *const names[KEYS] = {"protocol=", "host=", "path=", "username=", "password="};

struct fields {
    struct fuzz_input value[KEYS];
    bool is_there[KEYS];
};

/* The lines of an accepted request: none of those that make it another one may be among them. */
static struct fields read_lines(struct fuzz_input input) {
    struct fields fields = {.is_there = {false}};
    while (input.len > 0) {
        struct fuzz_input line = fuzz_take_line(&input);
        if (line.len == 0)
            break;
        FUZZ_CHECK(line.len <= LOOM_GIT_LINE_MAX);
        FUZZ_CHECK(memchr(line.at, '\r', line.len) == NULL);
        FUZZ_CHECK(memchr(line.at, '\0', line.len) == NULL);
        FUZZ_CHECK(memchr(line.at, '=', line.len) != NULL);
        for (size_t i = 0; i < KEYS; i++) {
            size_t len = strlen(names[i]);
            if (line.len < len || memcmp(line.at, names[i], len) != 0)
                continue;
            FUZZ_CHECK(!fields.is_there[i]);
            fields.is_there[i] = true;
            fields.value[i] = (struct fuzz_input){line.at + len, line.len - len};
        }
    }
    return fields;
}

static void check_path(const struct loom_git_request *request, const struct fields *fields) {
    const char *path = loom_origin_path(&request->origin);
    if (path[0] == '\0')
        return;
    struct fuzz_input value = fields->value[PATH];
    size_t len = strlen(path) - 1; /* less the slash before it */
    FUZZ_CHECK(len <= value.len && memcmp(path + 1, value.at, len) == 0);
    FUZZ_CHECK(len == value.len || value.at[len] == '/');
    FUZZ_CHECK(memmem(value.at, value.len, "/../", 4) == NULL);
    FUZZ_CHECK(memchr(value.at, '\\', value.len) == NULL);
}

static void check_fields(const struct loom_git_request *request, const struct fields *fields) {
    FUZZ_CHECK(fields->is_there[PROTOCOL] && fields->is_there[HOST]);
    struct fuzz_input protocol = fields->value[PROTOCOL], host = fields->value[HOST];
    FUZZ_CHECK(host.len > 0 && host.len <= LOOM_ORIGIN_MAX);
    FUZZ_CHECK(memchr(host.at, '/', host.len) == NULL && memchr(host.at, '@', host.len) == NULL);
    FUZZ_CHECK(protocol.len == (request->origin.is_secure ? 5 : 4));
    char url[LOOM_ORIGIN_MAX + 16];
    (void)snprintf(url, sizeof url, "%.*s://%.*s", (int)protocol.len, protocol.at, (int)host.len,
                   host.at);
    FUZZ_CHECK(fuzz_reads_as(url, &request->origin));
    check_path(request, fields);
    struct fuzz_input username = fields->value[USERNAME], password = fields->value[PASSWORD];
    FUZZ_CHECK(request->has_username == fields->is_there[USERNAME]);
    FUZZ_CHECK(strlen(request->username) == username.len && username.len <= LOOM_GIT_USERNAME_MAX);
    FUZZ_CHECK(memcmp(request->username, username.len > 0 ? username.at : "", username.len) == 0);
    bool is_token = password.len > 0 && password.len <= LOOM_TOKEN_MAX &&
                    fuzz_is_within(password.at, password.len, '!', '~');
    FUZZ_CHECK((request->password != NULL) == is_token);
    if (is_token)
        FUZZ_CHECK(loom_secret_len(request->password) == password.len &&
                   memcmp(loom_secret_bytes(request->password), password.at, password.len) == 0);
}

/* Written anew in git's way it is the same request. */
static void check_again(const struct loom_git_request *request) {
    LOOM_CLEANUP(loom_git_request_clear) struct loom_git_request again = LOOM_GIT_REQUEST_INIT;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_GIT_INPUT_MAX);
    const struct loom_origin *origin = &request->origin;
    const char *authority = strstr(origin->url, "://") + 3;
    size_t len = origin->path_at - (size_t)(authority - origin->url);
    const char *path = loom_origin_path(origin);
    FUZZ_CHECK(loom_buffer_add_format(&text, "protocol=%s\nhost=%.*s\npath=%s\n",
                                      origin->is_secure ? "https" : "http", (int)len, authority,
                                      path[0] == '/' ? path + 1 : path) == LOOM_OK);
    if (request->has_username)
        FUZZ_CHECK(loom_buffer_add_format(&text, "username=%s\n", request->username) == LOOM_OK);
    if (request->password != NULL)
        FUZZ_CHECK(loom_buffer_add_format(&text, "password=%s\n",
                                          loom_secret_bytes(request->password)) == LOOM_OK);
    FUZZ_CHECK(!loom_git_is_complete(text.data, text.len));
    FUZZ_CHECK(loom_buffer_add_text(&text, "\n") == LOOM_OK);
    FUZZ_CHECK(loom_git_is_complete(text.data, text.len));
    FUZZ_CHECK(loom_git_parse(text.data, text.len, &again) == LOOM_OK);
    FUZZ_CHECK(loom_origin_is_equal(origin, &again.origin));
    FUZZ_CHECK(request->has_username == again.has_username &&
               strcmp(request->username, again.username) == 0);
    FUZZ_CHECK((request->password == NULL && again.password == NULL) ||
               loom_secret_is_equal(request->password, again.password));
}

static void check_matches(const struct loom_git_request *request) {
    static const char *const servers[] = {
        "https://loom.example.com",     "https://loom.example.com/a",
        "https://loom.example.com/a/b", "https://loom.example.com:8443",
        "http://localhost:8080",        "https://[2001:db8::1]",
    };
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct loom_origin server;
        FUZZ_CHECK(loom_origin_parse(servers[i], strlen(servers[i]), &server, NULL) == LOOM_OK);
        size_t len = strlen(server.url), match = loom_git_match(request, &server);
        const char *asked = request->origin.url;
        bool is_prefix =
            strncmp(asked, server.url, len) == 0 && (asked[len] == '\0' || asked[len] == '/');
        FUZZ_CHECK(match == (is_prefix ? 1 + strlen(loom_origin_path(&server)) : 0));
    }
    FUZZ_CHECK(loom_git_match(request, &request->origin) > 0);
}

/* Two lines and not a byte more, whatever the token. */
static void check_answer(const struct loom_secret *password) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_GIT_ANSWER_MAX);
    const struct loom_git_answer answer = {.password = password};
    FUZZ_CHECK(loom_git_add_answer(&out, &answer) == LOOM_OK);
    struct fuzz_input text = {loom_buffer_text(&out), out.len};
    struct fuzz_input first = fuzz_take_line(&text), second = fuzz_take_line(&text);
    FUZZ_CHECK(text.len == 0 && first.len == strlen("username=oauth2"));
    FUZZ_CHECK(memcmp(first.at, "username=oauth2", first.len) == 0);
    FUZZ_CHECK(second.len == strlen("password=") + loom_secret_len(password));
}

static void check_request(struct fuzz_input input, const struct loom_git_request *request) {
    struct fields fields = read_lines(input);
    check_fields(request, &fields);
    check_again(request);
    check_matches(request);
    if (request->password != NULL)
        check_answer(request->password);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    struct loom_git_request request;
    FUZZ_MARK(request);
    enum loom_err err = loom_git_parse(input.at, input.len, &request);
    const char *end = len > 0 ? memmem(input.at, len, "\n\n", 2) : NULL;
    FUZZ_CHECK(loom_git_is_complete(input.at, len) ==
               (end != NULL || (len > 0 && input.at[0] == '\n')));
    if (err != LOOM_OK) {
        FUZZ_CHECK(err == LOOM_ERR_USAGE && FUZZ_IS_MARKED(request));
        return 0;
    }
    check_request(input, &request);
    loom_git_request_clear(&request);
    return 0;
}
