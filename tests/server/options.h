/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of loom-dev-server: one table, read once, never changed afterwards.
 *
 * Texts point into argv. Option names are never abbreviated; `--name VALUE` and `--name=VALUE`
 * are the same.
 */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DEV_NAMES_MAX = 16 };

#define DEV_NOT_GIVEN INT64_MIN
#define DEV_NEVER INT64_MAX

enum dev_dialect { DEV_DIALECT_LOOM, DEV_DIALECT_OAUTH };

/* What becomes of a refresh token. */
enum dev_refresh {
    DEV_REFRESH_ROTATE, /* each works once; using it again ends the whole grant */
    DEV_REFRESH_KEEP,   /* it stays as it is */
    DEV_REFRESH_NONE,   /* none is given out */
};

struct dev_names {
    const char *items[DEV_NAMES_MAX];
    size_t len;
};

struct dev_options {
    int64_t port;                    /* 0: any free one */
    int64_t interval_s;              /* DEV_NOT_GIVEN: start says nothing of it */
    int64_t expires_in_s;            /* told as it is, also when absurd */
    int64_t approve_after_ms;        /* DEV_NOT_GIVEN: a person decides */
    int64_t deny_after_ms;           /* DEV_NOT_GIVEN: a person decides */
    int64_t token_life_s;            /* DEV_NEVER: it does not die of age, and nothing is told */
    int64_t refresh_delay_ms;        /* between deciding on a refresh and its answer */
    int64_t refresh_delay_before_ms; /* before anything is decided */
    int64_t date_ahead_s;            /* how far the Date of its answers is ahead; may be negative */
    enum dev_dialect dialect;
    enum dev_refresh refresh;
    const char *cert; /* PEM files; both NULL: plain http */
    const char *key;
    const char *base_path;   /* "" or "/path" */
    const char *public_url;  /* NULL: what it listens on */
    const char *repos;       /* NULL: no git */
    const char *name;        /* of the one account */
    const char *username;    /* of the one account */
    const char *log;         /* NULL: none */
    const char *ready;       /* NULL: none */
    const char *secrets;     /* NULL: none */
    const char *redirect_to; /* where the redirecting misbehaviours point */
    const char *client_id;   /* of the one client */
    const char *scopes;      /* that may be had; "": nothing is told, all may */
    struct dev_names misbehave;
    bool help;
};

/* LOOM_ERR_USAGE: detail says in English what is wrong. */
LOOM_CHECKED enum loom_err dev_options_parse(int argc, char **argv, struct dev_options *out_options,
                                             struct loom_error *error);

/* The text of --help. */
const char *dev_options_help(void);

#endif
