/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sdbus_call.h"

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define BUS_NAME "org.freedesktop.secrets"

/* How often to look whether it is time to stop. */
enum { TICK_MS = 50, US_A_MS = 1000 };

bool loom_sdbus_connect(struct loom_sdbus_call *call) {
    call->lib = loom_sdbus();
    return call->lib != NULL && call->lib->open_user(&call->bus) >= 0;
}

void loom_sdbus_disconnect(struct loom_sdbus_call *call) {
    if (call->bus == NULL)
        return;
    call->lib->close(call->bus);
    call->bus = call->lib->unref(call->bus);
}

/* ---- Waiting ---- */

struct reply {
    const struct loom_sdbus *lib;
    sd_bus_message *message; /* owned; NULL until it is here */
};

static int take_reply(sd_bus_message *message, void *userdata, sd_bus_error *error) {
    struct reply *reply = userdata;
    (void)error;
    reply->message = reply->lib->message_ref(message);
    return 1;
}

static bool is_stopped(const struct loom_sdbus_call *call) {
    return call->is_stoppable &&
           call->clock->sleep_ms(call->clock->context, 0) == LOOM_ERR_INTERRUPTED;
}

/* Do what there is to do, or wait for it. Below 0: the bus has ended. */
static int step(const struct loom_sdbus_call *call, int64_t left_ms) {
    uint64_t wait_us = (uint64_t)(left_ms < TICK_MS ? left_ms : TICK_MS) * US_A_MS;
    int rc = call->lib->process(call->bus, NULL);
    if (rc == 0)
        rc = call->lib->wait(call->bus, wait_us);
    return rc == -EINTR ? 0 : rc;
}

static enum loom_err await(const struct loom_sdbus_call *call, const struct reply *reply) {
    int rc = 0;
    while (rc >= 0 && reply->message == NULL) {
        int64_t left_ms = call->until_ms - call->clock->now_ms(call->clock->context);
        if (is_stopped(call))
            return LOOM_ERR_INTERRUPTED;
        if (left_ms <= 0)
            return LOOM_ERR_TIMEOUT;
        rc = step(call, left_ms);
    }
    return reply->message != NULL ? LOOM_OK : LOOM_ERR_KEYRING;
}

/* ---- Asking ---- */

/* Nobody of that name, and nobody who could be started. */
static bool is_absence(const sd_bus_error *refusal) {
    static const char spawn[] = "org.freedesktop.DBus.Error.Spawn.";
    return strcmp(refusal->name, SD_BUS_ERROR_SERVICE_UNKNOWN) == 0 ||
           strcmp(refusal->name, SD_BUS_ERROR_NAME_HAS_NO_OWNER) == 0 ||
           strncmp(refusal->name, spawn, strlen(spawn)) == 0;
}

static enum loom_err judge(const struct loom_sdbus_call *call, const sd_bus_error *refusal) {
    loom_log(LOOM_LOG_STEPS, "keyring: %s", refusal->message != NULL ? refusal->message : "");
    return !call->is_there && is_absence(refusal) ? LOOM_ERR_NOT_FOUND : LOOM_ERR_KEYRING;
}

enum loom_err loom_sdbus_ask(const struct loom_sdbus_call *call,
                             const struct loom_sdbus_target *target, sd_bus_message **out_answer,
                             const char *types, ...) {
    const struct loom_sdbus *lib = call->lib;
    struct reply reply = {lib, NULL};
    sd_bus_message *question = NULL;
    va_list values;
    va_start(values, types);
    int rc = lib->message_new_method_call(call->bus, &question, BUS_NAME, target->path,
                                          target->interface, target->method);
    if (rc >= 0)
        rc = lib->message_appendv(question, types, values);
    va_end(values);
    if (rc >= 0)
        rc = lib->call_async(call->bus, NULL, question, take_reply, &reply, UINT64_MAX);
    (void)lib->message_unref(question);
    enum loom_err err = rc >= 0 ? await(call, &reply) : LOOM_ERR_KEYRING;
    if (err == LOOM_OK && lib->message_is_method_error(reply.message, NULL) > 0) {
        err = judge(call, lib->message_get_error(reply.message));
        (void)lib->message_unref(reply.message);
    } else if (err == LOOM_OK) {
        *out_answer = reply.message;
    }
    return err;
}
