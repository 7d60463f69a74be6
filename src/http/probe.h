/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is learned on the way to a server, for a person who asks why it cannot be reached: plain
 * values, without anything of libcurl in them.
 *
 *     struct loom_probe probe;
 *     err = http.probe(http.context, &request, &probe, &response, error);
 *     ... probe.reached, probe.certificate ...
 *
 * The request is made exactly as http/http.h promises, and everything is filled in whatever comes
 * of it. When a certificate was refused, a second connection looks at it: over that one nothing is
 * ever sent but the handshake, and nothing that it shows is believed. Text is what the other side
 * says of itself, cut to its room: it is shown through loom_text_add_printable() alone.
 */
#ifndef LOOM_HTTP_PROBE_H
#define LOOM_HTTP_PROBE_H

#include "http/http.h"

enum {
    LOOM_PROBE_ADDRESSES_MAX = 8,
    LOOM_PROBE_ADDRESS_SIZE = 46, /* of an IPv6 address, the NUL included */
    LOOM_PROBE_TEXT_SIZE = 512,
    LOOM_PROBE_LOOK_MS = 5000, /* the second connection */
};

/* How far it came. Each holds for all before it. */
enum loom_probe_stage {
    LOOM_PROBE_NOTHING,   /* no address is known */
    LOOM_PROBE_RESOLVED,  /* the name leads somewhere */
    LOOM_PROBE_CONNECTED, /* somebody listens there */
    LOOM_PROBE_SECURED,   /* the certificate was accepted; without TLS the same as connected */
    LOOM_PROBE_ANSWERED,  /* a whole answer came */
};

/* Why there is no safe connection. */
enum loom_tls_fault {
    LOOM_TLS_FINE,
    LOOM_TLS_UNKNOWN_AUTHORITY,
    LOOM_TLS_SELF_SIGNED,
    LOOM_TLS_EXPIRED,
    LOOM_TLS_NOT_YET_VALID,
    LOOM_TLS_OTHER_NAME,
    LOOM_TLS_WEAK,
    LOOM_TLS_REVOKED,
    LOOM_TLS_REFUSED, /* for another reason */
};

struct loom_probe_certificate {
    bool is_known;
    char subject[LOOM_PROBE_TEXT_SIZE];
    char issuer[LOOM_PROBE_TEXT_SIZE];
    char names[LOOM_PROBE_TEXT_SIZE]; /* "DNS:localhost, IP Address:127.0.0.1" */
    int64_t from_s, until_s;          /* epoch seconds; 0: unknown */
};

struct loom_probe {
    enum loom_probe_stage reached;
    char addresses[LOOM_PROBE_ADDRESSES_MAX][LOOM_PROBE_ADDRESS_SIZE]; /* those that were tried */
    size_t addresses_len;
    /* The variable whose proxy stands in between, and what kind it is; never its name or password.
     */
    const char *proxy_variable; /* "HTTPS_PROXY"; NULL: none is used */
    char proxy_scheme[16];
    uint16_t proxy_port;
    bool is_proxy_spared; /* one is named, and NO_PROXY keeps this server away from it */
    long proxy_status;    /* what it answered; 0: nothing */
    enum loom_tls_fault tls;
    struct loom_probe_certificate certificate; /* the server's own */
    char authorities[LOOM_PROBE_TEXT_SIZE];    /* the system's file of authorities, or "" */
};

#endif
