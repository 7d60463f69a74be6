/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/git_keepers.h"

#include "base/buffer.h"
#include "cli/say.h"

enum { COMMAND_MAX = 64 * 1024 };

enum loom_err loom_git_keeper_add_name(struct loom_buffer *out, const char *value) {
    enum loom_err err = loom_git_helper_name(value, out);
    return err == LOOM_ERR_NOT_FOUND ? loom_git_helper_program(value, out) : err;
}

static void say_what(struct loom_cli *cli, const struct loom_git_helper *helper,
                     const struct loom_origin *server) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer name = LOOM_BUFFER_INIT(COMMAND_MAX);
    bool has_name = loom_git_keeper_add_name(&name, helper->setting->value) == LOOM_OK;
    struct loom_words words = {.server = server->url, .detail = loom_buffer_text(&name)};
    loom_say(&cli->err,
             helper->kind == LOOM_GIT_HELPER_STORE
                 ? N_("git hands your token for {server} to another helper as well, which writes "
                      "it to a plaintext file:\n\n    {detail}\n")
             : has_name ? N_("git hands your token for {server} to another helper as well, which "
                             "may keep it:\n\n    {detail}\n")
                        : N_("git hands your token for {server} to another helper as well, a "
                             "command of the shell, which may keep it."),
             &words);
    if (helper->setting->file == NULL)
        return;
    loom_say(&cli->err, "\n", NULL);
    loom_say(&cli->err, N_("It is configured in this file:\n\n    {path}\n"),
             &(struct loom_words){.path = helper->setting->file});
}

/* The command that takes exactly this line out of its file. */
static enum loom_err add_command(struct loom_buffer *out, const struct loom_git_setting *setting) {
    enum loom_err err = loom_buffer_add_text(out, "git config --file ");
    if (err == LOOM_OK)
        err = loom_git_helper_add_word(out, setting->file);
    if (err == LOOM_OK)
        err = loom_buffer_add_text(out, " --fixed-value --unset-all ");
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer key = LOOM_BUFFER_INIT(COMMAND_MAX);
    if (err == LOOM_OK)
        err = loom_buffer_add_format(&key, "credential.%s%shelper",
                                     setting->pattern != NULL ? setting->pattern : "",
                                     setting->pattern != NULL ? "." : "");
    if (err == LOOM_OK)
        err = loom_git_helper_add_word(out, key.data);
    if (err == LOOM_OK)
        err = loom_buffer_add_text(out, " ");
    return err == LOOM_OK ? loom_git_helper_add_word(out, setting->value) : err;
}

static void say_remedy(struct loom_cli *cli, const struct loom_git_helper *helper,
                       const struct loom_origin *server, bool was_set_up) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer command = LOOM_BUFFER_INIT(COMMAND_MAX);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer name = LOOM_BUFFER_INIT(COMMAND_MAX);
    loom_say(&cli->err, "\n", NULL);
    if (helper->setting->file == NULL)
        loom_say(&cli->err,
                 N_("It stands in no file: to keep your token from it, take it out of these "
                    "variables:\n\n    GIT_CONFIG_COUNT\n    GIT_CONFIG_PARAMETERS\n"),
                 NULL);
    else if (!was_set_up)
        loom_say(&cli->err,
                 N_("To keep your token from it, run:\n\n    loom setup-git --server {server}\n"),
                 &(struct loom_words){.server = server->url});
    /* What a shell is told may hold a password, and is not repeated. */
    else if (loom_git_keeper_add_name(&name, helper->setting->value) == LOOM_OK &&
             add_command(&command, helper->setting) == LOOM_OK)
        loom_say(&cli->err, N_("To keep your token from it, run:\n\n    {command}\n"),
                 &(struct loom_words){.command = command.data});
    else
        loom_say(&cli->err, N_("To keep your token from it, take its line out of that file."),
                 NULL);
}

size_t loom_git_keepers_say(struct loom_cli *cli, const struct loom_git_helpers *helpers,
                            const struct loom_origin *server, bool was_set_up) {
    size_t count = 0;
    for (size_t i = 0; i < helpers->count; i++) {
        if (!loom_git_helper_gets_token(&helpers->rows[i]))
            continue;
        if (count++ > 0)
            loom_say(&cli->err, "\n", NULL);
        say_what(cli, &helpers->rows[i], server);
        say_remedy(cli, &helpers->rows[i], server, was_set_up);
    }
    return count;
}

void loom_git_keepers_look(struct loom_cli *cli, const struct loom_git_settings *settings,
                           const struct loom_origin *server) {
    LOOM_CLEANUP(loom_git_helpers_clear) struct loom_git_helpers helpers = LOOM_GIT_HELPERS_INIT;
    if (loom_git_helpers_find(cli, settings, server, &helpers, NULL) == LOOM_OK &&
        loom_git_helpers_use_us(&helpers))
        (void)loom_git_keepers_say(cli, &helpers, server, false);
}
