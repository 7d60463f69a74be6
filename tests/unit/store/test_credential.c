/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API(more) "{\"type\":\"api\",\"key\":\"t\"" more "}"
#define OAUTH(more) "{\"type\":\"oauth\",\"access\":\"a\"" more "}"

static enum loom_err parse_error(const char *json) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    enum loom_err err = loom_credential_parse(json, strlen(json), &credential);
    if (err != LOOM_OK)
        assert_null(credential.token); /* outputs are left as they were */
    loom_credential_clear(&credential);
    return err;
}

static struct loom_credential parsed(const char *json) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    assert_int_equal(loom_credential_parse(json, strlen(json), &credential), LOOM_OK);
    return credential;
}

static void assert_prints(const struct loom_credential *credential, const char *expected) {
    struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    assert_int_equal(loom_credential_print(credential, &text), LOOM_OK);
    assert_string_equal(text.data, expected);
    loom_buffer_clear(&text);
}

static enum loom_err print_outcome(const struct loom_credential *credential) {
    struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    enum loom_err err = loom_credential_print(credential, &text);
    if (err != LOOM_OK)
        assert_int_equal(text.len, 0);
    loom_buffer_clear(&text);
    return err;
}

static char *repeated(char c, size_t len) {
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, c, len);
    text[len] = '\0';
    return text;
}

/* ---- Reading ---- */

static void parse_other_clients_api_form_is_an_import_of_nobodys(void **state) {
    (void)state;
    struct loom_credential credential = parsed(API(""));
    assert_string_equal(loom_secret_bytes(credential.token), "t");
    assert_false(credential.has_origin);
    assert_null(credential.refresh);
    assert_int_equal(credential.expires_at, 0);
    assert_int_equal(credential.obtained_at, 0);
    assert_int_equal(credential.source, LOOM_SOURCE_IMPORTED);
    assert_int_equal(credential.dialect, LOOM_DIALECT_LOOM);
    assert_null(credential.ca_file);
    assert_null(loom_account_name(&credential.account));
    loom_credential_clear(&credential);
}

static void parse_other_clients_oauth_form_reads_all_three(void **state) {
    (void)state;
    struct loom_credential credential =
        parsed(OAUTH(",\"refresh\":\"r\",\"expires\":1700000000.5"));
    assert_string_equal(loom_secret_bytes(credential.token), "a");
    assert_string_equal(loom_secret_bytes(credential.refresh), "r");
    assert_int_equal(credential.expires_at, 1700000001);
    assert_int_equal(credential.dialect, LOOM_DIALECT_OAUTH);
    loom_credential_clear(&credential);
    credential = parsed(OAUTH(",\"refresh\":\"\",\"expires\":null"));
    assert_null(credential.refresh);
    assert_int_equal(credential.expires_at, 0);
    loom_credential_clear(&credential);
}

static void parse_unknown_members_and_padding_are_passed_over(void **state) {
    (void)state;
    assert_int_equal(parse_error(API(",\"colour\":\"blue\",\"more\":{\"a\":[1]}") "   \n  "),
                     LOOM_OK);
    assert_int_equal(parse_error(API(",\"server\":null,\"source\":null,\"account\":null")),
                     LOOM_OK);
    assert_int_equal(parse_error(API(",\"server\":\"\"")), LOOM_OK);
}

