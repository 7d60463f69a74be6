/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom setup-git: make git ask this program for one server, or no longer.
 *
 * It promises to write only what src/cli/git_setup.h lists, by `git config --global`, and to take
 * exactly that out again; to change nothing when it is run twice; and to tell who else would get
 * the token. It speaks to no server.
 */
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/git_command.h"
#include "cli/git_helpers.h"
#include "cli/git_keepers.h"
#include "cli/git_setup.h"
#include "cli/server_choice.h"
#include "git/helper_value.h"
#include "store/store.h"
#include "system/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What git does not do for us, and with which status that ends. */
static const struct {
    enum loom_err err;
    int os_error; /* 0: any */
    int status;
    const char *sentence;
} faults[] = {
    {LOOM_ERR_INTERNAL, E2BIG, LOOM_EXIT_FAILURE,
     N_("git's configuration names more helpers than this program looks at. Look "
        "what this command says:\n\n    git config --list\n")},
    {LOOM_ERR_NOT_FOUND, 0, LOOM_EXIT_FAILURE,
     N_("There is no git here. Install git, and then run this again.")},
    {LOOM_ERR_BAD_ANSWER, 0, LOOM_EXIT_FAILURE,
     N_("This git is too old to be set up. Install git 2.31 or newer, and then run this again.")},
    {LOOM_ERR_TIMEOUT, 0, LOOM_EXIT_FAILURE, N_("git did not answer in time. Please try again.")},
    {LOOM_ERR_STORAGE, 0, LOOM_EXIT_STORAGE,
     N_("git cannot change its configuration. This is what it says:\n\n    {detail}\n\nPut that "
        "right, and then run this again.")},
    {LOOM_ERR_DAMAGED, 0, LOOM_EXIT_DAMAGED,
     N_("git cannot read its configuration. This is what it says:\n\n    {detail}\n\nPut that "
        "right, and then run this again.")},
};

static int fail(struct loom_cli *cli, const struct loom_error *error) {
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (faults[i].err != error->code ||
            (faults[i].os_error != 0 && faults[i].os_error != error->os_error))
            continue;
        loom_say_error(&cli->err, faults[i].sentence,
                       &(struct loom_words){.detail = error->detail});
        return faults[i].status;
    }
    return loom_failure(cli, &(struct loom_error){.code = error->code}, NULL);
}

/* What the sign-in remembers; NULL: nothing, as of a place that cannot be read. */
static const char *find_remembered_ca(struct loom_cli *cli, const struct loom_origin *server,
                                      struct loom_credential *credential) {
    struct loom_store_question question = {server, false};
    return cli->store != NULL &&
                   cli->store->ops->find(cli->store, &question, credential, NULL) == LOOM_OK
               ? credential->ca_file
               : NULL;
}

/* ---- What is told ---- */

/* The file in which git finds what was written; "" when it does not. */
static const char *find_file(const struct loom_git_helpers *helpers, const char *line) {
    for (size_t i = helpers->count; i > 0; i--)
        if (helpers->rows[i - 1].setting->file != NULL &&
            strcmp(helpers->rows[i - 1].setting->value, line) == 0)
            return helpers->rows[i - 1].setting->file;
    return "";
}

static void say_one_former(struct loom_cli *cli, const struct loom_git_helper *helper,
                           const struct loom_origin *server) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer name = LOOM_BUFFER_INIT(2 * LOOM_GIT_VALUE_MAX);
    bool has_name = loom_git_keeper_add_name(&name, helper->setting->value) == LOOM_OK;
    loom_say(&cli->err, "\n", NULL);
    loom_say(&cli->err,
             helper->kind == LOOM_GIT_HELPER_STORE
                 ? N_("Until now git handed your token to this helper as well, which wrote it to "
                      "a plaintext file:\n\n    {detail}\n\nIt does so no longer. To make that "
                      "token worthless, sign in anew:\n\n    loom login --server {server}\n")
             : has_name ? N_("Until now git handed your token to this helper as well:\n\n    "
                             "{detail}\n\nIt does so no longer.\n")
                        : N_("Until now git handed your token to another helper as well, a "
                             "command of the shell. It does so no longer."),
             &(struct loom_words){.detail = loom_buffer_text(&name), .server = server->url});
}

