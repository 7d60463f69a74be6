/* SPDX-License-Identifier: Apache-2.0 */
/* How libcurl, which makes the requests, reads a URL: a second opinion on what we made of it. */
#ifndef LOOM_TESTS_FUZZ_SECOND_READER_H
#define LOOM_TESTS_FUZZ_SECOND_READER_H

#include "base/origin.h"

#include <stdbool.h>

/* Does it read the same scheme, host and port out of `url`? */
bool fuzz_reads_as(const char *url, const struct loom_origin *origin);

#endif
