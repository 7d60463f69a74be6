/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device flow, as tables: what every answer on the wire is called, in both dialects; what each
 * answer does in each state; and what becomes of whole flows, clocks and sleeping machines. One
 * letter is one answer to a poll; a word is a history. Each wait is followed by the margin of 25
 * ms, which the tables show. docs/PROTOCOL.md says the same in words.
 */
#include "oauth/device_flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "unit/oauth/oauth_world.h"

static const struct {
    char letter;
    struct loom_flow_answer answer;
} answers[] = {
    {'.', {.kind = LOOM_FLOW_PENDING}},
    {'i', {.kind = LOOM_FLOW_PENDING, .interval_s = 1}}, /* it wishes to be asked more often */
    {'I', {.kind = LOOM_FLOW_PENDING, .interval_s = 30}},
    {'H', {.kind = LOOM_FLOW_PENDING, .interval_s = INT64_MAX}},
    {'S', {.kind = LOOM_FLOW_SLOW_DOWN}},
    {'T', {.kind = LOOM_FLOW_SLOW_DOWN, .interval_s = 30}},
    {'B', {.kind = LOOM_FLOW_BUSY}},
    {'R', {.kind = LOOM_FLOW_BUSY, .retry_after_s = 7}},
    {'r', {.kind = LOOM_FLOW_BUSY, .retry_after_s = 1}},
    {'Y', {.kind = LOOM_FLOW_BUSY, .retry_after_s = INT64_MAX}},
    {'W', {.kind = LOOM_FLOW_SLOW_DOWN, .retry_after_s = 7}},
    {'L', {.kind = LOOM_FLOW_LOST, .err = LOOM_ERR_TIMEOUT}},
    {'U', {.kind = LOOM_FLOW_LOST, .err = LOOM_ERR_UNREACHABLE}},
    {'N', {.kind = LOOM_FLOW_LOST, .err = LOOM_ERR_NO_HOST}},
    {'P', {.kind = LOOM_FLOW_LOST, .err = LOOM_ERR_PROXY}},
    {'A', {.kind = LOOM_FLOW_APPROVED}},
    {'D', {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_DENIED}},
    {'E', {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_EXPIRED}},
    {'Z', {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_BAD_ANSWER}},
    {'C', {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_INTERRUPTED}},
    {'X', {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_NOT_LOOM}},
    {'V', {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_REDIRECT}},
    {'t', {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_TLS}},
    {'a', {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_TLS_AUTHORITY}},
    {'M', {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_INTERNAL}},
};

static const struct loom_flow_answer *answer_of(char letter) {
    size_t row = 0;
    while (row + 1 < sizeof answers / sizeof answers[0] && answers[row].letter != letter)
        row++;
    assert_int_equal(answers[row].letter, letter);
    return &answers[row].answer;
}

/* ---- What every answer on the wire is called ---- */

/* clang-format off */
#define ERROR(code) "{\"error\":\"" code "\"}"
#define OURS(status) "{\"status\":\"" status "\"}"
#define COMPLETED "{\"status\":\"completed\",\"access_token\":\"" TOKEN "\"}"
#define BEARER "{\"access_token\":\"" TOKEN "\",\"token_type\":\"Bearer\"}"

