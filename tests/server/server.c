/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "server/dispatch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEM_MAX = 256 * 1024, IDLE_TIMEOUT_S = 600 };

static enum loom_err read_file(const char *path, struct loom_buffer *out,
                               struct loom_error *error) {
    char block[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return loom_error_os(error, LOOM_ERR_STORAGE, errno, path);
    enum loom_err err = LOOM_OK;
    ssize_t len = 0;
    while (err == LOOM_OK && (len = read(fd, block, sizeof block)) > 0)
        err = loom_buffer_add(out, block, (size_t)len);
    int os_error = errno;
    (void)close(fd);
    loom_wipe(block, sizeof block);
    if (len < 0 || err != LOOM_OK)
        return loom_error_os(error, LOOM_ERR_STORAGE, len < 0 ? os_error : EFBIG, path);
    return LOOM_OK;
}

static enum loom_err read_pem(const char *path, struct loom_buffer *out, struct loom_error *error) {
    if (path == NULL)
        return LOOM_OK;
    enum loom_err err = read_file(path, out, error);
    if (err == LOOM_OK && out->len == 0)
        err = loom_error_os(error, LOOM_ERR_STORAGE, ENODATA, path);
    return err;
}

static struct MHD_Daemon *serve(struct dev_server *server, int listen_fd, char *cert, char *key) {
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_ITC | (cert == NULL ? 0 : MHD_USE_TLS);
    static char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(flags, 0, NULL, NULL, dev_dispatch, server, MHD_OPTION_LISTEN_SOCKET,
                            listen_fd, MHD_OPTION_URI_LOG_CALLBACK, dev_dispatch_open, server,
                            MHD_OPTION_NOTIFY_COMPLETED, dev_dispatch_close, server,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
                            MHD_OPTION_ARRAY, cert == NULL ? plain : tls, MHD_OPTION_END);
}

/* Returns the socket, or -1 with errno. *out_port is what the system chose for port 0. */
static int listen_on(int64_t port, unsigned *out_port) {
    const int yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    struct sockaddr *generic = (struct sockaddr *)&address;
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    /* a server that ended a moment ago must not keep the port */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, generic, len) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, generic, &len) != 0) {
        int os_error = errno;
        (void)close(fd);
        errno = os_error;
        return -1;
    }
    *out_port = ntohs(address.sin_port);
    return fd;
}

static void name_urls(struct dev_server *server, unsigned port) {
    const struct dev_options *options = server->options;
    (void)snprintf(server->local_url, sizeof server->local_url, "http%s://localhost:%u%s",
                   options->cert == NULL ? "" : "s", port, options->base_path);
    (void)snprintf(server->base_url, sizeof server->base_url, "%s",
                   options->public_url == NULL ? server->local_url : options->public_url);
}

/* The first request may come before MHD_start_daemon() returns: all that it needs comes first. */
static enum loom_err listen_loopback(struct dev_server *server, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer cert = LOOM_BUFFER_INIT(PEM_MAX);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer key = LOOM_BUFFER_INIT(PEM_MAX);
    unsigned port = 0;
    enum loom_err err = read_pem(server->options->cert, &cert, error);
    if (err == LOOM_OK)
        err = read_pem(server->options->key, &key, error);
    if (err != LOOM_OK)
        return err;
    int listen_fd = listen_on(server->options->port, &port);
    if (listen_fd < 0)
        return loom_error_os(error, LOOM_ERR_UNREACHABLE, errno, "--port");
    name_urls(server, port);
    server->daemon = serve(server, listen_fd, cert.data, key.data);
    if (server->daemon == NULL)
        return loom_error_detail(error, LOOM_ERR_TLS, "certificate and key cannot be used");
    return LOOM_OK;
}

/* Whoever sees the file sees all of it. */
static enum loom_err write_ready(const struct dev_server *server, struct loom_error *error) {
    const char *path = server->options->ready;
    char temporary[4096];
    if (path == NULL)
        return LOOM_OK;
    (void)snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    FILE *file = fopen(temporary, "we");
    if (file == NULL)
        return loom_error_os(error, LOOM_ERR_STORAGE, errno, temporary);
    bool is_written = fprintf(file, "%s\n", server->base_url) > 0;
    is_written = fclose(file) == 0 && is_written;
    if (is_written && rename(temporary, path) == 0)
        return LOOM_OK;
    int os_error = errno;
    (void)unlink(temporary);
    return loom_error_os(error, LOOM_ERR_STORAGE, os_error, path);
}

static enum loom_err furnish(struct dev_server *server, struct loom_error *error) {
    const struct dev_options *options = server->options;
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->stop_fd < 0)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    if (options->repos != NULL && (server->repos = realpath(options->repos, NULL)) == NULL)
        return loom_error_os(error, LOOM_ERR_STORAGE, errno, options->repos);
    enum loom_err err = dev_misbehaviours_new(&options->misbehave, &server->misbehaviours, error);
    if (err == LOOM_OK)
        err = dev_journal_open(options->log, &server->log, error);
    if (err == LOOM_OK)
        err = dev_journal_open(options->secrets, &server->secrets, error);
    if (err == LOOM_OK)
        err = dev_codes_new(options, &server->codes);
    if (err == LOOM_OK)
        err = dev_tokens_new(options, &server->tokens);
    return err;
}

enum loom_err dev_server_start(const struct dev_options *options, struct dev_server **out_server,
                               struct loom_error *error) {
    struct dev_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    server->options = options;
    server->stop_fd = -1;
    enum loom_err err = furnish(server, error);
    if (err == LOOM_OK)
        err = listen_loopback(server, error);
    if (err == LOOM_OK)
        err = write_ready(server, error);
    if (err != LOOM_OK) {
        dev_server_stop(server);
        return err;
    }
    *out_server = server;
    return LOOM_OK;
}

void dev_server_stop(struct dev_server *server) {
    if (server == NULL)
        return;
    if (server->stop_fd >= 0)
        (void)eventfd_write(server->stop_fd, 1);
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    dev_tokens_free(server->tokens);
    dev_codes_free(server->codes);
    dev_journal_close(server->secrets);
    dev_journal_close(server->log);
    dev_misbehaviours_free(server->misbehaviours);
    if (server->stop_fd >= 0)
        (void)close(server->stop_fd);
    free(server->repos);
    free(server);
}
