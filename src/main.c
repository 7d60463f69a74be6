/* SPDX-License-Identifier: Apache-2.0 */
/* The program: harden the process, build the ports, hand over to the command line. */
#include "base/error.h"
#include "cli/cli.h"
#include "http/http.h"
#include "store/keyring.h"
#include "system/clock.h"
#include "system/process.h"

#include <stdio.h>

/* -1 until a command catches signals; the ports look at it then. */
static int stop_fd = -1;

static enum loom_err open_http(struct loom_http *out_http) {
    struct loom_http_client *client = NULL;
    enum loom_err err = loom_http_client_new(&stop_fd, &client);
    if (err == LOOM_OK)
        *out_http = loom_http_client_port(client);
    return err;
}

static void close_http(struct loom_http *http) {
    loom_http_client_free(http->context);
}

int main(int argc, char *argv[]) {
    struct loom_http http;
    if (loom_process_harden() != LOOM_OK) {
        (void)fputs("loom: refusing to run with more rights than the caller has.\n", stderr);
        return LOOM_EXIT_USAGE;
    }
    loom_http_wipe_memory();
    loom_keyring_silence();
    if (open_http(&http) != LOOM_OK) {
        (void)fputs("loom: not enough memory.\n", stderr);
        return LOOM_EXIT_FAILURE;
    }
    struct loom_ports ports = {
        .http = http,
        .clock = loom_clock_system(&stop_fd),
        .open_http = open_http,
        .close_http = close_http,
        .stop_fd = &stop_fd,
    };
    int status = loom_cli_run(argc, (const char **)(void *)argv, &ports);
    close_http(&http);
    if (status == LOOM_EXIT_BY_SIGNAL)
        loom_signals_raise();
    return status == LOOM_EXIT_BY_SIGNAL ? LOOM_EXIT_FAILURE : status;
}
