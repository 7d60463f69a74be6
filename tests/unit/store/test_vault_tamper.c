/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that somebody edited. Whatever was done to it, no question is answered with another token,
 * nothing crashes, a change refuses to go on, and the file stays as it is.
 */
#include "house.h"

#include "store/vault_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A "https://a.example.com"
#define B "https://b.example.com"
#define NOBODY "https://nobody.example.com"
#define A_KEY "https___a_example_com"
#define B_KEY "https___b_example_com"

static void fill(const struct house *house) {
    assert_int_equal(save_token(house->vault, A, "token-of-a"), LOOM_OK);
    assert_int_equal(save_token(house->vault, B, "token-of-b"), LOOM_OK);
}

static void read_text(const struct house *house, struct loom_buffer *out) {
    house_read(house, VAULT, out);
}

/* The file is damage for whoever asks for what is in it, or changes it, and stays as it is. */
static void assert_damaged(const struct house *house) {
    struct loom_buffer before = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_error error = LOOM_ERROR_INIT;
    read_text(house, &before);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_DAMAGED);
    assert_int_equal(save_token(house->vault, NOBODY, "new"), LOOM_ERR_DAMAGED);
    assert_int_equal(remove_origin(house->vault, A, true), LOOM_ERR_DAMAGED);
    assert_int_equal(house->vault->ops->check(house->vault, &error), LOOM_ERR_DAMAGED);
    assert_int_equal(error.code, LOOM_ERR_DAMAGED);
    assert_string_equal(error.detail, house_path(house, VAULT));
    assert_true(house_holds(house, VAULT, &before));
    loom_buffer_clear(&before);
}

/* As above, and so malformed that even a question about nobody sees it. */
static void assert_unreadable(const struct house *house) {
    assert_int_equal(find_error(house->vault, NOBODY, false), LOOM_ERR_DAMAGED);
    assert_int_equal(list_of(house->vault).count, -1);
    assert_damaged(house);
}

static void assert_edit_is_damage(const struct house *house, const char *from, const char *to) {
    struct loom_buffer good = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    read_text(house, &good);
    house_edit(house, VAULT, from, to);
    assert_damaged(house);
    house_write(house, VAULT, 0600, good.data, good.len);
    assert_true(finds_token(house->vault, A, "token-of-a"));
    loom_buffer_clear(&good);
}

static void assert_edit_is_unreadable(const struct house *house, const char *from, const char *to) {
    struct loom_buffer good = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    read_text(house, &good);
    house_edit(house, VAULT, from, to);
    assert_unreadable(house);
    house_write(house, VAULT, 0600, good.data, good.len);
    loom_buffer_clear(&good);
}

/* ---- Every bit, every length ---- */

/* Of one byte, each bit; a save for the first of them only, for it costs a lock. */
static void flip_byte(const struct house *house, struct loom_buffer *text, size_t at) {
    for (unsigned bit = 0; bit < 8; bit++) {
        text->data[at] = (char)(text->data[at] ^ (1 << bit));
        house_write(house, VAULT, 0600, text->data, text->len);
        enum loom_err err = find_error(house->vault, A, false);
        /* Another origin of the same form may come out: then this one is not there. */
        if (err != LOOM_ERR_DAMAGED && err != LOOM_ERR_NOT_FOUND)
            fail_msg("byte %zu, bit %u: %d", at, bit, (int)err);
        if (bit == at % 8)
            assert_int_equal(save_token(house->vault, A, "new"), LOOM_ERR_DAMAGED);
        text->data[at] = (char)(text->data[at] ^ (1 << bit));
    }
}

/* ENC-03 */
static void find_any_bit_flipped_never_answers(void **state) {
    const struct house *house = *state;
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(save_token(house->vault, A, "token-of-a"), LOOM_OK);
    read_text(house, &text);
    for (size_t i = 0; i < text.len; i++)
        flip_byte(house, &text, i);
    house_write(house, VAULT, 0600, text.data, text.len);
    assert_true(finds_token(house->vault, A, "token-of-a"));
    loom_buffer_clear(&text);
}

