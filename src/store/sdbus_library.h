/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sd-bus, of libsystemd, opened when a keyring is first read. Only for secret_service_sdbus.c.
 *
 *     const struct loom_sdbus *lib = loom_sdbus();
 *     if (lib == NULL) ...                              // libsystemd is missing, or lacks
 * something
 */
#ifndef LOOM_STORE_SDBUS_LIBRARY_H
#define LOOM_STORE_SDBUS_LIBRARY_H

#include "base/error.h"

#include <systemd/sd-bus.h>

/* As their manuals have them, less "sd_bus_". */
struct loom_sdbus {
    __typeof__(sd_bus_open_user) *open_user;
    __typeof__(sd_bus_close) *close;
    __typeof__(sd_bus_unref) *unref;
    __typeof__(sd_bus_call_async) *call_async;
    __typeof__(sd_bus_process) *process;
    __typeof__(sd_bus_wait) *wait;
    __typeof__(sd_bus_message_new_method_call) *message_new_method_call;
    __typeof__(sd_bus_message_appendv) *message_appendv;
    __typeof__(sd_bus_message_is_method_error) *message_is_method_error;
    __typeof__(sd_bus_message_get_error) *message_get_error;
    __typeof__(sd_bus_message_enter_container) *message_enter_container;
    __typeof__(sd_bus_message_exit_container) *message_exit_container;
    __typeof__(sd_bus_message_read) *message_read;
    __typeof__(sd_bus_message_read_array) *message_read_array;
    __typeof__(sd_bus_message_skip) *message_skip;
    __typeof__(sd_bus_message_rewind) *message_rewind;
    __typeof__(sd_bus_message_ref) *message_ref;
    __typeof__(sd_bus_message_unref) *message_unref;
};

/* The process's, opened by the first caller; NULL: it cannot be used. */
const struct loom_sdbus *loom_sdbus(void);

/* Bind the library called `soname`. LOOM_ERR_NOT_FOUND: there is none, or it lacks a function. */
LOOM_CHECKED enum loom_err loom_sdbus_open(const char *soname, struct loom_sdbus *out_lib);

#endif
