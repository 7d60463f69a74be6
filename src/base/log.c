/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static struct {
    enum loom_log_level level;
    loom_log_sink *sink;
} listener;

void loom_log_open(enum loom_log_level level, loom_log_sink *sink) {
    listener.level = level;
    listener.sink = sink;
}

void loom_log(enum loom_log_level level, const char *format, ...) {
    char line[1024];
    va_list args;
    if (listener.sink == NULL || level > listener.level)
        return;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    listener.sink(level, line);
}
