/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "cli/say.h"

#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 32 };

const struct loom_option loom_global_options[] = {
    {"server", '\0', "URL", N_("the server; beats LOOM_SERVER"), LOOM_OPTION_AT(server)},
    {"server-url", '\0', "URL", NULL, LOOM_OPTION_AT(server)},
    {"cacert", '\0', "FILE", N_("trust the authorities in this file too"), LOOM_OPTION_AT(cacert)},
    {"verbose", 'v', NULL, N_("say what is being done; twice: HTTP as well"),
     LOOM_OPTION_AT(verbose)},
    {"quiet", 'q', NULL, N_("only errors, and of login the address and the code"),
     LOOM_OPTION_AT(quiet)},
    {"color", '\0', "auto|always|never", N_("whether to use colour"), LOOM_OPTION_AT(color)},
    {"help", 'h', NULL, N_("show this text"), LOOM_OPTION_AT(help)},
    {"version", 'V', NULL, N_("show the version"), LOOM_OPTION_AT(version)},
    LOOM_OPTIONS_END,
};

static const struct {
    int popt_code;
    enum loom_option_fault fault;
} faults[] = {
    {POPT_ERROR_NOARG, LOOM_OPTION_NEEDS_VALUE},
    {POPT_ERROR_UNWANTEDARG, LOOM_OPTION_TAKES_NO_VALUE},
    {POPT_ERROR_MALLOC, LOOM_OPTION_NO_MEMORY},
};

bool loom_option_is_closed(const char *value) {
    return value != NULL && strchr(value, '|') != NULL;
}

bool loom_options_are_shown(const struct loom_option *rows) {
    while (rows != NULL && rows->name != NULL && rows->help == NULL)
        rows++;
    return rows != NULL && rows->name != NULL;
}

static bool allows(const struct loom_option *row, const char *value) {
    size_t len = strlen(value);
    if (!loom_option_is_closed(row->value))
        return true;
    for (const char *word = row->value;; word++) {
        size_t word_len = strcspn(word, "|");
        if (word_len == len && strncmp(word, value, len) == 0)
            return true;
        word += word_len;
        if (*word == '\0')
            return false;
    }
}

/* Our rows as popt wants them, and back: `val` is the index into `rows` plus one. */
struct tables {
    const struct loom_option *rows[ROWS_MAX];
    struct poptOption popt[ROWS_MAX + 1];
    size_t count;
};

static void add_rows(struct tables *tables, const struct loom_option *rows) {
    for (; rows != NULL && rows->name != NULL && tables->count < ROWS_MAX; rows++) {
        tables->rows[tables->count] = rows;
        tables->popt[tables->count] = (struct poptOption){
            .longName = rows->name,
            .shortName = rows->letter,
            .argInfo = rows->value != NULL ? POPT_ARG_STRING : POPT_ARG_NONE,
            .val = (int)tables->count + 1,
        };
        tables->count++;
    }
}

/* LOOM_OPTION_NO_MEMORY: popt had none for the value. */
static enum loom_option_fault store_value(struct loom_options *options,
                                          const struct loom_option *row, char *value) {
    void *field = (char *)options + row->offset;
    if (row->value == NULL) {
        int *count = field;
        *count += 1;
        return LOOM_OPTION_FINE;
    }
    if (value == NULL)
        return LOOM_OPTION_NO_MEMORY;
    char **text = field;
    free(*text);
    *text = value;
    return allows(row, value) ? LOOM_OPTION_FINE : LOOM_OPTION_BAD_VALUE;
}

static bool is_letter_known(const struct tables *tables, char letter) {
    for (size_t i = 0; i < tables->count; i++)
        if (tables->rows[i]->letter != '\0' && tables->rows[i]->letter == letter)
            return true;
    return false;
}

/*
 * "--token=secret" is told as "--token" and "-vtsecret" as "-t": whoever misspells an option may
 * have put a secret there.
 */
