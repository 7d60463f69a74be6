/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value of credential.helper in git's configuration, as pure functions: gitcredentials(7),
 * "CUSTOM HELPERS".
 *
 * git takes a value that begins with "!" as a command for the shell, an absolute path as the same
 * without "!", and anything else as the end of "git credential-...". The empty value forgets all
 * that stood before it.
 */
#ifndef LOOM_GIT_HELPER_VALUE_H
#define LOOM_GIT_HELPER_VALUE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/origin.h"

#include <stdbool.h>

enum { LOOM_GIT_VALUE_MAX = 16 * 1024 }; /* bytes */

/*
 * What stands for a server in credential.PATTERN.helper: its address, with those characters of the
 * path written as %XX that git itself writes so before it compares.
 */
enum { LOOM_GIT_PATTERN_MAX = 3 * LOOM_ORIGIN_MAX }; /* bytes */

struct loom_git_pattern {
    char text[LOOM_GIT_PATTERN_MAX + 1];
};

struct loom_git_pattern loom_git_pattern_of(const struct loom_origin *server);

enum loom_git_helper_kind {
    LOOM_GIT_HELPER_RESET, /* the empty value */
    LOOM_GIT_HELPER_LOOM,  /* this program: it keeps nothing that git hands it */
    LOOM_GIT_HELPER_STORE, /* git's own, which writes what it is handed to a plaintext file */
    LOOM_GIT_HELPER_CACHE, /* git's own, which keeps it in memory for a while */
    LOOM_GIT_HELPER_LIBSECRET,
    LOOM_GIT_HELPER_MANAGER, /* Git Credential Manager */
    LOOM_GIT_HELPER_OTHER,
};

enum loom_git_helper_kind loom_git_helper_kind(const char *value);

/* Is it this program, asked for this server: named with --server, or for none in particular? */
bool loom_git_helper_is_for(const char *value, const struct loom_origin *server);

/* Is it this program with a --server option? Then *out_server is that server. */
bool loom_git_helper_server(const char *value, struct loom_origin *out_server);

/*
 * Append the value with which git runs `program`, an absolute path, for this server alone: quoted
 * for the shell where it has to be.
 */
LOOM_CHECKED enum loom_err loom_git_helper_add(struct loom_buffer *out, const char *program,
                                               const struct loom_origin *server);

/* Append one word of a command, quoted for the shell where it has to be. */
LOOM_CHECKED enum loom_err loom_git_helper_add_word(struct loom_buffer *out, const char *text);

/*
 * Append its name as git knows it ("store", "loom"), which tells nothing of its arguments.
 * LOOM_ERR_NOT_FOUND: it has none, as a command of somebody's own.
 */
LOOM_CHECKED enum loom_err loom_git_helper_name(const char *value, struct loom_buffer *out);

/* Append the absolute path that it begins with. LOOM_ERR_NOT_FOUND: it begins with none. */
LOOM_CHECKED enum loom_err loom_git_helper_program(const char *value, struct loom_buffer *out);

#endif
