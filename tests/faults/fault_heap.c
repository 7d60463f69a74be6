/* SPDX-License-Identifier: Apache-2.0 */
/* Allocations that may fail. */
#include "faults.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef FAULTS_LINKED
#define REAL(name) __real_##name
char *__real_realpath(const char *path, char *resolved);
char *__wrap_realpath(const char *path, char *resolved);
#else
/* What stands behind the C library's names, which it exports for those who replace them. */
#define REAL(name) __libc_##name
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *block, size_t size);

void *FAULT_NAME(malloc)(size_t size);
void *FAULT_NAME(calloc)(size_t count, size_t size);
void *FAULT_NAME(realloc)(void *block, size_t size);
void *FAULT_NAME(reallocarray)(void *block, size_t count, size_t size);
char *FAULT_NAME(strdup)(const char *text);

FAULT_EXPORT void *FAULT_NAME(malloc)(size_t size) {
    return fault_allocation(FAULT_CALLER) ? NULL : REAL(malloc)(size);
}

FAULT_EXPORT void *FAULT_NAME(calloc)(size_t count, size_t size) {
    return fault_allocation(FAULT_CALLER) ? NULL : REAL(calloc)(count, size);
}

FAULT_EXPORT void *FAULT_NAME(realloc)(void *block, size_t size) {
    return fault_allocation(FAULT_CALLER) ? NULL : REAL(realloc)(block, size);
}

FAULT_EXPORT void *FAULT_NAME(reallocarray)(void *block, size_t count, size_t size) {
    if (size != 0 && count > PTRDIFF_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return fault_allocation(FAULT_CALLER) ? NULL : REAL(realloc)(block, count * size);
}

FAULT_EXPORT char *FAULT_NAME(strdup)(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = fault_allocation(FAULT_CALLER) ? NULL : REAL(malloc)(size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

#ifdef FAULTS_LINKED
char *__wrap_realpath(const char *path, char *resolved) {
    return resolved == NULL && fault_allocation(NULL) ? NULL : __real_realpath(path, resolved);
}
#else
void *__libc_memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **out_block, size_t alignment, size_t size);

FAULT_EXPORT void *memalign(size_t alignment, size_t size) {
    return fault_allocation(FAULT_CALLER) ? NULL : __libc_memalign(alignment, size);
}

FAULT_EXPORT void *aligned_alloc(size_t alignment, size_t size) {
    return fault_allocation(FAULT_CALLER) ? NULL : __libc_memalign(alignment, size);
}

FAULT_EXPORT int posix_memalign(void **out_block, size_t alignment, size_t size) {
    void *block = fault_allocation(FAULT_CALLER) ? NULL : __libc_memalign(alignment, size);
    if (block == NULL)
        return ENOMEM;
    *out_block = block;
    return 0;
}
#endif
