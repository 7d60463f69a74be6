/* SPDX-License-Identifier: Apache-2.0 */
/* What a person types at the hidden prompt; the keys and signals of job control have their own. */
#include "scratch.h"

#include "desk.h"
#include "system/stream.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static void assert_line(struct desk *desk, const char *typed, enum loom_err err, const char *told) {
    desk_start(desk);
    desk_wait_echo(desk, false);
    desk_type(desk, typed);
    assert_reader_ends(desk, err, told);
}

static void read_hidden_line_is_not_echoed(void **state) {
    assert_line(*state, "s3cret token\n", LOOM_OK, "s3cret token");
}

static void read_hidden_carriage_return_ends_the_line(void **state) {
    assert_line(*state, "s3cret\r", LOOM_OK, "s3cret");
}

static void read_hidden_empty_line_is_an_empty_line(void **state) {
    assert_line(*state, "\n", LOOM_OK, "");
}

static void read_hidden_second_line_is_dropped_unseen(void **state) {
    assert_line(*state, "one\ntwo\n", LOOM_OK, "one");
}

/* More of it than a terminal holds at once: what is still on its way is neither shown nor a command
   for the shell. */
static void read_hidden_rest_of_a_paste_is_dropped(void **state) {
    static char paste[20000];
    memset(paste, 'r', sizeof paste - 2);
    memcpy(paste, "s3cret\n", 7);
    paste[sizeof paste - 2] = '\n';
    assert_line(*state, paste, LOOM_OK, "s3cret");
}

static void read_hidden_erase_takes_one_character(void **state) {
    assert_line(*state,
                "\x7f"
                "ab\x7f"
                "c\b\x7f\x7f\x7f"
                "xyz\x7f\n",
                LOOM_OK, "xy");
}

static void read_hidden_erase_takes_a_character_of_utf8_as_a_whole(void **state) {
    assert_line(*state,
                "a\u00e9\u20ac\x7f\x7f"
                "b\U0001F511\x7f\n",
                LOOM_OK, "ab");
}

static void read_hidden_kill_takes_the_line(void **state) {
    assert_line(*state,
                "wrong one\x15"
                "wrong two\x17right\n",
                LOOM_OK, "right");
}

/* Keys that the person has changed, or switched off. */
static void read_hidden_keys_are_those_of_the_terminal(void **state) {
    struct desk *desk = *state;
    desk->before.c_cc[VKILL] = '@';
    desk->before.c_cc[VWERASE] = _POSIX_VDISABLE;
    desk->before.c_cc[VERASE] = '#';
    assert_int_equal(tcsetattr(desk->slave, TCSANOW, &desk->before), 0);
    assert_line(desk, "wrong@ri#right\x17\x15\n", LOOM_OK, "rright\x17\x15");
}

static void read_hidden_end_of_file_at_once_is_refused(void **state) {
    assert_line(*state, "\x04", LOOM_ERR_USAGE, "");
}

static void read_hidden_end_of_file_after_text_ends_the_line(void **state) {
    assert_line(*state, "s3cret\x04", LOOM_OK, "s3cret");
}

/* KR-13: the terminal's own line is 4095 bytes long. */
static void read_hidden_long_line_comes_whole(void **state) {
    static char line[LINE_MAX_LEN + 2];
    for (size_t i = 0; i < LINE_MAX_LEN; i++)
        line[i] = (char)('!' + i % 90);
    line[LINE_MAX_LEN] = '\0';
    struct desk *desk = *state;
    desk_start(desk);
    desk_wait_echo(desk, false);
    desk_type(desk, line);
    desk_type(desk, "\n");
    assert_reader_ends(desk, LOOM_OK, line);
}

static void read_hidden_line_of_the_ceiling_is_accepted(void **state) {
    struct desk *desk = *state;
    desk->max = 8;
    assert_line(desk, "12345678\n", LOOM_OK, "12345678");
}

static void read_hidden_longer_line_is_refused(void **state) {
    struct desk *desk = *state;
    desk->max = 8;
    assert_line(desk, "123456789\n", LOOM_ERR_USAGE, "");
}

