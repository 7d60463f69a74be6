/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the vault: what it leaves on the disk, whatever happens meanwhile. */
#include "house.h"

#include "base/text.h"
#include "store/vault_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define A "https://a.example.com"
#define B "https://b.example.com"

enum { UNPRIVILEGED = 54322 };

static void read_text(const struct house *house, struct loom_buffer *out) {
    loom_buffer_reset(out);
    house_read(house, VAULT, out);
}

static struct loom_vault_content parsed(const struct house *house) {
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_vault_content content = LOOM_VAULT_CONTENT_INIT;
    read_text(house, &text);
    assert_int_equal(loom_vault_parse(text.data, text.len, &content), LOOM_OK);
    loom_buffer_clear(&text);
    return content;
}

static int64_t elapsed_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Reading makes nothing ---- */

static void find_and_list_and_remove_make_nothing(void **state) {
    const struct house *house = *state;
    struct loom_store_info info;
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(house->vault).count, 0);
    assert_int_equal(remove_origin(house->vault, A, true), LOOM_ERR_NOT_FOUND);
    house->vault->ops->describe(house->vault, &info);
    assert_int_equal(info.mode, 0);
    assert_false(house_has(house, "config"));
    assert_false(house_has(house, "data"));
}

/* git asks about every host; a question about nobody's does not even read the key. */
static void find_no_match_needs_no_key(void **state) {
    const struct house *house = *state;
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    assert_int_equal(unlink(house_path(house, KEY)), 0);
    assert_int_equal(mkfifo(house_path(house, KEY), 0600), 0);
    assert_int_equal(find_error(house->vault, B, false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(find_error(house->vault, B, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(find_error(house->vault, A "/x", false), LOOM_ERR_NOT_FOUND);
    assert_int_equal(find_error(house->vault, A ":8443", false), LOOM_ERR_NOT_FOUND);
}

/* ---- Modes and names ---- */

/* FS-01 */
static void save_any_umask_makes_private_files(void **state) {
    const struct house *house = *state;
    static const mode_t masks[] = {0, 022, 0777};
    struct loom_store_info info;
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        (void)unlink(house_path(house, VAULT));
        mode_t before = umask(masks[i]);
        enum loom_err err = save_token(house->vault, A, "t");
        (void)umask(before);
        assert_int_equal(err, LOOM_OK);
        assert_int_equal(house_mode(house, VAULT), 0600);
        assert_int_equal(house_mode(house, VAULT_LOCK), 0600);
        assert_int_equal(house_mode(house, KEY), 0600);
        assert_int_equal(house_mode(house, "config"), 0700);
        assert_int_equal(house_mode(house, "data"), 0700);
    }
    house->vault->ops->describe(house->vault, &info);
    assert_int_equal(info.kind, LOOM_STORE_FILE);
    assert_string_equal(info.path, house_path(house, VAULT));
    assert_int_equal(info.mode, 0600);
    assert_false(loom_store_has_imported(house->vault));
    assert_false(info.lacks_locks);
}

/* FS-02: tightened before use. */
static void find_loose_file_and_folder_are_tightened(void **state) {
    const struct house *house = *state;
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    assert_int_equal(chmod(house_path(house, VAULT), 0666), 0);
    assert_int_equal(chmod(house->paths.config, 0777), 0);
    assert_true(finds_token(house->vault, A, "t"));
    assert_int_equal(house_mode(house, VAULT), 0600);
    assert_int_equal(house_mode(house, "config"), 0700);
    assert_int_equal(chmod(house_path(house, VAULT), 0644), 0);
    assert_int_equal(save_token(house->vault, A, "u"), LOOM_OK);
    assert_int_equal(house_mode(house, VAULT), 0600);
}

/* FS-03 */
static void find_file_of_another_owner_is_refused(void **state) {
    const struct house *house = *state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    assert_int_equal(chown(house_path(house, VAULT), UNPRIVILEGED, UNPRIVILEGED), 0);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_STORAGE);
    assert_int_equal(save_token(house->vault, A, "u"), LOOM_ERR_STORAGE);
    assert_int_equal(chown(house_path(house, VAULT), 0, 0), 0);
    assert_int_equal(chown(house->paths.config, UNPRIVILEGED, UNPRIVILEGED), 0);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_STORAGE);
    assert_int_equal(save_token(house->vault, A, "u"), LOOM_ERR_STORAGE);
}

/* FS-04 */
static void save_link_in_its_place_is_refused(void **state) {
    const struct house *house = *state;
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    assert_int_equal(rename(house_path(house, VAULT), house_path(house, "target")), 0);
    assert_int_equal(symlink(house_path(house, "target"), house_path(house, VAULT)), 0);
    struct loom_buffer target = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    house_read(house, "target", &target);
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_STORAGE);
    assert_int_equal(save_token(house->vault, A, "u"), LOOM_ERR_STORAGE);
    assert_int_equal(house->vault->ops->check(house->vault, NULL), LOOM_ERR_STORAGE);
    assert_true(house_holds(house, "target", &target));
    assert_int_equal(unlink(house_path(house, "target")), 0);
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_STORAGE);
    assert_int_equal(save_token(house->vault, A, "u"), LOOM_ERR_STORAGE); /* dangling */
    assert_false(house_has(house, "target"));
    loom_buffer_clear(&target);
}

