/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json_priv.h"

#include "base/text.h"

enum {
    DIGITS_MAX = LOOM_JSON_NUMBER_MAX,
    EXPONENT_MAX = 9999, /* beyond it nothing changes any more */
    BASE = 10,
};

/* 0.DIGITS times 10^point. */
struct decimal {
    bool is_negative;
    char digits[DIGITS_MAX];
    int count;
    int point;
};

static void read_digits(const char **at, struct decimal *decimal) {
    for (; loom_ascii_is_digit(**at); (*at)++)
        if (decimal->count < DIGITS_MAX)
            decimal->digits[decimal->count++] = **at;
}

static int read_exponent(const char *at) {
    bool is_negative = *at == '-';
    int exponent = 0;
    for (at += *at == '-' || *at == '+' ? 1 : 0; loom_ascii_is_digit(*at); at++)
        if (exponent <= EXPONENT_MAX)
            exponent = exponent * BASE + (*at - '0');
    return is_negative ? -exponent : exponent;
}

static void read_decimal(const char *at, struct decimal *decimal) {
    *decimal = (struct decimal){.is_negative = *at == '-'};
    at += decimal->is_negative ? 1 : 0;
    read_digits(&at, decimal);
    decimal->point = decimal->count;
    if (*at == '.') {
        at++;
        read_digits(&at, decimal);
    }
    if (*at == 'e' || *at == 'E')
        decimal->point += read_exponent(at + 1);
}

/* Is there anything behind the point? */
static bool has_fraction(const struct decimal *decimal) {
    for (int i = decimal->point > 0 ? decimal->point : 0; i < decimal->count; i++)
        if (decimal->digits[i] != '0')
            return true;
    return false;
}

/* What stands before the point, counted below zero, where there is room for one more. */
static int64_t below_zero(const struct decimal *decimal) {
    int64_t whole = 0;
    for (int i = 0; i < decimal->point; i++) {
        int digit = i < decimal->count ? decimal->digits[i] - '0' : 0;
        if (whole < (INT64_MIN + digit) / BASE)
            return INT64_MIN;
        whole = whole * BASE - digit;
        if (whole == 0 && i >= decimal->count)
            break; /* nothing but zeros */
    }
    return whole;
}

int64_t loom_json_whole(const char *number) {
    struct decimal decimal;
    read_decimal(number, &decimal);
    int64_t whole = below_zero(&decimal);
    if (decimal.is_negative)
        return whole;
    if (whole <= -INT64_MAX)
        return INT64_MAX;
    return -whole + (has_fraction(&decimal) ? 1 : 0);
}