/* Those that stood behind ours until now have the token maybe, and git does not tell them so. */
static void say_former(struct loom_cli *cli, const struct loom_git_helpers *before,
                       const struct loom_git_helpers *after, const struct loom_origin *server) {
    for (size_t i = 0; i < before->count && loom_git_helpers_use_us(before); i++) {
        const char *value = before->rows[i].setting->value;
        bool is_kept = false;
        for (size_t j = 0; j < after->count; j++)
            is_kept = is_kept || (loom_git_helper_gets_token(&after->rows[j]) &&
                                  strcmp(after->rows[j].setting->value, value) == 0);
        if (!loom_git_helper_gets_token(&before->rows[i]) || is_kept)
            continue;
        say_one_former(cli, &before->rows[i], server);
    }
}

static int judge(struct loom_cli *cli, const struct loom_git_helpers *helpers,
                 const struct loom_origin *server) {
    const char *message = NULL;
    if (!loom_git_helpers_use_us(helpers))
        message = N_("The lines are there, but git would not use them here: another line, or a "
                     "variable like GIT_CONFIG_COUNT, makes it forget them again.");
    else if (*loom_origin_path(server) != '\0' && !helpers->names_path)
        message = N_("The lines are there, but another line switches useHttpPath off again, "
                     "without which git does not say which server of this host it means.");
    if (message == NULL)
        return LOOM_EXIT_DONE;
    loom_say_error(&cli->err, message, NULL);
    return LOOM_EXIT_PARTIAL;
}

/* ---- What is done ---- */

struct views {
    struct loom_git_settings settings;
    struct loom_git_helpers helpers;
};

static void views_clear(struct views *views) {
    loom_git_helpers_clear(&views->helpers);
    loom_git_settings_clear(&views->settings);
}

#define VIEWS_INIT                                                                                 \
    { .settings = LOOM_GIT_SETTINGS_INIT, .helpers = LOOM_GIT_HELPERS_INIT }

static enum loom_err look(struct loom_cli *cli, const struct loom_origin *server,
                          struct views *out_views, struct loom_error *error) {
    enum loom_err err = loom_git_settings_read(cli, &out_views->settings, error);
    return err == LOOM_OK ? loom_git_helpers_find(cli, &out_views->settings, server,
                                                  &out_views->helpers, error)
                          : err;
}

static void say_other_ca(struct loom_cli *cli, const struct loom_origin *server) {
    loom_say_always(&cli->err,
                    N_("git trusts a file of authorities for {server} that this program did not "
                       "write there. It was left as it is:\n\n    git config --global --get-all "
                       "http.{server}.sslCAInfo\n"),
                    &(struct loom_words){.server = server->url});
}

static int set_up(struct loom_cli *cli, const struct loom_git_setup *setup) {
    LOOM_CLEANUP(views_clear) struct views before = VIEWS_INIT;
    LOOM_CLEANUP(views_clear) struct views after = VIEWS_INIT;
    struct loom_git_setup_outcome outcome = {.has_changed = false};
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_err err = look(cli, setup->server, &before, &error);
    if (err == LOOM_OK)
        err = loom_git_setup_write(cli, setup, &outcome, &error);
    if (err == LOOM_OK)
        err = look(cli, setup->server, &after, &error);
    if (err != LOOM_OK)
        return fail(cli, &error);
    struct loom_words words = {.server = setup->server->url,
                               .path = find_file(&after.helpers, setup->line)};
    loom_say(&cli->err,
             outcome.has_changed
                 ? N_("git now asks this program for {server}. The lines that say so are in this "
                      "file:\n\n    {path}\n")
                 : N_("git asks this program for {server} already. Nothing was changed."),
             &words);
    say_former(cli, &before.helpers, &after.helpers, setup->server);
    if (outcome.has_other_ca)
        say_other_ca(cli, setup->server);
    (void)loom_git_keepers_say(cli, &after.helpers, setup->server, true);
    return judge(cli, &after.helpers, setup->server);
}

