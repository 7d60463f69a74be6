/* SPDX-License-Identifier: Apache-2.0 */
/* Which terminals get links, and what may stand in one. */
#include "terminal/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"

#include <stdbool.h>
#include <stdio.h>

enum { PAIRS = 4 };

struct pair {
    const char *name, *value;
};

static const char *const looked_at[] = {
    "CI",
    "TMUX",
    "STY",
    "ZELLIJ",
    "TERM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "VTE_VERSION",
    "KONSOLE_VERSION",
    "WT_SESSION",
    "KITTY_WINDOW_ID",
    "INSIDE_EMACS",
};

static bool is_known_with(const struct pair *pairs) {
    for (size_t i = 0; i < sizeof looked_at / sizeof looked_at[0]; i++)
        assert_int_equal(unsetenv(looked_at[i]), 0);
    for (size_t i = 0; i < PAIRS && pairs[i].name != NULL; i++)
        assert_int_equal(setenv(pairs[i].name, pairs[i].value, 1), 0);
    return loom_link_is_known();
}

static const struct {
    bool is_known;
    struct pair pairs[PAIRS];
} environments[] = {
    {false, {{NULL, NULL}}},
    {false, {{"TERM", "xterm"}}},
    {false, {{"TERM", "xterm-256color"}}},
    {false, {{"TERM", "dumb"}}},
    {false, {{"TERM", "linux"}}},
    {true, {{"TERM", "xterm-256color"}, {"VTE_VERSION", "5001"}}},
    {true, {{"VTE_VERSION", "7006"}}},
    {false, {{"VTE_VERSION", "5000"}}}, /* 0.50.0 crashed */
    {false, {{"VTE_VERSION", "4803"}}},
    {false, {{"VTE_VERSION", ""}}},
    {false, {{"VTE_VERSION", "new"}}},
    {false, {{"VTE_VERSION", "-1"}}},
    {false, {{"VTE_VERSION", "99999999999999999999"}}},
    {true, {{"KONSOLE_VERSION", "201200"}}},
    {false, {{"KONSOLE_VERSION", "200801"}}},
    {true, {{"TERM_PROGRAM", "iTerm.app"}, {"TERM_PROGRAM_VERSION", "3.5.10"}}},
    {true, {{"TERM_PROGRAM", "iTerm.app"}, {"TERM_PROGRAM_VERSION", "3.1"}}},
    {false, {{"TERM_PROGRAM", "iTerm.app"}, {"TERM_PROGRAM_VERSION", "3.0.15"}}},
    {false, {{"TERM_PROGRAM", "iTerm.app"}, {"TERM_PROGRAM_VERSION", "2.9"}}},
    {false, {{"TERM_PROGRAM", "iTerm.app"}}},
    {true, {{"TERM_PROGRAM", "WezTerm"}, {"TERM_PROGRAM_VERSION", "20240203-110809-5046fc22"}}},
    {false, {{"TERM_PROGRAM", "WezTerm"}, {"TERM_PROGRAM_VERSION", "20200503-1"}}},
    {true, {{"TERM_PROGRAM", "vscode"}, {"TERM_PROGRAM_VERSION", "1.95.3-insider"}}},
    {false, {{"TERM_PROGRAM", "vscode"}, {"TERM_PROGRAM_VERSION", "1.71.2"}}},
    {true, {{"TERM_PROGRAM", "ghostty"}}},
    {false, {{"TERM_PROGRAM", "Apple_Terminal"}, {"TERM_PROGRAM_VERSION", "453"}}},
    {true, {{"WT_SESSION", "6fb6"}}},
    {true, {{"KITTY_WINDOW_ID", "1"}}},
    {true, {{"TERM", "xterm-kitty"}}},
    {true, {{"TERM", "xterm-ghostty"}}},
    {true, {{"TERM", "foot"}}},
    {true, {{"TERM", "foot-extra"}}},
    {true, {{"TERM", "alacritty"}}},
    {true, {{"TERM", "alacritty-direct"}}},
    /* Something stands between, and what the terminal said is inherited. */
    {false, {{"VTE_VERSION", "7006"}, {"TMUX", "/tmp/tmux-0/default,1,0"}}},
    {false, {{"VTE_VERSION", "7006"}, {"STY", "1.pts-0"}}},
    {false, {{"VTE_VERSION", "7006"}, {"ZELLIJ", "0"}}},
    {false, {{"VTE_VERSION", "7006"}, {"INSIDE_EMACS", "29.1,comint"}}},
    {false, {{"VTE_VERSION", "7006"}, {"TERM", "screen-256color"}}},
    {false, {{"VTE_VERSION", "7006"}, {"TERM", "tmux-256color"}}},
    {false, {{"VTE_VERSION", "7006"}, {"TERM", "linux"}}},
    {true,
     {{"TMUX", "x"}, {"TERM_PROGRAM", "tmux"}, {"TERM_PROGRAM_VERSION", "3.4"}, {"TERM", "tmux"}}},
    {true, {{"TMUX", "x"}, {"TERM_PROGRAM", "tmux"}, {"TERM_PROGRAM_VERSION", "3.5a"}}},
    {false, {{"TMUX", "x"}, {"TERM_PROGRAM", "tmux"}, {"TERM_PROGRAM_VERSION", "3.3a"}}},
    {false, {{"TMUX", "x"}, {"TERM_PROGRAM", "tmux"}, {"TERM_PROGRAM_VERSION", "next-3.6"}}},
    /* One of these within tmux, or around it. */
    {false, {{"TERM_PROGRAM", "tmux"}, {"TERM_PROGRAM_VERSION", "3.4"}, {"STY", "1.pts-0"}}},
    {false, {{"TERM_PROGRAM", "tmux"}, {"TERM_PROGRAM_VERSION", "3.4"}, {"ZELLIJ", "0"}}},
    {false, {{"TERM_PROGRAM", "tmux"}, {"TERM_PROGRAM_VERSION", "3.4"}, {"INSIDE_EMACS", "29"}}},
    /* A log. */
    {false, {{"CI", "true"}, {"VTE_VERSION", "7006"}}},
    {false, {{"CI", "1"}, {"TERM_PROGRAM", "tmux"}, {"TERM_PROGRAM_VERSION", "3.4"}}},
};

