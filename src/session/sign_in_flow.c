/* SPDX-License-Identifier: Apache-2.0 */
#include "session/sign_in_priv.h"

#include "base/clock.h"

#include <errno.h>

enum { TICK_MS = 1000 };

struct loom_remote loom_sign_in_remote(const struct loom_sign_in_run *run, int timeout_ms) {
    return (struct loom_remote){
        .http = run->session->http,
        .origin = run->wish->origin,
        .ca_file = run->ca_file,
        .timeout_ms = timeout_ms,
        .authority = &run->authority,
    };
}

static int64_t now_ms(const struct loom_sign_in_run *run) {
    const struct loom_clock *clock = run->session->clock;
    return clock->now_ms(clock->context);
}

int64_t loom_sign_in_now_s(const struct loom_sign_in_run *run) {
    const struct loom_clock *clock = run->session->clock;
    return clock->epoch_s(clock->context);
}

/* ---- Which dialect? ---- */

/*
 * The server answers, and does not know the call. Anything else may be any page of anybody. But
 * whose a given token is, is asked at a path that may mean something else to a server of another
 * kind, so of a server that is new here any page is reason enough to look further.
 */
static bool is_unspoken(const struct loom_sign_in_run *run, const struct loom_error *why) {
    bool is_unknown = why->http_status == 404 || why->http_status == 405 || why->http_status == 501;
    bool is_any_page = run->wish->given != NULL && !run->has_previous;
    return why->code == LOOM_ERR_NOT_LOOM && (is_unknown || is_any_page);
}

static bool was_standard(const struct loom_sign_in_run *run) {
    return run->has_previous && run->previous.dialect == LOOM_DIALECT_OAUTH;
}

/* Another dialect than at the last sign-in may mean another server: a person has to know. */
static enum loom_err agree(const struct loom_sign_in_run *run, struct loom_error *error) {
    bool is_changed = run->has_previous && was_standard(run) != run->authority.is_standard;
    if (!is_changed && !run->authority.is_standard)
        return LOOM_OK;
    if (run->prompt->dialect(run->prompt->context, &run->authority, is_changed))
        return LOOM_OK;
    return loom_error_os(error, LOOM_ERR_NOT_LOOM, EPROTOTYPE, run->wish->origin->url);
}

/*
 * As whom this program introduces itself is remembered. What cannot be sent was not written by this
 * program, and must not stand in the way of the sign-in that replaces it.
 */
static enum loom_err discover(struct loom_sign_in_run *run, struct loom_error *error) {
    struct loom_remote server = loom_sign_in_remote(run, 0);
    const struct loom_credential *previous = &run->previous;
    const char *client_id = run->wish->client_id, *scope = run->wish->scope;
    if (client_id == NULL && was_standard(run) && previous->client_id != NULL &&
        loom_oauth_is_client_id(previous->client_id))
        client_id = previous->client_id;
    if (scope == NULL && was_standard(run) && previous->scope != NULL &&
        loom_oauth_is_scope(previous->scope))
        scope = previous->scope;
    return loom_oauth_discover(&server, client_id, scope, &run->authority, error);
}

static void be_native(struct loom_sign_in_run *run) {
    run->authority = (struct loom_authority){.is_standard = false};
}

static enum loom_err be_standard(struct loom_sign_in_run *run, struct loom_error *error) {
    enum loom_err err = discover(run, error);
    return err == LOOM_OK ? agree(run, error) : err;
}

static enum loom_err give(struct loom_error *error, const struct loom_error *why) {
    if (error != NULL)
        *error = *why;
    return why->code;
}

/* The question that tells whether the dialect was right. */
typedef enum loom_err question(struct loom_sign_in_run *run, void *context,
                               struct loom_error *error);

/* New here: a Loom server, until it says that it does not know the call. */
static enum loom_err ask_a_new_server(struct loom_sign_in_run *run, question *ask, void *context,
                                      struct loom_error *error) {
    struct loom_error why = LOOM_ERROR_INIT;
    be_native(run);
    enum loom_err err = ask(run, context, &why);
    if (!is_unspoken(run, &why))
        return err == LOOM_OK ? LOOM_OK : give(error, &why);
    err = be_standard(run, error);
    return err == LOOM_OK ? ask(run, context, error) : err;
}

/* A server keeps its dialect, unless it has lost every trace of it. */
static enum loom_err ask_a_standard_server(struct loom_sign_in_run *run, question *ask,
                                           void *context, struct loom_error *error) {
    struct loom_error why = LOOM_ERROR_INIT;
    enum loom_err err = be_standard(run, &why);
    if (err == LOOM_OK)
        return ask(run, context, error);
    if (err != LOOM_ERR_NOT_LOOM || why.os_error != 0)
        return give(error, &why);
    be_native(run);
    err = ask(run, context, error);
    return err == LOOM_OK ? agree(run, error) : err;
}

static enum loom_err ask_in_its_dialect(struct loom_sign_in_run *run, question *ask, void *context,
                                        struct loom_error *error) {
    return was_standard(run) ? ask_a_standard_server(run, ask, context, error)
                             : ask_a_new_server(run, ask, context, error);
}

static enum loom_err ask_whose(struct loom_sign_in_run *run, void *context,
                               struct loom_error *error) {
    struct loom_remote server = loom_sign_in_remote(run, 0);
    return loom_oauth_whoami(&server, run->wish->given, context, error);
}

