/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The published test vector of docs/VAULT-FORMAT.md. Its values were reckoned by another program,
 * with another library, from the document alone.
 */
#include "house.h"

#include "store/vault_priv.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char key_file_hex[] =
    "4c4f4f4d4b455931000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1fa21619ba"
    "3108d7a2";

static const char *const document[] = {
    /* after the first save */
    "{\"format\":\"loom-credentials\",\"version\":1,\"file_id\":\"oKGio6SlpqeoqaqrrK2urw==\","
    "\"generation\":1,\"key\":{\"kind\":\"keyfile\",\"id\":\"h9MuOwBDEfQ=\"},\"entries\":{\"h"
    "ttps___a_b_example_com\":{\"origin\":\"https://a-b.example.com\",\"salt\":\"ICEiIyQlJico"
    "KSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\",\"nonce\":\"QEFCQ0RFRkdISUpL\",\"ct\":\"B0pAWffCh+wDm"
    "7S5hxNHQoLeQmh7k+id4jDnIkL1zxnxxUEw6zGrlwl1SxHj1U4omMVQ3j7HhdE5V272kREW+9oD3ZjGjANuDDtDI"
    "CueiZyxDwvobR6W1E4y4J9dGBmM0oTIa0/JQnZDlU3il4XS0EB7XhpZuNF1pJWZcQw7vhi9aqJ+dYWXRK5LzDvfw"
    "PRWSB2RN0wzLscnFk7ryPNv2YD4Y+JrCGIK8gLyzQ/Kr82pmEvrIGrdconWvtZOfof+nBCPjVbwIY3gcE/26SLrn"
    "6q/j2MtV5IpaVdw+dnvnc5R+7sKiJIo5bSGN+Aq6K7F5w5osGbZnRxN1WssHkRPp72n3774iNfYppdk+WpKN04="
    "\"}},\"mac\":\"4ANdoX9yP0b0G7I5Gb9iNxNBfd8LRqHTYOdoUhM5VUc=\"}\n",
    /* after the second */
    "{\"format\":\"loom-credentials\",\"version\":1,\"file_id\":\"oKGio6SlpqeoqaqrrK2urw==\","
    "\"generation\":2,\"key\":{\"kind\":\"keyfile\",\"id\":\"h9MuOwBDEfQ=\"},\"entries\":{\"h"
    "ttps___a_b_example_com\":{\"origin\":\"https://a-b.example.com\",\"salt\":\"ICEiIyQlJico"
    "KSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\",\"nonce\":\"QEFCQ0RFRkdISUpL\",\"ct\":\"B0pAWffCh+wDm"
    "7S5hxNHQoLeQmh7k+id4jDnIkL1zxnxxUEw6zGrlwl1SxHj1U4omMVQ3j7HhdE5V272kREW+9oD3ZjGjANuDDtDI"
    "CueiZyxDwvobR6W1E4y4J9dGBmM0oTIa0/JQnZDlU3il4XS0EB7XhpZuNF1pJWZcQw7vhi9aqJ+dYWXRK5LzDvfw"
    "PRWSB2RN0wzLscnFk7ryPNv2YD4Y+JrCGIK8gLyzQ/Kr82pmEvrIGrdconWvtZOfof+nBCPjVbwIY3gcE/26SLrn"
    "6q/j2MtV5IpaVdw+dnvnc5R+7sKiJIo5bSGN+Aq6K7F5w5osGbZnRxN1WssHkRPp72n3774iNfYppdk+WpKN04="
    "\"},\"https___a_b_example_com--e2c5337aad\":{\"origin\":\"https://a.b.example.com\",\"sa"
    "lt\":\"YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8=\",\"nonce\":\"gIGCg4SFhoeIiYqL\",\"c"
    "t\":\"uPeryw/tDXGhMmxHz5lrLhj9Upbf5nzwmRq8lvmR5UcC62Ww1zfraGTU0ZogO3PTcj1KsJBVS3EbjaqomE"
    "abXgTHBpNeUQ0JWk1LnW05GVguCLsUnel5skYI0I4hdEVvu5e0FZjKOYSr+ejHzLA17thgxhKNrb9GyiI0JBdCWZ"
    "HC+hFE2K7ufa+bZGh5P5nOhir6v4+wnlZZBuissKRoeKR+VUhfBYB9Mdls43AS6XR2W8tFkCGJwnQM2RyInrX/Mu"
    "D04bfMUMQAJMz/54pTG3fVJz74uYlvcqPIhtWP2EU893GKZdkukAQdGqThbhAUClKMxX7tgJA01Y+RBfCFyvEu7K"
    "OHv/til2kdMG2CBEEpiQed81FCDpxWWDNJxU0GzxPke7FpSbgYNJqaerKd+w7a1HMzECOKvEPMdzYe0XaUem5BS+"
    "1OO/Mf+sElE2mnpViegYC3kbNMQLFjFqNieLY5TXHZY3XOhLEt21AsJ0954spIqEmrxYkPUVr4QdpMiQh0LaYTqc"
    "1wwIncLACrJzd4zz3auymG2IzoRDHZYnRjevtYd2p0HF2E0dmWl2SbFaQsoXt1Q+gxDnLY8qqhqO/5vU0MO9YEC3"
    "SY/H8w5NzW5IlxHIRgVZ5GXJQ1M5JgIlXmzpegRLpJoJG9sBykRZwWHEdKkCNvKp44tvWdnAhY9oi5t45yuribsz"
    "SAWKJZ\"}},\"mac\":\"YetnFoUajMpgGBQ5lszPBXZYflTUZCqi4ih2UoVOS74=\"}\n",
};

