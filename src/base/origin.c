/* SPDX-License-Identifier: Apache-2.0 */
#include "base/origin.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <uriparser/Uri.h>

enum { PORT_HTTPS = 443, PORT_HTTP = 80, LABEL_MAX = 63 };

/* What was given, cut into its parts; every span points into the caller's text. */
struct span {
    const char *at;
    size_t len;
};

struct parts {
    struct span scheme; /* empty: none was given */
    struct span authority;
    struct span rest; /* path, query, fragment */
};

static bool span_is(struct span span, const char *lower) {
    if (span.len != strlen(lower))
        return false;
    for (size_t i = 0; i < span.len; i++)
        if (loom_ascii_lower(span.at[i]) != lower[i])
            return false;
    return true;
}

static bool span_has(struct span span, char c) {
    return span.len > 0 && memchr(span.at, c, span.len) != NULL;
}

static size_t span_find_any(struct span span, const char *set) {
    size_t i = 0;
    while (i < span.len && strchr(set, span.at[i]) == NULL)
        i++;
    return i;
}

static struct parts split(struct span text) {
    struct parts parts = {.scheme = {text.at, 0}};
    size_t colon = span_find_any(text, ":/?#[@");
    if (text.len - colon >= 3 && memcmp(text.at + colon, "://", 3) == 0) {
        parts.scheme.len = colon;
        text = (struct span){text.at + colon + 3, text.len - colon - 3};
    }
    size_t end = span_find_any(text, "/?#");
    parts.authority = (struct span){text.at, end};
    parts.rest = (struct span){text.at + end, text.len - end};
    return parts;
}

static enum loom_origin_fault check_bytes(struct span text) {
    if (text.len == 0)
        return LOOM_ORIGIN_EMPTY;
    if (text.len > LOOM_ORIGIN_MAX)
        return LOOM_ORIGIN_TOO_LONG;
    bool has_high = false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (byte <= 0x20 || byte == 0x7f)
            return LOOM_ORIGIN_BAD_CHARACTER;
        has_high = has_high || byte >= 0x80;
    }
    return has_high ? LOOM_ORIGIN_NON_ASCII : LOOM_ORIGIN_FINE;
}

/*
 * "mailto:x" and "file:/x" are no host with a port: what stands before the colon has no dot, and
 * what follows it does not begin like a port.
 */
static bool has_other_scheme(struct span authority) {
    struct span name = {authority.at, span_find_any(authority, ":")};
    if (name.len == authority.len || span_has(name, '.') || span_has(name, '[') ||
        span_is(name, "localhost"))
        return false;
    return name.len + 1 == authority.len || !loom_ascii_is_digit(authority.at[name.len + 1]);
}

/*
 * "https", "https:", "https:good.com": a scheme, and nothing that says where. "http:8443" could be
 * a host of that name; whoever reads it next may see the scheme, so no host has it.
 */
static bool is_scheme_alone(struct span authority) {
    struct span name = {authority.at, span_find_any(authority, ":")};
    return span_is(name, "https") || span_is(name, "http");
}

/* The refusals that a URI parser would let pass, or would call by a less helpful name. */
static enum loom_origin_fault check_parts(const struct parts *parts) {
    bool has_scheme = parts->scheme.at != parts->authority.at;
    struct span authority = parts->authority;
    if (has_scheme && !span_is(parts->scheme, "https") && !span_is(parts->scheme, "http"))
        return LOOM_ORIGIN_BAD_SCHEME;
    if (authority.len == 0)
        return LOOM_ORIGIN_NO_HOST;
    if (span_has(authority, '@'))
        return LOOM_ORIGIN_USERINFO;
    if (span_has(authority, '%') || span_has(authority, '\\'))
        return LOOM_ORIGIN_BAD_AUTHORITY;
    if (authority.at[0] == ':')
        return LOOM_ORIGIN_NO_HOST;
    if (is_scheme_alone(authority))
        return LOOM_ORIGIN_NO_HOST;
    if (!has_scheme && has_other_scheme(authority))
        return LOOM_ORIGIN_BAD_SCHEME;
    if (span_has(parts->rest, '#'))
        return LOOM_ORIGIN_FRAGMENT;
    if (span_has(parts->rest, '?'))
        return LOOM_ORIGIN_QUERY;
    return LOOM_ORIGIN_FINE;
}

static enum loom_origin_fault read_port(struct span text, uint16_t *out_port) {
    uint64_t port;
    if (text.len > 5 || !loom_text_parse_number(text.at, text.len, UINT16_MAX, &port) || port == 0)
        return LOOM_ORIGIN_BAD_PORT;
    *out_port = (uint16_t)port;
    return LOOM_ORIGIN_FINE;
}