/* UI-123 */
static void is_known_goes_by_the_table(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof environments / sizeof environments[0]; i++) {
        char what[128];
        (void)snprintf(what, sizeof what, "row %zu, %s", i, environments[i].pairs[0].name);
        expect_equal(what, is_known_with(environments[i].pairs), environments[i].is_known);
    }
}

/* UI-01, UI-125: nothing leaves the sequence, and nothing comes between its parts. */
static void is_safe_lets_addresses_pass_and_nothing_else(void **unused) {
    (void)unused;
    static const struct {
        bool is_safe;
        const char *url;
    } rows[] = {
        {true, "https://loom.example.com/device"},
        {true, "https://loom.example.com:8443/a/b?user_code=ABCD-EFGH&x=%20#top"},
        {true, "http://[::1]:8080/device"},
        {true, "https://a.example.com/-._~!$&()*+,=:@/?#%41"},
        {false, ""},
        {false, "loom.example.com/device"},
        {false, "ftp://loom.example.com"},
        {false, "javascript:alert(1)"},
        {false, "file:///etc/passwd"},
        {false, " https://loom.example.com"},
        {false, "https://loom.example.com/a;b"},
        {false, "https://loom.example.com/;;https://evil.example.com"},
        {false, "https://loom.example.com/\x1b\\"},
        {false, "https://loom.example.com/\x1b]8;;"},
        {false, "https://loom.example.com/\a"},
        {false, "https://loom.example.com/\x9c"},
        {false, "https://loom.example.com/\xc2\x9c"},
        {false, "https://loom.example.com/\n"},
        {false, "https://loom.example.com/\x7f"},
        {false, "https://loom.example.com/ a"},
        {false, "https://loom.example.com/\""},
        {false, "https://loom.example.com/'"},
        {false, "https://loom.example.com/<a>"},
        {false, "https://loom.example.com/\\"},
        {false, "https://loom.example.com/`{|}^"},
        {false, "https://b\xc3\xbc"
                "cher.example.com/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_equal(rows[i].url, loom_link_is_safe(rows[i].url), rows[i].is_safe);
}

static void is_safe_has_a_longest_address(void **unused) {
    (void)unused;
    static char url[LOOM_LINK_MAX + 2] = "https://loom.example.com/";
    memset(url + strlen(url), 'a', LOOM_LINK_MAX - strlen(url));
    assert_true(loom_link_is_safe(url));
    url[LOOM_LINK_MAX] = 'a';
    assert_false(loom_link_is_safe(url));
}

/* Byte by byte: what is let pass is printable, and no part of the sequence itself. */
static void is_safe_lets_no_other_byte_pass(void **unused) {
    (void)unused;
    for (int c = 1; c < 256; c++) {
        char url[] = "https://loom.example.com/?";
        url[strlen(url) - 1] = (char)c;
        if (loom_link_is_safe(url))
            assert_true(c > ' ' && c < 0x7F && strchr(";\\\"'<>^`{|}", c) == NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_known_goes_by_the_table),
        cmocka_unit_test(is_safe_lets_addresses_pass_and_nothing_else),
        cmocka_unit_test(is_safe_has_a_longest_address),
        cmocka_unit_test(is_safe_lets_no_other_byte_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
