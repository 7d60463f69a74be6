/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/session/session_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { JOURNAL_MAX = 1024 * 1024 };

static const char *const reasons[] = {
    [LOOM_WAITING_PENDING] = "pending",
    [LOOM_WAITING_SLOW_DOWN] = "slow_down",
    [LOOM_WAITING_NETWORK] = "network",
    [LOOM_WAITING_SERVER] = "server",
};

static void note(struct session_world *world, const char *what, const char *text) {
    assert_int_equal(loom_buffer_add_format(&world->journal, "%s %s\n", what, text), LOOM_OK);
}

/* ---- The prompt ---- */

static void show_already(void *context, const struct loom_credential *existing) {
    const char *name = loom_account_name(&existing->account);
    note(context, "already", name != NULL ? name : "somebody");
}

static bool show_dialect(void *context, const struct loom_authority *authority, bool is_changed) {
    struct session_world *world = context;
    char line[64];
    (void)snprintf(line, sizeof line, "dialect: %s%s\n",
                   authority->is_standard ? "standard" : "loom", is_changed ? ", changed" : "");
    assert_int_equal(loom_buffer_add_text(&world->journal, line), LOOM_OK);
    return !world->refuses_dialect;
}

static bool show_code(void *context, const struct loom_device_grant *grant, int64_t expires_at) {
    struct session_world *world = context;
    note(world, "code", grant->user_code);
    world->shown_expires_at = expires_at;
    return !world->is_blind;
}

/* On change alone: it is called every second. */
static void show_waiting(void *context, enum loom_waiting reason, int64_t left_ms) {
    struct session_world *world = context;
    assert_true(left_ms > 0 && left_ms <= world->least_left_ms);
    world->least_left_ms = left_ms;
    if (world->last_reason == (int)reason)
        return;
    world->last_reason = (int)reason;
    note(world, "waiting", reasons[reason]);
}

static enum loom_err ask_for_wish(void *context) {
    struct session_world *world = context;
    assert_true(world->wishes_left > 0);
    assert_int_equal(loom_buffer_add_text(&world->journal, "expired\n"), LOOM_OK);
    if (world->on_wish != NULL)
        world->on_wish();
    fake_clock_pass(&world->clock, world->wish_takes_ms);
    world->last_reason = -1;
    world->least_left_ms = INT64_MAX;
    world->wishes_left--;
    return *world->wishes++;
}

void world_wish(struct session_world *world, const enum loom_err *wishes, size_t count) {
    world->wishes = wishes;
    world->wishes_left = count;
    world->prompt.expired = ask_for_wish;
}

/* ---- The world ---- */

int session_world_make(void **state) {
    struct session_world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    assert_int_equal(scratch_make((void **)&world->scratch), 0);
    (void)snprintf(world->paths.config, sizeof world->paths.config, "%s/config",
                   world->scratch->path);
    (void)snprintf(world->paths.data, sizeof world->paths.data, "%s/data", world->scratch->path);
    world->journal = (struct loom_buffer)LOOM_BUFFER_INIT(JOURNAL_MAX);
    world->clock = (struct fake_clock)FAKE_CLOCK_INIT;
    world->clock_port = fake_clock_port(&world->clock);
    world->http = fake_http_port(&world->fake);
    world->prompt = (struct loom_prompt){.context = world,
                                         .already = show_already,
                                         .dialect = show_dialect,
                                         .code = show_code,
                                         .waiting = show_waiting};
    watched_store_open(&world->watched, &world->journal);
    world->session = (struct loom_session){&world->http, &world->clock_port, &world->watched.store,
                                           &world->paths};
    assert_int_equal(loom_origin_parse(SERVER, strlen(SERVER), &world->origin, NULL), LOOM_OK);
    world->wish = (struct loom_sign_in_wish){.origin = &world->origin};
    world->signed_in = (struct loom_signed_in)LOOM_SIGNED_IN_INIT;
    world_forget(world);
    *state = world;
    return 0;
}

int session_world_remove(void **state) {
    struct session_world *world = *state;
    void *scratch = world->scratch;
    fake_http_reset(&world->fake);
    watched_store_close(&world->watched);
    loom_signed_in_clear(&world->signed_in);
    loom_buffer_clear(&world->journal);
    free(world->script);
    free(world);
    return scratch_remove(&scratch);
}

void world_play(struct session_world *world, const struct fake_answer *script, size_t count) {
    fake_http_reset(&world->fake);
    free(world->script);
    world->script = calloc(count, sizeof *script);
    assert_non_null(world->script);
    memcpy(world->script, script, count * sizeof *script);
    world->fake.script = world->script;
    world->fake.count = count;
    world->fake.clock = &world->clock;
    world->fake.journal = &world->journal;
    world->last_reason = -1;
    world->least_left_ms = INT64_MAX;
}

