/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom credential-helper: git's question, and an answer or none.
 *
 * git names the host; only a stored server that matches it is answered for, whatever LOOM_SERVER
 * says, and with --server that one alone. Nothing is asked of a person but to unlock the keyring,
 * at a terminal. The network is touched only to renew a token that is about to end, and to ask
 * about one that git said was refused. Having nothing to say is success.
 */
#include "cli/commands.h"
#include "cli/environment_token.h"
#include "cli/failure.h"
#include "cli/refresh_view.h"
#include "cli/report.h"
#include "cli/server_choice.h"
#include "git/git_credential.h"
#include "session/access.h"
#include "store/store.h"
#include "system/stream.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* git waits: five seconds are all that it is kept, a slow keyring included. */
enum { LEAST_LIFE_S = 60, READ_AND_ASK_MS = 4000, ASK_MOST_MS = 3500, ASK_LEAST_MS = 500 };

/* What one call works with. */
struct call {
    struct loom_cli *cli;
    struct loom_git_request request;
    bool is_get;
    bool has_server; /* called with --server: as a person set it up */
    struct loom_origin server;
};

/* The stored server that matches best, and a sign-in of unknown origin that may be meant. */
struct search {
    const struct call *call;
    size_t best;
    struct loom_origin server;
    bool has_unnamed;
    struct loom_origin unnamed; /* what server that may be for */
};

static void say(const struct call *call, const char *message, const struct loom_origin *server) {
    loom_say_error(&call->cli->err, message, &(struct loom_words){.server = server->url});
}

/* An import is filed under its server's key alone: that of the request's host, or of a path there.
 */
static bool find_meant(const struct loom_git_request *request, const char *key,
                       struct loom_origin *out_server) {
    const char *url = request->origin.url;
    for (size_t end = request->origin.path_at;; end += 1 + strcspn(url + end + 1, "/")) {
        struct loom_origin server;
        char own_key[LOOM_STORE_KEY_MAX];
        if (loom_origin_parse(url, end, &server, NULL) == LOOM_OK &&
            loom_store_key(&server, false, own_key) == LOOM_OK && strcmp(own_key, key) == 0) {
            *out_server = server;
            return true;
        }
        if (url[end] == '\0')
            return false;
    }
}

static void consider(void *context, const struct loom_store_entry *entry) {
    struct search *search = context;
    if (entry->origin == NULL) {
        search->has_unnamed =
            search->has_unnamed || find_meant(&search->call->request, entry->key, &search->unnamed);
        return;
    }
    size_t score = loom_git_match(&search->call->request, entry->origin);
    if (score <= search->best)
        return;
    search->best = score;
    search->server = *entry->origin;
}

/* Find the server that the request is for. LOOM_ERR_NOT_FOUND: none of ours. */
static enum loom_err find_server(const struct call *call, struct loom_origin *out_server,
                                 struct loom_error *error) {
    struct search search = {.call = call};
    if (call->has_server) {
        *out_server = call->server;
        return loom_git_match(&call->request, &call->server) > 0 ? LOOM_OK : LOOM_ERR_NOT_FOUND;
    }
    enum loom_err err = call->cli->store->ops->list(call->cli->store, consider, &search, error);
    /* A damaged file does not silence the keyring. */
    if (err != LOOM_OK && !(err == LOOM_ERR_DAMAGED && search.best > 0))
        return err;
    if (search.best == 0 && search.has_unnamed && call->is_get)
        say(call,
            N_("There is a sign-in of another Loom program for {server}. It is not handed out "
               "until you name the server yourself:\n\n    loom status --server {server}\n"),
            &search.unnamed);
    *out_server = search.server;
    return search.best > 0 ? LOOM_OK : LOOM_ERR_NOT_FOUND;
}

/* git's user name, when it sends one, is ours or the account's own. */
static bool is_user_ours(const struct loom_git_request *request,
                         const struct loom_account *account) {
    return !request->has_username || strcmp(request->username, LOOM_GIT_USERNAME) == 0 ||
           (account->username != NULL && strcmp(request->username, account->username) == 0);
}

