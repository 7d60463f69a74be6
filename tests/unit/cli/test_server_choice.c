/* SPDX-License-Identifier: Apache-2.0 */
/* Which server a command is about, and what is said about an address that is none. */
#include "cli/server_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/memory_store.h"
#include "support/expect.h"
#include "unit/cli/cli_world.h"

#include <stdio.h>

#define A "https://a.example.com"
#define B "https://b.example.com"

/* ---- Addresses that are refused ---- */

struct refusal {
    const char *typed; /* an address with this fault; NULL: no such fault */
    const char *said;  /* a part of the sentence */
};

/* A switch, so that a new fault does not compile without its sentence. */
static struct refusal refusal_of(enum loom_origin_fault fault) {
    static char too_long[LOOM_ORIGIN_MAX + 64];
    switch (fault) {
    case LOOM_ORIGIN_FINE:
        return (struct refusal){NULL, NULL};
    case LOOM_ORIGIN_EMPTY:
        return (struct refusal){"", "address is empty"};
    case LOOM_ORIGIN_TOO_LONG:
        memset(too_long, 'a', sizeof too_long - 1);
        memcpy(too_long, "https://h/", 10);
        return (struct refusal){too_long, "too long to be one"};
    case LOOM_ORIGIN_BAD_CHARACTER:
        return (struct refusal){"https://PLANTED example.com", "holds a blank or another"};
    case LOOM_ORIGIN_NON_ASCII:
        return (struct refusal){"https://planted.example.com/PLANTED\xc3\xa9", "outside a-z"};
    case LOOM_ORIGIN_BAD_SCHEME:
        return (struct refusal){"ftp://PLANTED.example.com", "begins with https://"};
    case LOOM_ORIGIN_INSECURE:
        return (struct refusal){"http://PLANTED.example.com", "sends everything in the clear"};
    case LOOM_ORIGIN_NO_HOST:
        return (struct refusal){"https:///PLANTED", "names no server"};
    case LOOM_ORIGIN_USERINFO:
        return (struct refusal){"https://ada:PLANTED@example.com", "holds a user name"};
    case LOOM_ORIGIN_BAD_AUTHORITY:
        return (struct refusal){"https://PLANTED%41.example.com", "holds a % or a backslash"};
    case LOOM_ORIGIN_BAD_HOST:
        return (struct refusal){"https://PLANTED..example.com", "is no server's name"};
    case LOOM_ORIGIN_TRAILING_DOT:
        return (struct refusal){"https://PLANTED.example.com.", "Leave out the dot"};
    case LOOM_ORIGIN_ODD_ADDRESS:
        return (struct refusal){"https://127.1/PLANTED", "four numbers"};
    case LOOM_ORIGIN_BAD_PORT:
        return (struct refusal){"https://PLANTED.example.com:0", "from 1 to 65535"};
    case LOOM_ORIGIN_QUERY:
        return (struct refusal){"https://example.com?token=PLANTED", "question mark"};
    case LOOM_ORIGIN_FRAGMENT:
        return (struct refusal){"https://example.com#PLANTED", "Leave out the #"};
    case LOOM_ORIGIN_BAD_PATH:
        return (struct refusal){"https://example.com/../PLANTED", "an empty part, a dot part"};
    }
    return (struct refusal){NULL, NULL};
}

/* And never the address itself: it may hold a password. */
static void parse_of_every_fault_has_its_sentence(void **state) {
    (void)state;
    for (int fault = LOOM_ORIGIN_FINE + 1; fault <= LOOM_ORIGIN_BAD_PATH; fault++) {
        struct refusal refusal = refusal_of((enum loom_origin_fault)fault);
        struct loom_origin origin = {.url = "untouched"};
        enum loom_origin_fault found;
        struct cli_world world;
        assert_non_null(refusal.typed);
        cli_world_open(&world);
        expect_equal(refusal.typed, loom_server_parse(&world.cli, refusal.typed, &origin),
                     LOOM_ERR_USAGE);
        expect_text(refusal.typed, origin.url, "untouched");
        const char *said = cli_world_err(&world);
        expect(said, strncmp(said, "loom: ", 6) == 0);
        expect(said, strstr(said, refusal.said) != NULL);
        expect(said, strstr(said, "PLANTED") == NULL && strstr(said, "planted") == NULL);
        assert_fits_screen(refusal.typed, said, 79);
        expect_text(refusal.typed, cli_world_out(&world), "");
        /* the example has the fault that it stands for */
        (void)!loom_origin_parse(refusal.typed, strlen(refusal.typed), &origin, &found);
        expect_equal(refusal.typed, found, fault);
        cli_world_close(&world);
    }
}

