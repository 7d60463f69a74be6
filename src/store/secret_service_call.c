/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_call.h"

#include <stdlib.h>

/* How often to look whether it is time to stop, and how long a cancelled call may take to end. */
enum { TICK_MS = 50, GRACE_MS = 250 };

struct loom_call_reply {
    const struct loom_libsecret *lib;
    GAsyncResult *result; /* owned; NULL until answered */
};

bool loom_call_begin(struct loom_call_loop *loop, struct loom_call *out_call) {
    struct loom_call_reply *reply = calloc(1, sizeof *reply);
    if (reply == NULL)
        return false;
    reply->lib = loop->lib;
    *out_call = (struct loom_call){
        .loop = loop, .cancellable = loop->lib->cancellable_new(), .reply = reply};
    loop->lib->main_context_push_thread_default(loop->context);
    return true;
}

void loom_call_done(GObject *source, GAsyncResult *result, gpointer data) {
    struct loom_call_reply *reply = data;
    (void)source;
    reply->result = reply->lib->object_ref(result);
}

/* Only wakes the loop. */
static gboolean tick(gpointer data) {
    (void)data;
    return 1;
}

static int64_t now_ms(const struct loom_call *call) {
    const struct loom_clock *clock = call->loop->clock;
    return clock->now_ms(clock->context);
}

static bool is_stopped(const struct loom_call *call) {
    const struct loom_clock *clock = call->loop->clock;
    return clock->sleep_ms(clock->context, 0) == LOOM_ERR_INTERRUPTED;
}

static enum loom_call_outcome iterate(const struct loom_call *call,
                                      const struct loom_call_wait *wait) {
    bool has_noticed = wait->notice == NULL;
    while (call->reply->result == NULL) {
        if (wait->is_stoppable && is_stopped(call))
            return LOOM_CALL_STOPPED;
        if (now_ms(call) >= wait->until_ms)
            return LOOM_CALL_LATE;
        if (!has_noticed && now_ms(call) >= wait->notice_ms) {
            has_noticed = true;
            wait->notice(wait->notice_context);
        }
        (void)call->loop->lib->main_context_iteration(call->loop->context, 1);
    }
    return LOOM_CALL_ANSWERED;
}

enum loom_call_outcome loom_call_wait(struct loom_call *call, const struct loom_call_wait *wait) {
    const struct loom_libsecret *lib = call->loop->lib;
    GSource *ticks = lib->timeout_source_new(TICK_MS);
    lib->source_set_callback(ticks, tick, NULL, NULL);
    (void)lib->source_attach(ticks, call->loop->context);
    enum loom_call_outcome outcome = iterate(call, wait);
    if (outcome == LOOM_CALL_ANSWERED) {
        call->result = call->reply->result;
    } else {
        struct loom_call_wait grace = {.until_ms = now_ms(call) + GRACE_MS};
        lib->cancellable_cancel(call->cancellable);
        call->loop->is_abandoned = iterate(call, &grace) != LOOM_CALL_ANSWERED;
    }
    lib->source_destroy(ticks);
    lib->source_unref(ticks);
    lib->main_context_pop_thread_default(call->loop->context);
    return outcome;
}

void loom_call_end(struct loom_call *call) {
    const struct loom_libsecret *lib = call->loop->lib;
    if (call->loop->is_abandoned)
        return; /* the call that never ended still points to all of it */
    if (call->reply->result != NULL)
        lib->object_unref(call->reply->result);
    lib->object_unref(call->cancellable);
    free(call->reply);
}
