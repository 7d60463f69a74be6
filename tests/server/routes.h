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

/* The outcome of a look-up: a handler answers a request whose body is complete. */
struct dev_route {
    const char *method;
    const char *path; /* behind the base path */
    enum dev_call call;
    bool is_control; /* outside the base path instead */
    enum MHD_Result (*handle)(struct dev_request *request);
};

/* Find the route of request->path, and set route and subpath. Never NULL: a 404 is a route too. */
void dev_route_find(struct dev_request *request);

/* Is this the route of git, whose bodies are streamed? */
bool dev_route_is_git(const struct dev_request *request);

/* calls.c */
enum MHD_Result dev_call_start(struct dev_request *request);
/* Go on with the page or the code that the misbehaviour wants (DEV_WRONG_PAGE, DEV_WRONG_CODE). */
enum MHD_Result dev_call_start_wrong(struct dev_request *request,
                                     const struct dev_misbehaviour *wrong);
enum MHD_Result dev_call_poll(struct dev_request *request);
enum MHD_Result dev_call_complete(struct dev_request *request);
enum MHD_Result dev_call_me(struct dev_request *request);
enum MHD_Result dev_call_logout(struct dev_request *request);
enum MHD_Result dev_call_health(struct dev_request *request);

/* page.c */
enum MHD_Result dev_page_show(struct dev_request *request);
enum MHD_Result dev_page_submit(struct dev_request *request);

/* control.c */
enum MHD_Result dev_control_revoke_all(struct dev_request *request);
enum MHD_Result dev_control_expire_codes(struct dev_request *request);
enum MHD_Result dev_control_approve(struct dev_request *request);
enum MHD_Result dev_control_deny(struct dev_request *request);
enum MHD_Result dev_control_misbehave(struct dev_request *request);
enum MHD_Result dev_control_state(struct dev_request *request);

#endif
