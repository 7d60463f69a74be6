/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/base/heap_watch.h"

#include <malloc.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);

static struct {
    const char *marker;
    size_t found;
    size_t freed;
    size_t fail_in;
    bool has_failed;
} watch;

void heap_watch_start(const char *marker) {
    watch.marker = marker;
    watch.found = 0;
    watch.freed = 0;
}

size_t heap_watch_stop(void) {
    watch.marker = NULL;
    return watch.found;
}

size_t heap_watch_freed(void) {
    return watch.freed;
}

void heap_fail_at(size_t count) {
    watch.fail_in = count;
    watch.has_failed = false;
}

bool heap_has_failed(void) {
    return watch.has_failed;
}

static bool is_to_fail(void) {
    if (watch.fail_in == 0 || --watch.fail_in > 0)
        return false;
    watch.has_failed = true;
    return true;
}

void *__wrap_malloc(size_t size) {
    return is_to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return is_to_fail() ? NULL : __real_calloc(count, size);
}

char *__wrap_strdup(const char *text) {
    return is_to_fail() ? NULL : __real_strdup(text);
}

void __wrap_free(void *block) {
    if (block != NULL && watch.marker != NULL) {
        watch.freed++;
        if (memmem(block, malloc_usable_size(block), watch.marker, strlen(watch.marker)) != NULL)
            watch.found++;
    }
    __real_free(block);
}