static int take_out(struct loom_cli *cli, const struct loom_git_setup *setup) {
    LOOM_CLEANUP(views_clear) struct views after = VIEWS_INIT;
    struct loom_git_setup_outcome outcome = {.has_changed = false};
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_words words = {.server = setup->server->url};
    enum loom_err err = loom_git_setup_remove(cli, setup, &outcome, &error);
    if (err == LOOM_OK)
        err = look(cli, setup->server, &after, &error);
    if (err != LOOM_OK)
        return fail(cli, &error);
    loom_say(&cli->err,
             outcome.has_changed
                 ? N_("The lines for {server} are out of git's configuration again.")
                 : N_("git was not set up for {server}. There is nothing to take out."),
             &words);
    if (outcome.has_other_ca)
        say_other_ca(cli, setup->server);
    for (size_t i = 0; i < after.helpers.count; i++)
        if (after.helpers.rows[i].is_ours && after.helpers.rows[i].is_asked &&
            after.helpers.rows[i].setting->file != NULL)
            loom_say(&cli->err,
                     N_("git still asks this program for {server}, because of a line that "
                        "setup-git did not write, in this file:\n\n    {path}\n"),
                     &(struct loom_words){.server = setup->server->url,
                                          .path = after.helpers.rows[i].setting->file});
    return LOOM_EXIT_DONE;
}

/* Without it git does not know which file is its own, and says so less kindly. */
static bool has_home(void) {
    const char *home = getenv("HOME");
    const char *file = getenv("GIT_CONFIG_GLOBAL");
    return (home != NULL && home[0] != '\0') || (file != NULL && file[0] != '\0');
}

static int run_for(struct loom_cli *cli, const struct loom_origin *server) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    LOOM_CLEANUP(loom_string_drop) char *ca_file = NULL;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer line = LOOM_BUFFER_INIT(LOOM_GIT_VALUE_MAX);
    char program[LOOM_PATH_MAX];
    if (loom_cli_ca_file(cli, &ca_file) != LOOM_OK)
        return LOOM_EXIT_USAGE;
    if (!loom_git_is_there())
        return fail(cli, &(struct loom_error){.code = LOOM_ERR_NOT_FOUND});
    if (!has_home()) {
        loom_say_error(&cli->err,
                       N_("HOME is not set, so git does not know where its "
                          "configuration is. Set it, and then run this again."),
                       NULL);
        return LOOM_EXIT_STORAGE;
    }
    if (loom_program_find(cli->program, program) != LOOM_OK) {
        loom_say_error(&cli->err,
                       N_("It is not known where this program is installed, so git "
                          "cannot be told."),
                       NULL);
        return LOOM_EXIT_FAILURE;
    }
    if (loom_git_helper_add(&line, program, server) != LOOM_OK)
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    struct loom_git_setup setup = {
        .server = server, .line = line.data, .ca_file = ca_file, .is_ca_named = ca_file != NULL};
    if (ca_file == NULL)
        setup.ca_file = find_remembered_ca(cli, server, &credential);
    if (loom_cli_was_interrupted())
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERRUPTED}, NULL);
    return cli->options.remove > 0 ? take_out(cli, &setup) : set_up(cli, &setup);
}

static int ask_for_server(struct loom_cli *cli) {
    return loom_failure_usage(cli,
                              N_("Say which server git is to be set up for, like this:"
                                 "\n\n    loom setup-git --server https://loom.example.com\n"),
                              NULL);
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_origin server;
    int status = LOOM_EXIT_USAGE;
    const char *argument = argc > 0 ? argv[0] : NULL;
    bool is_named =
        argument != NULL || cli->options.server != NULL || cli->environment.server != NULL;
    loom_cli_catch_signals(cli);
    /* Which servers there are has to be known only where none is named. */
    if (loom_cli_open_store(cli, &error) != LOOM_OK && !is_named)
        return loom_failure(cli, &error, NULL);
    switch (loom_server_choose(cli, argument, &server, &status)) {
    case LOOM_CHOICE_NAMED:
    case LOOM_CHOICE_ONLY:
        status = run_for(cli, &server);
        return loom_cli_was_interrupted() ? LOOM_EXIT_BY_SIGNAL : status;
    case LOOM_CHOICE_NOTHING:
        return ask_for_server(cli);
    case LOOM_CHOICE_SEVERAL:
    case LOOM_CHOICE_FAILED:
        return status;
    }
    return status;
}

static const struct loom_option options[] = {
    {"remove", '\0', NULL, N_("take exactly these lines out again"), LOOM_OPTION_AT(remove)},
    LOOM_OPTIONS_END,
};

const struct loom_command loom_command_setup_git = {
    .name = "setup-git",
    .arguments = "[URL]",
    .arguments_max = 1,
    .summary = N_("let git use your sign-in to a server"),
    .description =
        N_("Writes to git's own configuration, for this server alone, that git is to ask this "
           "program, and no other helper before it. You can run it before you sign in, and as "
           "often as you like. It names every other helper that git would hand your token to."),
    .options = options,
    .run = run,
};
