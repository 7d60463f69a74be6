/* SPDX-License-Identifier: Apache-2.0 */
#include "server/request.h"

#include "base/text.h"
#include "server/routes.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>

const char *dev_request_header(const struct dev_request *request, const char *name) {
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* Does `text` begin with `prefix`, in whatever case? */
static bool has_prefix(const char *text, const char *prefix) {
    for (; *prefix != '\0'; text++, prefix++)
        if (loom_ascii_lower(*text) != loom_ascii_lower(*prefix))
            return false;
    return true;
}

bool dev_request_is_type(const struct dev_request *request, const char *type) {
    const char *value = dev_request_header(request, "Content-Type");
    return value != NULL && has_prefix(value, type) && strchr("; \t", value[strlen(type)]) != NULL;
}

const char *dev_request_credentials(const struct dev_request *request, const char *scheme) {
    const char *value = dev_request_header(request, "Authorization");
    if (value == NULL || !has_prefix(value, scheme) || value[strlen(scheme)] != ' ')
        return NULL;
    return value + strlen(scheme) + 1;
}

static const char *authorization_kind(const struct dev_request *request) {
    if (dev_request_header(request, "Authorization") == NULL)
        return "none";
    if (dev_request_credentials(request, "bearer") != NULL)
        return "bearer";
    return dev_request_credentials(request, "basic") != NULL ? "basic" : "other";
}

const struct dev_misbehaviour *dev_request_wrong(const struct dev_request *request,
                                                 enum dev_wrong wrong) {
    return request->wrong != NULL && request->wrong->wrong == wrong ? request->wrong : NULL;
}

/* It listens on 127.0.0.1 alone. 0: gone already. */
static unsigned peer_port(const struct dev_request *request) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr_in peer;
    if (info == NULL || info->client_addr == NULL || info->client_addr->sa_family != AF_INET)
        return 0;
    memcpy(&peer, info->client_addr, sizeof peer);
    return ntohs(peer.sin_port);
}

void dev_request_log(struct dev_request *request, unsigned status) {
    if (request->is_logged)
        return;
    request->is_logged = true;
    const struct dev_log_line line = {
        .t_ms = request->t_ms,
        .method = request->method == NULL ? "" : request->method,
        .path = request->path,
        .status = status,
        .authorization = authorization_kind(request),
        .body_len = request->body_len,
        .peer_port = peer_port(request),
        .grant = request->grant == NULL ? "" : request->grant,
        .git = request->route != NULL && request->route->call == DEV_CALL_GIT,
    };
    dev_journal_log(request->server->log, &line);
}

bool dev_request_wait(const struct dev_request *request, int wait_ms) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd fds[] = {
        {.fd = request->server->stop_fd, .events = POLLIN},
        {.fd = info == NULL ? -1 : info->connect_fd, .events = POLLRDHUP},
    };
    return poll(fds, 2, wait_ms) != 0;
}
