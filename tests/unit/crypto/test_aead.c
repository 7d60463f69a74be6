/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"

#include "base/memory.h"
#include "unit/crypto/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct vector {
    const char *key, *nonce, *aad, *plain, *sealed;
};

#define KEY_15 "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define PLAIN_16                                                                                   \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"     \
    "49a6b525b16aedf5aa0de657ba637b39"
#define CIPHER_16                                                                                  \
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10"     \
    "56828838c5f61e6393ba7a0abcc9f662"

/* The GCM specification submitted to NIST, test cases 13 to 16: all with a nonce of 12 bytes. */
static const struct vector vectors[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {KEY_15, "cafebabefacedbaddecaf888", "", PLAIN_16 "1aafd255",
     CIPHER_16 "898015adb094dac5d93471bdec1a502270e3cc6c"},
    {KEY_15, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", PLAIN_16,
     CIPHER_16 "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void seal_of_published_vectors_agrees(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct bytes key = bytes_of(vectors[i].key), nonce = bytes_of(vectors[i].nonce);
        struct bytes aad = bytes_of(vectors[i].aad), plain = bytes_of(vectors[i].plain);
        struct bytes sealed = bytes_of(vectors[i].sealed);
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(500);
        assert_int_equal(loom_buffer_add_text(&out, "before"), LOOM_OK);
        assert_int_equal(loom_aead_seal(key.data, nonce.data, span_of(&aad), span_of(&plain), &out),
                         LOOM_OK);
        assert_int_equal(out.len, 6 + sealed.len);
        assert_memory_equal(out.data, "before", 6);
        assert_memory_equal(out.data + 6, sealed.data, sealed.len);
    }
}

static void open_of_published_vectors_agrees(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct bytes key = bytes_of(vectors[i].key), nonce = bytes_of(vectors[i].nonce);
        struct bytes aad = bytes_of(vectors[i].aad), plain = bytes_of(vectors[i].plain);
        struct bytes sealed = bytes_of(vectors[i].sealed);
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(500);
        assert_int_equal(loom_buffer_add_text(&out, "before"), LOOM_OK);
        assert_int_equal(
            loom_aead_open(key.data, nonce.data, span_of(&aad), span_of(&sealed), &out), LOOM_OK);
        assert_int_equal(out.len, 6 + plain.len);
        assert_memory_equal(out.data + 6, plain.data, plain.len);
    }
}

/* What test case 16 seals, for the tests that damage it. */
struct sample {
    struct bytes key, nonce, aad, sealed;
};

static struct sample make_sample(void) {
    return (struct sample){bytes_of(vectors[3].key), bytes_of(vectors[3].nonce),
                           bytes_of(vectors[3].aad), bytes_of(vectors[3].sealed)};
}

static void check_damaged(const struct sample *sample) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(500);
    assert_int_equal(loom_buffer_add_text(&out, "before"), LOOM_OK);
    assert_int_equal(loom_aead_open(sample->key.data, sample->nonce.data, span_of(&sample->aad),
                                    span_of(&sample->sealed), &out),
                     LOOM_ERR_DAMAGED);
    assert_int_equal(out.len, 6);
    assert_string_equal(loom_buffer_text(&out), "before");
    /* What was decrypted meanwhile is gone. */
    for (size_t i = 6; i + LOOM_TAG_SIZE < 6 + sample->sealed.len; i++)
        assert_int_equal(out.data[i], 0);
}

/* ENC-03 */
static void open_with_any_bit_flipped_is_damaged(void **state) {
    (void)state;
    struct sample sample = make_sample();
    struct bytes *const parts[] = {&sample.key, &sample.nonce, &sample.aad, &sample.sealed};
    size_t flipped = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (size_t bit = 0; bit < 8 * parts[i]->len; bit++, flipped++) {
            unsigned char mask = (unsigned char)(1U << (bit % 8));
            parts[i]->data[bit / 8] ^= mask;
            check_damaged(&sample);
            parts[i]->data[bit / 8] ^= mask;
        }
    assert_int_equal(flipped, 8 * (32 + 12 + 20 + 76));
}

