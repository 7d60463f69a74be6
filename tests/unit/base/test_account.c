/* SPDX-License-Identifier: Apache-2.0 */
#include "base/account.h"

#include "base/memory.h"
#include "unit/base/heap_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* An account whose members live in the test. */
static struct loom_account sample(void) {
    static char id[] = "17", username[] = "ada", display_name[] = "Ada L.", email[] = "ada@h.test";
    return (struct loom_account){
        .id = id, .username = username, .display_name = display_name, .email = email};
}

static void copy_of_a_full_one_owns_every_member(void **state) {
    (void)state;
    const struct loom_account account = sample();
    LOOM_CLEANUP(loom_account_clear) struct loom_account copy = LOOM_ACCOUNT_INIT;
    assert_int_equal(loom_account_copy(&account, &copy), LOOM_OK);
    assert_string_equal(copy.id, "17");
    assert_string_equal(copy.username, "ada");
    assert_string_equal(copy.display_name, "Ada L.");
    assert_string_equal(copy.email, "ada@h.test");
    assert_ptr_not_equal(copy.id, account.id);
    assert_ptr_not_equal(copy.email, account.email);
}

static void copy_of_unknown_members_stays_unknown(void **state) {
    (void)state;
    struct loom_account account = sample(), copy = LOOM_ACCOUNT_INIT;
    account.id = NULL;
    account.email = NULL;
    assert_int_equal(loom_account_copy(&account, &copy), LOOM_OK);
    assert_null(copy.id);
    assert_null(copy.email);
    assert_string_equal(copy.username, "ada");
    loom_account_clear(&copy);
    assert_null(copy.username);
    loom_account_clear(&copy);
}

static void copy_without_memory_is_empty(void **state) {
    (void)state;
    const struct loom_account account = sample();
    for (size_t failing = 1; failing <= 4; failing++) {
        struct loom_account copy = sample();
        heap_fail_at(failing);
        assert_int_equal(loom_account_copy(&account, &copy), LOOM_ERR_INTERNAL);
        assert_true(heap_has_failed());
        assert_null(copy.id);
        assert_null(copy.username);
        assert_null(copy.display_name);
        assert_null(copy.email);
    }
}

static void name_prefers_what_people_call_themselves(void **state) {
    (void)state;
    struct loom_account account = sample();
    char empty[] = "";
    assert_string_equal(loom_account_name(&account), "Ada L.");
    account.display_name = empty;
    assert_string_equal(loom_account_name(&account), "ada");
    account.username = NULL;
    assert_string_equal(loom_account_name(&account), "ada@h.test");
    account.email = empty;
    assert_string_equal(loom_account_name(&account), "17");
    account.id = NULL;
    assert_null(loom_account_name(&account));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_of_a_full_one_owns_every_member),
        cmocka_unit_test(copy_of_unknown_members_stays_unknown),
        cmocka_unit_test(copy_without_memory_is_empty),
        cmocka_unit_test(name_prefers_what_people_call_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
