/* SPDX-License-Identifier: Apache-2.0 */
#include "git/helper_value.h"

#include "base/text.h"

#include <string.h>

#define PREFIX "git-credential-"
#define OWN_NAME "loom"

enum { WORDS_MAX = 8 };

/* Beside letters and digits, what no shell takes for anything else, wherever it stands. */
static const char plain[] = "/._-:@%+,";
/* What a shell does something with when it is not quoted; blanks part words. */
static const char special[] = "\n|&;<>()$`*?[]#~{}!";
/* What stays special between double quotes. */
static const char special_in_quotes[] = "$`";
/* And what a backslash there quotes. */
static const char escapable_in_quotes[] = "$`\"\\";

/* ---- Patterns ---- */

struct loom_git_pattern loom_git_pattern_of(const struct loom_origin *server) {
    static const char digits[] = "0123456789ABCDEF";
    struct loom_git_pattern pattern;
    size_t at = server->path_at;
    memcpy(pattern.text, server->url, at);
    for (const char *c = loom_origin_path(server); *c != '\0'; c++) {
        if (loom_ascii_is_alnum(*c) || strchr("/-._~", *c) != NULL) {
            pattern.text[at++] = *c;
            continue;
        }
        pattern.text[at++] = '%';
        pattern.text[at++] = digits[(unsigned char)*c >> 4];
        pattern.text[at++] = digits[(unsigned char)*c & 15];
    }
    pattern.text[at] = '\0';
    return pattern;
}

/* ---- Words, as a shell would read them ---- */

struct words {
    char text[LOOM_GIT_VALUE_MAX + WORDS_MAX + 1]; /* each with its NUL: no memory can be missing */
    size_t len;
    size_t at[WORDS_MAX];
    size_t count;  /* of whole ones */
    bool is_whole; /* nothing but these stands there */
};

static const char *word(const struct words *words, size_t i) {
    return i < words->count ? words->text + words->at[i] : "";
}

static bool add(struct words *words, const char *bytes, size_t len) {
    if (len > sizeof words->text - words->len)
        return false;
    memcpy(words->text + words->len, bytes, len);
    words->len += len;
    return true;
}

/* From behind the opening quote to the closing one; NULL: it does not close, or does something. */
static const char *read_single(struct words *words, const char *at) {
    size_t len = strcspn(at, "'");
    bool is_added = add(words, at, len);
    return at[len] == '\'' && is_added ? at + len + 1 : NULL;
}

static const char *read_double(struct words *words, const char *at) {
    for (; *at != '"'; at++) {
        if (*at == '\0' || strchr(special_in_quotes, *at) != NULL)
            return NULL;
        if (*at == '\\' && at[1] != '\0' && strchr(escapable_in_quotes, at[1]) != NULL)
            at++;
        if (!add(words, at, 1))
            return NULL;
    }
    return at + 1;
}

static const char *read_piece(struct words *words, const char *at) {
    if (*at == '\'')
        return read_single(words, at + 1);
    if (*at == '"')
        return read_double(words, at + 1);
    if (strchr(special, *at) != NULL)
        return NULL;
    if (*at == '\\' && (at[1] == '\0' || at[1] == '\n'))
        return NULL;
    if (*at == '\\')
        at++;
    return add(words, at, 1) ? at + 1 : NULL;
}

/*
 * The words with which it begins, quoted in one way or another: whatever else a shell may do there
 * is not understood.
 */
static void read_words(const char *text, struct words *out) {
    const char *at = text + strspn(text, " \t");
    while (*at != '\0' && out->count < WORDS_MAX) {
        out->at[out->count] = out->len;
        while (at != NULL && *at != '\0' && *at != ' ' && *at != '\t')
            at = read_piece(out, at);
        if (at == NULL || !add(out, "", 1))
            return;
        out->count++;
        at += strspn(at, " \t");
    }
    out->is_whole = *at == '\0';
}

/* ---- What it is ---- */

static bool is_command(const char *value) {
    return value[0] == '!' || value[0] == '/';
}

/* The value of --server (or its older name), as the last one counts; NULL: none. */
static const char *find_server(const struct words *words, size_t next) {
    static const char *const options[] = {"--server", "--server-url"};
    const char *server = NULL;
    for (size_t i = next; i < words->count; i++) {
        for (size_t o = 0; o < sizeof options / sizeof options[0]; o++) {
            size_t len = strlen(options[o]);
            if (strncmp(word(words, i), options[o], len) != 0)
                continue;
            if (word(words, i)[len] == '=')
                server = word(words, i) + len + 1;
            else if (word(words, i)[len] == '\0' && i + 1 < words->count)
                server = word(words, i + 1);
        }
    }
    return server;
}

/*
 * The name behind "git-credential-", from what git runs for it; NULL: no helper of that kind.
 * *out_next is the first of its arguments.
 */
static const char *find_name(const char *value, const struct words *words, size_t *out_next) {
    const char *slash = strrchr(word(words, 0), '/');
    const char *name = slash != NULL ? slash + 1 : word(words, 0);
    *out_next = 1;
    if (!is_command(value))
        return name;
    if (strcmp(name, "git") == 0) { /* "!git credential-store" */
        *out_next = 2;
        name = word(words, 1);
        return strncmp(name, &PREFIX[4], strlen(&PREFIX[4])) == 0 ? name + strlen(&PREFIX[4])
                                                                  : NULL;
    }
    if (strncmp(name, PREFIX, strlen(PREFIX)) == 0)
        return name + strlen(PREFIX);
    if (strcmp(word(words, 1), "credential-helper") != 0)
        return NULL;
    /* Whoever installed it under another name: these words are nobody else's. */
    if (strcmp(name, OWN_NAME) != 0 && find_server(words, 2) == NULL)
        return NULL;
    *out_next = 2;
    return OWN_NAME;
}

