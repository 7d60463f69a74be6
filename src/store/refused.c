/* SPDX-License-Identifier: Apache-2.0 */
#include "store/refused.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "system/file.h"
#include "system/folder.h"
#include "system/lock.h"
#include "json/json.h"

#include <string.h>

#define REFUSED_NAME "refused.json"
#define REFUSED_LOCK_NAME "refused.json.lock"

enum {
    TOKEN_HASH_BYTES = 8,
    TOKEN_HEX_SIZE = 2 * TOKEN_HASH_BYTES + 1,
    ORIGIN_HEX_SIZE = 2 * LOOM_HASH_SIZE + 1,
    NOTES_MAX = 256, /* the oldest goes: it can be found out again */
    FILE_MAX = 64 * 1024,
    LOCK_DEADLINE_MS = 500, /* git waits for the helper; a note that is not written costs little */
};

static const int64_t time_max = INT64_C(1) << 53;

struct note {
    char origin[ORIGIN_HEX_SIZE];
    char token[TOKEN_HEX_SIZE];
    struct loom_refused refused;
};

struct notes {
    struct note at[NOTES_MAX];
    size_t count;
};

/* ---- Names of things that must not be named ---- */

static enum loom_err hash_origin(const struct loom_origin *origin,
                                 char out_hex[static ORIGIN_HEX_SIZE]) {
    unsigned char hash[LOOM_HASH_SIZE];
    enum loom_err err = loom_sha256((struct loom_bytes){origin->url, strlen(origin->url)}, hash);
    if (err == LOOM_OK)
        loom_text_format_hex(hash, sizeof hash, out_hex);
    return err;
}

static enum loom_err hash_token(const struct loom_secret *token,
                                char out_hex[static TOKEN_HEX_SIZE]) {
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
        loom_text_format_hex(hash, TOKEN_HASH_BYTES, out_hex);
    return err;
}

static bool is_hex(const char *text, size_t len) {
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

/* ---- The file ---- */

static bool read_note(const struct loom_json *member, struct note *note) {
    const char *token = NULL;
    if (!is_hex(loom_json_name(member), ORIGIN_HEX_SIZE - 1) || !loom_json_is_object(member) ||
        loom_json_get_text(member, "token", TOKEN_HEX_SIZE - 1, &token) != LOOM_OK ||
        !is_hex(token, TOKEN_HEX_SIZE - 1) ||
        loom_json_get_number(member, "asked_at", 0, time_max, &note->refused.asked_at) != LOOM_OK ||
        loom_json_get_bool(member, "dead", &note->refused.is_dead) != LOOM_OK)
        return false;
    memcpy(note->origin, loom_json_name(member), ORIGIN_HEX_SIZE);
    memcpy(note->token, token, TOKEN_HEX_SIZE);
    return true;
}

/* All of it or nothing. */
static void parse_notes(const struct loom_buffer *text, struct notes *notes) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    notes->count = 0;
    if (loom_json_parse(loom_buffer_text(text), text->len, &tree) != LOOM_OK)
        return;
    for (const struct loom_json *m = loom_json_first(tree); m != NULL; m = loom_json_next(m)) {
        if (notes->count == NOTES_MAX || !read_note(m, &notes->at[notes->count])) {
            notes->count = 0;
            return;
        }
        notes->count++;
    }
}

static void read_notes(const struct loom_folder *folder, struct notes *notes) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(FILE_MAX);
    notes->count = 0;
    if (loom_file_read(folder, REFUSED_NAME, LOOM_FILE_TIGHTEN, &text, NULL) == LOOM_OK)
        parse_notes(&text, notes);
}

static enum loom_err print_note(struct loom_json *tree, const struct note *note) {
    struct loom_json *member = NULL;
    enum loom_err err = loom_json_add_object(tree, note->origin, &member);
    if (err == LOOM_OK)
        err = loom_json_add_text(member, "token", note->token);
    if (err == LOOM_OK)
        err = loom_json_add_number(member, "asked_at", note->refused.asked_at);
    if (err == LOOM_OK)
        err = loom_json_add_bool(member, "dead", note->refused.is_dead);
    return err;
}

