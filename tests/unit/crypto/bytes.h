/* SPDX-License-Identifier: Apache-2.0 */
/* Test vectors as people publish them: in hex. */
#ifndef LOOM_TESTS_BYTES_H
#define LOOM_TESTS_BYTES_H

#include "crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 512 };

struct bytes {
    unsigned char data[BYTES_MAX];
    size_t len;
};

/* `hex` to bytes; what it does not fill is zero. Ends the test when it is too long. */
static inline struct bytes bytes_of(const char *hex) {
    struct bytes bytes = {.len = strlen(hex) / 2};
    if (bytes.len > BYTES_MAX)
        abort();
    for (size_t i = 0; i < bytes.len; i++) {
        const char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes.data[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return bytes;
}

static inline struct loom_bytes span_of(const struct bytes *bytes) {
    return (struct loom_bytes){bytes->data, bytes->len};
}

static inline struct loom_bytes span_of_text(const char *text) {
    return (struct loom_bytes){text, strlen(text)};
}

#endif
