/* SPDX-License-Identifier: Apache-2.0 */
#include "system/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* What the threads share: each takes the next item until none is left. */
struct queue {
    loom_parallel_task *task;
    char *items;
    size_t count;
    size_t size;
    atomic_size_t next;
};

static void *work(void *context) {
    struct queue *queue = context;
    for (;;) {
        size_t at = atomic_fetch_add(&queue->next, 1);
        if (at >= queue->count)
            return NULL;
        queue->task(queue->items + at * queue->size);
    }
}

static size_t start(struct queue *queue, pthread_t threads[static LOOM_PARALLEL_MAX]) {
    sigset_t all, before;
    size_t started = 0;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    while (started < LOOM_PARALLEL_MAX && started < queue->count &&
           pthread_create(&threads[started], NULL, work, queue) == 0)
        started++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void loom_parallel_run(loom_parallel_task *task, void *items, size_t count, size_t size) {
    struct queue queue = {.task = task, .items = items, .count = count, .size = size};
    pthread_t threads[LOOM_PARALLEL_MAX];
    size_t started = count > 1 ? start(&queue, threads) : 0;
    if (started == 0)
        (void)work(&queue);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}

void loom_parallel_lock(void) {
    (void)pthread_mutex_lock(&turn);
}

void loom_parallel_unlock(void) {
    (void)pthread_mutex_unlock(&turn);
}
