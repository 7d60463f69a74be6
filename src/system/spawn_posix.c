/* SPDX-License-Identifier: Apache-2.0 */
#include "system/spawn.h"

#include "system/process_priv.h"
#include "system/spawn_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* What no child has to know. LOOM_TOKEN is not in our own environment any more. */
static const char *const withheld[] = {
    "LOOM_TOKEN=", "LOOM_TOKEN_FILE=", "LOOM_PASSPHRASE="}; /* reserved: docs/VAULT-FORMAT.md */

static bool is_program(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

enum loom_err loom_spawn_find(const char *name, char out_path[static LOOM_PATH_MAX]) {
    char path[LOOM_PATH_MAX];
    const char *list = strchr(name, '/') != NULL ? "" : getenv("PATH");
    if (name[0] == '/' && strlen(name) < LOOM_PATH_MAX && is_program(name)) {
        memcpy(out_path, name, strlen(name) + 1);
        return LOOM_OK;
    }
    while (name[0] != '\0' && list != NULL && *list != '\0') {
        size_t len = strcspn(list, ":");
        int written = snprintf(path, sizeof path, "%.*s/%s", (int)len, list, name);
        if (list[0] == '/' && written > 0 && (size_t)written < sizeof path && is_program(path)) {
            memcpy(out_path, path, (size_t)written + 1);
            return LOOM_OK;
        }
        list += list[len] == ':' ? len + 1 : len;
    }
    return LOOM_ERR_NOT_FOUND;
}

static bool is_withheld(const char *variable) {
    for (size_t i = 0; i < sizeof withheld / sizeof withheld[0]; i++)
        if (strncmp(variable, withheld[i], strlen(withheld[i])) == 0)
            return true;
    return false;
}

/* Does one of the changes, "NAME=value" or "NAME", concern this variable? */
static bool is_changed(const char *variable, const char *const *changes) {
    size_t len = strcspn(variable, "=");
    for (; changes != NULL && *changes != NULL; changes++)
        if (strcspn(*changes, "=") == len && strncmp(*changes, variable, len) == 0)
            return true;
    return false;
}

static size_t count_words(const char *const *words) {
    size_t count = 0;
    while (words != NULL && words[count] != NULL)
        count++;
    return count;
}

/* The environment less what is withheld: an array of our own, the strings stay where they are. */
static const char **child_environment(const char *const *changes) {
    size_t count = count_words((const char *const *)environ), kept = 0;
    const char **copy = calloc(count + count_words(changes) + 1, sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++)
        if (!is_withheld(environ[i]) && !is_changed(environ[i], changes))
            copy[kept++] = environ[i];
    for (; copy != NULL && changes != NULL && *changes != NULL; changes++)
        if (strchr(*changes, '=') != NULL)
            copy[kept++] = *changes;
    return copy;
}

static int add_actions(posix_spawn_file_actions_t *actions, const struct loom_spawn_order *order) {
    /* A script that looks for its tools by a relative element of PATH finds the system's in "/". */
    int failed = posix_spawn_file_actions_addchdir_np(actions, order->folder);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && failed == 0; fd++)
        failed = order->fds[fd] >= 0
                     ? posix_spawn_file_actions_adddup2(actions, order->fds[fd], fd)
                     : posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
    /* Not only ours: whoever started this program may have left some open. */
    return failed == 0 ? posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1)
                       : failed;
}

static int add_attributes(posix_spawnattr_t *attributes) {
    sigset_t all, none;
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    int failed = posix_spawnattr_setsigdefault(attributes, &all);
    if (failed == 0)
        failed = posix_spawnattr_setsigmask(attributes, &none);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (short)POSIX_SPAWN_SETSID;
    return failed == 0 ? posix_spawnattr_setflags(attributes, flags) : failed;
}

/* Neither the words nor the variables of a program are written to, whatever posix_spawn(3) says. */
static int spawn(const struct loom_spawn_order *order, const char *const *environment,
                 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 pid_t *out_pid) {
    loom_process_lend();
    int failed =
        posix_spawn(out_pid, order->path, actions, attributes,
                    (char *const *)(uintptr_t)order->argv, (char *const *)(uintptr_t)environment);
    loom_process_take_back();
    return failed;
}

static int start(const struct loom_spawn_order *order, const char *const *environment,
                 pid_t *out_pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    int failed = add_actions(&actions, order);
    if (failed == 0)
        failed = add_attributes(&attributes);
    if (failed == 0)
        failed = spawn(order, environment, &actions, &attributes, out_pid);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

enum loom_err loom_spawn_start(const struct loom_spawn_order *order, struct loom_child *out_child) {
    const char **environment = child_environment(order->changes);
    if (environment == NULL)
        return LOOM_ERR_INTERNAL;
    pid_t pid = 0;
    int failed = start(order, environment, &pid);
    free(environment);
    if (failed == ENOENT || failed == ENOTDIR || failed == EACCES || failed == ENOEXEC)
        return LOOM_ERR_NOT_FOUND;
    if (failed != 0)
        return LOOM_ERR_INTERNAL;
    out_child->pid = pid;
    return LOOM_OK;
}

enum loom_err loom_spawn(const char *path, char *const argv[], struct loom_child *out_child) {
    const struct loom_spawn_order order = {
        .path = path, .argv = (const char *const *)argv, .folder = "/", .fds = {-1, -1, -1}};
    return loom_spawn_start(&order, out_child) == LOOM_OK ? LOOM_OK : LOOM_ERR_INTERNAL;
}

enum loom_child_state loom_spawn_poll(struct loom_child *child) {
    int status = 0;
    if (child->pid <= 0)
        return LOOM_CHILD_FAILED;
    pid_t ended = waitpid(child->pid, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR))
        return LOOM_CHILD_RUNNING;
    child->pid = 0;
    return ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? LOOM_CHILD_SUCCEEDED
                                                                      : LOOM_CHILD_FAILED;
}

bool loom_spawn_is_inside_windows(void) {
    struct utsname kernel;
    /* sudo(8) drops the variable; the kernel says all the same whose it is. */
    return getenv("WSL_DISTRO_NAME") != NULL ||
           (uname(&kernel) == 0 && strcasestr(kernel.release, "microsoft") != NULL);
}
