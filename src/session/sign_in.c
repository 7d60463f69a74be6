/* SPDX-License-Identifier: Apache-2.0 */
#include "session/sign_in.h"

#include "base/clock.h"
#include "store/refused.h"
#include "store/server_lock.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 1000 };

/* Everything that one sign-in works with. */
struct run {
    const struct loom_session *session;
    const struct loom_sign_in_wish *wish;
    const struct loom_prompt *prompt;
    struct loom_credential
        previous;                 /* what the store held before; empty when has_previous is not */
    struct loom_credential older; /* another copy beside it, in another place; or empty */
    bool has_previous;
    char *ca_file; /* owned: the wish's, else the previous one's */
};

static struct loom_remote remote(const struct run *run, int timeout_ms) {
    return (struct loom_remote){
        .http = run->session->http,
        .origin = run->wish->origin,
        .ca_file = run->ca_file,
        .timeout_ms = timeout_ms,
    };
}

static int64_t now_ms(const struct run *run) {
    const struct loom_clock *clock = run->session->clock;
    return clock->now_ms(clock->context);
}

static int64_t now_epoch_s(const struct run *run) {
    const struct loom_clock *clock = run->session->clock;
    return clock->epoch_s(clock->context);
}

/* Of two copies the newer is what is replaced, as it is what answers; a tie goes to the first. */
static void take_previous(struct run *run, struct loom_credential *found) {
    bool is_newer = !run->has_previous || found->obtained_at > run->previous.obtained_at;
    struct loom_credential *to = is_newer ? &run->previous : &run->older;
    loom_credential_clear(&run->older);
    if (is_newer)
        run->older = run->previous;
    *to = *found;
    run->has_previous = true;
}

/*
 * Each place is asked, whichever of them is chosen now: what is saved in one is removed from the
 * other, and its token has to end as well.
 */
static enum loom_err look_into_parts(struct run *run) {
    struct loom_store *parts[LOOM_STORE_PARTS_MAX];
    struct loom_store_question exact = {run->wish->origin, false};
    size_t count = loom_store_parts(run->session->store, parts);
    for (size_t i = 0; i < count && count > 1; i++) {
        struct loom_credential found = LOOM_CREDENTIAL_INIT;
        enum loom_err err = parts[i]->ops->find(parts[i], &exact, &found, NULL);
        if (err == LOOM_ERR_INTERNAL)
            return err;
        if (err == LOOM_OK)
            take_previous(run, &found);
    }
    return LOOM_OK;
}

/* A store that cannot tell what it holds (a damaged vault beside a keyring) has nothing to show. */
static enum loom_err look_for_previous(struct run *run) {
    struct loom_store *store = run->session->store;
    struct loom_store_question question = {run->wish->origin, true};
    loom_credential_clear(&run->previous);
    loom_credential_clear(&run->older);
    run->has_previous = false;
    enum loom_err err = look_into_parts(run);
    if (err != LOOM_OK || run->has_previous)
        return err;
    err = store->ops->find(store, &question, &run->previous, NULL);
    run->has_previous = err == LOOM_OK;
    return err == LOOM_ERR_INTERNAL ? err : LOOM_OK;
}

static enum loom_err choose_ca_file(struct run *run) {
    const char *path = run->wish->ca_file != NULL ? run->wish->ca_file : run->previous.ca_file;
    if (path == NULL)
        return LOOM_OK;
    run->ca_file = strdup(path);
    return run->ca_file == NULL ? LOOM_ERR_INTERNAL : LOOM_OK;
}

static enum loom_err prepare(struct run *run, struct loom_error *error) {
    struct loom_store *store = run->session->store;
    enum loom_err err = store->ops->check(store, error);
    if (err != LOOM_OK)
        return err;
    err = look_for_previous(run);
    if (err == LOOM_OK)
        err = choose_ca_file(run);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    if (run->has_previous)
        run->prompt->already(run->prompt->context, &run->previous);
    return LOOM_OK;
}

