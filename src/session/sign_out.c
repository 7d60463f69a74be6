/* SPDX-License-Identifier: Apache-2.0 */
#include "session/sign_out.h"

#include "session/sign_in.h"
#include "store/refused.h"

/* One sign-out; the pointers are borrowed. */
struct run {
    const struct loom_session *session;
    struct loom_store_question question;
    const char *ca_file;
    struct loom_secret *told; /* owned: the token that the server was told of last */
    struct loom_signed_out *signed_out;
};

/* Ask the server to end this one. Of several the worst outcome is what is told. */
static enum loom_err revoke(struct run *run, const struct loom_credential *credential) {
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_revocation revocation = LOOM_REVOKE_FAILED;
    struct loom_remote server = {
        .http = run->session->http,
        .origin = &credential->origin,
        .ca_file = run->ca_file != NULL ? run->ca_file : credential->ca_file,
        .timeout_ms = LOOM_SESSION_REVOKE_MS,
    };
    if (loom_secret_is_equal(run->told, credential->token))
        return LOOM_OK; /* a second copy of the same */
    enum loom_err err = loom_native_logout(&server, credential->token, &revocation, &error);
    if (!run->signed_out->was_signed_in || revocation > run->signed_out->revocation) {
        run->signed_out->revocation = revocation;
        run->signed_out->revoke_error = err == LOOM_OK ? (struct loom_error)LOOM_ERROR_INIT : error;
    }
    loom_secret_drop(&run->told);
    return loom_secret_copy(credential->token, &run->told);
}

/* LOOM_ERR_NOT_FOUND: there is none (any more). */
static enum loom_err end_one(struct run *run, struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    struct loom_store *store = run->session->store;
    enum loom_err err = store->ops->find(store, &run->question, &credential, error);
    if (err != LOOM_OK)
        return err;
    if (!run->signed_out->was_signed_in)
        store->ops->describe(store, &run->signed_out->place);
    err = revoke(run, &credential);
    run->signed_out->was_signed_in = true;
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    /* Exactly this one: an import beside it has a token of its own, and a round of its own. */
    struct loom_store_question exact = {run->question.origin, false};
    return store->ops->remove(store, &exact, error);
}

enum loom_err loom_sign_out(const struct loom_session *session, const struct loom_origin *origin,
                            const char *ca_file, struct loom_signed_out *out_signed_out,
                            struct loom_error *error) {
    /* More than one round: a store may hold several, as an import under the same key. */
    enum { ROUNDS = 8 };
    struct run run = {session, {origin, true}, ca_file, NULL, out_signed_out};
    *out_signed_out = (struct loom_signed_out){.revocation = LOOM_REVOKE_FAILED};
    enum loom_err err = LOOM_OK;
    for (int round = 0; round < ROUNDS && err == LOOM_OK; round++)
        err = end_one(&run, error);
    loom_secret_drop(&run.told);
    if (err == LOOM_OK)
        return loom_error_set(error, LOOM_ERR_STORAGE);
    if (err != LOOM_ERR_NOT_FOUND)
        return err;
    out_signed_out->is_deleted = true;
    /* A note of a token that is gone is none: at worst it stays. */
    if (out_signed_out->was_signed_in)
        loom_error_ignore(loom_refused_forget(session->paths, origin, NULL));
    return loom_error_set(error, LOOM_OK);
}
