/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which server: the one strict type that HTTP, the store, the vault's associated data, the helper
 * and every message use.
 *
 *     struct loom_origin server;
 *     enum loom_origin_fault fault;
 *     if (loom_origin_parse(typed, strlen(typed), &server, &fault) != LOOM_OK) ... say fault ...
 *     if (loom_origin_is_equal(&server, &stored->origin)) ...
 *
 * A URL is parsed once (RFC 3986, by uriparser) into its canonical spelling; from then on two
 * servers are the same exactly if their `url` is, byte for byte. The path is part of a server's
 * identity. Accepted: https everywhere, http for the exact loopback hosts `localhost`,
 * 127.0.0.0/8 and [::1]; a host without a scheme means https. Everything that two programs could
 * read differently is refused, not repaired; the fault says which, so that a sentence can say
 * what to type instead.
 */
#ifndef LOOM_BASE_ORIGIN_H
#define LOOM_BASE_ORIGIN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOOM_ORIGIN_MAX = 1024, /* bytes of the canonical spelling */
    LOOM_HOST_MAX = 253,    /* bytes, RFC 1035 section 2.3.4 less the root */
};

enum loom_origin_fault {
    LOOM_ORIGIN_FINE = 0,
    LOOM_ORIGIN_EMPTY,         /* nothing was given */
    LOOM_ORIGIN_TOO_LONG,      /* more than LOOM_ORIGIN_MAX bytes */
    LOOM_ORIGIN_BAD_CHARACTER, /* a blank, a control character, or one that a URL cannot have */
    LOOM_ORIGIN_NON_ASCII,     /* an international name not in its xn-- form */
    LOOM_ORIGIN_BAD_SCHEME,    /* neither https nor http */
    LOOM_ORIGIN_INSECURE,      /* http to a host that is not loopback */
    LOOM_ORIGIN_NO_HOST,       /* https:///x, https:/x, https: */
    LOOM_ORIGIN_USERINFO,      /* somebody@host */
    LOOM_ORIGIN_BAD_AUTHORITY, /* % or \ before the path, or a zone id */
    LOOM_ORIGIN_BAD_HOST,      /* labels or brackets that are none */
    LOOM_ORIGIN_TRAILING_DOT,  /* loom.example.com. */
    LOOM_ORIGIN_ODD_ADDRESS,   /* 127.1, 0x7f000001, 0177.0.0.1 */
    LOOM_ORIGIN_BAD_PORT,      /* empty, not a number, 0, above 65535 */
    LOOM_ORIGIN_QUERY,         /* ?... */
    LOOM_ORIGIN_FRAGMENT,      /* #... */
    LOOM_ORIGIN_BAD_PATH,      /* . and .. segments, empty segments, % */
};

struct loom_origin {
    char url[LOOM_ORIGIN_MAX + 1]; /* https://host[:port][/path], the identity */
    char host[LOOM_HOST_MAX + 1];  /* lower case; an IPv6 address without its brackets */
    uint16_t port;                 /* the default one made explicit */
    bool is_secure;                /* https */
    bool is_loopback;              /* localhost, 127.0.0.0/8, ::1 */
    size_t path_at;                /* where in `url` the path begins; strlen(url) when none */
};

/*
 * Read `len` bytes that a person, a file or git gave. LOOM_ERR_USAGE: refused, *out_fault (may be
 * NULL) says why. LOOM_ERR_INTERNAL: no memory.
 */
LOOM_CHECKED enum loom_err loom_origin_parse(const char *text, size_t len,
                                             struct loom_origin *out_origin,
                                             enum loom_origin_fault *out_fault);

/* Are they one server? Path included. */
bool loom_origin_is_equal(const struct loom_origin *a, const struct loom_origin *b);

/* Do scheme, host and port agree, whatever the paths? */
bool loom_origin_is_same_host(const struct loom_origin *a, const struct loom_origin *b);

/* "" or "/path", inside the origin. */
const char *loom_origin_path(const struct loom_origin *origin);

/*
 * A page on which a person is to type a code: any https URL, or http on a loopback host when
 * `allow_loopback_http` (only for a server that is http loopback itself). Path, query and fragment
 * stay as given but may hold only what RFC 3986 allows; user info, blanks, quotes, control and
 * non-ASCII characters, and a percent sign without its two digits are refused.
 */
enum { LOOM_PAGE_MAX = 2048 }; /* bytes */

struct loom_page {
    char url[LOOM_PAGE_MAX +
             1]; /* host folded and re-serialised: the one spelling shown and opened */
    struct loom_origin origin; /* scheme, host and port of it, no path */
};

/* LOOM_ERR_BAD_ANSWER: not such a page. */
LOOM_CHECKED enum loom_err loom_page_parse(const char *text, size_t len, bool allow_loopback_http,
                                           struct loom_page *out_page);

#endif
