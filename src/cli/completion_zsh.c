/* SPDX-License-Identifier: Apache-2.0 */
/* The tables for zsh: what its _arguments and _describe want to be told. */
#include "cli/commands.h"
#include "cli/completion.h"

static const char *const actions[] = {
    [LOOM_SUGGEST_NOTHING] = ": ",
    [LOOM_SUGGEST_WORDS] = "",
    [LOOM_SUGGEST_SERVERS] = ":_loom_servers",
    [LOOM_SUGGEST_FILES] = ":_files",
    [LOOM_SUGGEST_COMMANDS] = ":_loom_commands",
};

/* ":URL:_loom_servers", ":word:(auto always never)" */
static void add_action(struct loom_script *script, const char *value) {
    enum loom_suggestion suggestion = loom_suggestion_for(value);
    if (suggestion == LOOM_SUGGEST_WORDS) {
        loom_script_add(script, ":word:(", NULL);
        loom_script_add_words(script, value);
        loom_script_add(script, ")", NULL);
        return;
    }
    loom_script_add(script, ":", NULL);
    loom_script_add_quoted(script, value, "", "");
    loom_script_add(script, actions[suggestion], NULL);
}

/* `dashes` is what stands before the name; "!" hides what is only an older one. */
static void add_option(struct loom_script *script, const struct loom_option *row,
                       const char *dashes, const char *name) {
    loom_script_add(script, "        '", row->help == NULL ? "!" : "",
                    row->letter != '\0' ? "*" : "", dashes, name, row->value != NULL ? "=" : "",
                    NULL);
    if (row->help != NULL) {
        loom_script_add(script, "[", NULL);
        loom_script_add_quoted(script, row->help, "[]:\\", "'\\''");
        loom_script_add(script, "]", NULL);
    }
    if (row->value != NULL)
        add_action(script, row->value);
    loom_script_add(script, "'\n", NULL);
}

static void add_options(struct loom_script *script, const struct loom_option *row) {
    for (; row != NULL && row->name != NULL; row++) {
        if (row->letter != '\0')
            add_option(script, row, "-", (char[]){row->letter, '\0'});
        add_option(script, row, "--", row->name);
    }
}

void loom_completion_add_zsh(struct loom_script *script) {
    loom_script_add(script, "_loom_tables() { # [COMMAND]\n    _loom_global_options=(\n", NULL);
    add_options(script, loom_global_options);
    loom_script_add(script, "    )\n    _loom_command_list=(\n", NULL);
    for (const struct loom_command *const *row = loom_commands; *row != NULL; row++) {
        loom_script_add(script, "        '", (*row)->name, ":", NULL);
        loom_script_add_quoted(script, (*row)->summary, ":\\", "'\\''");
        loom_script_add(script, "'\n", NULL);
    }
    loom_script_add(script, "    )\n    case ${1-} in\n", NULL);
    for (const struct loom_command *const *row = loom_commands; *row != NULL; row++) {
        loom_script_add(script, "    ", (*row)->name, ") _loom_own=(\n", NULL);
        add_options(script, (*row)->options);
        if ((*row)->arguments[0] != '\0') {
            loom_script_add(script, "        '1", NULL);
            add_action(script, (*row)->arguments);
            loom_script_add(script, "'\n", NULL);
        }
        loom_script_add(script, "    ) ;;\n", NULL);
    }
    loom_script_add(script, "    esac\n}\n", NULL);
}
