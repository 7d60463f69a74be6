/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to the session bus over sd-bus, and questions to the Secret Service, each with an
 * end. Only for secret_service_sdbus.c.
 *
 *     struct loom_sdbus_call call = {.clock = &clock, .until_ms = ..., .is_stoppable = true};
 *     if (loom_sdbus_connect(&call))
 *         err = loom_sdbus_ask(&call, &target, &answer, "s", "default");
 *     loom_sdbus_disconnect(&call);
 */
#ifndef LOOM_STORE_SDBUS_CALL_H
#define LOOM_STORE_SDBUS_CALL_H

#include "base/clock.h"
#include "store/sdbus_library.h"

#include <stdbool.h>
#include <stdint.h>

struct loom_sdbus_call {
    const struct loom_clock *clock; /* borrowed */
    int64_t until_ms;               /* of the clock: when to give up */
    bool is_stoppable;              /* does a signal that asks to end, end it? */
    bool is_there;                  /* it has answered: if it ends, it may be started again */
    const struct loom_sdbus *lib;
    sd_bus *bus; /* owned; NULL: not connected */
};

/* To the bus that the environment names. False: libsystemd is missing, or the bus refuses. */
LOOM_CHECKED bool loom_sdbus_connect(struct loom_sdbus_call *call);

/* Where to ask what. */
struct loom_sdbus_target {
    const char *path, *interface, *method;
};

/*
 * `types` and what follows: sd_bus_message_append(3). The answer is the caller's to unref.
 *   LOOM_ERR_NOT_FOUND    there is no such service, and none can be started
 *   LOOM_ERR_KEYRING      it refused, or the bus ended
 *   LOOM_ERR_TIMEOUT, LOOM_ERR_INTERRUPTED
 * After the last two, and after the end of the bus, there is nothing to do but to disconnect.
 */
LOOM_CHECKED enum loom_err loom_sdbus_ask(const struct loom_sdbus_call *call,
                                          const struct loom_sdbus_target *target,
                                          sd_bus_message **out_answer, const char *types, ...);

/* At once: what was asked and not answered is not waited for. */
void loom_sdbus_disconnect(struct loom_sdbus_call *call);

#endif
