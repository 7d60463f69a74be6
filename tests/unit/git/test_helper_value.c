/* SPDX-License-Identifier: Apache-2.0 */
/* GIT-29: what stands in git's configuration, read and written; a real shell is the judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

#include "git/helper_value.h"
#include "support/expect.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loom_origin origin(const char *url) {
    struct loom_origin server;
    assert_int_equal(loom_origin_parse(url, strlen(url), &server, NULL), LOOM_OK);
    return server;
}

static void helper_kind_is_read_as_git_runs_it(void **state) {
    static const struct {
        const char *value;
        enum loom_git_helper_kind kind;
    } rows[] = {
        {"", LOOM_GIT_HELPER_RESET},
        {"store", LOOM_GIT_HELPER_STORE},
        {"store --file ~/.my-credentials", LOOM_GIT_HELPER_STORE},
        {"store --file=$HOME/x", LOOM_GIT_HELPER_STORE},
        {"  store", LOOM_GIT_HELPER_STORE},
        {"'store' --file 'a b'", LOOM_GIT_HELPER_STORE},
        {"!git credential-store", LOOM_GIT_HELPER_STORE},
        {"!/usr/bin/git credential-store --file x", LOOM_GIT_HELPER_STORE},
        {"/usr/lib/git-core/git-credential-store", LOOM_GIT_HELPER_STORE},
        {"!'/opt/my git/git-credential-store'", LOOM_GIT_HELPER_STORE},
        {"cache --timeout=3600", LOOM_GIT_HELPER_CACHE},
        {"!git credential-cache", LOOM_GIT_HELPER_CACHE},
        {"libsecret", LOOM_GIT_HELPER_LIBSECRET},
        {"/usr/share/doc/git/contrib/credential/libsecret/git-credential-libsecret",
         LOOM_GIT_HELPER_LIBSECRET},
        {"manager", LOOM_GIT_HELPER_MANAGER},
        {"manager-core", LOOM_GIT_HELPER_MANAGER},
        {"/opt/gcm/git-credential-manager", LOOM_GIT_HELPER_MANAGER},
        {"oauth", LOOM_GIT_HELPER_OTHER},
        {"stores", LOOM_GIT_HELPER_OTHER},
        {"!store", LOOM_GIT_HELPER_OTHER},
        {"!f() { echo username=x; }; f", LOOM_GIT_HELPER_OTHER},
        {"!gh auth git-credential", LOOM_GIT_HELPER_OTHER},
        {"!git", LOOM_GIT_HELPER_OTHER},
        {"!", LOOM_GIT_HELPER_OTHER},
        {" ", LOOM_GIT_HELPER_OTHER},
        {"'store", LOOM_GIT_HELPER_OTHER},
        {"loom", LOOM_GIT_HELPER_LOOM},
        {"loom --server https://h", LOOM_GIT_HELPER_LOOM},
        {"/usr/bin/loom credential-helper", LOOM_GIT_HELPER_LOOM},
        {"/usr/bin/git-credential-loom", LOOM_GIT_HELPER_LOOM},
        {"!'/o p/loom' credential-helper --server https://h", LOOM_GIT_HELPER_LOOM},
        {"/o\\ p/loom credential-helper --server https://h", LOOM_GIT_HELPER_LOOM},
        {"!\"/o p/loom\" credential-helper", LOOM_GIT_HELPER_LOOM},
        {"/usr/bin/loom", LOOM_GIT_HELPER_OTHER},
        {"/usr/bin/loom token", LOOM_GIT_HELPER_OTHER},
        {"/usr/bin/looms credential-helper", LOOM_GIT_HELPER_OTHER},
        {"/usr/bin/loom-next credential-helper --server https://h", LOOM_GIT_HELPER_LOOM},
        {"!'/o p/loom 2' credential-helper --server=https://h", LOOM_GIT_HELPER_LOOM},
        {"credential-helper", LOOM_GIT_HELPER_OTHER},
        /* What more is done with the answer, nobody knows. */
        {"!/usr/bin/loom credential-helper | tee /tmp/x", LOOM_GIT_HELPER_OTHER},
        {"!/usr/bin/loom credential-helper; cat", LOOM_GIT_HELPER_OTHER},
        {"!/usr/bin/loom credential-helper `id`", LOOM_GIT_HELPER_OTHER},
        {"!/usr/bin/loom credential-helper \"$(id)\"", LOOM_GIT_HELPER_OTHER},
        {"!/usr/bin/loom credential-helper \\", LOOM_GIT_HELPER_OTHER},
        {"!/usr/bin/loom credential-helper a b c d e f g", LOOM_GIT_HELPER_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_equal(rows[i].value, loom_git_helper_kind(rows[i].value), rows[i].kind);
}