/* The letter that an answer has from a Loom server, and from a standard one. */
static const struct wire {
    struct fake_answer answer;
    char loom, standard;
} wires[] = {
    /* the dialect's own words (DF-01, DF-13 to DF-15); each is nonsense in the other */
    {{.status = 200, .json = OURS("pending")},                                    '.', 'Z'},
    {{.status = 200, .json = OURS("slow_down")},                                  'S', 'Z'},
    {{.status = 200, .json = OURS("expired")},                                    'E', 'Z'},
    {{.status = 200, .json = OURS("denied")},                                     'D', 'Z'},
    {{.status = 200, .json = COMPLETED},                                          'A', 'Z'},
    {{.status = 200, .json = BEARER},                                             'Z', 'A'},
    {{.status = 201, .json = BEARER},                                             'Z', 'A'},
    {{.status = 200, .json = OURS("complete")},                                   'Z', 'Z'},
    {{.status = 200, .json = OURS("COMPLETED")},                                  'Z', 'Z'},
    {{.status = 200, .json = OURS("approved")},                                   'Z', 'Z'},
    {{.status = 200, .json = OURS("")},                                           'Z', 'Z'},
    {{.status = 200, .json = "{\"status\":3}"},                                   'Z', 'Z'},
    {{.status = 200, .json = "{}"},                                               'Z', 'Z'},
    /* RFC 8628 section 3.5 */
    {{.status = 400, .json = ERROR("authorization_pending")},                     'Z', '.'},
    {{.status = 400, .json = ERROR("slow_down")},                                 'Z', 'S'},
    {{.status = 400, .json = ERROR("access_denied")},                             'D', 'D'},
    {{.status = 400, .json = ERROR("expired_token")},                             'E', 'E'},
    /* the same with a status that is only unusual */
    {{.status = 200, .json = ERROR("authorization_pending")},                     '.', '.'},
    {{.status = 200, .json = ERROR("slow_down")},                                 'S', 'S'},
    {{.status = 200, .json = ERROR("access_denied")},                             'D', 'D'},
    {{.status = 200, .json = ERROR("expired_token")},                             'E', 'E'},
    {{.status = 401, .json = ERROR("authorization_pending")},                     'Z', '.'},
    {{.status = 401, .json = ERROR("slow_down")},                                 'Z', 'S'},
    {{.status = 401, .json = ERROR("access_denied")},                             'D', 'D'},
    {{.status = 401, .json = ERROR("expired_token")},                             'E', 'E'},
    {{.status = 403, .json = ERROR("authorization_pending")},                     'Z', '.'},
    {{.status = 403, .json = ERROR("slow_down")},                                 'Z', 'S'},
    {{.status = 403, .json = ERROR("access_denied")},                             'D', 'D'},
    {{.status = 403, .json = ERROR("expired_token")},                             'E', 'E'},
    {{.status = 428, .json = ERROR("authorization_pending")},                     'Z', '.'},
    {{.status = 429, .json = ERROR("authorization_pending")},                     'B', 'B'},
    {{.status = 429, .json = ERROR("slow_down")},                                 'S', 'S'},
    {{.status = 429, .json = ERROR("access_denied")},                             'B', 'D'},
    {{.status = 429, .json = ERROR("expired_token")},                             'B', 'E'},
    {{.status = 404, .json = ERROR("authorization_pending")},                     'X', 'X'},
    {{.status = 405, .json = ERROR("slow_down")},                                 'X', 'X'},
    {{.status = 404, .json = ERROR("access_denied")},                             'D', 'D'},
    /* DF-16: "any other error code, it MUST stop polling" */
    {{.status = 400, .json = ERROR("invalid_grant")},                             'Z', 'Z'},
    {{.status = 400, .json = ERROR("invalid_client")},                            'D', 'D'},
    {{.status = 401, .json = ERROR("invalid_client")},                            'D', 'D'},
    {{.status = 400, .json = ERROR("unauthorized_client")},                       'D', 'D'},
    {{.status = 400, .json = ERROR("unsupported_grant_type")},                    'Z', 'Z'},
    {{.status = 400, .json = ERROR("invalid_request")},                           'Z', 'Z'},
    {{.status = 400, .json = ERROR("server_error")},                              'Z', 'Z'},
    {{.status = 400, .json = ERROR("zzz")},                                       'Z', 'Z'},
    {{.status = 400, .json = ERROR("")},                                          'Z', 'Z'},
    {{.status = 400, .json = ERROR("Slow_Down")},                                 'Z', 'Z'},
    {{.status = 400, .json = "{\"error\":7}"},                                    'Z', 'Z'},
    {{.status = 200, .json = ERROR("invalid_grant")},                             'Z', 'Z'},
    {{.status = 200, .json = ERROR("invalid_client")},                            'D', 'D'},
    {{.status = 200, .json = ERROR("server_error")},                              'Z', 'Z'},
    {{.status = 200, .json = ERROR("zzz")},                                       'Z', 'Z'},
    /* an error beside something better is an error */
    {{.status = 200, .json = "{\"status\":\"completed\",\"access_token\":\"x\",\"token_type\":"
                             "\"Bearer\",\"error\":\"access_denied\"}"},          'D', 'D'},
    {{.status = 200, .json = "{\"status\":\"completed\",\"access_token\":\"x\",\"token_type\":"
                             "\"Bearer\",\"error\":\"authorization_pending\"}"},  '.', '.'},
    {{.status = 200, .json = "{\"status\":\"completed\",\"access_token\":\"x\",\"token_type\":"
                             "\"Bearer\",\"error\":\"zzz\"}"},                    'Z', 'Z'},
    /* DF-11, DF-21: tokens that are none */
    {{.status = 200, .json = "{\"status\":\"completed\",\"token_type\":\"Bearer\"}"}, 'Z', 'Z'},
    {{.status = 200, .json = "{\"status\":\"completed\",\"token_type\":\"mac\",\"access_token\":"
                             "\"x\"}"},                                           'Z', 'Z'},
    {{.status = 400, .json = COMPLETED},                                          'Z', 'Z'},
    {{.status = 400, .json = BEARER},                                             'Z', 'Z'},
    /* DF-19: the answer's own interval */
    {{.status = 200, .json = "{\"status\":\"pending\",\"interval\":30}"},         'I', 'Z'},
    {{.status = 200, .json = "{\"status\":\"pending\",\"interval\":1}"},          'i', 'Z'},
    {{.status = 200, .json = "{\"status\":\"slow_down\",\"interval\":30}"},       'T', 'Z'},
    {{.status = 400, .json = "{\"error\":\"authorization_pending\",\"interval\":30}"}, 'Z', 'I'},
    {{.status = 400, .json = "{\"error\":\"authorization_pending\",\"interval\":1}"},  'Z', 'i'},
    {{.status = 400, .json = "{\"error\":\"slow_down\",\"interval\":30}"},        'Z', 'T'},
    {{.status = 200, .json = "{\"error\":\"slow_down\",\"interval\":30}"},        'T', 'T'},
    /* TM-05, TM-07: it cannot at present */
    {{.status = 429, .retry_after_s = 7},                                         'R', 'R'},
    {{.status = 429, .retry_after_s = 1},                                         'r', 'r'},
    {{.status = 429, .json = OURS("pending"), .retry_after_s = 7},                'R', 'R'},
    {{.status = 429, .json = ERROR("slow_down"), .retry_after_s = 7},             'W', 'W'},
    {{.status = 429, .json = ERROR("rate_limited"), .retry_after_s = 7},          'R', 'R'},
    {{.status = 429, .json = OURS("slow_down")},                                  'S', 'B'},
    {{.status = 429, .json = OURS("denied")},                                     'B', 'B'},
    {{.status = 429, .json = BEARER},                                             'B', 'B'},
    {{.status = 429, .other = "later"},                                           'B', 'B'},
    {{.status = 500, .json = ERROR("server_error")},                              'B', 'B'},
    {{.status = 500, .json = ERROR("access_denied")},                             'B', 'B'},
    {{.status = 500, .json = BEARER},                                             'B', 'B'},
    {{.status = 502, .other = "<html>"},                                          'B', 'B'},
    {{.status = 503, .json = ERROR("temporarily_unavailable"), .retry_after_s = 7}, 'R', 'R'},
    {{.status = 504},                                                             'B', 'B'},
    {{.status = 599, .json = "nonsense"},                                         'B', 'B'},
    /* NET-20, NET-22: nobody's answer, or somebody else's */
    {{.status = 200, .other = BEARER},                                            'X', 'X'},
    {{.status = 200, .other = "<html>Sign in to this network</html>"},            'X', 'X'},
    {{.status = 200},                                                             'X', 'X'},
    {{.status = 204},                                                             'X', 'X'},
    {{.status = 400, .other = "<html>"},                                          'X', 'X'},
    {{.status = 401, .other = "<html>"},                                          'X', 'X'},
    {{.status = 403, .other = ERROR("slow_down")},                                'X', 'X'},
    {{.status = 404},                                                             'X', 'X'},
    {{.status = 405, .json = "{}"},                                               'X', 'X'},
    {{.status = 501, .json = ERROR("slow_down")},                                 'X', 'X'},
    {{.status = 400, .json = "{}"},                                               'Z', 'Z'},
    {{.status = 401, .json = "{}"},                                               'Z', 'Z'},
    {{.status = 403, .json = "{\"message\":\"no\"}"},                             'Z', 'Z'},
    {{.status = 408, .json = "{}"},                                               'Z', 'Z'},
    {{.status = 200, .json = "nonsense"},                                         'Z', 'Z'},
    {{.status = 200, .json = "[" BEARER "]"},                                     'Z', 'Z'},
    {{.status = 200, .json = "{\"error\":\"slow_down\",\"error\":\"zzz\"}"},      'Z', 'Z'},
    {{.status = 302, .json = BEARER},                                             'Z', 'Z'},
    /* TM-08: lost on the way */
    {{.err = LOOM_ERR_TIMEOUT},                                                   'L', 'L'},
    {{.err = LOOM_ERR_UNREACHABLE},                                               'U', 'U'},
    {{.err = LOOM_ERR_NO_HOST},                                                   'N', 'N'},
    {{.err = LOOM_ERR_PROXY},                                                     'P', 'P'},
    /* what arrived cannot be trusted, or nobody wants to wait any more */
    {{.err = LOOM_ERR_TLS},                                                       't', 't'},
    {{.err = LOOM_ERR_TLS_AUTHORITY},                                             'a', 'a'},
    {{.err = LOOM_ERR_REDIRECT, .detail = "https://evil.example"},                'V', 'V'},
    {{.err = LOOM_ERR_BAD_ANSWER},                                                'Z', 'Z'},
    {{.err = LOOM_ERR_INTERRUPTED},                                               'C', 'C'},
    {{.err = LOOM_ERR_INTERNAL},                                                  'M', 'M'},
};
/* clang-format on */

