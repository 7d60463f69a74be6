/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of a library that is opened at first use: found by name, and put into a table. And the
 * note in the ELF file that tells packagers what is going to be opened.
 *
 *     LOOM_LIBRARY_NOTE("sums", "Adds", "required", SONAME);
 *
 *     static const struct loom_library_symbol symbols[] = {
 *         {"sum_add", offsetof(struct loom_sum, add)}, ...
 *     };
 *
 *     struct loom_sum sum;
 *     void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
 *     if (library == NULL) ...
 *     const char *missing =
 *         loom_library_bind(library, symbols, sizeof symbols / sizeof symbols[0], &sum);
 *     if (missing != NULL) ...                           // the library lacks it
 *
 * How a library is opened, when, and what is said when it is not there is for the room that owns
 * it. Whoever opens one never closes it again.
 */
#ifndef LOOM_BASE_LIBRARY_H
#define LOOM_BASE_LIBRARY_H

#include "base/error.h"

#include <stddef.h>

struct loom_library_symbol {
    const char *name;
    size_t at; /* of the pointer in the table */
};

/*
 * Fill `out_table` with what `library`, from dlopen, and the libraries that it needs itself have
 * under `count` names; what no symbol speaks of stays as it was. NULL: all are bound; else the name
 * of one that is missing, and then the table must not be used.
 */
LOOM_CHECKED const char *loom_library_bind(void *library, const struct loom_library_symbol *symbols,
                                           size_t count, void *out_table);

/*
 * The note of uapi-group.org's "ELF dlopen metadata": owner "FDO", type 0x407c0c0a, content JSON.
 * Packaging tools read it and turn it into a dependency. In assembler, because compilers pad and
 * align data as they see fit, and a note that is not aligned to 4 bytes is none.
 *
 * Once for each library, in the file that opens it, outside of functions. The four are literals in
 * which neither C nor JSON has anything to escape; `priority` is "required", "recommended" or
 * "suggested".
 */
#define LOOM_LIBRARY_NOTE(feature, description, priority, soname)                                  \
    __asm__(".pushsection .note.dlopen, \"a\", %note\n"                                            \
            ".balign 4\n"                                                                          \
            ".4byte 1f - 0f, 3f - 2f, 0x407c0c0a\n"                                                \
            "0: .asciz \"FDO\"\n"                                                                  \
            "1: .balign 4\n"                                                                       \
            "2: .asciz \"[{\\\"feature\\\":\\\"" feature "\\\","                                   \
            "\\\"description\\\":\\\"" description "\\\","                                         \
            "\\\"priority\\\":\\\"" priority "\\\","                                               \
            "\\\"soname\\\":[\\\"" soname "\\\"]}]\"\n"                                            \
            "3: .balign 4\n"                                                                       \
            ".popsection\n")

#endif
