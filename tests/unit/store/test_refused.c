/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

#include "store/refused.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define A "https://a.example.com"
#define B "https://b.example.com"
#define NOTES "data/refused.json"
#define LOCK "data/refused.json.lock"

static struct loom_secret *secret_of(const char *token) {
    struct loom_secret *secret = NULL;
    assert_int_equal(loom_secret_new(token, strlen(token), &secret), LOOM_OK);
    return secret;
}

static enum loom_err note(const struct house *house, const char *url, const char *token,
                          int64_t asked_at) {
    struct loom_refused refused = {asked_at, asked_at % 2 == 1};
    struct loom_origin origin = origin_of(url);
    struct loom_secret *secret = secret_of(token);
    enum loom_err err = loom_refused_note(&house->paths, &origin, secret, &refused, NULL);
    loom_secret_free(secret);
    return err;
}

static enum loom_err find(const struct house *house, const char *url, const char *token,
                          struct loom_refused *out_note) {
    struct loom_origin origin = origin_of(url);
    struct loom_secret *secret = secret_of(token);
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_err err = loom_refused_find(&house->paths, &origin, secret, out_note, &error);
    assert_int_equal(error.code, err);
    loom_secret_free(secret);
    return err;
}

static void assert_none(const struct house *house, const char *url, const char *token) {
    struct loom_refused found = {77, true};
    assert_int_equal(find(house, url, token, &found), LOOM_ERR_NOT_FOUND);
    assert_int_equal(found.asked_at, 77);
}

/* asked_at tells them apart; odd ones are dead. */
static void assert_noted(const struct house *house, const char *url, const char *token,
                         int64_t asked_at) {
    struct loom_refused found = {77, false};
    assert_int_equal(find(house, url, token, &found), LOOM_OK);
    assert_int_equal(found.asked_at, asked_at);
    assert_int_equal(found.is_dead, asked_at % 2 == 1);
}

static enum loom_err forget(const struct house *house, const char *url) {
    struct loom_origin origin = origin_of(url);
    return loom_refused_forget(&house->paths, &origin, NULL);
}

static void find_and_forget_nothing_make_nothing(void **state) {
    const struct house *house = *state;
    assert_none(house, A, "t");
    assert_int_equal(forget(house, A), LOOM_OK);
    assert_false(house_has(house, "data"));
    house_folders(house);
    assert_none(house, A, "t");
    assert_int_equal(forget(house, A), LOOM_OK);
    assert_int_equal(house_count(house, "data"), 0);
}

static void note_is_of_one_server_and_one_token(void **state) {
    const struct house *house = *state;
    assert_int_equal(note(house, A, "t", 0), LOOM_OK);
    assert_noted(house, A, "t", 0);
    assert_none(house, A, "T");
    assert_none(house, A, "tt");
    assert_none(house, B, "t");
    assert_none(house, A "/x", "t");
    assert_int_equal(house_mode(house, NOTES), 0600);
    assert_int_equal(house_mode(house, LOCK), 0600);
}

static void note_again_replaces_that_servers_alone(void **state) {
    const struct house *house = *state;
    assert_int_equal(note(house, A, "t", 0), LOOM_OK);
    assert_int_equal(note(house, B, "t", 2), LOOM_OK);
    assert_int_equal(note(house, A, "t", 1700000001), LOOM_OK);
    assert_noted(house, A, "t", 1700000001);
    assert_noted(house, B, "t", 2);
    assert_int_equal(note(house, A, "u", 4), LOOM_OK); /* a new token: the old one's is gone */
    assert_noted(house, A, "u", 4);
    assert_none(house, A, "t");
}

static void forget_drops_that_servers_alone(void **state) {
    const struct house *house = *state;
    assert_int_equal(note(house, A, "t", 1), LOOM_OK);
    assert_int_equal(note(house, B, "u", 2), LOOM_OK);
    assert_int_equal(forget(house, A), LOOM_OK);
    assert_none(house, A, "t");
    assert_noted(house, B, "u", 2);
    assert_int_equal(forget(house, B), LOOM_OK);
    assert_int_equal(forget(house, B), LOOM_OK);
    assert_none(house, B, "u");
}

/* Never a token, nor the server's name; the hashes are those that the document names. */
static void note_holds_hashes_alone(void **state) {
    const struct house *house = *state;
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(note(house, A, "canary-token", 1700000000), LOOM_OK);
    house_read(house, NOTES, &text);
    assert_string_equal(text.data,
                        "{\"93d446a9d8ca42b500faf019713f245eaf0377bd89add0676ece0b22d3ebfb02\":"
                        "{\"token\":\"336a73674e06c130\",\"asked_at\":1700000000,"
                        "\"dead\":false}}\n");
    loom_buffer_clear(&text);
}

