/* SPDX-License-Identifier: Apache-2.0 */
#include "json/cjson_library.h"

#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

static void check_refusal(const char *soname, const char *detail) {
    struct loom_cjson cjson = {.Delete = NULL};
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_cjson_open(soname, &cjson, &error), LOOM_ERR_INTERNAL);
    assert_int_equal(error.code, LOOM_ERR_INTERNAL);
    assert_int_equal(error.os_error, ENOENT);
    assert_string_equal(error.detail, detail);
    assert_null(cjson.Delete);
    assert_int_equal(loom_cjson_open(soname, &cjson, NULL), LOOM_ERR_INTERNAL);
}

static void open_missing_library_is_told(void **state) {
    (void)state;
    check_refusal("libloom-is-not-there.so.1", "libloom-is-not-there.so.1 cannot be opened");
}

/* ENV-11: a library with another content under the name. */
static void open_library_without_a_function_is_told(void **state) {
    (void)state;
    check_refusal("libc.so.6", "libc.so.6 lacks cJSON_ParseWithLength");
}

static void *parse(void *context) {
    static const char text[] = "{\"a\":[1,\"b\",{\"c\":null}]}";
    struct loom_json *tree = NULL;
    enum loom_err *err = context;
    *err = loom_json_parse(text, strlen(text), &tree);
    loom_json_drop(&tree);
    return NULL;
}

/* First of all in here: nothing has asked for it yet. */
static void parse_opens_the_library_at_first_use_in_any_thread(void **state) {
    (void)state;
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    enum loom_err err[THREADS];
    struct loom_json *tree = NULL;
    assert_null(dlopen("libcjson.so.1", RTLD_NOW | RTLD_NOLOAD));
    assert_int_equal(loom_json_parse("[]", 2, &tree), LOOM_ERR_BAD_ANSWER);
    assert_null(dlopen("libcjson.so.1", RTLD_NOW | RTLD_NOLOAD));
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, parse, &err[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(err[i], LOOM_OK);
    }
    void *library = dlopen("libcjson.so.1", RTLD_NOW | RTLD_NOLOAD);
    assert_non_null(library);
    assert_ptr_equal(loom_cjson(), loom_cjson());
    void *wanted = dlsym(library, "cJSON_Delete");
    assert_memory_equal(&loom_cjson()->Delete, &wanted, sizeof wanted);
    assert_int_equal(dlclose(library), 0);
    assert_null(dlsym(RTLD_DEFAULT, "cJSON_Delete"));
}

static void error_where_the_library_is_there_says_no_more(void **state) {
    (void)state;
    struct loom_error error = {.code = LOOM_OK, .os_error = 7, .detail = "before"};
    assert_int_equal(loom_json_error(&error, LOOM_ERR_INTERNAL), LOOM_ERR_INTERNAL);
    assert_int_equal(error.code, LOOM_ERR_INTERNAL);
    assert_int_equal(error.os_error, 0);
    assert_string_equal(error.detail, "");
    assert_int_equal(loom_json_error(&error, LOOM_ERR_BAD_ANSWER), LOOM_ERR_BAD_ANSWER);
    assert_int_equal(error.code, LOOM_ERR_BAD_ANSWER);
    assert_int_equal(loom_json_error(NULL, LOOM_OK), LOOM_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_opens_the_library_at_first_use_in_any_thread),
        cmocka_unit_test(open_missing_library_is_told),
        cmocka_unit_test(open_library_without_a_function_is_told),
        cmocka_unit_test(error_where_the_library_is_there_says_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
