/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libsecret, with the GLib that it stands on, opened when a keyring is first asked. Only for the
 * files secret_service_*.c and keyring_secret_service.c.
 *
 *     const struct loom_libsecret *lib;
 *     if (loom_libsecret_get(&lib, error) != LOOM_OK) ...      // there is no keyring to use
 *     GCancellable *cancellable = lib->cancellable_new();
 *
 * Loading them costs about two milliseconds, and many machines have neither. So nothing here links
 * them: their functions are bound by name, all at once or not at all, and a note in the ELF file
 * tells packagers what is going to be opened. They are never closed again: GLib's threads stay.
 *
 * GLib's own macros call GLib by name, which does not link: they fail at build time, not later.
 */
#ifndef LOOM_STORE_SECRET_SERVICE_LIBRARY_H
#define LOOM_STORE_SECRET_SERVICE_LIBRARY_H

#include "base/error.h"

#include <stdbool.h>

/* secret-paths.h: collections and items by their paths. It has been the same since libsecret 0.5.
 */
#define SECRET_API_SUBJECT_TO_CHANGE 1
#include <libsecret/secret.h>

/* Each function once: GLIB(x) is g_x of GLib, SECRET(x) is secret_x of libsecret. */
#define LOOM_LIBSECRET_FUNCTIONS(GLIB, SECRET)                                                     \
    GLIB(main_context_new)                                                                         \
    GLIB(main_context_unref)                                                                       \
    GLIB(main_context_push_thread_default)                                                         \
    GLIB(main_context_pop_thread_default)                                                          \
    GLIB(main_context_iteration)                                                                   \
    GLIB(timeout_source_new)                                                                       \
    GLIB(source_set_callback)                                                                      \
    GLIB(source_attach)                                                                            \
    GLIB(source_destroy)                                                                           \
    GLIB(source_unref)                                                                             \
    GLIB(cancellable_new)                                                                          \
    GLIB(cancellable_cancel)                                                                       \
    GLIB(object_ref)                                                                               \
    GLIB(object_unref)                                                                             \
    GLIB(error_free)                                                                               \
    GLIB(bus_get)                                                                                  \
    GLIB(bus_get_finish)                                                                           \
    GLIB(dbus_connection_set_exit_on_close)                                                        \
    GLIB(dbus_connection_call)                                                                     \
    GLIB(dbus_connection_call_finish)                                                              \
    GLIB(dbus_error_quark)                                                                         \
    GLIB(io_error_quark)                                                                           \
    GLIB(dbus_proxy_get_name)                                                                      \
    GLIB(dbus_proxy_get_object_path)                                                               \
    GLIB(dbus_proxy_get_cached_property)                                                           \
    GLIB(variant_check_format_string)                                                              \
    GLIB(variant_get)                                                                              \
    GLIB(variant_get_objv)                                                                         \
    GLIB(variant_new)                                                                              \
    GLIB(variant_unref)                                                                            \
    GLIB(hash_table_new)                                                                           \
    GLIB(hash_table_insert)                                                                        \
    GLIB(hash_table_lookup)                                                                        \
    GLIB(hash_table_unref)                                                                         \
    GLIB(str_hash)                                                                                 \
    GLIB(str_equal)                                                                                \
    GLIB(list_free_full)                                                                           \
    GLIB(list_prepend)                                                                             \
    GLIB(strfreev)                                                                                 \
    GLIB(free)                                                                                     \
    GLIB(log_set_writer_func)                                                                      \
    GLIB(type_class_ref)                                                                           \
    GLIB(socket_get_type)                                                                          \
    SECRET(error_get_quark)                                                                        \
    SECRET(service_get_type)                                                                       \
    SECRET(service_open)                                                                           \
    SECRET(service_open_finish)                                                                    \
    SECRET(service_search_for_dbus_paths)                                                          \
    SECRET(service_search_for_dbus_paths_finish)                                                   \
    SECRET(service_unlock)                                                                         \
    SECRET(service_unlock_finish)                                                                  \
    SECRET(collection_for_alias)                                                                   \
    SECRET(collection_for_alias_finish)                                                            \
    SECRET(collection_new_for_dbus_path)                                                           \
    SECRET(collection_new_for_dbus_path_finish)                                                    \
    SECRET(collection_get_locked)                                                                  \
    SECRET(item_new_for_dbus_path)                                                                 \
    SECRET(item_new_for_dbus_path_finish)                                                          \
    SECRET(item_load_secrets)                                                                      \
    SECRET(item_load_secrets_finish)                                                               \
    SECRET(item_create)                                                                            \
    SECRET(item_create_finish)                                                                     \
    SECRET(item_set_secret)                                                                        \
    SECRET(item_set_secret_finish)                                                                 \
    SECRET(item_delete)                                                                            \
    SECRET(item_delete_finish)                                                                     \
    SECRET(item_get_attributes)                                                                    \
    SECRET(item_get_label)                                                                         \
    SECRET(item_get_locked)                                                                        \
    SECRET(item_get_modified)                                                                      \
    SECRET(item_get_secret)                                                                        \
    SECRET(value_new)                                                                              \
    SECRET(value_get)                                                                              \
    SECRET(value_unref)

#define LOOM_LIBSECRET_GLIB_MEMBER(name) __typeof__(g_##name) *(name);
#define LOOM_LIBSECRET_SECRET_MEMBER(name) __typeof__(secret_##name) *(name);

/* As their manuals have them, less the prefixes. */
struct loom_libsecret {
    LOOM_LIBSECRET_FUNCTIONS(LOOM_LIBSECRET_GLIB_MEMBER, LOOM_LIBSECRET_SECRET_MEMBER)
};

/*
 * The process's libsecret, opened by the first caller; every later one gets the same table, or the
 * same refusal. LOOM_ERR_KEYRING with ENOENT: it is missing, or lacks a function.
 */
LOOM_CHECKED enum loom_err loom_libsecret_get(const struct loom_libsecret **out_lib,
                                              struct loom_error *error);

/*
 * Was it opened by a process from which this one was forked? Then the thread that does its work is
 * not here, and nothing that it is asked would ever be answered.
 */
bool loom_libsecret_is_left_behind(void);

/* Bind the library called `soname`. As above. */
LOOM_CHECKED enum loom_err loom_libsecret_open(const char *soname, struct loom_libsecret *out_lib,
                                               struct loom_error *error);

#endif
