/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An assertion inside a table: a failure names the row, which cmocka's own cannot.
 *
 *     expect(rows[i].what, err == LOOM_OK);
 *
 * Include it behind cmocka.h.
 */
#ifndef LOOM_TESTS_EXPECT_H
#define LOOM_TESTS_EXPECT_H

#define expect(row, condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s: %s", row, #condition);                                                   \
    } while (0)

#define expect_equal(row, value, wanted)                                                           \
    do {                                                                                           \
        long long value_ = (long long)(value), wanted_ = (long long)(wanted);                      \
        if (value_ != wanted_)                                                                     \
            fail_msg("%s: %s is %lld and not %lld", row, #value, value_, wanted_);                 \
    } while (0)

#define expect_text(row, value, wanted)                                                            \
    do {                                                                                           \
        const char *value_ = (value), *wanted_ = (wanted);                                         \
        if (strcmp(value_, wanted_) != 0)                                                          \
            fail_msg("%s: %s is\n\"%s\"\nand not\n\"%s\"", row, #value, value_, wanted_);          \
    } while (0)

#endif
