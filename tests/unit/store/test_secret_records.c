/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_records.h"

#include "base/memory.h"
#include "house.h"
#include "unit/base/heap_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A "https://a.example.com"
#define B "https://b.example.com"
#define FILED "https___a_example_com"

enum { JSON_SIZE = 512 };

static void print_json(char out_json[static JSON_SIZE], const char *url, const char *token,
                       int obtained_at) {
    int len = snprintf(out_json, JSON_SIZE, "{\"type\":\"api\",\"key\":\"%s\"", token);
    if (url != NULL)
        len += snprintf(out_json + len, JSON_SIZE - (size_t)len, ",\"server\":\"%s\"", url);
    if (obtained_at != 0)
        len +=
            snprintf(out_json + len, JSON_SIZE - (size_t)len, ",\"obtained_at\":%d", obtained_at);
    (void)snprintf(out_json + len, JSON_SIZE - (size_t)len, "}");
}

/* What a keyring says of one of ours; `json` has to outlive it. */
static struct loom_secret_item item_of(const char *path, const char *key, const char *json) {
    return (struct loom_secret_item){.path = path,
                                     .service = "loom",
                                     .username = key,
                                     .target = "default",
                                     .modified = 7,
                                     .json = json,
                                     .len = strlen(json)};
}

static void add(struct loom_secret_records *records, const char *path, const char *url,
                const char *token, int obtained_at) {
    char json[JSON_SIZE];
    print_json(json, url, token, obtained_at);
    const struct loom_secret_item item = item_of(path, FILED, json);
    assert_int_equal(loom_secret_records_add(records, &item), LOOM_OK);
}

static bool takes(struct loom_secret_records *records, const char *key, const char *url,
                  const char *token) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    const struct loom_origin origin = origin_of(url);
    return loom_secret_records_take(records, key, &origin, &credential) &&
           loom_secret_len(credential.token) == strlen(token) &&
           memcmp(loom_secret_bytes(credential.token), token, strlen(token)) == 0;
}

/* ---- An item ---- */

static void is_ours_what_is_filed_otherwise_is_not(void **state) {
    (void)state;
    static char longest[LOOM_STORE_KEY_MAX + 1];
    memset(longest, 'k', sizeof longest - 1);
    static const struct {
        const char *service, *username, *target, *key;
        bool is_ours;
    } cases[] = {
        {"loom", FILED, "default", FILED, true},      {"loom", FILED, "default", NULL, true},
        {"loom", FILED, NULL, FILED, true},           {"loom", "", "default", NULL, true},
        {"loom", longest + 1, NULL, NULL, true}, /* as long as a key can be */
        {"loom", longest, NULL, NULL, false},         {"loom", longest, "default", longest, false},
        {"loom", FILED, "default", FILED "_", false}, {"loom", FILED "_", "default", FILED, false},
        {"loom", FILED, "other", FILED, false},       {"loom", FILED, "", FILED, false},
        {"loom", FILED, "defaults", NULL, false},     {"loom", NULL, "default", NULL, false},
        {"loom", NULL, "default", FILED, false},      {"mail", FILED, "default", NULL, false},
        {"mail", FILED, "default", FILED, false},     {"", FILED, "default", NULL, false},
        {NULL, FILED, "default", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct loom_secret_item item = {.path = "/x",
                                        .service = cases[i].service,
                                        .username = cases[i].username,
                                        .target = cases[i].target};
        assert_int_equal(loom_secret_item_is_ours(&item, cases[i].key), cases[i].is_ours);
    }
}

static void item_read_without_a_time_has_the_items(void **state) {
    (void)state;
    char json[JSON_SIZE];
    for (int obtained_at = 0; obtained_at <= 100; obtained_at += 100) {
        LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential;
        print_json(json, A, "token", obtained_at);
        const struct loom_secret_item item = item_of("/x", FILED, json);
        credential = (struct loom_credential)LOOM_CREDENTIAL_INIT;
        assert_int_equal(loom_secret_item_read(&item, FILED, &credential), LOOM_OK);
        assert_int_equal(credential.obtained_at, obtained_at != 0 ? obtained_at : 7);
    }
}

/* KR-06: whatever is wrong with it, it is passed over, and the output stays as it was. */
static void item_read_of_what_is_no_credential_of_ours_is_damaged(void **state) {
    (void)state;
    static char huge[LOOM_CREDENTIAL_JSON_MAX + 2];
    char json[JSON_SIZE];
    print_json(json, A, "token", 100);
    memset(huge, ' ', sizeof huge - 1);
    memcpy(huge, json, strlen(json));
    struct loom_secret_item items[] = {
        item_of("/x", FILED, json), item_of("/x", FILED "--0123", json), item_of("/x", FILED, json),
        item_of("/x", FILED, json), item_of("/x", FILED, "[]"),          item_of("/x", FILED, huge),
        item_of("/x", NULL, json),
    };
    items[0].target = "other";
    items[2].json = NULL;
    items[3].len = 0;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
        struct loom_credential credential = {.obtained_at = 3};
        assert_int_equal(loom_secret_item_read(&items[i], FILED, &credential), LOOM_ERR_DAMAGED);
        assert_int_equal(credential.obtained_at, 3);
        assert_null(credential.token);
        bool is_of_another_key = i == 1;
        assert_int_equal(loom_secret_records_add(&records, &items[i]), LOOM_OK);
        assert_int_equal(records.first != NULL, is_of_another_key);
    }
    struct loom_secret_item whole = item_of("/x", FILED, huge);
    whole.len = LOOM_CREDENTIAL_JSON_MAX;
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    assert_int_equal(loom_secret_item_read(&whole, FILED, &credential), LOOM_OK);
    loom_credential_clear(&credential);
}