enum { WIRES = sizeof wires / sizeof wires[0], DIALECTS = 2 };

static void print_wire(size_t wire, int dialect, size_t size, char *out) {
    const struct fake_answer *answer = &wires[wire].answer;
    (void)snprintf(out, size, "%s, row %zu: %ld %s (%d)", dialect == 0 ? "Loom" : "standard", wire,
                   answer->status,
                   answer->json != NULL    ? answer->json
                   : answer->other != NULL ? answer->other
                                           : "without a body",
                   (int)answer->err);
}

/* What a poll that is answered so tells the flow. */
static struct loom_flow_answer ask(size_t wire, int dialect) {
    struct oauth_world world;
    struct loom_poll poll;
    struct loom_secret *device_code = world_secret(DEVICE_CODE);
    if (dialect == 0)
        world_open(&world, "https://loom.example.com", &wires[wire].answer, 1);
    else
        world_open_standard(&world, &wires[wire].answer, 1);
    loom_oauth_poll(&world.server, device_code, &poll, &world.error);
    loom_secret_free(device_code);
    assert_true((poll.answer.kind == LOOM_FLOW_APPROVED) == (poll.tokens.access != NULL));
    loom_tokens_clear(&poll.tokens);
    world_close(&world);
    return poll.answer;
}

static char letter_of(size_t wire, int dialect) {
    return dialect == 0 ? wires[wire].loom : wires[wire].standard;
}

static void poll_of_every_answer_in_both_dialects_has_its_letter(void **unused) {
    (void)unused;
    for (size_t i = 0; i < DIALECTS * WIRES; i++) {
        int dialect = (int)(i % DIALECTS);
        struct loom_flow_answer got = ask(i / DIALECTS, dialect);
        const struct loom_flow_answer *wanted = answer_of(letter_of(i / DIALECTS, dialect));
        char what[240];
        print_wire(i / DIALECTS, dialect, sizeof what, what);
        expect_equal(what, got.kind, wanted->kind);
        expect_equal(what, got.err, wanted->err);
        expect_equal(what, got.retry_after_s, wanted->retry_after_s);
        if (wanted->kind != LOOM_FLOW_FATAL)
            expect_equal(what, got.interval_s, wanted->interval_s);
    }
}

/* ---- Every answer in every state ---- */

enum { MARGIN_MS = 25, LONG_LIFE_S = 3600 };

static const char going_on[] = ".iISTWBRL";

