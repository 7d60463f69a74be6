/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: from argv to an exit status.
 *
 *     struct loom_ports ports = {...};                    // main.c builds them
 *     int status = loom_cli_run(argc, argv, &ports);
 *     if (status == LOOM_EXIT_BY_SIGNAL) loom_signals_raise();
 *
 * One command is one file that exports one const struct loom_command; commands.c lists them. What a
 * command needs it takes from struct loom_cli: the parsed options, the environment, the two
 * outputs, and the ports. It returns an exit status of enum loom_exit, most often
 * that of loom_failure().
 */
#ifndef LOOM_CLI_CLI_H
#define LOOM_CLI_CLI_H

#include "base/clock.h"
#include "base/error.h"
#include "cli/environment.h"
#include "cli/options.h"
#include "http/http.h"
#include "session/session.h"
#include "store/keyring_first.h"
#include "system/folder.h"
#include "terminal/output.h"

#include <stdbool.h>

enum loom_exit {
    LOOM_EXIT_DONE = 0,
    LOOM_EXIT_FAILURE = 1,
    LOOM_EXIT_USAGE = 2,
    LOOM_EXIT_NOT_SIGNED_IN = 3,
    LOOM_EXIT_REFUSED = 4,
    LOOM_EXIT_EXPIRED = 5,
    LOOM_EXIT_NETWORK = 6,
    LOOM_EXIT_BAD_ANSWER = 7,
    LOOM_EXIT_STORAGE = 8,
    LOOM_EXIT_DAMAGED = 9,
    LOOM_EXIT_PARTIAL = 10,
    LOOM_EXIT_BY_SIGNAL = -1, /* the caller raises the signal again */
};

struct loom_ports {
    struct loom_http http;
    struct loom_clock clock;
    /*
     * Another HTTP port, for a request beside others (a port makes one at a time), and its end.
     * LOOM_ERR_INTERNAL: no memory.
     */
    LOOM_CHECKED enum loom_err (*open_http)(struct loom_http *out_http);
    void (*close_http)(struct loom_http *http);
    int *stop_fd; /* set when a command catches signals; -1 until then */
};

struct loom_cli {
    const struct loom_ports *ports;
    const char *program; /* what it was called by: argv[0] */
    struct loom_options options;
    struct loom_environment environment;
    struct loom_output out;          /* stdout: what a command exists to print */
    struct loom_output err;          /* stderr: progress, notices, errors */
    bool is_helper;                  /* git asks: quietly, and with little time */
    bool was_person_asked;           /* to unlock the keyring: the time for that does not count */
    const struct loom_origin *asked; /* what git asks for; NULL: a person asks */
    const char *failure_event;       /* as in struct loom_command */
    struct loom_paths paths;
    struct loom_store *store; /* NULL until loom_cli_open_store() */
};

struct loom_command {
    const char *name;
    const char *arguments;   /* as the synopsis has them: "[URL]", or "" */
    int arguments_max;       /* more are a usage error */
    const char *summary;     /* one line of `loom help` */
    const char *description; /* paragraphs of `loom help COMMAND`, marked for translation */
    const struct loom_option *options; /* ends with a row without a name; NULL: only global ones */
    const char *failure_event;         /* its JSON is events, and this one tells of a failure */
    int (*run)(struct loom_cli *cli, int argc, char *const *argv);
};

/* Run what argv says. Returns an exit status or LOOM_EXIT_BY_SIGNAL. */
int loom_cli_run(int argc, const char **argv, const struct loom_ports *ports);

/* Catch signals from here on; see system/process.h. */
void loom_cli_catch_signals(struct loom_cli *cli);

/* Has a caught signal asked to end? */
bool loom_cli_was_interrupted(void);

/*
 * The place that --store or LOOM_STORE names. LOOM_ERR_USAGE: there is no such place; the detail
 * says so.
 */
LOOM_CHECKED enum loom_err loom_cli_choose_place(const struct loom_cli *cli,
                                                 enum loom_place *out_place,
                                                 struct loom_error *error);

/* Open the store in the place that --store or LOOM_STORE names, and fill cli->paths. */
LOOM_CHECKED enum loom_err loom_cli_open_store(struct loom_cli *cli, struct loom_error *error);

/* The session over the ports and the opened store. */
struct loom_session loom_cli_session(const struct loom_cli *cli);

/*
 * The file of --cacert, else of LOOM_CA_FILE, as an absolute path; NULL when there is neither.
 * LOOM_ERR_USAGE: it cannot be read; the sentence was said.
 */
LOOM_CHECKED enum loom_err loom_cli_ca_file(struct loom_cli *cli, char **out_path);

/*
 * Trust the file of --cacert in this process, beside what each sign-in remembers: for commands that
 * store none. LOOM_ERR_USAGE: as above. LOOM_ERR_INTERNAL: no memory; it was said.
 */
LOOM_CHECKED enum loom_err loom_cli_trust_ca_file(struct loom_cli *cli);

#endif
