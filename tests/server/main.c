/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom-dev-server: start, wait for a signal, stop.
 */
#include "server/misbehave.h"
#include "server/options.h"
#include "server/server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A pipe to git must never become one of the standard streams. */
static void open_standard_streams(void) {
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = dup(fd);
    if (fd >= 0)
        (void)close(fd);
}

static void complain(const struct loom_error *error) {
    if (error->os_error != 0)
        (void)fprintf(stderr, "loom-dev-server: %s: %s\n", error->detail,
                      strerror(error->os_error));
    else
        (void)fprintf(stderr, "loom-dev-server: %s\n",
                      error->detail[0] == '\0' ? "it does not start" : error->detail);
}

static int help(void) {
    (void)fputs(dev_options_help(), stdout);
    (void)fputs("\nMisbehaviours:\n", stdout);
    for (size_t i = 0; dev_misbehaviour_name(i) != NULL; i++)
        (void)printf("  %s\n", dev_misbehaviour_name(i));
    return 0;
}

/* Threads inherit the mask, so that only main() hears of these. */
static void block_signals(sigset_t *out_set) {
    (void)sigemptyset(out_set);
    (void)sigaddset(out_set, SIGINT);
    (void)sigaddset(out_set, SIGTERM);
    (void)sigaddset(out_set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, out_set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv) {
    struct loom_error error = LOOM_ERROR_INIT;
    struct dev_options options;
    struct dev_server *server = NULL;
    sigset_t ending;
    int received = 0;
    open_standard_streams();
    if (dev_options_parse(argc, argv, &options, &error) != LOOM_OK) {
        complain(&error);
        return 2;
    }
    if (options.help)
        return help();
    block_signals(&ending);
    enum loom_err err = dev_server_start(&options, &server, &error);
    if (err != LOOM_OK) {
        complain(&error);
        return err == LOOM_ERR_USAGE ? 2 : 1;
    }
    (void)printf("Loom development server: %s\n", server->base_url);
    (void)fflush(stdout);
    (void)sigwait(&ending, &received);
    dev_server_stop(server);
    return 0;
}
