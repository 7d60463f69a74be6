/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call of the program fails, or is the last one before a signal. The same source twice: in
 * front of the C library by LD_PRELOAD (the program as people install it; the libraries that it
 * uses fail as well), and linked into the program by --wrap (FAULTS_LINKED), where sanitizers look
 * on.
 *
 * Environment: FAULT_WHAT is "own" (allocations of the program's own code), "heap" (everybody's),
 * "calls" (of the program to the file system, and for the random bytes of a name) or "random"
 * (whoever asks for random bytes). FAULT_AT is the number of the call, from 1. FAULT_DO is what
 * happens then: "fail ERRNO", "short" (one byte is read or written), "signal NUMBER" (after the
 * call was made). FAULT_EVER set: to all from then on. FAULT_LOG gets a line for each call, with "
 * !" when it was hit; for allocations one at the end, their number.
 *
 * Waiting costs nothing: where the program only sleeps, its clock goes ahead instead.
 */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef FAULTS_LINKED
#include <link.h>
#endif

enum { LOG_FD = 900, DECIMAL = 10 };

static struct {
    enum fault_what what;
    long at;
    bool is_ever;
    atomic_bool is_over;
    int error; /* 0: not this */
    int signal;
    bool is_short;
    int log; /* 0: none */
    atomic_long seen;
    atomic_long hits;
    uintptr_t own_from, own_to;
} plan;

static const struct {
    const char *word;
    enum fault_what what;
} kinds[] = {
    {"own", FAULT_OWN}, {"heap", FAULT_HEAP}, {"calls", FAULT_CALLS}, {"random", FAULT_RANDOM}};

static long number_in(const char *text) {
    long number = 0;
    while (text != NULL && *text >= '0' && *text <= '9')
        number = number * DECIMAL + *text++ - '0';
    return number;
}

static bool is_word(const char *text, const char *word) {
    return text != NULL && strncmp(text, word, strlen(word)) == 0;
}

static void log_line(const char *name, bool is_hit) {
    char line[128];
    int len = snprintf(line, sizeof line, "%s%s\n", name, is_hit ? " !" : "");
    if (plan.log > 0 && len > 0)
        (void)syscall(SYS_write, plan.log, line, (size_t)len);
}

#ifndef FAULTS_LINKED
/* The first of the objects is the program. */
static int note_own(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size, (void)context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
            continue;
        plan.own_from = info->dlpi_addr + part->p_vaddr;
        plan.own_to = plan.own_from + part->p_memsz;
    }
    return 1;
}
#endif

__attribute__((constructor)) static void read_plan(void) {
    const char *what = getenv("FAULT_WHAT"), *action = getenv("FAULT_DO");
    const char *log = getenv("FAULT_LOG");
    if (what == NULL)
        return;
#ifndef FAULTS_LINKED
    (void)dl_iterate_phdr(note_own, NULL);
    (void)unsetenv("LD_PRELOAD"); /* its children are other programs */
#endif
    if (log != NULL) {
        long fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        plan.log = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, LOG_FD);
        (void)syscall(SYS_close, fd);
    }
    plan.at = number_in(getenv("FAULT_AT"));
    plan.is_ever = getenv("FAULT_EVER") != NULL;
    plan.is_short = is_word(action, "short");
    if (is_word(action, "fail "))
        plan.error = (int)number_in(action + strlen("fail "));
    if (is_word(action, "signal "))
        plan.signal = (int)number_in(action + strlen("signal "));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(what, kinds[i].word) == 0)
            plan.what = kinds[i].what;
}

__attribute__((destructor)) static void tell_count(void) {
    char text[64];
    if (plan.what != FAULT_OWN && plan.what != FAULT_HEAP)
        return;
    (void)snprintf(text, sizeof text, "%ld", atomic_load(&plan.seen));
    log_line(text, atomic_load(&plan.hits) > 0);
}

/* From here on all goes well. For a program that knows of this library. */
FAULT_EXPORT void loom_faults_end(void) {
    atomic_store(&plan.is_over, true);
}

bool fault_is_own(const void *caller) {
#ifdef FAULTS_LINKED
    (void)caller;
    return true;
#else
    return (uintptr_t)caller >= plan.own_from && (uintptr_t)caller < plan.own_to;
#endif
}

static bool is_due(void) {
    long seen = atomic_fetch_add(&plan.seen, 1) + 1;
    bool is_hit = plan.at > 0 && (seen == plan.at || (plan.is_ever && seen > plan.at));
    if (is_hit)
        (void)atomic_fetch_add(&plan.hits, 1);
    return is_hit;
}

bool fault_allocation(const void *caller) {
    if (plan.what != FAULT_HEAP && (plan.what != FAULT_OWN || !fault_is_own(caller)))
        return false;
    if (atomic_load(&plan.is_over) || !is_due())
        return false;
    errno = ENOMEM;
    return true;
}

bool fault_random(const char *name) {
    if (plan.what != FAULT_RANDOM || atomic_load(&plan.is_over))
        return false;
    bool is_hit = is_due();
    log_line(name, is_hit);
    if (is_hit)
        errno = plan.error;
    return is_hit;
}

struct fault fault_call(const char *name, const void *caller) {
    struct fault fault = {FAULT_PASS};
    if (plan.what != FAULT_CALLS || !fault_is_own(caller) || atomic_load(&plan.is_over))
        return fault;
    bool is_hit = is_due();
    log_line(name, is_hit);
    if (is_hit && plan.error != 0) {
        fault.kind = FAULT_FAIL;
        errno = plan.error;
    } else if (is_hit && plan.is_short) {
        fault.kind = FAULT_SHORT;
    } else if (is_hit && plan.signal != 0) {
        fault.kind = FAULT_SIGNAL;
    }
    return fault;
}

/* What a call that went through returns; the signal comes between it and the next one. */
long fault_passed(struct fault fault, long result) {
    int error = errno;
    if (fault.kind == FAULT_SIGNAL)
        (void)kill(getpid(), plan.signal);
    errno = error;
    return result;
}
