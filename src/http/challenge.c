/* SPDX-License-Identifier: Apache-2.0 */
#include "http/challenge.h"

#include "base/text.h"

#include <string.h>

/* What is left to read. */
struct rest {
    const char *at;
    const char *end;
};

struct word {
    const char *at;
    size_t len;
};

static void skip_any(struct rest *rest, const char *characters) {
    while (rest->at < rest->end && *rest->at != '\0' && strchr(characters, *rest->at) != NULL)
        rest->at++;
}

/* RFC 9110 section 5.6.2: token. */
static struct word read_token(struct rest *rest) {
    struct word token = {rest->at, 0};
    while (rest->at < rest->end &&
           (loom_ascii_is_alnum(*rest->at) ||
            (*rest->at != '\0' && strchr("!#$%&'*+-.^_`|~", *rest->at) != NULL)))
        rest->at++;
    token.len = (size_t)(rest->at - token.at);
    return token;
}

/* RFC 9110 section 5.6.4: quoted-string, an escape within as it stands. */
static struct word read_quoted(struct rest *rest) {
    struct word text = {++rest->at, 0};
    while (rest->at < rest->end && *rest->at != '"')
        rest->at += *rest->at == '\\' && rest->end - rest->at > 1 ? 2 : 1;
    text.len = (size_t)(rest->at - text.at);
    if (rest->at < rest->end)
        rest->at++;
    return text;
}

static struct word read_value(struct rest *rest) {
    skip_any(rest, " \t");
    bool is_quoted = rest->at < rest->end && *rest->at == '"';
    return is_quoted ? read_quoted(rest) : read_token(rest);
}

/* `lower` is in lower case. */
static bool is_word(struct word word, const char *lower) {
    if (word.len != strlen(lower))
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (loom_ascii_lower(word.at[i]) != lower[i])
            return false;
    return true;
}

/* A word before an equals sign is a parameter's name, any other one a scheme. */
bool loom_challenge_is_token_invalid(const char *value, size_t len) {
    struct rest rest = {value, value + len};
    bool is_bearer = false;
    while (rest.at < rest.end) {
        struct word word = read_token(&rest);
        if (word.len == 0) {
            rest.at++; /* a comma, a blank, or what nobody expects here */
            continue;
        }
        skip_any(&rest, " \t");
        if (rest.at == rest.end || *rest.at != '=') {
            is_bearer = is_word(word, "bearer");
            continue;
        }
        rest.at++;
        struct word text = read_value(&rest);
        if (is_bearer && is_word(word, "error") && text.len == strlen("invalid_token") &&
            memcmp(text.at, "invalid_token", text.len) == 0)
            return true;
    }
    return false;
}
