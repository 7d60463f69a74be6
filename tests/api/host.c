/* SPDX-License-Identifier: Apache-2.0 */
#include "api/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Lines stay lines. */
static void print_text(const char *name, const char *text) {
    (void)printf("%s=", name);
    for (; *text != '\0'; text++)
        (void)fputs(*text == '\n' ? "\\n" : (char[]){*text, '\0'}, stdout);
    (void)putchar('\n');
}

static void print_failure(enum loom_credentials_result result,
                          const struct loom_credentials_error *error) {
    print_text("result", loom_credentials_result_name(result));
    if (result == LOOM_CREDENTIALS_OK)
        return;
    (void)printf("has_error=%d\n", error != NULL);
    print_text("error_result", loom_credentials_result_name(loom_credentials_error_result(error)));
    print_text("message", loom_credentials_error_message(error));
    print_text("detail", loom_credentials_error_detail(error));
    print_text("oauth_error", loom_credentials_error_oauth_error(error));
    (void)printf("http_status=%ld\nos_error=%d\n", loom_credentials_error_http_status(error),
                 loom_credentials_error_os_error(error));
}

static enum loom_credentials_result finish(enum loom_credentials_result result,
                                           struct loom_credentials_error *error, bool is_quiet) {
    if (!is_quiet)
        print_failure(result, error);
    loom_credentials_error_free(error);
    return result;
}

static enum loom_credentials_result do_list(const struct loom_credentials *credentials,
                                            const char *const *argv, bool is_quiet) {
    struct loom_credentials_servers *servers = NULL;
    struct loom_credentials_error *error = NULL;
    enum loom_credentials_result result =
        loom_credentials_list_servers(credentials, &servers, &error);
    (void)argv;
    for (size_t i = 0; result == LOOM_CREDENTIALS_OK && i < loom_credentials_servers_count(servers);
         i++)
        if (!is_quiet)
            print_text("server", loom_credentials_servers_at(servers, i));
    if (result == LOOM_CREDENTIALS_OK &&
        loom_credentials_servers_at(servers, loom_credentials_servers_count(servers)) != NULL)
        abort();
    loom_credentials_servers_free(servers);
    return finish(result, error, is_quiet);
}

static void print_token(const struct loom_credentials_token *token) {
    const char *warning = loom_credentials_token_warning(token);
    print_text("token", loom_credentials_token_bytes(token));
    (void)printf("len=%zu\nexpires_at=%lld\nfrom_environment=%d\n",
                 loom_credentials_token_len(token),
                 (long long)loom_credentials_token_expires_at(token),
                 loom_credentials_token_is_from_environment(token));
    print_text("type", loom_credentials_token_type(token));
    print_text("git_username", loom_credentials_token_git_username(token));
    print_text("token_server", loom_credentials_token_server(token));
    print_text("warning", warning != NULL ? warning : "");
}

/* SERVER [MIN_VALID_S] */
static enum loom_credentials_result do_token(const struct loom_credentials *credentials,
                                             const char *const *argv, bool is_quiet) {
    struct loom_credentials_token *token = NULL;
    struct loom_credentials_error *error = NULL;
    int min_valid_s = argv[1] != NULL && argv[2] != NULL ? (int)strtol(argv[2], NULL, 10) : 60;
    enum loom_credentials_result result =
        loom_credentials_get_token(credentials, argv[1], min_valid_s, &token, &error);
    if (result == LOOM_CREDENTIALS_OK && !is_quiet)
        print_token(token);
    loom_credentials_token_free(token);
    return finish(result, error, is_quiet);
}

/* SERVER: its token was answered with 401. */
static enum loom_credentials_result do_refuse(const struct loom_credentials *credentials,
                                              const char *const *argv, bool is_quiet) {
    struct loom_credentials_token *token = NULL;
    struct loom_credentials_error *error = NULL;
    enum loom_credentials_result result =
        loom_credentials_get_token(credentials, argv[1], 0, &token, &error);
    if (result == LOOM_CREDENTIALS_OK)
        result = loom_credentials_refuse(credentials, token, &error);
    loom_credentials_token_free(token);
    return finish(result, error, is_quiet);
}

/* Renewed in any case: what there is was refused. */
static enum loom_credentials_result do_renew(const struct loom_credentials *credentials,
                                             const char *const *argv, bool is_quiet) {
    enum loom_credentials_result result = do_refuse(credentials, argv, true);
    return result == LOOM_CREDENTIALS_OK ? do_token(credentials, argv, is_quiet) : result;
}

/* SERVER ENDING */
static enum loom_credentials_result do_delete(const struct loom_credentials *credentials,
                                              const char *const *argv, bool is_quiet) {
    static const char *const revocations[] = {"revoked", "not_revoked", "unrevocable", "not_asked"};
    enum loom_credentials_revocation revocation = LOOM_CREDENTIALS_NOT_ASKED;
    struct loom_credentials_error *error = NULL;
    int ending = argv[1] != NULL && argv[2] != NULL ? (int)strtol(argv[2], NULL, 10) : 0;
    enum loom_credentials_result result = loom_credentials_delete(
        credentials, argv[1], (enum loom_credentials_ending)ending, &revocation, &error);
    if (result == LOOM_CREDENTIALS_OK && !is_quiet)
        print_text("revocation", revocations[revocation]);
    return finish(result, error, is_quiet);
}