static bool read_value(const char *value, struct words *out_words, const char **out_name,
                       size_t *out_next) {
    const char *text = value[0] == '!' ? value + 1 : value;
    if (strlen(value) > LOOM_GIT_VALUE_MAX)
        return false;
    read_words(text, out_words);
    *out_name = out_words->count > 0 ? find_name(value, out_words, out_next) : NULL;
    /* Where more is done with our answer, it is not this program alone that has it. */
    return *out_name != NULL && (out_words->is_whole || strcmp(*out_name, OWN_NAME) != 0);
}

enum loom_git_helper_kind loom_git_helper_kind(const char *value) {
    static const struct {
        const char *name;
        enum loom_git_helper_kind kind;
    } names[] = {
        {OWN_NAME, LOOM_GIT_HELPER_LOOM},     {"store", LOOM_GIT_HELPER_STORE},
        {"cache", LOOM_GIT_HELPER_CACHE},     {"libsecret", LOOM_GIT_HELPER_LIBSECRET},
        {"manager", LOOM_GIT_HELPER_MANAGER}, {"manager-core", LOOM_GIT_HELPER_MANAGER},
    };
    struct words words = {.count = 0};
    const char *name = NULL;
    size_t next = 0;
    if (value[0] == '\0')
        return LOOM_GIT_HELPER_RESET;
    if (!read_value(value, &words, &name, &next))
        return LOOM_GIT_HELPER_OTHER;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i].name) == 0)
            return names[i].kind;
    return LOOM_GIT_HELPER_OTHER;
}

/* Is it this program? Then *out_server is what --server names, or NULL. */
static bool is_own(const char *value, struct words *out_words, const char **out_server) {
    const char *name = NULL;
    size_t next = 0;
    if (!read_value(value, out_words, &name, &next) || strcmp(name, OWN_NAME) != 0)
        return false;
    *out_server = find_server(out_words, next);
    return true;
}

bool loom_git_helper_is_for(const char *value, const struct loom_origin *server) {
    struct words words = {.count = 0};
    struct loom_origin origin;
    const char *named = NULL;
    if (!is_own(value, &words, &named))
        return false;
    /* As this program writes it, it is known without memory to parse it. */
    return named == NULL || strcmp(named, server->url) == 0 ||
           (loom_origin_parse(named, strlen(named), &origin, NULL) == LOOM_OK &&
            loom_origin_is_equal(&origin, server));
}

bool loom_git_helper_server(const char *value, struct loom_origin *out_server) {
    struct words words = {.count = 0};
    const char *named = NULL;
    return is_own(value, &words, &named) && named != NULL &&
           loom_origin_parse(named, strlen(named), out_server, NULL) == LOOM_OK;
}

enum loom_err loom_git_helper_name(const char *value, struct loom_buffer *out) {
    struct words words = {.count = 0};
    const char *name = NULL;
    size_t next = 0;
    if (!read_value(value, &words, &name, &next) || name[0] == '\0')
        return LOOM_ERR_NOT_FOUND;
    for (const char *c = name; *c != '\0'; c++)
        if (!loom_ascii_is_alnum(*c) && *c != '-' && *c != '_')
            return LOOM_ERR_NOT_FOUND;
    return loom_buffer_add_text(out, name);
}

enum loom_err loom_git_helper_program(const char *value, struct loom_buffer *out) {
    struct words words = {.count = 0};
    if (!is_command(value) || strlen(value) > LOOM_GIT_VALUE_MAX)
        return LOOM_ERR_NOT_FOUND;
    read_words(value[0] == '!' ? value + 1 : value, &words);
    if (word(&words, 0)[0] != '/')
        return LOOM_ERR_NOT_FOUND;
    return loom_buffer_add_text(out, word(&words, 0));
}

/* ---- Writing one ---- */

static bool is_plain(const char *text) {
    for (; *text != '\0'; text++)
        if (!loom_ascii_is_alnum(*text) && strchr(plain, *text) == NULL)
            return false;
    return true;
}

enum loom_err loom_git_helper_add_word(struct loom_buffer *out, const char *text) {
    if (is_plain(text))
        return loom_buffer_add_text(out, text);
    enum loom_err err = loom_buffer_add_text(out, "'");
    while (err == LOOM_OK && *text != '\0') {
        size_t len = strcspn(text, "'");
        err = loom_buffer_add(out, text, len);
        text += len;
        if (err == LOOM_OK && *text != '\0') {
            err = loom_buffer_add_text(out, "'\\''");
            text++;
        }
    }
    return err == LOOM_OK ? loom_buffer_add_text(out, "'") : err;
}

enum loom_err loom_git_helper_add(struct loom_buffer *out, const char *program,
                                  const struct loom_origin *server) {
    /* What begins with a quote is no absolute path for git. */
    enum loom_err err = is_plain(program) ? LOOM_OK : loom_buffer_add_text(out, "!");
    if (err == LOOM_OK)
        err = loom_git_helper_add_word(out, program);
    if (err == LOOM_OK)
        err = loom_buffer_add_text(out, " credential-helper --server ");
    return err == LOOM_OK ? loom_git_helper_add_word(out, server->url) : err;
}