static void helper_kind_of_an_endless_value_is_other(void **state) {
    static char value[LOOM_GIT_VALUE_MAX + 2];
    (void)state;
    memset(value, ' ', sizeof value - 1);
    memcpy(value, "store", 5);
    assert_int_equal(loom_git_helper_kind(value), LOOM_GIT_HELPER_OTHER);
    value[LOOM_GIT_VALUE_MAX] = '\0';
    assert_int_equal(loom_git_helper_kind(value), LOOM_GIT_HELPER_STORE);
}

static void helper_is_for_the_server_that_it_names(void **state) {
    static const struct {
        const char *value;
        bool is_for;
        bool names_it;
    } rows[] = {
        {"/b/loom credential-helper --server https://loom.example.com", true, true},
        {"/b/loom credential-helper --server=https://LOOM.example.com:443/", true, true},
        {"/b/loom credential-helper --server-url https://loom.example.com", true, true},
        {"/b/loom credential-helper --server 'https://loom.example.com'", true, true},
        {"/b/loom credential-helper --server https://o --server loom.example.com", true, true},
        {"loom --server https://loom.example.com", true, true},
        {"/b/git-credential-loom --server https://loom.example.com", true, true},
        {"/b/loom credential-helper", true, false},
        {"loom", true, false},
        {"/b/loom credential-helper --server", true, false},
        {"/b/loom credential-helper --server https://loom.example.com/x", false, false},
        {"/b/loom credential-helper --server http://localhost", false, false},
        {"/b/loom credential-helper --server https://u@loom.example.com", false, false},
        {"store", false, false},
        {"", false, false},
        {"!/b/loom credential-helper --server https://loom.example.com; id", false, false},
    };
    struct loom_origin server = origin("https://loom.example.com");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_origin named = {.url = "untouched"};
        expect_equal(rows[i].value, loom_git_helper_is_for(rows[i].value, &server), rows[i].is_for);
        bool has_named = loom_git_helper_server(rows[i].value, &named);
        expect_equal(rows[i].value, has_named && loom_origin_is_equal(&named, &server),
                     rows[i].names_it);
        expect(rows[i].value, has_named || strcmp(named.url, "untouched") == 0);
    }
}

/* As git itself compares: what is special in a path is written as %XX, in the host nothing is. */
static void pattern_of_a_server_is_what_git_compares(void **state) {
    static const struct {
        const char *url, *pattern;
    } rows[] = {
        {"https://loom.example.com", "https://loom.example.com"},
        {"http://[::1]:8080", "http://[::1]:8080"},
        {"https://example.com/a-b_c.d~e/f", "https://example.com/a-b_c.d~e/f"},
        {"https://example.com/a'b&c;d(e)$f!g*h+i,j=k@l:m",
         "https://example.com/a%27b%26c%3Bd%28e%29%24f%21g%2Ah%2Bi%2Cj%3Dk%40l%3Am"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loom_origin server = origin(rows[i].url);
        struct loom_git_pattern pattern = loom_git_pattern_of(&server);
        expect_text(rows[i].url, pattern.text, rows[i].pattern);
    }
}

/* What a shell makes of it: the words, each in its own pair of brackets. */
static void read_by_shell(const char *value, char *out, size_t size) {
    char script[4096];
    int ends[2];
    const char *words = value[0] == '!' ? value + 1 : value;
    assert_in_range(snprintf(script, sizeof script, "printf '<%%s>' %s get", words), 1,
                    sizeof script - 1);
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    assert_int_equal(close(ends[1]), 0);
    size_t len = 0;
    ssize_t got;
    while ((got = read(ends[0], out + len, size - 1 - len)) > 0)
        len += (size_t)got;
    out[len] = '\0';
    int status = 0;
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void check_written(const char *program, const char *url) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer value = LOOM_BUFFER_INIT(4096);
    char got[2048], expected[2048];
    struct loom_origin server = origin(url);
    assert_int_equal(loom_git_helper_add(&value, program, &server), LOOM_OK);
    (void)snprintf(expected, sizeof expected, "<%s><credential-helper><--server><%s><get>", program,
                   server.url);
    read_by_shell(value.data, got, sizeof got);
    expect_text(value.data, got, expected);
    expect(value.data, value.data[0] == '/' || value.data[0] == '!');
    expect(value.data, loom_git_helper_is_for(value.data, &server));
    expect_equal(value.data, loom_git_helper_kind(value.data), LOOM_GIT_HELPER_LOOM);
}

/* GIT-29: a path with blanks, quotes and the rest. */
static void helper_add_is_read_back_by_a_shell_and_by_us(void **state) {
    static const char *const programs[] = {
        "/usr/local/bin/loom",   "/opt/my tools/loom",
        "/opt/it's/loom",        "/opt/''/loom",
        "/opt/\"quoted\"/loom",  "/opt/$HOME/`id`/$(id)/loom",
        "/opt/back\\slash/loom", "/opt/tab\there/loom",
        "/opt/line\nend/loom",   "/opt/\xc3\xa9\xd8\xb9/loom",
        "/opt/\xff/loom",        "/opt/a;b&c|d<e>f(g)h*i?j[k]l#m~n{o}p!q^r/loom",
        "/opt/a=b/loom",         "/opt/~/#x/loom",
        "/opt/%41/loom",
    };
    static const char *const servers[] = {"https://loom.example.com", "http://[::1]:8080/loom",
                                          "https://example.com/a'b&c;d(e)$f",
                                          "http://localhost:3000", "https://example.com/~x/a=b"};
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        for (size_t at = 0; at < sizeof servers / sizeof servers[0]; at++)
            check_written(programs[i], servers[at]);
}

static void helper_add_of_plain_words_needs_no_quotes(void **state) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer value = LOOM_BUFFER_INIT(4096);
    struct loom_origin server = origin("https://loom.example.com:8443/git");
    (void)state;
    assert_int_equal(loom_git_helper_add(&value, "/usr/local/bin/loom", &server), LOOM_OK);
    assert_string_equal(value.data, "/usr/local/bin/loom credential-helper --server "
                                    "https://loom.example.com:8443/git");
}