/* FS-14: the last byte is the line feed, which is not missed. */
static void find_any_length_cut_is_damaged(void **state) {
    const struct house *house = *state;
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    fill(house);
    read_text(house, &text);
    for (size_t len = 0; len < text.len - 1; len++) {
        house_write(house, VAULT, 0600, text.data, len);
        assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_DAMAGED);
        assert_int_equal(find_error(house->vault, NOBODY, true), LOOM_ERR_DAMAGED);
    }
    house_write(house, VAULT, 0600, text.data, 0);
    assert_unreadable(house);
    house_write(house, VAULT, 0600, text.data, text.len - 1);
    assert_true(finds_token(house->vault, A, "token-of-a"));
    loom_buffer_clear(&text);
}

/* ENC-110 */
static void find_behind_the_end_is_damaged(void **state) {
    const struct house *house = *state;
    fill(house);
    assert_edit_is_unreadable(house, "\n", "\n{}");
    assert_edit_is_unreadable(house, "\n", "x");
    house_edit(house, VAULT, "\n", "  \n\t \n"); /* blanks are no change */
    assert_true(finds_token(house->vault, A, "token-of-a"));
}

/* ---- Records ---- */

/* The text of one entry: "KEY":{...} */
static char *entry_text(const struct loom_buffer *text, const char *key) {
    char name[LOOM_STORE_KEY_MAX + 4];
    (void)snprintf(name, sizeof name, "\"%s\":{", key);
    const char *start = strstr(text->data, name);
    assert_non_null(start);
    const char *end = strchr(start, '}');
    assert_non_null(end);
    char *entry = strndup(start, (size_t)(end - start) + 1);
    assert_non_null(entry);
    return entry;
}

/* The value of a member inside an entry. */
static char *member_text(const char *entry, const char *name) {
    char quoted[32];
    (void)snprintf(quoted, sizeof quoted, "\"%s\":\"", name);
    const char *start = strstr(entry, quoted);
    assert_non_null(start);
    start += strlen(quoted);
    char *value = strndup(start, strcspn(start, "\""));
    assert_non_null(value);
    return value;
}

struct two {
    struct loom_buffer text;
    char *a, *b; /* entries */
};

static struct two read_two(const struct house *house) {
    struct two two = {.text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX)};
    read_text(house, &two.text);
    two.a = entry_text(&two.text, A_KEY);
    two.b = entry_text(&two.text, B_KEY);
    return two;
}

static void free_two(struct two *two) {
    loom_buffer_clear(&two->text);
    free(two->a);
    free(two->b);
}

/* ENC-111: a record's sealed part in the place of another's, in one or all three members. */
static void find_members_of_records_swapped_is_damaged(void **state) {
    const struct house *house = *state;
    static const char *const names[] = {"salt", "nonce", "ct"};
    fill(house);
    struct two two = read_two(house);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *of_a = member_text(two.a, names[i]), *of_b = member_text(two.b, names[i]);
        house_edit(house, VAULT, of_a, "SWAP");
        house_edit(house, VAULT, of_b, of_a);
        house_edit(house, VAULT, "SWAP", of_b);
        assert_damaged(house);
        assert_int_equal(find_error(house->vault, B, false), LOOM_ERR_DAMAGED);
        free(of_a);
        free(of_b);
    } /* and at the end all three */
    free_two(&two);
}

/* ENC-112 */
static void find_origins_swapped_is_damaged(void **state) {
    const struct house *house = *state;
    fill(house);
    house_edit(house, VAULT, "\"" A "\"", "SWAP");
    house_edit(house, VAULT, "\"" B "\"", "\"" A "\"");
    house_edit(house, VAULT, "SWAP", "\"" B "\"");
    assert_unreadable(house); /* neither key is its origin's */
}

