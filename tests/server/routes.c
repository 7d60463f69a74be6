/* SPDX-License-Identifier: Apache-2.0 */
#include "server/routes.h"

#include "server/git.h"

#include <string.h>

static enum MHD_Result answer_not_found(struct dev_request *request) {
    return dev_answer_error(request, MHD_HTTP_NOT_FOUND, "not_found");
}

static enum MHD_Result answer_not_allowed(struct dev_request *request) {
    return dev_answer_error(request, MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed");
}

static const char git_prefix[] = "/git/";

static const struct dev_route routes[] = {
    {"POST", "/auth/device/start", DEV_CALL_START, false, dev_call_start},
    {"POST", "/auth/device/poll", DEV_CALL_POLL, false, dev_call_poll},
    {"POST", "/auth/device/complete", DEV_CALL_OTHER, false, dev_call_complete},
    {"POST", "/auth/logout", DEV_CALL_LOGOUT, false, dev_call_logout},
    {"GET", "/auth/me", DEV_CALL_ME, false, dev_call_me},
    {"GET", "/health", DEV_CALL_OTHER, false, dev_call_health},
    {"GET", "/device", DEV_CALL_OTHER, false, dev_page_show},
    {"POST", "/device", DEV_CALL_OTHER, false, dev_page_submit},
    {"GET", git_prefix, DEV_CALL_GIT, false, dev_git_answer},
    {"POST", git_prefix, DEV_CALL_GIT, false, dev_git_answer},
    {"POST", "/dev/revoke-all", DEV_CALL_OTHER, true, dev_control_revoke_all},
    {"POST", "/dev/expire-codes", DEV_CALL_OTHER, true, dev_control_expire_codes},
    {"POST", "/dev/approve", DEV_CALL_OTHER, true, dev_control_approve},
    {"POST", "/dev/deny", DEV_CALL_OTHER, true, dev_control_deny},
    {"POST", "/dev/misbehave", DEV_CALL_OTHER, true, dev_control_misbehave},
    {"GET", "/dev/state", DEV_CALL_OTHER, true, dev_control_state},
};

static const struct dev_route not_found = {.handle = answer_not_found};
static const struct dev_route not_allowed = {.handle = answer_not_allowed};

/* What follows the base path, or NULL when the path lies outside it. */
static const char *skip_base(const struct dev_request *request) {
    const char *base = request->server->options->base_path;
    size_t len = strlen(base);
    return strncmp(request->path, base, len) == 0 ? request->path + len : NULL;
}

static bool is_at(const struct dev_route *route, const char *path) {
    if (path == NULL)
        return false;
    if (route->call == DEV_CALL_GIT)
        return strncmp(path, git_prefix, sizeof git_prefix - 1) == 0;
    return strcmp(path, route->path) == 0;
}

void dev_route_find(struct dev_request *request) {
    const char *below = skip_base(request);
    request->subpath = below == NULL ? request->path : below;
    request->route = &not_found;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!is_at(&routes[i], routes[i].is_control ? request->path : below))
            continue;
        request->route = &not_allowed;
        if (strcmp(request->method, routes[i].method) == 0) {
            request->route = &routes[i];
            return;
        }
    }
}

bool dev_route_is_git(const struct dev_request *request) {
    return request->route->call == DEV_CALL_GIT;
}
