/* SPDX-License-Identifier: Apache-2.0 */
#include "store/server_lock.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "system/folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 8, NAME_SIZE = 2 * NAME_BYTES + 1 };

static enum loom_err name_of(const struct loom_origin *origin, char out_name[static NAME_SIZE]) {
    unsigned char hash[LOOM_HASH_SIZE];
    enum loom_err err = loom_sha256((struct loom_bytes){origin->url, strlen(origin->url)}, hash);
    if (err == LOOM_OK)
        loom_text_format_hex(hash, NAME_BYTES, out_name);
    return err;
}

static enum loom_err take(const struct loom_paths *paths, const struct loom_origin *origin,
                          int deadline_ms, struct loom_lock *out_lock, struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder data = LOOM_FOLDER_INIT;
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    struct loom_error why = LOOM_ERROR_INIT;
    char name[NAME_SIZE], path[LOOM_PATH_MAX + sizeof "/lock"];
    enum loom_err err = name_of(origin, name);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    (void)snprintf(path, sizeof path, "%s/lock", paths->data);
    err = loom_folder_open(paths->data, LOOM_FOLDER_WRITE, &data, &why);
    if (err == LOOM_OK)
        err = loom_folder_open(path, LOOM_FOLDER_WRITE, &folder, &why);
    if (err == LOOM_OK)
        err = loom_lock_take(&folder, name, deadline_ms, out_lock, &why);
    bool is_waited_for =
        err == LOOM_ERR_INTERRUPTED || (err == LOOM_ERR_STORAGE && why.os_error == EWOULDBLOCK);
    if (error != NULL)
        *error = is_waited_for ? why : (struct loom_error)LOOM_ERROR_INIT;
    return is_waited_for ? err : LOOM_OK;
}

enum loom_err loom_server_lock_take(const struct loom_paths *paths,
                                    const struct loom_origin *origin, struct loom_lock *out_lock,
                                    struct loom_error *error) {
    return take(paths, origin, LOOM_LOCK_DEADLINE_MS, out_lock, error);
}

enum loom_err loom_server_lock_try(const struct loom_paths *paths, const struct loom_origin *origin,
                                   struct loom_lock *out_lock, struct loom_error *error) {
    return take(paths, origin, 0, out_lock, error);
}