/* ENC-113: key and origin of a record changed together: well-formed, and still not believed. */
static void find_record_relabelled_is_damaged(void **state) {
    const struct house *house = *state;
    fill(house);
    house_edit(house, VAULT, "\"" A "\"", "\"https://evil.example.com\"");
    house_edit(house, VAULT, A_KEY, "https___evil_example_com");
    assert_int_equal(find_error(house->vault, "https://evil.example.com", false), LOOM_ERR_DAMAGED);
    assert_int_equal(find_error(house->vault, B, false), LOOM_ERR_DAMAGED);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(save_token(house->vault, A, "new"), LOOM_ERR_DAMAGED);
}

/* ENC-114: to be adopted by the next server that a person names. */
static void find_origin_taken_away_is_damaged(void **state) {
    const struct house *house = *state;
    fill(house);
    house_edit(house, VAULT, "\"" A "\"", "\"\"");
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_DAMAGED);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(find_error(house->vault, B, false), LOOM_ERR_DAMAGED);
}

/* Characters that the key does not tell apart, in an origin that no server has. */
static void list_origin_that_is_none_is_damaged(void **state) {
    const struct house *house = *state;
    static const char *const origins[] = {"https://a.example,com", "https:/\\\\a.example.com",
                                          "https://a.example\\u0001com"};
    fill(house);
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        struct loom_buffer good = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
        read_text(house, &good);
        house_edit(house, VAULT, A, origins[i]);
        assert_int_equal(list_of(house->vault).count, -1);
        assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_NOT_FOUND);
        assert_int_equal(find_error(house->vault, B, false), LOOM_ERR_DAMAGED);
        assert_int_equal(save_token(house->vault, A, "new"), LOOM_ERR_DAMAGED);
        house_write(house, VAULT, 0600, good.data, good.len);
        loom_buffer_clear(&good);
    }
    assert_int_equal(list_of(house->vault).count, 2);
    /* one that is not spelt as this program spells it, under the key of that spelling */
    house_edit(house, VAULT, A, A ":443");
    house_edit(house, VAULT, A_KEY, A_KEY "_443");
    assert_int_equal(find_error(house->vault, B, false), LOOM_ERR_DAMAGED);
    assert_int_equal(list_of(house->vault).count, -1);
}

/* ENC-115 */
static void find_record_renamed_is_damaged(void **state) {
    const struct house *house = *state;
    fill(house);
    assert_edit_is_unreadable(house, "\"" A_KEY "\"", "\"https___c_example_com\"");
    assert_edit_is_unreadable(house, "\"" A_KEY "\"", "\"" A_KEY "--0000000000\"");
    assert_edit_is_unreadable(house, "\"" A_KEY "\"", "\"\"");
    assert_edit_is_unreadable(house, "\"" A_KEY "\"", "\"https://a.example.com\"");
    assert_edit_is_unreadable(house, "\"" A_KEY "\"", "\"" B_KEY "\""); /* a name twice */
    /* the other key that it may have */
    struct loom_origin origin = origin_of(A);
    char key[LOOM_STORE_KEY_MAX], quoted[LOOM_STORE_KEY_MAX + 2];
    assert_int_equal(loom_store_key(&origin, true, key), LOOM_OK);
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", key);
    assert_edit_is_damage(house, "\"" A_KEY "\"", quoted);
}

/* ENC-116: one origin under both of its keys. */
static void find_record_copied_is_damaged(void **state) {
    const struct house *house = *state;
    fill(house);
    struct two two = read_two(house);
    struct loom_origin origin = origin_of(A);
    char key[LOOM_STORE_KEY_MAX];
    assert_int_equal(loom_store_key(&origin, true, key), LOOM_OK);
    struct loom_buffer both = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(loom_buffer_add_format(&both, "%s,\"%s\"%s", two.a, key, strchr(two.a, ':')),
                     LOOM_OK);
    assert_edit_is_unreadable(house, two.a, both.data);
    loom_buffer_clear(&both);
    free_two(&two);
}