static enum loom_waiting reason_of(const struct loom_flow_answer *answer) {
    static const enum loom_waiting reasons[] = {
        [LOOM_FLOW_PENDING] = LOOM_WAITING_PENDING,  [LOOM_FLOW_SLOW_DOWN] = LOOM_WAITING_SLOW_DOWN,
        [LOOM_FLOW_BUSY] = LOOM_WAITING_SERVER,      [LOOM_FLOW_LOST] = LOOM_WAITING_NETWORK,
        [LOOM_FLOW_APPROVED] = LOOM_WAITING_PENDING, [LOOM_FLOW_FATAL] = LOOM_WAITING_PENDING,
    };
    return reasons[answer->kind];
}

/* Wait a second at most, so that the time left on the screen moves. */
static enum loom_err wait_a_little(const struct run *run, const struct loom_flow *flow,
                                   enum loom_waiting reason, int64_t wait_ms) {
    const struct loom_clock *clock = run->session->clock;
    run->prompt->waiting(run->prompt->context, reason, loom_flow_left_ms(flow, now_ms(run)));
    return clock->sleep_ms(clock->context, wait_ms < TICK_MS ? wait_ms : TICK_MS);
}

/* An answer that comes after the code's life is of no use, and one that hangs stops the clock. */
static int poll_timeout_ms(const struct run *run, const struct loom_flow *flow) {
    int64_t left_ms = loom_flow_left_ms(flow, now_ms(run));
    return left_ms < LOOM_SESSION_POLL_MS ? (int)(left_ms > TICK_MS ? left_ms : TICK_MS)
                                          : LOOM_SESSION_POLL_MS;
}

static enum loom_err poll_until_done(const struct run *run, const struct loom_device_grant *grant,
                                     struct loom_flow *flow, struct loom_secret **out_token,
                                     struct loom_error *error) {
    enum loom_waiting reason = LOOM_WAITING_PENDING;
    for (;;) {
        int64_t wait_ms = 0;
        enum loom_flow_step step = loom_flow_next(flow, now_ms(run), &wait_ms);
        if (step == LOOM_FLOW_END)
            break;
        if (step == LOOM_FLOW_WAIT) {
            enum loom_err err = wait_a_little(run, flow, reason, wait_ms);
            if (err != LOOM_OK)
                return loom_error_set(error, err);
            continue;
        }
        struct loom_poll poll;
        struct loom_remote server = remote(run, poll_timeout_ms(run, flow));
        loom_oauth_poll(&server, grant->device_code, &poll, error);
        if (poll.tokens.access != NULL) {
            *out_token = poll.tokens.access;
            poll.tokens.access = NULL;
        }
        loom_tokens_clear(&poll.tokens);
        loom_flow_take(flow, now_ms(run), &poll.answer);
        reason = reason_of(&poll.answer);
    }
    enum loom_err err = loom_flow_result(flow);
    /* Expired by the clock: what the last poll noted is not why. */
    if (error != NULL && err != error->code)
        (void)loom_error_set(error, err);
    return err;
}

static enum loom_err run_flow(const struct run *run, struct loom_secret **out_token,
                              struct loom_error *error) {
    LOOM_CLEANUP(loom_device_grant_clear) struct loom_device_grant grant = LOOM_DEVICE_GRANT_INIT;
    struct loom_remote server = remote(run, 0);
    struct loom_flow flow;
    int64_t asked_at_ms = now_ms(run), asked_at_s = now_epoch_s(run);
    enum loom_err err = loom_oauth_start(&server, &grant, error);
    if (err != LOOM_OK)
        return err;
    loom_flow_start(&flow, asked_at_ms, now_ms(run), &grant.terms);
    if (grant.terms.life_s > 0 &&
        !run->prompt->code(run->prompt->context, &grant, asked_at_s + grant.terms.life_s))
        return loom_error_os(error, LOOM_ERR_INTERNAL, EPIPE, NULL);
    return poll_until_done(run, &grant, &flow, out_token, error);
}

static enum loom_old_token revoke(const struct run *run, struct loom_secret *token) {
    struct loom_remote server = remote(run, LOOM_SESSION_REVOKE_MS);
    const struct loom_tokens tokens = {.access = token};
    enum loom_revocation revocation = LOOM_REVOKE_FAILED;
    enum loom_err err = loom_oauth_revoke(&server, &tokens, &revocation, NULL);
    bool is_dead = err == LOOM_OK && revocation <= LOOM_REVOKED_BEFORE;
    return is_dead ? LOOM_OLD_TOKEN_REVOKED : LOOM_OLD_TOKEN_LEFT;
}

