/* SPDX-License-Identifier: Apache-2.0 */
#include "server/dispatch.h"

#include "base/buffer.h"
#include "server/clock.h"
#include "server/git.h"
#include "server/request.h"
#include "server/routes.h"

#include <stdlib.h>
#include <string.h>

void *dev_dispatch_open(void *context, const char *uri, struct MHD_Connection *connection) {
    struct dev_request *request = calloc(1, sizeof *request);
    char *path = request == NULL ? NULL : strdup(uri);
    if (path == NULL) {
        free(request);
        return NULL;
    }
    size_t path_len = strcspn(path, "?#");
    request->query = path[path_len] == '?' ? path + path_len + 1 : "";
    path[path_len] = '\0';
    request->server = context;
    request->connection = connection;
    request->path = path;
    request->subpath = path;
    request->t_ms = dev_clock_now_ms();
    request->body = (struct loom_buffer)LOOM_BUFFER_INIT(DEV_BODY_MAX);
    return request;
}

void dev_dispatch_close(void *context, struct MHD_Connection *connection, void **request_slot,
                        enum MHD_RequestTerminationCode why) {
    (void)context;
    (void)connection;
    (void)why;
    struct dev_request *request = *request_slot;
    if (request == NULL)
        return;
    dev_request_log(request, 0);
    dev_git_end(request);
    loom_buffer_clear(&request->body);
    free(request->path);
    free(request);
    *request_slot = NULL;
}

static enum MHD_Result begin(struct dev_request *request, const char *method) {
    request->is_started = true;
    request->method = method;
    dev_route_find(request);
    return dev_route_is_git(request) ? dev_git_begin(request) : MHD_YES;
}

static enum MHD_Result receive(struct dev_request *request, const char *bytes, size_t len) {
    request->body_len += len;
    if (dev_route_is_git(request))
        return dev_git_receive(request, bytes, len);
    if (request->is_too_large || loom_buffer_add(&request->body, bytes, len) != LOOM_OK)
        request->is_too_large = true;
    return MHD_YES;
}

static enum MHD_Result answer(struct dev_request *request) {
    if (dev_route_is_git(request))
        return request->route->handle(request);
    if (request->is_too_large)
        return dev_answer_error(request, MHD_HTTP_CONTENT_TOO_LARGE, "too_large");
    return dev_answer_call(request, request->route->call, request->route->handle);
}

/* NOLINTNEXTLINE(readability-function-size): the signature is libmicrohttpd's */
enum MHD_Result dev_dispatch(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *bytes,
                             size_t *len, void **request_slot) {
    (void)context;
    (void)connection;
    (void)url;
    (void)version;
    struct dev_request *request = *request_slot;
    if (request == NULL)
        return MHD_NO;
    if (!request->is_started)
        return begin(request, method);
    if (*len == 0)
        return answer(request);
    size_t bytes_len = *len;
    *len = 0;
    return receive(request, bytes, bytes_len);
}
