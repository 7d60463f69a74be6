/* SPDX-License-Identifier: Apache-2.0 */
#include "store/refused.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "store/refused_priv.h"
#include "system/file.h"
#include "system/folder.h"
#include "system/lock.h"

#include <string.h>

#define REFUSED_NAME "refused.json"
#define REFUSED_LOCK_NAME "refused.json.lock"

/* git waits for the helper; a note that is not written costs little. */
enum { LOCK_DEADLINE_MS = 500 };

/* ---- Names of things that must not be named ---- */

static enum loom_err hash_origin(const struct loom_origin *origin,
                                 char out_hex[static LOOM_REFUSED_ORIGIN_SIZE]) {
    unsigned char hash[LOOM_HASH_SIZE];
    enum loom_err err = loom_sha256((struct loom_bytes){origin->url, strlen(origin->url)}, hash);
    if (err == LOOM_OK)
        loom_text_format_hex(hash, sizeof hash, out_hex);
    return err;
}

static enum loom_err hash_token(const struct loom_secret *token,
                                char out_hex[static LOOM_REFUSED_TOKEN_SIZE]) {
    static const char label[] = "loom/v1/refused"; /* its NUL belongs to it */
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer text = LOOM_BUFFER_INIT(sizeof label + LOOM_TOKEN_MAX);
    unsigned char hash[LOOM_HASH_SIZE];
    enum loom_err err = loom_buffer_add(&text, label, sizeof label);
    if (err == LOOM_OK)
        err = loom_buffer_add(&text, loom_secret_bytes(token), loom_secret_len(token));
    if (err == LOOM_OK)
        err = loom_sha256((struct loom_bytes){text.data, text.len}, hash);
    if (err == LOOM_OK)
        loom_text_format_hex(hash, LOOM_REFUSED_TOKEN_BYTES, out_hex);
    return err;
}

/* ---- The file ---- */

static void read_notes(const struct loom_folder *folder, struct loom_refused_notes *notes) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_REFUSED_FILE_MAX);
    notes->count = 0;
    if (loom_file_read(folder, REFUSED_NAME, LOOM_FILE_TIGHTEN, &text, NULL) == LOOM_OK)
        loom_refused_notes_parse(loom_buffer_text(&text), text.len, notes);
}

static enum loom_err write_notes(const struct loom_folder *folder,
                                 const struct loom_refused_notes *notes, struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_REFUSED_FILE_MAX);
    enum loom_err err = loom_refused_notes_print(notes, &text);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    return loom_file_replace(folder, REFUSED_NAME, text.data, text.len, error);
}

/* ---- The contract ---- */

enum loom_err loom_refused_find(const struct loom_paths *paths, const struct loom_origin *origin,
                                const struct loom_secret *token, struct loom_refused *out_note,
                                struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    char origin_hex[LOOM_REFUSED_ORIGIN_SIZE], token_hex[LOOM_REFUSED_TOKEN_SIZE];
    struct loom_refused_notes notes;
    /* Nothing was refused, mostly. */
    if (loom_file_lacks(paths->data, REFUSED_NAME))
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    enum loom_err err = loom_folder_open(paths->data, LOOM_FOLDER_READ, &folder, error);
    if (err == LOOM_OK)
        err = hash_origin(origin, origin_hex);
    if (err != LOOM_OK)
        return err;
    read_notes(&folder, &notes);
    const struct loom_refused_note *note = loom_refused_notes_find(&notes, origin_hex);
    if (note == NULL)
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    err = hash_token(token, token_hex);
    if (err == LOOM_OK && strcmp(note->token, token_hex) != 0)
        err = LOOM_ERR_NOT_FOUND;
    if (err == LOOM_OK)
        *out_note = note->refused;
    return loom_error_set(error, err);
}

enum loom_err loom_refused_note(const struct loom_paths *paths, const struct loom_origin *origin,
                                const struct loom_secret *token, const struct loom_refused *note,
                                struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    struct loom_refused_note fresh = {.refused = *note};
    struct loom_refused_notes notes;
    enum loom_err err = hash_origin(origin, fresh.origin);
    if (err == LOOM_OK)
        err = hash_token(token, fresh.token);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    err = loom_folder_open(paths->data, LOOM_FOLDER_WRITE, &folder, error);
    if (err == LOOM_OK)
        err = loom_lock_take(&folder, REFUSED_LOCK_NAME, LOCK_DEADLINE_MS, &lock, error);
    if (err != LOOM_OK)
        return err;
    read_notes(&folder, &notes);
    loom_refused_notes_put(&notes, &fresh);
    return write_notes(&folder, &notes, error);
}

enum loom_err loom_refused_forget(const struct loom_paths *paths, const struct loom_origin *origin,
                                  struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    char origin_hex[LOOM_REFUSED_ORIGIN_SIZE];
    struct loom_refused_notes notes;
    enum loom_err err = loom_folder_open(paths->data, LOOM_FOLDER_READ, &folder, error);
    if (err == LOOM_ERR_NOT_FOUND)
        return loom_error_set(error, LOOM_OK);
    if (err != LOOM_OK)
        return err;
    err = hash_origin(origin, origin_hex);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    /* Without a look first, forgetting what is not there would make files. */
    read_notes(&folder, &notes);
    if (loom_refused_notes_find(&notes, origin_hex) == NULL)
        return loom_error_set(error, LOOM_OK);
    err = loom_lock_take(&folder, REFUSED_LOCK_NAME, LOCK_DEADLINE_MS, &lock, error);
    if (err != LOOM_OK)
        return err;
    read_notes(&folder, &notes);
    struct loom_refused_note *note = loom_refused_notes_find(&notes, origin_hex);
    if (note == NULL)
        return loom_error_set(error, LOOM_OK);
    loom_refused_notes_remove(&notes, note);
    return write_notes(&folder, &notes, error);
}
