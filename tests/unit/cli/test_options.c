/* SPDX-License-Identifier: Apache-2.0 */
/* Options: what popt makes of a command line, and what it must not. */
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "support/expect.h"
#include "unit/cli/cli_world.h"
#include "unit/system/scratch.h"

#include <stdio.h>

enum { WORDS_MAX = 16, LINE_SIZE = 512 };

static const struct loom_option own[] = {
    {"json", '\0', NULL, "", LOOM_OPTION_AT(json)},
    {"store", '\0', "auto|file", "", LOOM_OPTION_AT(store)},
    LOOM_OPTIONS_END,
};

/* Parse `line`, cut at blanks; "''" is an empty word. */
static enum loom_option_fault parse(const char *line, bool stops_at_argument,
                                    struct loom_options *options, struct loom_options_left *left) {
    static char words[LINE_SIZE];
    const char *argv[WORDS_MAX + 2] = {"loom"};
    int argc = 1;
    assert_true(strlen(line) < sizeof words);
    (void)snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(argc <= WORDS_MAX);
        argv[argc++] = strcmp(word, "''") == 0 ? "" : word;
    }
    const struct loom_options_read read = {argv, argc, own, stops_at_argument};
    *options = (struct loom_options){.server = NULL};
    return loom_options_parse(&read, options, left);
}

static void describe(const struct loom_options *options, const struct loom_options_left *left,
                     char out[static LINE_SIZE]) {
    size_t len = 0;
    const struct {
        const char *name, *value;
    } texts[] = {{"server", options->server},
                 {"cacert", options->cacert},
                 {"color", options->color},
                 {"store", options->store}};
    const struct {
        const char *name;
        int count;
    } counts[] = {{"v", options->verbose}, {"q", options->quiet},   {"help", options->help},
                  {"V", options->version}, {"json", options->json}, {"all", options->all}};
    out[0] = '\0';
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].value != NULL)
            len += (size_t)snprintf(out + len, LINE_SIZE - len, "%s<%s> ", texts[i].name,
                                    texts[i].value);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i].count != 0)
            len += (size_t)snprintf(out + len, LINE_SIZE - len, "%s%d ", counts[i].name,
                                    counts[i].count);
    for (int i = 0; i < left->argc; i++)
        len += (size_t)snprintf(out + len, LINE_SIZE - len, "[%s]", left->argv[i]);
}

static void parse_reads_every_form(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool stops;
        const char *seen;
    } rows[] = {
        {"", false, ""},
        {"--server https://h", false, "server<https://h> "},
        {"--server=https://h", false, "server<https://h> "},
        {"--server-url https://h", false, "server<https://h> "},
        {"--server a --server b", false, "server<b> "},
        {"--server-url a --server b", false, "server<b> "},
        {"--server=a=b", false, "server<a=b> "},
        {"--server=", false, "server<> "},
        {"--server ''", false, "server<> "},
        {"--server --json", false, "server<--json> "},
        {"--server --", false, "server<--> "},
        {"--server -", false, "server<-> "},
        {"-v", false, "v1 "},
        {"-vv", false, "v2 "},
        {"-v -v", false, "v2 "},
        {"-v --verbose -vvv", false, "v5 "},
        {"-qv", false, "v1 q1 "},
        {"-hV", false, "help1 V1 "},
        {"--quiet --help --version", false, "q1 help1 V1 "},
        {"--json --store file", false, "store<file> json1 "},
        {"url --json", false, "json1 [url]"},
        {"--json url -v more", false, "v1 json1 [url][more]"},
        {"-- --json -v", false, "[--json][-v]"},
        {"url -- --json", false, "[url][--json]"},
        {"-- --", false, "[--]"},
        {"-", false, "[-]"},
        {"- -v", false, "v1 [-]"},
        {"''", false, "[]"},
        {"'' -v", false, "v1 []"},
        {"--color=never --cacert /a/b", false, "cacert</a/b> color<never> "},
        /* before the command */
        {"-v login -v --json", true, "v1 [login][-v][--json]"},
        {"--server a login --bogus", true, "server<a> [login][--bogus]"},
        {"-- login", true, "[login]"},
        {"-v -- -v", true, "v1 [-v]"},
        {"- -v", true, "[-][-v]"},
        {"'' -v", true, "[][-v]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_options options;
        struct loom_options_left left;
        char seen[LINE_SIZE];
        expect_equal(rows[i].line, parse(rows[i].line, rows[i].stops, &options, &left),
                     LOOM_OPTION_FINE);
        expect_equal(rows[i].line, left.fault, LOOM_OPTION_FINE);
        describe(&options, &left, seen);
        expect_text(rows[i].line, seen, rows[i].seen);
        expect(rows[i].line, left.argv[left.argc] == NULL);
        loom_options_left_clear(&left);
        loom_options_clear(&options);
        assert_null(options.server);
        assert_int_equal(options.verbose, 0);
    }
}