/* It holds nothing that cannot be found out again. */
static void find_file_that_cannot_be_read_is_absent(void **state) {
    const struct house *house = *state;
    struct loom_buffer good = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    static const char *const texts[] = {
        "",
        "x",
        "[]",
        "null",
        "{}",
        "{\"a\":{}}",
        "{\"a\":1}",
        "{\"0000000000000000000000000000000000000000000000000000000000000000\":{\"token\":\"0\","
        "\"asked_at\":0,\"dead\":false}}",
        "{\"0000000000000000000000000000000000000000000000000000000000000000\":{\"token\":"
        "\"0000000000000000\",\"asked_at\":-1,\"dead\":false}}",
        "{\"0000000000000000000000000000000000000000000000000000000000000000\":{\"token\":"
        "\"0000000000000000\",\"asked_at\":0,\"dead\":0}}"};
    assert_int_equal(note(house, A, "t", 2), LOOM_OK);
    house_read(house, NOTES, &good);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        house_write_text(house, NOTES, texts[i]);
        assert_none(house, A, "t");
        assert_int_equal(forget(house, A), LOOM_OK);
        assert_int_equal(note(house, A, "t", 4), LOOM_OK);
        assert_noted(house, A, "t", 4);
    }
    /* One that is bad makes all of them doubtful. */
    house_edit(house, NOTES, "}}", "},\"b\":{}}");
    assert_none(house, A, "t");
    house_write(house, NOTES, 0644, good.data, good.len);
    assert_noted(house, A, "t", 2);
    assert_int_equal(house_mode(house, NOTES), 0600);
    loom_buffer_clear(&good);
}

static void note_behind_a_link_is_refused(void **state) {
    const struct house *house = *state;
    house_folders(house);
    house_write_text(house, "target", "kept");
    assert_int_equal(symlink(house_path(house, "target"), house_path(house, NOTES)), 0);
    assert_none(house, A, "t");
    assert_int_equal(note(house, A, "t", 1), LOOM_ERR_STORAGE);
    struct loom_buffer kept = LOOM_BUFFER_INIT(16);
    assert_int_equal(loom_buffer_add_text(&kept, "kept"), LOOM_OK);
    assert_true(house_holds(house, "target", &kept));
    loom_buffer_clear(&kept);
}

static void note_many_servers_drops_the_oldest(void **state) {
    const struct house *house = *state;
    enum { NOTES_MAX = 256 };
    char url[64];
    for (int i = 0; i <= NOTES_MAX; i++) {
        (void)snprintf(url, sizeof url, "https://h%d.example.com", i);
        assert_int_equal(note(house, url, "t", i), LOOM_OK);
    }
    assert_none(house, "https://h0.example.com", "t");
    assert_noted(house, "https://h1.example.com", "t", 1);
    assert_noted(house, url, "t", NOTES_MAX);
}

/* More than this program ever writes is not this program's. */
static void find_file_of_too_many_notes_is_absent(void **state) {
    const struct house *house = *state;
    struct loom_buffer own = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    assert_int_equal(note(house, A, "t", 2), LOOM_OK);
    house_read(house, NOTES, &own);
    assert_int_equal(loom_buffer_add(&text, own.data, own.len - strlen("}\n")), LOOM_OK);
    for (int i = 0; i < 256; i++)
        assert_int_equal(loom_buffer_add_format(&text,
                                                ",\"%064x\":{\"token\":\"0000000000000000\","
                                                "\"asked_at\":0,\"dead\":false}",
                                                (unsigned)i),
                         LOOM_OK);
    assert_int_equal(loom_buffer_add_text(&text, "}"), LOOM_OK);
    house_write(house, NOTES, 0600, text.data, text.len);
    assert_none(house, A, "t");
    assert_int_equal(note(house, A, "t", 4), LOOM_OK);
    assert_noted(house, A, "t", 4);
    loom_buffer_clear(&own);
    loom_buffer_clear(&text);
}

/* Who does not get the lock in time is told so, and comes again. */
static void note_in_the_end(const struct house *house, const char *url, int64_t asked_at) {
    enum loom_err err = LOOM_ERR_STORAGE;
    for (int i = 0; i < 100 && err == LOOM_ERR_STORAGE; i++)
        err = note(house, url, "t", asked_at);
    CHECK(err == LOOM_OK);
}

static void note_from_several_processes_loses_none(void **state) {
    const struct house *house = *state;
    enum { PROCESSES = 8 };
    pid_t pids[PROCESSES];
    char url[64];
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            (void)snprintf(url, sizeof url, "https://h%d.example.com", i);
            note_in_the_end(house, url, i);
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++)
        assert_int_equal(child_wait(pids[i]), 0);
    for (int i = 0; i < PROCESSES; i++) {
        (void)snprintf(url, sizeof url, "https://h%d.example.com", i);
        assert_noted(house, url, "t", i);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_make, house_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(find_and_forget_nothing_make_nothing),
        TEST(note_is_of_one_server_and_one_token),
        TEST(note_again_replaces_that_servers_alone),
        TEST(forget_drops_that_servers_alone),
        TEST(note_holds_hashes_alone),
        TEST(find_file_that_cannot_be_read_is_absent),
        TEST(note_behind_a_link_is_refused),
        TEST(note_many_servers_drops_the_oldest),
        TEST(find_file_of_too_many_notes_is_absent),
        TEST(note_from_several_processes_loses_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