static void save_other_hard_links_keep_the_old_content(void **state) {
    const struct house *house = *state;
    struct loom_buffer old = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(save_token(house->vault, A, "old"), LOOM_OK);
    house_read(house, VAULT, &old);
    assert_int_equal(link(house_path(house, VAULT), house_path(house, "backup")), 0);
    assert_int_equal(save_token(house->vault, A, "new"), LOOM_OK);
    assert_true(house_holds(house, "backup", &old));
    assert_true(finds_token(house->vault, A, "new"));
    loom_buffer_clear(&old);
}

/* FS-21 */
static void save_leaves_no_other_file(void **state) {
    const struct house *house = *state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(house->vault->ops->check(house->vault, NULL), LOOM_OK);
        assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    }
    assert_int_equal(house_count(house, "config"), 2); /* the file and its lock */
    assert_int_equal(house_count(house, "data"), 1);
}

/* ---- Content ---- */

/* FS-23 */
static void remove_last_leaves_a_valid_empty_file(void **state) {
    const struct house *house = *state;
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    assert_int_equal(remove_origin(house->vault, A, false), LOOM_OK);
    assert_int_equal(find_error(house->vault, A, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(house->vault).count, 0);
    assert_int_equal(house->vault->ops->check(house->vault, NULL), LOOM_OK);
    assert_int_equal(house_mode(house, VAULT), 0600);
    struct loom_vault_content content = parsed(house);
    assert_int_equal(content.form, LOOM_VAULT_SEALED);
    assert_int_equal(content.file.count, 0);
    assert_int_equal(content.file.generation, 2);
    loom_vault_content_clear(&content);
}

static void save_each_raises_the_generation_by_one(void **state) {
    const struct house *house = *state;
    for (int64_t i = 1; i <= 3; i++) {
        assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
        struct loom_vault_content content = parsed(house);
        assert_int_equal(content.file.generation, i);
        loom_vault_content_clear(&content);
    }
    assert_int_equal(remove_origin(house->vault, B, false), LOOM_ERR_NOT_FOUND); /* no change */
    struct loom_vault_content content = parsed(house);
    assert_int_equal(content.file.generation, 3);
    loom_vault_content_clear(&content);
}

static void write_signed(const struct house *house, struct loom_vault_content *content) {
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_folder data = LOOM_FOLDER_INIT;
    struct loom_vault_key key;
    assert_int_equal(loom_folder_open(house->paths.data, LOOM_FOLDER_READ, &data, NULL), LOOM_OK);
    assert_int_equal(loom_vault_key_find(&data, &key, NULL), LOOM_OK);
    loom_folder_close(&data);
    assert_int_equal(loom_vault_file_sign(&content->file, &key), LOOM_OK);
    assert_int_equal(loom_vault_file_print(&content->file, &text), LOOM_OK);
    house_write(house, VAULT, 0600, text.data, text.len);
    loom_buffer_clear(&text);
}

static void save_past_the_last_generation_is_refused(void **state) {
    const struct house *house = *state;
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    struct loom_vault_content content = parsed(house);
    content.file.generation = loom_vault_generation_max - 1;
    write_signed(house, &content);
    loom_vault_content_clear(&content);
    assert_int_equal(save_token(house->vault, A, "u"), LOOM_OK);
    assert_int_equal(save_token(house->vault, A, "v"), LOOM_ERR_STORAGE);
    assert_true(finds_token(house->vault, A, "u"));
}

/* Salt, nonce and ciphertext of one record, as text. */
static void entry_of(const struct loom_buffer *text, const char *origin, struct loom_buffer *out) {
    const char *start = strstr(text->data, origin);
    assert_non_null(start);
    const char *end = strchr(start, '}');
    assert_non_null(end);
    loom_buffer_reset(out);
    assert_int_equal(loom_buffer_add(out, start, (size_t)(end - start)), LOOM_OK);
}

static void save_untouched_entries_keep_every_byte(void **state) {
    const struct house *house = *state;
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_buffer before = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_buffer after = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    read_text(house, &text);
    entry_of(&text, A, &before);
    assert_int_equal(save_token(house->vault, B, "u"), LOOM_OK);
    assert_int_equal(save_token(house->vault, B, "v"), LOOM_OK);
    assert_int_equal(remove_origin(house->vault, B, false), LOOM_OK);
    read_text(house, &text);
    entry_of(&text, A, &after);
    assert_string_equal(before.data, after.data);
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK); /* the same token, sealed anew */
    read_text(house, &text);
    entry_of(&text, A, &after);
    assert_string_not_equal(before.data, after.data);
    loom_buffer_clear(&text);
    loom_buffer_clear(&before);
    loom_buffer_clear(&after);
}

