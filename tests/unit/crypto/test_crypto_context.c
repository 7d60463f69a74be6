/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's configuration rules its default context and must not rule ours; and the first call may
 * come from several threads at once.
 */
#include "crypto/crypto.h"

#include "unit/crypto/bytes.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { THREADS = 8 };

/* The null provider instead of the default one: nothing can be fetched. */
static const char configuration[] = "openssl_conf = all\n"
                                    "[all]\nproviders = list\n"
                                    "[list]\nnull = nothing\n"
                                    "[nothing]\nactivate = 1\n";

static int use_configuration(void **state) {
    (void)state;
    char path[64];
    int fd = memfd_create("openssl.cnf", 0); /* stays open until the program ends */
    if (fd < 0 || write(fd, configuration, strlen(configuration)) < 0)
        return -1;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return setenv("OPENSSL_CONF", path, 1);
}

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

/* The configuration was read and does what it says: else the test above has proved nothing. */
static void default_context_obeys_the_configuration(void **state) {
    (void)state;
    EVP_MD *digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    assert_null(digest);
    assert_true(*(bool *)seal_and_open(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_calls_from_many_threads_succeed),
        cmocka_unit_test(default_context_obeys_the_configuration),
    };
    return cmocka_run_group_tests(tests, use_configuration, NULL);
}
