/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/failure.h"

#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 40, LABEL_COLUMNS = 24 };

static const char about[] = N_("loom signs you in to a Loom server from a terminal, and gives git "
                               "that sign-in when it needs it.");

static const struct {
    const char *name, *help;
} variables[] = {
    {"LOOM_SERVER", N_("the server")},
    {"LOOM_TOKEN", N_("a token for exactly that server")},
    {"LOOM_TOKEN_FILE", N_("a file that holds such a token")},
    {"LOOM_STORE", N_("where the sign-in is kept: auto, keyring or file")},
    {"LOOM_CA_FILE", N_("trust the authorities in this file too")},
    {"LOOM_BROWSER", N_("the program that opens the page; empty: none")},
    {"LOOM_DEBUG", N_("1: say what is being done; 2: HTTP as well")},
    {"LOOM_PLAIN", N_("plain lines only, for screen readers and logs")},
};

static void print(struct loom_cli *cli, const char *message, const struct loom_words *words) {
    loom_say_always(&cli->out, message, words);
}

static void print_row(struct loom_cli *cli, const char *label, const char *help) {
    char line[LABEL_MAX + 1];
    bool is_long = strlen(label) >= LABEL_COLUMNS;
    (void)snprintf(line, sizeof line, "  %-*s", is_long ? 0 : LABEL_COLUMNS - 2, label);
    print(cli, "{name}{text}", &(struct loom_words){.name = line, .text = is_long ? "" : help});
    if (is_long)
        print(cli, "{name}{text}",
              &(struct loom_words){.name = "                        ", .text = help});
}

static void print_options(struct loom_cli *cli, const struct loom_option *options) {
    for (; options != NULL && options->name != NULL; options++) {
        char label[LABEL_MAX + 1];
        char letter[] = {'-', options->letter, ',', ' ', '\0'};
        if (options->help == NULL)
            continue;
        (void)snprintf(label, sizeof label, "%s--%s%s%s", options->letter != '\0' ? letter : "",
                       options->name, options->value != NULL ? " " : "",
                       options->value != NULL ? options->value : "");
        print_row(cli, label, options->help);
    }
}

static void print_program(struct loom_cli *cli) {
    print(cli, about, NULL);
    print(cli, "\n    loom [OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n\n", NULL);
    print(cli, N_("Commands:"), NULL);
    for (const struct loom_command *const *row = loom_commands; *row != NULL; row++)
        print_row(cli, (*row)->name, (*row)->summary);
    print(cli, N_("\nOptions of every command:"), NULL);
    print_options(cli, loom_global_options);
    print(cli, N_("\nEnvironment:"), NULL);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        print_row(cli, variables[i].name, variables[i].help);
    print(cli, N_("\nMore about one command:\n\n    loom help COMMAND\n"), NULL);
}

static void print_command(struct loom_cli *cli, const struct loom_command *command) {
    print(cli, "    loom {name} {detail}\n\n",
          &(struct loom_words){
              .name = command->name,
              .detail = command->arguments,
          });
    print(cli, command->description, NULL);
    if (loom_options_are_shown(command->options)) {
        print(cli, N_("\nOptions:"), NULL);
        print_options(cli, command->options);
    }
    print(cli, N_("\nOptions of every command:"), NULL);
    print_options(cli, loom_global_options);
}

int loom_help_print(struct loom_cli *cli, const struct loom_command *command) {
    if (command == NULL)
        print_program(cli);
    else
        print_command(cli, command);
    return cli->out.has_failed ? LOOM_EXIT_FAILURE : LOOM_EXIT_DONE;
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    const struct loom_command *command = NULL;
    if (argc > 0 && (command = loom_command_find(argv[0])) == NULL)
        return loom_failure_usage(
            cli, N_("There is no such command. To see them all, run:\n\n    loom help\n"), NULL);
    return loom_help_print(cli, command);
}

const struct loom_command loom_command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .arguments_max = 1,
    .summary = N_("tell more about a command"),
    .description = N_("Shows what loom can do, or tells more about one command."),
    .run = run,
};
