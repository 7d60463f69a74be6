/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keyring_examine.h"

#include "store/secret_service.h"
#include "store/secret_service_bus.h"
#include "store/secret_service_trial.h"
#include "system/file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BUS_NAME "org.freedesktop.secrets"
#define BUS_ITSELF "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"

/* It asks its owner whether an item may be deleted, whoever made it. */
#define ASKS_ALWAYS "keepassxc"

/* ---- Which program is it? ---- */

static enum loom_err ask_bus(struct loom_secret_service *service, uint32_t *out_pid) {
    const struct loom_libsecret *lib = service->loop.lib;
    struct loom_call call;
    GError *fault = NULL;
    if (!loom_call_begin(&service->loop, &call))
        return LOOM_ERR_INTERNAL;
    lib->dbus_connection_call(service->bus, BUS_ITSELF, BUS_PATH, BUS_ITSELF,
                              "GetConnectionUnixProcessID", lib->variant_new("(s)", BUS_NAME), NULL,
                              G_DBUS_CALL_FLAGS_NONE, -1, call.cancellable, loom_call_done,
                              call.reply);
    enum loom_err err = loom_secret_service_await_read(service, &call, NULL);
    if (err == LOOM_OK) {
        GVariant *answer = lib->dbus_connection_call_finish(service->bus, call.result, &fault);
        err = LOOM_ERR_NOT_FOUND;
        if (answer != NULL && lib->variant_check_format_string(answer, "(u)", 0)) {
            lib->variant_get(answer, "(u)", out_pid);
            err = LOOM_OK;
        }
        if (answer != NULL)
            lib->variant_unref(answer);
        if (fault != NULL)
            lib->error_free(fault);
    }
    loom_call_end(&call);
    return err;
}

/* "" where the bus does not tell, or the process is out of sight (in a container of its own). */
static enum loom_err find_program(struct loom_secret_service *service,
                                  char out_program[static LOOM_KEYRING_PROGRAM_SIZE]) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer name = LOOM_BUFFER_INIT(LOOM_KEYRING_PROGRAM_SIZE - 1);
    char path[64];
    uint32_t pid = 0;
    enum loom_err err = ask_bus(service, &pid);
    if (err != LOOM_OK)
        return err == LOOM_ERR_INTERRUPTED ? err : LOOM_OK;
    (void)snprintf(path, sizeof path, "/proc/%lu/comm", (unsigned long)pid);
    if (pid == 0 || loom_file_read_any(path, &name, NULL) != LOOM_OK)
        return LOOM_OK;
    const char *text = loom_buffer_text(&name);
    (void)snprintf(out_program, LOOM_KEYRING_PROGRAM_SIZE, "%.*s", (int)strcspn(text, "\n"), text);
    return LOOM_OK;
}

/* ---- The steps ---- */

static enum loom_err try_collection(struct loom_secret_service *service,
                                    struct loom_keyring_findings *findings,
                                    struct loom_error *error) {
    SecretCollection *collection = NULL;
    findings->failed = LOOM_KEYRING_STEP_COLLECTION;
    enum loom_err err = loom_secret_service_collection(service, &collection, error);
    if (err != LOOM_OK)
        return err;
    findings->failed = LOOM_KEYRING_STEP_LOCK;
    if (service->loop.lib->collection_get_locked(collection)) {
        err = loom_error_set(error, LOOM_ERR_KEYRING_LOCKED);
    } else if (strcmp(findings->program, ASKS_ALWAYS) == 0) {
        findings->is_trial_left_out = true;
        findings->failed = LOOM_KEYRING_STEP_NONE;
    } else {
        service->is_stoppable = false; /* what is written is deleted, too */
        findings->failed = LOOM_KEYRING_STEP_READ;
        err = loom_secret_trial_sweep(service, error);
        if (err == LOOM_OK)
            err = loom_secret_trial_run(service, collection, &findings->failed, error);
    }
    service->loop.lib->object_unref(collection);
    return err;
}

static enum loom_err take_steps(struct loom_secret_service *service,
                                struct loom_keyring_findings *findings, struct loom_error *error) {
    const struct loom_keyring_options *options = &service->options;
    const struct loom_libsecret *lib;
    findings->failed = LOOM_KEYRING_STEP_BUS;
    int probed = loom_secret_service_bus_probe(options->bus_address, options->runtime_folder);
    if (probed != 0)
        return loom_error_os(error, LOOM_ERR_KEYRING, probed, NULL);
    findings->failed = LOOM_KEYRING_STEP_LIBRARY;
    enum loom_err err = loom_libsecret_get(&lib, error);
    if (err != LOOM_OK)
        return err;
    findings->failed = LOOM_KEYRING_STEP_SERVICE;
    err = loom_secret_service_enter(service, true, error);
    if (err == LOOM_OK)
        err = find_program(service, findings->program);
    return err == LOOM_OK ? try_collection(service, findings, error) : err;
}

enum loom_err loom_keyring_examine(const struct loom_keyring_options *options,
                                   struct loom_keyring_findings *out_findings) {
    struct loom_secret_service service = {.options = *options};
    struct loom_keyring_findings findings = {.program = ""};
    struct loom_error error = LOOM_ERROR_INIT;
    service.options.may_ask = false;
    enum loom_err err = take_steps(&service, &findings, &error);
    loom_secret_service_leave(&service);
    loom_secret_service_drop(&service);
    if (err == LOOM_ERR_INTERRUPTED || err == LOOM_ERR_INTERNAL)
        return err;
    findings.os_error = err == LOOM_OK ? 0 : error.os_error;
    *out_findings = findings;
    return LOOM_OK;
}