/* ENC-02 */
enum { SAVES = 1000, SEEN_SIZE = LOOM_VAULT_SALT_SIZE };

struct seen {
    unsigned char salt[SEEN_SIZE], ct[SEEN_SIZE];
    unsigned char nonce[LOOM_NONCE_SIZE];
};

static int compare_salts(const void *a, const void *b) {
    return memcmp(((const struct seen *)a)->salt, ((const struct seen *)b)->salt, SEEN_SIZE);
}

static int compare_nonces(const void *a, const void *b) {
    return memcmp(((const struct seen *)a)->nonce, ((const struct seen *)b)->nonce,
                  LOOM_NONCE_SIZE);
}

static int compare_cts(const void *a, const void *b) {
    return memcmp(((const struct seen *)a)->ct, ((const struct seen *)b)->ct, SEEN_SIZE);
}

static void assert_distinct(struct seen *seen, int (*compare)(const void *, const void *)) {
    qsort(seen, SAVES, sizeof *seen, compare);
    for (size_t i = 1; i < SAVES; i++)
        assert_true(compare(&seen[i - 1], &seen[i]) != 0);
}

static void save_same_token_thousand_times_never_repeats(void **state) {
    const struct house *house = *state;
    struct seen *seen = calloc(SAVES, sizeof *seen);
    assert_non_null(seen);
    for (size_t i = 0; i < SAVES; i++) {
        assert_int_equal(save_token(house->vault, A, "the-same-token"), LOOM_OK);
        struct loom_vault_content content = parsed(house);
        const struct loom_vault_entry *entry = &content.file.entries[0];
        memcpy(seen[i].salt, entry->salt, sizeof seen[i].salt);
        memcpy(seen[i].nonce, entry->nonce, sizeof seen[i].nonce);
        memcpy(seen[i].ct, entry->ct.data, sizeof seen[i].ct);
        loom_vault_content_clear(&content);
    }
    assert_distinct(seen, compare_salts);
    assert_distinct(seen, compare_nonces);
    assert_distinct(seen, compare_cts);
    free(seen);
}

/* Is it there raw, or as base64 begun at any of three bytes, or as hex of either case? */
static bool shows(const struct loom_buffer *text, const char *secret) {
    size_t len = strlen(secret);
    if (memmem(text->data, text->len, secret, len) != NULL)
        return true;
    char hex[256];
    loom_text_format_hex((const unsigned char *)secret, len, hex);
    if (strcasestr(text->data, hex) != NULL)
        return true;
    for (size_t skip = 0; skip < 3; skip++) {
        struct loom_buffer coded = LOOM_BUFFER_INIT(256);
        size_t whole = (len - skip) / 3 * 3;
        assert_int_equal(loom_base64_add(&coded, (struct loom_bytes){secret + skip, whole}),
                         LOOM_OK);
        bool is_there = strstr(text->data, coded.data) != NULL;
        loom_buffer_clear(&coded);
        if (is_there)
            return true;
    }
    return false;
}

