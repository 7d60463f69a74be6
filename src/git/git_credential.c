/* SPDX-License-Identifier: Apache-2.0 */
#include "git/git_credential.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

enum key { PROTOCOL, HOST, PATH, USERNAME, PASSWORD, KEY_COUNT };

/* git knows more of them, and later ones will know others: all of those are passed over. */
static const char *const key_names[KEY_COUNT] = {"protocol", "host", "path", "username",
                                                 "password"};

struct span {
    const char *at; /* NULL: the key did not come */
    size_t len;
};

struct fields {
    struct span value[KEY_COUNT];
};

static bool span_is(struct span span, const char *text) {
    return span.len == strlen(text) && memcmp(span.at, text, span.len) == 0;
}

static bool span_has(struct span span, char c) {
    return span.len > 0 && memchr(span.at, c, span.len) != NULL;
}

static size_t span_find(struct span span, char c) {
    const char *found = span.len > 0 ? memchr(span.at, c, span.len) : NULL;
    return found == NULL ? span.len : (size_t)(found - span.at);
}

/* ---- Lines ---- */

bool loom_git_is_complete(const char *bytes, size_t len) {
    if (len == 0)
        return false;
    return bytes[0] == '\n' || memmem(bytes, len, "\n\n", 2) != NULL;
}

static bool read_line(struct span line, struct fields *fields) {
    size_t equals = span_find(line, '=');
    if (line.len > LOOM_GIT_LINE_MAX || equals == line.len || span_has(line, '\r') ||
        span_has(line, '\0'))
        return false;
    struct span name = {line.at, equals};
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (!span_is(name, key_names[i]))
            continue;
        if (fields->value[i].at != NULL)
            return false;
        fields->value[i] = (struct span){line.at + equals + 1, line.len - equals - 1};
    }
    return true;
}

/* Up to the blank line, or to the end: then the last line needs no LF. */
static bool read_lines(struct span text, struct fields *fields) {
    while (text.len > 0) {
        struct span line = {text.at, span_find(text, '\n')};
        if (line.len == 0)
            return true;
        if (!read_line(line, fields))
            return false;
        size_t used = line.len < text.len ? line.len + 1 : line.len;
        text = (struct span){text.at + used, text.len - used};
    }
    return true;
}

/* ---- Which server ---- */

