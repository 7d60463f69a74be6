/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of an error: the only table of its kind, in English, for the program, which
 * translates it and adds an exit status (cli/report.h), and for the library, which hands it on.
 *
 *     const char *sentence = loom_sentence_of(&error);   // names in braces: base/phrase.h
 *     err = loom_sentence_add(&error, origin.url, &out); // finished, in English
 *
 * A sentence says what happened and what to do next; lines to be copied stand alone, behind four
 * blanks.
 */
#ifndef LOOM_BASE_SENTENCES_H
#define LOOM_BASE_SENTENCES_H

#include "base/error.h"
#include "base/origin.h"
#include "base/phrase.h"

/* The sentence that belongs to an error, with the names {server}, {detail}, {text}, {status}. */
const char *loom_sentence_of(const struct loom_error *error);

/* The word for it in JSON: docs/JSON.md lists them. */
const char *loom_sentence_code(const struct loom_error *error);

/* Append the finished sentence in English. `server` NULL: none is concerned. */
LOOM_CHECKED enum loom_err loom_sentence_add(const struct loom_error *error, const char *server,
                                             struct loom_buffer *out);

/* What is wrong with an address, and what to type. */
const char *loom_sentence_origin(enum loom_origin_fault fault);

/* What is wrong with the environment or an option. */
enum loom_usage {
    LOOM_USAGE_LONELY_TOKEN, /* LOOM_TOKEN without LOOM_SERVER */
    LOOM_USAGE_NO_TOKEN,     /* {detail}: the variable or file */
    LOOM_USAGE_TOKEN_FILE,   /* {detail}: its path */
    LOOM_USAGE_PLACE,        /* neither auto nor keyring nor file */
    LOOM_USAGE_MIN_VALID,    /* no number of seconds, or more than a day */
};

const char *loom_sentence_usage(enum loom_usage usage);

#endif
