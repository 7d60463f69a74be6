/* SPDX-License-Identifier: Apache-2.0 */
#include "server/codes.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "server/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = 1024,
    USER_DIGITS = 9,
    SLOW_DOWN_MS = 5000, /* RFC 8628 section 3.5 */
    TOO_EARLY_MS = 50,   /* forgiven, since clocks of two processes are read at different times */
};

struct slot {
    struct dev_code code;
    enum dev_code_state state;
    int64_t expires_ms;
    int64_t polled_ms; /* 0: never */
    int64_t gap_ms;    /* between polls; 0: not watched */
};

struct dev_codes {
    const struct dev_options *options;
    pthread_mutex_t lock;
    size_t issued; /* slots are taken in turn: issued % SLOTS is the next */
    struct slot slots[SLOTS];
};

enum loom_err dev_codes_new(const struct dev_options *options, struct dev_codes **out_codes) {
    struct dev_codes *codes = calloc(1, sizeof *codes);
    if (codes == NULL)
        return LOOM_ERR_INTERNAL;
    codes->options = options;
    for (size_t i = 0; i < SLOTS; i++)
        codes->slots[i].state = DEV_CODE_EXPIRED;
    if (pthread_mutex_init(&codes->lock, NULL) != 0) {
        free(codes);
        return LOOM_ERR_INTERNAL;
    }
    *out_codes = codes;
    return LOOM_OK;
}

void dev_codes_free(struct dev_codes *codes) {
    if (codes == NULL)
        return;
    (void)pthread_mutex_destroy(&codes->lock);
    loom_free_wiped(codes, sizeof *codes);
}

static bool has_passed(int64_t after_ms, int64_t age_ms) {
    return after_ms != DEV_NOT_GIVEN && age_ms >= after_ms;
}

/* Bring a slot up to date: time expires codes, and decides in unattended runs. */
static enum dev_code_state settle(const struct dev_codes *codes, struct slot *slot) {
    int64_t now_ms = dev_clock_now_ms();
    int64_t age_ms = now_ms - slot->code.started_ms;
    if (now_ms >= slot->expires_ms)
        slot->state = DEV_CODE_EXPIRED;
    else if (slot->state == DEV_CODE_PENDING &&
             has_passed(codes->options->approve_after_ms, age_ms))
        slot->state = DEV_CODE_APPROVED;
    else if (slot->state == DEV_CODE_PENDING && has_passed(codes->options->deny_after_ms, age_ms))
        slot->state = DEV_CODE_DENIED;
    return slot->state;
}

/* Nine digits without a bias worth the name: 2^64 is that much larger than 10^9. */
static enum loom_err random_user_code(char out_code[static DEV_USER_CODE_SIZE]) {
    uint64_t number = 0;
    enum loom_err err = loom_random((unsigned char *)&number, sizeof number);
    if (err != LOOM_OK)
        return err;
    for (size_t i = 0; i + 1 < DEV_USER_CODE_SIZE; i++) {
        out_code[i] = '-';
        if (i % 4 != 3) {
            out_code[i] = (char)('0' + number % 10);
            number /= 10;
        }
    }
    out_code[DEV_USER_CODE_SIZE - 1] = '\0';
    return LOOM_OK;
}

static struct slot *find_pending(struct dev_codes *codes, const char *user_code);

static enum loom_err fill(struct dev_codes *codes, struct dev_code *code) {
    unsigned char bytes[(DEV_DEVICE_CODE_SIZE - 1) / 2];
    enum loom_err err = loom_random(bytes, sizeof bytes);
    if (err != LOOM_OK)
        return err;
    loom_text_format_hex(bytes, sizeof bytes, code->device_code);
    do {
        err = random_user_code(code->user_code);
    } while (err == LOOM_OK && find_pending(codes, code->user_code) != NULL);
    return err;
}

static int64_t watched_gap_ms(const struct dev_options *options) {
    return options->interval_s == DEV_NOT_GIVEN ? 0 : options->interval_s * 1000;
}

enum loom_err dev_codes_start(struct dev_codes *codes, const char *program, const char *scope,
                              struct dev_code *out_code) {
    struct slot slot = {.state = DEV_CODE_PENDING, .gap_ms = watched_gap_ms(codes->options)};
    slot.code.started_ms = dev_clock_now_ms();
    slot.expires_ms = slot.code.started_ms + codes->options->expires_in_s * 1000;
    if (program != NULL)
        memcpy(slot.code.program, program, strnlen(program, DEV_PROGRAM_MAX));
    memcpy(slot.code.scope, scope, strnlen(scope, DEV_SCOPE_MAX));
    (void)pthread_mutex_lock(&codes->lock);
    enum loom_err err = fill(codes, &slot.code);
    if (err == LOOM_OK)
        codes->slots[codes->issued++ % SLOTS] = slot;
    (void)pthread_mutex_unlock(&codes->lock);
    if (err == LOOM_OK)
        *out_code = slot.code;
    return err;
}