/* ENC-01 */
static void save_token_shows_nowhere(void **state) {
    const struct house *house = *state;
    static const char token[] = "canary-token-4711-abcdef", refresh[] = "canary-refresh-0815-xyz";
    struct loom_credential credential = credential_of(A, token);
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(loom_secret_new(refresh, strlen(refresh), &credential.refresh), LOOM_OK);
    credential.account.email = strdup("canary-person@example.com");
    assert_int_equal(house->vault->ops->save(house->vault, &credential, NULL), LOOM_OK);
    static const char *const files[] = {VAULT, VAULT_LOCK, KEY};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        loom_buffer_reset(&text);
        house_read(house, files[i], &text);
        assert_int_equal(loom_buffer_add_text(&text, "\n"), LOOM_OK);
        assert_false(shows(&text, token));
        assert_false(shows(&text, refresh));
        assert_false(shows(&text, credential.account.email));
    }
    /* and the search would find it */
    loom_buffer_reset(&text);
    assert_int_equal(loom_buffer_add_text(&text, "x"), LOOM_OK);
    assert_int_equal(loom_base64_add(&text, (struct loom_bytes){"ab canary-token-4711-abcdef", 27}),
                     LOOM_OK);
    assert_true(shows(&text, token));
    loom_credential_clear(&credential);
    loom_buffer_clear(&text);
}

/* Lengths are told in steps of 256 bytes. */
static void save_short_tokens_of_different_length_have_one_length(void **state) {
    const struct house *house = *state;
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    read_text(house, &text);
    size_t before = text.len;
    assert_int_equal(save_token(house->vault, A, "forty-characters-forty-characters-forty-"),
                     LOOM_OK);
    read_text(house, &text);
    assert_int_equal(text.len, before);
    loom_buffer_clear(&text);
}

/* REV-05, URL-21: servers whose keys collide. */
static void save_colliding_keys_never_share(void **state) {
    const struct house *house = *state;
    static const char *const urls[] = {"https://a-b.example.com", "https://a.b.example.com",
                                       "https://a_b.example.com", "https://a.b.example.com/x",
                                       "https://a.b.example.com:8443"};
    enum { COUNT = sizeof urls / sizeof urls[0] };
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = i; j < COUNT; j++)
            assert_int_equal(find_error(house->vault, urls[j], true), LOOM_ERR_NOT_FOUND);
        assert_int_equal(save_token(house->vault, urls[i], urls[i]), LOOM_OK);
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_true(finds_token(house->vault, urls[i], urls[i]));
    assert_int_equal(save_token(house->vault, urls[1], "new"), LOOM_OK);
    assert_int_equal(remove_origin(house->vault, urls[0], true), LOOM_OK);
    assert_int_equal(find_error(house->vault, urls[0], true), LOOM_ERR_NOT_FOUND);
    assert_true(finds_token(house->vault, urls[1], "new"));
    assert_true(finds_token(house->vault, urls[2], urls[2]));
    /* The plain key is free again; the others keep theirs. */
    assert_int_equal(save_token(house->vault, urls[2], "kept"), LOOM_OK);
    assert_int_equal(save_token(house->vault, urls[0], "back"), LOOM_OK);
    assert_int_equal(list_of(house->vault).count, COUNT);
    assert_true(finds_token(house->vault, urls[2], "kept"));
    assert_true(finds_token(house->vault, urls[0], "back"));
}

