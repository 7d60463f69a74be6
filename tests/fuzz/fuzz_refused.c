/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refused.json. All of it is read or nothing; what is read is hashes and bounded times, comes out
 * the same when it is written, and fits into the file even with one more note.
 */
#include "fuzz/fuzz.h"
#include "store/refused_priv.h"

#include <string.h>

static bool is_hex(const char *text, size_t len) {
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static void check_notes(struct loom_refused_notes *notes) {
    FUZZ_CHECK(notes->count <= LOOM_REFUSED_NOTES_MAX);
    for (size_t i = 0; i < notes->count; i++) {
        const struct loom_refused_note *note = &notes->at[i];
        FUZZ_CHECK(is_hex(note->origin, 64) && is_hex(note->token, 16));
        FUZZ_CHECK(note->refused.asked_at >= 0 && note->refused.asked_at <= INT64_C(1) << 53);
        FUZZ_CHECK(loom_refused_notes_find(notes, note->origin) == note);
    }
}

static void check_again(const struct loom_refused_notes *notes) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_REFUSED_FILE_MAX);
    struct loom_refused_notes again;
    FUZZ_CHECK(loom_refused_notes_print(notes, &text) == LOOM_OK);
    loom_refused_notes_parse(text.data, text.len, &again);
    FUZZ_CHECK(again.count == notes->count);
    for (size_t i = 0; i < again.count; i++) {
        FUZZ_CHECK(strcmp(again.at[i].origin, notes->at[i].origin) == 0);
        FUZZ_CHECK(strcmp(again.at[i].token, notes->at[i].token) == 0);
        FUZZ_CHECK(again.at[i].refused.asked_at == notes->at[i].refused.asked_at);
        FUZZ_CHECK(again.at[i].refused.is_dead == notes->at[i].refused.is_dead);
    }
}

/* One more, of an origin that is there or not: it stands last, and once. */
static void check_put(struct loom_refused_notes *notes, const char *origin) {
    struct loom_refused_note fresh = {.token = "00112233445566aa", .refused = {77, true}};
    memcpy(fresh.origin, origin, sizeof fresh.origin);
    bool was_there = loom_refused_notes_find(notes, origin) != NULL;
    size_t before = notes->count;
    loom_refused_notes_put(notes, &fresh);
    bool is_larger = !was_there && before < LOOM_REFUSED_NOTES_MAX;
    FUZZ_CHECK(notes->count == (is_larger ? before + 1 : before));
    FUZZ_CHECK(loom_refused_notes_find(notes, origin) == &notes->at[notes->count - 1]);
    check_again(notes);
    loom_refused_notes_remove(notes, &notes->at[notes->count - 1]);
    FUZZ_CHECK(loom_refused_notes_find(notes, origin) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const char other[] = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    struct fuzz_input input = fuzz_input(bytes, len);
    struct loom_refused_notes notes;
    loom_refused_notes_parse(input.at, input.len, &notes);
    check_notes(&notes);
    check_again(&notes);
    if (notes.count > 0) {
        char first[LOOM_REFUSED_ORIGIN_SIZE];
        memcpy(first, notes.at[0].origin, sizeof first);
        check_put(&notes, first);
    }
    check_put(&notes, other);
    return 0;
}