static void parse_of_what_is_no_option_says_which(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum loom_option_fault fault;
        const char *option;
    } rows[] = {
        {"--bogus", LOOM_OPTION_UNKNOWN, "--bogus"},
        {"url --bogus", LOOM_OPTION_UNKNOWN, "--bogus"},
        {"-x", LOOM_OPTION_UNKNOWN, "-x"},
        {"-vx", LOOM_OPTION_UNKNOWN, "-x"},
        {"---", LOOM_OPTION_UNKNOWN, "---"},
        /* names are whole */
        {"--serv x", LOOM_OPTION_UNKNOWN, "--serv"},
        {"--verb", LOOM_OPTION_UNKNOWN, "--verb"},
        {"--jso", LOOM_OPTION_UNKNOWN, "--jso"},
        {"--jsonx", LOOM_OPTION_UNKNOWN, "--jsonx"},
        {"--Server x", LOOM_OPTION_UNKNOWN, "--Server"},
        {"--nojson", LOOM_OPTION_UNKNOWN, "--nojson"},
        {"--no-json", LOOM_OPTION_UNKNOWN, "--no-json"},
        {"-server x", LOOM_OPTION_UNKNOWN, "-s"},
        {"-json", LOOM_OPTION_UNKNOWN, "-j"},
        /* of another command */
        {"--all", LOOM_OPTION_UNKNOWN, "--all"},
        {"--with-token", LOOM_OPTION_UNKNOWN, "--with-token"},
        /* popt's own */
        {"-?", LOOM_OPTION_UNKNOWN, "-?"},
        {"--usage", LOOM_OPTION_UNKNOWN, "--usage"},
        /* values */
        {"--server", LOOM_OPTION_NEEDS_VALUE, "--server"},
        {"--json --store", LOOM_OPTION_NEEDS_VALUE, "--store"},
        {"--json=yes", LOOM_OPTION_TAKES_NO_VALUE, "--json"},
        {"--json=", LOOM_OPTION_TAKES_NO_VALUE, "--json"},
        {"--verbose=2", LOOM_OPTION_TAKES_NO_VALUE, "--verbose"},
        {"-v=2", LOOM_OPTION_TAKES_NO_VALUE, "-v"},
        {"-qv=2", LOOM_OPTION_TAKES_NO_VALUE, "-v"},
        /* closed sets */
        {"--store nonsense", LOOM_OPTION_BAD_VALUE, "--store"},
        {"--store=File url", LOOM_OPTION_BAD_VALUE, "--store"},
        {"--store ''", LOOM_OPTION_BAD_VALUE, "--store"},
        {"--store=fil", LOOM_OPTION_BAD_VALUE, "--store"},
        {"--store=files", LOOM_OPTION_BAD_VALUE, "--store"},
        {"--store=auto|file", LOOM_OPTION_BAD_VALUE, "--store"},
        {"--color=x --store=x", LOOM_OPTION_BAD_VALUE, "--color"},
        {"--store=x --store=file", LOOM_OPTION_BAD_VALUE, "--store"},
        {"--store=x --bogus", LOOM_OPTION_UNKNOWN, "--bogus"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_options options;
        struct loom_options_left left;
        expect_equal(rows[i].line, parse(rows[i].line, false, &options, &left), rows[i].fault);
        expect_equal(rows[i].line, left.fault, rows[i].fault);
        expect_text(rows[i].line, left.option, rows[i].option);
        expect_equal(rows[i].line, left.argc, 0);
        loom_options_left_clear(&left);
        loom_options_clear(&options);
    }
}