/* KR-13 */
static void save_credential_over_its_cap_is_refused_whole(void **state) {
    const struct house *house = *state;
    char *token = malloc(LOOM_TOKEN_MAX + 1);
    assert_non_null(token);
    memset(token, 't', LOOM_TOKEN_MAX);
    token[LOOM_TOKEN_MAX] = '\0';
    assert_int_equal(save_token(house->vault, A, token), LOOM_OK);
    assert_true(finds_token(house->vault, A, token));
    struct loom_credential credential = credential_of(B, token);
    struct loom_buffer before = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_error error = LOOM_ERROR_INIT;
    house_read(house, VAULT, &before);
    assert_int_equal(loom_secret_new(token, LOOM_TOKEN_MAX, &credential.refresh), LOOM_OK);
    assert_int_equal(house->vault->ops->save(house->vault, &credential, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EFBIG);
    assert_true(house_holds(house, VAULT, &before));
    loom_credential_clear(&credential);
    loom_buffer_clear(&before);
    free(token);
}

/* Entries as large as they may be, in a file that verifies; no save looks inside them. */
static void fill_with_large_entries(const struct house *house, int count) {
    static const char zeros[LOOM_VAULT_CT_MAX];
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    struct loom_vault_content content = parsed(house);
    for (int i = 0; i < count; i++) {
        struct loom_vault_entry *entry = NULL;
        char url[64], key[LOOM_STORE_KEY_MAX];
        (void)snprintf(url, sizeof url, "https://h%d.example.com", i);
        struct loom_origin origin = origin_of(url);
        assert_int_equal(loom_store_key(&origin, false, key), LOOM_OK);
        assert_int_equal(loom_vault_file_add(&content.file, key, url, &entry), LOOM_OK);
        assert_int_equal(loom_buffer_add(&entry->ct, zeros, sizeof zeros), LOOM_OK);
    }
    write_signed(house, &content);
    loom_vault_content_clear(&content);
}

static void save_more_than_the_file_may_hold_is_refused(void **state) {
    const struct house *house = *state;
    static const char large_url[] = "https://large.example.com";
    struct loom_buffer before = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_error error = LOOM_ERROR_INIT;
    char *token = malloc(LOOM_TOKEN_MAX + 1);
    assert_non_null(token);
    memset(token, 't', LOOM_TOKEN_MAX);
    token[LOOM_TOKEN_MAX] = '\0';
    fill_with_large_entries(house, 47); /* of 48 that 4 MiB hold, less one */
    struct loom_credential credential = credential_of(large_url, token);
    house_read(house, VAULT, &before);
    assert_in_range(before.len, LOOM_VAULT_FILE_MAX - 96 * 1024, LOOM_VAULT_FILE_MAX - 64 * 1024);
    assert_int_equal(house->vault->ops->save(house->vault, &credential, &error), LOOM_OK);
    loom_credential_clear(&credential);
    credential = credential_of("https://one.more.example.com", token);
    loom_buffer_reset(&before);
    house_read(house, VAULT, &before);
    assert_int_equal(house->vault->ops->save(house->vault, &credential, &error), LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EFBIG);
    assert_true(house_holds(house, VAULT, &before));
    assert_true(finds_token(house->vault, large_url, token));
    assert_int_equal(remove_origin(house->vault, large_url, false), LOOM_OK);
    loom_credential_clear(&credential);
    loom_buffer_clear(&before);
    free(token);
}

static void file_add_more_than_there_may_be_is_refused(void **state) {
    (void)state;
    struct loom_vault_file file = {.entries = NULL};
    struct loom_vault_entry *entry = NULL;
    char key[32];
    for (int i = 0; i < LOOM_VAULT_ENTRIES_MAX; i++) {
        (void)snprintf(key, sizeof key, "k%d", i * 7919 % LOOM_VAULT_ENTRIES_MAX);
        assert_int_equal(loom_vault_file_add(&file, key, "", &entry), LOOM_OK);
        assert_string_equal(entry->key, key);
    }
    assert_int_equal(loom_vault_file_add(&file, "one-more", "", &entry), LOOM_ERR_STORAGE);
    for (size_t i = 1; i < file.count; i++)
        assert_true(strcmp(file.entries[i - 1].key, file.entries[i].key) < 0);
    loom_vault_file_remove(&file, loom_vault_file_at(&file, "k0"));
    assert_null(loom_vault_file_at(&file, "k0"));
    assert_non_null(loom_vault_file_at(&file, "k3999"));
    assert_int_equal(loom_vault_file_add(&file, "one-more", "", &entry), LOOM_OK);
    loom_vault_file_clear(&file);
}

/* A clock that was set back must not make an old copy elsewhere look newer. */
static void save_obtained_at_never_goes_back(void **state) {
    const struct house *house = *state;
    struct loom_credential credential = credential_of(A, "new"), found = LOOM_CREDENTIAL_INIT;
    struct loom_origin origin = origin_of(A);
    struct loom_store_question question = {&origin, false};
    assert_int_equal(save_token(house->vault, A, "old"), LOOM_OK); /* at 1000 */
    credential.obtained_at = 999;
    assert_int_equal(house->vault->ops->save(house->vault, &credential, NULL), LOOM_OK);
    assert_int_equal(credential.obtained_at, 999); /* the caller's stays as it is */
    assert_int_equal(house->vault->ops->find(house->vault, &question, &found, NULL), LOOM_OK);
    assert_int_equal(found.obtained_at, 1000);
    assert_string_equal(loom_secret_bytes(found.token), "new");
    loom_credential_clear(&found);
    credential.obtained_at = 1001;
    assert_int_equal(house->vault->ops->save(house->vault, &credential, NULL), LOOM_OK);
    assert_int_equal(house->vault->ops->find(house->vault, &question, &found, NULL), LOOM_OK);
    assert_int_equal(found.obtained_at, 1001);
    loom_credential_clear(&found);
    loom_credential_clear(&credential);
}

/* ---- Disks that do not take it ---- */

static struct rlimit limited_file_size(rlim_t size) {
    struct rlimit before, limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
    limit = before;
    limit.rlim_cur = size;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    return before;
}

/* FS-09, FS-11: in a child, for the limit is the process's. */
static void save_disk_full_keeps_the_old_file(void **state) {
    const struct house *house = *state;
    struct loom_buffer before = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    house_read(house, VAULT, &before);
    pid_t pid = fork();
    if (pid == 0) {
        (void)limited_file_size(before.len + 10);
        CHECK(save_token(house->vault, B, "u") == LOOM_ERR_STORAGE);
        CHECK(house->vault->ops->check(house->vault, NULL) == LOOM_ERR_STORAGE);
        CHECK(finds_token(house->vault, A, "t"));
        CHECK(remove_origin(house->vault, A, false) == LOOM_OK); /* that makes it smaller */
        _exit(0);
    }
    assert_int_equal(child_wait(pid), 0);
    assert_int_equal(house_count(house, "config"), 2);
    assert_int_equal(list_of(house->vault).count, 0);
    loom_buffer_clear(&before);
}

static void check_disk_full_is_said_before_anything_else(void **state) {
    const struct house *house = *state;
    pid_t pid = fork();
    if (pid == 0) {
        (void)limited_file_size(16);
        CHECK(house->vault->ops->check(house->vault, NULL) == LOOM_ERR_STORAGE);
        CHECK(save_token(house->vault, A, "t") == LOOM_ERR_STORAGE);
        _exit(0);
    }
    assert_int_equal(child_wait(pid), 0);
    assert_false(house_has(house, VAULT));
    assert_false(house_has(house, KEY));
}

static void save_folder_that_cannot_be_written_is_refused(void **state) {
    const struct house *house = *state;
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    if (geteuid() == 0) {
        /* Root writes anywhere: the folder goes to somebody, who takes his own right away. */
        static const char *const names[] = {"config", "data", VAULT, VAULT_LOCK, KEY};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            assert_int_equal(chown(house_path(house, names[i]), UNPRIVILEGED, UNPRIVILEGED), 0);
        assert_int_equal(chmod(house->path, 0755), 0);
    }
    pid_t pid = fork();
    if (pid == 0) {
        CHECK(geteuid() != 0 || setresuid(UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED) == 0);
        CHECK(chmod(house->paths.config, 0500) == 0);
        CHECK(finds_token(house->vault, A, "t"));
        CHECK(save_token(house->vault, A, "u") == LOOM_ERR_STORAGE);
        CHECK(house->vault->ops->check(house->vault, NULL) == LOOM_ERR_STORAGE);
        CHECK(remove_origin(house->vault, A, false) == LOOM_ERR_STORAGE);
        CHECK(finds_token(house->vault, A, "t"));
        _exit(0);
    }
    assert_int_equal(child_wait(pid), 0);
}

/* ---- Others at the same time ---- */

enum { SERVERS = 20, WRITERS = 4 };

static void save_share(const struct house *house, int writer) {
    char url[64];
    for (int i = writer; i < SERVERS; i += WRITERS) {
        (void)snprintf(url, sizeof url, "https://h%d.example.com", i);
        CHECK(save_token(house->vault, url, url) == LOOM_OK);
    }
}

/* FS-15: nobody's credential is lost, nor is a second key made. */
static void save_from_several_processes_loses_none(void **state) {
    const struct house *house = *state;
    pid_t pids[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            save_share(house, i);
            _exit(0);
        }
    }
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(child_wait(pids[i]), 0);
    for (int i = 0; i < SERVERS; i++) {
        char url[64];
        (void)snprintf(url, sizeof url, "https://h%d.example.com", i);
        assert_true(finds_token(house->vault, url, url));
    }
    assert_int_equal(list_of(house->vault).count, SERVERS);
    assert_int_equal(house_count(house, "config"), 2);
    assert_int_equal(house_count(house, "data"), 1);
}

