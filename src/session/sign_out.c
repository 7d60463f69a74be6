/* SPDX-License-Identifier: Apache-2.0 */
#include "session/sign_out.h"

#include "session/sign_in.h"
#include "store/refused.h"

static void revoke(const struct loom_session *session, const struct loom_credential *credential,
                   const char *ca_file, struct loom_signed_out *signed_out) {
    struct loom_remote server = {
        .http = session->http,
        .origin = &credential->origin,
        .ca_file = ca_file != NULL ? ca_file : credential->ca_file,
        .timeout_ms = LOOM_SESSION_REVOKE_MS,
    };
    enum loom_err err = loom_native_logout(&server, credential->token, &signed_out->revocation,
                                           &signed_out->revoke_error);
    if (err == LOOM_OK)
        (void)loom_error_set(&signed_out->revoke_error, LOOM_OK);
}

/* Remove until a look finds nothing: a store may hold several items of one server. */
static enum loom_err remove_all(const struct loom_session *session,
                                const struct loom_store_question *question,
                                struct loom_error *error) {
    enum { TRIES = 8 };
    for (int i = 0; i < TRIES; i++) {
        enum loom_err err = session->store->ops->remove(session->store, question, error);
        if (err != LOOM_OK)
            return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : err;
    }
    return loom_error_set(error, LOOM_ERR_STORAGE);
}

enum loom_err loom_sign_out(const struct loom_session *session, const struct loom_origin *origin,
                            const char *ca_file, struct loom_signed_out *out_signed_out,
                            struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    struct loom_store_question question = {origin, true};
    *out_signed_out = (struct loom_signed_out){.revocation = LOOM_REVOKE_FAILED};
    enum loom_err err = session->store->ops->find(session->store, &question, &credential, error);
    if (err == LOOM_ERR_NOT_FOUND) {
        out_signed_out->is_deleted = true;
        (void)loom_error_set(error, LOOM_OK);
        return LOOM_OK;
    }
    if (err != LOOM_OK)
        return err;
    session->store->ops->describe(session->store, &out_signed_out->place);
    out_signed_out->was_signed_in = true;
    revoke(session, &credential, ca_file, out_signed_out);
    err = remove_all(session, &question, error);
    if (err != LOOM_OK)
        return err;
    out_signed_out->is_deleted = true;
    /* A note of a token that is gone is none: at worst it stays. */
    loom_error_ignore(loom_refused_forget(session->paths, origin, NULL));
    return loom_error_set(error, LOOM_OK);
}
