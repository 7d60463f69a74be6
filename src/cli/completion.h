/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the scripts of `loom completion` are made of. Only for completion.c and its parts.
 *
 * A script is a file of this folder, completion.SHELL, in which a line says where the tables of
 * cli/commands.h and cli/options.h come in, written in that shell's words. It is English whatever
 * the language is, so that what is installed for everybody is the same as what a person prints. It
 * asks this program for one thing only, `loom completion --servers`.
 */
#ifndef LOOM_CLI_COMPLETION_H
#define LOOM_CLI_COMPLETION_H

#include "base/buffer.h"
#include "cli/cli.h"

/* The files, as the build took them over; completion.cmake. */
extern const char loom_completion_bash[];
extern const char loom_completion_zsh[];
extern const char loom_completion_fish[];

/* A script that grows; after the first failure nothing is added any more. */
struct loom_script {
    struct loom_buffer *text;
    enum loom_err err;
};

/* Add texts, one after the other; the last one is NULL. */
void loom_script_add(struct loom_script *script, ...) __attribute__((sentinel));

/*
 * Add text to stand in single quotes: a backslash before each of `specials`, and `apostrophe` for
 * each single quote.
 */
void loom_script_add_quoted(struct loom_script *script, const char *text, const char *specials,
                            const char *apostrophe);

/* Add the words of "a|b|c" with blanks between. */
void loom_script_add_words(struct loom_script *script, const char *closed);

/* What can be suggested for the value of an option, or for an argument. */
enum loom_suggestion {
    LOOM_SUGGEST_NOTHING,
    LOOM_SUGGEST_WORDS, /* of a closed set */
    LOOM_SUGGEST_SERVERS,
    LOOM_SUGGEST_FILES,
    LOOM_SUGGEST_COMMANDS,
};

/* By what help calls it: "URL", "[URL]", "FILE", "a|b|c". */
enum loom_suggestion loom_suggestion_for(const char *value);

/* Our tables in the words of each shell. */
void loom_completion_add_bash(struct loom_script *script);
void loom_completion_add_zsh(struct loom_script *script);
void loom_completion_add_fish(struct loom_script *script);

/*
 * Print the address of each stored server, one a line, for a shell that waits: in a second at most,
 * without the network, without unlocking or changing anything, without a word about what cannot be
 * seen. What is printed has base/origin.h's form: printable ASCII without blanks. A path may hold
 * whatever RFC 3986 allows there, so a shell has to quote it.
 */
int loom_completion_print_servers(struct loom_cli *cli);

#endif