static void assert_finds_either(struct loom_store *vault, const char *one, const char *other) {
    struct loom_origin origin = origin_of(A);
    struct loom_store_question question = {&origin, false};
    struct loom_credential found = LOOM_CREDENTIAL_INIT;
    assert_int_equal(vault->ops->find(vault, &question, &found, NULL), LOOM_OK);
    assert_true(strcmp(loom_secret_bytes(found.token), one) == 0 ||
                strcmp(loom_secret_bytes(found.token), other) == 0);
    loom_credential_clear(&found);
}

/* GIT-32: a reader sees the old or the new token, whole, and never fails for a writer. */
static void find_while_others_save_sees_old_or_new(void **state) {
    const struct house *house = *state;
    assert_int_equal(save_token(house->vault, A, "first"), LOOM_OK);
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 200; i++)
            CHECK(save_token(house->vault, A, i % 2 == 0 ? "second" : "first") == LOOM_OK);
        _exit(0);
    }
    int status = 0;
    while (waitpid(pid, &status, WNOHANG) == 0)
        assert_finds_either(house->vault, "first", "second");
    assert_int_equal(status, 0);
}

static void save_until_killed(const struct house *house) {
    (void)alarm(CHILD_MAX_S);
    for (int i = 0;; i++)
        CHECK(save_token(house->vault, A, i % 2 == 0 ? "second" : "first") == LOOM_OK);
}

