/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One byte in a pipe of our own that nobody ever takes out: every wait, in every thread, can look
 * at its other end, and it stays readable.
 */
#include "system/process.h"

#include "system/fd_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

static const int asking_to_end[] = {SIGINT, SIGTERM, SIGHUP};

enum { ASKING = sizeof asking_to_end / sizeof asking_to_end[0] };

/* The state that process.h documents: a handler has no other way to be told anything. */
static atomic_int caught;
static atomic_int_least64_t caught_ms; /* valid once `caught` is set */
static int pipe_fds[2] = {-1, -1};
static bool is_ours[ASKING];

/* The clock of the kernel: signal-safety(7) allows it. */
static int_least64_t now_ms(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int_least64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void restore_defaults(void) {
    for (size_t i = 0; i < ASKING; i++) {
        if (is_ours[i])
            (void)signal(asking_to_end[i], SIG_DFL);
    }
}

/* Only what signal-safety(7) allows. */
static void on_signal(int number) {
    int before = errno;
    if (atomic_load(&caught) == 0) {
        atomic_store(&caught_ms, now_ms());
        atomic_store(&caught, number);
        ssize_t written = write(pipe_fds[1], "", 1);
        (void)written; /* the pipe is empty: there is room */
    } else if (now_ms() - atomic_load(&caught_ms) >= LOOM_SIGNALS_ECHO_MS) {
        restore_defaults();
        (void)raise(number); /* it is blocked here, and ends the program on the way out */
    }
    errno = before;
}

static bool catch_one(size_t i) {
    struct sigaction now;
    if (sigaction(asking_to_end[i], NULL, &now) != 0)
        return false;
    if (now.sa_handler == SIG_IGN)
        return true; /* nohup, or a job in the background: that stands */
    /* Without SA_RESTART: no call that blocks outlives the wish to end unnoticed. */
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigemptyset(&action.sa_mask);
    for (size_t other = 0; other < ASKING; other++)
        (void)sigaddset(&action.sa_mask, asking_to_end[other]);
    is_ours[i] = true;
    is_ours[i] = sigaction(asking_to_end[i], &action, NULL) == 0;
    return is_ours[i];
}

static void give_up(void) {
    restore_defaults();
    for (size_t i = 0; i < ASKING; i++)
        is_ours[i] = false;
    loom_fd_close(&pipe_fds[0]);
    loom_fd_close(&pipe_fds[1]);
}

int loom_signals_catch(void) {
    if (pipe_fds[0] >= 0)
        return pipe_fds[0];
    if (pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC) != 0)
        return -1;
    for (size_t i = 0; i < ASKING; i++) {
        if (!catch_one(i)) {
            give_up();
            return -1;
        }
    }
    return pipe_fds[0];
}

int loom_signals_caught(void) {
    return atomic_load(&caught);
}

void loom_signals_raise(void) {
    int number = loom_signals_caught();
    if (number == 0)
        return;
    (void)signal(number, SIG_DFL);
    sigset_t only;
    (void)sigemptyset(&only);
    (void)sigaddset(&only, number);
    (void)pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    (void)raise(number);
}
