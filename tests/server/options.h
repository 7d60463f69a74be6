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

struct dev_names {
    const char *items[DEV_NAMES_MAX];
    size_t len;
};

struct dev_options {
    int64_t port;             /* 0: any free one */
    int64_t interval_s;       /* DEV_NOT_GIVEN: start says nothing of it */
    int64_t expires_in_s;     /* told as it is, also when absurd */
    int64_t approve_after_ms; /* DEV_NOT_GIVEN: a person decides */
    int64_t deny_after_ms;    /* DEV_NOT_GIVEN: a person decides */
    const char *cert;         /* PEM files; both NULL: plain http */
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
    struct dev_names misbehave;
    bool help;
};

/* LOOM_ERR_USAGE: detail says in English what is wrong. */
LOOM_CHECKED enum loom_err dev_options_parse(int argc, char **argv, struct dev_options *out_options,
                                             struct loom_error *error);

/* The text of --help. */
const char *dev_options_help(void);

#endif
