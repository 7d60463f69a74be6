/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/form.h"

#include "base/text.h"

#include <string.h>

/* What every decoder reads as itself (RFC 3986 section 2.3, less the tilde). */
static bool is_plain(char c) {
    return loom_ascii_is_alnum(c) || c == '-' || c == '.' || c == '_';
}

static size_t escape(char c, char out[static 3]) {
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    if (is_plain(c) || c == ' ') {
        out[0] = c == ' ' ? '+' : c;
        return 1;
    }
    out[0] = '%';
    out[1] = digits[byte >> 4];
    out[2] = digits[byte & 15];
    return 3;
}

static enum loom_err add_escaped(struct loom_buffer *body, const char *text) {
    enum loom_err err = LOOM_OK;
    for (; *text != '\0' && err == LOOM_OK; text++) {
        char escaped[3];
        size_t len = escape(*text, escaped);
        err = loom_buffer_add(body, escaped, len);
        loom_wipe(escaped, sizeof escaped);
    }
    return err;
}

enum loom_err loom_form_add(struct loom_buffer *body, const char *name, const char *value) {
    enum loom_err err = body->len > 0 ? loom_buffer_add_text(body, "&") : LOOM_OK;
    if (err == LOOM_OK)
        err = add_escaped(body, name);
    if (err == LOOM_OK)
        err = loom_buffer_add_text(body, "=");
    return err == LOOM_OK ? add_escaped(body, value) : err;
}

enum loom_err loom_form_add_secret(struct loom_buffer *body, const char *name,
                                   const struct loom_secret *value) {
    return loom_form_add(body, name, loom_secret_bytes(value));
}

static bool begins_with_escaped(const char *text, const char *secret) {
    bool is_equal = true;
    for (; *secret != '\0' && is_equal; secret++) {
        char escaped[3];
        size_t len = escape(*secret, escaped);
        is_equal = strncmp(text, escaped, len) == 0;
        text += len;
        loom_wipe(escaped, sizeof escaped);
    }
    return is_equal;
}

/* Without memory of its own: that there is none must not look like a secret. */
bool loom_form_has_secret(const char *text, const struct loom_secret *secret) {
    const char *bytes = loom_secret_bytes(secret);
    bool is_found = strstr(text, bytes) != NULL;
    for (; *text != '\0' && !is_found; text++)
        is_found = begins_with_escaped(text, bytes);
    return is_found;
}

struct loom_call loom_form_call(const struct loom_page *endpoint, const struct loom_buffer *body) {
    struct loom_call call = loom_call_of(LOOM_HTTP_POST, endpoint);
    call.content_type = "application/x-www-form-urlencoded";
    call.body = body;
    return call;
}

enum loom_err loom_form_post(const struct loom_remote *server, const struct loom_page *endpoint,
                             const struct loom_buffer *body, struct loom_exchange *out_exchange,
                             struct loom_error *error) {
    const struct loom_call call = loom_form_call(endpoint, body);
    return loom_exchange_send(server, &call, out_exchange, error);
}
