/* SPDX-License-Identifier: Apache-2.0 */
#include "session/refresh.h"

#include "base/clock.h"
#include "oauth/oauth.h"
#include "session/authority.h"
#include "store/refused.h"
#include "store/server_lock.h"
#include "store/store.h"

enum {
    LOOK_MS = 25,     /* between two looks at the lock */
    READ_LOOKS = 20,  /* every so many, at the store too */
    REQUEST_MS = 500, /* less than this is no time for a request */
    REVOKE_MS = 2000, /* for tokens that nobody wants any more */
    REQUESTS_MAX = 2, /* the second where somebody else rotated the refresh token meanwhile */
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

static bool is_refused(const struct loom_refresh_wish *wish,
                       const struct loom_credential *credential) {
    return loom_secret_is_equal(credential->token, wish->refused);
}

/*
 * A token that never lives as long as is asked for would be due as soon as it is there, and a
 * hundred processes would make a hundred requests: half its life has to do.
 */
static int64_t least_left_s(const struct loom_credential *credential,
                            const struct loom_refresh_wish *wish) {
    bool is_too_much = credential->life_s != 0 && wish->min_valid_s >= credential->life_s;
    return is_too_much ? credential->life_s / 2 : wish->min_valid_s;
}

bool loom_refresh_is_due(const struct loom_credential *credential,
                         const struct loom_refresh_wish *wish, int64_t now_epoch_s) {
    if (is_refused(wish, credential) || loom_credential_is_from_future(credential, now_epoch_s))
        return true;
    return loom_credential_is_expired(credential, now_epoch_s) ||
           (credential->expires_at != 0 &&
            credential->expires_at - now_epoch_s < least_left_s(credential, wish));
}

static int64_t left_ms(const struct run *run) {
    return run->deadline_ms - now_ms(run);
}

static void take_over(struct run *run, struct loom_credential *found) {
    loom_credential_clear(run->credential);
    *run->credential = *found;
    *found = (struct loom_credential)LOOM_CREDENTIAL_INIT;
}

/* What was found at a second look. */
enum news {
    NEWS_NONE, /* the same as before */
    NEWS_LATE, /* taken over, and past its time already */
    NEWS_DONE, /* taken over, and to be used */
};

/* Two that share their access token are two all the same when the refresh token was rotated. */
static bool is_same(const struct loom_credential *a, const struct loom_credential *b) {
    return loom_secret_is_equal(a->token, b->token) && loom_secret_is_equal(a->refresh, b->refresh);
}

/*
 * What somebody else stored since this began is as new as a request could make it, however long it
 * lives: a hundred processes must not ask one after the other. But a token that was refused is no
 * better for having been given out again.
 */
static enum news judge(const struct run *run, const struct loom_credential *found) {
    const struct loom_refresh_wish alive = {.min_valid_s = 0, .refused = run->wish->refused};
    if (is_same(found, run->credential))
        return NEWS_NONE;
    return loom_refresh_is_possible(found) && loom_refresh_is_due(found, &alive, now_s(run))
               ? NEWS_LATE
               : NEWS_DONE;
}

/* Read again; the errors are those of find(). */
static enum loom_err read_again(struct run *run, enum news *out_news, struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential found = LOOM_CREDENTIAL_INIT;
    struct loom_store_question exact = {&run->credential->origin, false};
    enum loom_err err = run->home->ops->find(run->home, &exact, &found, error);
    if (err != LOOM_OK)
        return err;
    *out_news = judge(run, &found);
    if (*out_news != NEWS_NONE)
        take_over(run, &found);
    return LOOM_OK;
}

/*
 * Wait for the lock: whoever holds it is about to store what all wait for. One who was stopped
 * behind that keeps the lock, not what is stored.
 */
static enum loom_err wait_for_turn(struct run *run, struct loom_lock *out_lock, enum news *out_news,
                                   struct loom_error *error) {
    const struct loom_clock *clock = run->session->clock;
    for (int look = 1;; look++) {
        enum loom_err err =
            loom_server_lock_try(run->session->paths, &run->credential->origin, out_lock, error);
        if (err != LOOM_ERR_STORAGE)
            return err == LOOM_OK ? read_again(run, out_news, error) : err;
        bool is_late = left_ms(run) <= 0;
        err = LOOM_OK;
        if (is_late || look % READ_LOOKS == 0)
            err = read_again(run, out_news, error);
        if (err != LOOM_OK || *out_news == NEWS_DONE)
            return err;
        if (is_late)
            return loom_error_set(error, LOOM_ERR_TIMEOUT);
        err = clock->sleep_ms(clock->context, LOOK_MS);
        if (err != LOOM_OK)
            return loom_error_set(error, err);
    }
}

/*
 * There is room for one note of a server: it stands at the access token while that is refused, or
 * the note would take the place of that news.
 */
static const struct loom_secret *noted_token(const struct run *run) {
    const struct loom_credential *credential = run->credential;
    return is_refused(run->wish, credential) ? credential->token : credential->refresh;
}

/* What was learned about this refresh token before: dead, or asked in vain a moment ago. */
static enum loom_err heed_note(const struct run *run, struct loom_error *error) {
    struct loom_refused note;
    if (loom_refused_find(run->session->paths, &run->credential->origin, noted_token(run), &note,
                          NULL) != LOOM_OK)
        return LOOM_OK;
    if (note.is_dead)
        return loom_error_set(error, LOOM_ERR_REJECTED);
    int64_t ago_s = now_s(run) - note.asked_at;
    return ago_s >= 0 && ago_s < LOOM_REFRESH_AGAIN_S ? loom_error_set(error, LOOM_ERR_TIMEOUT)
                                                      : LOOM_OK;
}

/* A note that cannot be written costs one more request next time, no more. */
static void note(const struct run *run, bool is_dead) {
    struct loom_refused what = {.asked_at = now_s(run), .is_dead = is_dead};
    loom_error_ignore(loom_refused_note(run->session->paths, &run->credential->origin,
                                        noted_token(run), &what, NULL));
}

static struct loom_remote remote(const struct run *run, const struct loom_authority *authority,
                                 int64_t timeout_ms) {
    return (struct loom_remote){
        .http = run->session->http,
        .origin = &run->credential->origin,
        .ca_file = run->credential->ca_file,
        .timeout_ms = (int)timeout_ms,
        .authority = authority,
    };
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

/*
 * Somebody signed out or in while the server was asked: nobody wants these any more. An old refresh
 * token that stayed is theirs to end.
 */
static void end_tokens(const struct run *run, struct loom_credential *newer) {
    int64_t most_ms = left_ms(run) < REVOKE_MS ? left_ms(run) : REVOKE_MS;
    struct loom_remote server = remote(run, NULL, most_ms > REQUEST_MS ? most_ms : REQUEST_MS);
    enum loom_revocation revocation;
    if (loom_secret_is_equal(newer->refresh, run->credential->refresh))
        loom_secret_drop(&newer->refresh);
    loom_error_ignore(loom_authority_revoke(&server, newer, &revocation, NULL));
}

/*
 * Of the refresh token, where that stays, nothing is true any more. What was noted of the access
 * token stays for those who read that a moment ago: they must not hand it out as a good one.
 */
static void forget_note(const struct run *run, const struct loom_credential *newer) {
    const struct loom_paths *paths = run->session->paths;
    struct loom_refused what;
    if (loom_refused_find(paths, &newer->origin, newer->refresh, &what, NULL) == LOOM_OK)
        loom_error_ignore(loom_refused_forget(paths, &newer->origin, NULL));
}

static enum loom_err keep(struct run *run, struct loom_credential *newer,
                          struct loom_error *error) {
    enum news news = NEWS_NONE;
    struct loom_error why = LOOM_ERROR_INIT;
    enum loom_err err = run->home->ops->replace_this(run->home, run->credential, newer, &why);
    if (err == LOOM_ERR_NOT_FOUND) {
        end_tokens(run, newer);
        err = read_again(run, &news, error);
        /* Neither replaced nor another: a store that contradicts itself. */
        return err == LOOM_OK && news == NEWS_NONE ? loom_error_set(error, LOOM_ERR_STORAGE) : err;
    }
    if (err == LOOM_OK)
        forget_note(run, newer);
    else
        *run->unsaved = why;
    take_over(run, newer);
    return LOOM_OK;
}

static bool is_worth_waiting(enum loom_err err) {
    return err == LOOM_ERR_TIMEOUT || err == LOOM_ERR_SERVER;
}

static enum loom_err ask(struct run *run, struct loom_error *error) {
    LOOM_CLEANUP(loom_tokens_clear) struct loom_tokens tokens = LOOM_TOKENS_INIT;
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential newer = LOOM_CREDENTIAL_INIT;
    struct loom_authority authority;
    struct loom_remote server;
    int64_t asked_at = 0;
    enum loom_err err = LOOM_ERR_TIMEOUT;
    if (left_ms(run) < REQUEST_MS)
        return loom_error_set(error, err);
    server = remote(run, NULL, left_ms(run));
    err = loom_authority_find(&server, run->credential, &authority, error);
    if (err == LOOM_OK && left_ms(run) < REQUEST_MS)
        err = loom_error_set(error, LOOM_ERR_TIMEOUT);
    if (err == LOOM_OK) {
        server = remote(run, &authority, left_ms(run));
        asked_at = now_s(run);
        err = loom_oauth_refresh(&server, run->credential->refresh, &tokens, error);
    }
    if (is_worth_waiting(err))
        note(run, false);
    if (err != LOOM_OK)
        return err;
    err = renew(run, &authority, &tokens, asked_at, &newer);
    return err == LOOM_OK ? keep(run, &newer, error) : loom_error_set(error, err);
}

/*
 * The server says that the refresh token is dead. Read again before believing it: where there are
 * no locks, another process may have used it a moment ago. LOOM_OK: *out_news tells what is there.
 */
static enum loom_err judge_dead(struct run *run, enum news *out_news, struct loom_error *error) {
    struct loom_error why = LOOM_ERROR_INIT;
    enum loom_err err = read_again(run, out_news, &why);
    if (err == LOOM_ERR_NOT_FOUND)
        return loom_error_set(error, err);
    if (err == LOOM_OK && *out_news != NEWS_NONE)
        return LOOM_OK;
    /* What cannot be read may be another one, which is not dead. */
    if (err == LOOM_OK)
        note(run, true);
    return LOOM_ERR_REJECTED;
}

static enum loom_err ask_until_known(struct run *run, struct loom_error *error) {
    for (int i = 0; i < REQUESTS_MAX; i++) {
        enum news news = NEWS_NONE;
        enum loom_err err = ask(run, error);
        if (err != LOOM_ERR_REJECTED)
            return err;
        err = judge_dead(run, &news, error);
        if (err != LOOM_OK || news == NEWS_DONE)
            return err;
    }
    return LOOM_ERR_REJECTED;
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
    enum news news = NEWS_NONE;
    *out_unsaved = (struct loom_error)LOOM_ERROR_INIT;
    run.deadline_ms = now_ms(&run) + wish->timeout_ms;
    enum loom_err err = heed_note(&run, error);
    if (err == LOOM_OK)
        err = wait_for_turn(&run, &lock, &news, error);
    if (err == LOOM_OK && news != NEWS_DONE) {
        err = heed_note(&run, error); /* of the one who was here before */
        if (err == LOOM_OK)
            err = run.home->ops->check(run.home, error);
        if (err == LOOM_OK)
            err = ask_until_known(&run, error);
    }
    /* What stood in the way before is no news any more. */
    return err == LOOM_OK ? loom_error_set(error, LOOM_OK) : err;
}