/* ---- Ranks ---- */

static void rank_is_above_the_newer_then_the_later_changed_then_the_lesser_path(void **state) {
    (void)state;
    static const struct loom_secret_rank ascending[] = {
        {0, 0, NULL},          {0, 0, "/b"},   {0, 0, "/a"}, {0, 9, "/z"},
        {1, 0, "/z"},          {1, 0, "/a/b"}, {1, 0, "/a"}, {1, 1, "/z"},
        {1, UINT64_MAX, "/z"}, {2, 0, "/z"},   {2, 0, "/y"}, {INT64_MAX, 0, "/z"},
    };
    size_t count = sizeof ascending / sizeof ascending[0];
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < count; j++)
            assert_int_equal(loom_secret_rank_is_above(&ascending[i], &ascending[j]), i > j);
    /* A time before all others is still one. */
    const struct loom_secret_rank none = {0, 0, NULL}, before = {INT64_MIN, 0, "/z"};
    assert_true(loom_secret_rank_is_above(&before, &none));
}

/* ---- Records ---- */

/* KR-08, in whatever order the keyring names them. */
static void take_of_several_is_the_newest_and_that_one_is_gone(void **state) {
    (void)state;
    static const char *const tokens[] = {"first", "third", "second"};
    static const int times[] = {100, 300, 200};
    for (size_t shift = 0; shift < 3; shift++) {
        LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
        for (size_t i = 0; i < 3; i++)
            add(&records, "/x", A, tokens[(i + shift) % 3], times[(i + shift) % 3]);
        assert_true(takes(&records, FILED, A, "third"));
        assert_true(takes(&records, FILED, A, "second"));
        assert_true(takes(&records, FILED, A, "first"));
        assert_null(records.first);
        assert_false(takes(&records, FILED, A, "first"));
    }
}

static void take_of_equals_is_always_the_same(void **state) {
    (void)state;
    static const char *const paths[] = {"/b", "/a", "/c"};
    for (size_t shift = 0; shift < 3; shift++) {
        LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
        for (size_t i = 0; i < 3; i++)
            add(&records, paths[(i + shift) % 3], A, paths[(i + shift) % 3], 100);
        assert_true(takes(&records, FILED, A, "/a"));
        assert_true(takes(&records, FILED, A, "/b"));
    }
}

/* REV-05: servers whose keys collide keep their own. */
static void take_of_another_origin_key_or_none_is_not_there(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
    struct loom_credential untouched = {.obtained_at = 3};
    const struct loom_origin b = origin_of(B);
    add(&records, "/1", "https://a_b.example.com", "other", 900);
    add(&records, "/2", NULL, "nobody", 900);
    add(&records, "/3", A, "ours", 1);
    assert_false(loom_secret_records_take(&records, FILED, &b, &untouched));
    assert_int_equal(untouched.obtained_at, 3);
    assert_null(untouched.token);
    assert_false(takes(&records, FILED "--0123", A, "ours"));
    assert_false(takes(&records, "", A, "ours"));
    assert_true(takes(&records, FILED, A, "ours"));
    assert_false(takes(&records, FILED, A, "ours"));
    assert_true(takes(&records, FILED, "https://a_b.example.com", "other"));
    assert_non_null(records.first); /* nobody's */
    assert_false(takes(&records, FILED, A, "nobody"));
}

/* ---- Showing ---- */

struct seen {
    char text[1024];
};

static void see(void *context, const struct loom_store_entry *entry) {
    struct seen *seen = context;
    size_t used = strlen(seen->text);
    (void)snprintf(seen->text + used, sizeof seen->text - used, "%s %s\n",
                   entry->origin != NULL ? entry->origin->url : "-", entry->key);
}

static void check_shown(const struct loom_secret_records *records, const char *expected) {
    struct seen seen = {""};
    loom_secret_records_visit(records, see, &seen);
    assert_string_equal(seen.text, expected);
}