static char *copy(const char *text) {
    char *copied = text != NULL ? strdup(text) : NULL;
    assert_true(copied != NULL || text == NULL);
    return copied;
}

static void fill_standard(const struct kept *kept, struct loom_credential *out) {
    out->life_s = kept->life_s;
    out->dialect = kept->is_standard ? LOOM_DIALECT_OAUTH : LOOM_DIALECT_LOOM;
    if (kept->refresh != NULL)
        assert_int_equal(loom_secret_new(kept->refresh, strlen(kept->refresh), &out->refresh),
                         LOOM_OK);
    out->token_endpoint = copy(kept->token_endpoint);
    out->revocation_endpoint = copy(kept->revocation_endpoint);
    out->userinfo_endpoint = copy(kept->userinfo_endpoint);
    out->client_id = copy(kept->client_id);
    out->scope = copy(kept->scope);
}

static void fill(const struct session_world *world, const struct kept *kept,
                 struct loom_credential *out) {
    *out = (struct loom_credential){
        .has_origin = true,
        .origin = world->origin,
        .source = kept->source,
        .obtained_at = kept->obtained_at,
        .expires_at = kept->expires_at,
    };
    assert_int_equal(loom_secret_new(kept->token, strlen(kept->token), &out->token), LOOM_OK);
    out->ca_file = copy(kept->ca_file);
    out->account.display_name = copy(kept->name);
    fill_standard(kept, out);
}

void world_keep(struct session_world *world, const struct kept *kept) {
    struct loom_store *memory = world->watched.memory;
    struct loom_credential credential;
    fill(world, kept, &credential);
    assert_int_equal(memory->ops->save(memory, &credential, NULL), LOOM_OK);
    loom_credential_clear(&credential);
}

void world_plant(struct session_world *world, const struct kept *kept) {
    struct loom_credential credential;
    char key[LOOM_STORE_KEY_MAX];
    fill(world, kept, &credential);
    assert_int_equal(loom_store_key(&world->origin, false, key), LOOM_OK);
    assert_int_equal(loom_memory_store_plant(world->watched.memory, key, &credential), LOOM_OK);
    loom_credential_clear(&credential);
}

enum loom_err world_kept(struct session_world *world, struct loom_credential *out_credential) {
    struct loom_store *memory = world->watched.memory;
    struct loom_store_question question = {&world->origin, false};
    return memory->ops->find(memory, &question, out_credential, NULL);
}

int world_lock(const struct session_world *world) {
    char path[LOOM_PATH_MAX + 64];
    (void)mkdir(world->paths.data, 0700);
    (void)snprintf(path, sizeof path, "%s/lock", world->paths.data);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/lock/" WORLD_LOCK, world->paths.data);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    return fd;
}

const char *world_kept_token(struct session_world *world) {
    static char token[256];
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    token[0] = '\0';
    if (world_kept(world, &credential) == LOOM_OK)
        (void)snprintf(token, sizeof token, "%s", loom_secret_bytes(credential.token));
    loom_credential_clear(&credential);
    return token;
}

void two_places_open(struct session_world *world, struct two_places *two, enum loom_place place) {
    *two = (struct two_places){.journal = LOOM_BUFFER_INIT(4096)};
    watched_store_open(&two->keyring, &two->journal);
    watched_store_open(&two->vault, &two->journal);
    assert_int_equal(
        loom_keyring_first_open(&two->keyring.store, &two->vault.store, place, &two->store),
        LOOM_OK);
    world->session.store = two->store;
}

void two_places_close(struct session_world *world, struct two_places *two) {
    world->session.store = &world->watched.store;
    loom_store_drop(&two->store);
    loom_buffer_clear(&two->journal);
}

void two_places_keep(struct session_world *world, const struct watched_store *place,
                     const struct kept *kept) {
    struct loom_store *own = world->watched.memory;
    world->watched.memory = place->memory;
    world_keep(world, kept);
    world->watched.memory = own;
}

const char *two_places_token(struct session_world *world, const struct watched_store *place) {
    struct loom_store *own = world->watched.memory;
    world->watched.memory = place->memory;
    const char *token = world_kept_token(world);
    world->watched.memory = own;
    return token;
}

enum loom_err world_sign_in(struct session_world *world) {
    loom_signed_in_clear(&world->signed_in);
    enum loom_err err = loom_sign_in(&world->session, &world->wish, &world->prompt,
                                     &world->signed_in, &world->error);
    assert_int_equal(world->error.code, err);
    assert_true((err == LOOM_OK) == (world->signed_in.credential.token != NULL));
    return err;
}

void assert_journal(struct session_world *world, const char *expected) {
    assert_string_equal(loom_buffer_text(&world->journal), expected);
    assert_int_equal(world->fake.sent, world->fake.count);
}

void world_forget(struct session_world *world) {
    fake_http_reset(&world->fake);
    loom_buffer_reset(&world->journal);
    world->error = (struct loom_error)LOOM_ERROR_INIT;
}
