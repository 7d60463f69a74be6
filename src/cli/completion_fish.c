/* SPDX-License-Identifier: Apache-2.0 */
/* The tables for fish: a `complete` for each command and each option. */
#include "cli/commands.h"
#include "cli/completion.h"

static const char *const suggested[] = {
    [LOOM_SUGGEST_NOTHING] = " -x",
    [LOOM_SUGGEST_WORDS] = " -x -a '",
    [LOOM_SUGGEST_SERVERS] = " -x -a '(__loom_servers)'",
    [LOOM_SUGGEST_FILES] = " -r -F",
    [LOOM_SUGGEST_COMMANDS] = " -x -a '(__loom_commands)'",
};

static void add_value(struct loom_script *script, const char *value) {
    enum loom_suggestion suggestion = loom_suggestion_for(value);
    loom_script_add(script, suggested[suggestion], NULL);
    if (suggestion == LOOM_SUGGEST_WORDS) {
        loom_script_add_words(script, value);
        loom_script_add(script, "'", NULL);
    }
}

static void add_text(struct loom_script *script, const char *text) {
    loom_script_add(script, " -d '", NULL);
    loom_script_add_quoted(script, text, "\\", "\\'");
    loom_script_add(script, "'\n", NULL);
}

/* `command` NULL: of every command. An older name cannot be hidden, so it is not told. */
static void add_options(struct loom_script *script, const char *command,
                        const struct loom_option *row) {
    for (; row != NULL && row->name != NULL; row++) {
        if (row->help == NULL)
            continue;
        loom_script_add(script, "complete -c loom", NULL);
        if (command != NULL)
            loom_script_add(script, " -n '__loom_in ", command, "'", NULL);
        if (row->letter != '\0')
            loom_script_add(script, " -s ", (char[]){row->letter, '\0'}, NULL);
        loom_script_add(script, " -l ", row->name, NULL);
        if (row->value != NULL)
            add_value(script, row->value);
        add_text(script, row->help);
    }
}

/* An option that takes a value takes one in every command that has it. */
static void add_valued(struct loom_script *script, const struct loom_option *row) {
    for (; row != NULL && row->name != NULL; row++)
        if (row->value != NULL)
            loom_script_add(script, " --", row->name, NULL);
}

static void add_command(struct loom_script *script, const struct loom_command *command) {
    loom_script_add(script, "\ncomplete -c loom -n __loom_nowhere -a ", command->name, NULL);
    add_text(script, command->summary);
    add_options(script, command->name, command->options);
    if (loom_suggestion_for(command->arguments) == LOOM_SUGGEST_NOTHING)
        return;
    loom_script_add(script, "complete -c loom -n '__loom_at ", command->name, "'", NULL);
    add_value(script, command->arguments);
    loom_script_add(script, "\n", NULL);
}

void loom_completion_add_fish(struct loom_script *script) {
    const struct loom_command *const *row;
    loom_script_add(script, "set -g __loom_valued", NULL);
    add_valued(script, loom_global_options);
    for (row = loom_commands; *row != NULL; row++)
        add_valued(script, (*row)->options);
    loom_script_add(script, "\n\nfunction __loom_commands\n    printf '%s\\n'", NULL);
    for (row = loom_commands; *row != NULL; row++)
        loom_script_add(script, " ", (*row)->name, NULL);
    loom_script_add(script, "\nend\n\ncomplete -c loom -f\n", NULL);
    add_options(script, NULL, loom_global_options);
    for (row = loom_commands; *row != NULL; row++)
        add_command(script, *row);
}