static void parse_not_that_form_is_damaged(void **state) {
    (void)state;
    static const char *const refused[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"type\":\"api\"}",
        "{\"key\":\"t\"}",
        "{\"type\":\"api\",\"access\":\"t\"}",
        "{\"type\":\"oauth\",\"key\":\"t\"}",
        "{\"type\":\"API\",\"key\":\"t\"}",
        "{\"type\":\"none\",\"key\":\"t\"}",
        "{\"type\":7,\"key\":\"t\"}",
        "{\"type\":\"api\",\"key\":\"\"}",
        "{\"type\":\"api\",\"key\":null}",
        "{\"type\":\"api\",\"key\":7}",
        "{\"type\":\"api\",\"key\":[\"t\"]}",
        "{\"type\":\"api\",\"key\":\"two words\"}",
        "{\"type\":\"api\",\"key\":\"line\\nend\"}",
        "{\"type\":\"api\",\"key\":\"caf\\u00e9\"}",
        "{\"type\":\"api\",\"key\":\"t\",\"key\":\"u\"}",
        "{\"type\":\"api\",\"key\":\"t\"} x",
        "{\"type\":\"api\",\"key\":\"t\"",
        API(",\"expires\":-1"),
        API(",\"expires\":1e999"),
        API(",\"expires\":9007199254740993000"),
        API(",\"expires\":\"1700000000\""),
        API(",\"obtained_at\":-1"),
        API(",\"obtained_at\":true"),
        API(",\"source\":\"stolen\""),
        API(",\"source\":\"\""),
        API(",\"source\":1"),
        API(",\"dialect\":\"esperanto\""),
        API(",\"issuer\":7"),
        API(",\"ca_file\":\"relative.pem\""),
        API(",\"ca_file\":\"\""),
        API(",\"account\":\"me\""),
        API(",\"account\":{\"id\":7}"),
        OAUTH(",\"refresh\":\"two words\""),
        OAUTH(",\"refresh\":{}"),
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (parse_error(refused[i]) != LOOM_ERR_DAMAGED)
            fail_msg("not refused: %s", refused[i]);
}

/* URL-21: only the one spelling that this program writes. */
static void parse_server_not_canonical_is_damaged(void **state) {
    (void)state;
    static const char *const refused[] = {
        "https://Loom.example.com",     "https://loom.example.com/",
        "https://loom.example.com:443", "loom.example.com",
        "http://loom.example.com",      "https://u@loom.example.com",
        "ftp://loom.example.com",       "https://loom.example.com?x",
        "https://loom.example.com.",    " ",
    };
    char json[256];
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        (void)snprintf(json, sizeof json, "{\"type\":\"api\",\"key\":\"t\",\"server\":\"%s\"}",
                       refused[i]);
        if (parse_error(json) != LOOM_ERR_DAMAGED)
            fail_msg("not refused: %s", refused[i]);
    }
    struct loom_credential credential =
        parsed(API(",\"server\":\"https://loom.example.com:8443/x\""));
    assert_true(credential.has_origin);
    assert_int_equal(credential.origin.port, 8443);
    loom_credential_clear(&credential);
}

static void parse_text_over_its_cap_is_damaged(void **state) {
    (void)state;
    static const struct {
        const char *before, *behind;
        size_t max;
    } caps[] = {
        {"{\"type\":\"api\",\"key\":\"", "\"}", LOOM_TOKEN_MAX},
        {"{\"type\":\"oauth\",\"access\":\"a\",\"refresh\":\"", "\"}", LOOM_TOKEN_MAX},
        {"{\"type\":\"api\",\"key\":\"t\",\"scope\":\"", "\"}", LOOM_CREDENTIAL_TEXT_MAX},
        {"{\"type\":\"api\",\"key\":\"t\",\"issuer\":\"", "\"}", LOOM_CREDENTIAL_TEXT_MAX},
        {"{\"type\":\"api\",\"key\":\"t\",\"account\":{\"email\":\"", "\"}}",
         LOOM_ACCOUNT_FIELD_MAX},
    };
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        for (size_t over = 0; over < 2; over++) {
            struct loom_buffer json = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
            char *text = repeated('x', caps[i].max + over);
            assert_int_equal(loom_buffer_add_text(&json, caps[i].before), LOOM_OK);
            assert_int_equal(loom_buffer_add_text(&json, text), LOOM_OK);
            assert_int_equal(loom_buffer_add_text(&json, caps[i].behind), LOOM_OK);
            assert_int_equal(parse_error(json.data), over == 0 ? LOOM_OK : LOOM_ERR_DAMAGED);
            loom_buffer_clear(&json);
            free(text);
        }
    }
}

static void parse_more_than_the_record_cap_is_damaged(void **state) {
    (void)state;
    char *json = repeated(' ', LOOM_CREDENTIAL_JSON_MAX + 1);
    memcpy(json, API(""), strlen(API("")));
    assert_int_equal(parse_error(json), LOOM_ERR_DAMAGED);
    json[LOOM_CREDENTIAL_JSON_MAX] = '\0';
    assert_int_equal(parse_error(json), LOOM_OK);
    free(json);
}

