/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "oauth/oauth.h"

#include <string.h>

/* RFC 6749 appendix A.1: client-id = *VSCHAR. Without the blanks at its ends, which nobody sees. */
bool loom_oauth_is_client_id(const char *text) {
    size_t len = strlen(text);
    return loom_text_is_printable_ascii(text, len, LOOM_CLIENT_ID_MAX) && text[0] != ' ' &&
           text[len - 1] != ' ';
}

/* RFC 6749 section 3.3: tokens of %x21 / %x23-5B / %x5D-7E, one blank between two of them. */
bool loom_oauth_is_scope(const char *text) {
    size_t len = strlen(text);
    if (len == 0)
        return true;
    if (!loom_text_is_printable_ascii(text, len, LOOM_SCOPE_MAX) || strpbrk(text, "\"\\") != NULL)
        return false;
    return text[0] != ' ' && text[len - 1] != ' ' && strstr(text, "  ") == NULL;
}

/* Is each scope of `some` one of `all`? */
static bool is_part(const char *some, const char *all) {
    for (size_t len; some += strspn(some, " "), (len = strcspn(some, " ")) > 0; some += len) {
        const char *at = all;
        size_t other = 0;
        while (at += strspn(at, " "), (other = strcspn(at, " ")) > 0) {
            if (other == len && memcmp(at, some, len) == 0)
                break;
            at += other;
        }
        if (other == 0)
            return false;
    }
    return true;
}

bool loom_oauth_is_scope_equal(const char *a, const char *b) {
    return is_part(a, b) && is_part(b, a);
}
