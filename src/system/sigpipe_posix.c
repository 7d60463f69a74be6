/* SPDX-License-Identifier: Apache-2.0 */
#include "system/sigpipe.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

static sigset_t only_sigpipe(void) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    return set;
}

static bool is_pending(void) {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

void loom_sigpipe_hold(struct loom_sigpipe *sigpipe) {
    sigset_t held = only_sigpipe();
    sigpipe->was_pending = is_pending();
    (void)sigemptyset(&sigpipe->before);
    (void)pthread_sigmask(SIG_BLOCK, &held, &sigpipe->before);
}

void loom_sigpipe_release(struct loom_sigpipe *sigpipe) {
    const struct timespec at_once = {0, 0};
    sigset_t held = only_sigpipe();
    if (!sigpipe->was_pending)
        (void)sigtimedwait(&held, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &sigpipe->before, NULL);
}

void loom_sigpipe_note_action(struct loom_sigpipe_action *action) {
    if (sigaction(SIGPIPE, NULL, &action->before) != 0)
        action->before = (struct sigaction){.sa_handler = SIG_DFL};
}

void loom_sigpipe_restore_action(const struct loom_sigpipe_action *action) {
    (void)sigaction(SIGPIPE, &action->before, NULL);
}
