/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options, as one table that parsing, help and documentation share; popt does the reading.
 *
 * A row says where its value goes: a flag counts up an int, an option with a value owns a string.
 * Names are never abbreviated, `--` ends options, and popt's alias files are not read. Global
 * options stand before or after the command, a command's own only behind it.
 */
#ifndef LOOM_CLI_OPTIONS_H
#define LOOM_CLI_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Strings are owned, NULL when not given; flags count how often they were. */
struct loom_options {
    char *server;
    char *cacert;
    char *color;
    char *store;
    char *client_id;
    char *scope;
    char *format;
    char *min_valid;
    int verbose;
    int quiet;
    int help;
    int version;
    int json;
    int no_browser;
    int with_token;
    int qr;
    int all;
    int discard_damaged;
    int reveal;
    int offline;
    int remove;
    int servers;
};

struct loom_option {
    const char *name; /* without dashes; NULL ends the table */
    char letter;      /* short form, or '\0' */
    /*
     * What help calls the value; NULL: a flag. "a|b|c" is a closed set: nothing else is taken.
     * Shells complete URL as a stored server, and FILE as a file.
     */
    const char *value;
    const char *help; /* marked for translation; NULL: an older name, not shown */
    size_t offset;    /* into struct loom_options */
};

#define LOOM_OPTION_AT(member) offsetof(struct loom_options, member)
#define LOOM_OPTIONS_END                                                                           \
    { NULL, '\0', NULL, NULL, 0 }

/* Is this a closed set, "a|b|c"? */
bool loom_option_is_closed(const char *value);

/* Is there a row among them that help shows? NULL: no. */
bool loom_options_are_shown(const struct loom_option *rows);

/* Those of every command. */
extern const struct loom_option loom_global_options[];

enum loom_option_fault {
    LOOM_OPTION_FINE,
    LOOM_OPTION_UNKNOWN,
    LOOM_OPTION_NEEDS_VALUE,
    LOOM_OPTION_TAKES_NO_VALUE,
    LOOM_OPTION_BAD_VALUE, /* not in the closed set */
    LOOM_OPTION_NO_MEMORY,
};

struct loom_options_read {
    const char **argv; /* argv[0] is passed over; NULL-terminated */
    int argc;
    const struct loom_option *own; /* the command's; NULL: only the global ones */
    bool stops_at_argument;        /* leave the first argument and all behind it unread */
};

enum { LOOM_OPTION_NAME_SIZE = 64 };

struct loom_options_left {
    enum loom_option_fault fault;
    char option[LOOM_OPTION_NAME_SIZE]; /* the one at fault: never a value, nor what may be one */
    const char *values;                 /* of a bad value: the closed set */
    char **argv;                        /* the arguments left, NULL-terminated; owned */
    int argc;
};

/*
 * Read options into `options`. Returns the fault; *out_left is filled either way and is the
 * caller's to clear.
 */
enum loom_option_fault loom_options_parse(const struct loom_options_read *read,
                                          struct loom_options *options,
                                          struct loom_options_left *out_left);

void loom_options_left_clear(struct loom_options_left *left);

void loom_options_clear(struct loom_options *options);

#endif
