/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tokens.h"

#include "base/memory.h"
#include "base/text.h"
#include "crypto/crypto.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1024, RANDOM_SIZE = 20 };

struct dev_tokens {
    pthread_mutex_t lock;
    size_t issued;
    char slots[SLOTS][DEV_TOKEN_SIZE]; /* "": free */
};

enum loom_err dev_tokens_new(struct dev_tokens **out_tokens) {
    struct dev_tokens *tokens = calloc(1, sizeof *tokens);
    if (tokens == NULL)
        return LOOM_ERR_INTERNAL;
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

enum loom_err dev_tokens_issue(struct dev_tokens *tokens, char out_token[static DEV_TOKEN_SIZE]) {
    unsigned char bytes[RANDOM_SIZE];
    enum loom_err err = loom_random(bytes, sizeof bytes);
    if (err != LOOM_OK)
        return err;
    memcpy(out_token, "lt_", 3);
    loom_text_format_hex(bytes, sizeof bytes, out_token + 3);
    (void)pthread_mutex_lock(&tokens->lock);
    memcpy(tokens->slots[tokens->issued++ % SLOTS], out_token, DEV_TOKEN_SIZE);
    (void)pthread_mutex_unlock(&tokens->lock);
    return LOOM_OK;
}

static char *find(struct dev_tokens *tokens, const char *token) {
    if (strlen(token) != DEV_TOKEN_SIZE - 1)
        return NULL;
    for (size_t i = 0; i < SLOTS; i++)
        if (loom_bytes_is_equal(tokens->slots[i], token, DEV_TOKEN_SIZE))
            return tokens->slots[i];
    return NULL;
}

bool dev_tokens_is_alive(struct dev_tokens *tokens, const char *token) {
    (void)pthread_mutex_lock(&tokens->lock);
    bool alive = find(tokens, token) != NULL;
    (void)pthread_mutex_unlock(&tokens->lock);
    return alive;
}

bool dev_tokens_revoke(struct dev_tokens *tokens, const char *token) {
    (void)pthread_mutex_lock(&tokens->lock);
    char *slot = find(tokens, token);
    if (slot != NULL)
        loom_wipe(slot, DEV_TOKEN_SIZE);
    (void)pthread_mutex_unlock(&tokens->lock);
    return slot != NULL;
}

void dev_tokens_revoke_all(struct dev_tokens *tokens) {
    (void)pthread_mutex_lock(&tokens->lock);
    loom_wipe(tokens->slots, sizeof tokens->slots);
    (void)pthread_mutex_unlock(&tokens->lock);
}

size_t dev_tokens_count(struct dev_tokens *tokens) {
    size_t count = 0;
    (void)pthread_mutex_lock(&tokens->lock);
    for (size_t i = 0; i < SLOTS; i++)
        if (tokens->slots[i][0] != '\0')
            count++;
    (void)pthread_mutex_unlock(&tokens->lock);
    return count;
}
