/* SPDX-License-Identifier: Apache-2.0 */
#include "support/raw_peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 2 * 1024 * 1024, FOREVER = -1 };

/* ---- Waiting ---- */

/* False: the server is to stop. A time that passed is true as well. */
static bool wait_for(const struct raw_peer *peer, short events, int wait_ms) {
    struct pollfd fds[] = {{.fd = peer->stop_fd, .events = POLLIN},
                           {.fd = peer->fd, .events = events}};
    (void)poll(fds, 2, wait_ms);
    return fds[0].revents == 0;
}

/* After a call of OpenSSL that returned `result`: wait for what it wants. False: give up. */
static bool wait_for_tls(const struct raw_peer *peer, int result) {
    switch (SSL_get_error(peer->tls, result)) {
    case SSL_ERROR_WANT_READ:
        return wait_for(peer, POLLIN, FOREVER);
    case SSL_ERROR_WANT_WRITE:
        return wait_for(peer, POLLOUT, FOREVER);
    default:
        return false;
    }
}

static bool is_ready(struct raw_peer *peer) {
    if (peer->context == NULL || peer->tls != NULL)
        return true;
    peer->tls = SSL_new(peer->context);
    if (peer->tls == NULL || SSL_set_fd(peer->tls, peer->fd) != 1)
        return false;
    int result;
    while ((result = SSL_accept(peer->tls)) != 1)
        if (!wait_for_tls(peer, result))
            return false;
    return true;
}

/* ---- Bytes ---- */

/* Read what is there, at least one byte. 0: the peer has gone. */
static size_t read_some(struct raw_peer *peer, char *bytes, size_t max) {
    for (;;) {
        if (peer->tls != NULL) {
            int got = SSL_read(peer->tls, bytes, (int)max);
            if (got > 0)
                return (size_t)got;
            if (!wait_for_tls(peer, got))
                return 0;
            continue;
        }
        ssize_t got = recv(peer->fd, bytes, max, 0);
        if (got > 0)
            return (size_t)got;
        if (got == 0 || errno != EAGAIN || !wait_for(peer, POLLIN, FOREVER))
            return 0;
    }
}

static bool write_tls(struct raw_peer *peer, const char *bytes, size_t len) {
    int result;
    while ((result = SSL_write(peer->tls, bytes, (int)len)) <= 0)
        if (!wait_for_tls(peer, result))
            return false;
    return true;
}

bool raw_peer_write(struct raw_peer *peer, const char *bytes, size_t len) {
    if (!is_ready(peer))
        return false;
    if (len == 0)
        return true;
    if (peer->tls != NULL)
        return write_tls(peer, bytes, len);
    for (size_t at = 0; at < len;) {
        ssize_t put = send(peer->fd, bytes + at, len - at, MSG_NOSIGNAL);
        if (put >= 0)
            at += (size_t)put;
        else if (errno != EAGAIN || !wait_for(peer, POLLOUT, FOREVER))
            return false;
    }
    return true;
}

bool raw_peer_drip(struct raw_peer *peer, const char *text, int pause_ms) {
    for (; *text != '\0'; text++)
        if (!raw_peer_write(peer, text, 1) || !wait_for(peer, 0, pause_ms))
            return false;
    return true;
}

/* ---- Requests ---- */

/* How long the whole request is, or 0 while its head is not complete. */
static size_t request_len(const char *request) {
    const char *end = strstr(request, "\r\n\r\n");
    if (end == NULL)
        return 0;
    size_t len = (size_t)(end - request) + 4;
    const char *field = strcasestr(request, "\r\nContent-Length:");
    if (field != NULL && field < end)
        len += strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
    return len;
}

static bool read_into(struct raw_peer *peer, char *request) {
    size_t len = 0;
    for (;;) {
        size_t got = read_some(peer, request + len, REQUEST_MAX - len);
        if (got == 0)
            return false;
        raw_server_note(peer->server, request + len, got);
        len += got;
        request[len] = '\0';
        size_t whole = request_len(request);
        if (whole != 0 && len >= whole)
            return true;
        if (len == REQUEST_MAX)
            return false;
    }
}

bool raw_peer_read_request(struct raw_peer *peer) {
    char *request = malloc(REQUEST_MAX + 1);
    bool is_read = request != NULL && is_ready(peer) && read_into(peer, request);
    free(request);
    return is_read;
}

void raw_peer_wait_closed(struct raw_peer *peer) {
    char bytes[4096];
    size_t got;
    while ((got = read_some(peer, bytes, sizeof bytes)) > 0)
        raw_server_note(peer->server, bytes, got);
}

/* ---- A tunnel ---- */

/* Move what is there. False: that side has gone. */
static bool pump(struct raw_server *server, int from, int to) {
    char bytes[16384];
    ssize_t got = recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN;
    if (server != NULL && got > 0)
        raw_server_note(server, bytes, (size_t)got);
    for (ssize_t at = 0; at < got;) {
        ssize_t put = send(to, bytes + at, (size_t)(got - at), MSG_NOSIGNAL);
        if (put > 0) {
            at += put;
        } else {
            struct pollfd fd = {.fd = to, .events = POLLOUT};
            if (errno != EAGAIN || poll(&fd, 1, 5000) != 1)
                return false;
        }
    }
    return got > 0;
}

void raw_peer_tunnel(struct raw_peer *peer, uint16_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_open = far >= 0 && connect(far, (struct sockaddr *)&address, sizeof address) == 0;
    while (is_open) {
        struct pollfd fds[] = {{.fd = peer->stop_fd, .events = POLLIN},
                               {.fd = peer->fd, .events = POLLIN},
                               {.fd = far, .events = POLLIN}};
        (void)poll(fds, 3, FOREVER);
        is_open = fds[0].revents == 0 &&
                  (fds[1].revents == 0 || pump(peer->server, peer->fd, far)) &&
                  (fds[2].revents == 0 || pump(NULL, far, peer->fd));
    }
    if (far >= 0)
        (void)close(far);
}

/* ---- The end ---- */

void raw_peer_cut(struct raw_peer *peer, bool with_reset) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (with_reset)
        (void)setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

void raw_peer_end(struct raw_peer *peer) {
    if (peer->tls != NULL)
        (void)SSL_shutdown(peer->tls);
    /* Closing with bytes unread would reset the connection: let the peer close first. */
    (void)shutdown(peer->fd, SHUT_WR);
    char bytes[4096];
    while (recv(peer->fd, bytes, sizeof bytes, 0) != 0)
        if (errno != EAGAIN || !wait_for(peer, POLLIN, 2000))
            return;
}

void raw_peer_clear(struct raw_peer *peer) {
    SSL_free(peer->tls);
    peer->tls = NULL;
    (void)close(peer->fd);
}
