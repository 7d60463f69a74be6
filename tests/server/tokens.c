/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tokens.h"

#include "base/memory.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "server/clock.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2048, RANDOM_SIZE = 20, PREFIX_LEN = 3 };

enum kind { FREE, ACCESS, REFRESH, SPENT /* a refresh token that was used */ };

struct slot {
    char token[DEV_TOKEN_SIZE];
    enum kind kind;
    size_t grant;
    int64_t expires_ms; /* DEV_NEVER */
};

struct dev_tokens {
    const struct dev_options *options;
    pthread_mutex_t lock;
    size_t issued; /* slots are taken in turn: issued % SLOTS is the next */
    size_t grants;
    size_t asked;
    struct slot slots[SLOTS];
};

enum loom_err dev_tokens_new(const struct dev_options *options, struct dev_tokens **out_tokens) {
    struct dev_tokens *tokens = calloc(1, sizeof *tokens);
    if (tokens == NULL)
        return LOOM_ERR_INTERNAL;
    tokens->options = options;
    if (pthread_mutex_init(&tokens->lock, NULL) != 0) {
        free(tokens);
        return LOOM_ERR_INTERNAL;
    }
    *out_tokens = tokens;
    return LOOM_OK;
}

void dev_tokens_free(struct dev_tokens *tokens) {
    if (tokens == NULL)
        return;
    (void)pthread_mutex_destroy(&tokens->lock);
    loom_free_wiped(tokens, sizeof *tokens);
}

/* ---- All that follows up to the calls: under the lock ---- */

static enum loom_err random_token(const char *prefix, char out_token[static DEV_TOKEN_SIZE]) {
    unsigned char bytes[RANDOM_SIZE];
    enum loom_err err = loom_random(bytes, sizeof bytes);
    if (err != LOOM_OK)
        return err;
    memcpy(out_token, prefix, PREFIX_LEN);
    loom_text_format_hex(bytes, sizeof bytes, out_token + PREFIX_LEN);
    return LOOM_OK;
}

static enum loom_err add(struct dev_tokens *tokens, const struct slot *like, const char *prefix,
                         char out_token[static DEV_TOKEN_SIZE]) {
    struct slot slot = *like;
    enum loom_err err = random_token(prefix, slot.token);
    if (err != LOOM_OK)
        return err;
    tokens->slots[tokens->issued++ % SLOTS] = slot;
    memcpy(out_token, slot.token, DEV_TOKEN_SIZE);
    return LOOM_OK;
}

static enum loom_err add_access(struct dev_tokens *tokens, size_t grant, struct dev_pair *pair) {
    const struct dev_options *options = tokens->options;
    struct slot slot = {.kind = ACCESS, .grant = grant, .expires_ms = DEV_NEVER};
    if (options->token_life_s != DEV_NEVER)
        slot.expires_ms = dev_clock_now_ms() + options->token_life_s * 1000;
    return add(tokens, &slot, options->dialect == DEV_DIALECT_OAUTH ? "at_" : "lt_", pair->access);
}

static enum loom_err add_refresh(struct dev_tokens *tokens, size_t grant, struct dev_pair *pair) {
    const struct slot slot = {.kind = REFRESH, .grant = grant, .expires_ms = DEV_NEVER};
    return add(tokens, &slot, "rt_", pair->refresh);
}

static struct slot *find(struct dev_tokens *tokens, const char *token) {
    if (strlen(token) != DEV_TOKEN_SIZE - 1)
        return NULL;
    for (size_t i = 0; i < SLOTS; i++)
        if (loom_bytes_is_equal(tokens->slots[i].token, token, DEV_TOKEN_SIZE))
            return &tokens->slots[i];
    return NULL;
}

static bool is_alive(const struct slot *slot, enum kind kind) {
    return slot != NULL && slot->kind == kind && dev_clock_now_ms() < slot->expires_ms;
}

static void end_grant(struct dev_tokens *tokens, size_t grant) {
    for (size_t i = 0; i < SLOTS; i++)
        if (tokens->slots[i].grant == grant)
            loom_wipe(&tokens->slots[i], sizeof tokens->slots[i]);
}