/*
 * RFC 8628 section 3.5, slow_down: "the interval MUST be increased by 5 seconds for this and all
 * subsequent requests".
 */
static enum dev_code_state judge_haste(struct slot *slot) {
    int64_t now_ms = dev_clock_now_ms();
    bool hasty = slot->gap_ms > 0 && slot->polled_ms != 0 &&
                 now_ms - slot->polled_ms < slot->gap_ms - TOO_EARLY_MS;
    slot->polled_ms = now_ms;
    if (!hasty)
        return DEV_CODE_PENDING;
    slot->gap_ms += SLOW_DOWN_MS;
    return DEV_CODE_SLOW_DOWN;
}

static enum dev_code_state poll_slot(struct dev_codes *codes, struct slot *slot) {
    enum dev_code_state state = settle(codes, slot);
    if (state == DEV_CODE_PENDING)
        return judge_haste(slot);
    if (state == DEV_CODE_APPROVED)
        slot->state = DEV_CODE_EXPIRED; /* one code, one token */
    return state;
}

enum dev_code_state dev_codes_poll(struct dev_codes *codes, const char *device_code,
                                   struct dev_code *out_code) {
    enum dev_code_state state = DEV_CODE_EXPIRED;
    if (strlen(device_code) != DEV_DEVICE_CODE_SIZE - 1)
        return state;
    (void)pthread_mutex_lock(&codes->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &codes->slots[i];
        if (!loom_bytes_is_equal(slot->code.device_code, device_code, DEV_DEVICE_CODE_SIZE))
            continue;
        state = poll_slot(codes, slot);
        if (state == DEV_CODE_APPROVED)
            *out_code = slot->code;
    }
    (void)pthread_mutex_unlock(&codes->lock);
    return state;
}

/* Keep the digits alone: people type blanks, hyphens or nothing between the groups. */
static void keep_digits(const char *text, char out_digits[static USER_DIGITS + 2]) {
    size_t len = 0;
    for (; *text != '\0' && len < USER_DIGITS + 1; text++)
        if (loom_ascii_is_digit(*text))
            out_digits[len++] = *text;
    out_digits[len] = '\0';
}

static bool is_typed(const struct dev_code *code, const char *user_code) {
    char wanted[USER_DIGITS + 2];
    char typed[USER_DIGITS + 2];
    keep_digits(code->user_code, wanted);
    keep_digits(user_code, typed);
    return strcmp(wanted, typed) == 0;
}

static struct slot *find_pending(struct dev_codes *codes, const char *user_code) {
    for (size_t i = 1; i <= SLOTS; i++) { /* newest first */
        struct slot *slot = &codes->slots[(codes->issued + SLOTS - i) % SLOTS];
        if (slot->code.user_code[0] == '\0' || settle(codes, slot) != DEV_CODE_PENDING)
            continue;
        if (user_code == NULL || is_typed(&slot->code, user_code))
            return slot;
    }
    return NULL;
}

enum loom_err dev_codes_find(struct dev_codes *codes, const char *user_code,
                             struct dev_code *out_code) {
    (void)pthread_mutex_lock(&codes->lock);
    const struct slot *slot = find_pending(codes, user_code);
    if (slot != NULL)
        *out_code = slot->code;
    (void)pthread_mutex_unlock(&codes->lock);
    return slot == NULL ? LOOM_ERR_NOT_FOUND : LOOM_OK;
}

enum loom_err dev_codes_decide(struct dev_codes *codes, const char *user_code, bool approve) {
    (void)pthread_mutex_lock(&codes->lock);
    struct slot *slot = find_pending(codes, user_code);
    if (slot != NULL)
        slot->state = approve ? DEV_CODE_APPROVED : DEV_CODE_DENIED;
    (void)pthread_mutex_unlock(&codes->lock);
    return slot == NULL ? LOOM_ERR_NOT_FOUND : LOOM_OK;
}

void dev_codes_expire(struct dev_codes *codes) {
    (void)pthread_mutex_lock(&codes->lock);
    for (size_t i = 0; i < SLOTS; i++)
        codes->slots[i].state = DEV_CODE_EXPIRED;
    (void)pthread_mutex_unlock(&codes->lock);
}

size_t dev_codes_count_pending(struct dev_codes *codes) {
    size_t count = 0;
    (void)pthread_mutex_lock(&codes->lock);
    for (size_t i = 0; i < SLOTS; i++)
        if (settle(codes, &codes->slots[i]) == DEV_CODE_PENDING)
            count++;
    (void)pthread_mutex_unlock(&codes->lock);
    return count;
}