/* ENC-08 */
static void find_record_deleted_is_damaged(void **state) {
    const struct house *house = *state;
    fill(house);
    struct two two = read_two(house);
    struct loom_buffer with_comma = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(loom_buffer_add_format(&with_comma, ",%s", two.b), LOOM_OK);
    assert_edit_is_damage(house, with_comma.data, "");
    /* All of them: nobody can be answered wrongly, but nothing is saved over it either. */
    house_edit(house, VAULT, with_comma.data, "");
    house_edit(house, VAULT, two.a, "");
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(save_token(house->vault, A, "new"), LOOM_ERR_DAMAGED);
    loom_buffer_clear(&with_comma);
    free_two(&two);
}

/* Order means nothing: what is authenticated is sorted. */
static void find_records_in_another_order_answers(void **state) {
    const struct house *house = *state;
    fill(house);
    struct two two = read_two(house);
    house_edit(house, VAULT, two.a, "SWAP");
    house_edit(house, VAULT, two.b, two.a);
    house_edit(house, VAULT, "SWAP", two.b);
    house_edit(house, VAULT, "{\"format\":\"loom-credentials\",\"version\":1,",
               "{\n\t\"version\" : 1, \"format\" :\r\n\"loom-credentials\" ,");
    assert_true(finds_token(house->vault, A, "token-of-a"));
    assert_true(finds_token(house->vault, B, "token-of-b"));
    free_two(&two);
}

/* ENC-06: the record, and the whole file, of another user. */
static void find_record_of_another_file_is_damaged(void **state) {
    const struct house *house = *state;
    void *other_state = NULL;
    assert_int_equal(house_make(&other_state), 0);
    const struct house *other = other_state;
    fill(house);
    assert_int_equal(save_token(other->vault, A, "foreign"), LOOM_OK);
    struct loom_buffer foreign = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct two two = read_two(house);
    read_text(other, &foreign);
    char *entry = entry_text(&foreign, A_KEY);
    assert_edit_is_damage(house, two.a, entry);
    house_write(house, VAULT, 0600, foreign.data, foreign.len);
    assert_damaged(house);
    free(entry);
    free_two(&two);
    loom_buffer_clear(&foreign);
    assert_int_equal(house_remove(&other_state), 0);
}

/* ENC-117: the record of an older file of the same user and key; a whole old file comes back. */
static void find_older_record_is_damaged_and_older_file_is_not(void **state) {
    const struct house *house = *state;
    assert_int_equal(save_token(house->vault, A, "old"), LOOM_OK);
    struct loom_buffer old = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    read_text(house, &old);
    char *entry = entry_text(&old, A_KEY);
    fill(house);
    struct two two = read_two(house);
    house_edit(house, VAULT, two.a, entry);
    assert_damaged(house);
    house_write(house, VAULT, 0600, old.data, old.len);
    assert_true(finds_token(house->vault, A, "old"));
    free(entry);
    free_two(&two);
    loom_buffer_clear(&old);
}

/* ---- What a valid MAC would not stop: each record is bound to its place ---- */

struct signed_file {
    struct loom_vault_content content;
    struct loom_vault_key key;
};

static void open_signed(const struct house *house, struct signed_file *file) {
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_folder data = LOOM_FOLDER_INIT;
    file->content = (struct loom_vault_content)LOOM_VAULT_CONTENT_INIT;
    read_text(house, &text);
    assert_int_equal(loom_vault_parse(text.data, text.len, &file->content), LOOM_OK);
    assert_int_equal(loom_folder_open(house->paths.data, LOOM_FOLDER_READ, &data, NULL), LOOM_OK);
    assert_int_equal(loom_vault_key_find(&data, &file->key, NULL), LOOM_OK);
    loom_folder_close(&data);
    loom_buffer_clear(&text);
}