static enum loom_err refresh_slot(struct dev_tokens *tokens, struct slot *slot, bool is_kept,
                                  struct dev_pair *out_pair) {
    struct dev_pair pair = {.refresh = ""};
    size_t grant = slot == NULL ? 0 : slot->grant;
    if (is_alive(slot, SPENT))
        end_grant(tokens, grant);
    if (!is_alive(slot, REFRESH))
        return LOOM_ERR_REJECTED;
    enum loom_err err = LOOM_OK;
    if (tokens->options->refresh == DEV_REFRESH_ROTATE && !is_kept) {
        slot->kind = SPENT;
        err = add_refresh(tokens, grant, &pair);
    }
    if (err == LOOM_OK)
        err = add_access(tokens, grant, &pair);
    if (err == LOOM_OK)
        *out_pair = pair;
    return err;
}

/* ---- The calls ---- */

enum loom_err dev_tokens_issue(struct dev_tokens *tokens, struct dev_pair *out_pair) {
    struct dev_pair pair = {.refresh = ""};
    (void)pthread_mutex_lock(&tokens->lock);
    size_t grant = ++tokens->grants;
    enum loom_err err = add_access(tokens, grant, &pair);
    if (err == LOOM_OK && tokens->options->dialect == DEV_DIALECT_OAUTH &&
        tokens->options->refresh != DEV_REFRESH_NONE)
        err = add_refresh(tokens, grant, &pair);
    (void)pthread_mutex_unlock(&tokens->lock);
    if (err == LOOM_OK)
        *out_pair = pair;
    return err;
}

void dev_tokens_note_refresh(struct dev_tokens *tokens) {
    (void)pthread_mutex_lock(&tokens->lock);
    tokens->asked++;
    (void)pthread_mutex_unlock(&tokens->lock);
}

enum loom_err dev_tokens_refresh(struct dev_tokens *tokens, const char *refresh, bool is_kept,
                                 struct dev_pair *out_pair) {
    (void)pthread_mutex_lock(&tokens->lock);
    enum loom_err err = refresh_slot(tokens, find(tokens, refresh), is_kept, out_pair);
    (void)pthread_mutex_unlock(&tokens->lock);
    return err;
}

bool dev_tokens_is_alive(struct dev_tokens *tokens, const char *token) {
    (void)pthread_mutex_lock(&tokens->lock);
    bool alive = is_alive(find(tokens, token), ACCESS);
    (void)pthread_mutex_unlock(&tokens->lock);
    return alive;
}

bool dev_tokens_revoke(struct dev_tokens *tokens, const char *token) {
    (void)pthread_mutex_lock(&tokens->lock);
    struct slot *slot = find(tokens, token);
    bool alive = is_alive(slot, ACCESS) || is_alive(slot, REFRESH);
    if (alive)
        loom_wipe(slot, sizeof *slot);
    (void)pthread_mutex_unlock(&tokens->lock);
    return alive;
}

void dev_tokens_revoke_all(struct dev_tokens *tokens) {
    (void)pthread_mutex_lock(&tokens->lock);
    loom_wipe(tokens->slots, sizeof tokens->slots);
    (void)pthread_mutex_unlock(&tokens->lock);
}

void dev_tokens_expire(struct dev_tokens *tokens) {
    (void)pthread_mutex_lock(&tokens->lock);
    for (size_t i = 0; i < SLOTS; i++)
        if (tokens->slots[i].kind == ACCESS)
            loom_wipe(&tokens->slots[i], sizeof tokens->slots[i]);
    (void)pthread_mutex_unlock(&tokens->lock);
}

void dev_tokens_count(struct dev_tokens *tokens, struct dev_token_counts *out_counts) {
    struct dev_token_counts counts = {0};
    (void)pthread_mutex_lock(&tokens->lock);
    counts.asked = tokens->asked;
    for (size_t i = 0; i < SLOTS; i++) {
        counts.access += is_alive(&tokens->slots[i], ACCESS) ? 1 : 0;
        counts.refresh += is_alive(&tokens->slots[i], REFRESH) ? 1 : 0;
    }
    (void)pthread_mutex_unlock(&tokens->lock);
    *out_counts = counts;
}
