/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service.h"

#include "base/log.h"
#include "store/secret_service_bus.h"

#include <errno.h>
#include <string.h>

#define BUS_NAME "org.freedesktop.secrets"

enum { LAST_STEPS = 1000 };

static int64_t now_ms(const struct loom_secret_service *service) {
    const struct loom_clock *clock = service->options.clock;
    return clock->now_ms(clock->context);
}

/* ---- What went wrong ---- */

enum loom_err loom_secret_service_fail(struct loom_secret_service *service, int os_error,
                                       struct loom_error *error) {
    if (os_error != EIO)
        service->dead_errno = os_error;
    (void)loom_error_os(error, LOOM_ERR_KEYRING, os_error, NULL);
    return LOOM_ERR_KEYRING;
}

/* Nobody of that name, and nobody who could be started. */
static bool is_absence(const struct loom_libsecret *lib, const GError *fault) {
    static const int codes[] = {
        G_DBUS_ERROR_SERVICE_UNKNOWN,         G_DBUS_ERROR_NAME_HAS_NO_OWNER,
        G_DBUS_ERROR_SPAWN_EXEC_FAILED,       G_DBUS_ERROR_SPAWN_CHILD_EXITED,
        G_DBUS_ERROR_SPAWN_CHILD_SIGNALED,    G_DBUS_ERROR_SPAWN_FAILED,
        G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND, G_DBUS_ERROR_SPAWN_FILE_INVALID,
    };
    if (fault->domain != lib->dbus_error_quark())
        return false;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (fault->code == codes[i])
            return true;
    return false;
}

enum loom_err loom_secret_service_fault(struct loom_secret_service *service, GError *fault,
                                        struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    enum loom_err err;
    if (fault == NULL) {
        err = loom_secret_service_fail(service, EIO, error);
    } else if (fault->domain == lib->error_get_quark() && fault->code == SECRET_ERROR_IS_LOCKED) {
        err = loom_error_set(error, LOOM_ERR_KEYRING_LOCKED);
    } else {
        if (!service->is_writing)
            loom_log(LOOM_LOG_STEPS, "keyring: %s", fault->message);
        err = loom_secret_service_fail(service, is_absence(lib, fault) ? ENOENT : EIO, error);
    }
    if (fault != NULL)
        lib->error_free(fault);
    return err;
}

/* ---- Waiting ---- */

static enum loom_err await(struct loom_secret_service *service, struct loom_call *call,
                           const struct loom_call_wait *wait, int late_errno,
                           struct loom_error *error) {
    switch (loom_call_wait(call, wait)) {
    case LOOM_CALL_ANSWERED:
        return LOOM_OK;
    case LOOM_CALL_STOPPED:
        /* A call that was left is not always over: whoever comes next starts afresh. */
        return loom_error_set(error, LOOM_ERR_INTERRUPTED);
    case LOOM_CALL_LATE:
        break;
    }
    return loom_secret_service_fail(service, late_errno, error);
}

enum loom_err loom_secret_service_await_read(struct loom_secret_service *service,
                                             struct loom_call *call, struct loom_error *error) {
    service->is_writing = false;
    struct loom_call_wait wait = {.until_ms = service->until_ms,
                                  .is_stoppable = service->is_stoppable};
    return await(service, call, &wait, ETIMEDOUT, error);
}

enum loom_err loom_secret_service_await_write(struct loom_secret_service *service,
                                              struct loom_call *call, struct loom_error *error) {
    service->is_writing = true;
    struct loom_call_wait wait = {.until_ms = service->until_ms};
    return await(service, call, &wait, EINPROGRESS, error);
}

/* ---- Opening ---- */

/*
 * A call that was given up in time is answered, too: that it was. The process has one connection to
 * the bus, so it may be another call that was given up.
 */
static bool is_given_up(const struct loom_secret_service *service, const GError *fault) {
    return now_ms(service) >= service->until_ms ||
           (fault != NULL && fault->domain == service->loop.lib->io_error_quark() &&
            fault->code == G_IO_ERROR_CANCELLED);
}

