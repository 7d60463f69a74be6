/* SPDX-License-Identifier: Apache-2.0 */
#include "store/refused_priv.h"

#include "json/json.h"

#include <string.h>

static const int64_t time_max = INT64_C(1) << 53;

static bool is_hex(const char *text, size_t len) {
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static bool read_note(const struct loom_json *member, struct loom_refused_note *note) {
    const char *token = NULL;
    if (!is_hex(loom_json_name(member), LOOM_REFUSED_ORIGIN_SIZE - 1) ||
        !loom_json_is_object(member) ||
        loom_json_get_text(member, "token", LOOM_REFUSED_TOKEN_SIZE - 1, &token) != LOOM_OK ||
        !is_hex(token, LOOM_REFUSED_TOKEN_SIZE - 1) ||
        loom_json_get_number(member, "asked_at", 0, time_max, &note->refused.asked_at) != LOOM_OK ||
        loom_json_get_bool(member, "dead", &note->refused.is_dead) != LOOM_OK)
        return false;
    memcpy(note->origin, loom_json_name(member), LOOM_REFUSED_ORIGIN_SIZE);
    memcpy(note->token, token, LOOM_REFUSED_TOKEN_SIZE);
    return true;
}

void loom_refused_notes_parse(const char *text, size_t len, struct loom_refused_notes *out_notes) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    out_notes->count = 0;
    if (loom_json_parse(text, len, &tree) != LOOM_OK)
        return;
    for (const struct loom_json *m = loom_json_first(tree); m != NULL; m = loom_json_next(m)) {
        if (out_notes->count == LOOM_REFUSED_NOTES_MAX ||
            !read_note(m, &out_notes->at[out_notes->count])) {
            out_notes->count = 0;
            return;
        }
        out_notes->count++;
    }
}

static enum loom_err print_note(struct loom_json *tree, const struct loom_refused_note *note) {
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

enum loom_err loom_refused_notes_print(const struct loom_refused_notes *notes,
                                       struct loom_buffer *out) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *tree = NULL;
    size_t before = out->len;
    enum loom_err err = loom_json_new(&tree);
    for (size_t i = 0; i < notes->count && err == LOOM_OK; i++)
        err = print_note(tree, &notes->at[i]);
    if (err == LOOM_OK)
        err = loom_json_print(tree, out);
    if (err == LOOM_OK)
        err = loom_buffer_add_text(out, "\n");
    if (err != LOOM_OK)
        loom_buffer_cut(out, before);
    return err;
}

struct loom_refused_note *loom_refused_notes_find(struct loom_refused_notes *notes,
                                                  const char *origin_hex) {
    for (size_t i = 0; i < notes->count; i++)
        if (strcmp(notes->at[i].origin, origin_hex) == 0)
            return &notes->at[i];
    return NULL;
}

void loom_refused_notes_remove(struct loom_refused_notes *notes, struct loom_refused_note *note) {
    size_t i = (size_t)(note - notes->at);
    memmove(note, note + 1, (notes->count - i - 1) * sizeof *note);
    notes->count--;
}

void loom_refused_notes_put(struct loom_refused_notes *notes,
                            const struct loom_refused_note *fresh) {
    struct loom_refused_note *old = loom_refused_notes_find(notes, fresh->origin);
    if (old == NULL && notes->count == LOOM_REFUSED_NOTES_MAX)
        old = &notes->at[0];
    if (old != NULL)
        loom_refused_notes_remove(notes, old);
    notes->at[notes->count++] = *fresh;
}
