/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is initialised: the first calls may come from several threads at once. */
#include "crypto/crypto.h"

#include "unit/crypto/bytes.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 8 };

static void *seal_and_open(void *unused) {
    static const unsigned char key[LOOM_KEY_SIZE], nonce[LOOM_NONCE_SIZE];
    static bool is_good[2] = {false, true};
    const struct loom_bytes none = {NULL, 0};
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer sealed = LOOM_BUFFER_INIT(100);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(100);
    unsigned char bytes[LOOM_KEY_SIZE];
    (void)unused;
    bool all = loom_aead_seal(key, nonce, none, span_of_text("text"), &sealed) == LOOM_OK &&
               loom_aead_open(key, nonce, none, (struct loom_bytes){sealed.data, sealed.len},
                              &out) == LOOM_OK &&
               strcmp(loom_buffer_text(&out), "text") == 0 && loom_sha256(none, bytes) == LOOM_OK &&
               loom_random(bytes, 16) == LOOM_OK && loom_hmac_sha256(key, none, bytes) == LOOM_OK &&
               loom_hkdf_sha256(key, none, none, bytes) == LOOM_OK;
    return &is_good[all];
}

static void first_calls_from_many_threads_succeed(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, seal_and_open, NULL), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *is_good = NULL;
        assert_int_equal(pthread_join(threads[i], &is_good), 0);
        assert_true(*(bool *)is_good);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_calls_from_many_threads_succeed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
