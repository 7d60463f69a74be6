/* SPDX-License-Identifier: Apache-2.0 */
/* What faults.c decides, and the calls in fault_calls.c and fault_heap.c ask. */
#ifndef LOOM_TESTS_FAULTS_H
#define LOOM_TESTS_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

enum fault_what { FAULT_NONE, FAULT_OWN, FAULT_HEAP, FAULT_CALLS, FAULT_RANDOM };

struct fault {
    enum { FAULT_PASS, FAULT_FAIL, FAULT_SHORT, FAULT_SIGNAL } kind;
};

#define FAULT_CALLER __builtin_return_address(0)

/* By --wrap every name has two: that of the call, and that of what is behind it. */
#ifdef FAULTS_LINKED
#define FAULT_NAME(name) __wrap_##name
#define FAULT_EXPORT
#else
#define FAULT_NAME(name) name
#define FAULT_EXPORT __attribute__((visibility("default")))
#endif

/* No fault any more. The program that counts its lines says so when it ends. */
void loom_faults_end(void);

/* Is it the program's own code that asks? */
bool fault_is_own(const void *caller);

/* Is this allocation to fail? With errno. */
bool fault_allocation(const void *caller);

/* What is to come of this call; errno is set where it fails. */
struct fault fault_call(const char *name, const void *caller);

/* Are random bytes to fail, whoever asks for them? With errno. */
bool fault_random(const char *name);

/* The result of a call that was made, after which a signal may be due. */
long fault_passed(struct fault fault, long result);

#endif
