/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads on one opened store, each doing something else over and over: list, get, renew, delete,
 * and open a store of their own. What has to hold is said by who watches: a sanitizer, the story.
 */
#include "api/host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, KINDS = 5, CROWD_MAX = 200 };

static struct {
    const struct loom_credentials *credentials;
    const char *renewed; /* two servers: of one the token is renewed, the others are deleted */
    const char *const *deleted;
    int rounds;
    atomic_int failures;
    atomic_int deletions;
} world;

static void expect(const char *what, enum loom_credentials_result result,
                   enum loom_credentials_result other) {
    if (result == LOOM_CREDENTIALS_OK || result == other)
        return;
    (void)printf("unexpected=%s %s\n", what, loom_credentials_result_name(result));
    atomic_fetch_add(&world.failures, 1);
}

static void list(int round) {
    const char *argv[] = {"list", NULL};
    (void)round;
    expect("list", host_do(world.credentials, argv, true), LOOM_CREDENTIALS_OK);
}

static void get(int round) {
    const char *argv[] = {"token", world.renewed, round % 2 == 0 ? "0" : "60", NULL};
    expect("token", host_do(world.credentials, argv, true), LOOM_CREDENTIALS_OK);
}

static void renew(int round) {
    const char *argv[] = {"renew", world.renewed, NULL};
    (void)round;
    expect("renew", host_do(world.credentials, argv, true), LOOM_CREDENTIALS_OK);
}

static void forget(int round) {
    for (const char *const *server = world.deleted; *server != NULL; server++) {
        const char *argv[] = {"delete", *server, "1", NULL};
        enum loom_credentials_result result = host_do(world.credentials, argv, true);
        expect("delete", result, LOOM_CREDENTIALS_NOT_SIGNED_IN);
        atomic_fetch_add(&world.deletions, result == LOOM_CREDENTIALS_OK);
    }
    (void)round;
}

static void open_own(int round) {
    struct loom_credentials *own = NULL;
    const char *argv[] = {"token", "http://nowhere.invalid", NULL};
    expect("open", host_open(&own, true), LOOM_CREDENTIALS_OK);
    expect("nothing", host_do(own, argv, true), LOOM_CREDENTIALS_USAGE);
    loom_credentials_close(own);
    (void)round;
}

static void (*const kinds[KINDS])(int round) = {list, get, renew, forget, open_own};

static void *run(void *context) {
    int kind = *(int *)context;
    for (int round = 0; round < world.rounds; round++)
        kinds[kind % KINDS](round);
    return NULL;
}

/* ROUNDS RENEWED DELETED... */
int host_stress(const char *const *argv) {
    struct loom_credentials *credentials = NULL;
    pthread_t threads[THREADS];
    int numbers[THREADS];
    if (host_open(&credentials, false) != LOOM_CREDENTIALS_OK)
        return 1;
    world.credentials = credentials;
    world.rounds = (int)strtol(argv[0], NULL, 10);
    world.renewed = argv[1];
    world.deleted = argv + 2;
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, run, &numbers[i]) != 0)
            abort();
    }
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    loom_credentials_close(credentials);
    (void)printf("failures=%d\ndeletions=%d\n", world.failures, world.deletions);
    return world.failures == 0 ? 0 : 1;
}

static pthread_barrier_t start;

static void *ask_with_all(void *context) {
    (void)pthread_barrier_wait(&start);
    get(1);
    return context;
}

int host_crowd(const char *const *argv) {
    struct loom_credentials *credentials = NULL;
    pthread_t threads[CROWD_MAX];
    unsigned count = (unsigned)strtoul(argv[0], NULL, 10);
    if (count > CROWD_MAX || host_open(&credentials, false) != LOOM_CREDENTIALS_OK ||
        pthread_barrier_init(&start, NULL, count) != 0)
        return 1;
    world.credentials = credentials;
    world.renewed = argv[1];
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, ask_with_all, NULL) != 0)
            abort();
    for (unsigned i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    (void)pthread_barrier_destroy(&start);
    loom_credentials_close(credentials);
    (void)printf("failures=%d\n", world.failures);
    return world.failures == 0 ? 0 : 1;
}
