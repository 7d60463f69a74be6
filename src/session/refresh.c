/* SPDX-License-Identifier: Apache-2.0 */
#include "session/refresh.h"

#include "base/clock.h"
#include "oauth/oauth.h"
#include "session/authority.h"
#include "store/refused.h"
#include "store/server_lock.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>

enum {
    LOOK_MS = 25,     /* between two looks at the lock */
    READ_LOOKS = 20,  /* every so many, at the store too */
    REQUEST_MS = 500, /* less than this is no time for a request */
    REVOKE_MS = 2000, /* for tokens that nobody wants any more */
};

/* Everything that one refresh works with. The pointers are borrowed. */
struct run {
    const struct loom_session *session;
    const struct loom_refresh_wish *wish;
    struct loom_store *home;            /* where the credential lies */
    struct loom_credential *credential; /* the one to replace */
    struct loom_error *unsaved;
    int64_t deadline_ms;
};

static int64_t now_ms(const struct run *run) {
    return run->session->clock->now_ms(run->session->clock->context);
}

static int64_t now_s(const struct run *run) {
    return run->session->clock->epoch_s(run->session->clock->context);
}

bool loom_refresh_is_possible(const struct loom_credential *credential) {
    return credential->dialect == LOOM_DIALECT_OAUTH && credential->refresh != NULL;
}

bool loom_refresh_is_due(const struct loom_credential *credential,
                         const struct loom_refresh_wish *wish, int64_t now_epoch_s) {
    if (wish->is_refused || loom_credential_is_from_future(credential, now_epoch_s))
        return true;
    return credential->expires_at != 0 && credential->expires_at - now_epoch_s < wish->min_valid_s;
}

static void take_over(struct run *run, struct loom_credential *found) {
    loom_credential_clear(run->credential);
    *run->credential = *found;
    *found = (struct loom_credential)LOOM_CREDENTIAL_INIT;
}

/*
 * Read again. LOOM_OK: somebody was here, and what is there now is taken over; *out_is_done tells
 * whether that is fresh enough. What cannot be read just now is no news.
 */
static enum loom_err read_again(struct run *run, bool *out_is_done, struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential found = LOOM_CREDENTIAL_INIT;
    struct loom_store_question exact = {&run->credential->origin, false};
    enum loom_err err = run->home->ops->find(run->home, &exact, &found, error);
    if (err != LOOM_OK)
        return err;
    if (loom_secret_is_equal(found.token, run->credential->token))
        return LOOM_OK;
    /* Another token than the one that was refused is not refused. */
    struct loom_refresh_wish wish = {.min_valid_s = run->wish->min_valid_s};
    *out_is_done =
        !loom_refresh_is_possible(&found) || !loom_refresh_is_due(&found, &wish, now_s(run));
    take_over(run, &found);
    return LOOM_OK;
}

/*
 * Wait for the lock: whoever holds it is about to store what all wait for. One who was stopped
 * behind that keeps the lock, not what is stored.
 */
static enum loom_err wait_for_turn(struct run *run, struct loom_lock *out_lock, bool *out_is_done,
                                   struct loom_error *error) {
    const struct loom_clock *clock = run->session->clock;
    for (int look = 1;; look++) {
        enum loom_err err =
            loom_server_lock_try(run->session->paths, &run->credential->origin, out_lock, error);
        if (err != LOOM_ERR_STORAGE)
            return err == LOOM_OK ? read_again(run, out_is_done, error) : err;
        bool is_late = now_ms(run) >= run->deadline_ms;
        if (is_late || look % READ_LOOKS == 0)
            err = read_again(run, out_is_done, error);
        else
            err = LOOM_OK;
        if (err != LOOM_OK || *out_is_done)
            return err;
        if (is_late)
            return loom_error_set(error, LOOM_ERR_TIMEOUT);
        err = clock->sleep_ms(clock->context, LOOK_MS);
        if (err != LOOM_OK)
            return loom_error_set(error, err);
    }
}

/* What was learned about this refresh token before: dead, or asked in vain a moment ago. */
static enum loom_err heed_note(const struct run *run, struct loom_error *error) {
    struct loom_refused note;
    if (loom_refused_find(run->session->paths, &run->credential->origin, run->credential->refresh,
                          &note, NULL) != LOOM_OK)
        return LOOM_OK;
    if (note.is_dead)
        return loom_error_set(error, LOOM_ERR_REJECTED);
    int64_t ago_s = now_s(run) - note.asked_at;
    return ago_s >= 0 && ago_s < LOOM_REFRESH_AGAIN_S ? loom_error_set(error, LOOM_ERR_TIMEOUT)
                                                      : LOOM_OK;
}

/* A note that cannot be written costs one more request next time, no more. */
static void note(const struct run *run, const struct loom_secret *token, bool is_dead) {
    struct loom_refused what = {.asked_at = now_s(run), .is_dead = is_dead};
    loom_error_ignore(
        loom_refused_note(run->session->paths, &run->credential->origin, token, &what, NULL));
}

static struct loom_remote remote(const struct run *run, const struct loom_authority *authority,
                                 int timeout_ms) {
    return (struct loom_remote){
        .http = run->session->http,
        .origin = &run->credential->origin,
        .ca_file = run->credential->ca_file,
        .timeout_ms = timeout_ms,
        .authority = authority,
    };
}

