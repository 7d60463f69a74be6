/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void loom_wipe(void *memory, size_t len) {
    if (memory != NULL)
        explicit_bzero(memory, len);
}

void loom_free_wiped(void *memory, size_t len) {
    loom_wipe(memory, len);
    free(memory);
}

void loom_string_drop(char **string) {
    if (*string != NULL)
        loom_free_wiped(*string, strlen(*string));
    *string = NULL;
}

/* ---- An allocator that wipes ---- */

/* Stands before each block, and leaves it aligned for everything. */
union header {
    size_t size;
    max_align_t alignment;
};

/* The library may call from threads of its own. */
static atomic_ulong failures;

static union header *header_of(void *block) {
    return (union header *)block - 1;
}

void *loom_wiping_malloc(size_t size) {
    union header *header = NULL;
    if (size <= SIZE_MAX - sizeof *header)
        header = malloc(sizeof *header + size);
    if (header == NULL) {
        (void)atomic_fetch_add(&failures, 1);
        return NULL;
    }
    header->size = size;
    return header + 1;
}

void *loom_wiping_calloc(size_t count, size_t size) {
    if (size > 0 && count > SIZE_MAX / size)
        return NULL;
    void *block = loom_wiping_malloc(count * size);
    if (block != NULL)
        memset(block, 0, count * size);
    return block;
}

void *loom_wiping_realloc(void *block, size_t size) {
    void *moved = loom_wiping_malloc(size);
    if (block == NULL || moved == NULL)
        return moved;
    size_t old = header_of(block)->size;
    memcpy(moved, block, old < size ? old : size);
    loom_wiping_free(block);
    return moved;
}

char *loom_wiping_strdup(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = loom_wiping_malloc(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

void loom_wiping_free(void *block) {
    if (block != NULL)
        loom_free_wiped(header_of(block), sizeof(union header) + header_of(block)->size);
}

unsigned long loom_wiping_failures(void) {
    return atomic_load(&failures);
}
