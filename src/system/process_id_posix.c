/* SPDX-License-Identifier: Apache-2.0 */
#include "system/process_id.h"

#include <unistd.h>

pid_t loom_process_id(void) {
    return getpid();
}
