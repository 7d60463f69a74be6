/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign out: ask the server to end the token, then forget it here whatever the server said, and tell
 * the truth about both.
 */
#ifndef LOOM_SESSION_SIGN_OUT_H
#define LOOM_SESSION_SIGN_OUT_H

#include "base/error.h"
#include "oauth/native.h"
#include "session/session.h"
#include "store/store.h"

#include <stdbool.h>

/* Written whatever the result. */
struct loom_signed_out {
    bool was_signed_in;
    enum loom_revocation revocation; /* valid if was_signed_in */
    struct loom_error revoke_error;  /* why the server could not be told; LOOM_OK when it was */
    bool is_deleted;                 /* a second look found nothing any more */
    struct loom_store_info place;    /* where the credential was */
};

/*
 * `ca_file` as in sign_in.h. LOOM_OK: looked, and nothing is left here (was_signed_in says whether
 * there was anything; revocation whether the server knows). Else the store's error: the credential
 * may still be here. A signal cuts the request to the server short, not the deletion.
 */
LOOM_CHECKED enum loom_err loom_sign_out(const struct loom_session *session,
                                         const struct loom_origin *origin, const char *ca_file,
                                         struct loom_signed_out *out_signed_out,
                                         struct loom_error *error);

#endif
