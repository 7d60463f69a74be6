/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_priv.h"
#include "unit/http/http_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM(name) "-----BEGIN CERTIFICATE-----\n" name "\n-----END CERTIFICATE-----"

static char folder[64];
static char paths[4][96]; /* system, environment's, LOOM_CA_FILE, the request's */

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_files(void **state) {
    static const char *const TEXTS[] = {PEM("system"), PEM("instead"), PEM("more"), PEM("request")};
    (void)world_forget_environment(state);
    world_make_folder(folder);
    for (int i = 0; i < 4; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s%d.pem", folder, i);
        write_file(paths[i], TEXTS[i]);
    }
    return 0;
}

static int remove_files(void **state) {
    (void)world_forget_environment(state);
    world_remove_folder(folder);
    return 0;
}

/* Which of the files are trusted, by what they say. */
static void check(const char *ca_file, const char *system_file, const char *expected,
                  bool is_instead) {
    LOOM_CLEANUP(loom_authorities_clear)
    struct loom_authorities authorities = LOOM_AUTHORITIES_INIT;
    static const char *const NAMES[] = {"system", "instead", "more", "request"};
    char found[64] = "";
    const struct loom_http_request request = {.ca_file = ca_file};
    assert_int_equal(loom_authorities_read(&request, system_file, &authorities, NULL), LOOM_OK);
    for (int i = 0; i < 4; i++)
        if (strstr(loom_buffer_text(&authorities.pem), NAMES[i]) != NULL)
            (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%s ", NAMES[i]);
    assert_string_equal(found, expected);
    assert_int_equal(authorities.is_instead, is_instead);
    /* The mark of each begins a line, although the files lack the end of their last one. */
    for (const char *at = loom_buffer_text(&authorities.pem);
         (at = strstr(at, "-----BEGIN")) != NULL; at++)
        assert_true(at == authorities.pem.data || at[-1] == '\n');
}

static void read_files_add_up_or_replace(void **state) {
    (void)world_forget_environment(state);
    check(NULL, paths[0], "", false); /* libcurl's own default */
    check(NULL, NULL, "", false);
    check(paths[3], paths[0], "system request ", false);
    check(paths[3], NULL, "request ", false);
    check(paths[3], "/nowhere/ca.pem", "request ", false);
    assert_int_equal(setenv("LOOM_CA_FILE", paths[2], 1), 0);
    check(NULL, paths[0], "system more ", false);
    check(paths[3], paths[0], "system more request ", false);
    assert_int_equal(setenv("SSL_CERT_FILE", paths[1], 1), 0);
    check(paths[3], paths[0], "instead more request ", true);
    assert_int_equal(setenv("LOOM_CA_FILE", "", 1), 0);
    check(NULL, paths[0], "instead ", true);
    assert_int_equal(setenv("SSL_CERT_FILE", "", 1), 0);
    check(NULL, paths[0], "", false);
    (void)world_forget_environment(state);
}

/* Each of the four that somebody can name: path and errno are told. */
static void check_refused(const char *path, int os_error) {
    static const char *const VARIABLES[] = {"SSL_CERT_FILE", "LOOM_CA_FILE", NULL, NULL};
    for (int i = 0; i < 4; i++) {
        struct loom_authorities authorities = LOOM_AUTHORITIES_INIT;
        struct loom_error error = LOOM_ERROR_INIT;
        (void)world_forget_environment(NULL);
        if (VARIABLES[i] != NULL)
            assert_int_equal(setenv(VARIABLES[i], path, 1), 0);
        const struct loom_http_request request = {
            .ca_file = i == 2 ? path : NULL,
            .more_ca_file = i == 3 ? path : NULL,
        };
        assert_int_equal(loom_authorities_read(&request, paths[0], &authorities, &error),
                         LOOM_ERR_TLS);
        assert_int_equal(error.os_error, os_error);
        assert_string_equal(error.detail, path);
        assert_null(authorities.pem.data);
    }
    (void)world_forget_environment(NULL);
}

static void read_missing_file_is_told(void **state) {
    (void)state;
    check_refused("/nowhere/ca.pem", ENOENT);
}

static void read_folder_is_told(void **state) {
    (void)state;
    check_refused("/tmp", EISDIR);
}

static void read_pipe_is_refused_without_waiting(void **state) {
    (void)state;
    char path[96];
    (void)snprintf(path, sizeof path, "%spipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_refused(path, EINVAL);
}

static void read_unreadable_file_is_told(void **state) {
    (void)state;
    char path[96];
    bool is_root = geteuid() == 0;
    (void)snprintf(path, sizeof path, "%sclosed.pem", folder);
    write_file(path, PEM("closed"));
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    if (is_root) /* who reads everything */
        assert_int_equal(seteuid(65534), 0);
    check_refused(path, EACCES);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
}

static void read_file_without_certificate_is_told(void **state) {
    (void)state;
    static const char *const TEXTS[] = {
        "", "certificate\n", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE REQUEST-----\nx\n"};
    char path[96];
    (void)snprintf(path, sizeof path, "%sempty.pem", folder);
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        write_file(path, TEXTS[i]);
        check_refused(path, EINVAL);
    }
}

static void read_enormous_file_is_told(void **state) {
    (void)state;
    char path[96];
    (void)snprintf(path, sizeof path, "%shuge.pem", folder);
    write_file(path, PEM("huge"));
    assert_int_equal(truncate(path, LOOM_AUTHORITIES_MAX + 1L), 0);
    check_refused(path, EFBIG);
    assert_int_equal(truncate(path, LOOM_AUTHORITIES_MAX), 0); /* no room for its line end */
    check_refused(path, EFBIG);
}

static void read_older_labels_count(void **state) {
    (void)state;
    static const char *const LABELS[] = {"X509 CERTIFICATE", "TRUSTED CERTIFICATE"};
    char path[96], text[64];
    (void)snprintf(path, sizeof path, "%sold.pem", folder);
    for (size_t i = 0; i < sizeof LABELS / sizeof LABELS[0]; i++) {
        (void)snprintf(text, sizeof text, "-----BEGIN %s-----\nrequest", LABELS[i]);
        write_file(path, text);
        check(path, NULL, "request ", false);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_files_add_up_or_replace),
        cmocka_unit_test(read_missing_file_is_told),
        cmocka_unit_test(read_folder_is_told),
        cmocka_unit_test(read_pipe_is_refused_without_waiting),
        cmocka_unit_test(read_unreadable_file_is_told),
        cmocka_unit_test(read_file_without_certificate_is_told),
        cmocka_unit_test(read_enormous_file_is_told),
        cmocka_unit_test(read_older_labels_count),
    };
    return cmocka_run_group_tests_name("http/authorities", tests, make_files, remove_files);
}
