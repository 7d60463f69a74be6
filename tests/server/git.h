/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repositories: {base}/git/OWNER/REPO.git/..., for people with a token (Basic, user `oauth2`).
 *
 *     dev_git_begin()    the header has come: judge it, start git
 *     dev_git_receive()  each piece of the body goes to git as it comes
 *     dev_git_answer()   the body is complete: git's answer goes out as it comes
 *     dev_git_end()      the request is over, however it ended
 */
#ifndef SERVER_GIT_H
#define SERVER_GIT_H

#include "server/request.h"

#include <microhttpd.h>
#include <stddef.h>

struct dev_git;

enum MHD_Result dev_git_begin(struct dev_request *request);
enum MHD_Result dev_git_receive(struct dev_request *request, const char *bytes, size_t len);
enum MHD_Result dev_git_answer(struct dev_request *request);
void dev_git_end(struct dev_request *request);

#endif
