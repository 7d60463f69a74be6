/* SPDX-License-Identifier: Apache-2.0 */
#include "support/raw_server.h"

#include "support/certificates.h"
#include "support/raw_peer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEARD_MAX = 4 * 1024 * 1024, PATIENCE_MS = 5000 };

struct raw_server {
    struct raw_config config;
    SSL_CTX *tls;
    int listen_fd;
    int stop_fds[2]; /* the end of the first is readable once the server is to stop */
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    int connections, requests;
    char *heard;
    size_t heard_len;
    char *shown; /* what raw_server_heard returned */
};

/* ---- What is recorded ---- */

void raw_server_note(struct raw_server *server, const char *bytes, size_t len) {
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < len && server->heard_len < HEARD_MAX; i++)
        server->heard[server->heard_len++] = bytes[i] == '\0' ? '?' : bytes[i];
    (void)pthread_mutex_unlock(&server->lock);
}

static void count(struct raw_server *server, int *number) {
    (void)pthread_mutex_lock(&server->lock);
    ++*number;
    (void)pthread_mutex_unlock(&server->lock);
}

static int read_count(struct raw_server *server, const int *number) {
    (void)pthread_mutex_lock(&server->lock);
    int value = *number;
    (void)pthread_mutex_unlock(&server->lock);
    return value;
}

static void pause_ms(int duration_ms) {
    (void)poll(NULL, 0, duration_ms);
}

int raw_server_connections(struct raw_server *server) {
    struct pollfd waiting = {.fd = server->listen_fd, .events = POLLIN};
    for (int i = 0; i < PATIENCE_MS && poll(&waiting, 1, 0) == 1; i++)
        pause_ms(1);
    return read_count(server, &server->connections);
}

int raw_server_requests(struct raw_server *server) {
    return read_count(server, &server->requests);
}

const char *raw_server_wait_heard(struct raw_server *server, size_t len) {
    for (int i = 0; i < PATIENCE_MS; i++) {
        (void)pthread_mutex_lock(&server->lock);
        size_t heard_len = server->heard_len;
        (void)pthread_mutex_unlock(&server->lock);
        if (heard_len >= len)
            break;
        pause_ms(1);
    }
    return raw_server_heard(server);
}

const char *raw_server_heard(struct raw_server *server) {
    (void)pthread_mutex_lock(&server->lock);
    free(server->shown);
    server->shown = strndup(server->heard, server->heard_len);
    (void)pthread_mutex_unlock(&server->lock);
    assert_non_null(server->shown);
    return server->shown;
}

uint16_t raw_server_port(const struct raw_server *server) {
    return server->port;
}

/* ---- The script ---- */

static bool play_step(struct raw_server *server, struct raw_peer *peer,
                      const struct raw_step *step) {
    switch (step->action) {
    case RAW_READ:
        if (!raw_peer_read_request(peer))
            return false;
        count(server, &server->requests);
        return true;
    case RAW_SEND:
        return raw_peer_write(peer, step->text, strlen(step->text));
    case RAW_DRIP:
        return raw_peer_drip(peer, step->text, step->number);
    case RAW_REPEAT:
        for (int i = 0; step->number == 0 || i < step->number; i++)
            if (!raw_peer_write(peer, step->text, strlen(step->text)))
                return false;
        return true;
    case RAW_STALL:
        raw_peer_wait_closed(peer);
        return false;
    case RAW_TELL:
        return write(step->number, "!", 1) == 1;
    case RAW_TUNNEL:
        raw_peer_tunnel(peer, (uint16_t)step->number);
        return false;
    case RAW_CUT:
    case RAW_RESET:
        raw_peer_cut(peer, step->action == RAW_RESET);
        return false;
    case RAW_END:
        break;
    }
    raw_peer_end(peer);
    return false;
}

static void play(struct raw_server *server, int fd, const struct raw_step *script) {
    struct raw_peer peer = {
        .server = server, .fd = fd, .stop_fd = server->stop_fds[0], .context = server->tls};
    while (play_step(server, &peer, script))
        script++;
    raw_peer_clear(&peer);
}

/* Under the lock, so that a connection is either waiting to be accepted or counted. */
static int accept_counted(struct raw_server *server) {
    (void)pthread_mutex_lock(&server->lock);
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    server->connections += fd >= 0 ? 1 : 0;
    (void)pthread_mutex_unlock(&server->lock);
    return fd;
}

static void *serve(void *context) {
    struct raw_server *server = context;
    /* OpenSSL writes with write(2): a peer that has gone must not end the test. */
    sigset_t pipe;
    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    const struct raw_step *const *script = server->config.scripts;
    for (;;) {
        struct pollfd fds[] = {{.fd = server->stop_fds[0], .events = POLLIN},
                               {.fd = server->listen_fd, .events = POLLIN}};
        (void)poll(fds, 2, -1);
        if (fds[0].revents != 0)
            return NULL;
        int fd = accept_counted(server);
        if (fd < 0)
            continue;
        play(server, fd, *script);
        if (script[1] != NULL)
            script++;
    }
}

/* ---- Start and end ---- */

static SSL_CTX *make_context(const struct raw_config *config) {
    if (config->certificate == NULL)
        return NULL;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_non_null(context);
    assert_int_equal(SSL_CTX_use_certificate(context, config->certificate->x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, config->certificate->key), 1);
    if (config->tls_version_max != 0) {
        /* OpenSSL's default level refuses the old versions before the client can. */
        SSL_CTX_set_security_level(context, 0);
        assert_int_equal(SSL_CTX_set_min_proto_version(context, TLS1_VERSION), 1);
        assert_int_equal(SSL_CTX_set_max_proto_version(context, config->tls_version_max), 1);
    }
    return context;
}

static void listen_on_loopback(struct raw_server *server) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    memset(&address, 0, sizeof address);
    bool is_v6 = server->config.is_v6;
    if (is_v6) {
        address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                           .sin6_port = htons(server->config.port),
                                           .sin6_addr = in6addr_loopback};
    } else {
        address.v4 = (struct sockaddr_in){.sin_family = AF_INET,
                                          .sin_port = htons(server->config.port),
                                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    }
    socklen_t len = is_v6 ? sizeof address.v6 : sizeof address.v4;
    server->listen_fd =
        socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(server->listen_fd >= 0);
    int on = 1;
    (void)setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(server->listen_fd, &address.any, len), 0);
    assert_int_equal(listen(server->listen_fd, 16), 0);
    assert_int_equal(getsockname(server->listen_fd, &address.any, &len), 0);
    server->port = ntohs(is_v6 ? address.v6.sin6_port : address.v4.sin_port);
}

struct raw_server *raw_server_start(const struct raw_config *config) {
    struct raw_server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    server->config = *config;
    server->heard = malloc(HEARD_MAX);
    assert_non_null(server->heard);
    server->tls = make_context(config);
    listen_on_loopback(server);
    assert_int_equal(pipe(server->stop_fds), 0);
    assert_int_equal(pthread_mutex_init(&server->lock, NULL), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
}

void raw_server_stop(struct raw_server *server) {
    if (server == NULL)
        return;
    (void)close(server->stop_fds[1]); /* its other end hangs up */
    (void)pthread_join(server->thread, NULL);
    (void)close(server->stop_fds[0]);
    (void)close(server->listen_fd);
    (void)pthread_mutex_destroy(&server->lock);
    SSL_CTX_free(server->tls);
    free(server->heard);
    free(server->shown);
    free(server);
}
