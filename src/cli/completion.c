/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom completion: the script that teaches a shell our commands and options, made from the tables
 * that parsing and help use.
 */
#include "cli/completion.h"

#include "cli/commands.h"
#include "cli/failure.h"

#include <stdarg.h>
#include <string.h>

/* A line of the scripts: here come the tables. */
#define MARK "# @TABLES@\n"

enum { SCRIPT_MAX = 256 * 1024 };

void loom_script_add(struct loom_script *script, ...) {
    va_list texts;
    va_start(texts, script);
    for (const char *text = va_arg(texts, const char *); text != NULL;
         text = va_arg(texts, const char *))
        if (script->err == LOOM_OK)
            script->err = loom_buffer_add_text(script->text, text);
    va_end(texts);
}

static void add_byte(struct loom_script *script, char byte) {
    if (script->err == LOOM_OK)
        script->err = loom_buffer_add(script->text, &byte, 1);
}

void loom_script_add_quoted(struct loom_script *script, const char *text, const char *specials,
                            const char *apostrophe) {
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            loom_script_add(script, apostrophe, NULL);
            continue;
        }
        if (strchr(specials, *text) != NULL)
            add_byte(script, '\\');
        add_byte(script, *text);
    }
}

void loom_script_add_words(struct loom_script *script, const char *closed) {
    for (; *closed != '\0'; closed++)
        add_byte(script, *closed == '|' ? ' ' : *closed);
}

static const struct {
    const char *value;
    enum loom_suggestion suggestion;
} suggestions[] = {
    {"URL", LOOM_SUGGEST_SERVERS},
    {"[URL]", LOOM_SUGGEST_SERVERS},
    {"FILE", LOOM_SUGGEST_FILES},
    {"[COMMAND]", LOOM_SUGGEST_COMMANDS},
};

enum loom_suggestion loom_suggestion_for(const char *value) {
    for (size_t i = 0; i < sizeof suggestions / sizeof suggestions[0]; i++)
        if (strcmp(suggestions[i].value, value) == 0)
            return suggestions[i].suggestion;
    return loom_option_is_closed(value) ? LOOM_SUGGEST_WORDS : LOOM_SUGGEST_NOTHING;
}

static const struct shell {
    const char *name;
    const char *script;
    void (*add_tables)(struct loom_script *script);
} shells[] = {
    {"bash", loom_completion_bash, loom_completion_add_bash},
    {"zsh", loom_completion_zsh, loom_completion_add_zsh},
    {"fish", loom_completion_fish, loom_completion_add_fish},
};

static int print_script(struct loom_cli *cli, const struct shell *shell) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(SCRIPT_MAX);
    struct loom_script script = {&text, LOOM_ERR_INTERNAL};
    const char *mark = strstr(shell->script, MARK);
    if (mark != NULL) {
        script.err = loom_buffer_add(&text, shell->script, (size_t)(mark - shell->script));
        shell->add_tables(&script);
        loom_script_add(&script, mark + strlen(MARK), NULL);
    }
    if (script.err != LOOM_OK)
        return loom_failure(cli, &(struct loom_error){.code = script.err}, NULL);
    loom_output_raw(&cli->out, text.data, text.len);
    return cli->out.has_failed ? LOOM_EXIT_FAILURE : LOOM_EXIT_DONE;
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    if (cli->options.servers > 0)
        return loom_completion_print_servers(cli);
    for (size_t i = 0; argc > 0 && i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(argv[0], shells[i].name) == 0)
            return print_script(cli, &shells[i]);
    return loom_failure_usage(cli,
                              N_("Say for which shell: bash, zsh or fish. To see how it is used, "
                                 "run:\n\n    loom help completion\n"),
                              NULL);
}

static const struct loom_option options[] = {
    /* What the scripts ask; nothing for people, so it is not shown. */
    {"servers", '\0', NULL, NULL, LOOM_OPTION_AT(servers)},
    LOOM_OPTIONS_END,
};

const struct loom_command loom_command_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .arguments_max = 1,
    .summary = N_("print the script that completes commands in a shell"),
    .description = N_(
        "Prints a script for your shell. With it, the Tab key completes commands, options and the "
        "servers that you are signed in to. Installing loom as a package sets it up. Otherwise, "
        "add the line of your shell to its profile:"
        "\n\n    bash   eval \"$(loom completion bash)\""
        "\n    zsh    eval \"$(loom completion zsh)\""
        "\n    fish   loom completion fish | source"),
    .options = options,
    .run = run,
};
