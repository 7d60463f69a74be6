/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One asynchronous call of libsecret, with an end. Only for secret_service_*.c.
 *
 * libsecret and GLib have no time-out of their own, and their synchronous calls cannot be left. So
 * each call runs in a main context of its own, with a cancellable, until it is answered, its time
 * is over, or a signal asks to end:
 *
 *     struct loom_call call;
 *     loom_call_begin(&loop, &call);
 *     lib->item_delete(item, call.cancellable, loom_call_done, call.reply);
 *     if (loom_call_wait(&call, &wait) == LOOM_CALL_ANSWERED)
 *         is_deleted = lib->item_delete_finish(item, call.result, &fault);
 *     loom_call_end(&call);
 *
 * A call that does not even answer to being cancelled is abandoned: what it holds stays with it,
 * and the loop must not be used again.
 */
#ifndef LOOM_STORE_SECRET_SERVICE_CALL_H
#define LOOM_STORE_SECRET_SERVICE_CALL_H

#include "base/clock.h"
#include "store/secret_service_library.h"

#include <stdbool.h>
#include <stdint.h>

struct loom_call_reply;

struct loom_call_loop {
    const struct loom_libsecret *lib;
    const struct loom_clock *clock;
    GMainContext *context; /* owned */
    bool is_abandoned;
};

struct loom_call {
    struct loom_call_loop *loop;
    GCancellable *cancellable;     /* owned; for the call */
    struct loom_call_reply *reply; /* owned; for loom_call_done; NULL when there is no memory */
    GAsyncResult *result;          /* owned by the reply, valid until loom_call_end */
};

struct loom_call_wait {
    int64_t until_ms;  /* of the clock */
    bool is_stoppable; /* does a signal that asks to end, end it? */
    int64_t notice_ms; /* of the clock: when to call `notice`; ignored without one */
    void (*notice)(void *context);
    void *notice_context;
};

enum loom_call_outcome { LOOM_CALL_ANSWERED, LOOM_CALL_LATE, LOOM_CALL_STOPPED };

/* False: no memory. */
bool loom_call_begin(struct loom_call_loop *loop, struct loom_call *out_call);

/* The callback; `data` is the call's reply. */
void loom_call_done(GObject *source, GAsyncResult *result, gpointer data);

LOOM_CHECKED enum loom_call_outcome loom_call_wait(struct loom_call *call,
                                                   const struct loom_call_wait *wait);

void loom_call_end(struct loom_call *call);

#endif
