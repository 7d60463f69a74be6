/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sdbus_library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SONAME "libsystemd.so.0"

static void check_refused(const char *soname) {
    struct loom_sdbus lib = {.open_user = NULL}, before = lib;
    assert_int_equal(loom_sdbus_open(soname, &lib), LOOM_ERR_NOT_FOUND);
    assert_memory_equal(&lib, &before, sizeof lib);
}

static void open_missing_library_is_not_found(void **state) {
    (void)state;
    check_refused("libloom-is-not-there.so.0");
    check_refused("");
}

/* ENV-11: a library with another content under the name. */
static void open_library_without_a_function_is_not_found(void **state) {
    (void)state;
    check_refused("libm.so.6");
    check_refused("libdl.so.2");
}

/* Which is also how other tests have loom do without. */
static void open_file_that_is_no_library_is_not_found(void **state) {
    (void)state;
    char path[] = "/tmp/loom-sdbus-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    check_refused(path);
    assert_int_equal(write(fd, "\177ELF, and no more", 17), 17);
    check_refused(path);
    (void)close(fd);
    assert_int_equal(unlink(path), 0);
}

static void *get(void *context) {
    const struct loom_sdbus **lib = context;
    *lib = loom_sdbus();
    return NULL;
}

/* Runs first: nothing has asked for it yet. */
static void get_opens_the_library_at_first_use_in_any_thread(void **state) {
    (void)state;
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    const struct loom_sdbus *libs[THREADS];
    void *functions[sizeof(struct loom_sdbus) / sizeof(void *)];
    assert_null(dlopen(SONAME, RTLD_NOW | RTLD_NOLOAD));
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get, &libs[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_ptr_equal(libs[i], loom_sdbus());
    assert_non_null(loom_sdbus());
    memcpy(functions, loom_sdbus(), sizeof functions);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        assert_non_null(functions[i]);
    void *library = dlopen(SONAME, RTLD_NOW | RTLD_NOLOAD);
    assert_non_null(library);
    void *wanted = dlsym(library, "sd_bus_message_read_array");
    assert_memory_equal(&loom_sdbus()->message_read_array, &wanted, sizeof wanted);
    assert_int_equal(dlclose(library), 0);
    assert_null(dlsym(RTLD_DEFAULT, "sd_bus_unref"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_opens_the_library_at_first_use_in_any_thread),
        cmocka_unit_test(open_missing_library_is_not_found),
        cmocka_unit_test(open_library_without_a_function_is_not_found),
        cmocka_unit_test(open_file_that_is_no_library_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
