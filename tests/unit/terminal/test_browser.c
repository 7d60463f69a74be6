/* SPDX-License-Identifier: Apache-2.0 */
/* UI-06, UI-10, UI-11, UI-20: when a page opens, with what, and what a failure costs. */
#include "unit/system/scratch.h"

#include "terminal/browser.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { TEXT_MAX = 8192, LIST_MAX = 4 * LOOM_BROWSER_COMMAND_MAX, PATIENCE_MS = 30000 };

/* All that RFC 3986 allows and a shell, a command interpreter or printf would take apart. */
#define PAGE "https://loom.example.com:8443/a;b/$(id)/device?x=%25s&y=1*2!3,~(4)#f@g"

/* ---- When ---- */

/* UI-11 */
static void browser_plan_follows_what_the_environment_says(void **state) {
    (void)state;
    static const struct {
        struct loom_browser_world world;
        bool has_terminal;
        enum loom_browser_plan plan;
    } rows[] = {
        {{.has_display = true}, true, LOOM_BROWSER_OPENS},
        {{.has_display = false}, true, LOOM_BROWSER_NO_DISPLAY},
        {{.has_display = true, .is_remote = true}, true, LOOM_BROWSER_REMOTE},
        {{.has_display = false, .is_remote = true}, true, LOOM_BROWSER_REMOTE},
        {{.has_display = true, .is_ci = true}, true, LOOM_BROWSER_NEVER},
        {{.has_display = true}, false, LOOM_BROWSER_NEVER},
        /* The person's own wish beats all of these; empty means never, */
        {{.browser = "b"}, false, LOOM_BROWSER_OPENS},
        {{.browser = "b", .is_remote = true, .is_ci = true}, false, LOOM_BROWSER_OPENS},
        {{.loom_browser = "l", .is_remote = true}, true, LOOM_BROWSER_OPENS},
        {{.browser = "", .has_display = true}, true, LOOM_BROWSER_NEVER},
        {{.loom_browser = "", .has_display = true}, true, LOOM_BROWSER_NEVER},
        /* and the first beats the second. */
        {{.loom_browser = "", .browser = "b", .has_display = true}, true, LOOM_BROWSER_NEVER},
        {{.loom_browser = "l", .browser = ""}, true, LOOM_BROWSER_OPENS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(loom_browser_plan(&rows[i].world, rows[i].has_terminal), rows[i].plan);
}

static const char *const variables[] = {
    "LOOM_BROWSER",   "BROWSER",         "CI",
    "SSH_CONNECTION", "SSH_CLIENT",      "SSH_TTY",
    "DISPLAY",        "WAYLAND_DISPLAY", "WSL_DISTRO_NAME",
};

static int forget_variables(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        assert_int_equal(unsetenv(variables[i]), 0);
    return 0;
}

static struct loom_browser_world world_with(const char *name, const char *value) {
    struct loom_browser_world world;
    assert_int_equal(setenv(name, value, 1), 0);
    loom_browser_world_read(&world);
    assert_int_equal(unsetenv(name), 0);
    return world;
}

static void browser_world_read_takes_each_variable(void **state) {
    (void)state;
    struct loom_browser_world world;
    loom_browser_world_read(&world);
    assert_null(world.loom_browser);
    assert_null(world.browser);
    assert_false(world.is_ci || world.is_remote);
    assert_string_equal(world_with("LOOM_BROWSER", "x").loom_browser, "x");
    assert_string_equal(world_with("BROWSER", "").browser, "");
    assert_true(world_with("CI", "true").is_ci);
    assert_false(world_with("CI", "").is_ci);
    for (size_t i = 3; i < 6; i++) {
        assert_true(world_with(variables[i], "192.0.2.1 1 192.0.2.2 22").is_remote);
        assert_false(world_with(variables[i], "").is_remote);
    }
    for (size_t i = 6; i < 8; i++)
        assert_true(world_with(variables[i], ":0").has_display);
}

/* UI-20: never a command interpreter, which would take the address apart at "&". */
static void browser_world_read_on_wsl_needs_no_display(void **state) {
    (void)state;
    struct loom_browser_world world = world_with("WSL_DISTRO_NAME", "Debian");
    assert_true(world.has_display);
    assert_string_equal(world.opener, "wslview:rundll32.exe url.dll,FileProtocolHandler");
}

static void browser_world_read_elsewhere_uses_xdg_open(void **state) {
    (void)state;
    struct loom_browser_world world;
    loom_browser_world_read(&world);
    if (strcmp(world.opener, "xdg-open") != 0)
        skip(); /* the tests themselves run on WSL */
    assert_false(world.has_display);
}

/* ---- With what ---- */

/* A program of the scratch folder: notes its words, each in <>, and then does `more`. */
static const char *opener(const struct scratch *scratch, const char *name, const char *more) {
    char script[TEXT_MAX];
    (void)snprintf(
        script, sizeof script,
        "#!/bin/sh\nd='%s'\n{ printf '%s'; printf '<%%s>' \"$@\"; echo; } >>\"$d/calls\"\n%s\n",
        scratch->path, name, more);
    scratch_write(scratch, name, 0755, script);
    return scratch_path(scratch, name);
}

/* The lines that the openers wrote. */
static const char *calls(const struct scratch *scratch) {
    static char text[TEXT_MAX];
    int fd = open(scratch_path(scratch, "calls"), O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    assert_true(len >= 0);
    if (fd >= 0)
        assert_int_equal(close(fd), 0);
    text[len] = '\0';
    return text;
}

/* Poll until it is decided; the clock stands at 0, so that nothing counts as opened by waiting. */
static enum loom_browser_state open_with(const char *list, const char *url) {
    struct loom_browser_world world = {.browser = list};
    struct loom_browser browser;
    int64_t began = elapsed_ms();
    loom_browser_open(&browser, &world, url);
    while (loom_browser_poll(&browser, 0) == LOOM_BROWSER_PENDING &&
           elapsed_ms() - began < PATIENCE_MS)
        (void)usleep(1000);
    assert_int_equal(browser.child.pid, 0);
    assert_int_equal(loom_browser_end(&browser), browser.state);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie, nobody left */
    return browser.state;
}

/* UI-06 */
static void browser_open_address_is_one_word_at_the_end(void **state) {
    const struct scratch *scratch = *state;
    assert_int_equal(open_with(opener(scratch, "b", ""), PAGE), LOOM_BROWSER_OPENED);
    assert_string_equal(calls(scratch), "b<" PAGE ">\n");
}

static void browser_open_marks_stand_for_the_address(void **state) {
    const struct scratch *scratch = *state;
    char list[LIST_MAX];
    (void)snprintf(list, sizeof list, "%s --url=%%s,%%s -x %%s %%d %%%%s",
                   opener(scratch, "b", ""));
    assert_int_equal(open_with(list, PAGE), LOOM_BROWSER_OPENED);
    assert_string_equal(calls(scratch),
                        "b<--url=" PAGE "," PAGE "><-x><" PAGE "><%d><%" PAGE ">\n");
}

/* UI-113 */
static void browser_open_words_are_split_at_blanks_without_quoting(void **state) {
    const struct scratch *scratch = *state;
    char list[LIST_MAX];
    (void)snprintf(list, sizeof list, "  %s \t 'a  b' \"c\" $HOME `id` ;\\ ",
                   opener(scratch, "b", ""));
    assert_int_equal(open_with(list, PAGE), LOOM_BROWSER_OPENED);
    assert_string_equal(calls(scratch), "b<'a><b'><\"c\"><$HOME><`id`><;\\><" PAGE ">\n");
}

/* UI-114 */
static void browser_open_failing_elements_make_way_for_the_next(void **state) {
    const struct scratch *scratch = *state;
    char list[LIST_MAX];
    (void)opener(scratch, "first", "exit 3");
    (void)opener(scratch, "killed", "kill -KILL $$");
    (void)opener(scratch, "third", "");
    (void)opener(scratch, "fourth", "");
    scratch_write(scratch, "odd", 0755, "#!/nonexistent\n");
    const char *place = scratch->path;
    (void)snprintf(list, sizeof list,
                   ":/nonexistent/x:: \t:%s/odd:%s/first:%s/killed a:%s/third:%s/fourth", place,
                   place, place, place, place);
    assert_int_equal(open_with(list, PAGE), LOOM_BROWSER_OPENED);
    assert_string_equal(calls(scratch), "first<" PAGE ">\nkilled<a><" PAGE ">\nthird<" PAGE ">\n");
}

/* UI-10 */
static void browser_open_without_any_that_works_fails(void **state) {
    const struct scratch *scratch = *state;
    char list[LIST_MAX];
    static const char *const useless[] = {":",   " ", "%s", "%s:%s", "nosuchprogram-of-loom",
                                          "./b", "b", "/"};
    (void)snprintf(list, sizeof list, "%s", opener(scratch, "b", "exit 1"));
    assert_int_equal(open_with(list, PAGE), LOOM_BROWSER_FAILED);
    assert_int_equal(chdir(scratch->path), 0); /* a program of the current folder is none */
    for (size_t i = 0; i < sizeof useless / sizeof useless[0]; i++)
        assert_int_equal(open_with(useless[i], PAGE), LOOM_BROWSER_FAILED);
    assert_int_equal(chdir("/"), 0);
    assert_string_equal(calls(scratch), "b<" PAGE ">\n");
}

/* UI-115 */
static void browser_open_limits_are_kept(void **state) {
    const struct scratch *scratch = *state;
    static char list[LIST_MAX];
    const char *b = opener(scratch, "b", "");
    size_t len = (size_t)snprintf(list, sizeof list, "%s", b);
    for (size_t i = 2; i < LOOM_BROWSER_WORDS_MAX;
         i++) /* with the address as many as there may be */
        len += (size_t)snprintf(list + len, sizeof list - len, " x");
    assert_int_equal(open_with(list, PAGE), LOOM_BROWSER_OPENED);
    (void)snprintf(list + len, sizeof list - len, " x");
    assert_int_equal(open_with(list, PAGE), LOOM_BROWSER_FAILED);
    len = (size_t)snprintf(list, sizeof list, "%s ", b);
    memset(list + len, 'y', LOOM_BROWSER_COMMAND_MAX - 1 - len);
    list[LOOM_BROWSER_COMMAND_MAX - 1] = '\0';
    assert_int_equal(open_with(list, PAGE), LOOM_BROWSER_OPENED);
    memset(list + len, 'y', LOOM_BROWSER_COMMAND_MAX - len);
    list[LOOM_BROWSER_COMMAND_MAX] = '\0';
    assert_int_equal(open_with(list, PAGE), LOOM_BROWSER_FAILED);
}

static void browser_open_first_list_beats_the_second_and_the_system(void **state) {
    const struct scratch *scratch = *state;
    char first[LOOM_PATH_MAX], second[LOOM_PATH_MAX];
    (void)snprintf(first, sizeof first, "%s", opener(scratch, "first", "exec sleep 60"));
    (void)snprintf(second, sizeof second, "%s", opener(scratch, "second", "exec sleep 60"));
    struct loom_browser_world world = {first, second, false, false, true, "/nonexistent"};
    struct loom_browser browser;
    loom_browser_open(&browser, &world, PAGE);
    assert_string_equal(browser.commands, first);
    world.loom_browser = NULL;
    loom_browser_open(&browser, &world, PAGE);
    assert_string_equal(browser.commands, second);
    world.browser = NULL;
    loom_browser_open(&browser, &world, PAGE);
    assert_string_equal(browser.commands, "/nonexistent");
    assert_int_equal(loom_browser_end(&browser), LOOM_BROWSER_PENDING); /* nothing was started */
}

/* ---- Meanwhile ---- */

static void end_child(struct loom_browser *browser) {
    assert_true(browser->child.pid > 0);
    assert_int_equal(kill(browser->child.pid, SIGKILL), 0);
    for (int i = 0; i < PATIENCE_MS && browser->child.pid != 0; i++) {
        (void)loom_browser_poll(browser, 0);
        (void)usleep(1000);
    }
    assert_int_equal(browser->child.pid, 0);
}

/* A browser that stays in the foreground is no failure, and is waited for when it ends. */
static void browser_poll_what_still_runs_after_a_while_counts_as_opened(void **state) {
    struct loom_browser_world world = {.browser = opener(*state, "b", "exec sleep 60")};
    struct loom_browser browser;
    loom_browser_open(&browser, &world, PAGE);
    assert_int_equal(loom_browser_poll(&browser, 5000), LOOM_BROWSER_PENDING);
    pid_t pid = browser.child.pid;
    assert_true(pid > 0);
    assert_int_equal(loom_browser_poll(&browser, 5000 + LOOM_BROWSER_SETTLE_MS - 1),
                     LOOM_BROWSER_PENDING);
    assert_int_equal(loom_browser_poll(&browser, 5000 + LOOM_BROWSER_SETTLE_MS),
                     LOOM_BROWSER_OPENED);
    assert_int_equal(browser.child.pid, pid);
    end_child(&browser);
    assert_int_equal(browser.state, LOOM_BROWSER_OPENED);
    assert_int_equal(loom_browser_end(&browser), LOOM_BROWSER_OPENED);
}

static void browser_end_tells_what_is_known_and_starts_nothing(void **state) {
    const struct scratch *scratch = *state;
    char list[LIST_MAX], second[LOOM_PATH_MAX];
    (void)snprintf(second, sizeof second, "%s", opener(scratch, "second", ""));
    (void)snprintf(list, sizeof list, "%s:%s", opener(scratch, "first", "exit 1"), second);
    struct loom_browser_world world = {.browser = list};
    struct loom_browser browser;
    loom_browser_open(&browser, &world, PAGE);
    assert_int_equal(loom_browser_poll(&browser, 0), LOOM_BROWSER_PENDING);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)browser.child.pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(loom_browser_end(&browser), LOOM_BROWSER_FAILED);
    assert_string_equal(calls(scratch), "first<" PAGE ">\n");
    world.browser = opener(scratch, "third", "exec sleep 60");
    loom_browser_open(&browser, &world, PAGE);
    assert_int_equal(loom_browser_poll(&browser, 0), LOOM_BROWSER_PENDING);
    assert_int_equal(loom_browser_end(&browser), LOOM_BROWSER_OPENED);
    end_child(&browser);
}

#define in_scratch(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(browser_plan_follows_what_the_environment_says),
        cmocka_unit_test_setup(browser_world_read_takes_each_variable, forget_variables),
        cmocka_unit_test_setup(browser_world_read_on_wsl_needs_no_display, forget_variables),
        cmocka_unit_test_setup(browser_world_read_elsewhere_uses_xdg_open, forget_variables),
        in_scratch(browser_open_address_is_one_word_at_the_end),
        in_scratch(browser_open_marks_stand_for_the_address),
        in_scratch(browser_open_words_are_split_at_blanks_without_quoting),
        in_scratch(browser_open_failing_elements_make_way_for_the_next),
        in_scratch(browser_open_without_any_that_works_fails),
        in_scratch(browser_open_limits_are_kept),
        in_scratch(browser_open_first_list_beats_the_second_and_the_system),
        in_scratch(browser_poll_what_still_runs_after_a_while_counts_as_opened),
        in_scratch(browser_end_tells_what_is_known_and_starts_nothing),
    };
    return cmocka_run_group_tests_name("browser", tests, NULL, NULL);
}