/* MEM-08: ended at any moment, also in a way that nobody can wait for. */
static void save_killed_in_the_middle_leaves_old_or_new(void **state) {
    const struct house *house = *state;
    static const int signals[] = {SIGKILL, SIGTERM};
    assert_int_equal(save_token(house->vault, A, "first"), LOOM_OK);
    assert_int_equal(save_token(house->vault, B, "other"), LOOM_OK);
    for (int round = 0; round < 30; round++) {
        pid_t pid = fork();
        if (pid == 0)
            save_until_killed(house);
        const struct timespec pause = {0, 1000000L * (5 + round * 7 % 11) + 77777L * round};
        (void)nanosleep(&pause, NULL);
        int number = signals[round % 2];
        assert_int_equal(kill(pid, number), 0);
        assert_int_equal(child_wait(pid), 256 + number);
        assert_finds_either(house->vault, "first", "second");
        assert_true(finds_token(house->vault, B, "other"));
        assert_int_equal(save_token(house->vault, A, "first"), LOOM_OK); /* the lock is free */
    }
}

/* A signal that can wait leaves no temporary file either. */
static void save_ended_by_a_signal_leaves_no_temporary(void **state) {
    const struct house *house = *state;
    assert_int_equal(save_token(house->vault, A, "first"), LOOM_OK);
    for (int round = 0; round < 10; round++) {
        pid_t pid = fork();
        if (pid == 0)
            save_until_killed(house);
        const struct timespec pause = {0, 1000000L * (3 + round)};
        (void)nanosleep(&pause, NULL);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(child_wait(pid), 256 + SIGTERM);
        assert_int_equal(house_count(house, "config"), 2);
    }
}

