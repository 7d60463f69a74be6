/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/log.h"
#include "base/sentences.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/open_keyring.h"
#include "store/store.h"
#include "store/vault.h"
#include "system/parallel.h"
#include "system/process.h"
#include "system/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* git looks for a program of this name when its configuration says `helper = loom`. */
#define HELPER_NAME "git-credential-loom"

/* git waits for five seconds, and another loom that holds the file's lock may have been stopped. */
enum { HELPER_LOCK_MS = 750 };

static const struct {
    const char *word;
    enum loom_color color;
} colors[] = {
    {"auto", LOOM_COLOR_AUTO}, {"always", LOOM_COLOR_ALWAYS}, {"never", LOOM_COLOR_NEVER}};

static const struct {
    const char *word;
    enum loom_place place;
} places[] = {
    {"auto", LOOM_PLACE_AUTO}, {"keyring", LOOM_PLACE_KEYRING}, {"file", LOOM_PLACE_FILE}};

static const char *const option_faults[] = {
    [LOOM_OPTION_FINE] = "",
    [LOOM_OPTION_UNKNOWN] =
        N_("There is no such option here:\n\n    {option}\n\nTo see them all, run:\n\n"
           "    loom help {command}\n"),
    [LOOM_OPTION_NEEDS_VALUE] =
        N_("This option needs a value:\n\n    {option}\n\nTo see how it is used, "
           "run:\n\n    loom help {command}\n"),
    [LOOM_OPTION_TAKES_NO_VALUE] =
        N_("This option takes no value:\n\n    {option}\n\nTo see how it is used, "
           "run:\n\n    loom help {command}\n"),
    [LOOM_OPTION_BAD_VALUE] =
        N_("This option takes one of these words, and no other:\n\n    {option} {detail}\n"),
    [LOOM_OPTION_NO_MEMORY] = N_("There is not enough memory."),
};

/* The sink of base/log.h has no context of its own: one program, one stderr, whoever logs. */
static struct loom_output *log_output;

static void show_log_line(enum loom_log_level level, const char *line) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    (void)level;
    loom_parallel_lock();
    loom_output_live_end(log_output);
    if (loom_buffer_add_text(&text, "loom: ") == LOOM_OK &&
        loom_text_add_printable(&text, line, strlen(line)) == LOOM_OK &&
        loom_buffer_add_text(&text, "\n") == LOOM_OK)
        loom_output_raw(log_output, text.data, text.len);
    loom_parallel_unlock();
}

static void open_outputs(struct loom_cli *cli, enum loom_color color) {
    struct loom_output_style style = {
        .color = color,
        .is_plain = cli->environment.is_plain,
        .is_quiet = cli->options.quiet > 0,
    };
    loom_output_open(&cli->out, STDOUT_FILENO, &style);
    loom_output_open(&cli->err, STDERR_FILENO, &style);
}

/* What the global options say about output. */
static void apply_globals(struct loom_cli *cli) {
    const char *wish = cli->options.color != NULL ? cli->options.color : colors[0].word;
    int verbosity = cli->options.verbose > cli->environment.debug ? cli->options.verbose
                                                                  : cli->environment.debug;
    log_output = &cli->err;
    if (verbosity > 0)
        loom_log_open(verbosity > 1 ? LOOM_LOG_WIRE : LOOM_LOG_STEPS, show_log_line);
    for (size_t i = 0; i < sizeof colors / sizeof colors[0]; i++) {
        if (strcmp(wish, colors[i].word) == 0)
            open_outputs(cli, colors[i].color);
    }
}

/* As --json and --format are read; the values of other options look the same and do no harm. */
static bool is_json_wish(const char *word, const char *next) {
    return strcmp(word, "--json") == 0 || strcmp(word, "--format=json") == 0 ||
           (strcmp(word, "--format") == 0 && next != NULL && strcmp(next, "json") == 0);
}

/* Whoever reads JSON reads it also when another option was wrong, and stood before --json. */
static bool asks_for_json(int argc, const char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_json_wish(argv[i], argv[i + 1]))
            return true;
    return false;
}

