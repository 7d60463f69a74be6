/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with names in them, and values from anywhere. */
#include "cli/say.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "unit/cli/cli_world.h"

static const char *phrase(const char *message, const struct loom_words *words) {
    static char text[LOOM_PHRASE_MAX + 1];
    struct loom_buffer out = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX), english = out;
    assert_int_equal(loom_phrase(message, words, &out), LOOM_OK);
    assert_int_equal(loom_phrase_english(message, words, &english), LOOM_OK);
    assert_string_equal(loom_buffer_text(&out), loom_buffer_text(&english));
    memcpy(text, loom_buffer_text(&out), out.len + 1);
    loom_buffer_clear(&out);
    loom_buffer_clear(&english);
    return text;
}

static void phrase_puts_each_value_in_its_place(void **state) {
    (void)state;
    static const struct loom_words words = {.server = "SERVER",
                                            .name = "NAME",
                                            .path = "PATH",
                                            .detail = "DETAIL",
                                            .text = "TEXT",
                                            .command = "COMMAND",
                                            .option = "OPTION",
                                            .time = "TIME",
                                            .status = "STATUS"};
    assert_string_equal(phrase("{server} {name} {path} {detail} {text} {command} {option} {time} "
                               "{status}",
                               &words),
                        "SERVER NAME PATH DETAIL TEXT COMMAND OPTION TIME STATUS");
    assert_string_equal(phrase("{server}{server}", &words), "SERVERSERVER");
    assert_string_equal(phrase("Signed in to {server} as {name}.\n", &words),
                        "Signed in to SERVER as NAME.\n");
}

static void phrase_takes_braces_that_are_no_name_as_they_are(void **state) {
    (void)state;
    static const struct loom_words words = {.server = "SERVER"};
    static const struct {
        const char *message, *finished;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"{", "{"},
        {"}", "}"},
        {"{}", "{}"},
        {"{server", "{server"},
        {"{server {server}", "{server SERVER"},
        {"{{server}}", "{SERVER}"},
        {"{Server}", "{Server}"},
        {"{servers}", "{servers}"},
        {"{ server}", "{ server}"},
        {"{unknown}", "{unknown}"},
        {"100% {server} %s %n %d", "100% SERVER %s %n %d"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_text(rows[i].message, phrase(rows[i].message, &words), rows[i].finished);
}

static void phrase_of_a_value_that_is_missing_is_empty(void **state) {
    (void)state;
    static const struct loom_words none = {.server = NULL};
    assert_string_equal(phrase("<{server}{name}{text}>", &none), "<>");
    assert_string_equal(phrase("<{server}>", NULL), "<>");
    assert_string_equal(phrase("<{name}>", &(struct loom_words){.name = ""}), "<>");
}

/* UI-01: the one door for what a server, a file or git handed over. */
static void phrase_makes_every_value_printable(void **state) {
    (void)state;
    static const struct {
        const char *value, *shown;
    } rows[] = {
        {"\x1b[2K\x1b[1A", "\\x1b[2K\\x1b[1A"},
        {"\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"},
        {"a\rb\nc\td\be\x7f", "a\\x0db\\x0ac\\x09d\\x08e\\x7f"},
        {"\xc2\x9b\x32K", "\\xc2\\x9b2K"},
        {"\xff\xfe", "\\xff\\xfe"},
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"},
        {"{server}{name}", "{server}{name}"}, /* not looked at again */
        {"%s%n", "%s%n"},
        {"Ada L\xc3\xb3pez", "Ada L\xc3\xb3pez"},
        {"\xd9\x84\xd9\x88\xd9\x85", "\xd9\x84\xd9\x88\xd9\x85"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *value = rows[i].value;
        const struct loom_words words = {value, value, value, value, NULL, value,
                                         value, value, value, value, value};
        static const char *const names[] = {"{server}",  "{name}",   "{path}", "{detail}",
                                            "{command}", "{option}", "{time}", "{date}",
                                            "{minutes}", "{status}"};
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            expect_text(names[k], phrase(names[k], &words), rows[i].shown);
    }
}

/* {text} is a message of ours: its line ends stay, everything else is as above. */
static void phrase_of_a_text_keeps_line_ends_alone(void **state) {
    (void)state;
    assert_string_equal(
        phrase("{text}", &(struct loom_words){.text = "One:\n\n    two\n\x1b[2K\r\xff{name}\n"}),
        "One:\n\n    two\n\\x1b[2K\\x0d\\xff{name}\n");
}

static void phrase_past_the_ceiling_fails(void **state) {
    (void)state;
    struct loom_buffer out = LOOM_BUFFER_INIT(10);
    static const struct loom_words words = {.name = "0123456789"};
    assert_int_equal(loom_phrase("{name}", &words, &out), LOOM_OK);
    assert_int_equal(loom_phrase("{name}", &words, &out), LOOM_ERR_INTERNAL);
    assert_int_equal(loom_phrase("x", NULL, &out), LOOM_ERR_INTERNAL);
    loom_buffer_clear(&out);
}

/* ---- Saying it ---- */

static void say_drops_in_quiet_what_is_no_error(void **state) {
    (void)state;
    struct cli_world world;
    static const struct loom_words words = {.name = "Ada"};
    cli_world_open(&world);
    loom_say(&world.cli.err, "one {name}", &words);
    loom_say_always(&world.cli.err, "two {name}", &words);
    loom_say_error(&world.cli.err, "three {name}", &words);
    assert_string_equal(cli_world_err(&world), "one Ada\ntwo Ada\nloom: three Ada\n");
    world.cli.err.is_quiet = true;
    loom_say(&world.cli.err, "one {name}", &words);
    loom_say_always(&world.cli.err, "two {name}", &words);
    loom_say_error(&world.cli.err, "three {name}", &words);
    assert_string_equal(cli_world_err(&world), "two Ada\nloom: three Ada\n");
    cli_world_close(&world);
}

/* A message too long to be finished is said without its values rather than not at all. MEM-102 */
static void say_of_a_value_too_long_says_the_rest(void **state) {
    (void)state;
    static char huge[LOOM_PHRASE_MAX + 1];
    struct cli_world world;
    memset(huge, 'x', sizeof huge - 1);
    cli_world_open(&world);
    loom_say_error(&world.cli.err, "It failed: {detail}", &(struct loom_words){.detail = huge});
    assert_string_equal(cli_world_err(&world), "loom: It failed: \n");
    loom_say(&world.cli.err, "{detail}: a brace { stays {name}\n",
             &(struct loom_words){.detail = huge});
    assert_string_equal(cli_world_err(&world), ": a brace { stays \n");
    world.cli.err.is_quiet = true;
    loom_say(&world.cli.err, "not said {detail}", &(struct loom_words){.detail = huge});
    assert_string_equal(cli_world_err(&world), "");
    cli_world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phrase_puts_each_value_in_its_place),
        cmocka_unit_test(phrase_takes_braces_that_are_no_name_as_they_are),
        cmocka_unit_test(phrase_of_a_value_that_is_missing_is_empty),
        cmocka_unit_test(phrase_makes_every_value_printable),
        cmocka_unit_test(phrase_of_a_text_keeps_line_ends_alone),
        cmocka_unit_test(phrase_past_the_ceiling_fails),
        cmocka_unit_test(say_drops_in_quiet_what_is_no_error),
        cmocka_unit_test(say_of_a_value_too_long_says_the_rest),
    };
    cli_world_calm_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