/* ---- Writing ---- */

static const char full[] =
    "{\"type\":\"oauth\",\"access\":\"a\\\"b\\\\c\",\"refresh\":\"r\",\"expires\":5,"
    "\"server\":\"https://h.example.com/x\",\"obtained_at\":4,\"source\":\"given\","
    "\"dialect\":\"loom\",\"token_endpoint\":\"https://h/t\",\"revocation_endpoint\":\"https://h/"
    "r\","
    "\"userinfo_endpoint\":\"https://h/u\",\"issuer\":\"https://h\",\"client_id\":\"c\","
    "\"scope\":\"\",\"ca_file\":\"/ca\",\"account\":{\"id\":\"1\",\"username\":\"u\","
    "\"display_name\":\"\xc3\xa9\",\"email\":\"e@h\"}}";

static void print_what_was_parsed_gives_it_back(void **state) {
    (void)state;
    struct loom_credential credential = parsed(full), copy = LOOM_CREDENTIAL_INIT;
    assert_prints(&credential, full);
    assert_int_equal(loom_credential_copy(&credential, &copy), LOOM_OK);
    loom_credential_clear(&credential);
    assert_prints(&copy, full);
    loom_credential_clear(&copy);
    assert_null(copy.token);
    assert_null(copy.scope);
    assert_false(copy.has_origin);
}

/* Other clients read it: they know the two types, and of `oauth` they expect all three. */
static void print_stays_readable_by_other_clients(void **state) {
    (void)state;
    struct loom_credential credential = credential_of("https://h.example.com", "t");
    assert_prints(&credential,
                  "{\"type\":\"api\",\"key\":\"t\",\"server\":\"https://h.example.com\","
                  "\"obtained_at\":1000,\"source\":\"device\",\"dialect\":\"loom\"}");
    credential.expires_at = 2000;
    credential.obtained_at = 0;
    assert_prints(&credential, "{\"type\":\"api\",\"key\":\"t\",\"expires\":2000,"
                               "\"server\":\"https://h.example.com\",\"source\":\"device\","
                               "\"dialect\":\"loom\"}");
    credential.expires_at = 0;
    credential.has_origin = false;
    credential.dialect = LOOM_DIALECT_OAUTH;
    assert_int_equal(loom_secret_new("r", 1, &credential.refresh), LOOM_OK);
    assert_prints(&credential,
                  "{\"type\":\"oauth\",\"access\":\"t\",\"refresh\":\"r\",\"expires\":0,"
                  "\"server\":\"\",\"source\":\"device\",\"dialect\":\"oauth\"}");
    loom_credential_clear(&credential);
}

/* KR-13: whole or refused loudly. */
static void print_largest_token_is_whole(void **state) {
    (void)state;
    char *token = repeated('t', LOOM_TOKEN_MAX);
    struct loom_credential credential = credential_of("https://h.example.com", token);
    struct loom_credential again = LOOM_CREDENTIAL_INIT;
    struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    assert_int_equal(loom_credential_print(&credential, &text), LOOM_OK);
    assert_int_equal(loom_credential_parse(text.data, text.len, &again), LOOM_OK);
    assert_true(loom_secret_is_equal(credential.token, again.token));
    loom_credential_clear(&again);
    loom_credential_clear(&credential);
    loom_buffer_clear(&text);
    loom_string_drop(&token);
}

static void print_over_a_cap_is_refused(void **state) {
    (void)state;
    char *token = repeated('t', 40 * 1024);
    struct loom_credential credential = credential_of("https://h.example.com", token);
    assert_int_equal(loom_secret_new(token, strlen(token), &credential.refresh), LOOM_OK);
    assert_int_equal(print_outcome(&credential), LOOM_ERR_STORAGE); /* the record */
    loom_secret_drop(&credential.refresh);
    assert_int_equal(print_outcome(&credential), LOOM_OK);
    credential.scope = repeated('s', LOOM_CREDENTIAL_TEXT_MAX + 1);
    assert_int_equal(print_outcome(&credential), LOOM_ERR_STORAGE);
    free(credential.scope);
    credential.scope = NULL;
    credential.account.email = repeated('e', LOOM_ACCOUNT_FIELD_MAX + 1);
    assert_int_equal(print_outcome(&credential), LOOM_ERR_STORAGE);
    loom_credential_clear(&credential);
    free(token);
}