/* What another program left says nothing of where it came from. */
static enum loom_err find_authority(const struct run *run, struct loom_authority *out_authority,
                                    struct loom_error *error) {
    enum loom_err err = loom_authority_recall(run->credential, out_authority);
    if (err != LOOM_OK)
        return loom_error_detail(error, err, run->credential->origin.url);
    if (out_authority->token.url[0] != '\0')
        return LOOM_OK;
    struct loom_remote server = remote(run, NULL, (int)(run->deadline_ms - now_ms(run)));
    return loom_oauth_discover(&server, run->credential->client_id, run->credential->scope,
                               out_authority, error);
}

/* RFC 6749 section 6: the answer may carry a new refresh token; if it does not, the old one stays.
 */
static enum loom_err renew(const struct run *run, const struct loom_authority *authority,
                           struct loom_tokens *tokens, int64_t asked_at,
                           struct loom_credential *out_newer) {
    enum loom_err err = loom_credential_copy(run->credential, out_newer);
    if (err == LOOM_OK)
        err = loom_authority_remember(authority, out_newer);
    if (err != LOOM_OK)
        return err;
    loom_secret_drop(&out_newer->token);
    out_newer->token = tokens->access;
    tokens->access = NULL;
    if (tokens->refresh != NULL) {
        loom_secret_drop(&out_newer->refresh);
        out_newer->refresh = tokens->refresh;
        tokens->refresh = NULL;
    }
    loom_authority_date(tokens, asked_at, out_newer);
    return LOOM_OK;
}

/* Somebody signed out or in while the server was asked: nobody wants these any more. */
static void end_tokens(const struct run *run, const struct loom_credential *newer) {
    struct loom_remote server = remote(run, NULL, REVOKE_MS);
    enum loom_revocation revocation;
    loom_error_ignore(loom_authority_revoke(&server, newer, &revocation, NULL));
}

static enum loom_err keep(struct run *run, struct loom_credential *newer,
                          struct loom_error *error) {
    bool is_done = false;
    enum loom_err err =
        run->home->ops->replace_this(run->home, run->credential, newer, run->unsaved);
    if (err == LOOM_ERR_NOT_FOUND) {
        *run->unsaved = (struct loom_error)LOOM_ERROR_INIT;
        end_tokens(run, newer);
        return read_again(run, &is_done, error);
    }
    if (err == LOOM_OK)
        loom_error_ignore(loom_refused_forget(run->session->paths, &newer->origin, NULL));
    else
        run->unsaved->code = err;
    take_over(run, newer);
    return loom_error_set(error, LOOM_OK);
}

/*
 * The server says that the refresh token is dead. Read again before believing it: where there are
 * no locks, another process may have used it a moment ago.
 */
static enum loom_err judge_dead(struct run *run, struct loom_error *error) {
    struct loom_error own = LOOM_ERROR_INIT;
    bool is_done = false;
    if (error != NULL)
        own = *error;
    if (read_again(run, &is_done, NULL) == LOOM_OK && is_done)
        return loom_error_set(error, LOOM_OK);
    /* A token that was refused as well must not be handed out again until the next sign-in. */
    note(run, run->wish->is_refused ? run->credential->token : run->credential->refresh, true);
    if (error != NULL)
        *error = own;
    return LOOM_ERR_REJECTED;
}

static bool is_worth_waiting(enum loom_err err) {
    return err == LOOM_ERR_TIMEOUT || err == LOOM_ERR_SERVER;
}

static enum loom_err ask(struct run *run, struct loom_error *error) {
    LOOM_CLEANUP(loom_tokens_clear) struct loom_tokens tokens = LOOM_TOKENS_INIT;
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential newer = LOOM_CREDENTIAL_INIT;
    struct loom_authority authority;
    enum loom_err err = find_authority(run, &authority, error);
    if (err != LOOM_OK)
        return err;
    int64_t left_ms = run->deadline_ms - now_ms(run);
    if (left_ms < REQUEST_MS)
        return loom_error_set(error, LOOM_ERR_TIMEOUT);
    int64_t asked_at = now_s(run);
    struct loom_remote server = remote(run, &authority, (int)left_ms);
    err = loom_oauth_refresh(&server, run->credential->refresh, &tokens, error);
    if (err == LOOM_ERR_REJECTED)
        return judge_dead(run, error);
    if (is_worth_waiting(err))
        note(run, run->credential->refresh, false);
    if (err != LOOM_OK)
        return err;
    err = renew(run, &authority, &tokens, asked_at, &newer);
    return err == LOOM_OK ? keep(run, &newer, error) : loom_error_set(error, err);
}

enum loom_err loom_refresh(const struct loom_session *session, const struct loom_refresh_wish *wish,
                           struct loom_credential *credential, struct loom_error *out_unsaved,
                           struct loom_error *error) {
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    struct run run = {.session = session,
                      .wish = wish,
                      .home = loom_store_home(session->store),
                      .credential = credential,
                      .unsaved = out_unsaved};
    bool is_done = false;
    *out_unsaved = (struct loom_error)LOOM_ERROR_INIT;
    run.deadline_ms = now_ms(&run) + wish->timeout_ms;
    enum loom_err err = heed_note(&run, error);
    if (err == LOOM_OK)
        err = wait_for_turn(&run, &lock, &is_done, error);
    if (err != LOOM_OK || is_done)
        return err;
    err = heed_note(&run, error); /* of the one who was here before */
    if (err == LOOM_OK)
        err = run.home->ops->check(run.home, error);
    return err == LOOM_OK ? ask(&run, error) : err;
}