static int refuse_option(struct loom_cli *cli, const struct loom_options_left *left,
                         const char *command) {
    struct loom_error error = LOOM_ERROR_INIT;
    const char *message = option_faults[left->fault];
    if (left->fault != LOOM_OPTION_NO_MEMORY)
        return loom_failure_usage(cli, message,
                                  &(struct loom_words){.option = left->option,
                                                       .command = command,
                                                       .detail = left->values});
    (void)loom_error_detail(&error, LOOM_ERR_INTERNAL, message);
    return loom_failure(cli, &error, NULL);
}

static int run_command(struct loom_cli *cli, const struct loom_command *command,
                       const struct loom_options_left *left) {
    if (cli->options.version > 0) {
        loom_say_always(&cli->out, "loom {name}", &(struct loom_words){.name = LOOM_VERSION});
        return cli->out.has_failed ? LOOM_EXIT_FAILURE : LOOM_EXIT_DONE;
    }
    if (cli->options.help > 0)
        return loom_help_print(cli, command);
    if (left->argc > command->arguments_max)
        return loom_failure_usage(cli,
                                  N_("That is one argument too many. To see what it takes, run:\n\n"
                                     "    loom help {command}\n"),
                                  &(struct loom_words){.command = command->name});
    return command->run(cli, left->argc, left->argv);
}

/* argv[0] is the command's name. */
static int parse_and_run(struct loom_cli *cli, const struct loom_command *command, int argc,
                         const char **argv) {
    LOOM_CLEANUP(loom_options_left_clear) struct loom_options_left left = {.argv = NULL};
    struct loom_options_read read = {argv, argc, command->options, false};
    cli->failure_event = command->failure_event;
    if (loom_options_parse(&read, &cli->options, &left) != LOOM_OPTION_FINE) {
        cli->options.json = asks_for_json(argc, argv);
        return refuse_option(cli, &left, command->name);
    }
    if (cli->options.format != NULL && strcmp(cli->options.format, "json") == 0)
        cli->options.json++;
    apply_globals(cli);
    return run_command(cli, command, &left);
}

/* A bare `loom`, `loom --help`, `loom --version`. */
static int run_without_command(struct loom_cli *cli, const struct loom_options_left *left) {
    apply_globals(cli);
    if (cli->options.version == 0)
        return loom_help_print(cli, NULL);
    return run_command(cli, &loom_command_help, left);
}

static int find_and_run(struct loom_cli *cli, int argc, const char **argv) {
    LOOM_CLEANUP(loom_options_left_clear) struct loom_options_left left = {.argv = NULL};
    struct loom_options_read read = {argv, argc, NULL, true};
    if (loom_options_parse(&read, &cli->options, &left) != LOOM_OPTION_FINE) {
        cli->options.json = asks_for_json(argc, argv);
        return refuse_option(cli, &left, "");
    }
    if (left.argc == 0)
        return run_without_command(cli, &left);
    const struct loom_command *command = loom_command_find(left.argv[0]);
    if (command == NULL) {
        cli->options.json = asks_for_json(argc, argv);
        return loom_failure_usage(
            cli, N_("There is no such command. To see them all, run:\n\n    loom help\n"), NULL);
    }
    int at = argc - left.argc;
    bool has_ended = at > 1 && strcmp(argv[at - 1], "--") == 0;
    if (has_ended) { /* no options stand behind it, whatever they look like */
        argv[at - 1] = argv[at];
        argv[at] = "--";
        at--;
    }
    return parse_and_run(cli, command, argc - at, argv + at);
}

static bool is_called_as_helper(const char *program) {
    const char *slash = strrchr(program, '/');
    return strcmp(slash != NULL ? slash + 1 : program, HELPER_NAME) == 0;
}

/* What exists to be printed, and was not, is a failure where all else went well. */
static int judge_output(struct loom_cli *cli, int status) {
    bool is_fine = status == LOOM_EXIT_DONE || status == LOOM_EXIT_FAILURE;
    if (!cli->out.has_failed || !is_fine)
        return status;
    if (!cli->is_helper) /* git says itself that it heard nothing */
        loom_say_error(&cli->err, N_("Not everything could be printed."), NULL);
    return LOOM_EXIT_FAILURE;
}

/* Whatever the command was: files of somebody else do not change in silence. */
static void say_imported(struct loom_cli *cli) {
    if (cli->store != NULL && loom_store_has_imported(cli->store))
        loom_say_always(&cli->err,
                        N_("The sign-ins of another Loom program, which were readable there, were "
                           "taken over and encrypted."),
                        NULL);
}

