/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that belongs to a process and not to a library: written down before and after a command, and
 * compared. A host with habits of its own, so that what is put back to a usual value shows as well.
 */
#include "api/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

enum {
    STATE_MAX = 256 * 1024,
    SIGNALS = 65,
    RESTORER = 0x04000000, /* the kernel's note that the C library has set an action at all */
};

struct state {
    char text[STATE_MAX];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void note(struct state *state, const char *format,
                                                       ...) {
    va_list values;
    va_start(values, format);
    int len = vsnprintf(state->text + state->len, STATE_MAX - state->len, format, values);
    va_end(values);
    if (len < 0 || (size_t)len >= STATE_MAX - state->len)
        abort();
    state->len += (size_t)len;
}

static void note_signals(struct state *state) {
    sigset_t blocked, pending;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    (void)sigpending(&pending);
    for (int i = 1; i < SIGNALS; i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) != 0)
            continue;
        note(state, "signal %d: %p %x%s%s\n", i, *(void **)&action.sa_handler,
             (unsigned)(action.sa_flags & ~RESTORER),
             sigismember(&blocked, i) == 1 ? " blocked" : "",
             sigismember(&pending, i) == 1 ? " pending" : "");
    }
}

static void note_process(struct state *state) {
    char folder[4096];
    mode_t mask = umask(0);
    (void)umask(mask);
    note(state, "umask %o\nlocale %s %d\ndumpable %d\nfolder %s\n", (unsigned)mask,
         setlocale(LC_ALL, NULL), uselocale((locale_t)0) == LC_GLOBAL_LOCALE,
         prctl(PR_GET_DUMPABLE), getcwd(folder, sizeof folder));
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit;
        if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
            note(state, "limit %d: %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
                 (unsigned long long)limit.rlim_max);
    }
    for (char **each = environ; *each != NULL; each++)
        note(state, "environment %s\n", *each);
}

/* Numbers and what they are; the folder that is read is not counted. */
static void note_descriptors(struct state *state) {
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char path[64], target[4096] = "";
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (entry->d_name[0] == '.' || fd == dirfd(folder))
            continue;
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t len = readlink(path, target, sizeof target - 1);
        target[len > 0 ? len : 0] = '\0';
        note(state, "descriptor %d: %s flags %d\n", fd, target, fcntl(fd, F_GETFD));
    }
    (void)closedir(folder);
}

/* A thread that has been joined stays in the kernel's list for a moment. */
static int count_threads(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(folder);
    return count;
}

static void note_threads(struct state *state, int expected) {
    for (int i = 0; i < 200 && count_threads() != expected; i++)
        (void)poll(NULL, 0, 10);
    note(state, "threads %d\n", count_threads());
}

static void take(struct state *state, int threads) {
    state->len = 0;
    note_signals(state);
    note_process(state);
    note_descriptors(state);
    note_threads(state, threads);
}

/* The lines of `a` that `b` lacks. */
static int print_missing(const char *mark, const struct state *a, const struct state *b) {
    int count = 0;
    for (const char *line = a->text; line < a->text + a->len;) {
        size_t len = strcspn(line, "\n");
        char *copy = strndup(line, len);
        const char *found = strstr(b->text, copy);
        if (found == NULL) {
            (void)printf("%s=%s\n", mark, copy);
            count++;
        }
        free(copy);
        line += len + 1;
    }
    return count;
}

static void on_signal(int number) {
    (void)number;
}

/* What a library might be tempted to put right. */
static void have_habits(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct rlimit core = {0, 0};
    sigset_t some;
    (void)sigaction(SIGUSR1, &action, NULL);
    (void)sigaction(SIGCHLD, &action, NULL);
    (void)signal(SIGINT, SIG_IGN);
    if (getenv("HOST_SIGPIPE") != NULL)
        (void)sigaction(SIGPIPE, &action, NULL);
    (void)sigemptyset(&some);
    (void)sigaddset(&some, SIGUSR2);
    (void)pthread_sigmask(SIG_BLOCK, &some, NULL);
    (void)raise(SIGUSR2);
    (void)umask(013);
    (void)setlocale(LC_ALL, "");
    if (getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max > 4096) {
        core.rlim_cur = 4096;
        (void)setrlimit(RLIMIT_CORE, &core);
    }
    if (chdir("/usr") != 0)
        abort();
    (void)setenv("HOST_OWN", "value", 1);
}

int host_inspect(const char *const *argv) {
    static struct state before, after;
    struct loom_credentials *credentials = NULL;
    have_habits();
    take(&before, count_threads());
    if (host_open(&credentials, false) == LOOM_CREDENTIALS_OK)
        (void)host_do(credentials, argv, false);
    loom_credentials_close(credentials);
    take(&after, 1);
    (void)print_missing("lost", &before, &after);
    (void)print_missing("gained", &after, &before);
    (void)puts("inspected=1");
    return 0;
}
