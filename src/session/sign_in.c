/* SPDX-License-Identifier: Apache-2.0 */
#include "session/sign_in.h"

#include "session/authority.h"
#include "session/sign_in_priv.h"
#include "store/refused.h"
#include "store/server_lock.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_SLACK_S = 120 };

/* Of two copies the newer is what is replaced, as it is what answers; a tie goes to the first. */
static void take_previous(struct loom_sign_in_run *run, struct loom_credential *found) {
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
static enum loom_err look_into_parts(struct loom_sign_in_run *run) {
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
static enum loom_err look_for_previous(struct loom_sign_in_run *run) {
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

static enum loom_err choose_ca_file(struct loom_sign_in_run *run) {
    const char *path = run->wish->ca_file != NULL ? run->wish->ca_file : run->previous.ca_file;
    if (path == NULL)
        path = run->wish->usual_ca_file;
    if (path == NULL)
        return LOOM_OK;
    run->ca_file = strdup(path);
    return run->ca_file == NULL ? LOOM_ERR_INTERNAL : LOOM_OK;
}

static enum loom_err prepare(struct loom_sign_in_run *run, struct loom_error *error) {
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

/* End what a credential holds, with whoever gave it out. */
static enum loom_old_token revoke(const struct loom_sign_in_run *run,
                                  const struct loom_credential *credential) {
    struct loom_remote server = loom_sign_in_remote(run, LOOM_SESSION_REVOKE_MS);
    enum loom_revocation revocation = LOOM_REVOKE_FAILED;
    enum loom_err err = loom_authority_revoke(&server, credential, &revocation, NULL);
    bool is_dead = err == LOOM_OK && revocation <= LOOM_REVOKED_BEFORE;
    return is_dead ? LOOM_OLD_TOKEN_REVOKED : LOOM_OLD_TOKEN_LEFT;
}

/* Fill everything but the tokens and the account. */
static enum loom_err describe(const struct loom_sign_in_run *run,
                              struct loom_credential *credential) {
    /* Never older than what it replaces, whatever the clock did: the newer of two copies wins. */
    credential->obtained_at = run->has_previous ? run->previous.obtained_at : 0;
    loom_authority_date(&run->tokens, run->asked_at_s, credential);
    credential->has_origin = true;
    credential->origin = *run->wish->origin;
    credential->source = run->wish->given != NULL ? LOOM_SOURCE_GIVEN : LOOM_SOURCE_DEVICE;
    if (run->ca_file != NULL && credential->ca_file == NULL &&
        (credential->ca_file = strdup(run->ca_file)) == NULL)
        return LOOM_ERR_INTERNAL;
    return loom_authority_remember(&run->authority, credential);
}

static enum loom_err save(const struct loom_sign_in_run *run,
                          const struct loom_credential *credential, struct loom_error *error) {
    struct loom_store *store = run->session->store;
    return store->ops->save(store, credential, error);
}

/*
 * Another sign-in may have ended meanwhile, or end now: what is replaced is what is there under the
 * lock, so that of many tokens each but the last has somebody who ends it.
 */
static enum loom_err exchange(struct loom_sign_in_run *run, struct loom_credential *credential,
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
static enum loom_err keep(struct loom_sign_in_run *run, struct loom_signed_in *signed_in,
                          struct loom_error *error) {
    struct loom_credential *credential = &signed_in->credential;
    enum loom_err err = exchange(run, credential, error);
    /* A write that may yet be carried out must not leave a dead token behind. */
    bool is_unknown = err == LOOM_ERR_KEYRING && error != NULL && error->os_error == EINPROGRESS;
    if (err != LOOM_OK && !is_unknown && credential->source == LOOM_SOURCE_DEVICE)
        signed_in->lost_token = revoke(run, credential);
    return err;
}

/* Only what this program got by a device flow is its to end. */
static bool is_ours_to_end(const struct loom_credential *credential) {
    return credential->token != NULL && credential->source == LOOM_SOURCE_DEVICE;
}

static void put_back(const struct loom_sign_in_run *run) {
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
static enum loom_err take_word(const struct loom_sign_in_run *run,
                               const struct loom_credential *credential, enum loom_err word) {
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

/* Some servers give the same token out again, and with the old one the new one would end. */
static bool shares_a_token(const struct loom_credential *a, const struct loom_credential *b) {
    return loom_secret_is_equal(a->token, b->token) || loom_secret_is_equal(a->refresh, b->refresh);
}

/* Only the server's own "no" counts: a name is a courtesy. */
static enum loom_err learn_name(const struct loom_sign_in_run *run,
                                struct loom_credential *credential, struct loom_error *error) {
    struct loom_remote server = loom_sign_in_remote(run, LOOM_SESSION_WHOAMI_MS);
    enum loom_err word = loom_oauth_whoami(&server, credential->token, &credential->account, error);
    bool has_name = word == LOOM_OK && loom_account_name(&credential->account) != NULL;
    if (has_name || word == LOOM_ERR_REJECTED)
        word = take_word(run, credential, word);
    if (word != LOOM_ERR_REJECTED)
        return loom_error_set(error, LOOM_OK);
    /* The server said nothing of the refresh token, which nobody has any more. */
    if (credential->refresh != NULL && !shares_a_token(credential, &run->previous))
        (void)revoke(run, credential);
    /* The other copy went when the new token was saved. */
    if (is_ours_to_end(&run->older) && !loom_secret_is_equal(run->older.token, run->previous.token))
        (void)revoke(run, &run->older);
    return word;
}

/* What came with the tokens that a person should hear of. */
static void take_news(struct loom_sign_in_run *run, struct loom_signed_in *signed_in) {
    int64_t ahead_s = run->tokens.date_s != 0 ? loom_sign_in_now_s(run) - run->tokens.date_s : 0;
    if (ahead_s > CLOCK_SLACK_S || ahead_s < -CLOCK_SLACK_S)
        signed_in->clock_ahead_s = ahead_s;
    signed_in->granted_scope = run->tokens.scope;
    run->tokens.scope = NULL;
    if (signed_in->granted_scope != NULL &&
        loom_oauth_is_scope_equal(signed_in->granted_scope, run->authority.scope)) {
        free(signed_in->granted_scope);
        signed_in->granted_scope = NULL;
    }
}

static enum loom_err sign_in_by_flow(struct loom_sign_in_run *run, struct loom_signed_in *signed_in,
                                     struct loom_error *error) {
    struct loom_credential *credential = &signed_in->credential;
    enum loom_err err = loom_sign_in_flow(run, error);
    if (err != LOOM_OK)
        return err;
    credential->token = run->tokens.access;
    credential->refresh = run->tokens.refresh;
    run->tokens.access = run->tokens.refresh = NULL;
    take_news(run, signed_in);
    err = keep(run, signed_in, error);
    return err == LOOM_OK ? learn_name(run, credential, error) : err;
}

static enum loom_err sign_in_with_given(struct loom_sign_in_run *run,
                                        struct loom_signed_in *signed_in,
                                        struct loom_error *error) {
    struct loom_credential *credential = &signed_in->credential;
    enum loom_err err = loom_sign_in_whoami(run, &credential->account, error);
    if (err != LOOM_OK)
        return err;
    signed_in->is_unchecked = run->authority.is_standard && run->authority.userinfo.url[0] == '\0';
    run->asked_at_s = loom_sign_in_now_s(run);
    err = loom_secret_copy(run->wish->given, &credential->token);
    return err == LOOM_OK ? keep(run, signed_in, error) : loom_error_set(error, err);
}

/* Of several old tokens the worst outcome is what is told. */
static void retire(const struct loom_sign_in_run *run, const struct loom_credential *old,
                   struct loom_signed_in *signed_in) {
    if (!is_ours_to_end(old) || shares_a_token(old, &signed_in->credential))
        return;
    enum loom_old_token outcome = revoke(run, old);
    if (outcome > signed_in->old_token)
        signed_in->old_token = outcome;
}

/* The replaced token dies only after the new one is safe, and only if it is ours to end. */
static void retire_previous(const struct loom_sign_in_run *run, struct loom_signed_in *signed_in) {
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

static enum loom_err sign_in(struct loom_sign_in_run *run, struct loom_signed_in *signed_in,
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
    struct loom_sign_in_run run = {.session = session,
                                   .wish = wish,
                                   .prompt = prompt,
                                   .previous = LOOM_CREDENTIAL_INIT,
                                   .older = LOOM_CREDENTIAL_INIT,
                                   .tokens = LOOM_TOKENS_INIT};
    *out_signed_in = (struct loom_signed_in)LOOM_SIGNED_IN_INIT;
    enum loom_err err = sign_in(&run, out_signed_in, error);
    if (err != LOOM_OK)
        loom_credential_clear(&out_signed_in->credential);
    loom_credential_clear(&run.previous);
    loom_credential_clear(&run.older);
    loom_tokens_clear(&run.tokens);
    free(run.ca_file);
    return err;
}

void loom_signed_in_clear(struct loom_signed_in *signed_in) {
    loom_credential_clear(&signed_in->credential);
    loom_account_clear(&signed_in->replaced);
    free(signed_in->granted_scope);
    signed_in->granted_scope = NULL;
}
