/* SPDX-License-Identifier: Apache-2.0 */
/* The tables for bash: functions that set `kind` to what may stand in a place. */
#include "cli/commands.h"
#include "cli/completion.h"

static const char *const kinds[] = {
    [LOOM_SUGGEST_NOTHING] = "NOTHING",   [LOOM_SUGGEST_WORDS] = "",
    [LOOM_SUGGEST_SERVERS] = "SERVERS",   [LOOM_SUGGEST_FILES] = "FILES",
    [LOOM_SUGGEST_COMMANDS] = "COMMANDS",
};

static void add_kind(struct loom_script *script, const char *value) {
    enum loom_suggestion suggestion = loom_suggestion_for(value);
    loom_script_add(script, ") kind='", kinds[suggestion], NULL);
    if (suggestion == LOOM_SUGGEST_WORDS)
        loom_script_add_words(script, value);
    loom_script_add(script, "' ;;\n", NULL);
}

/* `command` "*": of every command. */
static void add_option_kinds(struct loom_script *script, const char *command,
                             const struct loom_option *row) {
    for (; row != NULL && row->name != NULL; row++) {
        if (row->value == NULL)
            continue;
        loom_script_add(script, "        ", command, ":--", row->name, NULL);
        add_kind(script, row->value);
    }
}

static void add_option_names(struct loom_script *script, const struct loom_option *row) {
    for (; row->name != NULL; row++)
        if (row->help != NULL)
            loom_script_add(script, " --", row->name, NULL);
}

static void add_options(struct loom_script *script) {
    loom_script_add(script, "_loom_kind() { # COMMAND OPTION: what is its value? None: empty\n",
                    "    kind=''\n    case $1:$2 in\n", NULL);
    add_option_kinds(script, "*", loom_global_options);
    for (const struct loom_command *const *row = loom_commands; *row != NULL; row++)
        add_option_kinds(script, (*row)->name, (*row)->options);
    loom_script_add(script, "    esac\n}\n\n_loom_options() { # COMMAND\n    kind='", NULL);
    add_option_names(script, loom_global_options);
    loom_script_add(script, "'\n    case $1 in\n", NULL);
    for (const struct loom_command *const *row = loom_commands; *row != NULL; row++) {
        if (!loom_options_are_shown((*row)->options))
            continue;
        loom_script_add(script, "        ", (*row)->name, ") kind+='", NULL);
        add_option_names(script, (*row)->options);
        loom_script_add(script, "' ;;\n", NULL);
    }
    loom_script_add(script, "    esac\n}\n\n", NULL);
}

void loom_completion_add_bash(struct loom_script *script) {
    add_options(script);
    loom_script_add(script, "_loom_argument() { # COMMAND\n    case $1 in\n", NULL);
    for (const struct loom_command *const *row = loom_commands; *row != NULL; row++) {
        if ((*row)->arguments[0] == '\0')
            continue;
        loom_script_add(script, "        ", (*row)->name, NULL);
        add_kind(script, (*row)->arguments);
    }
    loom_script_add(script, "    esac\n}\n\n_loom_commands() {\n    kind='", NULL);
    for (const struct loom_command *const *row = loom_commands; *row != NULL; row++)
        loom_script_add(script, " ", (*row)->name, NULL);
    loom_script_add(script, "'\n}\n", NULL);
}