static const char first_plain[] =
    "{\"type\":\"api\",\"key\":\"lt_0123456789abcdef\",\"server\":\"https://a-b.example.com\""
    ",\"obtained_at\":1767225600,\"source\":\"device\",\"dialect\":\"loom\",\"account\":{\"id"
    "\":\"7\",\"username\":\"zoe\",\"display_name\":\"Zoë\"}}";

static const char second_plain[] =
    "{\"type\":\"oauth\",\"access\":\"access-token.1\",\"refresh\":\"refresh-token.1\",\"expi"
    "res\":1767229200,\"server\":\"https://a.b.example.com\",\"obtained_at\":1767225601,\"sou"
    "rce\":\"given\",\"dialect\":\"oauth\",\"token_endpoint\":\"https://a.b.example.com/oauth"
    "/token\",\"client_id\":\"loom-cli\",\"scope\":\"openid offline_access\",\"ca_file\":\"/e"
    "tc/ssl/private-ca.pem\"}";

static unsigned nibble(char c) {
    static const char digits[] = "0123456789abcdef";
    const char *at = strchr(digits, c);
    assert_non_null(at);
    return (unsigned)(at - digits);
}

static size_t from_hex(const char *hex, unsigned char *out_bytes) {
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++)
        out_bytes[i] = (unsigned char)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    return len;
}

/* ---- The random bytes of the vector: each draw counts up from its own first byte ---- */

static const struct draw {
    size_t len;
    unsigned char first;
} draws[] = {
    {LOOM_KEY_SIZE, 0x00},                                         /* R */
    {LOOM_VAULT_FILE_ID_SIZE, 0xa0},                               /* file_id */
    {LOOM_VAULT_SALT_SIZE, 0x20},                                  /* the first record */
    {LOOM_NONCE_SIZE, 0x40},         {LOOM_VAULT_SALT_SIZE, 0x60}, /* the second */
    {LOOM_NONCE_SIZE, 0x80},
};

static size_t drawn;

static enum loom_err draw(unsigned char *out_bytes, size_t len) {
    if (drawn >= sizeof draws / sizeof draws[0] || draws[drawn].len != len)
        return LOOM_ERR_INTERNAL;
    for (size_t i = 0; i < len; i++)
        out_bytes[i] = (unsigned char)(draws[drawn].first + i);
    drawn++;
    return LOOM_OK;
}

static enum loom_err no_random(unsigned char *out_bytes, size_t len) {
    (void)out_bytes;
    (void)len;
    return LOOM_ERR_INTERNAL;
}

/* ---- Help ---- */

static struct loom_credential parsed(const char *plain) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    assert_int_equal(loom_credential_parse(plain, strlen(plain), &credential), LOOM_OK);
    return credential;
}

static void save_plain(struct loom_store *vault, const char *plain) {
    struct loom_credential credential = parsed(plain);
    assert_int_equal(vault->ops->save(vault, &credential, NULL), LOOM_OK);
    loom_credential_clear(&credential);
}

static void assert_finds_plain(struct loom_store *vault, const char *url, const char *plain) {
    struct loom_origin origin = origin_of(url);
    struct loom_store_question question = {&origin, false};
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    assert_int_equal(vault->ops->find(vault, &question, &credential, NULL), LOOM_OK);
    assert_int_equal(loom_credential_print(&credential, &text), LOOM_OK);
    assert_string_equal(text.data, plain);
    loom_credential_clear(&credential);
    loom_buffer_clear(&text);
}

