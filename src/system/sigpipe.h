/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGPIPE, for a library in somebody else's process: the program ignores it, a library may not.
 *
 *     struct loom_sigpipe sigpipe;
 *     loom_sigpipe_hold(&sigpipe);
 *     ... what may write to a connection that is gone ...
 *     loom_sigpipe_release(&sigpipe);       // in the same thread
 *
 * The signal is blocked in this thread alone, and one that came meanwhile is taken away, unless one
 * waited before: that one is the caller's. Action and mask are as they were.
 */
#ifndef LOOM_SYSTEM_SIGPIPE_H
#define LOOM_SYSTEM_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

struct loom_sigpipe {
    sigset_t before;
    bool was_pending;
};

void loom_sigpipe_hold(struct loom_sigpipe *sigpipe);

void loom_sigpipe_release(struct loom_sigpipe *sigpipe);

/*
 * The action for SIGPIPE, around what changes it for the whole process (GLib's sockets, once):
 * whatever it was is put back.
 */
struct loom_sigpipe_action {
    struct sigaction before;
};

void loom_sigpipe_note_action(struct loom_sigpipe_action *action);

void loom_sigpipe_restore_action(const struct loom_sigpipe_action *action);

#endif
