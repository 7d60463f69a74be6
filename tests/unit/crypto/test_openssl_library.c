/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/openssl_library.h"

#include "crypto/crypto.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void open_of_a_missing_library_says_so(void **state) {
    (void)state;
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_openssl openssl = {.context = NULL};
    assert_int_equal(loom_openssl_open("libcrypto-of-nobody.so.3", &openssl, &error),
                     LOOM_ERR_INTERNAL);
    assert_int_equal(error.os_error, ENOENT);
    assert_string_equal(error.detail, "libcrypto-of-nobody.so.3 cannot be opened");
    assert_null(openssl.context);
}

static void open_of_another_library_says_what_it_lacks(void **state) {
    (void)state;
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_openssl openssl = {.context = NULL};
    assert_int_equal(loom_openssl_open("libc.so.6", &openssl, &error), LOOM_ERR_INTERNAL);
    assert_int_equal(error.os_error, ENOENT);
    assert_string_equal(error.detail, "libc.so.6 lacks OSSL_LIB_CTX_new");
    assert_null(openssl.context);
}

static void open_binds_all_of_the_two_algorithms(void **state) {
    (void)state;
    const struct loom_openssl *openssl = loom_openssl();
    assert_non_null(openssl);
    assert_ptr_equal(openssl, loom_openssl());
    assert_non_null(openssl->context);
    assert_non_null(openssl->provider);
    const char *bytes = (const char *)&openssl->sha256;
    for (size_t at = 0; at < sizeof openssl->sha256 + sizeof openssl->aes_256_gcm;
         at += sizeof(void *)) {
        void *pointer = NULL;
        memcpy(&pointer, bytes + at, sizeof pointer);
        assert_non_null(pointer);
    }
}

/* Where OpenSSL is there, what went wrong was something else. */
static void error_of_an_open_library_is_only_the_code(void **state) {
    (void)state;
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_crypto_error(&error, LOOM_ERR_INTERNAL), LOOM_ERR_INTERNAL);
    assert_int_equal(error.os_error, 0);
    assert_string_equal(error.detail, "");
    assert_int_equal(loom_crypto_error(&error, LOOM_ERR_DAMAGED), LOOM_ERR_DAMAGED);
    assert_int_equal(loom_crypto_error(&error, LOOM_OK), LOOM_OK);
    assert_int_equal(error.code, LOOM_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_of_a_missing_library_says_so),
        cmocka_unit_test(open_of_another_library_says_what_it_lacks),
        cmocka_unit_test(open_binds_all_of_the_two_algorithms),
        cmocka_unit_test(error_of_an_open_library_is_only_the_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
