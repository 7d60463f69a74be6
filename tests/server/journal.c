/* SPDX-License-Identifier: Apache-2.0 */
#include "server/journal.h"

#include "base/buffer.h"
#include "base/text.h"
#include "json/json.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_LEN = 64 * 1024, SECRET_RUN_LEN = 32 };

struct dev_journal {
    pthread_mutex_t lock;
    int fd; /* -1: keeps nothing */
};

static int open_file(const char *path) {
    if (path == NULL)
        return -1;
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

enum loom_err dev_journal_open(const char *path, struct dev_journal **out_journal,
                               struct loom_error *error) {
    int fd = open_file(path);
    if (path != NULL && fd < 0)
        return loom_error_os(error, LOOM_ERR_STORAGE, errno, path);
    struct dev_journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL || pthread_mutex_init(&journal->lock, NULL) != 0) {
        free(journal);
        if (fd >= 0)
            (void)close(fd);
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    }
    journal->fd = fd;
    *out_journal = journal;
    return LOOM_OK;
}

void dev_journal_close(struct dev_journal *journal) {
    if (journal == NULL)
        return;
    if (journal->fd >= 0)
        (void)close(journal->fd);
    (void)pthread_mutex_destroy(&journal->lock);
    free(journal);
}

static void append(struct dev_journal *journal, const char *line, size_t len) {
    (void)pthread_mutex_lock(&journal->lock);
    while (len > 0) {
        ssize_t written = write(journal->fd, line, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break; /* a full disk must not stop the server */
        line += written;
        len -= (size_t)written;
    }
    (void)pthread_mutex_unlock(&journal->lock);
}

static size_t run_len(const char *text) {
    size_t len = 0;
    while (loom_ascii_is_alnum(text[len]))
        len++;
    return len;
}

static enum loom_err add_redacted(struct loom_buffer *out, const char *path) {
    while (*path != '\0') {
        size_t len = run_len(path);
        enum loom_err err = LOOM_OK;
        if (len >= SECRET_RUN_LEN)
            err = loom_buffer_add_text(out, "[redacted]");
        else
            err = loom_text_add_printable(out, path, len == 0 ? 1 : len);
        if (err != LOOM_OK)
            return err;
        path += len == 0 ? 1 : len;
    }
    return LOOM_OK;
}

static enum loom_err add_members(struct loom_json *tree, const struct dev_log_line *line) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer method = LOOM_BUFFER_INIT(LINE_MAX_LEN);
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer path = LOOM_BUFFER_INIT(LINE_MAX_LEN);
    enum loom_err err = add_redacted(&method, line->method);
    if (err == LOOM_OK)
        err = add_redacted(&path, line->path);
    if (err == LOOM_OK)
        err = loom_json_add_number(tree, "t_ms", line->t_ms);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "method", loom_buffer_text(&method));
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "path", loom_buffer_text(&path));
    if (err == LOOM_OK)
        err = loom_json_add_number(tree, "status", (int64_t)line->status);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "authorization", line->authorization);
    if (err == LOOM_OK)
        err = loom_json_add_number(tree, "body_len", (int64_t)line->body_len);
    if (err == LOOM_OK)
        err = loom_json_add_number(tree, "peer_port", (int64_t)line->peer_port);
    if (err == LOOM_OK)
        err = loom_json_add_bool(tree, "git", line->git);
    if (err == LOOM_OK)
        err = loom_json_add_text(tree, "grant", line->grant);
    return err;
}

void dev_journal_log(struct dev_journal *journal, const struct dev_log_line *line) {
    if (journal->fd < 0)
        return;
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(2 * LINE_MAX_LEN);
    if (loom_json_new(&tree) != LOOM_OK || add_members(tree, line) != LOOM_OK ||
        loom_json_print(tree, &out) != LOOM_OK || loom_buffer_add_text(&out, "\n") != LOOM_OK)
        return;
    append(journal, out.data, out.len);
}

void dev_journal_note(struct dev_journal *journal, const char *kind, const char *secret) {
    if (journal->fd < 0)
        return;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(LINE_MAX_LEN);
    if (loom_buffer_add_text(&out, kind) != LOOM_OK || loom_buffer_add_text(&out, " ") != LOOM_OK ||
        loom_buffer_add_text(&out, secret) != LOOM_OK ||
        loom_buffer_add_text(&out, "\n") != LOOM_OK)
        return;
    append(journal, out.data, out.len);
}