static void read_hidden_longer_line_can_be_killed_and_typed_anew(void **state) {
    struct desk *desk = *state;
    desk->max = 8;
    assert_line(desk,
                "1234567890\x15"
                "ok\n",
                LOOM_OK, "ok");
}

/* What is pasted beyond the ceiling, bit by bit, must not appear when the echo is back. */
static void read_hidden_rest_of_a_longer_line_is_not_shown(void **state) {
    struct desk *desk = *state;
    desk->max = 8;
    desk_start(desk);
    desk_wait_echo(desk, false);
    for (int i = 0; i < 20; i++) {
        desk_type(desk, "0123456789");
        desk_wait_until_read(desk, 10);
    }
    assert_int_equal(waitpid(desk->reader, NULL, WNOHANG), 0);
    desk_type(desk, "\n");
    assert_reader_ends(desk, LOOM_ERR_USAGE, "");
}

/* ENC-19, its half without a program around it. */
static void read_hidden_stop_descriptor_ends_it_with_the_echo_on(void **state) {
    struct desk *desk = *state;
    desk_start(desk);
    desk_wait_echo(desk, false);
    desk_type(desk, "half a sec");
    desk_wait_until_read(desk, 10);
    assert_int_equal(write(desk->stop[1], "!", 1), 1);
    assert_reader_ends(desk, LOOM_ERR_INTERRUPTED, "");
}

static void read_hidden_other_signals_do_not_end_it(void **state) {
    struct desk *desk = *state;
    desk_start(desk);
    desk_wait_echo(desk, false);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(kill(desk->reader, SIGWINCH), 0);
        assert_int_equal(kill(desk->reader, SIGCONT), 0);
        desk_type(desk, "x");
    }
    desk_type(desk, "\n");
    assert_reader_ends(desk, LOOM_OK, "xxxxx");
}

static void read_hidden_hang_up_ends_it(void **state) {
    struct desk *desk = *state;
    desk_start(desk);
    desk_wait_echo(desk, false);
    desk_type(desk, "half");
    (void)close(desk->slave);
    (void)close(desk->master);
    desk->master = desk->slave = -1;
    int status = child_wait(desk->reader);
    assert_true(status == MARK + LOOM_ERR_USAGE || status == MARK + LOOM_ERR_STORAGE);
}

static void read_hidden_without_a_terminal_is_refused(void **state) {
    struct desk *desk = *state;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(8);
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(
        loom_stream_read_hidden(&(struct loom_hidden_line){.fd = desk->told[0], .stop_fd = -1},
                                &out, &error),
        LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, ENOTTY);
    assert_int_equal(
        loom_stream_read_hidden(&(struct loom_hidden_line){.fd = -1, .stop_fd = -1}, &out, &error),
        LOOM_ERR_STORAGE);
    assert_int_equal(error.os_error, EBADF);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_make, desk_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(read_hidden_line_is_not_echoed),
        TEST(read_hidden_carriage_return_ends_the_line),
        TEST(read_hidden_empty_line_is_an_empty_line),
        TEST(read_hidden_second_line_is_dropped_unseen),
        TEST(read_hidden_rest_of_a_paste_is_dropped),
        TEST(read_hidden_erase_takes_one_character),
        TEST(read_hidden_erase_takes_a_character_of_utf8_as_a_whole),
        TEST(read_hidden_kill_takes_the_line),
        TEST(read_hidden_keys_are_those_of_the_terminal),
        TEST(read_hidden_end_of_file_at_once_is_refused),
        TEST(read_hidden_end_of_file_after_text_ends_the_line),
        TEST(read_hidden_long_line_comes_whole),
        TEST(read_hidden_line_of_the_ceiling_is_accepted),
        TEST(read_hidden_longer_line_is_refused),
        TEST(read_hidden_longer_line_can_be_killed_and_typed_anew),
        TEST(read_hidden_rest_of_a_longer_line_is_not_shown),
        TEST(read_hidden_stop_descriptor_ends_it_with_the_echo_on),
        TEST(read_hidden_other_signals_do_not_end_it),
        TEST(read_hidden_hang_up_ends_it),
        TEST(read_hidden_without_a_terminal_is_refused),
    };
    return cmocka_run_group_tests_name("stream_hidden", tests, NULL, NULL);
}
