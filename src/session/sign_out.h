/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign out: ask the server to end the token, then forget it here whatever the server said, in every
 * place where one may be, and tell the truth about all of it.
 */
#ifndef LOOM_SESSION_SIGN_OUT_H
#define LOOM_SESSION_SIGN_OUT_H

#include "base/error.h"
#include "oauth/oauth.h"
#include "session/session.h"
#include "store/store.h"

#include <stdbool.h>

/* What happened in one place (the store's parts, in their order). */
struct loom_signed_out_place {
    enum loom_store_kind kind;
    bool was_there;  /* a credential of the server */
    bool is_deleted; /* it was, and a second look found nothing any more */
    struct loom_error
        error; /* why more may be there; LOOM_OK when nothing is, nor in an absent one */
};

/* Written whatever the result. */
struct loom_signed_out {
    bool was_signed_in;
    enum loom_revocation revocation; /* valid if was_signed_in; of several tokens the worst */
    struct loom_error revoke_error;  /* why the server could not be told; LOOM_OK when it was */
    struct loom_signed_out_place places[LOOM_STORE_PARTS_MAX];
    size_t places_count;
};

/*
 * `ca_file` as in sign_in.h. LOOM_OK: looked, and nothing is left here (was_signed_in says whether
 * there was anything; revocation whether the server knows). Else the first place's error: there the
 * credential may still be, and the other was cleared all the same. A signal cuts the request to the
 * server short, not the deletion; LOOM_ERR_INTERRUPTED has the os_error EINTR when something was
 * changed before.
 */
LOOM_CHECKED enum loom_err loom_sign_out(const struct loom_session *session,
                                         const struct loom_origin *origin, const char *ca_file,
                                         struct loom_signed_out *out_signed_out,
                                         struct loom_error *error);

#endif