/* MEM-02: whoever believes in --token has put one there. */
static void parse_never_repeats_what_may_be_a_secret(void **state) {
    (void)state;
    static const char *const lines[] = {
        "--token=PLANTED",      "--token PLANTED", "-tPLANTED",
        "-t=PLANTED",           "-vvtPLANTED",     "-vPLANTED",
        "--json=PLANTED",       "-v=PLANTED",      "--with-token=PLANTED",
        "--password=a=PLANTED", "--=PLANTED",      "-=PLANTED",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct loom_options options;
        struct loom_options_left left;
        expect(lines[i], parse(lines[i], false, &options, &left) != LOOM_OPTION_FINE);
        expect(lines[i], strstr(left.option, "PLANTED") == NULL);
        expect(lines[i], left.option[0] == '-');
        loom_options_left_clear(&left);
        loom_options_clear(&options);
    }
}

static void parse_of_a_long_option_cuts_its_name(void **state) {
    (void)state;
    static char line[LINE_SIZE] = "--";
    struct loom_options options;
    struct loom_options_left left;
    memset(line + 2, 'x', 300);
    assert_int_equal(parse(line, false, &options, &left), LOOM_OPTION_UNKNOWN);
    assert_int_equal(strlen(left.option), LOOM_OPTION_NAME_SIZE - 1);
    loom_options_left_clear(&left);
    loom_options_clear(&options);
}

/* Aliases could hide what is run, and popt even lets them start programs. */
static void parse_ignores_popts_alias_files(void **state) {
    struct scratch *scratch = *state;
    static const char aliases[] = "loom alias --bogus --verbose\n"
                                  "loom alias --json --quiet\n"
                                  "loom exec --run /bin/false\n";
    struct loom_options options;
    struct loom_options_left left;
    scratch_write(scratch, ".popt", 0644, aliases);
    assert_int_equal(setenv("HOME", scratch->path, 1), 0);
    assert_int_equal(parse("--bogus", false, &options, &left), LOOM_OPTION_UNKNOWN);
    loom_options_left_clear(&left);
    assert_int_equal(parse("--run", false, &options, &left), LOOM_OPTION_UNKNOWN);
    loom_options_left_clear(&left);
    assert_int_equal(parse("--json", false, &options, &left), LOOM_OPTION_FINE);
    assert_int_equal(options.json, 1);
    assert_int_equal(options.quiet, 0);
    loom_options_left_clear(&left);
    loom_options_clear(&options);
}

/* Rows of one command and the global ones share a table and a struct. */
static void tables_of_the_commands_do_not_contradict_each_other(void **state) {
    (void)state;
    for (const struct loom_command *const *command = loom_commands; *command != NULL; command++) {
        const struct loom_option *rows[64];
        size_t count = 0;
        for (const struct loom_option *row = loom_global_options; row->name != NULL; row++)
            rows[count++] = row;
        for (const struct loom_option *row = (*command)->options; row != NULL && row->name != NULL;
             row++)
            rows[count++] = row;
        assert_true(count <= 32);
        for (size_t i = 0; i < count; i++) {
            expect(rows[i]->name, rows[i]->name[0] != '-');
            for (size_t k = 0; k < i; k++) {
                expect(rows[i]->name, strcmp(rows[i]->name, rows[k]->name) != 0);
                expect(rows[i]->name,
                       rows[i]->letter == '\0' || rows[i]->letter != rows[k]->letter);
                /* one place, one kind; an older name may share it */
                expect(rows[i]->name, rows[i]->offset != rows[k]->offset ||
                                          (rows[i]->help == NULL && rows[i]->value != NULL &&
                                           rows[k]->value != NULL));
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_reads_every_form),
        cmocka_unit_test(parse_of_what_is_no_option_says_which),
        cmocka_unit_test(parse_never_repeats_what_may_be_a_secret),
        cmocka_unit_test(parse_of_a_long_option_cuts_its_name),
        cmocka_unit_test_setup_teardown(parse_ignores_popts_alias_files, scratch_make,
                                        scratch_remove),
        cmocka_unit_test(tables_of_the_commands_do_not_contradict_each_other),
    };
    cli_world_calm_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
