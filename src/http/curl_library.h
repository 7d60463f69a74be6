/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl, opened when it is first needed. Only for the room and its tests.
 *
 *     const struct loom_curl *curl;
 *     if (loom_curl_get(&curl, error) != LOOM_OK) ...
 *     CURL *easy = curl->easy_init();
 *
 * Loading libcurl costs about five milliseconds, and git asks the helper at every fetch without
 * needing it once. So nothing here links libcurl: its functions are bound by name, all at once or
 * not at all, and a note in the ELF file tells packagers what is going to be opened. It is never
 * closed again: its resolver threads may outlive any request.
 */
#ifndef LOOM_HTTP_CURL_LIBRARY_H
#define LOOM_HTTP_CURL_LIBRARY_H

#include "base/error.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

/* As libcurl's manual has them, less the prefix curl_. */
struct loom_curl {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_global_init_mem) *global_init_mem;
    __typeof__(curl_version_info) *version_info;
    __typeof__(curl_getdate) *getdate;
    __typeof__(curl_free) *free;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_multi_init) *multi_init;
    __typeof__(curl_multi_setopt) *multi_setopt;
    __typeof__(curl_multi_add_handle) *multi_add_handle;
    __typeof__(curl_multi_remove_handle) *multi_remove_handle;
    __typeof__(curl_multi_perform) *multi_perform;
    __typeof__(curl_multi_poll) *multi_poll;
    __typeof__(curl_multi_info_read) *multi_info_read;
    __typeof__(curl_multi_cleanup) *multi_cleanup;
    __typeof__(curl_url) *url;
    __typeof__(curl_url_set) *url_set;
    __typeof__(curl_url_get) *url_get;
    __typeof__(curl_url_cleanup) *url_cleanup;
    /* OpenSSL's SSL_CTX_set_options, of the OpenSSL that this libcurl stands on; NULL: another. */
    uint64_t (*set_tls_options)(void *context, uint64_t options);
};

/*
 * The process's libcurl, opened by the first caller; every later one gets the same table, or the
 * same refusal. LOOM_ERR_INTERNAL: see loom_curl_open.
 */
LOOM_CHECKED enum loom_err loom_curl_get(const struct loom_curl **out_curl,
                                         struct loom_error *error);

/*
 * Bind the library called `soname` and prepare it; with `is_wiping` it wipes what it gives back,
 * unless whoever else uses it in this process was first. LOOM_ERR_INTERNAL, with a word in the
 * detail: it is missing, lacks a function, is older than what this program needs, or cannot do
 * https.
 */
LOOM_CHECKED enum loom_err loom_curl_open(const char *soname, bool is_wiping,
                                          struct loom_curl *out_curl, struct loom_error *error);

/* Does `info` describe a libcurl that can do what is asked of it here? As above. */
LOOM_CHECKED enum loom_err loom_curl_check(const curl_version_info_data *info,
                                           struct loom_error *error);

#endif
