/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/second_reader.h"

#include "fuzz/fuzz.h"
#include "http/curl_library.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Two spellings of one address: libcurl keeps that of an IPv6 one as it was. */
static bool is_same_address(const char *host, const char *ours) {
    struct in6_addr theirs, own;
    char bare[INET6_ADDRSTRLEN + 2];
    size_t len = strlen(host);
    if (len < 2 || len >= sizeof bare || host[0] != '[' || host[len - 1] != ']')
        return false;
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    return inet_pton(AF_INET6, bare, &theirs) == 1 && inet_pton(AF_INET6, ours, &own) == 1 &&
           memcmp(&theirs, &own, sizeof own) == 0;
}

static bool is_part(const struct loom_curl *curl, CURLU *url, CURLUPart what, const char *ours) {
    char *text = NULL;
    if (curl->url_get(url, what, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return false;
    bool is_same =
        strcasecmp(text, ours) == 0 || (what == CURLUPART_HOST && is_same_address(text, ours));
    curl->free(text);
    return is_same;
}

bool fuzz_reads_as(const char *text, const struct loom_origin *origin) {
    const struct loom_curl *curl;
    char port[sizeof "65535"];
    FUZZ_CHECK(loom_curl_get(&curl, NULL) == LOOM_OK);
    CURLU *url = curl->url();
    FUZZ_CHECK(url != NULL);
    (void)snprintf(port, sizeof port, "%u", (unsigned)origin->port);
    bool is_same = curl->url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) == CURLUE_OK &&
                   is_part(curl, url, CURLUPART_SCHEME, origin->is_secure ? "https" : "http") &&
                   is_part(curl, url, CURLUPART_HOST, origin->host) &&
                   is_part(curl, url, CURLUPART_PORT, port);
    curl->url_cleanup(url);
    return is_same;
}
