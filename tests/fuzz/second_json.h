/* SPDX-License-Identifier: Apache-2.0 */
/* How cJSON, which others read JSON with, reads a text: a second opinion on what we made of it. */
#ifndef LOOM_TESTS_FUZZ_SECOND_JSON_H
#define LOOM_TESTS_FUZZ_SECOND_JSON_H

#include "json/json.h"

#include <stdbool.h>
#include <stddef.h>

/* Does it find the same members with the same values in `text`, in the same order? */
bool fuzz_reads_same_json(const char *text, size_t len, const struct loom_json *tree);

#endif