static void name_option(const struct tables *tables, const char *bad,
                        char out_name[static LOOM_OPTION_NAME_SIZE]) {
    size_t letter = 1;
    if (bad[0] != '-' || bad[1] == '-' || bad[1] == '\0') {
        (void)snprintf(out_name, LOOM_OPTION_NAME_SIZE, "%.*s", (int)strcspn(bad, "="), bad);
        return;
    }
    while (is_letter_known(tables, bad[letter]) && bad[letter + 1] != '\0' &&
           bad[letter + 1] != '=')
        letter++;
    (void)snprintf(out_name, LOOM_OPTION_NAME_SIZE, "-%c", bad[letter]);
}

static void note_fault(poptContext context, int code, const struct tables *tables,
                       struct loom_options_left *left) {
    const char *bad = poptBadOption(context, 0);
    left->fault = LOOM_OPTION_UNKNOWN;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i].popt_code == code)
            left->fault = faults[i].fault;
    if (bad != NULL)
        name_option(tables, bad, left->option);
}

static void note_bad_value(const struct loom_option *row, struct loom_options_left *left) {
    left->values = row->value;
    (void)snprintf(left->option, sizeof left->option, "--%s", row->name);
}

/*
 * Without memory popt forgets arguments, and the command would be another one. What stands first is
 * an option or an argument, what stands last may be the value of an option as well.
 */
static bool has_lost_arguments(const struct loom_options_read *read, const char **rest,
                               const char *last_value) {
    if (rest != NULL || read->argc < 2)
        return rest != NULL && rest[0] == NULL;
    const char *last = read->argv[read->argc - 1];
    return read->argv[1][0] != '-' ||
           (last[0] != '-' && (last_value == NULL || strcmp(last, last_value) != 0));
}

static void take_arguments(const char **rest, struct loom_options_left *left) {
    const char *none[] = {NULL};
    int count = 0;
    if (rest == NULL)
        rest = none;
    while (rest[count] != NULL)
        count++;
    left->argv = calloc((size_t)count + 1, sizeof *left->argv);
    for (; left->argv != NULL && left->argc < count; left->argc++)
        if ((left->argv[left->argc] = strdup(rest[left->argc])) == NULL)
            break;
    if (left->argv == NULL || left->argc < count)
        left->fault = LOOM_OPTION_NO_MEMORY;
}

enum loom_option_fault loom_options_parse(const struct loom_options_read *read,
                                          struct loom_options *options,
                                          struct loom_options_left *out_left) {
    struct tables tables = {.count = 0};
    *out_left = (struct loom_options_left){.fault = LOOM_OPTION_FINE};
    add_rows(&tables, loom_global_options);
    add_rows(&tables, read->own);
    tables.popt[tables.count] = (struct poptOption){.longName = NULL};
    poptContext context = poptGetContext("loom", read->argc, read->argv, tables.popt,
                                         read->stops_at_argument ? POPT_CONTEXT_POSIXMEHARDER : 0);
    if (context == NULL)
        return out_left->fault = LOOM_OPTION_NO_MEMORY;
    int code;
    char *value = NULL; /* of the last option */
    while ((code = poptGetNextOpt(context)) > 0) {
        const struct loom_option *row = tables.rows[code - 1];
        value = poptGetOptArg(context);
        enum loom_option_fault fault = store_value(options, row, value);
        if (out_left->fault == LOOM_OPTION_FINE && fault == LOOM_OPTION_BAD_VALUE)
            note_bad_value(row, out_left);
        out_left->fault = fault > out_left->fault ? fault : out_left->fault;
    }
    const char **rest = poptGetArgs(context);
    if (code < -1)
        note_fault(context, code, &tables, out_left);
    else if (has_lost_arguments(read, rest, value))
        out_left->fault = LOOM_OPTION_NO_MEMORY;
    else if (out_left->fault == LOOM_OPTION_FINE)
        take_arguments(rest, out_left);
    (void)poptFreeContext(context);
    return out_left->fault;
}

void loom_options_left_clear(struct loom_options_left *left) {
    for (int i = 0; i < left->argc; i++)
        free(left->argv[i]);
    free(left->argv);
    left->argv = NULL;
    left->argc = 0;
}

void loom_options_clear(struct loom_options *options) {
    free(options->server);
    free(options->cacert);
    free(options->color);
    free(options->store);
    free(options->client_id);
    free(options->scope);
    free(options->format);
    free(options->min_valid);
    *options = (struct loom_options){.server = NULL};
}
