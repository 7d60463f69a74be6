/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection of a raw server: what its script's steps do. Only for raw_server.c.
 *
 * Everything that waits returns false when the peer has gone or the server is to stop.
 */
#ifndef LOOM_TESTS_SUPPORT_RAW_PEER_H
#define LOOM_TESTS_SUPPORT_RAW_PEER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct raw_server;

struct raw_peer {
    struct raw_server *server;
    int fd;
    int stop_fd;
    SSL_CTX *context; /* NULL: no TLS */
    SSL *tls;         /* NULL before the handshake */
};

/* Of raw_server.c: keep what a peer sent. */
void raw_server_note(struct raw_server *server, const char *bytes, size_t len);

bool raw_peer_read_request(struct raw_peer *peer);
bool raw_peer_write(struct raw_peer *peer, const char *bytes, size_t len);
bool raw_peer_drip(struct raw_peer *peer, const char *text, int pause_ms);
void raw_peer_wait_closed(struct raw_peer *peer);
void raw_peer_tunnel(struct raw_peer *peer, uint16_t port);
void raw_peer_cut(struct raw_peer *peer, bool with_reset);
void raw_peer_end(struct raw_peer *peer);
void raw_peer_clear(struct raw_peer *peer);

#endif