static void sign_again(const struct house *house, struct signed_file *file) {
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(loom_vault_file_sign(&file->content.file, &file->key), LOOM_OK);
    assert_int_equal(loom_vault_file_print(&file->content.file, &text), LOOM_OK);
    house_write(house, VAULT, 0600, text.data, text.len);
    loom_buffer_clear(&text);
    loom_vault_content_clear(&file->content);
}

/* ENC-118 */
static void find_record_moved_and_signed_does_not_open(void **state) {
    const struct house *house = *state;
    struct signed_file file;
    fill(house);
    open_signed(house, &file);
    struct loom_vault_entry *a = loom_vault_file_at(&file.content.file, A_KEY);
    struct loom_vault_entry *b = loom_vault_file_at(&file.content.file, B_KEY);
    struct loom_vault_entry both[] = {*a, *b};
    memcpy(a->salt, both[1].salt, sizeof a->salt);
    memcpy(a->nonce, both[1].nonce, sizeof a->nonce);
    a->ct = both[1].ct;
    b->ct = both[0].ct;
    sign_again(house, &file);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_DAMAGED);
    assert_int_equal(find_error(house->vault, B, false), LOOM_ERR_DAMAGED);
}

static void find_header_changed_and_signed_does_not_open(void **state) {
    const struct house *house = *state;
    struct signed_file file;
    fill(house);
    open_signed(house, &file);
    file.content.file.file_id[0] ^= 1;
    sign_again(house, &file);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_DAMAGED);
}

/* ENC-119, URL-21: sealed under one origin, and inside it another. */
static void find_record_of_another_origin_inside_is_damaged(void **state) {
    const struct house *house = *state;
    struct signed_file file;
    fill(house);
    open_signed(house, &file);
    struct loom_credential credential = credential_of(B, "token-of-b");
    struct loom_vault_entry *a = loom_vault_file_at(&file.content.file, A_KEY);
    assert_int_equal(
        loom_vault_record_seal(&file.content.file, &file.key, &credential, loom_random, a),
        LOOM_OK);
    sign_again(house, &file);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_DAMAGED);
    assert_true(finds_token(house->vault, B, "token-of-b"));
    assert_int_equal(save_token(house->vault, A, "new"), LOOM_ERR_DAMAGED);
    loom_credential_clear(&credential);
}

/* ---- The header and the form ---- */

