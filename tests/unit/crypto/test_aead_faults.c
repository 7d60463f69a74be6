/* SPDX-License-Identifier: Apache-2.0 */
/*
 * There is no room for the result, at each place where sealing and opening need some: nothing is
 * sealed by halves, and not a byte of what was sealed comes out (ENC-122). The linker leads what
 * adds to a buffer through here (--wrap).
 */
#include "crypto/crypto.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int calls;   /* made since the last reset */
static int to_fail; /* this one, from 1; 0: none */

enum loom_err __real_loom_buffer_add(struct loom_buffer *buffer, const void *bytes, size_t len);
enum loom_err __wrap_loom_buffer_add(struct loom_buffer *buffer, const void *bytes, size_t len);

enum loom_err __wrap_loom_buffer_add(struct loom_buffer *buffer, const void *bytes, size_t len) {
    return ++calls == to_fail ? LOOM_ERR_INTERNAL : __real_loom_buffer_add(buffer, bytes, len);
}

static const unsigned char key[LOOM_KEY_SIZE] = {1}, nonce[LOOM_NONCE_SIZE] = {2};
static const struct loom_bytes aad = {"bound", 5};
static char secret[20000]; /* several pieces, so that a later one can fail */

static enum loom_err seal(const struct loom_buffer *in, struct loom_buffer *out) {
    (void)in;
    memset(secret, 's', sizeof secret);
    return loom_aead_seal(key, nonce, aad, (struct loom_bytes){secret, sizeof secret}, out);
}

static enum loom_err open_sealed(const struct loom_buffer *in, struct loom_buffer *out) {
    return loom_aead_open(key, nonce, aad, (struct loom_bytes){in->data, in->len}, out);
}

/* Calls `run` with each of the places failing; returns how many there are. */
static int fail_each(enum loom_err (*run)(const struct loom_buffer *in, struct loom_buffer *out),
                     const struct loom_buffer *in) {
    enum { MOST = 100 };
    for (int each = 1; each <= MOST; each++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(40000);
        to_fail = 0;
        assert_int_equal(loom_buffer_add_text(&out, "before"), LOOM_OK);
        calls = 0;
        to_fail = each;
        enum loom_err err = run(in, &out);
        to_fail = 0;
        if (calls < each) {
            assert_int_equal(err, LOOM_OK);
            return calls;
        }
        assert_int_equal(err, LOOM_ERR_INTERNAL);
        assert_int_equal(out.len, strlen("before"));
        assert_null(memmem(out.data, out.capacity, "ssssssss", 8));
    }
    fail_msg("more calls than there can be");
    return 0;
}

static void seal_without_room_writes_nothing(void **state) {
    (void)state;
    assert_in_range(fail_each(seal, NULL), 3, 50);
}

static void open_without_room_gives_nothing_away(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer sealed = LOOM_BUFFER_INIT(40000);
    assert_int_equal(seal(NULL, &sealed), LOOM_OK);
    assert_in_range(fail_each(open_sealed, &sealed), 3, 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal_without_room_writes_nothing),
        cmocka_unit_test(open_without_room_gives_nothing_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
