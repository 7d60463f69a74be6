/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address of a server, as a person types it or git names it. What is accepted is canonical, and
 * means to libcurl what it means to us, before and after it was made so.
 */
#include "base/origin.h"
#include "fuzz/fuzz.h"
#include "fuzz/second_reader.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void check_bounds(const struct loom_origin *origin) {
    const char *scheme = origin->is_secure ? "https://" : "http://";
    size_t len = strnlen(origin->url, sizeof origin->url);
    FUZZ_CHECK(len <= LOOM_ORIGIN_MAX && origin->path_at <= len);
    FUZZ_CHECK(strnlen(origin->host, sizeof origin->host) <= LOOM_HOST_MAX);
    FUZZ_CHECK(origin->host[0] != '\0' && origin->port != 0);
    FUZZ_CHECK(strpbrk(origin->host, "ABCDEFGHIJKLMNOPQRSTUVWXYZ/@%\\") == NULL);
    FUZZ_CHECK(origin->is_secure || origin->is_loopback);
    FUZZ_CHECK(fuzz_is_within(origin->url, len, '!', '~'));
    FUZZ_CHECK(strncmp(origin->url, scheme, strlen(scheme)) == 0);
    FUZZ_CHECK(strpbrk(origin->url, "\\?#%\"<>") == NULL);
    FUZZ_CHECK(memchr(origin->url, '@', origin->path_at) == NULL);
    FUZZ_CHECK(origin->url[len - 1] != '/');
    FUZZ_CHECK(strstr(origin->url + origin->path_at, "//") == NULL);
    FUZZ_CHECK(origin->url[origin->path_at] == '\0' || origin->url[origin->path_at] == '/');
}

static void check_loopback(const struct loom_origin *origin) {
    bool is_number = strspn(origin->host, "0123456789.") == strlen(origin->host);
    bool is_loopback = strcmp(origin->host, "localhost") == 0 || strcmp(origin->host, "::1") == 0 ||
                       (is_number && strncmp(origin->host, "127.", 4) == 0);
    FUZZ_CHECK(origin->is_loopback == is_loopback);
}

static void check_same(const struct loom_origin *a, const char *spelling) {
    struct loom_origin b;
    FUZZ_CHECK(loom_origin_parse(spelling, strlen(spelling), &b, NULL) == LOOM_OK);
    FUZZ_CHECK(loom_origin_is_equal(a, &b) && loom_origin_is_same_host(a, &b));
    FUZZ_CHECK(strcmp(a->url, b.url) == 0 && strcmp(a->host, b.host) == 0);
    FUZZ_CHECK(a->port == b.port && a->path_at == b.path_at);
    FUZZ_CHECK(a->is_secure == b.is_secure && a->is_loopback == b.is_loopback);
}

/* Its own spelling, and others that mean the same. */
static void check_spellings(const struct loom_origin *origin) {
    bool is_v6 = strchr(origin->host, ':') != NULL;
    char other[LOOM_ORIGIN_MAX + 16];
    check_same(origin, origin->url);
    int len = snprintf(other, sizeof other, "%s://%s%s%s:%u%s/",
                       origin->is_secure ? "HTTPS" : "http", is_v6 ? "[" : "", origin->host,
                       is_v6 ? "]" : "", (unsigned)origin->port, loom_origin_path(origin));
    if (len > 0 && len <= LOOM_ORIGIN_MAX)
        check_same(origin, other);
}

static void check_key(const struct loom_origin *origin) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    char key[LOOM_STORE_KEY_MAX], suffixed[LOOM_STORE_KEY_MAX];
    FUZZ_CHECK(loom_store_key(origin, false, key) == LOOM_OK);
    FUZZ_CHECK(loom_store_key(origin, true, suffixed) == LOOM_OK);
    FUZZ_CHECK(strlen(key) == strlen(origin->url) && strspn(key, allowed) == strlen(key));
    FUZZ_CHECK(strncmp(suffixed, key, strlen(key)) == 0);
    FUZZ_CHECK(strlen(suffixed) == strlen(key) + sizeof "--0123456789" - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    struct loom_origin origin;
    enum loom_origin_fault fault = LOOM_ORIGIN_FINE;
    FUZZ_MARK(origin);
    enum loom_err err = loom_origin_parse(input.at, input.len, &origin, &fault);
    if (err != LOOM_OK) {
        FUZZ_CHECK(err == LOOM_ERR_USAGE && fault != LOOM_ORIGIN_FINE && FUZZ_IS_MARKED(origin));
        return 0;
    }
    FUZZ_CHECK(fault == LOOM_ORIGIN_FINE);
    check_bounds(&origin);
    check_loopback(&origin);
    check_spellings(&origin);
    check_key(&origin);
    FUZZ_CHECK(fuzz_reads_as(origin.url, &origin));
    char *typed = fuzz_string(input);
    FUZZ_CHECK(strlen(typed) == len);
    if (strncasecmp(typed, "http://", 7) == 0 || strncasecmp(typed, "https://", 8) == 0)
        FUZZ_CHECK(fuzz_reads_as(typed, &origin));
    free(typed);
    return 0;
}
