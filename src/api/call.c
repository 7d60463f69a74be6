/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_priv.h"
#include "store/keyring.h"
#include "store/vault.h"
#include "system/clock.h"
#include "system/lock.h"

/*
 * A keyring ends by itself when the time is over, and then says of itself that it hangs; the clock,
 * which would end anything, comes a little later.
 */
enum { SLACK_MS = 100 };

/* ---- Ports that know when the call has to end ---- */

static int64_t now_ms(void *context) {
    const struct loom_api_call *call = context;
    return call->real.now_ms(call->real.context);
}

static int64_t epoch_s(void *context) {
    const struct loom_api_call *call = context;
    return call->real.epoch_s(call->real.context);
}

static enum loom_err sleep_ms(void *context, int64_t duration_ms) {
    struct loom_api_call *call = context;
    int64_t left = call->until_ms + SLACK_MS - now_ms(call);
    if (left <= 0)
        return LOOM_ERR_INTERRUPTED;
    enum loom_err err =
        call->real.sleep_ms(call->real.context, duration_ms < left ? duration_ms : left);
    return err == LOOM_OK && duration_ms >= left ? LOOM_ERR_INTERRUPTED : err;
}

static enum loom_err send_in_time(void *context, const struct loom_http_request *request,
                                  struct loom_http_response *out_response,
                                  struct loom_error *error) {
    struct loom_api_call *call = context;
    struct loom_http_request shorter = *request;
    int64_t left = call->requests_until_ms - now_ms(call);
    if (left <= 0)
        return loom_error_set(error, LOOM_ERR_TIMEOUT);
    if (shorter.timeout_ms == 0)
        shorter.timeout_ms = LOOM_HTTP_TOTAL_MS;
    if (left < shorter.timeout_ms)
        shorter.timeout_ms = (int)left;
    shorter.more_ca_file = call->credentials->ca_file;
    return call->real_http.send(call->real_http.context, &shorter, out_response, error);
}

/* ---- A call ---- */

/* Whatever `place` says: a copy in the keyring is looked for when a sign-in is deleted. */
static enum loom_err open_store(struct loom_api_call *call) {
    const struct loom_credentials *credentials = call->credentials;
    int timeout_ms = credentials->timeout_ms;
    struct loom_store *keyring = NULL, *vault = NULL;
    const struct loom_keyring_options options = {
        .clock = &call->clock,
        .bus_address = credentials->environment.bus_address,
        .runtime_folder = credentials->environment.runtime_folder,
        .total_ms = timeout_ms,
        .may_ask = credentials->may_prompt && credentials->environment.has_window &&
                   credentials->place != LOOM_PLACE_FILE,
    };
    enum loom_err err = loom_keyring_open(&options, &keyring);
    if (err == LOOM_OK)
        err = loom_vault_open(&credentials->paths, &vault);
    if (err != LOOM_OK) {
        loom_store_close(keyring);
        return err;
    }
    loom_vault_set_patience(vault, timeout_ms < LOOM_LOCK_DEADLINE_MS ? timeout_ms
                                                                      : LOOM_LOCK_DEADLINE_MS);
    return loom_keyring_first_open(keyring, vault, credentials->place, &call->store);
}

enum loom_err loom_api_call_begin(const struct loom_credentials *credentials,
                                  struct loom_api_call *call) {
    *call = (struct loom_api_call){
        .credentials = credentials,
        .real = loom_clock_system(NULL),
        .clock = {call, now_ms, epoch_s, sleep_ms},
        .http = {.context = call, .send = send_in_time},
    };
    loom_sigpipe_hold(&call->sigpipe);
    call->until_ms = now_ms(call) + credentials->timeout_ms;
    call->requests_until_ms = call->until_ms;
    enum loom_err err = loom_http_client_new(NULL, &call->client);
    if (err == LOOM_OK)
        err = open_store(call);
    if (err != LOOM_OK)
        return err;
    call->real_http = loom_http_client_port(call->client);
    call->session =
        (struct loom_session){&call->http, &call->clock, call->store, &credentials->paths};
    return LOOM_OK;
}

void loom_api_call_spare(struct loom_api_call *call, int spare_ms) {
    call->requests_until_ms = call->until_ms - spare_ms;
}

void loom_api_call_end(struct loom_api_call *call) {
    loom_store_close(call->store);
    loom_http_client_free(call->client);
    loom_sigpipe_release(&call->sigpipe);
}
