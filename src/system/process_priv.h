/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What loom_process_harden() changed and a child does not inherit.
 *
 *     loom_process_lend();
 *     posix_spawn(...);
 *     loom_process_take_back();
 *
 * Both do nothing in a process that was not hardened.
 */
#ifndef LOOM_SYSTEM_PROCESS_PRIV_H
#define LOOM_SYSTEM_PROCESS_PRIV_H

/* Set umask and core limit as they were at the start of the program. */
void loom_process_lend(void);

/* Set them to what the program wants again. */
void loom_process_take_back(void);

#endif
