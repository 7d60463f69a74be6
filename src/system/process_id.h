/* SPDX-License-Identifier: Apache-2.0 */
/* Which process is this? After fork(2) it is another one, and lacks the threads of its parent. */
#ifndef LOOM_SYSTEM_PROCESS_ID_H
#define LOOM_SYSTEM_PROCESS_ID_H

#include <sys/types.h>

pid_t loom_process_id(void);

#endif
