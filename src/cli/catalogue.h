/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translations, as bytes in the program: a reader of the .mo format (GNU gettext manual, "The
 * Format of GNU MO Files").
 *
 *     const struct loom_catalogue *catalogue = loom_catalogue_find("es");
 *     const char *text = loom_catalogue_translate(catalogue, "Signed out of {server}.");
 *
 * libintl needs a locale that the machine has installed and files that somebody could replace; this
 * needs neither and opens nothing. Only the little-endian form is read, which is what the build
 * writes. A catalogue is not believed: an offset that leads out of it, a string without its NUL or
 * a table out of order gives the message back untranslated, never anything else.
 */
#ifndef LOOM_CLI_CATALOGUE_H
#define LOOM_CLI_CATALOGUE_H

#include <stddef.h>

struct loom_catalogue {
    const char *language;       /* ISO 639 code: "es" */
    const unsigned char *bytes; /* the content of a .mo file */
    size_t len;
};

/* The catalogue of a language, or NULL: English, or none of ours. */
const struct loom_catalogue *loom_catalogue_find(const char *language);

/*
 * The translation of `message`, or `message` itself: NULL catalogue, no such entry, an empty one.
 * What is handed out lives as long as the catalogue and the message.
 */
const char *loom_catalogue_translate(const struct loom_catalogue *catalogue, const char *message);

/* Those that were built in; the last one has no language. Written by the build. */
extern const struct loom_catalogue loom_catalogues[];

#endif