/* COMMAND...: in this process and, at the same time, in a child of it. */
static enum loom_credentials_result do_fork(const struct loom_credentials *credentials,
                                            const char *const *argv, bool is_quiet) {
    int status = 0;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        (void)host_do(credentials, argv + 1, is_quiet);
        (void)fflush(stdout);
        _exit(0);
    }
    enum loom_credentials_result result = host_do(credentials, argv + 1, true);
    (void)waitpid(child, &status, 0);
    (void)printf("child=%d\n", status);
    return result;
}

/* COMMAND...: then again in a child, which has what the first one left. */
static enum loom_credentials_result do_then_fork(const struct loom_credentials *credentials,
                                                 const char *const *argv, bool is_quiet) {
    (void)host_do(credentials, argv + 1, true);
    return do_fork(credentials, argv, is_quiet);
}

/* COMMAND... -- COMMAND...: the first here, and the second in a child of this process alone. */
static enum loom_credentials_result do_in_child(const struct loom_credentials *credentials,
                                                const char *const *argv, bool is_quiet) {
    const char *first[8] = {NULL};
    size_t count = 0;
    int status = 0;
    while (count + 1 < sizeof first / sizeof first[0] && argv[count + 1] != NULL &&
           strcmp(argv[count + 1], "--") != 0) {
        first[count] = argv[count + 1];
        count++;
    }
    if (count == 0 || argv[count + 1] == NULL || argv[count + 2] == NULL)
        exit(2);
    enum loom_credentials_result result = host_do(credentials, first, true);
    (void)printf("before=%d\n", (int)result);
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        (void)host_do(credentials, argv + count + 2, is_quiet);
        (void)fflush(stdout);
        _exit(0);
    }
    (void)waitpid(child, &status, 0);
    (void)printf("child=%d\n", status);
    return result;
}

static enum loom_credentials_result do_version(const struct loom_credentials *credentials,
                                               const char *const *argv, bool is_quiet) {
    (void)credentials, (void)argv;
    if (is_quiet)
        return LOOM_CREDENTIALS_OK;
    print_text("version", loom_credentials_version());
    print_text("header", LOOM_CREDENTIALS_VERSION);
    (void)printf("parts=%d.%d.%d\n", LOOM_CREDENTIALS_VERSION_MAJOR, LOOM_CREDENTIALS_VERSION_MINOR,
                 LOOM_CREDENTIALS_VERSION_PATCH);
    return LOOM_CREDENTIALS_OK;
}

static const struct {
    const char *name;
    enum loom_credentials_result (*run)(const struct loom_credentials *, const char *const *, bool);
} commands[] = {
    {"list", do_list},           {"token", do_token},       {"refuse", do_refuse},
    {"renew", do_renew},         {"delete", do_delete},     {"fork", do_fork},
    {"then-fork", do_then_fork}, {"in-child", do_in_child}, {"version", do_version},
};

enum loom_credentials_result host_do(const struct loom_credentials *credentials,
                                     const char *const *argv, bool is_quiet) {
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, argv[0]) == 0)
            return commands[i].run(credentials, argv, is_quiet);
    (void)fprintf(stderr, "no such command: %s\n", argv[0]);
    exit(2);
}

static enum loom_credentials_result set_options(struct loom_credentials_options *options) {
    const char *place = getenv("HOST_PLACE"), *timeout = getenv("HOST_TIMEOUT_MS");
    enum loom_credentials_result result = LOOM_CREDENTIALS_OK;
    if (place != NULL)
        result = loom_credentials_options_set_place(
            options, (enum loom_credentials_place)strtol(place, NULL, 10));
    if (result == LOOM_CREDENTIALS_OK && timeout != NULL)
        result = loom_credentials_options_set_timeout(options, (int)strtol(timeout, NULL, 10));
    if (result == LOOM_CREDENTIALS_OK)
        result = loom_credentials_options_set_ca_file(options, getenv("HOST_CA"));
    loom_credentials_options_set_prompting(options, getenv("HOST_PROMPT") != NULL);
    loom_credentials_options_set_environment(options, getenv("HOST_ENVIRONMENT") == NULL);
    return result;
}

enum loom_credentials_result host_open(struct loom_credentials **out_credentials, bool is_quiet) {
    struct loom_credentials_options *options = NULL;
    struct loom_credentials_error *error = NULL;
    enum loom_credentials_result result = loom_credentials_options_new(&options);
    if (result == LOOM_CREDENTIALS_OK)
        result = set_options(options);
    if (result == LOOM_CREDENTIALS_OK)
        result = loom_credentials_open(options, out_credentials, &error);
    loom_credentials_options_free(options);
    if (result != LOOM_CREDENTIALS_OK && !is_quiet)
        print_failure(result, error);
    loom_credentials_error_free(error);
    return result;
}

int main(int argc, char **words) {
    const char *const *argv = (const char *const *)words;
    struct loom_credentials *credentials = NULL;
    if (argc < 2)
        return 2;
    if (strcmp(argv[1], "inspect") == 0)
        return host_inspect(argv + 2);
    if (strcmp(argv[1], "stress") == 0)
        return host_stress(argv + 2);
    if (strcmp(argv[1], "crowd") == 0)
        return host_crowd(argv + 2);
    if (strcmp(argv[1], "faults") == 0)
        return host_faults(argv + 2);
    if (host_open(&credentials, false) == LOOM_CREDENTIALS_OK)
        (void)host_do(credentials, argv + 1, false);
    loom_credentials_close(credentials);
    return 0;
}