/* A state is the interval that the server named, and what happened since. */
static const struct {
    const char *what;
    int64_t interval_s;
    const char *history;
    int wait_s[sizeof going_on - 1]; /* what each answer of `going_on` makes of it */
} states[] = {
    /* clang-format off */
    /*                                                  .   i   I   S   T   W   B   R   L */
    {"nothing happened yet", 1, "",                   { 1,  1, 30,  6, 30,  7,  2,  7,  2}},
    {"nothing happened yet", 5, "",                   { 5,  5, 30, 10, 30, 10, 10, 10, 10}},
    {"nothing happened yet", 60, "",                  {60, 60, 60, 60, 60, 60, 60, 60, 60}},
    {"it is pending", 1, ".",                         { 1,  1, 30,  6, 30,  7,  2,  7,  2}},
    {"it is pending for long", 1, "......",           { 1,  1, 30,  6, 30,  7,  2,  7,  2}},
    {"slowed down once", 1, "S",                      { 6,  6, 30, 11, 30, 11, 12, 12, 12}},
    {"slowed down, and pending since", 1, "S...",     { 6,  6, 30, 11, 30, 11, 12, 12, 12}},
    {"slowed down twice", 1, "SS",                    {11, 11, 30, 16, 30, 16, 22, 22, 22}},
    {"slowed down now and then", 1, "S..S.",          {11, 11, 30, 16, 30, 16, 22, 22, 22}},
    {"slowed down to the limit", 1, "SSSSSSSSSSSSSSS",{60, 60, 60, 60, 60, 60, 60, 60, 60}},
    {"told to take 30 s", 1, "I",                     {30, 30, 30, 35, 35, 35, 60, 60, 60}},
    {"told to take 30 s, then 1 s", 1, "Ii",          {30, 30, 30, 35, 35, 35, 60, 60, 60}},
    {"told to take for ever", 1, "H",                 {60, 60, 60, 60, 60, 60, 60, 60, 60}},
    {"lost once", 1, "L",                             { 1,  1, 30,  6, 30,  7,  4,  7,  4}},
    {"lost twice", 1, "LL",                           { 1,  1, 30,  6, 30,  7,  8,  8,  8}},
    {"busy twice", 1, "BB",                           { 1,  1, 30,  6, 30,  7,  8,  8,  8}},
    {"busy and lost", 1, "BLRL",                      { 1,  1, 30,  6, 30,  7, 32, 32, 32}},
    {"lost for long", 1, "LLLLLLLL",                  { 1,  1, 30,  6, 30,  7, 60, 60, 60}},
    {"lost, then pending again", 1, "LLLL.",          { 1,  1, 30,  6, 30,  7,  2,  7,  2}},
    {"busy for 7 s, then pending again", 1, "R.",     { 1,  1, 30,  6, 30,  7,  2,  7,  2}},
    {"lost, then slowed down", 1, "LLLLS",            { 6,  6, 30, 11, 30, 11, 12, 12, 12}},
    {"slowed down, then lost", 1, "SL",               { 6,  6, 30, 11, 30, 11, 24, 24, 24}},
    /* clang-format on */
};

static void expect_wait(const char *what, struct loom_flow *flow, int64_t now_ms,
                        int64_t expected_ms) {
    int64_t wait_ms = -1;
    expect_equal(what, loom_flow_next(flow, now_ms, &wait_ms), LOOM_FLOW_WAIT);
    expect_equal(what, wait_ms, expected_ms);
    expect_equal(what, loom_flow_next(flow, now_ms + expected_ms - 1, &wait_ms), LOOM_FLOW_WAIT);
    expect_equal(what, wait_ms, 1);
    expect_equal(what, loom_flow_next(flow, now_ms + expected_ms, &wait_ms), LOOM_FLOW_POLL);
}

/* Bring a flow into a state; polls take no time here. Returns the time. */
static int64_t enter_state(struct loom_flow *flow, size_t state) {
    const struct loom_flow_terms terms = {states[state].interval_s, LONG_LIFE_S};
    int64_t now_ms = 1000, wait_ms = 0;
    loom_flow_start(flow, now_ms, now_ms, &terms);
    for (const char *letter = states[state].history; *letter != '\0'; letter++) {
        assert_int_equal(loom_flow_next(flow, now_ms, &wait_ms), LOOM_FLOW_WAIT);
        now_ms += wait_ms;
        assert_int_equal(loom_flow_next(flow, now_ms, &wait_ms), LOOM_FLOW_POLL);
        loom_flow_take(flow, now_ms, answer_of(*letter));
    }
    return now_ms;
}

/* DF-17, DF-19, TM-05, TM-07, TM-08 */
static void take_of_an_answer_in_a_state_sets_the_wait(void **unused) {
    (void)unused;
    for (size_t state = 0; state < sizeof states / sizeof states[0]; state++) {
        for (size_t i = 0; going_on[i] != '\0'; i++) {
            struct loom_flow flow;
            int64_t now_ms = enter_state(&flow, state);
            char what[160];
            (void)snprintf(what, sizeof what, "%s (interval %lld, \"%s\"), then %c",
                           states[state].what, (long long)states[state].interval_s,
                           states[state].history, going_on[i]);
            loom_flow_take(&flow, now_ms, answer_of(going_on[i]));
            expect_wait(what, &flow, now_ms, 1000 * states[state].wait_s[i] + MARGIN_MS);
        }
    }
}

