/* SPDX-License-Identifier: Apache-2.0 */
#include "session/access.h"

#include "base/clock.h"
#include "oauth/oauth.h"
#include "session/authority.h"
#include "session/refresh.h"
#include "store/refused.h"

enum { LEAST_MS = 300 }; /* less than this is no time for a question */

static int64_t now_epoch_s(const struct loom_session *session) {
    return session->clock->epoch_s(session->clock->context);
}

/* For the server, of the time that is left. */
static int time_for_server_ms(const struct loom_session *session,
                              const struct loom_access_need *need) {
    int64_t left = need->until_ms - session->clock->now_ms(session->clock->context);
    if (need->until_ms == 0 || left >= need->timeout_ms)
        return need->timeout_ms;
    return left > 1 ? (int)left : 1;
}

/* A note from the future (the clock was set back) is due as well. */
static bool is_due(const struct loom_refused *note, int64_t now_s) {
    return note->asked_at <= 0 || now_s < note->asked_at ||
           now_s - note->asked_at >= LOOM_ACCESS_ASK_AGAIN_S;
}

/* A note that cannot be written costs one more question next time, no more. */
static void keep_note(const struct loom_session *session, const struct loom_credential *credential,
                      const struct loom_refused *note) {
    loom_error_ignore(
        loom_refused_note(session->paths, &credential->origin, credential->token, note, NULL));
}

static enum loom_err ask(const struct loom_session *session,
                         const struct loom_credential *credential, int timeout_ms,
                         struct loom_error *error) {
    struct loom_account account = LOOM_ACCOUNT_INIT;
    struct loom_remote server = {
        .http = session->http,
        .origin = &credential->origin,
        .ca_file = credential->ca_file,
        .timeout_ms = timeout_ms < LOOM_ACCESS_ASK_MS ? timeout_ms : LOOM_ACCESS_ASK_MS,
    };
    enum loom_err err = loom_authority_whoami(&server, credential, &account, error);
    loom_account_clear(&account);
    /* A rumour about a token that nobody can be asked about has to be believed. */
    return err == LOOM_ERR_NOT_FOUND ? loom_error_set(error, LOOM_ERR_REJECTED) : err;
}

static enum loom_err check_refusal(const struct loom_session *session,
                                   const struct loom_access_need *need,
                                   const struct loom_credential *credential,
                                   const struct loom_refused *known, struct loom_error *error) {
    if (!is_due(known, now_epoch_s(session)))
        return LOOM_OK;
    enum loom_err err = ask(session, credential, time_for_server_ms(session, need), error);
    if (err == LOOM_OK) {
        /* A note that stays costs one more question, no more. */
        loom_error_ignore(loom_refused_forget(session->paths, &credential->origin, NULL));
        return LOOM_OK;
    }
    if (err == LOOM_ERR_INTERRUPTED) /* nobody was asked */
        return err;
    struct loom_refused note = {.asked_at = now_epoch_s(session),
                                .is_dead = err == LOOM_ERR_REJECTED};
    keep_note(session, credential, &note);
    return note.is_dead ? err : LOOM_OK;
}

/* Is a failed refresh no failure, because there is a token that may still be good? */
static bool is_bearable(const struct loom_session *session, const struct loom_access *access,
                        bool is_refused, enum loom_err err) {
    bool is_over = err == LOOM_ERR_NOT_FOUND || err == LOOM_ERR_INTERRUPTED ||
                   err == LOOM_ERR_INTERNAL || (err == LOOM_ERR_REJECTED && is_refused);
    return !is_over && !loom_credential_is_expired(&access->credential, now_epoch_s(session));
}

static enum loom_err refresh(const struct loom_session *session,
                             const struct loom_refresh_wish *wish, struct loom_access *access,
                             struct loom_error *error) {
    struct loom_error why = LOOM_ERROR_INIT;
    enum loom_err err = loom_refresh(session, wish, &access->credential, &access->trouble, &why);
    bool is_refused = loom_secret_is_equal(access->credential.token, wish->refused);
    access->is_unsaved = err == LOOM_OK && access->trouble.code != LOOM_OK;
    if (err == LOOM_OK && loom_credential_is_expired(&access->credential, now_epoch_s(session)))
        return loom_error_set(error, LOOM_ERR_EXPIRED); /* a life of 0 s */
    if (err == LOOM_OK)
        return LOOM_OK;
    if (is_bearable(session, access, is_refused, err)) {
        access->trouble = why;
        return LOOM_OK;
    }
    if (error != NULL)
        *error = why;
    return err;
}