static void visit_shows_each_server_once_in_the_order_of_adding(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
    const struct loom_origin c = origin_of("https://c.example.com"), b = origin_of(B);
    char json[JSON_SIZE];
    print_json(json, NULL, "token", 1);
    const struct loom_secret_item nobody = item_of("/n", "elsewhere", json);
    check_shown(&records, "");
    add(&records, "/1", B, "one", 1);
    add(&records, "/2", NULL, "two", 1);
    assert_int_equal(loom_secret_records_add_origin(&records, &c), LOOM_OK);
    add(&records, "/3", A, "three", 1);
    add(&records, "/4", B, "four", 9); /* newer, and the same server */
    assert_int_equal(loom_secret_records_add(&records, &nobody), LOOM_OK);
    add(&records, "/5", NULL, "five", 1); /* the same key */
    assert_int_equal(loom_secret_records_add_origin(&records, &b), LOOM_OK);
    check_shown(&records, B " " FILED "\n- " FILED "\nhttps://c.example.com \n" A " " FILED
                            "\n- elsewhere\n");
    assert_true(takes(&records, FILED, B, "four"));
    assert_true(takes(&records, FILED, B, "one"));
    check_shown(&records,
                "- " FILED "\nhttps://c.example.com \n" A " " FILED "\n- elsewhere\n" B " \n");
}

/* What a label tells has no token that could be taken. */
static void take_of_a_mere_origin_is_not_there(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
    const struct loom_origin a = origin_of(A);
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    assert_int_equal(loom_secret_records_add_origin(&records, &a), LOOM_OK);
    assert_false(loom_secret_records_take(&records, FILED, &a, &credential));
}

/* ---- Memory ---- */

/* MEM-138 */
static void clear_wipes_every_token(void **state) {
    (void)state;
    struct loom_secret_records records = {NULL};
    char token[] = "lt_planted_0123456789";
    add(&records, "/1", A, token, 1);
    add(&records, "/2", B, token, 2);
    heap_watch_start(token);
    loom_secret_records_clear(&records);
    assert_int_equal(heap_watch_stop(), 0);
    assert_true(heap_watch_freed() > 4);
    assert_null(records.first);
    loom_secret_records_clear(&records);
}

static void take_leaves_no_copy(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
    char token[] = "lt_planted_0123456789";
    add(&records, "/1", A, token, 1);
    add(&records, "/2", A, "another", 2);
    heap_watch_start(token);
    assert_true(takes(&records, FILED, A, "another"));
    assert_true(takes(&records, FILED, A, token));
    assert_int_equal(heap_watch_stop(), 0);
    assert_true(heap_watch_freed() > 4);
}

/* MEM-138: what cannot be kept is told, no token stays in what is freed, and what was there stays.
 */
static void add_without_memory_is_told_and_leaves_nothing(void **state) {
    (void)state;
    LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
    const struct loom_origin b = origin_of(B);
    char json[JSON_SIZE], token[] = "lt_planted_0123456789";
    size_t failing = 0;
    enum loom_err err = LOOM_ERR_INTERNAL;
    add(&records, "/0", B, "before", 1);
    print_json(json, A, token, 1);
    const struct loom_secret_item item = item_of("/1", FILED, json);
    while (err != LOOM_OK) {
        heap_fail_at(++failing);
        heap_watch_start(token);
        err = loom_secret_records_add(&records, &item);
        assert_int_equal(heap_watch_stop(), 0);
        assert_int_equal(err, heap_has_failed() ? LOOM_ERR_INTERNAL : LOOM_OK);
        check_shown(&records,
                    err == LOOM_OK ? B " " FILED "\n" A " " FILED "\n" : B " " FILED "\n");
    }
    assert_true(failing > 3); /* the token, the record, its path */
    for (failing = 1; failing <= 2; failing++) {
        heap_fail_at(failing);
        assert_int_equal(loom_secret_records_add_origin(&records, &b), LOOM_ERR_INTERNAL);
        assert_true(heap_has_failed());
    }
    heap_fail_at(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_ours_what_is_filed_otherwise_is_not),
        cmocka_unit_test(item_read_without_a_time_has_the_items),
        cmocka_unit_test(item_read_of_what_is_no_credential_of_ours_is_damaged),
        cmocka_unit_test(rank_is_above_the_newer_then_the_later_changed_then_the_lesser_path),
        cmocka_unit_test(take_of_several_is_the_newest_and_that_one_is_gone),
        cmocka_unit_test(take_of_equals_is_always_the_same),
        cmocka_unit_test(take_of_another_origin_key_or_none_is_not_there),
        cmocka_unit_test(visit_shows_each_server_once_in_the_order_of_adding),
        cmocka_unit_test(take_of_a_mere_origin_is_not_there),
        cmocka_unit_test(clear_wipes_every_token),
        cmocka_unit_test(take_leaves_no_copy),
        cmocka_unit_test(add_without_memory_is_told_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