/* DF-13 to DF-16: and nothing is asked any more. */
static void take_of_a_last_answer_in_a_state_ends_the_flow(void **unused) {
    (void)unused;
    static const struct {
        char letter;
        enum loom_err result;
    } lasts[] = {{'A', LOOM_OK},
                 {'D', LOOM_ERR_DENIED},
                 {'E', LOOM_ERR_EXPIRED},
                 {'Z', LOOM_ERR_BAD_ANSWER},
                 {'C', LOOM_ERR_INTERRUPTED},
                 {'X', LOOM_ERR_NOT_LOOM},
                 {'V', LOOM_ERR_REDIRECT},
                 {'t', LOOM_ERR_TLS},
                 {'a', LOOM_ERR_TLS_AUTHORITY},
                 {'M', LOOM_ERR_INTERNAL}};
    for (size_t state = 0; state < sizeof states / sizeof states[0]; state++) {
        for (size_t i = 0; i < sizeof lasts / sizeof lasts[0]; i++) {
            struct loom_flow flow;
            int64_t now_ms = enter_state(&flow, state), wait_ms = -1;
            loom_flow_take(&flow, now_ms, answer_of(lasts[i].letter));
            assert_int_equal(loom_flow_next(&flow, now_ms, &wait_ms), LOOM_FLOW_END);
            assert_int_equal(loom_flow_next(&flow, now_ms + 90000, &wait_ms), LOOM_FLOW_END);
            assert_int_equal(loom_flow_next(&flow, INT64_MAX, &wait_ms), LOOM_FLOW_END);
            assert_int_equal(loom_flow_result(&flow), lasts[i].result);
            assert_int_equal(wait_ms, -1);
        }
    }
}

/* What is lost is lost, whatever the error; and a second is less than any back-off. */
static size_t column_of(char letter) {
    const char *at = strchr(going_on, letter == 'r'                   ? 'B'
                                      : strchr("UNP", letter) != NULL ? 'L'
                                                                      : letter);
    return at == NULL ? sizeof going_on : (size_t)(at - going_on);
}

/* `letter` is what the answer is called. */
static void take_in_state(size_t state, const struct loom_flow_answer *answer, char letter,
                          const char *wire) {
    struct loom_flow flow;
    int64_t now_ms = enter_state(&flow, state), wait_ms = -1;
    size_t column = column_of(letter);
    char what[400];
    (void)snprintf(what, sizeof what, "%s: %s", states[state].what, wire);
    loom_flow_take(&flow, now_ms, answer);
    if (column < sizeof going_on) {
        expect_wait(what, &flow, now_ms, 1000 * states[state].wait_s[column] + MARGIN_MS);
        return;
    }
    expect_equal(what, loom_flow_next(&flow, now_ms, &wait_ms), LOOM_FLOW_END);
    expect_equal(what, loom_flow_result(&flow), answer_of(letter)->err);
}

static void take_of_every_answer_in_both_dialects_in_every_state(void **unused) {
    (void)unused;
    for (size_t i = 0; i < DIALECTS * WIRES; i++) {
        int dialect = (int)(i % DIALECTS);
        struct loom_flow_answer answer = ask(i / DIALECTS, dialect);
        char wire[240];
        print_wire(i / DIALECTS, dialect, sizeof wire, wire);
        for (size_t state = 0; state < sizeof states / sizeof states[0]; state++)
            take_in_state(state, &answer, letter_of(i / DIALECTS, dialect), wire);
    }
}

/* ---- Whole flows ---- */

enum { POLLS_MAX = 10 };

