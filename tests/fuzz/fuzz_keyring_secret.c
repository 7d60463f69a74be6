/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret of a keyring's item, which any program of the user may have written. What is read is
 * within its bounds and comes out the same when it is written and read again.
 */
#include "fuzz/fuzz.h"
#include "store/credential.h"

#include <stdlib.h>
#include <string.h>

static void check_secret(const struct loom_secret *secret) {
    size_t len = loom_secret_len(secret);
    FUZZ_CHECK(len >= 1 && len <= LOOM_TOKEN_MAX);
    FUZZ_CHECK(fuzz_is_within(loom_secret_bytes(secret), len, '!', '~'));
}

static void check_text(const char *text, size_t max) {
    FUZZ_CHECK(text == NULL || (strlen(text) <= max && fuzz_is_utf8(text, strlen(text))));
}

static void check_bounds(const struct loom_credential *credential) {
    struct loom_origin again;
    FUZZ_CHECK(credential->token != NULL);
    check_secret(credential->token);
    if (credential->refresh != NULL)
        check_secret(credential->refresh);
    FUZZ_CHECK(credential->expires_at >= 0 && credential->expires_at <= INT64_C(1) << 53);
    FUZZ_CHECK(credential->obtained_at >= 0 && credential->obtained_at <= INT64_C(1) << 53);
    FUZZ_CHECK(credential->source <= LOOM_SOURCE_IMPORTED);
    FUZZ_CHECK(credential->dialect <= LOOM_DIALECT_OAUTH);
    const char *const texts[] = {
        credential->token_endpoint, credential->revocation_endpoint, credential->userinfo_endpoint,
        credential->issuer,         credential->client_id,           credential->scope,
        credential->ca_file};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_text(texts[i], LOOM_CREDENTIAL_TEXT_MAX);
    FUZZ_CHECK(credential->ca_file == NULL || credential->ca_file[0] == '/');
    const char *const members[] = {credential->account.id, credential->account.username,
                                   credential->account.display_name, credential->account.email};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        check_text(members[i], LOOM_ACCOUNT_FIELD_MAX);
    if (!credential->has_origin)
        return;
    const char *url = credential->origin.url;
    FUZZ_CHECK(loom_origin_parse(url, strlen(url), &again, NULL) == LOOM_OK);
    FUZZ_CHECK(loom_origin_is_equal(&credential->origin, &again));
}

/* As text, which tells of every member but an end of life that is not written without a refresh. */
static void check_again(const struct loom_credential *credential) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential again = LOOM_CREDENTIAL_INIT;
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer first = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer second = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    enum loom_err err = loom_credential_print(credential, &first);
    if (err != LOOM_OK) { /* escapes make it larger than what was read */
        FUZZ_CHECK(err == LOOM_ERR_STORAGE && first.len == 0);
        return;
    }
    FUZZ_CHECK(first.len <= LOOM_CREDENTIAL_JSON_MAX);
    FUZZ_CHECK(fuzz_is_harmless(first.data, first.len));
    FUZZ_CHECK(loom_credential_parse(first.data, first.len, &again) == LOOM_OK);
    FUZZ_CHECK(loom_secret_is_equal(credential->token, again.token));
    FUZZ_CHECK((credential->refresh == NULL) == (again.refresh == NULL));
    FUZZ_CHECK(credential->has_origin == again.has_origin);
    FUZZ_CHECK(credential->expires_at == again.expires_at);
    FUZZ_CHECK(credential->obtained_at == again.obtained_at);
    FUZZ_CHECK(credential->source == again.source && credential->dialect == again.dialect);
    FUZZ_CHECK(loom_credential_print(&again, &second) == LOOM_OK);
    FUZZ_CHECK(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
}

static void check_copy(const struct loom_credential *credential) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential copy = LOOM_CREDENTIAL_INIT;
    FUZZ_CHECK(loom_credential_copy(credential, &copy) == LOOM_OK);
    FUZZ_CHECK(loom_secret_is_equal(credential->token, copy.token));
    FUZZ_CHECK(copy.token != credential->token && copy.has_origin == credential->has_origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    struct loom_credential credential;
    FUZZ_MARK(credential);
    enum loom_err err = loom_credential_parse(input.at, input.len, &credential);
    if (err != LOOM_OK) {
        FUZZ_CHECK(err == LOOM_ERR_DAMAGED && FUZZ_IS_MARKED(credential));
        return 0;
    }
    check_bounds(&credential);
    check_again(&credential);
    check_copy(&credential);
    loom_credential_clear(&credential);
    return 0;
}