enum loom_err loom_sign_in_whoami(struct loom_sign_in_run *run, struct loom_account *out_account,
                                  struct loom_error *error) {
    return ask_in_its_dialect(run, ask_whose, out_account, error);
}

/* ---- The flow ---- */

static enum loom_waiting reason_of(const struct loom_flow_answer *answer) {
    static const enum loom_waiting reasons[] = {
        [LOOM_FLOW_PENDING] = LOOM_WAITING_PENDING,  [LOOM_FLOW_SLOW_DOWN] = LOOM_WAITING_SLOW_DOWN,
        [LOOM_FLOW_BUSY] = LOOM_WAITING_SERVER,      [LOOM_FLOW_LOST] = LOOM_WAITING_NETWORK,
        [LOOM_FLOW_APPROVED] = LOOM_WAITING_PENDING, [LOOM_FLOW_FATAL] = LOOM_WAITING_PENDING,
    };
    return reasons[answer->kind];
}

/* Wait a second at most, so that the time left on the screen moves. */
static enum loom_err wait_a_little(const struct loom_sign_in_run *run, const struct loom_flow *flow,
                                   enum loom_waiting reason, int64_t wait_ms) {
    const struct loom_clock *clock = run->session->clock;
    run->prompt->waiting(run->prompt->context, reason, loom_flow_left_ms(flow, now_ms(run)));
    return clock->sleep_ms(clock->context, wait_ms < TICK_MS ? wait_ms : TICK_MS);
}

/* An answer that comes after the code's life is of no use, and one that hangs stops the clock. */
static int poll_timeout_ms(const struct loom_sign_in_run *run, const struct loom_flow *flow) {
    int64_t left_ms = loom_flow_left_ms(flow, now_ms(run));
    return left_ms < LOOM_SESSION_POLL_MS ? (int)(left_ms > TICK_MS ? left_ms : TICK_MS)
                                          : LOOM_SESSION_POLL_MS;
}

static enum loom_err poll_until_done(struct loom_sign_in_run *run,
                                     const struct loom_device_grant *grant, struct loom_flow *flow,
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
        struct loom_remote server = loom_sign_in_remote(run, poll_timeout_ms(run, flow));
        run->asked_at_s = loom_sign_in_now_s(run);
        loom_oauth_poll(&server, grant->device_code, &poll, error);
        run->tokens = poll.tokens;
        loom_flow_take(flow, now_ms(run), &poll.answer);
        reason = reason_of(&poll.answer);
    }
    enum loom_err err = loom_flow_result(flow);
    /* Expired by the clock: what the last poll noted is not why. */
    if (error != NULL && err != error->code)
        (void)loom_error_set(error, err);
    return err;
}

/* A code, and when it was asked for, on both clocks. */
struct code {
    struct loom_device_grant grant;
    int64_t asked_at_ms;
    int64_t asked_at_s;
};

static enum loom_err ask_for_code(struct loom_sign_in_run *run, void *context,
                                  struct loom_error *error) {
    struct code *code = context;
    struct loom_remote server = loom_sign_in_remote(run, 0);
    code->asked_at_ms = now_ms(run);
    code->asked_at_s = loom_sign_in_now_s(run);
    return loom_oauth_start(&server, &code->grant, error);
}

static void code_clear(struct code *code) {
    loom_device_grant_clear(&code->grant);
}

/* From the question for one code to its end; nothing of it is left then but the tokens. */
static enum loom_err live_one_code(struct loom_sign_in_run *run, question *search, bool *out_shown,
                                   struct loom_error *error) {
    LOOM_CLEANUP(code_clear) struct code code = {.grant = LOOM_DEVICE_GRANT_INIT};
    const struct loom_flow_terms *terms = &code.grant.terms;
    struct loom_flow flow;
    enum loom_err err = search(run, &code, error);
    if (err != LOOM_OK)
        return err;
    loom_flow_start(&flow, code.asked_at_ms, now_ms(run), terms);
    *out_shown = terms->life_s > 0;
    if (*out_shown &&
        !run->prompt->code(run->prompt->context, &code.grant, code.asked_at_s + terms->life_s))
        return loom_error_os(error, LOOM_ERR_INTERNAL, EPIPE, NULL);
    return poll_until_done(run, &code.grant, &flow, error);
}

static enum loom_err search_for_code(struct loom_sign_in_run *run, void *context,
                                     struct loom_error *error) {
    return ask_in_its_dialect(run, ask_for_code, context, error);
}

/*
 * RFC 8628 section 3.5 of expired_token: "The client MAY commence a new device authorization
 * request but SHOULD wait for user interaction before restarting to avoid unnecessary polling." The
 * error says already that it expired.
 */
static enum loom_err wish_for_another(const struct loom_sign_in_run *run,
                                      struct loom_error *error) {
    enum loom_err err = run->prompt->expired(run->prompt->context);
    return err == LOOM_OK || err == LOOM_ERR_EXPIRED ? err : loom_error_set(error, err);
}

enum loom_err loom_sign_in_flow(struct loom_sign_in_run *run, struct loom_error *error) {
    bool was_shown = false;
    enum loom_err err = live_one_code(run, search_for_code, &was_shown, error);
    while (err == LOOM_ERR_EXPIRED && was_shown && run->prompt->expired != NULL) {
        was_shown = false;
        err = wish_for_another(run, error);
        /* The server keeps its dialect, and whom to ask is known. */
        if (err == LOOM_OK)
            err = live_one_code(run, ask_for_code, &was_shown, error);
    }
    return err;
}
