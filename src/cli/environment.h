/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables that the command line reads, gathered once. A variable that is set but empty counts
 * as not set.
 */
#ifndef LOOM_CLI_ENVIRONMENT_H
#define LOOM_CLI_ENVIRONMENT_H

#include "base/error.h"
#include "base/secret.h"

#include <stdbool.h>

struct loom_environment {
    const char *server;         /* LOOM_SERVER, else LOOM_SERVER_URL; NULL: not set */
    const char *store;          /* LOOM_STORE */
    const char *token_file;     /* LOOM_TOKEN_FILE */
    struct loom_secret *token;  /* LOOM_TOKEN, owned */
    bool has_bad_token;         /* LOOM_TOKEN is set, and is no token */
    bool is_plain;              /* LOOM_PLAIN or ACCESSIBLE */
    bool is_ci;                 /* CI */
    int debug;                  /* LOOM_DEBUG: 0, 1, 2 */
    const char *bus_address;    /* DBUS_SESSION_BUS_ADDRESS */
    const char *runtime_folder; /* XDG_RUNTIME_DIR */
    bool has_display;           /* DISPLAY or WAYLAND_DISPLAY: a window can appear */
    bool is_remote;             /* SSH_CONNECTION, SSH_CLIENT or SSH_TTY: sits elsewhere */
    bool forbids_prompts;       /* GIT_TERMINAL_PROMPT is 0 */
};

/* Read them. LOOM_TOKEN is taken out of the environment: no child sees it. */
void loom_environment_read(struct loom_environment *out_environment);

/* Is LOOM_TOKEN or LOOM_TOKEN_FILE set? */
bool loom_environment_has_token(const struct loom_environment *environment);

/*
 * The token of LOOM_TOKEN, else the content of LOOM_TOKEN_FILE less one line end.
 * LOOM_ERR_NOT_FOUND: neither is set. LOOM_ERR_USAGE: not a token. LOOM_ERR_STORAGE: the file
 * cannot be read; the detail is its path.
 */
LOOM_CHECKED enum loom_err loom_environment_token(const struct loom_environment *environment,
                                                  struct loom_secret **out_token,
                                                  struct loom_error *error);

void loom_environment_clear(struct loom_environment *environment);

#endif