int loom_cli_run(int argc, const char **argv, const struct loom_ports *ports) {
    /* execve(2) lets a caller leave out even the name, and popt would read on into nothing. */
    static const char *nameless[] = {"loom", NULL};
    struct loom_cli cli = {.ports = ports};
    if (argc < 1) {
        argc = 1;
        argv = nameless;
    }
    cli.program = argv[0];
    loom_environment_read(&cli.environment);
    /* popt would stop at the first argument then, and options stand behind it as well. */
    (void)unsetenv("POSIXLY_CORRECT");
    open_outputs(&cli, LOOM_COLOR_AUTO);
    int status = is_called_as_helper(argv[0])
                     ? parse_and_run(&cli, &loom_command_credential_helper, argc, argv)
                     : find_and_run(&cli, argc, argv);
    loom_output_live_end(&cli.err);
    status = judge_output(&cli, status);
    say_imported(&cli);
    loom_store_close(cli.store);
    loom_options_clear(&cli.options);
    loom_environment_clear(&cli.environment);
    return status;
}

void loom_cli_catch_signals(struct loom_cli *cli) {
    *cli->ports->stop_fd = loom_signals_catch();
}

bool loom_cli_was_interrupted(void) {
    return loom_signals_caught() != 0;
}

enum loom_err loom_cli_choose_place(const struct loom_cli *cli, enum loom_place *out_place,
                                    struct loom_error *error) {
    const char *wish = cli->options.store != NULL ? cli->options.store : cli->environment.store;
    if (wish == NULL)
        wish = places[0].word;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(wish, places[i].word) == 0) {
            *out_place = places[i].place;
            return LOOM_OK;
        }
    }
    return loom_error_detail(error, LOOM_ERR_USAGE, loom_sentence_usage(LOOM_USAGE_PLACE));
}

enum loom_err loom_cli_open_store(struct loom_cli *cli, struct loom_error *error) {
    enum loom_place place = LOOM_PLACE_AUTO;
    struct loom_store *keyring = NULL, *vault = NULL;
    enum loom_err err = loom_cli_choose_place(cli, &place, error);
    if (err == LOOM_OK)
        err = loom_paths_find(&cli->paths, error);
    if (err != LOOM_OK)
        return err;
    /* Nobody is asked to unlock what was not chosen; what it shows is looked at all the same. */
    err = loom_cli_open_keyring(cli, place != LOOM_PLACE_FILE, &keyring);
    if (err == LOOM_OK)
        err = loom_vault_open(&cli->paths, &vault);
    if (err == LOOM_OK && cli->is_helper)
        loom_vault_set_patience(vault, HELPER_LOCK_MS);
    if (err == LOOM_OK)
        err = loom_keyring_first_open(keyring, vault, place, &cli->store);
    else
        loom_store_close(keyring);
    return err == LOOM_OK ? err : loom_error_set(error, err);
}

struct loom_session loom_cli_session(const struct loom_cli *cli) {
    return (struct loom_session){&cli->ports->http, &cli->ports->clock, cli->store, &cli->paths};
}

enum loom_err loom_cli_ca_file(struct loom_cli *cli, char **out_path) {
    const char *variable = getenv("LOOM_CA_FILE");
    if (cli->options.cacert == NULL) {
        /* One that cannot be read is told when it is needed. */
        *out_path = variable != NULL && variable[0] != '\0' ? realpath(variable, NULL) : NULL;
        return LOOM_OK;
    }
    char *path = realpath(cli->options.cacert, NULL);
    if (path != NULL && access(path, R_OK) == 0) {
        *out_path = path;
        return LOOM_OK;
    }
    free(path);
    (void)loom_failure_usage(
        cli, N_("The file of certificate authorities cannot be read:\n\n    {detail}\n"),
        &(struct loom_words){.detail = cli->options.cacert});
    return LOOM_ERR_USAGE;
}

enum loom_err loom_cli_trust_ca_file(struct loom_cli *cli) {
    LOOM_CLEANUP(loom_string_drop) char *path = NULL;
    if (cli->options.cacert == NULL)
        return LOOM_OK;
    enum loom_err err = loom_cli_ca_file(cli, &path);
    if (err != LOOM_OK || setenv("LOOM_CA_FILE", path, 1) == 0)
        return err;
    (void)loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    return LOOM_ERR_INTERNAL;
}