/* RFC 3986 section 3.3: pchar, less the percent sign, which no server's own path has. */
static bool is_path_character(char c) {
    return loom_ascii_is_alnum(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@", c) != NULL);
}

static bool is_plain_segment(struct span segment) {
    for (size_t i = 0; i < segment.len; i++)
        if (!is_path_character(segment.at[i]))
            return false;
    return segment.len > 0;
}

/*
 * git hands over the path decoded, and HTTP clients and servers fold dot segments away: what stands
 * before one says nothing about where the request goes.
 */
static bool leads_elsewhere(struct span path) {
    if (span_has(path, '\\'))
        return true;
    for (;;) {
        struct span segment = {path.at, span_find(path, '/')};
        if (span_is(segment, ".") || span_is(segment, ".."))
            return true;
        if (segment.len == path.len)
            return false;
        path = (struct span){path.at + segment.len + 1, path.len - segment.len - 1};
    }
}

/* Append whole segments to the URL as long as a server's path could have them and they fit. */
static enum loom_err add_path(struct loom_buffer *url, struct span path) {
    while (path.len > 0) {
        struct span segment = {path.at, span_find(path, '/')};
        if (!is_plain_segment(segment) || segment.len + 1 > LOOM_ORIGIN_MAX - url->len)
            return LOOM_OK;
        enum loom_err err = loom_buffer_add_text(url, "/");
        if (err == LOOM_OK)
            err = loom_buffer_add(url, segment.at, segment.len);
        if (err != LOOM_OK)
            return err;
        size_t used = segment.len < path.len ? segment.len + 1 : segment.len;
        path = (struct span){path.at + used, path.len - used};
    }
    return LOOM_OK;
}

/* "host:0443" is a spelling that git's own comparison takes for another host. */
static bool has_odd_port(struct span host) {
    size_t close = span_find(host, ']');
    struct span tail = close < host.len ? (struct span){host.at + close, host.len - close} : host;
    size_t colon = span_find(tail, ':');
    return colon + 1 < tail.len && tail.at[colon + 1] == '0';
}

static bool is_web(struct span protocol) {
    char lower[sizeof "https"] = "";
    for (size_t i = 0; i < protocol.len && i < sizeof lower - 1; i++)
        lower[i] = loom_ascii_lower(protocol.at[i]);
    return protocol.len < sizeof lower &&
           (strcmp(lower, "https") == 0 || strcmp(lower, "http") == 0);
}

static enum loom_err read_origin(const struct fields *fields, struct loom_origin *out_origin) {
    struct span protocol = fields->value[PROTOCOL], host = fields->value[HOST];
    struct span path = fields->value[PATH];
    if (protocol.at == NULL || !is_web(protocol) || host.len == 0 ||
        host.len > LOOM_ORIGIN_MAX - strlen("https://") || has_odd_port(host) ||
        leads_elsewhere(path))
        return LOOM_ERR_USAGE;
    /* The parser would take what follows one of these for a path, a query or a fragment. */
    if (span_has(host, '/') || span_has(host, '?') || span_has(host, '#'))
        return LOOM_ERR_USAGE;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer url = LOOM_BUFFER_INIT(LOOM_ORIGIN_MAX);
    enum loom_err err = loom_buffer_add(&url, protocol.at, protocol.len);
    if (err == LOOM_OK)
        err = loom_buffer_add_text(&url, "://");
    if (err == LOOM_OK)
        err = loom_buffer_add(&url, host.at, host.len);
    if (err == LOOM_OK)
        err = add_path(&url, path);
    return err == LOOM_OK ? loom_origin_parse(url.data, url.len, out_origin, NULL) : err;
}

/* ---- Requests ---- */

static enum loom_err read_username(struct span username, struct loom_git_request *request) {
    if (username.len > LOOM_GIT_USERNAME_MAX)
        return LOOM_ERR_USAGE;
    if (username.at == NULL)
        return LOOM_OK;
    request->has_username = true;
    memcpy(request->username, username.at, username.len);
    request->username[username.len] = '\0';
    return LOOM_OK;
}

/* What no token can be is no password of ours; such a request is still one. */
static enum loom_err read_password(struct span password, struct loom_git_request *request) {
    if (password.at == NULL)
        return LOOM_OK;
    enum loom_err err = loom_secret_new(password.at, password.len, &request->password);
    return err == LOOM_ERR_BAD_ANSWER ? LOOM_OK : err;
}

enum loom_err loom_git_parse(const char *bytes, size_t len, struct loom_git_request *out_request) {
    struct fields fields = {.value = {{.at = NULL}}};
    if (len > LOOM_GIT_INPUT_MAX || !read_lines((struct span){bytes, len}, &fields))
        return LOOM_ERR_USAGE;
    LOOM_CLEANUP(loom_git_request_clear) struct loom_git_request request = LOOM_GIT_REQUEST_INIT;
    enum loom_err err = read_origin(&fields, &request.origin);
    if (err == LOOM_OK)
        err = read_username(fields.value[USERNAME], &request);
    if (err == LOOM_OK)
        err = read_password(fields.value[PASSWORD], &request);
    if (err != LOOM_OK)
        return err;
    *out_request = request;
    request.password = NULL; /* moved */
    return LOOM_OK;
}

void loom_git_request_clear(struct loom_git_request *request) {
    loom_secret_free(request->password);
    *request = (struct loom_git_request)LOOM_GIT_REQUEST_INIT;
}

size_t loom_git_match(const struct loom_git_request *request, const struct loom_origin *server) {
    const char *asked = loom_origin_path(&request->origin);
    const char *own = loom_origin_path(server);
    size_t own_len = strlen(own);
    if (!loom_origin_is_same_host(&request->origin, server) || strncmp(asked, own, own_len) != 0 ||
        (asked[own_len] != '\0' && asked[own_len] != '/'))
        return 0;
    return 1 + own_len;
}

/* ---- Answers ---- */

static enum loom_err add_credential(struct loom_buffer *out, const struct loom_git_answer *answer) {
    enum loom_err err = loom_buffer_add_text(out, "username=" LOOM_GIT_USERNAME "\npassword=");
    if (err == LOOM_OK)
        err = loom_buffer_add(out, loom_secret_bytes(answer->password),
                              loom_secret_len(answer->password));
    if (err == LOOM_OK)
        err = loom_buffer_add_text(out, "\n");
    if (err == LOOM_OK && answer->expires_at > 0)
        err = loom_buffer_add_format(out, "password_expiry_utc=%" PRId64 "\n", answer->expires_at);
    return err;
}

enum loom_err loom_git_add_answer(struct loom_buffer *out, const struct loom_git_answer *answer) {
    size_t before = out->len;
    if (answer->quit)
        return loom_buffer_add_text(out, "quit=1\n");
    enum loom_err err = answer->password == NULL ? LOOM_OK : add_credential(out, answer);
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}
