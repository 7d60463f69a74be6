/* SPDX-License-Identifier: Apache-2.0 */
/* cJSON's own blocks, seen by heap_watch.h as well. */
#ifndef LOOM_TESTS_CJSON_HEAP_H
#define LOOM_TESTS_CJSON_HEAP_H

/* A cmocka group setup: from now on cJSON allocates and frees through the watched functions. */
int cjson_heap_setup(void **state);

#endif
