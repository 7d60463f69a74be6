/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that says exactly what a test wrote down, right or wrong, and records what it was told.
 *
 *     static const struct raw_step OK[] = {{RAW_READ}, {RAW_SEND, "HTTP/1.1 200 OK\r\n..."}, {0}};
 *     static const struct raw_step *const SCRIPT[] = {OK, NULL};
 *     struct raw_server *server = raw_server_start(&(struct raw_config){.scripts = SCRIPT});
 *     ... "http://127.0.0.1:" raw_server_port(server) ...
 *     assert_non_null(strstr(raw_server_heard(server), "GET / HTTP/1.1"));
 *     raw_server_stop(server);
 *
 * One thread, one connection after the other, on loopback. Connection number n plays scripts[n],
 * the last script plays for all that come later. With a certificate the server speaks TLS from the
 * first RAW_READ or RAW_SEND on. Every wait ends when the peer closes or the server is stopped.
 * What cannot be set up ends the test.
 */
#ifndef LOOM_TESTS_SUPPORT_RAW_SERVER_H
#define LOOM_TESTS_SUPPORT_RAW_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct certificate;

enum raw_action {
    RAW_END = 0, /* close in order; stands at the end of every script */
    RAW_READ,    /* read one request with its Content-Length body */
    RAW_SEND,    /* send `text` */
    RAW_DRIP,    /* send `text` byte by byte, one every `number` milliseconds */
    RAW_REPEAT,  /* send `text` `number` times, or until the peer closes when 0 */
    RAW_STALL,   /* say nothing until the peer closes */
    RAW_CUT,     /* close without TLS's farewell */
    RAW_RESET,   /* close with a reset */
    RAW_TELL,    /* write a byte to the descriptor `number` */
    RAW_TUNNEL,  /* pass bytes to and fro 127.0.0.1:`number`, recording what the peer sends */
};

struct raw_step {
    enum raw_action action;
    const char *text;
    int number;
};

struct raw_config {
    const struct raw_step *const *scripts; /* NULL-terminated */
    const struct certificate *certificate; /* NULL: no TLS */
    int tls_version_max;                   /* TLS1_1_VERSION, ...; 0: any */
    bool is_v6;                            /* [::1] instead of 127.0.0.1 */
    uint16_t port;                         /* 0: any free one */
};

struct raw_server;

struct raw_server *raw_server_start(const struct raw_config *config);

uint16_t raw_server_port(const struct raw_server *server);

/* Connections made so far, those that nobody has accepted yet included. */
int raw_server_connections(struct raw_server *server);

/* Requests read so far. */
int raw_server_requests(struct raw_server *server);

/* Everything that peers sent, in order; NULs shown as '?'. Valid until the next call or the end. */
const char *raw_server_heard(struct raw_server *server);

/* The same, once `len` bytes have come or five seconds have passed. */
const char *raw_server_wait_heard(struct raw_server *server, size_t len);

void raw_server_stop(struct raw_server *server);

#endif
