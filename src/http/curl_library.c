/* SPDX-License-Identifier: Apache-2.0 */
#include "http/curl_library.h"

#include "base/library.h"
#include "base/memory.h"
#include "http/http.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SONAME "libcurl.so.4"

/* 7.88.0: CURLU_PUNYCODE; CURLOPT_QUICK_EXIT, without which Ctrl-C waits for a resolver, is older.
 */
enum { VERSION_MIN = 0x075800 };

LOOM_LIBRARY_NOTE("http", "Talks to the server", "required", SONAME);

#define SYMBOL(name)                                                                               \
    { "curl_" #name, offsetof(struct loom_curl, name) }

static const struct loom_library_symbol SYMBOLS[] = {
    SYMBOL(global_init),
    SYMBOL(global_init_mem),
    SYMBOL(version_info),
    SYMBOL(getdate),
    SYMBOL(free),
    SYMBOL(easy_init),
    SYMBOL(easy_setopt),
    SYMBOL(easy_getinfo),
    SYMBOL(easy_strerror),
    SYMBOL(easy_cleanup),
    SYMBOL(multi_init),
    SYMBOL(multi_setopt),
    SYMBOL(multi_add_handle),
    SYMBOL(multi_remove_handle),
    SYMBOL(multi_perform),
    SYMBOL(multi_poll),
    SYMBOL(multi_info_read),
    SYMBOL(multi_cleanup),
    SYMBOL(url),
    SYMBOL(url_set),
    SYMBOL(url_get),
    SYMBOL(url_cleanup),
};

_Static_assert(sizeof SYMBOLS / sizeof SYMBOLS[0] * sizeof(void *) ==
                   offsetof(struct loom_curl, set_tls_options),
               "every function of libcurl is bound");

/* `lacks` NULL: it is not there at all. */
static enum loom_err refuse(struct loom_error *error, const char *soname, const char *lacks) {
    char why[128];
    if (lacks == NULL)
        (void)snprintf(why, sizeof why, "%s cannot be opened", soname);
    else
        (void)snprintf(why, sizeof why, "%s lacks %s", soname, lacks);
    return loom_error_detail(error, LOOM_ERR_INTERNAL, why);
}

/* dlsym also looks through what a library needs; another TLS library has no function of the name.
 */
static void bind_tls(void *library, struct loom_curl *curl) {
    const char *tls = curl->version_info(CURLVERSION_NOW)->ssl_version;
    if (tls == NULL || strncmp(tls, "OpenSSL/", strlen("OpenSSL/")) != 0)
        return;
    void *symbol = dlsym(library, "SSL_CTX_set_options");
    memcpy(&curl->set_tls_options, &symbol, sizeof symbol);
}

static bool is_protocol_known(const curl_version_info_data *info, const char *name) {
    for (const char *const *each = info->protocols; each != NULL && *each != NULL; each++)
        if (strcmp(*each, name) == 0)
            return true;
    return false;
}

enum loom_err loom_curl_check(const curl_version_info_data *info, struct loom_error *error) {
    char why[128];
    if (info->version_num < VERSION_MIN) {
        (void)snprintf(why, sizeof why, "libcurl %s is older than 7.88.0", info->version);
        return loom_error_detail(error, LOOM_ERR_INTERNAL, why);
    }
    if ((info->features & CURL_VERSION_SSL) == 0 || !is_protocol_known(info, "https") ||
        !is_protocol_known(info, "http"))
        return loom_error_detail(error, LOOM_ERR_INTERNAL, N_("libcurl cannot do https"));
    return LOOM_OK;
}

static CURLcode initialise(const struct loom_curl *curl, bool is_wiping) {
    if (is_wiping)
        return curl->global_init_mem(CURL_GLOBAL_DEFAULT, loom_wiping_malloc, loom_wiping_free,
                                     loom_wiping_realloc, loom_wiping_strdup, loom_wiping_calloc);
    return curl->global_init(CURL_GLOBAL_DEFAULT);
}

static enum loom_err prepare(const struct loom_curl *curl, bool is_wiping,
                             struct loom_error *error) {
    enum loom_err err = loom_curl_check(curl->version_info(CURLVERSION_NOW), error);
    if (err == LOOM_OK && initialise(curl, is_wiping) != CURLE_OK)
        err = loom_error_detail(error, LOOM_ERR_INTERNAL, N_("libcurl cannot be initialised"));
    return err;
}

enum loom_err loom_curl_open(const char *soname, bool is_wiping, struct loom_curl *out_curl,
                             struct loom_error *error) {
    struct loom_curl curl = {.global_init = NULL};
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return refuse(error, soname, NULL);
    const char *missing =
        loom_library_bind(library, SYMBOLS, sizeof SYMBOLS / sizeof SYMBOLS[0], &curl);
    if (missing != NULL)
        return refuse(error, soname, missing);
    enum loom_err err = prepare(&curl, is_wiping, error);
    if (err == LOOM_OK)
        bind_tls(library, &curl);
    if (err == LOOM_OK)
        *out_curl = curl;
    return err;
}

/* Written once, under `once`; is_wiping before that. */
static struct {
    pthread_once_t once;
    bool is_wiping;
    struct loom_curl curl;
    struct loom_error error;
} process = {.once = PTHREAD_ONCE_INIT};

static void open_once(void) {
    enum loom_err err = loom_curl_open(SONAME, process.is_wiping, &process.curl, &process.error);
    (void)err; /* kept in process.error */
}

void loom_http_wipe_memory(void) {
    process.is_wiping = true;
}

enum loom_err loom_curl_get(const struct loom_curl **out_curl, struct loom_error *error) {
    (void)pthread_once(&process.once, open_once);
    if (process.error.code != LOOM_OK)
        return loom_error_detail(error, process.error.code, process.error.detail);
    *out_curl = &process.curl;
    return LOOM_OK;
}