/* ENC-22 */
static void find_header_edited_is_damaged(void **state) {
    const struct house *house = *state;
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    fill(house);
    read_text(house, &text);
    char *file_id = member_text(text.data, "file_id"), *key_id = member_text(text.data, "id");
    char *mac = member_text(text.data, "mac");
    assert_edit_is_damage(house, "\"generation\":2", "\"generation\":1");
    assert_edit_is_damage(house, "\"generation\":2", "\"generation\":3");
    assert_edit_is_damage(house, "\"generation\":2", "\"generation\":9007199254740992");
    assert_edit_is_damage(house, file_id, "AAAAAAAAAAAAAAAAAAAAAA==");
    assert_edit_is_damage(house, key_id, "AAAAAAAAAAA=");
    assert_edit_is_damage(house, mac, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    free(file_id);
    free(key_id);
    free(mac);
    loom_buffer_clear(&text);
}

/* ENC-24 and the unknown: neither read nor written. */
static void find_form_that_version_1_does_not_have_is_damaged(void **state) {
    const struct house *house = *state;
    static const struct {
        const char *from, *to;
    } edits[] = {
        {"\"loom-credentials\"", "\"Loom-credentials\""},
        {"\"loom-credentials\"", "\"\""},
        {"\"loom-credentials\"", "null"},
        {"\"loom-credentials\"", "1"},
        {"\"format\":\"loom-credentials\",", ""},
        {"\"version\":1", "\"version\":2"},
        {"\"version\":1", "\"version\":0"},
        {"\"version\":1", "\"version\":-1"},
        {"\"version\":1", "\"version\":0.5"},
        {"\"version\":1", "\"version\":1.5"},
        {"\"version\":1", "\"version\":\"1\""},
        {"\"version\":1", "\"version\":true"},
        {"\"version\":1", "\"version\":null"},
        {"\"version\":1,", ""},
        {"\"generation\":2", "\"generation\":1.5"},
        {"\"generation\":2", "\"generation\":-2"},
        {"\"generation\":2", "\"generation\":9007199254740994"},
        {"\"generation\":2", "\"generation\":1e999"},
        {"\"generation\":2", "\"generation\":\"2\""},
        {"\"generation\":2,", ""},
        {"\"kind\":\"keyfile\"", "\"kind\":\"none\""},
        {"\"kind\":\"keyfile\"", "\"kind\":\"scrypt\""},
        {"\"kind\":\"keyfile\"", "\"kind\":\"\""},
        {"\"kind\":\"keyfile\"", "\"kind\":null"},
        {"\"kind\":\"keyfile\",", ""},
        {"\"kind\":\"keyfile\"",
         "\"kind\":\"scrypt\",\"n\":131072,\"r\":8,\"p\":1,\"salt\":\"AA==\""},
        {"\"kind\":\"keyfile\"", "\"kind\":\"keyfile\",\"n\":1"},
        {"\"version\":1", "\"version\":1,\"comment\":\"\""},
        {"\"version\":1", "\"version\":1,\"version\":1"},
        {"\"version\":1", "\"version\":1,\"token\":\"t\""},
        {"\"origin\":\"" A "\"", "\"origin\":\"" A "\",\"token\":\"t\""},
        {"\"origin\":\"" A "\"", "\"origin\":null"},
        {"\"origin\":\"" A "\"", "\"origin\":\"https://A.example.com\""},
        {"\"origin\":\"" A "\"", "\"origin\":\"" A "/\""},
        {"\"origin\":\"" A "\",", ""},
        {"\"entries\":{", "\"entries\":{\"x\":null,"},
        {"\"entries\":{", "\"entries\":{\"x\":{},"},
        {"\"entries\":{", "\"entries\":{\"x\":\"t\","},
        {"\"entries\":", "\"Entries\":"},
        {"\"mac\":", "\"MAC\":"},
        {"\"mac\":\"", "\"mac\":\" "},
        {"\"mac\":\"", "\"mac\":\"AAAA"},
        {"=\"}", "\"}"},
        {"=\"}", "==\"}"},
        {"\"salt\":\"", "\"salt\":\"AAAA"},
        {"\"nonce\":\"", "\"nonce\":\"AAAA"},
        {"\"ct\":\"", "\"ct\":\"AAAA"},
        {"\"ct\":\"", "\"ct\":\"\\n"},
        {"\"id\":\"", "\"id\":\"AAAA"},
        {"\"file_id\":\"", "\"file_id\":\"AAAA"},
    };
    fill(house);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        assert_edit_is_unreadable(house, edits[i].from, edits[i].to);
}

static void assert_member_refused(const struct house *house, const char *name, const char *value) {
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    read_text(house, &text);
    char *is = member_text(text.data, name);
    assert_edit_is_unreadable(house, is, value);
    free(is);
    loom_buffer_clear(&text);
}

/* One byte less, one more, none, and the same bytes spelt another way. */
static void find_bytes_of_another_length_or_spelling_is_damaged(void **state) {
    const struct house *house = *state;
    static const struct {
        const char *name, *shorter, *longer, *odd;
    } cases[] = {
        {"file_id", "AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAB=="},
        {"id", "AAAAAAAAAA==", "AAAAAAAAAAAA", "AAAAAAAAAAB="},
        {"salt", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="},
        {"nonce", "AAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAA-_AA"},
        {"mac", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    };
    fill(house);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_member_refused(house, cases[i].name, "");
        assert_member_refused(house, cases[i].name, cases[i].shorter);
        assert_member_refused(house, cases[i].name, cases[i].longer);
        assert_member_refused(house, cases[i].name, cases[i].odd);
    }
}

static char *base64_of(size_t len) {
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    unsigned char *zeros = calloc(1, len + 1);
    assert_non_null(zeros);
    assert_int_equal(loom_base64_add(&text, (struct loom_bytes){zeros, len}), LOOM_OK);
    free(zeros);
    char *copy = strdup(loom_buffer_text(&text));
    loom_buffer_clear(&text);
    return copy;
}

/* ENC-120 */
static void find_ciphertext_of_another_length_is_damaged(void **state) {
    const struct house *house = *state;
    enum { TAG = LOOM_TAG_SIZE, PAD = LOOM_VAULT_PAD, MAX = LOOM_CREDENTIAL_JSON_MAX };
    static const size_t refused[] = {
        0, 1, TAG, TAG + 1, PAD, PAD + TAG - 1, PAD + TAG + 1, MAX + TAG + 1, MAX + PAD + TAG};
    fill(house);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char *ct = base64_of(refused[i]);
        assert_member_refused(house, "ct", ct);
        free(ct);
    }
    /* These lengths exist; the bytes are not what was sealed. */
    static const size_t accepted[] = {PAD + TAG, 2 * PAD + TAG, MAX + TAG};
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    read_text(house, &text);
    char *is = member_text(text.data, "ct");
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        char *ct = base64_of(accepted[i]);
        assert_edit_is_damage(house, is, ct);
        free(ct);
    }
    free(is);
    loom_buffer_clear(&text);
}

