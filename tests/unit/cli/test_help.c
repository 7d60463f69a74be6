/* SPDX-License-Identifier: Apache-2.0 */
/* Help is the tables, on a screen of 80 columns. */
#include "cli/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "unit/cli/cli_world.h"

#include <stdio.h>

static const char *print_help(const struct loom_command *command) {
    static char text[65536];
    struct cli_world world;
    cli_world_open(&world);
    assert_int_equal(loom_help_print(&world.cli, command), LOOM_EXIT_DONE);
    (void)snprintf(text, sizeof text, "%s", cli_world_out(&world));
    assert_string_equal(cli_world_err(&world), "");
    cli_world_close(&world);
    return text;
}

static bool has_label(const char *text, const char *label) {
    const char *found = strstr(text, label);
    while (found != NULL && found[strlen(label)] != ' ' && found[strlen(label)] != '\n')
        found = strstr(found + 1, label);
    return found != NULL;
}

static void expect_options(const char *text, const struct loom_option *rows) {
    for (; rows != NULL && rows->name != NULL; rows++) {
        char label[80];
        (void)snprintf(label, sizeof label, "--%s%s%s", rows->name, rows->value != NULL ? " " : "",
                       rows->value != NULL ? rows->value : "");
        expect(label, has_label(text, label) == (rows->help != NULL));
        expect(label, rows->help == NULL || strstr(text, rows->help) != NULL);
    }
}

static void help_names_every_command_and_global_option(void **state) {
    (void)state;
    const char *text = print_help(NULL);
    assert_fits_screen("loom help", text, 79);
    expect_options(text, loom_global_options);
    for (const struct loom_command *const *row = loom_commands; *row != NULL; row++) {
        expect((*row)->name, strstr(text, (*row)->name) != NULL);
        expect((*row)->name, strstr(text, (*row)->summary) != NULL);
    }
}

static void help_of_a_command_names_its_options_and_the_global_ones(void **state) {
    (void)state;
    for (const struct loom_command *const *row = loom_commands; *row != NULL; row++) {
        char synopsis[80];
        const char *text = print_help(*row);
        (void)snprintf(synopsis, sizeof synopsis, "    loom %s", (*row)->name);
        expect(synopsis, strncmp(text, synopsis, strlen(synopsis)) == 0);
        assert_fits_screen(synopsis, text, 79);
        expect_options(text, (*row)->options);
        expect_options(text, loom_global_options);
        expect(synopsis, strchr(text, '{') == NULL);
    }
}

static void help_that_cannot_be_written_fails(void **state) {
    (void)state;
    struct cli_world world;
    cli_world_open(&world);
    world.cli.out.has_failed = true;
    assert_int_equal(loom_help_print(&world.cli, NULL), LOOM_EXIT_FAILURE);
    cli_world_close(&world);
}

static void find_of_a_command_takes_whole_names(void **state) {
    (void)state;
    assert_ptr_equal(loom_command_find("login"), &loom_command_login);
    assert_ptr_equal(loom_command_find("credential-helper"), &loom_command_credential_helper);
    static const char *const others[] = {"", "log", "logi", "logins", "Login", "LOGIN", " login"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_null(loom_command_find(others[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_names_every_command_and_global_option),
        cmocka_unit_test(help_of_a_command_names_its_options_and_the_global_ones),
        cmocka_unit_test(help_that_cannot_be_written_fails),
        cmocka_unit_test(find_of_a_command_takes_whole_names),
    };
    cli_world_calm_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