/* The last answer repeats. Times count from the moment at which the code was asked for. */
static const struct story {
    const char *what;
    int64_t interval_s, life_s;
    int64_t start_ms; /* how long the answer to start took */
    int64_t poll_ms;  /* how long each poll takes */
    const char *answers;
    int64_t polls_ms[POLLS_MAX]; /* when each poll begins; 0 ends the list */
    int64_t end_ms;
    enum loom_err result;
} stories[] = {
    {"DF-01 a second between polls", 1, 600, 0, 0, "...A", {1025, 2050, 3075, 4100}, 4100, LOOM_OK},
    {"DF-02 interval 0 is 1", 0, 600, 0, 0, ".A", {1025, 2050}, 2050, LOOM_OK},
    {"DF-02 a negative interval is 1", -5, 600, 0, 0, ".A", {1025, 2050}, 2050, LOOM_OK},
    {"DF-02 the least interval is 1", INT64_MIN, 600, 0, 0, "A", {1025}, 1025, LOOM_OK},
    {"an interval has a ceiling", INT64_MAX, 600, 0, 0, ".A", {60025, 120050}, 120050, LOOM_OK},
    {"DF-04 no life, no poll", 1, 0, 0, 0, "A", {0}, 0, LOOM_ERR_EXPIRED},
    {"DF-04 a negative life", 1, -1, 0, 0, "A", {0}, 0, LOOM_ERR_EXPIRED},
    {"DF-04 the least life", 1, INT64_MIN, 0, 0, "A", {0}, 0, LOOM_ERR_EXPIRED},
    {"a life too short to ask", 1, 1, 0, 0, "A", {0}, 1000, LOOM_ERR_EXPIRED},
    {"the shortest life with a poll", 1, 2, 0, 0, "A", {1000}, 1000, LOOM_OK},
    {"DF-14 expired, says the server", 1, 600, 0, 0, ".E", {1025, 2050}, 2050, LOOM_ERR_EXPIRED},
    {"DF-15 denied", 1, 600, 0, 0, ".D", {1025, 2050}, 2050, LOOM_ERR_DENIED},
    {"DF-17 slow_down is for good",
     5,
     600,
     0,
     0,
     ".S..A",
     {5025, 10050, 20075, 30100, 40125},
     40125,
     LOOM_OK},
    {"DF-17 slow_down adds up", 5, 600, 0, 0, "SS.A", {5025, 15050, 30075, 45100}, 45100, LOOM_OK},
    {"TM-03 pending to the end", 5, 20, 0, 0, ".", {5025, 10050, 15075}, 20000, LOOM_ERR_EXPIRED},
    {"TM-04 an interval beyond the life", 600, 60, 0, 0, ".", {59000}, 60000, LOOM_ERR_EXPIRED},
    {"TM-04 an interval as long as the life", 60, 60, 0, 0, "A", {59000}, 59000, LOOM_OK},
    {"TM-04 a little shorter than the life", 60, 61, 0, 0, "A", {60000}, 60000, LOOM_OK},
    {"TM-04 the last poll comes in time", 60, 62, 0, 0, "A", {60025}, 60025, LOOM_OK},
    {"TM-05 Retry-After", 1, 600, 0, 0, "R.A", {1025, 8050, 9075}, 9075, LOOM_OK},
    {"TM-05 Retry-After below the back-off", 10, 600, 0, 0, "RA", {10025, 30050}, 30050, LOOM_OK},
    {"TM-05 Retry-After beyond the life", 1, 60, 0, 0, "Y", {1025}, 60000, LOOM_ERR_EXPIRED},
    {"TM-07 two bad gateways", 1, 600, 0, 0, "BB.A", {1025, 3050, 7075, 8100}, 8100, LOOM_OK},
    {"TM-07 busy to the end", 5, 60, 0, 0, "B", {5025, 15050, 35075}, 60000, LOOM_ERR_EXPIRED},
    {"TM-08 lost to the end",
     5,
     300,
     0,
     0,
     "L",
     {5025, 15050, 35075, 75100, 135125, 195150, 255175},
     300000,
     LOOM_ERR_TIMEOUT},
    {"TM-08 the last error is the one told",
     5,
     60,
     0,
     0,
     "LLU",
     {5025, 15050, 35075},
     60000,
     LOOM_ERR_UNREACHABLE},
    {"TM-08 answered once, then lost",
     5,
     60,
     0,
     0,
     ".L",
     {5025, 10050, 20075, 40100},
     60000,
     LOOM_ERR_EXPIRED},
    {"TM-08 lost, then answered",
     5,
     60,
     0,
     0,
     "L.",
     {5025, 15050, 20075, 25100, 30125, 35150, 40175, 45200, 50225, 55250},
     60000,
     LOOM_ERR_EXPIRED},
    {"a busy server has answered",
     5,
     60,
     0,
     0,
     "BL",
     {5025, 15050, 35075},
     60000,
     LOOM_ERR_EXPIRED},
    {"the first wait counts from the answer", 5, 600, 2000, 0, ".A", {7025, 12050}, 12050, LOOM_OK},
    {"the life counts from the question",
     5,
     20,
     2000,
     0,
     ".",
     {7025, 12050, 17075},
     20000,
     LOOM_ERR_EXPIRED},
    {"the answer comes when all is over", 1, 10, 11000, 0, "A", {0}, 11000, LOOM_ERR_EXPIRED},
    {"the answer comes at the very end", 1, 10, 10000, 0, "A", {0}, 10000, LOOM_ERR_EXPIRED},
    {"the answer comes too late to ask", 1, 10, 9500, 0, "A", {0}, 10000, LOOM_ERR_EXPIRED},
    {"the answer leaves time for one poll", 5, 10, 8000, 0, "A", {9000}, 9000, LOOM_OK},
    {"waits count from the end of a slow poll",
     1,
     600,
     0,
     2500,
     "..A",
     {1025, 4550, 8075},
     10575,
     LOOM_OK},
    {"a poll that ends past the life may succeed", 5, 10, 0, 7000, "A", {5025}, 12025, LOOM_OK},
    {"a poll that ends past the life is the last",
     5,
     10,
     0,
     7000,
     ".",
     {5025},
     12025,
     LOOM_ERR_EXPIRED},
    {"a poll lost past the life", 5, 10, 0, 30000, "L", {5025}, 35025, LOOM_ERR_TIMEOUT},
};

static void play(const struct story *story) {
    static const int64_t asked_at_ms = 777000;
    const struct loom_flow_terms terms = {story->interval_s, story->life_s};
    int64_t now_ms = asked_at_ms + story->start_ms, wait_ms = 0;
    const char *letter = story->answers;
    size_t polls = 0;
    struct loom_flow flow;
    enum loom_flow_step step;
    loom_flow_start(&flow, asked_at_ms, now_ms, &terms);
    while ((step = loom_flow_next(&flow, now_ms, &wait_ms)) != LOOM_FLOW_END) {
        if (step == LOOM_FLOW_WAIT) {
            expect(story->what, wait_ms > 0);
            now_ms += wait_ms;
            continue;
        }
        expect(story->what, polls < POLLS_MAX);
        expect_equal(story->what, now_ms - asked_at_ms, story->polls_ms[polls]);
        polls++;
        now_ms += story->poll_ms;
        loom_flow_take(&flow, now_ms, answer_of(*letter));
        letter += letter[1] == '\0' ? 0 : 1;
    }
    expect(story->what, polls == POLLS_MAX || story->polls_ms[polls] == 0);
    expect_equal(story->what, now_ms - asked_at_ms, story->end_ms);
    expect_equal(story->what, loom_flow_result(&flow), story->result);
}