static void assert_file_is(const struct house *house, const char *name, const void *bytes,
                           size_t len) {
    struct loom_buffer is = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    house_read(house, name, &is);
    assert_int_equal(is.len, len);
    assert_memory_equal(is.data, bytes, len);
    loom_buffer_clear(&is);
}

static void write_vector(const struct house *house, const char *text) {
    unsigned char key[LOOM_VAULT_KEY_FILE_SIZE];
    assert_int_equal(from_hex(key_file_hex, key), sizeof key);
    house_write(house, KEY, 0600, key, sizeof key);
    house_write_text(house, VAULT, text);
}

/* ---- Tests ---- */

static void find_published_file_reads_both_records(void **state) {
    const struct house *house = *state;
    write_vector(house, document[1]);
    assert_finds_plain(house->vault, "https://a-b.example.com", first_plain);
    assert_finds_plain(house->vault, "https://a.b.example.com", second_plain);
    assert_int_equal(find_error(house->vault, "https://a_b.example.com", true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(house->vault).count, 2);
}

static void save_published_random_writes_published_bytes(void **state) {
    struct house *house = *state;
    unsigned char key[LOOM_VAULT_KEY_FILE_SIZE];
    drawn = 0;
    loom_store_drop(&house->vault);
    assert_int_equal(loom_vault_open_with(&house->paths, draw, &house->vault), LOOM_OK);
    save_plain(house->vault, first_plain);
    assert_int_equal(from_hex(key_file_hex, key), sizeof key);
    assert_file_is(house, KEY, key, sizeof key);
    assert_file_is(house, VAULT, document[0], strlen(document[0]));
    save_plain(house->vault, second_plain);
    assert_file_is(house, KEY, key, sizeof key);
    assert_file_is(house, VAULT, document[1], strlen(document[1]));
    assert_int_equal(drawn, sizeof draws / sizeof draws[0]);
}

/* Nothing may go on without random bytes, and nothing changes then. */
static void save_without_random_bytes_fails_and_changes_nothing(void **state) {
    struct house *house = *state;
    loom_store_drop(&house->vault);
    assert_int_equal(loom_vault_open_with(&house->paths, no_random, &house->vault), LOOM_OK);
    assert_int_equal(save_token(house->vault, "https://a-b.example.com", "t"), LOOM_ERR_INTERNAL);
    assert_false(house_has(house, KEY));
    assert_false(house_has(house, VAULT));
    write_vector(house, document[0]);
    assert_int_equal(save_token(house->vault, "https://a-b.example.com", "t"), LOOM_ERR_INTERNAL);
    assert_file_is(house, VAULT, document[0], strlen(document[0]));
}

/* The document publishes what is tested here, blanks aside. */
static bool is_published(const struct loom_buffer *text, const char *wanted) {
    for (const char *start = text->data; *start != '\0'; start++) {
        const char *a = start, *b = wanted;
        while (*b != '\0' && *b != '\n') {
            while (*a == '\n' || *a == ' ')
                a++;
            while (*b == ' ')
                b++;
            if (*a != *b)
                break;
            a++;
            b++;
        }
        if (*b == '\0' || *b == '\n')
            return true;
    }
    return false;
}

static void document_holds_the_vector(void **state) {
    (void)state;
    struct loom_buffer text = LOOM_BUFFER_INIT(1024 * 1024);
    char part[4096];
    FILE *file = fopen(LOOM_FORMAT_DOCUMENT, "r");
    assert_non_null(file);
    size_t got;
    while ((got = fread(part, 1, sizeof part, file)) > 0)
        assert_int_equal(loom_buffer_add(&text, part, got), LOOM_OK);
    (void)fclose(file);
    assert_true(is_published(&text, key_file_hex));
    assert_true(is_published(&text, document[0]));
    assert_true(is_published(&text, document[1]));
    assert_true(is_published(&text, first_plain));
    assert_true(is_published(&text, second_plain));
    assert_false(is_published(&text, "this is not in the document"));
    loom_buffer_clear(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(find_published_file_reads_both_records, house_make,
                                        house_remove),
        cmocka_unit_test_setup_teardown(save_published_random_writes_published_bytes, house_make,
                                        house_remove),
        cmocka_unit_test_setup_teardown(save_without_random_bytes_fails_and_changes_nothing,
                                        house_make, house_remove),
        cmocka_unit_test(document_holds_the_vector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
