/* SPDX-License-Identifier: Apache-2.0 */
#include "base/origin.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Where scheme and authority end and the tail begins; 0 when there is no "scheme://". */
static size_t find_tail(const char *text, size_t len) {
    static const char mark[] = "://";
    size_t at = 0;
    while (at < len && loom_ascii_is_alnum(text[at]))
        at++;
    if (len - at < strlen(mark) || memcmp(text + at, mark, strlen(mark)) != 0)
        return 0;
    at += strlen(mark);
    while (at < len && text[at] != '/' && text[at] != '?' && text[at] != '#')
        at++;
    return at;
}

static bool is_hex_digit(char c) {
    char lower = loom_ascii_lower(c);
    return loom_ascii_is_digit(c) || (lower >= 'a' && lower <= 'f');
}

/*
 * RFC 3986 appendix A: what may stand in a path, query or fragment, the single quote left out. A
 * percent sign begins an escape, and a fragment has no number sign inside.
 */
static bool is_tail(const char *tail, size_t len) {
    bool has_fragment = false;
    for (size_t i = 0; i < len; i++) {
        char c = tail[i];
        if (!loom_ascii_is_alnum(c) && (c == '\0' || strchr("-._~!$&()*+,;=:@/?#%", c) == NULL))
            return false;
        if (c == '%' && (len - i < 3 || !is_hex_digit(tail[i + 1]) || !is_hex_digit(tail[i + 2])))
            return false;
        if (c == '#' && has_fragment)
            return false;
        has_fragment = has_fragment || c == '#';
    }
    return true;
}

enum loom_err loom_page_parse(const char *text, size_t len, bool allow_loopback_http,
                              struct loom_page *out_page) {
    if (len == 0 || len > LOOM_PAGE_MAX)
        return LOOM_ERR_BAD_ANSWER;
    size_t head = find_tail(text, len);
    if (head == 0 || !is_tail(text + head, len - head))
        return LOOM_ERR_BAD_ANSWER;
    struct loom_page page;
    enum loom_err err = loom_origin_parse(text, head, &page.origin, NULL);
    if (err == LOOM_ERR_INTERNAL)
        return err;
    if (err != LOOM_OK || (!page.origin.is_secure && !allow_loopback_http))
        return LOOM_ERR_BAD_ANSWER;
    int written = snprintf(page.url, sizeof page.url, "%s%.*s", page.origin.url, (int)(len - head),
                           text + head);
    if (written < 0 || (size_t)written >= sizeof page.url)
        return LOOM_ERR_BAD_ANSWER;
    *out_page = page;
    return LOOM_OK;
}
