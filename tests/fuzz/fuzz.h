/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzzers share. A fuzzer is a function from any bytes to "nothing wrong":
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
 *         FUZZ_CHECK(what must hold);
 *         return 0;
 *     }
 *
 * libFuzzer calls it with millions of inputs (./dev fuzz), and run_corpus.c with those of
 * tests/fuzz/corpus in every ordinary build. It touches no file, looks at no environment, and comes
 * to the same result whenever it sees the same bytes. What it checks is what the headers promise,
 * and it uses as little as can be of the code that it checks to do so.
 */
#ifndef LOOM_TESTS_FUZZ_H
#define LOOM_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Does it hold? In every build: assert() is for those who define no NDEBUG. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/* An output that a failure must leave as it was: mark it before, look at it afterwards. */
#define FUZZ_MARK(object) fuzz_mark(&(object), sizeof(object))
#define FUZZ_IS_MARKED(object) fuzz_is_marked(&(object), sizeof(object))

void fuzz_mark(void *object, size_t size);
bool fuzz_is_marked(const void *object, size_t size);

/* The input, read from its front. */
struct fuzz_input {
    const char *at;
    size_t len;
};

struct fuzz_input fuzz_input(const uint8_t *bytes, size_t len);

/* The next byte; 0 when there is none left. */
unsigned char fuzz_take_byte(struct fuzz_input *input);

/* The next two bytes as a number. */
unsigned fuzz_take_number(struct fuzz_input *input);

/* What stands before the next line feed, which is passed over; all of it when there is none. */
struct fuzz_input fuzz_take_line(struct fuzz_input *input);

/* A heap block of just these bytes, so that reading behind them is noticed. Freed by the caller. */
char *fuzz_copy(struct fuzz_input input);

/* The same as a string, which ends at the first NUL. */
char *fuzz_string(struct fuzz_input input);

bool fuzz_has(const char *bytes, size_t len, const char *text);

/* Are all of these bytes between `least` and `most`? */
bool fuzz_is_within(const char *bytes, size_t len, char least, char most);

bool fuzz_is_utf8(const char *bytes, size_t len);

/*
 * May a terminal be shown this? Well-formed UTF-8 without control characters, bidirectional
 * controls, line separators and byte order marks: by other means than src/base has.
 */
bool fuzz_is_harmless(const char *bytes, size_t len);

/* The same, but for line feeds. */
bool fuzz_is_harmless_but_lines(const char *bytes, size_t len);

#endif
