/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks into every block that the code under test frees, and lets an allocation fail.
 *
 * Link with -Wl,--wrap=malloc,--wrap=calloc,--wrap=strdup,--wrap=free; then it sees the calls of
 * the test and of our rooms, not those inside shared libraries.
 *
 *     heap_watch_start("PLANTED");
 *     loom_buffer_clear(&buffer);
 *     assert_int_equal(heap_watch_stop(), 0);
 */
#ifndef LOOM_TESTS_HEAP_WATCH_H
#define LOOM_TESTS_HEAP_WATCH_H

#include <stdbool.h>
#include <stddef.h>

/* From now on look for `marker`, which must outlive the watch, in what is freed. */
void heap_watch_start(const char *marker);

/* Stop looking. Returns how many freed blocks held the marker. */
size_t heap_watch_stop(void);

/* How many blocks were freed since the watch began: a test that saw none has proved nothing. */
size_t heap_watch_freed(void);

/* Let the `count`-th allocation from now on fail, once; 0: none. */
void heap_fail_at(size_t count);

/* Did it come to that? */
bool heap_has_failed(void);

#endif