static void open_of_any_beginning_is_damaged(void **state) {
    (void)state;
    struct sample sample = make_sample();
    for (size_t len = 0; len < 76; len++) {
        sample.sealed.len = len;
        check_damaged(&sample);
    }
    sample = make_sample();
    sample.sealed.len += 1;
    check_damaged(&sample);
    sample = make_sample();
    sample.aad.len -= 1;
    check_damaged(&sample);
    sample.aad.len = 0;
    check_damaged(&sample);
}

static void seal_and_open_of_any_length_give_the_same(void **state) {
    (void)state;
    static const size_t lengths[] = {0, 1, 15, 16, 17, 4095, 4096, 4097, 8192, 10000, 65536};
    static unsigned char plain[65536];
    unsigned char key[LOOM_KEY_SIZE], nonce[LOOM_NONCE_SIZE];
    const struct loom_bytes aad = {"loom/v1/aad", 12};
    assert_int_equal(loom_random(plain, sizeof plain), LOOM_OK);
    assert_int_equal(loom_random(key, sizeof key), LOOM_OK);
    assert_int_equal(loom_random(nonce, sizeof nonce), LOOM_OK);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer sealed = LOOM_BUFFER_INIT(70000);
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(70000);
        const struct loom_bytes text = {plain, lengths[i]};
        assert_int_equal(loom_aead_seal(key, nonce, aad, text, &sealed), LOOM_OK);
        assert_int_equal(sealed.len, lengths[i] + LOOM_TAG_SIZE);
        const struct loom_bytes closed = {sealed.data, sealed.len};
        assert_int_equal(loom_aead_open(key, nonce, aad, closed, &out), LOOM_OK);
        assert_int_equal(out.len, lengths[i]);
        if (out.len > 0)
            assert_memory_equal(out.data, plain, out.len);
    }
}

static void seal_and_open_past_the_ceiling_change_nothing(void **state) {
    (void)state;
    static unsigned char plain[5000];
    static const unsigned char key[LOOM_KEY_SIZE], nonce[LOOM_NONCE_SIZE];
    const struct loom_bytes none = {NULL, 0}, text = {plain, sizeof plain};
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer sealed = LOOM_BUFFER_INIT(6000);
    assert_int_equal(loom_aead_seal(key, nonce, none, text, &sealed), LOOM_OK);
    static const size_t ceilings[] = {0, 10, 4096, 4999};
    for (size_t i = 0; i < sizeof ceilings / sizeof ceilings[0]; i++) {
        LOOM_CLEANUP(loom_buffer_clear)
        struct loom_buffer out = LOOM_BUFFER_INIT(1 + ceilings[i]);
        const struct loom_bytes closed = {sealed.data, sealed.len};
        assert_int_equal(loom_buffer_add_text(&out, "b"), LOOM_OK);
        assert_int_equal(loom_aead_open(key, nonce, none, closed, &out), LOOM_ERR_INTERNAL);
        assert_int_equal(out.len, 1);
        assert_int_equal(loom_aead_seal(key, nonce, none, text, &out), LOOM_ERR_INTERNAL);
        assert_int_equal(out.len, 1);
        assert_string_equal(loom_buffer_text(&out), "b");
    }
    /* Enough for the ciphertext, not for the tag. */
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(5015);
    assert_int_equal(loom_aead_seal(key, nonce, none, text, &out), LOOM_ERR_INTERNAL);
    assert_int_equal(out.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal_of_published_vectors_agrees),
        cmocka_unit_test(open_of_published_vectors_agrees),
        cmocka_unit_test(open_with_any_bit_flipped_is_damaged),
        cmocka_unit_test(open_of_any_beginning_is_damaged),
        cmocka_unit_test(seal_and_open_of_any_length_give_the_same),
        cmocka_unit_test(seal_and_open_past_the_ceiling_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