/* [host] or host, then an optional port. An absent port leaves *out_port alone. */
static enum loom_origin_fault split_authority(struct span authority, struct span *out_host,
                                              uint16_t *out_port) {
    size_t colon = span_find_any(authority, ":");
    if (authority.at[0] == '[') {
        size_t close = span_find_any(authority, "]");
        if (close == authority.len)
            return LOOM_ORIGIN_BAD_HOST;
        colon = close + 1;
        if (colon < authority.len && authority.at[colon] != ':')
            return LOOM_ORIGIN_BAD_HOST;
    }
    *out_host = (struct span){authority.at, colon};
    if (colon == authority.len)
        return LOOM_ORIGIN_FINE;
    return read_port((struct span){authority.at + colon + 1, authority.len - colon - 1}, out_port);
}

static bool is_label(struct span label) {
    if (label.len == 0 || label.len > LABEL_MAX || label.at[0] == '-' ||
        label.at[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!loom_ascii_is_alnum(label.at[i]) && label.at[i] != '-' && label.at[i] != '_')
            return false;
    return true;
}

/* Resolvers read a name whose last label is a number as an address, each in its own way. */
static bool is_number_label(struct span label) {
    bool is_hex = label.len >= 2 && label.at[0] == '0' && loom_ascii_lower(label.at[1]) == 'x';
    for (size_t i = is_hex ? 2 : 0; i < label.len; i++) {
        char c = loom_ascii_lower(label.at[i]);
        if (!loom_ascii_is_digit(c) && !(is_hex && c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

static enum loom_origin_fault check_name(struct span name) {
    if (name.len > 0 && name.at[name.len - 1] == '.')
        return LOOM_ORIGIN_TRAILING_DOT;
    if (name.len > LOOM_HOST_MAX)
        return LOOM_ORIGIN_BAD_HOST;
    struct span left = name;
    for (;;) {
        size_t dot = span_find_any(left, ".");
        struct span label = {left.at, dot};
        if (!is_label(label))
            return LOOM_ORIGIN_BAD_HOST;
        if (dot == left.len)
            return is_number_label(label) ? LOOM_ORIGIN_ODD_ADDRESS : LOOM_ORIGIN_FINE;
        left = (struct span){left.at + dot + 1, left.len - dot - 1};
    }
}

static void copy_lower(struct span text, char *out_text) {
    for (size_t i = 0; i < text.len; i++)
        out_text[i] = loom_ascii_lower(text.at[i]);
    out_text[text.len] = '\0';
}

/* uriparser has read the address; inet_ntop gives the spelling of RFC 5952. */
static enum loom_origin_fault read_host(const UriUriA *uri, struct span host,
                                        struct loom_origin *origin) {
    if (uri->hostData.ipFuture.first != NULL)
        return LOOM_ORIGIN_BAD_HOST;
    if (uri->hostData.ip6 != NULL) {
        static const unsigned char loopback[16] = {[15] = 1};
        (void)inet_ntop(AF_INET6, uri->hostData.ip6->data, origin->host, sizeof origin->host);
        origin->is_loopback = memcmp(uri->hostData.ip6->data, loopback, sizeof loopback) == 0;
        return LOOM_ORIGIN_FINE;
    }
    if (uri->hostData.ip4 != NULL) {
        (void)inet_ntop(AF_INET, uri->hostData.ip4->data, origin->host, sizeof origin->host);
        origin->is_loopback = uri->hostData.ip4->data[0] == 127;
        return LOOM_ORIGIN_FINE;
    }
    enum loom_origin_fault fault = check_name(host);
    if (fault != LOOM_ORIGIN_FINE)
        return fault;
    copy_lower(host, origin->host);
    origin->is_loopback = strcmp(origin->host, "localhost") == 0;
    return LOOM_ORIGIN_FINE;
}

/* Trailing slashes are already gone. */
static enum loom_origin_fault check_path(struct span path) {
    while (path.len > 0) {
        struct span segment = {path.at + 1, path.len - 1};
        segment.len = span_find_any(segment, "/");
        if (segment.len == 0 || span_is(segment, ".") || span_is(segment, "..") ||
            span_has(segment, '%'))
            return LOOM_ORIGIN_BAD_PATH;
        path = (struct span){segment.at + segment.len, path.len - 1 - segment.len};
    }
    return LOOM_ORIGIN_FINE;
}

static enum loom_origin_fault write_url(struct loom_origin *origin, struct span path) {
    const char *scheme = origin->is_secure ? "https" : "http";
    bool is_v6 = strchr(origin->host, ':') != NULL;
    char port[sizeof ":65535"] = "";
    if (origin->port != (origin->is_secure ? PORT_HTTPS : PORT_HTTP))
        (void)snprintf(port, sizeof port, ":%u", (unsigned)origin->port);
    int len =
        snprintf(origin->url, sizeof origin->url, "%s://%s%s%s%s%.*s", scheme, is_v6 ? "[" : "",
                 origin->host, is_v6 ? "]" : "", port, (int)path.len, path.at);
    if (len < 0 || (size_t)len >= sizeof origin->url)
        return LOOM_ORIGIN_TOO_LONG;
    origin->path_at = (size_t)len - path.len;
    return LOOM_ORIGIN_FINE;
}

static enum loom_origin_fault read_uri(const struct parts *parts, const UriUriA *uri,
                                       struct loom_origin *origin) {
    struct span host;
    origin->is_secure = !span_is(parts->scheme, "http");
    origin->port = origin->is_secure ? PORT_HTTPS : PORT_HTTP;
    enum loom_origin_fault fault = split_authority(parts->authority, &host, &origin->port);
    if (fault == LOOM_ORIGIN_FINE)
        fault = read_host(uri, host, origin);
    if (fault != LOOM_ORIGIN_FINE)
        return fault;
    if (!origin->is_secure && !origin->is_loopback)
        return LOOM_ORIGIN_INSECURE;
    struct span path = parts->rest;
    while (path.len > 0 && path.at[path.len - 1] == '/')
        path.len--;
    fault = check_path(path);
    return fault == LOOM_ORIGIN_FINE ? write_url(origin, path) : fault;
}

static bool is_v6_literal(struct span host) {
    char address[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    if (host.len < 2 || host.len - 2 >= sizeof address)
        return false;
    memcpy(address, host.at + 1, host.len - 2);
    address[host.len - 2] = '\0';
    return inet_pton(AF_INET6, address, &parsed) == 1;
}

/*
 * Why uriparser refused it. It says where it stopped, but that may be anywhere behind the culprit:
 * when nothing is wrong with the authority, it is what follows.
 */
static enum loom_origin_fault explain(const struct parts *parts) {
    struct span host;
    uint16_t port;
    enum loom_origin_fault fault = split_authority(parts->authority, &host, &port);
    if (fault == LOOM_ORIGIN_FINE && host.at[0] != '[')
        fault = check_name(host);
    else if (fault == LOOM_ORIGIN_FINE && !is_v6_literal(host))
        fault = LOOM_ORIGIN_BAD_HOST;
    if (fault != LOOM_ORIGIN_FINE)
        return fault;
    return span_has(parts->rest, '%') ? LOOM_ORIGIN_BAD_PATH : LOOM_ORIGIN_BAD_CHARACTER;
}

static enum loom_err parse(struct span text, struct loom_origin *out_origin,
                           enum loom_origin_fault *out_fault) {
    struct parts parts = split(text);
    if ((*out_fault = check_parts(&parts)) != LOOM_ORIGIN_FINE)
        return LOOM_ERR_USAGE;
    char spelled[LOOM_ORIGIN_MAX + sizeof "https://"];
    (void)snprintf(spelled, sizeof spelled, "https://%.*s%.*s", (int)parts.authority.len,
                   parts.authority.at, (int)parts.rest.len, parts.rest.at);
    UriUriA uri;
    int result = uriParseSingleUriA(&uri, spelled, NULL);
    if (result == URI_ERROR_MALLOC)
        return LOOM_ERR_INTERNAL;
    if (result != URI_SUCCESS) {
        *out_fault = explain(&parts);
        return LOOM_ERR_USAGE;
    }
    struct loom_origin origin = {.port = 0};
    *out_fault = read_uri(&parts, &uri, &origin);
    uriFreeUriMembersA(&uri);
    if (*out_fault != LOOM_ORIGIN_FINE)
        return LOOM_ERR_USAGE;
    *out_origin = origin;
    return LOOM_OK;
}

enum loom_err loom_origin_parse(const char *text, size_t len, struct loom_origin *out_origin,
                                enum loom_origin_fault *out_fault) {
    struct span span = {text, len};
    enum loom_origin_fault fault = check_bytes(span);
    enum loom_err err = LOOM_ERR_USAGE;
    if (fault == LOOM_ORIGIN_FINE)
        err = parse(span, out_origin, &fault);
    if (out_fault != NULL)
        *out_fault = fault;
    return err;
}

bool loom_origin_is_equal(const struct loom_origin *a, const struct loom_origin *b) {
    return strcmp(a->url, b->url) == 0;
}

bool loom_origin_is_same_host(const struct loom_origin *a, const struct loom_origin *b) {
    return a->path_at == b->path_at && memcmp(a->url, b->url, a->path_at) == 0;
}

const char *loom_origin_path(const struct loom_origin *origin) {
    return origin->url + origin->path_at;
}
