/* SPDX-License-Identifier: Apache-2.0 */
#include "server/cgi_priv.h"

#include "base/memory.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { VARIABLES_MAX = 40 };

/* ---- Environment: nothing of the server's own but PATH ---- */

struct variables {
    char *items[VARIABLES_MAX + 1]; /* NULL-terminated */
    size_t len;
    bool has_failed;
};

static void variables_clear(struct variables *variables) {
    for (size_t i = 0; i < variables->len; i++)
        loom_string_drop(&variables->items[i]);
}

/* Add NAME=value; a NULL value adds nothing. */
static void add(struct variables *variables, const char *name, const char *value) {
    char *item = NULL;
    if (value == NULL)
        return;
    if (variables->len == VARIABLES_MAX || asprintf(&item, "%s=%s", name, value) < 0) {
        variables->has_failed = true;
        return;
    }
    variables->items[variables->len++] = item;
}

struct setting {
    const char *name;
    const char *value;
};

/*
 * Git's own configuration, from nowhere but here. Repositories may belong to somebody else: which
 * ones are served was decided by --repos. Nothing may go on working in the background.
 */
static const struct setting settings[] = {
    {"safe.directory", "*"},
    {"gc.auto", "0"},
    {"maintenance.auto", "false"},
    {"receive.autogc", "false"},
};

static void add_settings(struct variables *variables) {
    char name[32];
    size_t len = sizeof settings / sizeof settings[0];
    (void)snprintf(name, sizeof name, "%zu", len);
    add(variables, "GIT_CONFIG_COUNT", name);
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(name, sizeof name, "GIT_CONFIG_KEY_%zu", i);
        add(variables, name, settings[i].name);
        (void)snprintf(name, sizeof name, "GIT_CONFIG_VALUE_%zu", i);
        add(variables, name, settings[i].value);
    }
    add(variables, "GIT_CONFIG_NOSYSTEM", "1");
    add(variables, "GIT_CONFIG_GLOBAL", "/dev/null");
    add(variables, "GIT_TERMINAL_PROMPT", "0");
}

static void add_request(struct variables *variables, const struct dev_cgi_ask *ask) {
    add(variables, "GATEWAY_INTERFACE", "CGI/1.1");
    add(variables, "SERVER_PROTOCOL", "HTTP/1.1");
    add(variables, "REMOTE_ADDR", "127.0.0.1");
    add(variables, "REMOTE_USER", ask->user);
    add(variables, "REQUEST_METHOD", ask->method);
    add(variables, "QUERY_STRING", ask->query);
    add(variables, "PATH_INFO", ask->path);
    add(variables, "CONTENT_TYPE", ask->content_type);
    add(variables, "CONTENT_LENGTH", ask->content_length);
    add(variables, "HTTP_CONTENT_ENCODING", ask->content_encoding);
    add(variables, "GIT_PROTOCOL", ask->git_protocol);
    add(variables, "GIT_PROJECT_ROOT", ask->root);
    add(variables, "GIT_HTTP_EXPORT_ALL", "1");
}

static void add_all(struct variables *variables, const struct dev_cgi_ask *ask) {
    const char *path = getenv("PATH");
    add(variables, "PATH", path == NULL ? "/usr/local/bin:/usr/bin:/bin" : path);
    add(variables, "LC_ALL", "C");
    add_settings(variables);
    add_request(variables, ask);
}

/* ---- The child ---- */

static void close_fd(int *fd) {
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* The four ends; every one closes by itself when a child is started elsewhere. */
struct pipes {
    int input[2];
    int output[2];
};

static void pipes_clear(struct pipes *pipes) {
    for (size_t i = 0; i < 2; i++) {
        close_fd(&pipes->input[i]);
        close_fd(&pipes->output[i]);
    }
}

static bool pipes_open(struct pipes *pipes) {
    return pipe2(pipes->input, O_CLOEXEC) == 0 && pipe2(pipes->output, O_CLOEXEC) == 0 &&
           fcntl(pipes->input[1], F_SETFL, O_NONBLOCK) == 0;
}

/* The server blocks and ignores signals that git must not ignore. */
static bool set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none;
    sigset_t all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF) == 0 &&
           posix_spawnattr_setpgroup(attributes, 0) == 0 &&
           posix_spawnattr_setsigmask(attributes, &none) == 0 &&
           posix_spawnattr_setsigdefault(attributes, &all) == 0;
}

static void actions_clear(posix_spawn_file_actions_t *actions) {
    (void)posix_spawn_file_actions_destroy(actions);
}

static void attributes_clear(posix_spawnattr_t *attributes) {
    (void)posix_spawnattr_destroy(attributes);
}

static bool run(const struct pipes *pipes, char *const environment[], pid_t *out_pid) {
    static char git[] = "git";
    static char backend[] = "http-backend";
    char *const arguments[] = {git, backend, NULL};
    LOOM_CLEANUP(actions_clear) posix_spawn_file_actions_t actions;
    LOOM_CLEANUP(attributes_clear) posix_spawnattr_t attributes;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    return set_attributes(&attributes) &&
           posix_spawn_file_actions_adddup2(&actions, pipes->input[0], STDIN_FILENO) == 0 &&
           posix_spawn_file_actions_adddup2(&actions, pipes->output[1], STDOUT_FILENO) == 0 &&
           posix_spawnp(out_pid, git, &actions, &attributes, arguments, environment) == 0;
}

enum loom_err dev_cgi_spawn(const struct dev_cgi_ask *ask, struct dev_cgi_child *out_child) {
    LOOM_CLEANUP(variables_clear) struct variables variables = {.len = 0};
    LOOM_CLEANUP(pipes_clear) struct pipes pipes = {{-1, -1}, {-1, -1}};
    pid_t pid = 0;
    add_all(&variables, ask);
    if (variables.has_failed || !pipes_open(&pipes) || !run(&pipes, variables.items, &pid))
        return LOOM_ERR_INTERNAL;
    out_child->pid = pid;
    out_child->input = pipes.input[1];
    out_child->output = pipes.output[0];
    pipes.input[1] = -1;
    pipes.output[0] = -1;
    return LOOM_OK;
}
