/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_priv.h"
#include "session/sign_out.h"
#include "store/refused.h"
#include "store/server_lock.h"

#include <string.h>

/* Of the time of a call, what is left for deleting when the server does not answer. */
enum { SPARE_SHARE = 2 };

static enum loom_err sign_out(struct loom_api_call *call, const struct loom_origin *origin,
                              enum loom_credentials_revocation *out_revocation,
                              struct loom_error *error) {
    static const enum loom_credentials_revocation revocations[] = {
        [LOOM_REVOKED] = LOOM_CREDENTIALS_REVOKED,
        [LOOM_REVOKED_BEFORE] = LOOM_CREDENTIALS_REVOKED,
        [LOOM_REVOKE_UNSUPPORTED] = LOOM_CREDENTIALS_UNREVOCABLE,
        [LOOM_REVOKE_FAILED] = LOOM_CREDENTIALS_NOT_REVOKED,
    };
    struct loom_signed_out signed_out;
    loom_api_call_spare(call, call->credentials->timeout_ms / SPARE_SHARE);
    enum loom_err err = loom_sign_out(&call->session, origin, NULL, &signed_out, error);
    if (err == LOOM_OK && !signed_out.was_signed_in)
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    *out_revocation = revocations[signed_out.revocation];
    return err;
}

static enum loom_err forget(struct loom_api_call *call, const struct loom_origin *origin,
                            enum loom_credentials_revocation *out_revocation,
                            struct loom_error *error) {
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    const struct loom_store_question question = {origin, false};
    const struct loom_paths *paths = &call->credentials->paths;
    *out_revocation = LOOM_CREDENTIALS_NOT_ASKED;
    /* Not as it is being replaced; but what cannot wait any longer is deleted all the same. */
    loom_error_ignore(loom_server_lock_take(paths, origin, &lock, NULL));
    enum loom_err err = call->store->ops->remove(call->store, &question, error);
    /* A note of a token that is gone is none: at worst it stays. */
    if (err == LOOM_OK)
        loom_error_ignore(loom_refused_forget(paths, origin, NULL));
    return err;
}

typedef enum loom_err perform(struct loom_api_call *call, const struct loom_origin *origin,
                              enum loom_credentials_revocation *out_revocation,
                              struct loom_error *error);

static perform *const endings[] = {
    [LOOM_CREDENTIALS_SIGN_OUT] = sign_out,
    [LOOM_CREDENTIALS_FORGET] = forget,
};

enum { ENDINGS = sizeof endings / sizeof endings[0] };

static enum loom_err run(const struct loom_credentials *credentials,
                         const struct loom_origin *origin, perform *what,
                         enum loom_credentials_revocation *out_revocation,
                         struct loom_error *error) {
    LOOM_CLEANUP(loom_api_call_end) struct loom_api_call call;
    enum loom_err err = loom_api_call_begin(credentials, &call);
    return err == LOOM_OK ? what(&call, origin, out_revocation, error) : err;
}

enum loom_credentials_result
loom_credentials_delete(const struct loom_credentials *credentials, const char *server,
                        enum loom_credentials_ending ending,
                        enum loom_credentials_revocation *out_revocation,
                        struct loom_credentials_error **out_error) {
    struct loom_error why = LOOM_ERROR_INIT;
    enum loom_origin_fault fault = LOOM_ORIGIN_EMPTY;
    enum loom_credentials_revocation revocation = LOOM_CREDENTIALS_NOT_ASKED;
    struct loom_origin origin;
    if ((size_t)ending >= ENDINGS) {
        (void)loom_error_detail(&why, LOOM_ERR_USAGE, "There is no such way to delete a sign-in.");
        return loom_api_fail(&why, NULL, out_error);
    }
    enum loom_err err = server == NULL ? LOOM_ERR_USAGE
                                       : loom_origin_parse(server, strlen(server), &origin, &fault);
    if (err != LOOM_OK)
        return loom_api_fail_address(err, fault, out_error);
    err = run(credentials, &origin, endings[ending], &revocation, &why);
    if (err != LOOM_OK) {
        why.code = err;
        return loom_api_fail(&why, origin.url, out_error);
    }
    if (out_revocation != NULL)
        *out_revocation = revocation;
    return LOOM_CREDENTIALS_OK;
}
