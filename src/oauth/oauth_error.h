/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `error` member of an answer: RFC 6749 section 5.2 and RFC 8628 section 3.5, which a Loom
 * server may use too.
 */
#ifndef LOOM_OAUTH_OAUTH_ERROR_H
#define LOOM_OAUTH_OAUTH_ERROR_H

#include "base/error.h"
#include "oauth/device_flow.h"

struct loom_json;
struct loom_secret;

/*
 * If `object` has an `error` that is not null, fill *out_answer with what it means to the flow and
 * `error` with its code and description, and return LOOM_OK; else LOOM_ERR_NOT_FOUND. A code or
 * description that repeats `secret` (NULL: none), or a code or token that stands in `object`, is
 * left out. An unknown code ends the flow.
 */
LOOM_CHECKED enum loom_err loom_oauth_error_read(const struct loom_json *object,
                                                 const struct loom_secret *secret,
                                                 struct loom_flow_answer *out_answer,
                                                 struct loom_error *error);

#endif
