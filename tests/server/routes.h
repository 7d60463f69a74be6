/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which function answers which call: one table.
 */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "server/answer.h"
#include "server/misbehave.h"
#include "server/request.h"

#include <microhttpd.h>
#include <stdbool.h>

/* Where a path stands. */
enum dev_place {
    DEV_BELOW_BASE,
    DEV_BEFORE_BASE, /* RFC 8414 section 3.1: between the host and the base path */
    DEV_WITHOUT_BASE,
};

/* Which dialect has a call. */
enum dev_speaker { DEV_BOTH_SPEAK, DEV_LOOM_SPEAKS, DEV_OAUTH_SPEAKS };

/* The outcome of a look-up: the handler is that of the call. */
struct dev_route {
    const char *method;
    const char *path;
    enum dev_place place;
    enum dev_speaker speaker;
    enum dev_call call;
    dev_handler *handle;
};

/* Find the route of request->path, and set route and subpath. Never NULL: a 404 is a route too. */
void dev_route_find(struct dev_request *request);

/* Is this the route of git, whose bodies are streamed? */
bool dev_route_is_git(const struct dev_request *request);

/* calls.c */
enum MHD_Result dev_call_start(struct dev_request *request);
enum MHD_Result dev_call_poll(struct dev_request *request);
enum MHD_Result dev_call_complete(struct dev_request *request);
enum MHD_Result dev_call_me(struct dev_request *request);
enum MHD_Result dev_call_logout(struct dev_request *request);
enum MHD_Result dev_call_health(struct dev_request *request);

/* start.c: new codes, whose token will be good for `scope`, told as the dialect wants it. */
enum MHD_Result dev_start_answer(struct dev_request *request, const char *scope);

/* metadata.c */
enum MHD_Result dev_oauth_metadata(struct dev_request *request);

/* oauth.c */
enum MHD_Result dev_oauth_device(struct dev_request *request);
enum MHD_Result dev_oauth_token(struct dev_request *request);
enum MHD_Result dev_oauth_revoke(struct dev_request *request);
enum MHD_Result dev_oauth_userinfo(struct dev_request *request);

/* page.c */
enum MHD_Result dev_page_show(struct dev_request *request);
enum MHD_Result dev_page_submit(struct dev_request *request);

/* control.c */
enum MHD_Result dev_control_revoke_all(struct dev_request *request);
enum MHD_Result dev_control_expire_codes(struct dev_request *request);
enum MHD_Result dev_control_expire_tokens(struct dev_request *request);
enum MHD_Result dev_control_approve(struct dev_request *request);
enum MHD_Result dev_control_deny(struct dev_request *request);
enum MHD_Result dev_control_misbehave(struct dev_request *request);
enum MHD_Result dev_control_state(struct dev_request *request);

#endif
