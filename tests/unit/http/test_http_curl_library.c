/* SPDX-License-Identifier: Apache-2.0 */
#include "http/curl_library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <link.h>
#include <openssl/ssl.h>
#include <string.h>

static void open_missing_library_is_told(void **state) {
    (void)state;
    struct loom_curl curl = {.free = NULL};
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_curl_open("libloom-is-not-there.so.4", false, &curl, &error),
                     LOOM_ERR_INTERNAL);
    assert_string_equal(error.detail, "libloom-is-not-there.so.4 cannot be opened");
    assert_null(curl.free);
}

/* ENV-11: a library with another content under the name. */
static void open_library_without_a_function_is_told(void **state) {
    (void)state;
    struct loom_curl curl = {.free = NULL};
    struct loom_error error = LOOM_ERROR_INIT;
    assert_int_equal(loom_curl_open("libc.so.6", false, &curl, &error), LOOM_ERR_INTERNAL);
    assert_string_equal(error.detail, "libc.so.6 lacks curl_global_init");
    assert_null(curl.free);
    assert_int_equal(loom_curl_open("libc.so.6", false, &curl, NULL), LOOM_ERR_INTERNAL);
}

static void check_library_too_old_or_without_tls_is_told(void **state) {
    (void)state;
    static const char *const BOTH[] = {"ftp", "http", "https", NULL};
    static const char *const HTTP[] = {"http", NULL}, *const HTTPS[] = {"https", NULL};
    static const struct {
        unsigned version_num;
        int features;
        const char *const *protocols;
        const char *detail;
    } CASES[] = {
        {0x075800, CURL_VERSION_SSL, BOTH, NULL},
        {0x080900, CURL_VERSION_SSL, BOTH, NULL},
        {0x0757ff, CURL_VERSION_SSL, BOTH, "libcurl 1.2.3 is older than 7.88.0"},
        {0x075800, 0, BOTH, "libcurl cannot do https"},
        {0x075800, CURL_VERSION_SSL, HTTP, "libcurl cannot do https"},
        {0x075800, CURL_VERSION_SSL, HTTPS, "libcurl cannot do https"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct loom_error error = LOOM_ERROR_INIT;
        curl_version_info_data info = {.version = "1.2.3",
                                       .version_num = CASES[i].version_num,
                                       .features = CASES[i].features,
                                       .protocols = CASES[i].protocols};
        enum loom_err err = loom_curl_check(&info, &error);
        assert_int_equal(err, CASES[i].detail == NULL ? LOOM_OK : LOOM_ERR_INTERNAL);
        assert_string_equal(error.detail, CASES[i].detail == NULL ? "" : CASES[i].detail);
    }
}

/* MEM-120: src/http/options.c has the number, for OpenSSL belongs to another room. */
_Static_assert(SSL_OP_CLEANSE_PLAINTEXT == 1U << 1, "what wipe_plaintext sets");

static void open_over_openssl_binds_what_wipes_its_buffers(void **state) {
    (void)state;
    const struct loom_curl *curl = NULL;
    assert_int_equal(loom_curl_get(&curl, NULL), LOOM_OK);
    const char *tls = curl->version_info(CURLVERSION_NOW)->ssl_version;
    bool is_openssl = strncmp(tls, "OpenSSL/", 8) == 0;
    assert_int_equal(curl->set_tls_options != NULL, is_openssl);
}

/* Runs first: nothing has asked for libcurl yet. */
static void get_opens_the_library_at_first_use(void **state) {
    (void)state;
    const struct loom_curl *first = NULL, *second = NULL;
    assert_null(dlopen("libcurl.so.4", RTLD_NOW | RTLD_NOLOAD));
    assert_int_equal(loom_curl_get(&first, NULL), LOOM_OK);
    assert_int_equal(loom_curl_get(&second, NULL), LOOM_OK);
    assert_ptr_equal(first, second);
    assert_true(first->version_info(CURLVERSION_NOW)->version_num >= 0x075800);
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_NOLOAD);
    assert_non_null(library);
    (void)dlclose(library);
}

static size_t padded(size_t len) {
    return (len + 3) & ~(size_t)3;
}

/* The content of the note on dlopen among `len` bytes of notes, or NULL. */
static const char *find_in_segment(const char *notes, size_t len) {
    ElfW(Nhdr) note;
    while (len >= sizeof note) {
        memcpy(&note, notes, sizeof note);
        const char *content = notes + sizeof note + padded(note.n_namesz);
        size_t whole = sizeof note + padded(note.n_namesz) + padded(note.n_descsz);
        if (whole > len)
            return NULL;
        if (note.n_type == 0x407c0c0a && note.n_namesz == sizeof "FDO" &&
            memcmp(notes + sizeof note, "FDO", sizeof "FDO") == 0)
            return content;
        notes += whole;
        len -= whole;
    }
    return NULL;
}

/* See uapi-group.org, "ELF dlopen metadata". The program itself comes first and has no name. */
static int find_note(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    const char **out_json = context;
    for (size_t i = 0; object->dlpi_name[0] == '\0' && i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_NOTE || segment->p_align != 4)
            continue;
        const char *json = find_in_segment(
            (const char *)(uintptr_t)(object->dlpi_addr + segment->p_vaddr), segment->p_memsz);
        *out_json = json != NULL ? json : *out_json;
    }
    return 0;
}

static void note_names_the_library_for_packagers(void **state) {
    (void)state;
    const char *json = NULL;
    assert_int_equal(dl_iterate_phdr(find_note, &json), 0);
    assert_non_null(json);
    assert_string_equal(json, "[{\"feature\":\"http\",\"description\":\"Talks to the server\","
                              "\"priority\":\"required\",\"soname\":[\"libcurl.so.4\"]}]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_opens_the_library_at_first_use),
        cmocka_unit_test(open_over_openssl_binds_what_wipes_its_buffers),
        cmocka_unit_test(open_missing_library_is_told),
        cmocka_unit_test(open_library_without_a_function_is_told),
        cmocka_unit_test(check_library_too_old_or_without_tls_is_told),
        cmocka_unit_test(note_names_the_library_for_packagers),
    };
    return cmocka_run_group_tests_name("http/curl_library", tests, NULL, NULL);
}