/* Whoever holds the lock and was stopped keeps nobody from reading. */
static void find_while_the_lock_is_held_does_not_wait(void **state) {
    const struct house *house = *state;
    struct loom_folder config = LOOM_FOLDER_INIT;
    int ready[2];
    assert_int_equal(save_token(house->vault, A, "t"), LOOM_OK);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct loom_lock lock = LOOM_LOCK_INIT;
        (void)alarm(CHILD_MAX_S);
        CHECK(loom_folder_open(house->paths.config, LOOM_FOLDER_READ, &config, NULL) == LOOM_OK);
        CHECK(loom_lock_take(&config, LOOM_VAULT_LOCK_NAME, 100, &lock, NULL) == LOOM_OK);
        CHECK(write(ready[1], "x", 1) == 1);
        for (;;)
            (void)pause();
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    int64_t before = elapsed_ms();
    assert_true(finds_token(house->vault, A, "t"));
    assert_int_equal(find_error(house->vault, B, true), LOOM_ERR_NOT_FOUND);
    assert_int_equal(list_of(house->vault).count, 1);
    assert_int_equal(remove_origin(house->vault, B, true), LOOM_ERR_NOT_FOUND);
    assert_true(elapsed_ms() - before < 2000);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(child_wait(pid), 256 + SIGKILL);
    assert_int_equal(save_token(house->vault, A, "u"), LOOM_OK);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

/* ---- Faults of the caller ---- */

/* What was listed is used for what is found, unless somebody saved in between. */
static void find_after_list_sees_what_others_did_meanwhile(void **state) {
    struct house *house = *state;
    struct loom_store *other = NULL;
    assert_int_equal(loom_vault_open(&house->paths, &other), LOOM_OK);
    assert_int_equal(list_of(house->vault).count, 0);
    assert_int_equal(save_token(other, A, "first"), LOOM_OK);
    assert_int_equal(list_of(house->vault).count, 1);
    assert_true(finds_token(house->vault, A, "first"));
    assert_int_equal(save_token(other, A, "other"), LOOM_OK);
    assert_true(finds_token(house->vault, A, "other"));
    assert_int_equal(list_of(house->vault).count, 1);
    assert_int_equal(remove_origin(other, A, false), LOOM_OK);
    assert_int_equal(find_error(house->vault, A, false), LOOM_ERR_NOT_FOUND);
    loom_store_close(other);
}

static void save_without_origin_or_token_is_a_fault(void **state) {
    const struct house *house = *state;
    struct loom_credential credential = credential_of(A, "t");
    credential.has_origin = false;
    assert_int_equal(house->vault->ops->save(house->vault, &credential, NULL), LOOM_ERR_INTERNAL);
    credential.has_origin = true;
    loom_secret_drop(&credential.token);
    assert_int_equal(house->vault->ops->save(house->vault, &credential, NULL), LOOM_ERR_INTERNAL);
    assert_false(house_has(house, "config"));
    loom_credential_clear(&credential);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_make, house_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(find_and_list_and_remove_make_nothing),
        TEST(find_no_match_needs_no_key),
        TEST(save_any_umask_makes_private_files),
        TEST(find_loose_file_and_folder_are_tightened),
        TEST(find_file_of_another_owner_is_refused),
        TEST(save_link_in_its_place_is_refused),
        TEST(save_other_hard_links_keep_the_old_content),
        TEST(save_leaves_no_other_file),
        TEST(remove_last_leaves_a_valid_empty_file),
        TEST(save_each_raises_the_generation_by_one),
        TEST(save_past_the_last_generation_is_refused),
        TEST(save_untouched_entries_keep_every_byte),
        TEST(save_same_token_thousand_times_never_repeats),
        TEST(save_token_shows_nowhere),
        TEST(save_short_tokens_of_different_length_have_one_length),
        TEST(save_colliding_keys_never_share),
        TEST(save_credential_over_its_cap_is_refused_whole),
        TEST(save_more_than_the_file_may_hold_is_refused),
        cmocka_unit_test(file_add_more_than_there_may_be_is_refused),
        TEST(save_obtained_at_never_goes_back),
        TEST(save_disk_full_keeps_the_old_file),
        TEST(check_disk_full_is_said_before_anything_else),
        TEST(save_folder_that_cannot_be_written_is_refused),
        TEST(save_from_several_processes_loses_none),
        TEST(find_while_others_save_sees_old_or_new),
        TEST(save_killed_in_the_middle_leaves_old_or_new),
        TEST(save_ended_by_a_signal_leaves_no_temporary),
        TEST(find_while_the_lock_is_held_does_not_wait),
        TEST(find_after_list_sees_what_others_did_meanwhile),
        TEST(save_without_origin_or_token_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
