/* SPDX-License-Identifier: Apache-2.0 */
#include "session/access.h"

#include "base/clock.h"
#include "oauth/oauth.h"
#include "store/refused.h"

static int64_t now_epoch_s(const struct loom_session *session) {
    return session->clock->epoch_s(session->clock->context);
}

/* A note from the future (the clock was set back) is due as well. */
static bool is_due(const struct loom_refused *note, int64_t now_s) {
    return note->asked_at <= 0 || now_s < note->asked_at ||
           now_s - note->asked_at >= LOOM_ACCESS_ASK_AGAIN_S;
}

/* A note that cannot be written costs one more question next time, no more. */
static void keep_note(const struct loom_session *session, const struct loom_credential *credential,
                      const struct loom_refused *note) {
    enum loom_err err =
        loom_refused_note(session->paths, &credential->origin, credential->token, note, NULL);
    (void)err;
}

static enum loom_err ask(const struct loom_session *session,
                         const struct loom_credential *credential, struct loom_error *error) {
    struct loom_account account = LOOM_ACCOUNT_INIT;
    struct loom_remote server = {
        .http = session->http,
        .origin = &credential->origin,
        .ca_file = credential->ca_file,
        .timeout_ms = LOOM_ACCESS_ASK_MS,
    };
    enum loom_err err = loom_oauth_whoami(&server, credential->token, &account, error);
    loom_account_clear(&account);
    return err;
}

static enum loom_err check_refusal(const struct loom_session *session,
                                   const struct loom_credential *credential,
                                   struct loom_error *error) {
    struct loom_refused note;
    if (loom_refused_find(session->paths, &credential->origin, credential->token, &note, NULL) !=
        LOOM_OK)
        return LOOM_OK;
    if (note.is_dead)
        return loom_error_set(error, LOOM_ERR_REJECTED);
    if (!is_due(&note, now_epoch_s(session)))
        return LOOM_OK;
    enum loom_err err = ask(session, credential, error);
    if (err == LOOM_OK) {
        /* A note that stays costs one more question, no more. */
        loom_error_ignore(loom_refused_forget(session->paths, &credential->origin, NULL));
        return LOOM_OK;
    }
    note = (struct loom_refused){.asked_at = now_epoch_s(session),
                                 .is_dead = err == LOOM_ERR_REJECTED};
    keep_note(session, credential, &note);
    return note.is_dead ? err : LOOM_OK;
}

enum loom_err loom_access_find(const struct loom_session *session,
                               const struct loom_store_question *question,
                               struct loom_credential *out_credential, struct loom_error *error) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = session->store->ops->find(session->store, question, &credential, error);
    if (err != LOOM_OK)
        return err;
    if (loom_credential_is_expired(&credential, now_epoch_s(session)))
        err = loom_error_set(error, LOOM_ERR_EXPIRED);
    else
        err = check_refusal(session, &credential, error);
    if (err != LOOM_OK) {
        loom_credential_clear(&credential);
        return err;
    }
    *out_credential = credential;
    return loom_error_set(error, LOOM_OK);
}

enum loom_err loom_access_refuse(const struct loom_session *session,
                                 const struct loom_store_question *question,
                                 const struct loom_secret *token, struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = session->store->ops->find(session->store, question, &credential, error);
    if (err != LOOM_OK)
        return err == LOOM_ERR_NOT_FOUND ? loom_error_set(error, LOOM_OK) : err;
    if (!loom_secret_is_equal(credential.token, token))
        return LOOM_OK;
    struct loom_refused note;
    err = loom_refused_find(session->paths, &credential.origin, token, &note, NULL);
    if (err == LOOM_OK) /* known: what was learned about it stays */
        return LOOM_OK;
    note = (struct loom_refused){.asked_at = 0, .is_dead = false};
    return loom_refused_note(session->paths, &credential.origin, token, &note, error);
}