static enum loom_err connect_bus(struct loom_secret_service *service, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    lib->bus_get(G_BUS_TYPE_SESSION, call.cancellable, loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_read(service, &call, error);
    if (err == LOOM_OK) {
        service->bus = lib->bus_get_finish(call.result, &fault);
        if (service->bus == NULL) {
            int why = is_given_up(service, fault) ? ETIMEDOUT : ENOENT;
            loom_error_ignore(loom_secret_service_fault(service, fault, error)); /* logged */
            err = loom_secret_service_fail(service, why, error);
        }
    }
    loom_call_end(&call);
    /* Or GLib would end this process when the bus ends. */
    if (err == LOOM_OK)
        lib->dbus_connection_set_exit_on_close(service->bus, 0);
    return err;
}

/* The environment can give libsecret another name to talk to; that one is not talked to. */
static bool is_the_service(const struct loom_secret_service *service) {
    const char *name = service->loop.lib->dbus_proxy_get_name((GDBusProxy *)(void *)service->proxy);
    return name != NULL && strcmp(name, BUS_NAME) == 0;
}

static void greet(const struct loom_secret_service *service, bool is_begun) {
    if (service->options.greeting != NULL)
        service->options.greeting(service->options.context, is_begun);
}

static enum loom_err open_proxy(struct loom_secret_service *service, struct loom_error *error) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    /* KeePassXC reads /proc/PID/exe before it answers the first call of a connection. */
    greet(service, true);
    lib->service_open(lib->service_get_type(), BUS_NAME, SECRET_SERVICE_OPEN_SESSION,
                      call.cancellable, loom_call_done, call.reply);
    enum loom_err err = loom_secret_service_await_read(service, &call, error);
    greet(service, false);
    if (err == LOOM_OK) {
        service->proxy = lib->service_open_finish(call.result, &fault);
        if (service->proxy == NULL)
            err = loom_secret_service_fault(service, fault, error);
        else if (!is_the_service(service))
            err = loom_secret_service_fail(service, ENOENT, error);
    }
    loom_call_end(&call);
    return err;
}

static enum loom_err open_library(struct loom_secret_service *service, struct loom_error *error) {
    const struct loom_libsecret *lib;
    const struct loom_keyring_options *options = &service->options;
    int probed = loom_secret_service_bus_probe(options->bus_address, options->runtime_folder);
    if (probed != 0)
        return loom_secret_service_fail(service, probed, error);
    if (loom_libsecret_get(&lib, error) != LOOM_OK)
        return loom_secret_service_fail(service, ENOENT, error);
    if (loom_libsecret_is_left_behind())
        return loom_secret_service_fail(service, ETIMEDOUT, error);
    service->loop = (struct loom_call_loop){
        .lib = lib, .clock = options->clock, .context = lib->main_context_new()};
    return LOOM_OK;
}

static enum loom_err open_all(struct loom_secret_service *service, struct loom_error *error) {
    int64_t until_ms = service->until_ms, first_ms = now_ms(service) + LOOM_KEYRING_FIRST_MS;
    enum loom_err err = LOOM_OK;
    service->until_ms = first_ms < until_ms ? first_ms : until_ms;
    if (service->loop.lib == NULL)
        err = open_library(service, error);
    if (err == LOOM_OK && service->bus == NULL)
        err = connect_bus(service, error);
    if (err == LOOM_OK && service->proxy == NULL)
        err = open_proxy(service, error);
    service->until_ms = until_ms;
    return err;
}

/* ---- Operations ---- */

enum loom_err loom_secret_service_begin(struct loom_secret_service *service, bool is_stoppable,
                                        struct loom_error *error) {
    int64_t left_ms = LOOM_KEYRING_CALL_MS;
    int64_t total_ms = service->options.total_ms;
    if (total_ms > 0 && total_ms - service->spent_ms < left_ms)
        left_ms = total_ms - service->spent_ms;
    service->entered_ms = now_ms(service);
    service->until_ms = service->entered_ms + left_ms;
    service->is_stoppable = is_stoppable;
    if (service->dead_errno != 0)
        return loom_error_os(error, LOOM_ERR_KEYRING, service->dead_errno, NULL);
    return LOOM_OK;
}

enum loom_err loom_secret_service_enter(struct loom_secret_service *service, bool is_stoppable,
                                        struct loom_error *error) {
    enum loom_err err = loom_secret_service_begin(service, is_stoppable, error);
    return err != LOOM_OK || service->proxy != NULL ? err : open_all(service, error);
}

void loom_secret_service_leave(struct loom_secret_service *service) {
    service->spent_ms += now_ms(service) - service->entered_ms;
}

void loom_secret_service_drop(struct loom_secret_service *service) {
    const struct loom_libsecret *lib = service->loop.lib;
    if (lib == NULL)
        return;
    if (service->proxy != NULL)
        lib->object_unref(service->proxy);
    if (service->bus != NULL)
        lib->object_unref(service->bus);
    service->proxy = NULL;
    service->bus = NULL;
    service->is_unlocked = false;
    if (!service->loop.is_abandoned) {
        /* What ends with the proxies, ends in their context. */
        for (int i = 0; i < LAST_STEPS && lib->main_context_iteration(service->loop.context, 0);)
            i++;
        lib->main_context_unref(service->loop.context);
    }
    service->loop = (struct loom_call_loop){.lib = NULL};
}