static void next_of_a_whole_flow_polls_at_the_right_times(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        play(&stories[i]);
    }
}

/* ---- The clock ---- */

static void start_fresh(struct loom_flow *flow, int64_t interval_s, int64_t life_s) {
    const struct loom_flow_terms terms = {interval_s, life_s};
    loom_flow_start(flow, 0, 0, &terms);
}

/*
 * The machine sleeps, or the process is stopped: the clock goes on, and nobody looks at it until
 * `woken_ms` after the last answer. The code lives for 600 s.
 */
static const struct sleep {
    const char *what;
    const char *history; /* each poll when it is due, at an interval of 5 s */
    int64_t woken_ms;
    enum loom_flow_step step;
    enum loom_err result;  /* with END */
    int64_t wait_ms;       /* with WAIT */
    int64_t after_poll_ms; /* with POLL: the wait after one more that is pending */
} sleeps[] = {
    {"not at all", "", 0, LOOM_FLOW_WAIT, LOOM_OK, 5025, 0},
    {"woken before a poll is due", ".", 4000, LOOM_FLOW_WAIT, LOOM_OK, 1025, 0},
    {"woken a moment before", ".", 5024, LOOM_FLOW_WAIT, LOOM_OK, 1, 0},
    {"woken in time", ".", 5025, LOOM_FLOW_POLL, LOOM_OK, 0, 5025},
    {"woken long after a poll was due", "", 500000, LOOM_FLOW_POLL, LOOM_OK, 0, 5025},
    {"what was missed is not made up for", "..", 300000, LOOM_FLOW_POLL, LOOM_OK, 0, 5025},
    {"slowed down before", "S", 300000, LOOM_FLOW_POLL, LOOM_OK, 0, 10025},
    {"backed off before", "LLL", 300000, LOOM_FLOW_POLL, LOOM_OK, 0, 5025},
    {"in a back-off", "LLL", 30000, LOOM_FLOW_WAIT, LOOM_OK, 10025, 0},
    {"in the time that Retry-After named", "R", 9000, LOOM_FLOW_WAIT, LOOM_OK, 1025, 0},
    {"beyond what Retry-After named", "R", 11000, LOOM_FLOW_POLL, LOOM_OK, 0, 5025},
    {"just before the code expires", "", 599999, LOOM_FLOW_POLL, LOOM_OK, 0, 1},
    {"woken when it expires", "", 600000, LOOM_FLOW_END, LOOM_ERR_EXPIRED, 0, 0},
    {"woken the next day", "", 86400000, LOOM_FLOW_END, LOOM_ERR_EXPIRED, 0, 0},
    {"pending, woken the next day", ".", 86400000, LOOM_FLOW_END, LOOM_ERR_EXPIRED, 0, 0},
    {"busy, woken the next day", "B", 86400000, LOOM_FLOW_END, LOOM_ERR_EXPIRED, 0, 0},
    {"lost, woken the next day", "L", 86400000, LOOM_FLOW_END, LOOM_ERR_TIMEOUT, 0, 0},
    {"pending and lost, woken then", ".U", 86400000, LOOM_FLOW_END, LOOM_ERR_EXPIRED, 0, 0},
    {"woken at the end of time", ".", INT64_MAX - 5025, LOOM_FLOW_END, LOOM_ERR_EXPIRED, 0, 0},
    /* No clock that is used goes back. If one did, nothing is asked earlier for it. */
    {"a clock that went back", ".", -10000, LOOM_FLOW_WAIT, LOOM_OK, 15025, 0},
};

static void sleep_once(const struct sleep *row) {
    struct loom_flow flow;
    int64_t now_ms = 0, wait_ms = 0;
    start_fresh(&flow, 5, 600);
    for (const char *letter = row->history; *letter != '\0'; letter++) {
        expect_equal(row->what, loom_flow_next(&flow, now_ms, &wait_ms), LOOM_FLOW_WAIT);
        now_ms += wait_ms;
        loom_flow_take(&flow, now_ms, answer_of(*letter));
    }
    now_ms += row->woken_ms;
    expect_equal(row->what, loom_flow_next(&flow, now_ms, &wait_ms), row->step);
    if (row->step == LOOM_FLOW_WAIT)
        expect_equal(row->what, wait_ms, row->wait_ms);
    if (row->step == LOOM_FLOW_END)
        expect_equal(row->what, loom_flow_result(&flow), row->result);
    if (row->step != LOOM_FLOW_POLL)
        return;
    loom_flow_take(&flow, now_ms, answer_of('.'));
    expect_equal(row->what, loom_flow_next(&flow, now_ms, &wait_ms), LOOM_FLOW_WAIT);
    expect_equal(row->what, wait_ms, row->after_poll_ms);
}

/* TM-106 */
static void next_after_a_sleep_is_what_the_table_says(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof sleeps / sizeof sleeps[0]; i++)
        sleep_once(&sleeps[i]);
}

