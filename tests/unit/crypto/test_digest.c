/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"

#include "unit/crypto/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* FIPS 180-4, the examples of NIST. */
static void sha256_of_published_texts_agrees(void **state) {
    (void)state;
    static const struct {
        const char *text, *hash;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char hash[LOOM_HASH_SIZE];
        assert_int_equal(loom_sha256(span_of_text(rows[i].text), hash), LOOM_OK);
        assert_memory_equal(hash, bytes_of(rows[i].hash).data, sizeof hash);
    }
}

static void sha256_of_a_million_letters_agrees(void **state) {
    (void)state;
    static char text[1000000];
    unsigned char hash[LOOM_HASH_SIZE];
    memset(text, 'a', sizeof text);
    assert_int_equal(loom_sha256((struct loom_bytes){text, sizeof text}, hash), LOOM_OK);
    assert_memory_equal(
        hash, bytes_of("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0").data,
        sizeof hash);
}

/*
 * RFC 4231, sections 4.2 to 4.5. HMAC fills a short key up with zeros (RFC 2104 section 2), so the
 * shorter keys there give the same codes as ours of 32 bytes.
 */
static void hmac_sha256_of_rfc_4231_agrees(void **state) {
    (void)state;
    static const struct {
        const char *key, *text, *mac;
    } rows[] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
         "dddddddddddd",
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {"0102030405060708090a0b0c0d0e0f10111213141516171819",
         "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
         "cdcdcdcdcdcd",
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes key = bytes_of(rows[i].key), text = bytes_of(rows[i].text);
        unsigned char mac[LOOM_HASH_SIZE];
        assert_int_equal(loom_hmac_sha256(key.data, span_of(&text), mac), LOOM_OK);
        assert_memory_equal(mac, bytes_of(rows[i].mac).data, sizeof mac);
    }
}

static void hmac_sha256_of_no_text_agrees(void **state) {
    (void)state;
    const unsigned char key[LOOM_KEY_SIZE] = {0};
    unsigned char mac[LOOM_HASH_SIZE];
    assert_int_equal(loom_hmac_sha256(key, (struct loom_bytes){NULL, 0}, mac), LOOM_OK);
    assert_memory_equal(
        mac, bytes_of("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad").data,
        sizeof mac);
}

/*
 * RFC 5869: no vector there has a key of 32 bytes and an output of 32. These were calculated with
 * Python's hmac from the definition in section 2; the first has the salt and info of its case 1.
 */
static void hkdf_sha256_agrees_with_its_definition(void **state) {
    (void)state;
    static const char key_1[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    static const char key_2[] = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";
    static const struct {
        const char *key, *salt, *info, *derived;
    } rows[] = {
        {key_1, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
         "194109eabd17e0cb6c156d2bcbb8e54f9aa71ab5cdcf4a730b827c03ee4090f4"},
        {key_1, "", "", "37ad29109f43265287804b674e2653d0a513718907f97fca97c95bded8104bbf"},
        {key_2, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "6c6f6f6d2f76312f7265636f7264d0128e296de3da59e3848674f0699d139fa9eafa654b8bdac7c388e10aca3"
         "3ba",
         "006030289271af23d4a339ac079d56321d1663146ff060c78620221ba7e6f489"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes key = bytes_of(rows[i].key), salt = bytes_of(rows[i].salt);
        struct bytes info = bytes_of(rows[i].info);
        unsigned char derived[LOOM_KEY_SIZE];
        assert_int_equal(loom_hkdf_sha256(key.data, span_of(&salt), span_of(&info), derived),
                         LOOM_OK);
        assert_memory_equal(derived, bytes_of(rows[i].derived).data, sizeof derived);
    }
}

static void hkdf_sha256_of_no_salt_and_info_agrees(void **state) {
    (void)state;
    const struct loom_bytes none = {NULL, 0};
    unsigned char key[LOOM_KEY_SIZE], derived[LOOM_KEY_SIZE];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)i;
    assert_int_equal(loom_hkdf_sha256(key, none, none, derived), LOOM_OK);
    assert_memory_equal(
        derived, bytes_of("37ad29109f43265287804b674e2653d0a513718907f97fca97c95bded8104bbf").data,
        sizeof derived);
}

/* RFC 5869 sections 2.2 and 2.3, written out with our HMAC. */
static void hkdf_sha256_is_extract_and_expand(void **state) {
    (void)state;
    unsigned char key[LOOM_KEY_SIZE], salt[LOOM_KEY_SIZE], prk[LOOM_HASH_SIZE];
    unsigned char expected[LOOM_HASH_SIZE], derived[LOOM_KEY_SIZE], block[201];
    for (int round = 0; round < 20; round++) {
        size_t info_len = (size_t)round * 10;
        assert_int_equal(loom_random(key, sizeof key), LOOM_OK);
        assert_int_equal(loom_random(salt, sizeof salt), LOOM_OK);
        assert_int_equal(loom_random(block, sizeof block), LOOM_OK);
        block[info_len] = 1;
        assert_int_equal(loom_hmac_sha256(salt, (struct loom_bytes){key, sizeof key}, prk),
                         LOOM_OK);
        assert_int_equal(loom_hmac_sha256(prk, (struct loom_bytes){block, info_len + 1}, expected),
                         LOOM_OK);
        assert_int_equal(loom_hkdf_sha256(key, (struct loom_bytes){salt, sizeof salt},
                                          (struct loom_bytes){block, info_len}, derived),
                         LOOM_OK);
        assert_memory_equal(derived, expected, sizeof derived);
    }
}

static void random_never_repeats_and_fills_all(void **state) {
    (void)state;
    unsigned char first[64], second[64], ever[64] = {0};
    assert_int_equal(loom_random(first, sizeof first), LOOM_OK);
    assert_int_equal(loom_random(second, sizeof second), LOOM_OK);
    assert_memory_not_equal(first, second, sizeof first);
    for (int round = 0; round < 64; round++) {
        assert_int_equal(loom_random(first, sizeof first), LOOM_OK);
        for (size_t i = 0; i < sizeof first; i++)
            ever[i] |= first[i];
    }
    for (size_t i = 0; i < sizeof ever; i++)
        assert_int_equal(ever[i], 0xff); /* fails by chance once in 2^55 runs */
    assert_int_equal(loom_random(first, 0), LOOM_OK);
}

static void bytes_is_equal_sees_every_byte(void **state) {
    (void)state;
    unsigned char a[40] = {0}, b[40] = {0};
    assert_true(loom_bytes_is_equal(a, b, sizeof a));
    assert_true(loom_bytes_is_equal(a, b, 0));
    for (size_t i = 0; i < 8 * sizeof a; i++) {
        b[i / 8] = (unsigned char)(1U << (i % 8));
        assert_false(loom_bytes_is_equal(a, b, sizeof a));
        assert_true(loom_bytes_is_equal(a, b, i / 8));
        b[i / 8] = 0;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_published_texts_agrees),
        cmocka_unit_test(sha256_of_a_million_letters_agrees),
        cmocka_unit_test(hmac_sha256_of_rfc_4231_agrees),
        cmocka_unit_test(hmac_sha256_of_no_text_agrees),
        cmocka_unit_test(hkdf_sha256_agrees_with_its_definition),
        cmocka_unit_test(hkdf_sha256_of_no_salt_and_info_agrees),
        cmocka_unit_test(hkdf_sha256_is_extract_and_expand),
        cmocka_unit_test(random_never_repeats_and_fills_all),
        cmocka_unit_test(bytes_is_equal_sees_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