static enum loom_err write_notes(const struct loom_folder *folder, const struct notes *notes,
                                 struct loom_error *error) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(FILE_MAX);
    enum loom_err err = loom_json_new(&tree);
    for (size_t i = 0; i < notes->count && err == LOOM_OK; i++)
        err = print_note(tree, &notes->at[i]);
    if (err == LOOM_OK)
        err = loom_json_print(tree, &text);
    if (err == LOOM_OK)
        err = loom_buffer_add_text(&text, "\n");
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    return loom_file_replace(folder, REFUSED_NAME, text.data, text.len, error);
}

static struct note *note_of(struct notes *notes, const char *origin_hex) {
    for (size_t i = 0; i < notes->count; i++)
        if (strcmp(notes->at[i].origin, origin_hex) == 0)
            return &notes->at[i];
    return NULL;
}

static void remove_note(struct notes *notes, struct note *note) {
    size_t i = (size_t)(note - notes->at);
    memmove(note, note + 1, (notes->count - i - 1) * sizeof *note);
    notes->count--;
}

/* ---- The contract ---- */

enum loom_err loom_refused_find(const struct loom_paths *paths, const struct loom_origin *origin,
                                const struct loom_secret *token, struct loom_refused *out_note,
                                struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    char origin_hex[ORIGIN_HEX_SIZE], token_hex[TOKEN_HEX_SIZE];
    struct notes notes;
    enum loom_err err = loom_folder_open(paths->data, LOOM_FOLDER_READ, &folder, error);
    if (err == LOOM_OK)
        err = hash_origin(origin, origin_hex);
    if (err != LOOM_OK)
        return err;
    read_notes(&folder, &notes);
    const struct note *note = note_of(&notes, origin_hex);
    if (note == NULL)
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    err = hash_token(token, token_hex);
    if (err == LOOM_OK && strcmp(note->token, token_hex) != 0)
        err = LOOM_ERR_NOT_FOUND;
    if (err == LOOM_OK)
        *out_note = note->refused;
    return loom_error_set(error, err);
}

/* The newest stands last. */
static void put_note(struct notes *notes, const struct note *fresh) {
    struct note *old = note_of(notes, fresh->origin);
    if (old == NULL && notes->count == NOTES_MAX)
        old = &notes->at[0];
    if (old != NULL)
        remove_note(notes, old);
    notes->at[notes->count++] = *fresh;
}

enum loom_err loom_refused_note(const struct loom_paths *paths, const struct loom_origin *origin,
                                const struct loom_secret *token, const struct loom_refused *note,
                                struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    struct note fresh = {.refused = *note};
    struct notes notes;
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
    put_note(&notes, &fresh);
    return write_notes(&folder, &notes, error);
}

enum loom_err loom_refused_forget(const struct loom_paths *paths, const struct loom_origin *origin,
                                  struct loom_error *error) {
    LOOM_CLEANUP(loom_folder_close) struct loom_folder folder = LOOM_FOLDER_INIT;
    LOOM_CLEANUP(loom_lock_release) struct loom_lock lock = LOOM_LOCK_INIT;
    char origin_hex[ORIGIN_HEX_SIZE];
    struct notes notes;
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
    if (note_of(&notes, origin_hex) == NULL)
        return loom_error_set(error, LOOM_OK);
    err = loom_lock_take(&folder, REFUSED_LOCK_NAME, LOCK_DEADLINE_MS, &lock, error);
    if (err != LOOM_OK)
        return err;
    read_notes(&folder, &notes);
    struct note *note = note_of(&notes, origin_hex);
    if (note == NULL)
        return loom_error_set(error, LOOM_OK);
    remove_note(&notes, note);
    return write_notes(&folder, &notes, error);
}