/* Fill everything but the token and the account. */
static enum loom_err describe(const struct run *run, struct loom_credential *credential) {
    int64_t now_s = now_epoch_s(run);
    credential->has_origin = true;
    credential->origin = *run->wish->origin;
    credential->source = run->wish->given != NULL ? LOOM_SOURCE_GIVEN : LOOM_SOURCE_DEVICE;
    credential->dialect = LOOM_DIALECT_LOOM;
    /* Never older than what it replaces, whatever the clock did: the newer of two copies wins. */
    credential->obtained_at =
        run->has_previous && run->previous.obtained_at > now_s ? run->previous.obtained_at : now_s;
    if (run->ca_file == NULL)
        return LOOM_OK;
    credential->ca_file = strdup(run->ca_file);
    return credential->ca_file == NULL ? LOOM_ERR_INTERNAL : LOOM_OK;
}

static enum loom_err save(const struct run *run, const struct loom_credential *credential,
                          struct loom_error *error) {
    struct loom_store *store = run->session->store;
    return store->ops->save(store, credential, error);
}

/*
 * Another sign-in may have ended meanwhile, or end now: what is replaced is what is there under the
 * lock, so that of many tokens each but the last has somebody who ends it.
 */
static enum loom_err exchange(struct run *run, struct loom_credential *credential,
                              struct loom_error *error) {
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    enum loom_err err = loom_server_lock_take(run->session->paths, run->wish->origin, &lock, error);
    if (err != LOOM_OK)
        return err;
    err = look_for_previous(run);
    if (err == LOOM_OK)
        err = describe(run, credential);
    return err == LOOM_OK ? save(run, credential, error) : loom_error_set(error, err);
}

/* The token is stored before anything else is asked, so that nothing can lose it any more. */
static enum loom_err keep(struct run *run, struct loom_signed_in *signed_in,
                          struct loom_error *error) {
    struct loom_credential *credential = &signed_in->credential;
    enum loom_err err = exchange(run, credential, error);
    /* A write that may yet be carried out must not leave a dead token behind. */
    bool is_unknown = err == LOOM_ERR_KEYRING && error != NULL && error->os_error == EINPROGRESS;
    if (err != LOOM_OK && !is_unknown && credential->source == LOOM_SOURCE_DEVICE)
        signed_in->lost_token = revoke(run, credential->token);
    return err;
}

/* Only what this program got by a device flow is its to end. */
static bool is_ours_to_end(const struct loom_credential *credential) {
    return credential->token != NULL && credential->source == LOOM_SOURCE_DEVICE;
}

static void put_back(const struct run *run) {
    struct loom_store *store = run->session->store;
    struct loom_store_question question = {run->wish->origin, true};
    enum loom_err err = run->has_previous ? store->ops->save(store, &run->previous, NULL)
                                          : store->ops->remove(store, &question, NULL);
    (void)err; /* the sign-in has failed already, and that is what is said */
}

/*
 * Do what follows from the server's word on the new token, unless somebody replaced or removed that
 * meanwhile: then what is stored is not ours to change, and who replaced it has ended it. A store
 * that cannot tell holds what was put there.
 */
static enum loom_err take_word(const struct run *run, const struct loom_credential *credential,
                               enum loom_err word) {
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential stored = LOOM_CREDENTIAL_INIT;
    struct loom_store *store = run->session->store;
    struct loom_store_question exact = {run->wish->origin, false};
    enum loom_err held = loom_server_lock_take(run->session->paths, run->wish->origin, &lock, NULL);
    enum loom_err err = store->ops->find(store, &exact, &stored, NULL);
    if (err == LOOM_OK && !loom_secret_is_equal(stored.token, credential->token))
        return LOOM_OK;
    if (err == LOOM_ERR_NOT_FOUND || held != LOOM_OK)
        return word;
    if (word == LOOM_ERR_REJECTED)
        put_back(run);
    else
        loom_error_ignore(save(run, credential, NULL)); /* the token is safe without its name */
    return word;
}

