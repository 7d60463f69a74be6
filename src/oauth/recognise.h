/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which dialect does a server speak? Found out without a token, and without beginning a sign-in:
 * for who only looks.
 */
#ifndef LOOM_OAUTH_RECOGNISE_H
#define LOOM_OAUTH_RECOGNISE_H

#include "oauth/oauth.h"

/*
 * A Loom server refuses to say whose no token is (GET auth/me: 401 or 403, as JSON); who does not
 * know that call is asked for the metadata of a standard one. Errors: those of
 * loom_oauth_discover(), and LOOM_ERR_SERVER.
 */
LOOM_CHECKED enum loom_err loom_oauth_recognise(const struct loom_remote *server,
                                                bool *out_is_standard, struct loom_error *error);

#endif
