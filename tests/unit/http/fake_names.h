/* SPDX-License-Identifier: Apache-2.0 */
/*
 * getaddrinfo(3) as a test wants it: linked into a test program it stands before the C library's
 * for everything that is loaded later, libcurl among it.
 *
 * Names are looked up here and nowhere else; addresses go to the real function.
 */
#ifndef LOOM_TESTS_UNIT_HTTP_FAKE_NAMES_H
#define LOOM_TESTS_UNIT_HTTP_FAKE_NAMES_H

/* `name` resolves to `addresses`, up to two, NULL: none. Both must outlive their use. */
void fake_names_set(const char *name, const char *first, const char *second);

/*
 * From now on a look-up never answers: it writes a byte to `told_fd` (-1: none) and waits for
 * fake_names_release.
 */
void fake_names_hang(int told_fd);

/* Let look-ups that hang fail, and wait until they have. */
void fake_names_release(void);

/* Look-ups of names so far. */
int fake_names_asked(void);

#endif