static void print_text_that_is_no_text_is_refused(void **state) {
    (void)state;
    struct loom_credential credential = credential_of("https://h.example.com", "t");
    credential.ca_file = strdup("/tmp/\xff.pem");
    assert_int_equal(print_outcome(&credential), LOOM_ERR_USAGE);
    free(credential.ca_file);
    credential.ca_file = strdup("relative.pem");
    assert_int_equal(print_outcome(&credential), LOOM_ERR_USAGE);
    loom_credential_clear(&credential);
}

static void print_what_no_credential_has_is_a_fault(void **state) {
    (void)state;
    struct loom_credential credential = credential_of("https://h.example.com", "t");
    credential.expires_at = -1;
    assert_int_equal(print_outcome(&credential), LOOM_ERR_INTERNAL);
    credential.expires_at = INT64_MAX;
    assert_int_equal(print_outcome(&credential), LOOM_ERR_INTERNAL);
    credential.expires_at = 0;
    loom_secret_drop(&credential.token);
    assert_int_equal(print_outcome(&credential), LOOM_ERR_INTERNAL);
    loom_credential_clear(&credential);
}

static void is_expired_from_the_second_on(void **state) {
    (void)state;
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    assert_false(loom_credential_is_expired(&credential, INT64_MAX));
    credential.expires_at = 100;
    assert_false(loom_credential_is_expired(&credential, 99));
    assert_true(loom_credential_is_expired(&credential, 100));
}

/* Given out at 1000 for 100 seconds; what a predecessor's time says does not count. */
static void is_from_future_when_the_clock_was_set_back(void **state) {
    (void)state;
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    credential.expires_at = 1100;
    credential.obtained_at = INT64_MAX / 2;
    assert_false(loom_credential_is_from_future(&credential, 1));
    credential.life_s = 100;
    assert_true(loom_credential_is_from_future(&credential, 939));
    assert_false(loom_credential_is_from_future(&credential, 940)); /* a minute is no wonder */
    assert_false(loom_credential_is_from_future(&credential, 2000));
}

/* How long it was good for survives, for the keyring and the file alike. */
static void print_and_parse_keep_the_life(void **state) {
    (void)state;
    struct loom_credential credential = credential_of("https://h.example.com", "t");
    credential.expires_at = 2000;
    credential.life_s = 600;
    assert_prints(&credential, "{\"type\":\"api\",\"key\":\"t\",\"expires\":2000,"
                               "\"expires_in\":600,\"server\":\"https://h.example.com\","
                               "\"obtained_at\":1000,\"source\":\"device\","
                               "\"dialect\":\"loom\"}");
    loom_credential_clear(&credential);
    static const char json[] = "{\"type\":\"api\",\"key\":\"t\",\"expires_in\":600}";
    assert_int_equal(loom_credential_parse(json, strlen(json), &credential), LOOM_OK);
    assert_int_equal(credential.life_s, 600);
    loom_credential_clear(&credential);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_other_clients_api_form_is_an_import_of_nobodys),
        cmocka_unit_test(parse_other_clients_oauth_form_reads_all_three),
        cmocka_unit_test(parse_unknown_members_and_padding_are_passed_over),
        cmocka_unit_test(parse_not_that_form_is_damaged),
        cmocka_unit_test(parse_server_not_canonical_is_damaged),
        cmocka_unit_test(parse_text_over_its_cap_is_damaged),
        cmocka_unit_test(parse_more_than_the_record_cap_is_damaged),
        cmocka_unit_test(print_what_was_parsed_gives_it_back),
        cmocka_unit_test(print_stays_readable_by_other_clients),
        cmocka_unit_test(print_largest_token_is_whole),
        cmocka_unit_test(print_over_a_cap_is_refused),
        cmocka_unit_test(print_text_that_is_no_text_is_refused),
        cmocka_unit_test(print_what_no_credential_has_is_a_fault),
        cmocka_unit_test(is_expired_from_the_second_on),
        cmocka_unit_test(is_from_future_when_the_clock_was_set_back),
        cmocka_unit_test(print_and_parse_keep_the_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