static enum loom_err refresh_if_due(const struct loom_session *session,
                                    const struct loom_access_need *need, bool is_refused,
                                    struct loom_access *access, struct loom_error *error) {
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *refused = NULL;
    enum loom_err err = is_refused ? loom_secret_copy(access->credential.token, &refused) : LOOM_OK;
    struct loom_refresh_wish wish = {need->min_valid_s, refused, time_for_server_ms(session, need)};
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    return loom_refresh_is_due(&access->credential, &wish, now_epoch_s(session))
               ? refresh(session, &wish, access, error)
               : LOOM_OK;
}

/* One that came to nothing: what it was for, when it began, what was noted before. */
struct renewal {
    const struct loom_access_need *need;
    int64_t began_ms;
    const struct loom_refused *known;
};

/*
 * A server that knows this client no longer (`invalid_client`) renews nothing, today as tomorrow,
 * and says nothing about the token: that was refused, so it is asked about instead, in the time
 * that the refresh has left.
 */
static enum loom_err ask_instead(const struct loom_session *session, const struct renewal *renewal,
                                 const struct loom_access *access, struct loom_error *error) {
    const struct loom_clock *clock = session->clock;
    struct loom_access_need rest = *renewal->need;
    int64_t left_ms = rest.timeout_ms - (clock->now_ms(clock->context) - renewal->began_ms);
    if (left_ms < LEAST_MS)
        return LOOM_OK;
    rest.timeout_ms = (int)left_ms;
    return check_refusal(session, &rest, &access->credential, renewal->known, error);
}

/* Make what was found fit to be handed out. */
static enum loom_err prepare(const struct loom_session *session,
                             const struct loom_access_need *need, struct loom_access *access,
                             struct loom_error *error) {
    const struct loom_credential *credential = &access->credential;
    struct loom_refused note;
    bool is_refused = loom_refused_find(session->paths, &credential->origin, credential->token,
                                        &note, NULL) == LOOM_OK;
    if (is_refused && note.is_dead)
        return loom_error_set(error, LOOM_ERR_REJECTED);
    if (loom_refresh_is_possible(credential)) {
        int64_t began_ms = session->clock->now_ms(session->clock->context);
        enum loom_err err = refresh_if_due(session, need, is_refused, access, error);
        bool is_asked = err == LOOM_OK && is_refused && access->trouble.code == LOOM_ERR_DENIED;
        const struct renewal renewal = {need, began_ms, &note};
        return is_asked ? ask_instead(session, &renewal, access, error) : err;
    }
    if (loom_credential_is_expired(credential, now_epoch_s(session)))
        return loom_error_set(error, LOOM_ERR_EXPIRED);
    return is_refused ? check_refusal(session, need, credential, &note, error) : LOOM_OK;
}

enum loom_err loom_access_find(const struct loom_session *session,
                               const struct loom_store_question *question,
                               const struct loom_access_need *need, struct loom_access *out_access,
                               struct loom_error *error) {
    struct loom_access access = LOOM_ACCESS_INIT;
    enum loom_err err =
        session->store->ops->find(session->store, question, &access.credential, error);
    if (err == LOOM_OK)
        err = prepare(session, need, &access, error);
    if (err != LOOM_OK) {
        loom_access_clear(&access);
        return err;
    }
    *out_access = access;
    return loom_error_set(error, LOOM_OK);
}

void loom_access_clear(struct loom_access *access) {
    loom_credential_clear(&access->credential);
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
    /* What is known of the refresh token holds on: dead, the two are dead together. */
    if (credential.refresh == NULL || loom_refused_find(session->paths, &credential.origin,
                                                        credential.refresh, &note, NULL) != LOOM_OK)
        note = (struct loom_refused){.asked_at = 0, .is_dead = false};
    return loom_refused_note(session->paths, &credential.origin, token, &note, error);
}