/* ENC-121 */
static void find_larger_than_the_cap_is_damaged(void **state) {
    const struct house *house = *state;
    fill(house);
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    read_text(house, &text);
    while (text.len < LOOM_VAULT_FILE_MAX)
        assert_int_equal(loom_buffer_add_text(&text, " "), LOOM_OK);
    house_write(house, VAULT, 0600, text.data, text.len);
    assert_true(finds_token(house->vault, A, "token-of-a"));
    assert_int_equal(loom_buffer_add_text(&text, " "), LOOM_OK);
    house_write(house, VAULT, 0600, text.data, text.len);
    assert_unreadable(house);
    loom_buffer_clear(&text);
}

static void find_no_json_is_damaged(void **state) {
    const struct house *house = *state;
    static const char *const texts[] = {"x", "[]", "null",           "\"t\"",
                                        "7", "{",  "{\"format\":1}", "\n"};
    fill(house);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        house_write_text(house, VAULT, texts[i]);
        assert_unreadable(house);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_make, house_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(find_any_bit_flipped_never_answers),
        TEST(find_any_length_cut_is_damaged),
        TEST(find_behind_the_end_is_damaged),
        TEST(find_members_of_records_swapped_is_damaged),
        TEST(find_origins_swapped_is_damaged),
        TEST(find_record_relabelled_is_damaged),
        TEST(find_origin_taken_away_is_damaged),
        TEST(list_origin_that_is_none_is_damaged),
        TEST(find_record_renamed_is_damaged),
        TEST(find_record_copied_is_damaged),
        TEST(find_record_deleted_is_damaged),
        TEST(find_records_in_another_order_answers),
        TEST(find_record_of_another_file_is_damaged),
        TEST(find_older_record_is_damaged_and_older_file_is_not),
        TEST(find_record_moved_and_signed_does_not_open),
        TEST(find_header_changed_and_signed_does_not_open),
        TEST(find_record_of_another_origin_inside_is_damaged),
        TEST(find_header_edited_is_damaged),
        TEST(find_form_that_version_1_does_not_have_is_damaged),
        TEST(find_bytes_of_another_length_or_spelling_is_damaged),
        TEST(find_ciphertext_of_another_length_is_damaged),
        TEST(find_larger_than_the_cap_is_damaged),
        TEST(find_no_json_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
