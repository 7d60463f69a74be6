/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program does to its own process. Only for the program: a library in somebody else's
 * process must touch none of this.
 */
#ifndef LOOM_SYSTEM_PROCESS_H
#define LOOM_SYSTEM_PROCESS_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

enum { LOOM_SIGNALS_ECHO_MS = 200 };

/*
 * First thing in main: refuse to run setuid or setgid or with file capabilities (AT_SECURE); open
 * closed standard descriptors to /dev/null, so that no later file gets their number (writing to a
 * stdout that was closed still fails: an answer that nobody got must not look delivered); umask
 * 077; ignore SIGPIPE and SIGXFSZ (a write fails instead), not SIGCHLD; no core files, not dumpable
 * (prctl(2); left out in sanitizer builds, whose leak checker has to look at the process); forget
 * variables that would make a library write secrets to a file (SSLKEYLOGFILE). LOOM_ERR_USAGE:
 * started with more rights than its caller. LOOM_ERR_INTERNAL: one of these steps is impossible
 * here.
 */
LOOM_CHECKED enum loom_err loom_process_harden(void);

/*
 * Let other programs of the same user look at this one (proc(5), ptrace(2)), or no longer: a
 * keyring that asks its owner for consent wants to see which program it is for. Only while no
 * secret is held. Nothing happens unless loom_process_harden() has hidden the process.
 */
void loom_process_show(bool is_shown);

/*
 * Catch SIGINT, SIGTERM and SIGHUP, those that were not ignored at start. Afterwards the returned
 * descriptor becomes readable, and stays so, when one arrives: hand it to whatever waits. A second
 * signal, the same or another, takes its default action at once; only what comes within
 * LOOM_SIGNALS_ECHO_MS is the first one again, which timeout(1), sudo(8) and others pass on to a
 * program that had it from the terminal already. Calls that block return EINTR. -1: could not be
 * set up; then signals end the program as ever. Called by one thread, before others
 * start; a second call returns the same descriptor.
 */
int loom_signals_catch(void);

/* The signal that asked to end, or 0. */
int loom_signals_caught(void);

/* Restore the default action of the caught signal and raise it: a shell sees how it ended. */
void loom_signals_raise(void);

#endif
