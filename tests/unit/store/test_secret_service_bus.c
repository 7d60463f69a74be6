/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_bus.h"

#include "store/secret_service_library.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A folder with a socket that listens, a socket that does not, and a file. */
struct desk {
    char folder[64];
    int listening, dead;
    char address[256];
};

static void path_of(const struct desk *desk, const char *name, char out_path[static 128]) {
    (void)snprintf(out_path, 128, "%s/%s", desk->folder, name);
}

static int bind_at(const struct desk *desk, const char *name, int backlog) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[128];
    path_of(desk, name, path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    if (backlog >= 0)
        assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

static int desk_make(void **state) {
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    const char *tmp = getenv("TMPDIR");
    int len = snprintf(desk->folder, sizeof desk->folder, "%s/loom-bus-XXXXXX",
                       tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
    if (len < 0 || (size_t)len >= sizeof desk->folder) /* a socket's name has to be short */
        (void)snprintf(desk->folder, sizeof desk->folder, "/tmp/loom-bus-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    desk->listening = bind_at(desk, "bus", 8);
    desk->dead = bind_at(desk, "dead", -1);
    *state = desk;
    return 0;
}

static int desk_remove(void **state) {
    struct desk *desk = *state;
    static const char *const names[] = {"bus", "dead"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        path_of(desk, names[i], path);
        (void)unlink(path);
    }
    (void)close(desk->listening);
    (void)close(desk->dead);
    int left = rmdir(desk->folder);
    free(desk);
    return left;
}

/* Every "@" of `pattern` is the folder. */
static int probe(struct desk *desk, const char *pattern) {
    char *to = desk->address;
    for (; *pattern != '\0'; pattern++) {
        size_t len = *pattern == '@' ? strlen(desk->folder) : 1;
        assert_true(to + len < desk->address + sizeof desk->address);
        memcpy(to, *pattern == '@' ? desk->folder : pattern, len);
        to += len;
    }
    *to = '\0';
    return loom_secret_service_bus_probe(desk->address, NULL);
}

static void probe_listening_socket_is_a_bus(void **state) {
    struct desk *desk = *state;
    static const char *const patterns[] = {
        "unix:path=@/bus",
        "unix:path=@/bus,guid=0123456789abcdef",
        "unix:guid=0123456789abcdef,path=@/bus",
        "unix:path=@%2Fbus",
        "unix:path=@/bu%73",
        "unix:path=@/gone;unix:path=@/bus",
        "unix:path=@/bus;",
    };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        assert_int_equal(probe(desk, patterns[i]), 0);
    assert_int_equal(loom_secret_service_bus_probe(NULL, desk->folder), 0);
}

static void probe_anything_else_is_none(void **state) {
    struct desk *desk = *state;
    static const char *const patterns[] = {
        "unix:path=@/gone",
        "unix:path=@/dead",
        "unix:path=@",
        "unix:path=@/bus%00",
        "unix:path=@/bus%",
        "unix:path=@/bus%7",
        "unix:path=@/bus%g0",
        "unix:Path=@/bus",
        "unix:dir=@",
        "Unix:path=@/bus",
        " unix:path=@/bus",
        "unix:path=@/bus;tcp:host=localhost,port=1",
        "tcp:host=localhost,port=1;unix:path=@/bus",
        "unixexec:path=@/bus",
        "unix:path=@/gone;autolaunch:",
        "unix:abstract=@/bus",
        "unix:",
        "unix:path=",
        "unix:,,,",
        "",
        ";",
        "%",
    };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        assert_int_equal(probe(desk, patterns[i]), ENOENT);
    assert_int_equal(loom_secret_service_bus_probe(NULL, NULL), ENOENT);
    assert_int_equal(loom_secret_service_bus_probe(NULL, "relative"), ENOENT);
    assert_int_equal(loom_secret_service_bus_probe(NULL, "/nonexistent"), ENOENT);
}

static void probe_address_set_the_runtime_folder_is_not_asked(void **state) {
    struct desk *desk = *state;
    assert_int_equal(loom_secret_service_bus_probe("unix:path=/nonexistent", desk->folder), ENOENT);
    assert_int_equal(loom_secret_service_bus_probe("", desk->folder), ENOENT);
}

static void probe_too_long_is_none(void **state) {
    char address[1024] = "unix:path=/";
    char folder[1024] = "/";
    (void)state;
    memset(address + strlen(address), 'x', sizeof address - strlen(address) - 1);
    memset(folder + 1, 'x', sizeof folder - 2);
    assert_int_equal(loom_secret_service_bus_probe(address, NULL), ENOENT);
    assert_int_equal(loom_secret_service_bus_probe(NULL, folder), ENOENT);
    address[11 + 150] = '\0'; /* longer than a socket's name, shorter than the buffer */
    assert_int_equal(loom_secret_service_bus_probe(address, NULL), ENOENT);
}

/* It exists, and nobody takes those who wait for it. */
static void probe_full_socket_hangs(void **state) {
    struct desk *desk = *state;
    int waiting[8];
    size_t count = 0;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[128];
    path_of(desk, "bus", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    assert_int_equal(listen(desk->listening, 0), 0);
    for (; count < sizeof waiting / sizeof waiting[0]; count++) {
        waiting[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(waiting[count], (struct sockaddr *)&address, sizeof address) != 0)
            break;
    }
    assert_true(count < sizeof waiting / sizeof waiting[0]);
    assert_int_equal(probe(desk, "unix:path=@/bus"), ETIMEDOUT);
    for (size_t i = 0; i <= count; i++)
        (void)close(waiting[i]);
}

static void open_library_missing_or_another_is_absent(void **state) {
    struct loom_libsecret lib;
    struct loom_error error = LOOM_ERROR_INIT;
    static const char *const names[] = {"libloom-no-such-library.so.0", "libm.so.6"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(loom_libsecret_open(names[i], &lib, &error), LOOM_ERR_KEYRING);
        assert_int_equal(error.os_error, ENOENT);
    }
}

static void get_library_gives_the_same_table_again(void **state) {
    const struct loom_libsecret *first, *second;
    (void)state;
    assert_int_equal(loom_libsecret_get(&first, NULL), LOOM_OK);
    assert_int_equal(loom_libsecret_get(&second, NULL), LOOM_OK);
    assert_ptr_equal(first, second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_make, desk_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(probe_listening_socket_is_a_bus),
        TEST(probe_anything_else_is_none),
        TEST(probe_address_set_the_runtime_folder_is_not_asked),
        cmocka_unit_test(probe_too_long_is_none),
        TEST(probe_full_socket_hangs),
        cmocka_unit_test(open_library_missing_or_another_is_absent),
        cmocka_unit_test(get_library_gives_the_same_table_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
