/* SPDX-License-Identifier: Apache-2.0 */
/* The same work for several things at once: each once, not too many, and none left when it returns.
 */
#include "system/parallel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { MANY = 5 * LOOM_PARALLEL_MAX, NAP_NS = 5000000, WAIT_S = 20 };

struct item {
    int runs;
    bool has_all_blocked;
    bool is_elsewhere; /* not in the thread that asked */
    pthread_t asker;
};

static atomic_int running, most, meeting;
static int threads_left = -1; /* how many pthread_create() gives; -1: any number */
static int unsafe;            /* guarded by the lock under test */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void *context);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void *context) {
    if (threads_left == 0)
        return EAGAIN;
    threads_left -= threads_left > 0 ? 1 : 0;
    return __real_pthread_create(thread, attributes, work, context);
}

static void nap(void) {
    (void)nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
}

static void note(void *context) {
    struct item *item = context;
    int now = atomic_fetch_add(&running, 1) + 1;
    for (int before = atomic_load(&most); now > before;)
        if (atomic_compare_exchange_weak(&most, &before, now))
            break;
    sigset_t blocked;
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &blocked), 0);
    item->has_all_blocked = sigismember(&blocked, SIGINT) == 1 &&
                            sigismember(&blocked, SIGTERM) == 1 &&
                            sigismember(&blocked, SIGHUP) == 1;
    item->is_elsewhere = !pthread_equal(pthread_self(), item->asker);
    item->runs++;
    nap();
    atomic_fetch_sub(&running, 1);
}

static void run_counting(struct item *items, size_t count, int threads) {
    for (size_t i = 0; i < count; i++)
        items[i] = (struct item){.asker = pthread_self()};
    atomic_store(&most, 0);
    threads_left = threads;
    loom_parallel_run(note, items, count, sizeof items[0]);
    threads_left = -1;
    assert_int_equal(atomic_load(&running), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(items[i].runs, 1);
}

static void run_each_item_once_whatever_their_number(void **state) {
    (void)state;
    static const size_t counts[] = {
        0, 1, 2, LOOM_PARALLEL_MAX - 1, LOOM_PARALLEL_MAX, LOOM_PARALLEL_MAX + 1, MANY};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct item items[MANY];
        run_counting(items, counts[i], -1);
        assert_true(atomic_load(&most) <= LOOM_PARALLEL_MAX);
    }
}

/* Each waits until all have come: one after the other, they would wait for ever. */
static void meet(void *context) {
    bool *has_met = context;
    struct timespec begun, now;
    (void)clock_gettime(CLOCK_MONOTONIC, &begun);
    atomic_fetch_add(&meeting, 1);
    do {
        nap();
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    } while (atomic_load(&meeting) < LOOM_PARALLEL_MAX && now.tv_sec - begun.tv_sec < WAIT_S);
    *has_met = atomic_load(&meeting) >= LOOM_PARALLEL_MAX;
}

static void run_as_many_as_promised_are_at_work_at_once(void **state) {
    (void)state;
    bool has_met[LOOM_PARALLEL_MAX] = {false};
    atomic_store(&meeting, 0);
    loom_parallel_run(meet, has_met, LOOM_PARALLEL_MAX, sizeof has_met[0]);
    for (size_t i = 0; i < LOOM_PARALLEL_MAX; i++)
        assert_true(has_met[i]);
}

/* Ctrl-C is the first thread's, and that one gets its mask back. */
static void run_blocks_signals_in_the_threads_alone(void **state) {
    (void)state;
    struct item items[4];
    sigset_t before, after;
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
    run_counting(items, 4, -1);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    for (int signal = 1; signal < SIGRTMIN; signal++)
        assert_int_equal(sigismember(&before, signal), sigismember(&after, signal));
    for (size_t i = 0; i < 4; i++) {
        assert_true(items[i].is_elsewhere);
        assert_true(items[i].has_all_blocked);
    }
}

/* A lone task needs no thread. */
static void run_of_one_stays_in_the_thread_that_asked(void **state) {
    (void)state;
    struct item item;
    run_counting(&item, 1, -1);
    assert_false(item.is_elsewhere);
    assert_false(item.has_all_blocked);
}

static void run_without_threads_is_done_all_the_same(void **state) {
    (void)state;
    struct item items[MANY];
    run_counting(items, MANY, 0);
    assert_int_equal(atomic_load(&most), 1);
    assert_false(items[0].is_elsewhere);
    run_counting(items, MANY, 2);
    assert_true(atomic_load(&most) <= 2);
}

/* A read, a pause and a write: without the lock most would be lost. */
static void add_slowly(void *context) {
    (void)context;
    for (int i = 0; i < 10; i++) {
        loom_parallel_lock();
        int seen = unsafe;
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
        unsafe = seen + 1;
        loom_parallel_unlock();
    }
}

static void lock_lets_one_task_in_at_a_time(void **state) {
    (void)state;
    char items[LOOM_PARALLEL_MAX];
    unsafe = 0;
    loom_parallel_run(add_slowly, items, sizeof items, 1);
    assert_int_equal(unsafe, 10 * LOOM_PARALLEL_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_each_item_once_whatever_their_number),
        cmocka_unit_test(run_as_many_as_promised_are_at_work_at_once),
        cmocka_unit_test(run_blocks_signals_in_the_threads_alone),
        cmocka_unit_test(run_of_one_stays_in_the_thread_that_asked),
        cmocka_unit_test(run_without_threads_is_done_all_the_same),
        cmocka_unit_test(lock_lets_one_task_in_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
