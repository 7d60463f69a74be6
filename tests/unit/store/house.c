/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

#include "store/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATHS = 4, CHILD_MAX_MS = 60000 };

/* ---- Folders and files ---- */

int house_make(void **state) {
    struct house *house = calloc(1, sizeof *house);
    assert_non_null(house);
    (void)snprintf(house->path, sizeof house->path, "/tmp/loom-store-XXXXXX");
    if (mkdtemp(house->path) == NULL)
        fail_msg("no folder for the test: %s", strerror(errno));
    (void)snprintf(house->paths.config, sizeof house->paths.config, "%s/config", house->path);
    (void)snprintf(house->paths.data, sizeof house->paths.data, "%s/data", house->path);
    assert_int_equal(loom_vault_open(&house->paths, &house->vault), LOOM_OK);
    *state = house;
    return 0;
}

static void remove_files(const char *folder) {
    DIR *names = opendir(folder);
    if (names == NULL)
        return;
    const struct dirent *entry;
    while ((entry = readdir(names)) != NULL) {
        if (unlinkat(dirfd(names), entry->d_name, 0) != 0)
            (void)unlinkat(dirfd(names), entry->d_name, AT_REMOVEDIR);
    }
    (void)closedir(names);
    (void)rmdir(folder);
}

int house_remove(void **state) {
    struct house *house = *state;
    loom_store_close(house->vault);
    (void)chmod(house->paths.config, S_IRWXU);
    (void)chmod(house->paths.data, S_IRWXU);
    remove_files(house->paths.config);
    remove_files(house->paths.data);
    remove_files(house->path);
    int failed = access(house->path, F_OK) == 0;
    free(house);
    return failed;
}

const char *house_path(const struct house *house, const char *name) {
    static char paths[PATHS][LOOM_PATH_MAX];
    static size_t next;
    char *path = paths[next++ % PATHS];
    (void)snprintf(path, sizeof paths[0], "%s/%s", house->path, name);
    return path;
}

void house_folders(const struct house *house) {
    if (mkdir(house->paths.config, S_IRWXU) != 0)
        assert_int_equal(errno, EEXIST);
    if (mkdir(house->paths.data, S_IRWXU) != 0)
        assert_int_equal(errno, EEXIST);
}

void house_write(const struct house *house, const char *name, mode_t mode, const void *bytes,
                 size_t len) {
    house_folders(house);
    int fd = open(house_path(house, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(close(fd), 0);
}

void house_write_text(const struct house *house, const char *name, const char *text) {
    house_write(house, name, 0600, text, strlen(text));
}

void house_read(const struct house *house, const char *name, struct loom_buffer *out) {
    char part[4096];
    int fd = open(house_path(house, name), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t got;
    while ((got = read(fd, part, sizeof part)) > 0)
        assert_int_equal(loom_buffer_add(out, part, (size_t)got), LOOM_OK);
    assert_int_equal(got, 0);
    (void)close(fd);
}

bool house_has(const struct house *house, const char *name) {
    struct stat info;
    return lstat(house_path(house, name), &info) == 0;
}

unsigned house_mode(const struct house *house, const char *name) {
    struct stat info;
    assert_int_equal(lstat(house_path(house, name), &info), 0);
    return info.st_mode & 07777;
}

bool house_holds(const struct house *house, const char *name, const struct loom_buffer *content) {
    struct loom_buffer is = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    house_read(house, name, &is);
    bool is_equal = is.len == content->len &&
                    memcmp(loom_buffer_text(&is), loom_buffer_text(content), is.len) == 0;
    loom_buffer_clear(&is);
    return is_equal;
}

int house_count(const struct house *house, const char *folder) {
    int count = 0;
    DIR *names = opendir(house_path(house, folder));
    if (names == NULL)
        return 0;
    while (readdir(names) != NULL)
        count++;
    (void)closedir(names);
    return count - 2;
}

void house_edit(const struct house *house, const char *name, const char *from, const char *to) {
    struct loom_buffer old = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_buffer new = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    house_read(house, name, &old);
    const char *at = strstr(old.data, from);
    if (at == NULL)
        fail_msg("%s holds no %s", name, from);
    assert_int_equal(loom_buffer_add(&new, old.data, (size_t)(at - old.data)), LOOM_OK);
    assert_int_equal(loom_buffer_add_text(&new, to), LOOM_OK);
    assert_int_equal(loom_buffer_add_text(&new, at + strlen(from)), LOOM_OK);
    house_write(house, name, 0600, new.data, new.len);
    loom_buffer_clear(&old);
    loom_buffer_clear(&new);
}

/* ---- Credentials ---- */

struct loom_origin origin_of(const char *url) {
    struct loom_origin origin;
    assert_int_equal(loom_origin_parse(url, strlen(url), &origin, NULL), LOOM_OK);
    return origin;
}

struct loom_credential credential_of(const char *url, const char *token) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    credential.has_origin = true;
    credential.origin = origin_of(url);
    credential.obtained_at = 1000;
    assert_int_equal(loom_secret_new(token, strlen(token), &credential.token), LOOM_OK);
    return credential;
}

enum loom_err save_token(struct loom_store *store, const char *url, const char *token) {
    struct loom_credential credential = credential_of(url, token);
    enum loom_err err = store->ops->save(store, &credential, NULL);
    loom_credential_clear(&credential);
    return err;
}

enum loom_err remove_origin(struct loom_store *store, const char *url, bool may_adopt) {
    struct loom_origin origin = origin_of(url);
    struct loom_store_question question = {&origin, may_adopt};
    return store->ops->remove(store, &question, NULL);
}

static bool hands_out(struct loom_store *store, const struct loom_store_question *question,
                      const char *token) {
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    if (store->ops->find(store, question, &credential, NULL) != LOOM_OK)
        return false;
    bool is_it = strcmp(loom_secret_bytes(credential.token), token) == 0 && credential.has_origin &&
                 loom_origin_is_equal(&credential.origin, question->origin);
    loom_credential_clear(&credential);
    return is_it;
}

enum loom_err find_error(struct loom_store *store, const char *url, bool may_adopt) {
    struct loom_origin origin = origin_of(url);
    struct loom_store_question question = {&origin, may_adopt};
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_err err = store->ops->find(store, &question, &credential, &error);
    if (err != LOOM_OK) {
        assert_int_equal(error.code, err);
        assert_null(credential.token);
    }
    loom_credential_clear(&credential);
    return err;
}

bool finds_token(struct loom_store *store, const char *url, const char *token) {
    struct loom_origin origin = origin_of(url);
    struct loom_store_question question = {&origin, false};
    return hands_out(store, &question, token);
}

bool adopts_token(struct loom_store *store, const char *url, const char *token) {
    struct loom_origin origin = origin_of(url);
    struct loom_store_question question = {&origin, true};
    return hands_out(store, &question, token);
}

static void count_entry(void *context, const struct loom_store_entry *entry) {
    struct listed *listed = context;
    listed->count++;
    listed->unknown += entry->origin == NULL ? 1 : 0;
    (void)snprintf(listed->last, sizeof listed->last, "%s", entry->key);
}

struct listed list_of(struct loom_store *store) {
    struct listed listed = {0, 0, ""};
    if (store->ops->list(store, count_entry, &listed, NULL) != LOOM_OK)
        listed.count = -1;
    return listed;
}

/* ---- Children ---- */

int child_wait(pid_t pid) {
    const struct timespec pause = {0, 2000000};
    for (int waited_ms = 0; waited_ms < CHILD_MAX_MS; waited_ms += 2) {
        int status;
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
        (void)nanosleep(&pause, NULL);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    return 999;
}
