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

#define BOTH(method_, path_, call_, handle_)                                                       \
    { method_, path_, DEV_BELOW_BASE, DEV_BOTH_SPEAK, call_, handle_ }
#define LOOM(method_, path_, call_, handle_)                                                       \
    { method_, path_, DEV_BELOW_BASE, DEV_LOOM_SPEAKS, call_, handle_ }
#define OAUTH(method_, path_, call_, handle_)                                                      \
    { method_, path_, DEV_BELOW_BASE, DEV_OAUTH_SPEAKS, call_, handle_ }
#define CONTROL(method_, path_, handle_)                                                           \
    { method_, path_, DEV_WITHOUT_BASE, DEV_BOTH_SPEAK, DEV_CALL_OTHER, handle_ }

static const struct dev_route routes[] = {
    LOOM("POST", "/auth/device/start", DEV_CALL_START, dev_call_start),
    LOOM("POST", "/auth/device/poll", DEV_CALL_POLL, dev_call_poll),
    LOOM("POST", "/auth/device/complete", DEV_CALL_OTHER, dev_call_complete),
    LOOM("POST", "/auth/logout", DEV_CALL_LOGOUT, dev_call_logout),
    LOOM("GET", "/auth/me", DEV_CALL_ME, dev_call_me),
    {"GET", "/.well-known/oauth-authorization-server", DEV_BEFORE_BASE, DEV_OAUTH_SPEAKS,
     DEV_CALL_META, dev_oauth_metadata},
    OAUTH("GET", "/.well-known/openid-configuration", DEV_CALL_META, dev_oauth_metadata),
    OAUTH("POST", "/oauth/device_authorization", DEV_CALL_START, dev_oauth_device),
    /* what goes wrong with it depends on the grant */
    OAUTH("POST", "/oauth/token", DEV_CALL_OTHER, dev_oauth_token),
    OAUTH("POST", "/oauth/revoke", DEV_CALL_LOGOUT, dev_oauth_revoke),
    OAUTH("GET", "/oauth/userinfo", DEV_CALL_ME, dev_oauth_userinfo),
    OAUTH("POST", "/oauth/userinfo", DEV_CALL_ME, dev_oauth_userinfo),
    BOTH("GET", "/health", DEV_CALL_OTHER, dev_call_health),
    BOTH("GET", "/device", DEV_CALL_OTHER, dev_page_show),
    BOTH("POST", "/device", DEV_CALL_OTHER, dev_page_submit),
    BOTH("GET", git_prefix, DEV_CALL_GIT, dev_git_answer),
    BOTH("POST", git_prefix, DEV_CALL_GIT, dev_git_answer),
    CONTROL("POST", "/dev/revoke-all", dev_control_revoke_all),
    CONTROL("POST", "/dev/expire-codes", dev_control_expire_codes),
    CONTROL("POST", "/dev/expire-tokens", dev_control_expire_tokens),
    CONTROL("POST", "/dev/approve", dev_control_approve),
    CONTROL("POST", "/dev/deny", dev_control_deny),
    CONTROL("POST", "/dev/misbehave", dev_control_misbehave),
    CONTROL("GET", "/dev/state", dev_control_state),
};

static const struct dev_route not_found = {.handle = answer_not_found};
static const struct dev_route not_allowed = {.handle = answer_not_allowed};

/* What follows the base path, or NULL when the path lies outside it. */
static const char *skip_base(const struct dev_request *request) {
    const char *base = request->server->options->base_path;
    size_t len = strlen(base);
    return strncmp(request->path, base, len) == 0 ? request->path + len : NULL;
}

static bool is_spoken(const struct dev_route *route, enum dev_dialect dialect) {
    static const enum dev_speaker speakers[] = {
        [DEV_DIALECT_LOOM] = DEV_LOOM_SPEAKS, [DEV_DIALECT_OAUTH] = DEV_OAUTH_SPEAKS};
    return route->speaker == DEV_BOTH_SPEAK || route->speaker == speakers[dialect];
}

/* Is it the route's own path with the base path behind it? */
static bool is_before_base(const struct dev_route *route, const struct dev_request *request) {
    size_t len = strlen(route->path);
    return strncmp(request->path, route->path, len) == 0 &&
           strcmp(request->path + len, request->server->options->base_path) == 0;
}

static bool is_at(const struct dev_route *route, const struct dev_request *request,
                  const char *below) {
    if (route->place == DEV_WITHOUT_BASE)
        return strcmp(request->path, route->path) == 0;
    if (route->place == DEV_BEFORE_BASE)
        return is_before_base(route, request);
    if (below == NULL)
        return false;
    if (route->call == DEV_CALL_GIT)
        return strncmp(below, git_prefix, sizeof git_prefix - 1) == 0;
    return strcmp(below, route->path) == 0;
}

void dev_route_find(struct dev_request *request) {
    const char *below = skip_base(request);
    request->subpath = below == NULL ? request->path : below;
    request->route = &not_found;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!is_spoken(&routes[i], request->server->options->dialect) ||
            !is_at(&routes[i], request, below))
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
