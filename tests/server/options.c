/* SPDX-License-Identifier: Apache-2.0 */
#include "server/options.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
    SECONDS_MAX = 100 * 1000 * 1000,
    NUMBER_MAX = 1 << 30,
    PORT_MAX = 65535,
    DELAY_MAX_MS = 3600 * 1000
};
enum { URL_MAX_LEN = 1000, PATH_MAX_LEN = 500, STANDARD_LIFE_S = 3600 };

static bool set_text(void *field, const char *value) {
    *(const char **)field = value;
    return true;
}

static bool set_number(void *field, const char *value) {
    bool negative = value[0] == '-';
    const char *digits = value + (negative ? 1 : 0);
    uint64_t number = 0;
    if (!loom_text_parse_number(digits, strlen(digits), NUMBER_MAX, &number))
        return false;
    *(int64_t *)field = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

/* Milliseconds. */
static bool set_delay(void *field, const char *value) {
    uint64_t number = 0;
    if (!loom_text_parse_number(value, strlen(value), DELAY_MAX_MS, &number))
        return false;
    *(int64_t *)field = (int64_t)number;
    return true;
}

static bool set_port(void *field, const char *value) {
    uint64_t number = 0;
    if (!loom_text_parse_number(value, strlen(value), PORT_MAX, &number))
        return false;
    *(int64_t *)field = (int64_t)number;
    return true;
}

/* Seconds with up to three decimals, kept as milliseconds: unattended runs are in a hurry. */
static bool set_seconds(void *field, const char *value) {
    size_t whole_len = strcspn(value, ".");
    uint64_t whole = 0;
    if (!loom_text_parse_number(value, whole_len, SECONDS_MAX, &whole))
        return false;
    int64_t part_ms = 0;
    if (value[whole_len] == '.') {
        const char *part = value + whole_len + 1;
        size_t part_len = strlen(part);
        uint64_t number = 0;
        if (part_len > 3 || !loom_text_parse_number(part, part_len, 999, &number))
            return false;
        part_ms = (int64_t)number;
        for (size_t i = part_len; i < 3; i++)
            part_ms *= 10;
    }
    *(int64_t *)field = (int64_t)whole * 1000 + part_ms;
    return true;
}

/* Seconds; "none" is for ever. */
static bool set_life(void *field, const char *value) {
    if (strcmp(value, "none") != 0)
        return set_number(field, value);
    *(int64_t *)field = DEV_NEVER;
    return true;
}

static bool set_dialect(void *field, const char *value) {
    enum dev_dialect *dialect = field;
    *dialect = strcmp(value, "oauth") == 0 ? DEV_DIALECT_OAUTH : DEV_DIALECT_LOOM;
    return *dialect == DEV_DIALECT_OAUTH || strcmp(value, "loom") == 0;
}

static bool set_refresh(void *field, const char *value) {
    static const char *const names[] = {
        [DEV_REFRESH_ROTATE] = "rotate", [DEV_REFRESH_KEEP] = "keep", [DEV_REFRESH_NONE] = "none"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], value) != 0)
            continue;
        *(enum dev_refresh *)field = (enum dev_refresh)i;
        return true;
    }
    return false;
}

static bool set_name(void *field, const char *value) {
    struct dev_names *names = field;
    if (names->len == DEV_NAMES_MAX)
        return false;
    names->items[names->len++] = value;
    return true;
}

struct option_row {
    const char *name;
    bool (*set)(void *field, const char *value);
    size_t offset;
};

#define FIELD(member) offsetof(struct dev_options, member)

static const struct option_row option_rows[] = {
    {"--port", set_port, FIELD(port)},
    {"--cert", set_text, FIELD(cert)},
    {"--key", set_text, FIELD(key)},
    {"--base-path", set_text, FIELD(base_path)},
    {"--public-url", set_text, FIELD(public_url)},
    {"--repos", set_text, FIELD(repos)},
    {"--approve-after", set_seconds, FIELD(approve_after_ms)},
    {"--deny-after", set_seconds, FIELD(deny_after_ms)},
    {"--dialect", set_dialect, FIELD(dialect)},
    {"--token-life", set_life, FIELD(token_life_s)},
    {"--refresh", set_refresh, FIELD(refresh)},
    {"--refresh-delay", set_delay, FIELD(refresh_delay_ms)},
    {"--refresh-delay-before", set_delay, FIELD(refresh_delay_before_ms)},
    {"--date-ahead", set_number, FIELD(date_ahead_s)},
    {"--client-id", set_text, FIELD(client_id)},
    {"--scopes", set_text, FIELD(scopes)},
    {"--interval", set_number, FIELD(interval_s)},
    {"--expires-in", set_number, FIELD(expires_in_s)},
    {"--name", set_text, FIELD(name)},
    {"--username", set_text, FIELD(username)},
    {"--log", set_text, FIELD(log)},
    {"--ready", set_text, FIELD(ready)},
    {"--secrets", set_text, FIELD(secrets)},
    {"--redirect-to", set_text, FIELD(redirect_to)},
    {"--misbehave", set_name, FIELD(misbehave)},
};

static const struct option_row *find_row(const char *argument, size_t name_len) {
    for (size_t i = 0; i < sizeof option_rows / sizeof option_rows[0]; i++) {
        const char *name = option_rows[i].name;
        if (strlen(name) == name_len && memcmp(name, argument, name_len) == 0)
            return &option_rows[i];
    }
    return NULL;
}

