/* SPDX-License-Identifier: Apache-2.0 */
#include "base/locale.h"
#include "base/text.h"
#include "http/http_priv.h"

#include <string.h>

enum { SITE_MAX = 512 };

/* One part of a URL, freed by libcurl. NULL: it has none. */
static char *part(const struct loom_curl *curl, CURLU *url, CURLUPart what) {
    char *text = NULL;
    return curl->url_get(url, what, &text, 0) == CURLUE_OK ? text : NULL;
}

static void spell_parts(const struct loom_curl *curl, CURLU *url, struct loom_buffer *out) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer site = LOOM_BUFFER_INIT(SITE_MAX);
    char *scheme = part(curl, url, CURLUPART_SCHEME);
    char *host = part(curl, url, CURLUPART_HOST);
    char *port = part(curl, url, CURLUPART_PORT);
    bool is_fine =
        scheme != NULL && host != NULL && host[0] != '\0' &&
        loom_buffer_add_format(&site, "%s://%s%s%s", scheme, host, port != NULL ? ":" : "",
                               port != NULL ? port : "") == LOOM_OK &&
        loom_text_is_printable_ascii(site.data, site.len, SITE_MAX);
    curl->free(scheme);
    curl->free(host);
    curl->free(port);
    if (is_fine)
        loom_error_ignore(loom_buffer_add(out, site.data, site.len)); /* no room: as not spelled */
}

void loom_site_spell(const struct loom_curl *curl, const char *base, const char *url,
                     struct loom_buffer *out) {
    CURLU *parsed = curl->url();
    if (parsed == NULL)
        return;
    CURLUcode code = base == NULL
                         ? CURLUE_OK
                         : curl->url_set(parsed, CURLUPART_URL, base, CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_OK)
        code = curl->url_set(parsed, CURLUPART_URL, url,
                             CURLU_NON_SUPPORT_SCHEME | CURLU_ALLOW_SPACE |
                                 (base == NULL ? CURLU_GUESS_SCHEME : 0U));
    if (code == CURLUE_OK)
        spell_parts(curl, parsed, out);
    curl->url_cleanup(parsed);
}

static bool is_ascii_host(const char *host) {
    size_t len = strlen(host);
    for (size_t i = 0; i < len; i++)
        if (!loom_ascii_is_alnum(host[i]) && strchr("-._", host[i]) == NULL)
            return false;
    return len > 0 && len <= LOOM_HOST_MAX;
}

enum loom_err loom_http_spell_host(const char *host, struct loom_buffer *out) {
    const struct loom_curl *curl;
    if (loom_curl_get(&curl, NULL) != LOOM_OK)
        return LOOM_ERR_INTERNAL;
    if ((curl->version_info(CURLVERSION_NOW)->features & CURL_VERSION_IDN) == 0)
        return LOOM_ERR_INTERNAL;
    CURLU *url = curl->url();
    if (url == NULL)
        return LOOM_ERR_INTERNAL;
    char *spelled = NULL;
    enum loom_err err = LOOM_ERR_USAGE;
    /* libidn2 reads its input in the encoding of the locale. */
    struct loom_locale before = loom_locale_enter_utf8();
    if (curl->url_set(url, CURLUPART_HOST, host, 0) == CURLUE_OK &&
        curl->url_get(url, CURLUPART_HOST, &spelled, CURLU_PUNYCODE) == CURLUE_OK &&
        is_ascii_host(spelled))
        err = loom_buffer_add_text(out, spelled);
    loom_locale_leave(&before);
    curl->free(spelled);
    curl->url_cleanup(url);
    return err;
}
