/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What -v shows: what is being done, never with what secret.
 *
 * The command line sets one sink at start; without one (in the library, in tests) nothing is
 * kept. Callers pass public facts only; the sink makes them printable. Bodies, keys, tokens,
 * device codes and rejected secret text are never passed, at any level.
 */
#ifndef LOOM_BASE_LOG_H
#define LOOM_BASE_LOG_H

enum loom_log_level {
    LOOM_LOG_STEPS = 1, /* -v: what is being done */
    LOOM_LOG_WIRE = 2,  /* -vv: the shape of the HTTP conversation as well */
};

/* Receives one line without its line end. */
typedef void loom_log_sink(enum loom_log_level level, const char *line);

/* Send lines up to `level` to `sink`. Called once, by the program; NULL stops it. */
void loom_log_open(enum loom_log_level level, loom_log_sink *sink);

/* Note one line; free of cost when nobody listens. Lines are cut at 1023 bytes. */
__attribute__((format(printf, 2, 3))) void loom_log(enum loom_log_level level, const char *format,
                                                    ...);

#endif
