/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that grow up to a ceiling, and wipe themselves.
 *
 *     LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(4096);
 *     if (loom_buffer_add_text(&out, "username=oauth2\n") != LOOM_OK) ...
 *     write(fd, out.data, out.len);
 *
 * The ceiling is demanded when the buffer is made, so that no input decides how much memory this
 * program takes. `data` is always NUL-terminated once something was added (the NUL is not in
 * `len`), and NULL before that. Growing copies, wipes the old block and frees it: no realloc.
 * A failed addition leaves the buffer as it was.
 */
#ifndef LOOM_BASE_BUFFER_H
#define LOOM_BASE_BUFFER_H

#include "base/error.h"
#include "base/memory.h"

#include <stddef.h>

struct loom_buffer {
    char *data;      /* owned; NULL while nothing was added */
    size_t len;      /* bytes in use */
    size_t capacity; /* bytes allocated, the NUL included */
    size_t max;      /* len never exceeds this */
};

#define LOOM_BUFFER_INIT(ceiling)                                                                  \
    { .data = NULL, .len = 0, .capacity = 0, .max = (ceiling) }

/* Append `len` bytes. LOOM_ERR_INTERNAL: past the ceiling, or no memory. */
LOOM_CHECKED enum loom_err loom_buffer_add(struct loom_buffer *buffer, const void *bytes,
                                           size_t len);

/* Append a string without its NUL. */
LOOM_CHECKED enum loom_err loom_buffer_add_text(struct loom_buffer *buffer, const char *text);

/* Append formatted text. Never for secrets: printf keeps copies that nobody wipes. */
LOOM_CHECKED __attribute__((format(printf, 2, 3))) enum loom_err
loom_buffer_add_format(struct loom_buffer *buffer, const char *format, ...);

/* What was added, as a string: "" when nothing was. Valid until the next call. */
const char *loom_buffer_text(const struct loom_buffer *buffer);

/* Wipe and drop what stands behind the first `len` bytes; nothing when there are no more. */
void loom_buffer_cut(struct loom_buffer *buffer, size_t len);

/* Keep the memory and the ceiling, wipe and drop the content. */
void loom_buffer_reset(struct loom_buffer *buffer);

/* Wipe and free; the buffer may be used again. */
void loom_buffer_clear(struct loom_buffer *buffer);

#endif