/* Only the server's own "no" counts: a name is a courtesy. */
static enum loom_err learn_name(const struct run *run, struct loom_credential *credential,
                                struct loom_error *error) {
    struct loom_remote server = remote(run, LOOM_SESSION_WHOAMI_MS);
    enum loom_err word = loom_oauth_whoami(&server, credential->token, &credential->account, error);
    bool has_name = word == LOOM_OK && loom_account_name(&credential->account) != NULL;
    if (has_name || word == LOOM_ERR_REJECTED)
        word = take_word(run, credential, word);
    if (word != LOOM_ERR_REJECTED)
        return loom_error_set(error, LOOM_OK);
    /* The other copy went when the new token was saved. */
    if (is_ours_to_end(&run->older) && !loom_secret_is_equal(run->older.token, run->previous.token))
        (void)revoke(run, run->older.token);
    return word;
}

static enum loom_err sign_in_by_flow(struct run *run, struct loom_signed_in *signed_in,
                                     struct loom_error *error) {
    enum loom_err err = run_flow(run, &signed_in->credential.token, error);
    if (err == LOOM_OK)
        err = keep(run, signed_in, error);
    return err == LOOM_OK ? learn_name(run, &signed_in->credential, error) : err;
}

static enum loom_err sign_in_with_given(struct run *run, struct loom_signed_in *signed_in,
                                        struct loom_error *error) {
    struct loom_remote server = remote(run, 0);
    struct loom_credential *credential = &signed_in->credential;
    enum loom_err err = loom_oauth_whoami(&server, run->wish->given, &credential->account, error);
    if (err != LOOM_OK)
        return err;
    err = loom_secret_copy(run->wish->given, &credential->token);
    return err == LOOM_OK ? keep(run, signed_in, error) : loom_error_set(error, err);
}

/* Of several old tokens the worst outcome is what is told. */
static void retire(const struct run *run, const struct loom_credential *old,
                   struct loom_signed_in *signed_in) {
    if (!is_ours_to_end(old) || loom_secret_is_equal(old->token, signed_in->credential.token))
        return;
    enum loom_old_token outcome = revoke(run, old->token);
    if (outcome > signed_in->old_token)
        signed_in->old_token = outcome;
}

/* The replaced token dies only after the new one is safe, and only if it is ours to end. */
static void retire_previous(const struct run *run, struct loom_signed_in *signed_in) {
    /* A note of another token is none: at worst it stays. */
    loom_error_ignore(loom_refused_forget(run->session->paths, run->wish->origin, NULL));
    if (!run->has_previous)
        return;
    signed_in->has_replaced =
        loom_account_copy(&run->previous.account, &signed_in->replaced) == LOOM_OK;
    retire(run, &run->previous, signed_in);
    if (!loom_secret_is_equal(run->older.token, run->previous.token))
        retire(run, &run->older, signed_in);
}

static enum loom_err sign_in(struct run *run, struct loom_signed_in *signed_in,
                             struct loom_error *error) {
    enum loom_err err = prepare(run, error);
    if (err != LOOM_OK)
        return err;
    err = run->wish->given != NULL ? sign_in_with_given(run, signed_in, error)
                                   : sign_in_by_flow(run, signed_in, error);
    if (err == LOOM_OK)
        retire_previous(run, signed_in);
    return err;
}

enum loom_err loom_sign_in(const struct loom_session *session, const struct loom_sign_in_wish *wish,
                           const struct loom_prompt *prompt, struct loom_signed_in *out_signed_in,
                           struct loom_error *error) {
    struct run run = {.session = session,
                      .wish = wish,
                      .prompt = prompt,
                      .previous = LOOM_CREDENTIAL_INIT,
                      .older = LOOM_CREDENTIAL_INIT};
    *out_signed_in = (struct loom_signed_in)LOOM_SIGNED_IN_INIT;
    enum loom_err err = sign_in(&run, out_signed_in, error);
    if (err != LOOM_OK)
        loom_credential_clear(&out_signed_in->credential);
    loom_credential_clear(&run.previous);
    loom_credential_clear(&run.older);
    free(run.ca_file);
    return err;
}

void loom_signed_in_clear(struct loom_signed_in *signed_in) {
    loom_credential_clear(&signed_in->credential);
    loom_account_clear(&signed_in->replaced);
}
