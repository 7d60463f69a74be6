/* SPDX-License-Identifier: Apache-2.0 */
#include "base/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <math.h>
#include <string.h>

/* Any library that is on every machine will do; with something beside what is to be bound. */
struct table {
    char before[8];
    __typeof__(cbrt) *cube_root;
    char between[8];
    __typeof__(hypot) *hypotenuse;
    char behind[8];
};

#define FILLED                                                                                     \
    { "before!", NULL, "between", NULL, "behind!" }

static const struct loom_library_symbol symbols[] = {
    {"hypot", offsetof(struct table, hypotenuse)},
    {"cbrt", offsetof(struct table, cube_root)},
    {"loom_no_such_function", offsetof(struct table, cube_root)},
};

static int open_library(void **state) {
    *state = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
    return *state == NULL ? -1 : 0;
}

static void check_others(const struct table *table) {
    assert_string_equal(table->before, "before!");
    assert_string_equal(table->between, "between");
    assert_string_equal(table->behind, "behind!");
}

static void bind_finds_each_and_leaves_all_else_alone(void **state) {
    struct table table = FILLED;
    assert_null(loom_library_bind(*state, symbols, 2, &table));
    assert_true(table.cube_root(27.0) > 2.9 && table.cube_root(27.0) < 3.1);
    assert_true(table.hypotenuse(3.0, 4.0) > 4.9 && table.hypotenuse(3.0, 4.0) < 5.1);
    check_others(&table);
}

static void bind_fewer_leaves_the_others_alone(void **state) {
    struct table table = FILLED;
    assert_null(loom_library_bind(*state, symbols, 1, &table));
    assert_non_null(table.hypotenuse);
    assert_null(table.cube_root);
    assert_null(loom_library_bind(*state, symbols, 0, &table));
    check_others(&table);
}

static void bind_what_is_missing_is_named(void **state) {
    for (size_t from = 0; from < 3; from++) {
        struct table table = FILLED;
        assert_string_equal(loom_library_bind(*state, symbols + from, 3 - from, &table),
                            "loom_no_such_function");
        check_others(&table);
    }
    /* The first that is missing, of several. */
    static const struct loom_library_symbol missing[] = {{"loom_first_of_two", 0},
                                                         {"loom_second_of_two", 0}};
    void *none = NULL;
    assert_string_equal(loom_library_bind(*state, missing, 2, &none), "loom_first_of_two");
    assert_null(none);
}

/* libm stands on libc. */
static void bind_what_a_library_stands_on_is_found(void **state) {
    static const struct loom_library_symbol deeper[] = {{"strlen", 0}};
    size_t (*length)(const char *) = NULL;
    assert_null(loom_library_bind(*state, deeper, 1, &length));
    assert_int_equal(length("seven!!"), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bind_finds_each_and_leaves_all_else_alone),
        cmocka_unit_test(bind_fewer_leaves_the_others_alone),
        cmocka_unit_test(bind_what_is_missing_is_named),
        cmocka_unit_test(bind_what_a_library_stands_on_is_found),
    };
    return cmocka_run_group_tests(tests, open_library, NULL);
}