static enum loom_err usage(struct loom_error *error, const char *what, const char *argument) {
    char text[256];
    (void)snprintf(text, sizeof text, "%s: %.200s", what, argument);
    return loom_error_detail(error, LOOM_ERR_USAGE, text);
}

static bool is_public_url(const char *url) {
    size_t len = strlen(url);
    return (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0) &&
           len <= URL_MAX_LEN && url[len - 1] != '/';
}

static bool is_base_path(const char *path) {
    size_t len = strlen(path);
    if (len == 0)
        return true;
    if (len > PATH_MAX_LEN)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!loom_ascii_is_alnum(path[i]) && strchr("/-_.~", path[i]) == NULL)
            return false;
    return path[0] == '/' && path[len - 1] != '/';
}

static enum loom_err check(const struct dev_options *options, struct loom_error *error) {
    if ((options->cert == NULL) != (options->key == NULL))
        return loom_error_detail(error, LOOM_ERR_USAGE, "--cert and --key go together");
    if (options->approve_after_ms != DEV_NOT_GIVEN && options->deny_after_ms != DEV_NOT_GIVEN)
        return loom_error_detail(error, LOOM_ERR_USAGE,
                                 "--approve-after and --deny-after exclude each other");
    if (options->public_url != NULL && !is_public_url(options->public_url))
        return usage(error, "not a URL like https://localhost/loom", options->public_url);
    if (!loom_text_is_utf8(options->name, strlen(options->name)) ||
        !loom_text_is_utf8(options->username, strlen(options->username)))
        return loom_error_detail(error, LOOM_ERR_USAGE, "--name and --username are UTF-8");
    if (!is_base_path(options->base_path))
        return usage(error, "not a path like /loom", options->base_path);
    return LOOM_OK;
}

enum loom_err dev_options_parse(int argc, char **argv, struct dev_options *out_options,
                                struct loom_error *error) {
    struct dev_options options = {
        .interval_s = DEV_NOT_GIVEN,
        .expires_in_s = 600,
        .approve_after_ms = DEV_NOT_GIVEN,
        .deny_after_ms = DEV_NOT_GIVEN,
        .token_life_s = DEV_NOT_GIVEN,
        .base_path = "",
        .name = "Ada Lovelace",
        .username = "ada",
        .redirect_to = "http://127.0.0.1:9/",
        .client_id = "loom-cli",
        .scopes = "openid offline_access",
    };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            options.help = true;
            continue;
        }
        size_t name_len = strcspn(argv[i], "=");
        const struct option_row *row = find_row(argv[i], name_len);
        if (row == NULL)
            return usage(error, "unknown option", argv[i]);
        const char *value = argv[i][name_len] == '=' ? argv[i] + name_len + 1 : argv[i + 1];
        if (value == NULL)
            return usage(error, "a value is missing", argv[i]);
        if (!row->set((char *)&options + row->offset, value))
            return usage(error, "not a usable value", value);
        if (argv[i][name_len] != '=')
            i++;
    }
    if (options.token_life_s == DEV_NOT_GIVEN)
        options.token_life_s = options.dialect == DEV_DIALECT_OAUTH ? STANDARD_LIFE_S : DEV_NEVER;
    enum loom_err err = check(&options, error);
    if (err == LOOM_OK)
        *out_options = options;
    return err;
}

const char *dev_options_help(void) {
    return "Usage: loom-dev-server [OPTIONS]\n"
           "A small Loom server for demonstrations and tests. It listens on 127.0.0.1 only and\n"
           "keeps everything in memory.\n"
           "\n"
           "  --port N                 listen here (default: any free port)\n"
           "  --cert FILE --key FILE   speak TLS with this certificate (PEM)\n"
           "  --base-path /PATH        serve everything but /dev/ under this path\n"
           "  --public-url URL         the base URL to tell, when a proxy stands in front\n"
           "  --repos DIR              serve DIR/OWNER/REPO.git to signed-in people\n"
           "  --approve-after SECONDS  approve every code by itself\n"
           "  --deny-after SECONDS     deny every code by itself\n"
           "  --interval N             tell this interval, and insist on it\n"
           "  --expires-in N           life of a code in seconds (default: 600)\n"
           "  --dialect loom|oauth     a Loom server's own, or OAuth 2.0's device grant\n"
           "  --token-life SECONDS     life of a token, or none (default: none; oauth: 3600)\n"
           "  --refresh HOW            refresh tokens of oauth: rotate (default), keep, none\n"
           "  --refresh-delay MS       answer a refresh that much after it was decided on\n"
           "  --refresh-delay-before MS  let that much pass before it is decided on\n"
           "  --client-id ID           the one client of oauth (default: loom-cli)\n"
           "  --scopes LIST            of oauth (default: openid offline_access)\n"
           "  --date-ahead SECONDS     tell a clock that is ahead, or with a minus behind\n"
           "  --name NAME              display name of the account (default: Ada Lovelace)\n"
           "  --username NAME          user name of the account (default: ada)\n"
           "  --log FILE               append one JSON object a request, without secrets\n"
           "  --ready FILE             write the base URL there as soon as it listens\n"
           "  --secrets FILE           append every code and token issued, for leak tests\n"
           "  --misbehave NAME         do something wrong; may be repeated\n"
           "  --redirect-to URL        where misbehaviours lead (default: http://127.0.0.1:9/)\n";
}
