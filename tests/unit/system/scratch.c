/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include "base/buffer.h"
#include "system/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { NOTHING = 0xFFFF, CHILD_MAX_MS = 30000, NAMES = 4 };

int scratch_make(void **state) {
    struct scratch *scratch = calloc(1, sizeof *scratch);
    assert_non_null(scratch);
    (void)snprintf(scratch->path, sizeof scratch->path, "/tmp/loom-test-XXXXXX");
    if (mkdtemp(scratch->path) == NULL)
        fail_msg("no scratch folder: %s", strerror(errno));
    scratch->folder = (struct loom_folder)LOOM_FOLDER_INIT;
    assert_int_equal(loom_folder_open(scratch->path, LOOM_FOLDER_READ, &scratch->folder, NULL),
                     LOOM_OK);
    *state = scratch;
    return 0;
}

/* Step by step: the whole path of what is in there may be longer than any call allows. */
static int remove_all(int parent, const char *name) {
    if (unlinkat(parent, name, 0) == 0)
        return 0;
    if (fchmodat(parent, name, S_IRWXU, 0) != 0)
        return -1;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL)
        return -1;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)remove_all(fd, entry->d_name);
    }
    (void)closedir(folder);
    return unlinkat(parent, name, AT_REMOVEDIR);
}

int scratch_remove(void **state) {
    struct scratch *scratch = *state;
    loom_folder_close(&scratch->folder);
    int failed = remove_all(AT_FDCWD, scratch->path);
    free(scratch);
    return failed;
}

const char *scratch_path(const struct scratch *scratch, const char *name) {
    static char paths[NAMES][sizeof scratch->path + 4096];
    static size_t next;
    char *path = paths[next++ % NAMES];
    (void)snprintf(path, sizeof paths[0], "%s/%s", scratch->path, name);
    return path;
}

void scratch_write(const struct scratch *scratch, const char *name, mode_t mode, const char *text) {
    int fd = open(scratch_path(scratch, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    CHECK(fchmod(fd, mode) == 0);
    CHECK(close(fd) == 0);
}

enum loom_err scratch_create(const struct loom_folder *folder, const char *name, const char *text,
                             bool *out_created, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer content = LOOM_BUFFER_INIT(strlen(text));
    CHECK(loom_buffer_add_text(&content, text) == LOOM_OK);
    return loom_file_create(folder, name, &content, out_created, error);
}

bool scratch_holds(const struct scratch *scratch, const char *name, const char *text) {
    size_t len = strlen(text);
    char *content = malloc(len + 2);
    int fd = open(scratch_path(scratch, name), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool is_equal = content != NULL && fd >= 0 && read(fd, content, len + 1) == (ssize_t)len &&
                    memcmp(content, text, len) == 0;
    free(content);
    if (fd >= 0)
        (void)close(fd);
    return is_equal;
}

unsigned scratch_mode(const struct scratch *scratch, const char *name) {
    struct stat info;
    return lstat(scratch_path(scratch, name), &info) == 0 ? info.st_mode & 07777U : NOTHING;
}

int scratch_count(const struct scratch *scratch) {
    DIR *folder = opendir(scratch->path);
    if (folder == NULL)
        return -1;
    int count = -2; /* . and .. */
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

int64_t elapsed_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int child_wait(pid_t pid) {
    int64_t deadline = elapsed_ms() + CHILD_MAX_MS;
    int status = 0;
    bool was_killed = false;
    for (;;) {
        pid_t ended = waitpid(pid, &status, was_killed ? 0 : WNOHANG);
        if (ended == pid)
            break;
        if (ended < 0 && errno != EINTR)
            return 998;
        if (elapsed_ms() > deadline && !was_killed) {
            (void)kill(pid, SIGKILL);
            was_killed = true;
        }
        const struct timespec moment = {.tv_nsec = 1000000};
        (void)nanosleep(&moment, NULL);
    }
    if (was_killed)
        return 999;
    return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

int child_status(void (*body)(void *argument), void *argument) {
    pid_t pid = fork();
    if (pid < 0)
        return 998;
    if (pid == 0) {
        body(argument);
        _exit(0);
    }
    return child_wait(pid);
}

void become_unprivileged(const struct scratch *scratch) {
    if (geteuid() != 0)
        return;
    CHECK(chown(scratch->path, UNPRIVILEGED, UNPRIVILEGED) == 0);
    CHECK(setgroups(0, NULL) == 0);
    CHECK(setresgid(UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED) == 0);
    CHECK(setresuid(UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED) == 0);
}