static void helper_add_past_the_ceiling_fails(void **state) {
    struct loom_origin server = origin("https://loom.example.com");
    (void)state;
    for (size_t ceiling = 0; ceiling < 66; ceiling++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer value = LOOM_BUFFER_INIT(ceiling);
        assert_int_equal(loom_git_helper_add(&value, "/o'p/loom", &server), LOOM_ERR_INTERNAL);
    }
}

/* What is shown of a setting: a name or a path of its own, and nothing that stands behind it. */
static void helper_name_and_program_tell_nothing_of_arguments(void **state) {
    static const struct {
        const char *value, *name, *program; /* NULL: none */
    } rows[] = {
        {"store --file /home/ada/x", "store", NULL},
        {"loom", "loom", NULL},
        {"/opt/loom credential-helper --server https://loom.example.com", "loom", "/opt/loom"},
        {"!'/opt/my git/git-credential-store' --file x", "store",
         "/opt/my git/git-credential-store"},
        {"!git credential-cache", "cache", NULL},
        {"/usr/bin/secret-helper hunter2", NULL, "/usr/bin/secret-helper"},
        {"!f() { echo password=hunter2; }; f", NULL, NULL},
        {"!echo password=hunter2", NULL, NULL},
        {"a\\;b", NULL, NULL},
        {"", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer name = LOOM_BUFFER_INIT(64);
        LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer program = LOOM_BUFFER_INIT(4096);
        enum loom_err named = loom_git_helper_name(rows[i].value, &name);
        enum loom_err found = loom_git_helper_program(rows[i].value, &program);
        expect(rows[i].value, named == (rows[i].name != NULL ? LOOM_OK : LOOM_ERR_NOT_FOUND));
        expect(rows[i].value, found == (rows[i].program != NULL ? LOOM_OK : LOOM_ERR_NOT_FOUND));
        expect_text(rows[i].value, loom_buffer_text(&name),
                    rows[i].name != NULL ? rows[i].name : "");
        expect_text(rows[i].value, loom_buffer_text(&program),
                    rows[i].program != NULL ? rows[i].program : "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(helper_kind_is_read_as_git_runs_it),
        cmocka_unit_test(helper_kind_of_an_endless_value_is_other),
        cmocka_unit_test(helper_is_for_the_server_that_it_names),
        cmocka_unit_test(pattern_of_a_server_is_what_git_compares),
        cmocka_unit_test(helper_add_is_read_back_by_a_shell_and_by_us),
        cmocka_unit_test(helper_add_of_plain_words_needs_no_quotes),
        cmocka_unit_test(helper_add_past_the_ceiling_fails),
        cmocka_unit_test(helper_name_and_program_tell_nothing_of_arguments),
    };
    return cmocka_run_group_tests_name("helper_value", tests, NULL, NULL);
}
