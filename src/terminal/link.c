/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/link.h"

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* "3.1" as 3001, so that versions can be compared. */
#define VERSION(major, minor) ((major)*UINT64_C(1000) + (minor))
enum { PART_MAX = 999999999 };

/* One row: a variable, what it begins with or is, and from which version on, read in another one.
 */
struct row {
    const char *variable;
    const char *value;   /* NULL: whatever it is, as long as it is set; "foot*": begins with foot */
    const char *version; /* the variable with the version; NULL: every version will do */
    uint64_t least;
};

/* Whoever stands between us and the terminal may not pass links on, */
static const struct row between[] = {
    {.variable = "STY"},
    {.variable = "ZELLIJ"},
    {.variable = "INSIDE_EMACS"},
    {.variable = "TERM", .value = "linux*"},
};

/* but for tmux, if it is in the next table. Started within it, those above inherit what it says. */
static const struct row tmux[] = {
    {.variable = "TMUX"},
    {.variable = "TERM", .value = "screen*"},
    {.variable = "TERM", .value = "tmux*"},
};

/* It says so itself, and drops what the terminal behind it does not know. */
static const struct row multiplexers[] = {
    {"TERM_PROGRAM", "tmux", "TERM_PROGRAM_VERSION", VERSION(3, 4)},
};

static const struct row terminals[] = {
    /* GNOME Terminal, Tilix, Terminator, Xfce's: 0.50.0 crashed. */
    {"VTE_VERSION", NULL, "VTE_VERSION", VERSION(5001, 0)},
    {"KONSOLE_VERSION", NULL, "KONSOLE_VERSION", VERSION(201200, 0)},
    {"TERM_PROGRAM", "iTerm.app", "TERM_PROGRAM_VERSION", VERSION(3, 1)},
    {"TERM_PROGRAM", "WezTerm", "TERM_PROGRAM_VERSION", VERSION(20200620, 0)},
    {"TERM_PROGRAM", "vscode", "TERM_PROGRAM_VERSION", VERSION(1, 72)},
    {.variable = "TERM_PROGRAM", .value = "ghostty"},
    {.variable = "WT_SESSION"}, /* Windows Terminal */
    {.variable = "KITTY_WINDOW_ID"},
    {.variable = "TERM", .value = "xterm-kitty"},
    {.variable = "TERM", .value = "xterm-ghostty"},
    {.variable = "TERM", .value = "foot*"},
    {.variable = "TERM", .value = "alacritty*"},
    {.variable = "TERM", .value = "wezterm"},
};

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The number at the beginning, and *out_rest behind it; 0: none. */
static uint64_t number_at(const char *text, const char **out_rest) {
    size_t len = 0;
    uint64_t number = 0;
    while (loom_ascii_is_digit(text[len]))
        len++;
    *out_rest = text + len;
    return loom_text_parse_number(text, len, PART_MAX, &number) ? number : 0;
}

/* "3.5.10", "1.95.3-insider", "20240203-110809-5046fc22", "6003". */
static uint64_t version_in(const char *text) {
    const char *rest;
    uint64_t major = number_at(text, &rest);
    uint64_t minor = rest[0] == '.' ? number_at(rest + 1, &rest) : 0;
    return VERSION(major, minor > 999 ? 999 : minor);
}

static bool is_like(const char *value, const char *pattern) {
    size_t len = strlen(pattern);
    if (len > 0 && pattern[len - 1] == '*')
        return strncmp(value, pattern, len - 1) == 0;
    return strcmp(value, pattern) == 0;
}

static bool does_apply(const struct row *row) {
    const char *value = variable(row->variable);
    if (value == NULL || (row->value != NULL && !is_like(value, row->value)))
        return false;
    if (row->version == NULL)
        return true;
    const char *version = variable(row->version);
    return version != NULL && version_in(version) >= row->least;
}

static bool does_any_apply(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (does_apply(&rows[i]))
            return true;
    return false;
}

#define ANY_OF(rows) does_any_apply((rows), sizeof(rows) / sizeof(rows)[0])

bool loom_link_is_known(void) {
    if (variable("CI") != NULL) /* a log, looked at in a web page */
        return false;
    return !ANY_OF(between) && (ANY_OF(multiplexers) || (!ANY_OF(tmux) && ANY_OF(terminals)));
}

bool loom_link_is_safe(const char *url) {
    static const char schemes[2][9] = {"https://", "http://"};
    size_t len = strlen(url);
    bool is_web = strncmp(url, schemes[0], strlen(schemes[0])) == 0 ||
                  strncmp(url, schemes[1], strlen(schemes[1])) == 0;
    if (!is_web || len > LOOM_LINK_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!loom_ascii_is_alnum(url[i]) && strchr("-._~!$&()*+,=:@/?#%[]", url[i]) == NULL)
            return false;
    return true;
}