static int answer(const struct call *call, const struct loom_git_answer *answer) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_GIT_ANSWER_MAX);
    enum loom_err err = loom_git_add_answer(&text, answer);
    if (err != LOOM_OK) {
        (void)loom_report_say(call->cli, &(struct loom_error){.code = err}, NULL);
        return LOOM_EXIT_FAILURE;
    }
    loom_output_raw(&call->cli->out, text.data, text.len);
    return call->cli->out.has_failed ? LOOM_EXIT_FAILURE : LOOM_EXIT_DONE;
}

static int answer_quit(const struct call *call) {
    return answer(call, &(struct loom_git_answer){.quit = true});
}

static enum loom_err find_in_environment(const struct call *call, struct loom_secret **out_token) {
    struct loom_origin server;
    enum loom_err err = loom_environment_token_server(call->cli, &server);
    if (err != LOOM_OK)
        return err;
    if ((call->has_server && !loom_origin_is_equal(&server, &call->server)) ||
        loom_git_match(&call->request, &server) == 0)
        return LOOM_ERR_NOT_FOUND;
    return loom_environment_token_take(call->cli, out_token);
}

/* Why there is no answer, said once, with the command that helps. */
static int explain(const struct call *call, const struct loom_error *error,
                   const struct loom_origin *server) {
    if (error->code == LOOM_ERR_NOT_FOUND && !call->has_server)
        return LOOM_EXIT_DONE;
    if (error->code == LOOM_ERR_EXPIRED)
        (void)loom_refresh_view_expired(call->cli, server);
    else
        (void)loom_report_say(call->cli, error, server);
    bool ends_search = error->code == LOOM_ERR_REJECTED || error->code == LOOM_ERR_NOT_FOUND;
    return ends_search ? answer_quit(call) : LOOM_EXIT_DONE;
}

/*
 * Is the sign-in there, and another user's? Then the question is for some other helper, and not
 * even that ours is dead may end its way to that one.
 */
static bool is_for_another_user(const struct call *call, const struct loom_origin *server) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    static const struct loom_account nobody = LOOM_ACCOUNT_INIT;
    struct loom_store *store = call->cli->store;
    struct loom_store_question question = {server, false};
    return !is_user_ours(&call->request, &nobody) &&
           store->ops->find(store, &question, &credential, NULL) == LOOM_OK &&
           !is_user_ours(&call->request, &credential.account);
}

static int64_t now_ms(const struct call *call) {
    const struct loom_clock *clock = &call->cli->ports->clock;
    return clock->now_ms(clock->context);
}

/* What a slow keyring took is not left for the server, but what a person took to unlock it is. */
static int ask_ms(const struct call *call, int64_t began_ms) {
    int64_t left_ms = began_ms + READ_AND_ASK_MS - now_ms(call);
    if (left_ms > ASK_MOST_MS || call->cli->was_person_asked)
        return ASK_MOST_MS;
    return left_ms > ASK_LEAST_MS ? (int)left_ms : ASK_LEAST_MS;
}

static int get_stored(const struct call *call) {
    LOOM_CLEANUP(loom_access_clear) struct loom_access access = LOOM_ACCESS_INIT;
    int64_t began_ms = now_ms(call);
    const struct loom_credential *credential = &access.credential;
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_origin server;
    struct loom_session session;
    enum loom_err err = loom_cli_open_store(call->cli, &error);
    if (err == LOOM_OK)
        err = find_server(call, &server, &error);
    if (err == LOOM_ERR_NOT_FOUND)
        return LOOM_EXIT_DONE;
    if (err != LOOM_OK)
        return explain(call, &error, &call->request.origin);
    if (is_for_another_user(call, &server))
        return LOOM_EXIT_DONE;
    session = loom_cli_session(call->cli);
    struct loom_store_question question = {&server, call->has_server};
    /* What a server gives out only once is stored before Ctrl-C ends this. */
    loom_cli_catch_signals(call->cli);
    const struct loom_access_need need = {.min_valid_s = LEAST_LIFE_S,
                                          .timeout_ms = ask_ms(call, began_ms)};
    err = loom_access_find(&session, &question, &need, &access, &error);
    if (loom_cli_was_interrupted())
        return LOOM_EXIT_BY_SIGNAL;
    if (err != LOOM_OK) {
        error.code = err;
        return explain(call, &error, &server);
    }
    if (!is_user_ours(&call->request, &credential->account))
        return LOOM_EXIT_DONE;
    loom_refresh_view_trouble(call->cli, &access);
    return answer(call, &(struct loom_git_answer){.password = credential->token,
                                                  .expires_at = credential->expires_at});
}