/* An international name is shown as it has to be typed, and nothing else is spelled. */
static void parse_of_an_international_name_shows_how_to_type_it(void **state) {
    (void)state;
    static const struct {
        const char *typed, *shown; /* NULL: the general sentence */
    } rows[] = {
        {"https://b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"https://b\xc3\xbc"
         "cher.example:8443/loom",
         "xn--bcher-kva.example"},
        {"https://B\xc3\x9c"
         "CHER.example",
         "xn--bcher-kva.example"},
        /* the letters are not in the name */
        {"https://loom.example.com/caf\xc3\xa9", NULL},
        {"https://loom.example.com?caf\xc3\xa9", NULL},
        {"https:///caf\xc3\xa9", NULL},
        {"caf\xc3\xa9://loom.example.com", NULL},
        /* they may be a password */
        {"https://p\xc3\xa4sswort@loom.example.com", NULL},
        {"https://ada:p\xc3\xa4sswort@loom.example.com", NULL},
        {"https://p\xc3\xa4ss/wort@loom.example.com", NULL},
        {"p\xc3\xa4sswort@loom.example.com", NULL},
        /* and they may be none at all */
        {"https://\xff.example.com", NULL},
        {"https://\xe2\x80\xae.example.com", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_origin origin;
        struct cli_world world;
        cli_world_open(&world);
        expect_equal(rows[i].typed, loom_server_parse(&world.cli, rows[i].typed, &origin),
                     LOOM_ERR_USAGE);
        const char *said = cli_world_err(&world);
        expect(said, rows[i].shown == NULL || strstr(said, rows[i].shown) != NULL);
        expect(said, rows[i].shown != NULL || strstr(said, "holds letters outside a-z") != NULL);
        expect(said, strstr(said, "ssw") == NULL && strstr(said, "loom.example.com") == NULL);
        cli_world_close(&world);
    }
}

static void parse_of_a_good_address_says_nothing(void **state) {
    (void)state;
    struct loom_origin origin;
    struct cli_world world;
    cli_world_open(&world);
    assert_int_equal(loom_server_parse(&world.cli, "Loom.Example.COM:443/", &origin), LOOM_OK);
    assert_string_equal(origin.url, "https://loom.example.com");
    assert_string_equal(cli_world_err(&world), "");
    cli_world_close(&world);
}

/* ---- Which one ---- */

static void choose_takes_the_option_then_the_argument_then_the_environment(void **state) {
    (void)state;
    static const struct {
        const char *what;
        const char *option, *argument, *environment;
        const char *chosen; /* NULL: refused with exit status 2 */
    } rows[] = {
        {"option", A, NULL, NULL, A},
        {"argument", NULL, A, NULL, A},
        {"environment", NULL, NULL, A, A},
        {"option before environment", A, NULL, B, A},
        {"argument before environment", NULL, A, B, A},
        {"option and argument alike", A, "A.example.com:443/", NULL, A},
        {"option and argument differ", A, B, NULL, NULL},
        {"they differ in the path", A, A "/x", NULL, NULL},
        {"an empty option", "", NULL, A, NULL},
        {"an empty argument", NULL, "", A, NULL},
        {"option fine, argument not", A, "http://a.example.com", NULL, NULL},
        {"option not, argument fine", "http://a.example.com", A, NULL, NULL},
        {"a bad environment is not looked at", A, NULL, "nonsense nonsense", A},
        {"a bad environment", NULL, NULL, "nonsense nonsense", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cli_world world;
        struct loom_origin origin = {.url = ""};
        int status = -7;
        cli_world_open(&world);
        cli_world_keep(&world,
                       "https://stored.example.com"); /* what is named beats what is there */
        world.cli.options.server = rows[i].option != NULL ? strdup(rows[i].option) : NULL;
        world.cli.environment.server = rows[i].environment;
        enum loom_choice choice =
            loom_server_choose(&world.cli, rows[i].argument, &origin, &status);
        expect_equal(rows[i].what, choice,
                     rows[i].chosen != NULL ? LOOM_CHOICE_NAMED : LOOM_CHOICE_FAILED);
        expect_equal(rows[i].what, status, rows[i].chosen != NULL ? -7 : 2);
        if (rows[i].chosen != NULL)
            expect_text(rows[i].what, origin.url, rows[i].chosen);
        expect_equal(rows[i].what, cli_world_err(&world)[0] != '\0', rows[i].chosen == NULL);
        cli_world_close(&world);
    }
}

static void choose_without_a_name_takes_the_only_one_stored(void **state) {
    (void)state;
    struct cli_world world;
    struct loom_origin origin;
    int status = -7;
    cli_world_open(&world);
    assert_int_equal(loom_server_choose(&world.cli, NULL, &origin, &status), LOOM_CHOICE_NOTHING);
    assert_string_equal(cli_world_err(&world), "");
    cli_world_keep(&world, A);
    assert_int_equal(loom_server_choose(&world.cli, NULL, &origin, &status), LOOM_CHOICE_ONLY);
    assert_string_equal(origin.url, A);
    assert_int_equal(status, -7);
    assert_string_equal(cli_world_err(&world), "");
    cli_world_close(&world);
}

/* An import that nobody named yet is no server. */
static void choose_does_not_count_imports_of_unknown_origin(void **state) {
    (void)state;
    struct cli_world world;
    struct loom_origin origin;
    struct loom_credential import = LOOM_CREDENTIAL_INIT;
    int status = -7;
    assert_int_equal(loom_secret_new("lt_x", 4, &import.token), LOOM_OK);
    cli_world_open(&world);
    assert_int_equal(loom_memory_store_plant(world.cli.store, "https___b_example_com", &import),
                     LOOM_OK);
    assert_int_equal(loom_server_choose(&world.cli, NULL, &origin, &status), LOOM_CHOICE_NOTHING);
    cli_world_keep(&world, A);
    assert_int_equal(loom_server_choose(&world.cli, NULL, &origin, &status), LOOM_CHOICE_ONLY);
    assert_string_equal(origin.url, A);
    loom_credential_clear(&import);
    cli_world_close(&world);
}

static void choose_among_several_lists_them_in_order(void **state) {
    (void)state;
    struct cli_world world;
    struct loom_origin origin;
    int status = -7;
    cli_world_open(&world);
    cli_world_keep(&world, B);
    cli_world_keep(&world, A "/x");
    cli_world_keep(&world, A);
    assert_int_equal(loom_server_choose(&world.cli, NULL, &origin, &status), LOOM_CHOICE_SEVERAL);
    assert_int_equal(status, 2);
    const char *said = cli_world_err(&world);
    assert_fits_screen("several", said, 79);
    assert_non_null(strstr(said, "\n\n    " A "\n    " A "/x\n    " B "\n"));
    assert_string_equal(cli_world_out(&world), "");
    cli_world_close(&world);
}

/* ---- A store that cannot be read ---- */

static enum loom_err fail_to_list(struct loom_store *store, loom_store_visit *visit, void *context,
                                  struct loom_error *error) {
    struct loom_store_entry entry = {.key = "a"};
    (void)store;
    visit(context, &entry);
    return loom_error_detail(error, LOOM_ERR_DAMAGED, "/the/store");
}

static void choose_from_a_damaged_store_says_so(void **state) {
    (void)state;
    static const struct loom_store_ops ops = {.list = fail_to_list};
    struct loom_store damaged = {&ops};
    struct cli_world world;
    struct loom_origin origin;
    int status = -7;
    cli_world_open(&world);
    struct loom_store *memory = world.cli.store;
    world.cli.store = &damaged;
    assert_int_equal(loom_server_choose(&world.cli, NULL, &origin, &status), LOOM_CHOICE_FAILED);
    assert_int_equal(status, 9);
    assert_non_null(strstr(cli_world_err(&world), "\n    /the/store\n"));
    /* a server that is named needs no store */
    assert_int_equal(loom_server_choose(&world.cli, A, &origin, &status), LOOM_CHOICE_NAMED);
    world.cli.store = memory;
    cli_world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_of_every_fault_has_its_sentence),
        cmocka_unit_test(parse_of_an_international_name_shows_how_to_type_it),
        cmocka_unit_test(parse_of_a_good_address_says_nothing),
        cmocka_unit_test(choose_takes_the_option_then_the_argument_then_the_environment),
        cmocka_unit_test(choose_without_a_name_takes_the_only_one_stored),
        cmocka_unit_test(choose_does_not_count_imports_of_unknown_origin),
        cmocka_unit_test(choose_among_several_lists_them_in_order),
        cmocka_unit_test(choose_from_a_damaged_store_says_so),
    };
    cli_world_calm_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
