/* SPDX-License-Identifier: Apache-2.0 */
#include "session/sign_out.h"

#include "session/authority.h"
#include "session/sign_in.h"
#include "store/refused.h"
#include "store/server_lock.h"

#include <errno.h>

/* More than one round: a place may hold several, as an import under the same key. */
enum { ROUNDS = 8, TOKENS_MAX = ROUNDS * LOOM_STORE_PARTS_MAX };

/* One sign-out; the pointers are borrowed. */
struct run {
    const struct loom_session *session;
    struct loom_store_question question;
    const char *ca_file;
    struct loom_secret *told[TOKENS_MAX]; /* owned: the tokens that the server was told of */
    size_t told_count;
    struct loom_signed_out *signed_out;
};

static void run_clear(struct run *run) {
    for (size_t i = 0; i < run->told_count; i++)
        loom_secret_free(run->told[i]);
}

static bool is_told(const struct run *run, const struct loom_secret *token) {
    for (size_t i = 0; i < run->told_count; i++)
        if (loom_secret_is_equal(run->told[i], token))
            return true;
    return false;
}

/* Something is changed in any case, which is not what an interruption says by itself. */
static void mark_changed(struct loom_error *error) {
    if (error->code == LOOM_ERR_INTERRUPTED)
        error->os_error = EINTR;
}

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
    if (is_told(run, credential->token))
        return LOOM_OK; /* a second copy of the same */
    enum loom_err err = loom_authority_revoke(&server, credential, &revocation, &error);
    mark_changed(&error);
    if (run->told_count == 0 || revocation > run->signed_out->revocation) {
        run->signed_out->revocation = revocation;
        run->signed_out->revoke_error = err == LOOM_OK ? (struct loom_error)LOOM_ERROR_INIT : error;
    }
    err = loom_secret_copy(credential->token, &run->told[run->told_count]);
    run->told_count += err == LOOM_OK ? 1 : 0;
    return err;
}

/* LOOM_ERR_NOT_FOUND: there is none (any more). */
static enum loom_err end_one(struct run *run, struct loom_store *store,
                             struct loom_signed_out_place *place, struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    enum loom_err err = store->ops->find(store, &run->question, &credential, error);
    if (err != LOOM_OK)
        return err;
    place->was_there = true;
    place->is_deleted = false;
    err = revoke(run, &credential);
    run->signed_out->was_signed_in = true;
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    /* Not as it is being replaced; but whoever cannot wait any longer signs out all the same. */
    loom_error_ignore(
        loom_server_lock_take(run->session->paths, run->question.origin, &lock, NULL));
    /* Exactly this one: an import beside it, and what another sign-in put there meanwhile, has a
     * token of its own, which the server must be told of, and a round of its own. */
    err = store->ops->remove_this(store, &credential, error);
    place->is_deleted = err == LOOM_OK || err == LOOM_ERR_NOT_FOUND;
    return place->is_deleted ? LOOM_OK : err;
}

static void end_all_in(struct run *run, struct loom_store *store,
                       struct loom_signed_out_place *place) {
    struct loom_store_info info;
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_err err = LOOM_OK;
    store->ops->describe(store, &info);
    *place = (struct loom_signed_out_place){.kind = info.kind, .error = LOOM_ERROR_INIT};
    for (int round = 0; round < ROUNDS && err == LOOM_OK; round++)
        err = end_one(run, store, place, &error);
    if (err == LOOM_OK)
        err = loom_error_set(&error, LOOM_ERR_STORAGE);
    if (err == LOOM_ERR_NOT_FOUND || (!place->was_there && loom_store_is_absent(&error)))
        return;
    /* A signal cut the second look short: what was removed is removed. */
    if (err == LOOM_ERR_INTERRUPTED && place->is_deleted)
        return;
    place->is_deleted = false;
    place->error = error;
    place->error.code = err;
}

enum loom_err loom_sign_out(const struct loom_session *session, const struct loom_origin *origin,
                            const char *ca_file, struct loom_signed_out *out_signed_out,
                            struct loom_error *error) {
    LOOM_CLEANUP(run_clear)
    struct run run = {
        .session = session,
        .question = {origin, true},
        .ca_file = ca_file,
        .signed_out = out_signed_out,
    };
    struct loom_store *parts[LOOM_STORE_PARTS_MAX];
    struct loom_error first = LOOM_ERROR_INIT;
    *out_signed_out = (struct loom_signed_out){.revocation = LOOM_REVOKE_FAILED};
    out_signed_out->places_count = loom_store_parts(session->store, parts);
    for (size_t i = 0; i < out_signed_out->places_count; i++) {
        end_all_in(&run, parts[i], &out_signed_out->places[i]);
        /* Stopped before anything was done: a request would be cut short, and the token lost. */
        if (!out_signed_out->was_signed_in &&
            out_signed_out->places[i].error.code == LOOM_ERR_INTERRUPTED)
            break;
    }
    for (size_t i = out_signed_out->places_count; i-- > 0;) {
        struct loom_error *own = &out_signed_out->places[i].error;
        if (out_signed_out->was_signed_in)
            mark_changed(own);
        if (own->code != LOOM_OK)
            first = *own;
    }
    /* A note of a token that is gone is none: at worst it stays. */
    if (first.code == LOOM_OK && out_signed_out->was_signed_in)
        loom_error_ignore(loom_refused_forget(session->paths, origin, NULL));
    if (error != NULL)
        *error = first;
    return first.code;
}