static int get(const struct call *call) {
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    static const struct loom_account nobody = LOOM_ACCOUNT_INIT;
    enum loom_err err = find_in_environment(call, &token);
    if (err == LOOM_ERR_NOT_FOUND)
        return get_stored(call);
    if (err != LOOM_OK || !is_user_ours(&call->request, &nobody))
        return LOOM_EXIT_DONE;
    return answer(call, &(struct loom_git_answer){.password = token});
}

/* git erases after a 401, whoever sent it; what that means is session/access.h's to find out. */
static int erase(const struct call *call) {
    struct loom_error error = LOOM_ERROR_INIT;
    struct loom_origin server;
    if (call->request.password == NULL ||
        (call->request.has_username && call->request.username[0] == '\0'))
        return LOOM_EXIT_DONE;
    enum loom_err err = loom_cli_open_store(call->cli, &error);
    if (err == LOOM_OK)
        err = find_server(call, &server, &error);
    if (err != LOOM_OK)
        return LOOM_EXIT_DONE;
    struct loom_session session = loom_cli_session(call->cli);
    struct loom_store_question question = {&server, call->has_server};
    err = loom_access_refuse(&session, &question, call->request.password, &error);
    if (err != LOOM_OK)
        (void)loom_report_say(call->cli, &error, &server);
    return LOOM_EXIT_DONE;
}

/* Only `loom login` stores: what git hands back is either ours already or not ours at all. */
static int ignore(const struct call *call) {
    (void)call;
    return LOOM_EXIT_DONE;
}

static const struct {
    const char *name;
    int (*run)(const struct call *call);
} operations[] = {{"get", get}, {"store", ignore}, {"erase", erase}};

static int run_operation(struct call *call, const char *name) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer input = LOOM_BUFFER_INIT(LOOM_GIT_INPUT_MAX);
    size_t row = 0;
    while (row < sizeof operations / sizeof operations[0] &&
           strcmp(operations[row].name, name) != 0)
        row++;
    /* gitcredentials(7): "If a helper receives any other operation, it should silently ignore the
     * request." */
    if (row == sizeof operations / sizeof operations[0])
        return LOOM_EXIT_DONE;
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_err err = loom_stream_read(STDIN_FILENO, -1, loom_git_is_complete, &input, &error);
    if (err == LOOM_OK)
        err = loom_error_set(&error,
                             loom_git_parse(loom_buffer_text(&input), input.len, &call->request));
    /* What is not a question has no answer; that memory is short is said. */
    if (err == LOOM_ERR_INTERNAL)
        (void)loom_report_say(call->cli, &error, NULL);
    if (err != LOOM_OK)
        return LOOM_EXIT_DONE;
    call->is_get = operations[row].run == get;
    call->cli->asked = &call->request.origin;
    int status = operations[row].run(call);
    call->cli->asked = NULL;
    return status;
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    struct call call = {.cli = cli, .request = LOOM_GIT_REQUEST_INIT};
    cli->is_helper = true;
    if (argc == 0)
        return loom_failure_usage(cli,
                                  N_("git calls this command with get, store or erase. To see how "
                                     "to set it up, run:\n\n    loom help credential-helper\n"),
                                  NULL);
    if (argc > 1)
        return LOOM_EXIT_DONE;
    call.has_server = cli->options.server != NULL;
    if (call.has_server && loom_server_parse(cli, cli->options.server, &call.server) != LOOM_OK)
        return LOOM_EXIT_USAGE;
    int status = run_operation(&call, argv[0]);
    loom_git_request_clear(&call.request);
    return status;
}

const struct loom_command loom_command_credential_helper = {
    .name = "credential-helper",
    .arguments = "get|store|erase",
    .arguments_max = 64, /* too many are ignored, as an operation that it does not know */
    .summary = N_("answer git's questions; git calls it"),
    .description = N_("git runs this when it needs to sign in. It answers for servers that you are "
                      "signed in to and for nothing else. To set it up for a server, run:\n\n"
                      "    loom setup-git --server https://loom.example.com"),
    .run = run,
};
