/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that may have held a secret, and the clean-up attribute.
 *
 *     LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body;   // cleared on every way out
 *
 * Clean-up is by attribute, never by goto: an early return that somebody adds later must wipe too.
 */
#ifndef LOOM_BASE_MEMORY_H
#define LOOM_BASE_MEMORY_H

#include <stddef.h>

#define LOOM_CLEANUP(function) __attribute__((cleanup(function)))

/* Overwrite `len` bytes in a way that the compiler may not leave out. */
void loom_wipe(void *memory, size_t len);

/* Wipe `len` bytes and give them back. NULL is allowed. */
void loom_free_wiped(void *memory, size_t len);

/*
 * malloc(3) and its family, wiping whatever is given back, and moving where realloc would stretch:
 * for a library that has no such care and lets its program choose. Their blocks are theirs alone.
 */
void *loom_wiping_malloc(size_t size);
void *loom_wiping_calloc(size_t count, size_t size);
void *loom_wiping_realloc(void *block, size_t size);
char *loom_wiping_strdup(const char *text);
void loom_wiping_free(void *block);

/*
 * How many blocks these could not give so far, in any thread. Such a library may take the want of
 * memory for something else, and blame the network for it: look before a call of it, and after.
 */
unsigned long loom_wiping_failures(void);

/* For LOOM_CLEANUP on a `char *` from malloc: wipe up to the NUL, free, set to NULL. */
void loom_string_drop(char **string);

#endif
