/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

static size_t grown_capacity(const struct loom_buffer *buffer, size_t need) {
    size_t capacity = buffer->capacity == 0 ? FIRST_CAPACITY : buffer->capacity;
    while (capacity < need)
        capacity *= 2; /* cannot overflow: need is at most half of what there is */
    return capacity - 1 > buffer->max ? buffer->max + 1 : capacity;
}

static enum loom_err reserve(struct loom_buffer *buffer, size_t extra) {
    if (extra > buffer->max - buffer->len || extra >= SIZE_MAX / 2 - buffer->len)
        return LOOM_ERR_INTERNAL;
    size_t need = buffer->len + extra + 1;
    if (need <= buffer->capacity)
        return LOOM_OK;
    size_t capacity = grown_capacity(buffer, need);
    char *data = malloc(capacity);
    if (data == NULL)
        return LOOM_ERR_INTERNAL;
    if (buffer->len > 0)
        memcpy(data, buffer->data, buffer->len);
    data[buffer->len] = '\0';
    loom_free_wiped(buffer->data, buffer->capacity);
    buffer->data = data;
    buffer->capacity = capacity;
    return LOOM_OK;
}

enum loom_err loom_buffer_add(struct loom_buffer *buffer, const void *bytes, size_t len) {
    enum loom_err err = reserve(buffer, len);
    if (err != LOOM_OK)
        return err;
    if (len > 0)
        memcpy(buffer->data + buffer->len, bytes, len);
    buffer->len += len;
    buffer->data[buffer->len] = '\0';
    return LOOM_OK;
}

enum loom_err loom_buffer_add_text(struct loom_buffer *buffer, const char *text) {
    return loom_buffer_add(buffer, text, strlen(text));
}

enum loom_err loom_buffer_add_format(struct loom_buffer *buffer, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return LOOM_ERR_INTERNAL;
    enum loom_err err = reserve(buffer, (size_t)len);
    if (err != LOOM_OK)
        return err;
    va_start(args, format);
    (void)vsnprintf(buffer->data + buffer->len, (size_t)len + 1, format, args);
    va_end(args);
    buffer->len += (size_t)len;
    return LOOM_OK;
}

const char *loom_buffer_text(const struct loom_buffer *buffer) {
    return buffer->data == NULL ? "" : buffer->data;
}

void loom_buffer_cut(struct loom_buffer *buffer, size_t len) {
    if (len >= buffer->len)
        return;
    loom_wipe(buffer->data + len, buffer->len - len);
    buffer->len = len;
}

void loom_buffer_reset(struct loom_buffer *buffer) {
    loom_wipe(buffer->data, buffer->capacity);
    buffer->len = 0;
}

void loom_buffer_clear(struct loom_buffer *buffer) {
    loom_free_wiped(buffer->data, buffer->capacity);
    buffer->data = NULL;
    buffer->len = 0;
    buffer->capacity = 0;
}