/* TM-107: The answer to a poll that was sent before the machine slept still counts. */
static void take_after_a_sleep_believes_the_answer(void **unused) {
    (void)unused;
    static const struct {
        char letter;
        int64_t slept_ms;
        enum loom_flow_step step;
        enum loom_err result;
    } rows[] = {
        {'A', 86400000, LOOM_FLOW_END, LOOM_OK},
        {'D', 86400000, LOOM_FLOW_END, LOOM_ERR_DENIED},
        {'.', 86400000, LOOM_FLOW_END, LOOM_ERR_EXPIRED},
        {'B', 86400000, LOOM_FLOW_END, LOOM_ERR_EXPIRED},
        {'U', 86400000, LOOM_FLOW_END, LOOM_ERR_UNREACHABLE},
        {'.', 300000, LOOM_FLOW_WAIT, LOOM_ERR_EXPIRED},
        {'U', 300000, LOOM_FLOW_WAIT, LOOM_ERR_UNREACHABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_flow flow;
        int64_t wait_ms = 0;
        start_fresh(&flow, 5, 600);
        assert_int_equal(loom_flow_next(&flow, 5025, &wait_ms), LOOM_FLOW_POLL);
        loom_flow_take(&flow, 5025 + rows[i].slept_ms, answer_of(rows[i].letter));
        assert_int_equal(loom_flow_next(&flow, 5025 + rows[i].slept_ms, &wait_ms), rows[i].step);
        assert_int_equal(loom_flow_result(&flow), rows[i].result);
    }
}

/* TM-03: a poll that is due at the deadline is not made. */
static void next_at_the_deadline_ends_even_when_a_poll_is_due(void **unused) {
    (void)unused;
    struct loom_flow flow;
    int64_t wait_ms = 0;
    start_fresh(&flow, 5, 600);
    assert_int_equal(loom_flow_next(&flow, 599999, &wait_ms), LOOM_FLOW_POLL);
    assert_int_equal(loom_flow_next(&flow, 600000, &wait_ms), LOOM_FLOW_END);
    /* And what has ended stays so. */
    assert_int_equal(loom_flow_next(&flow, 599999, &wait_ms), LOOM_FLOW_END);
}

/* DF-05 */
static void left_of_an_absurd_life_is_an_hour(void **unused) {
    (void)unused;
    static const int64_t lives_s[] = {3600, 3601, 4294967296, INT64_C(9000000000000000000),
                                      INT64_MAX};
    for (size_t i = 0; i < sizeof lives_s / sizeof lives_s[0]; i++) {
        struct loom_flow flow;
        start_fresh(&flow, 1, lives_s[i]);
        assert_int_equal(loom_flow_left_ms(&flow, 0), 3600000);
    }
}

static void left_counts_down_to_nothing(void **unused) {
    (void)unused;
    struct loom_flow flow;
    const struct loom_flow_terms terms = {1, 300};
    loom_flow_start(&flow, 1000, 4000, &terms);
    assert_int_equal(loom_flow_left_ms(&flow, 4000), 297000);
    assert_int_equal(loom_flow_left_ms(&flow, 300999), 1);
    assert_int_equal(loom_flow_left_ms(&flow, 301000), 0);
    assert_int_equal(loom_flow_left_ms(&flow, INT64_MAX), 0);
}

/* ---- Whatever happens ---- */

static uint32_t dice(uint32_t *seed) {
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* One flow with random answers, random delays: what must hold at every poll. */
static void wander(uint32_t *seed) {
    static const char letters[] = ".iISTBRYLU";
    const struct loom_flow_terms terms = {(int64_t)(dice(seed) % 80) - 5,
                                          (int64_t)(dice(seed) % 4000)};
    int64_t now_ms = dice(seed) % 5000, ended_ms = 0, interval_ms = 0, wait_ms = 0;
    struct loom_flow flow;
    enum loom_flow_step step;
    loom_flow_start(&flow, 0, now_ms, &terms);
    for (int steps = 0; (step = loom_flow_next(&flow, now_ms, &wait_ms)) != LOOM_FLOW_END;
         steps++) {
        assert_true(steps < 20000);
        assert_true(flow.interval_ms >= interval_ms);
        interval_ms = flow.interval_ms;
        assert_true(interval_ms >= 1000 && interval_ms <= 60000);
        if (step == LOOM_FLOW_WAIT) {
            assert_true(wait_ms > 0 && now_ms + wait_ms <= flow.deadline_ms);
            now_ms += dice(seed) % 8 == 0 ? wait_ms + dice(seed) % 100000 : wait_ms;
            continue;
        }
        assert_true(now_ms < flow.deadline_ms);
        assert_true(ended_ms == 0 || now_ms - ended_ms >= interval_ms);
        now_ms += dice(seed) % 3000;
        ended_ms = now_ms;
        loom_flow_take(&flow, now_ms, answer_of(letters[dice(seed) % (sizeof letters - 1)]));
    }
    assert_true(now_ms >= flow.deadline_ms);
    assert_int_not_equal(loom_flow_result(&flow), LOOM_OK);
}

/* TM-108 */
static void next_of_any_flow_never_hurries_and_always_ends(void **unused) {
    (void)unused;
    uint32_t seed = 20260131;
    for (int i = 0; i < 3000; i++)
        wander(&seed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poll_of_every_answer_in_both_dialects_has_its_letter),
        cmocka_unit_test(take_of_an_answer_in_a_state_sets_the_wait),
        cmocka_unit_test(take_of_a_last_answer_in_a_state_ends_the_flow),
        cmocka_unit_test(take_of_every_answer_in_both_dialects_in_every_state),
        cmocka_unit_test(next_of_a_whole_flow_polls_at_the_right_times),
        cmocka_unit_test(next_after_a_sleep_is_what_the_table_says),
        cmocka_unit_test(take_after_a_sleep_believes_the_answer),
        cmocka_unit_test(next_at_the_deadline_ends_even_when_a_poll_is_due),
        cmocka_unit_test(left_of_an_absurd_life_is_an_hour),
        cmocka_unit_test(left_counts_down_to_nothing),
        cmocka_unit_test(next_of_any_flow_never_hurries_and_always_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
