/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/cli/cli_world.h"

#include "base/text.h"
#include "store/memory_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAPER_SIZE = 256 * 1024 };

void cli_world_calm_environment(void) {
    static const char *const variables[] = {
        "LOOM_SERVER",     "LOOM_SERVER_URL",
        "LOOM_TOKEN",      "LOOM_TOKEN_FILE",
        "LOOM_STORE",      "LOOM_DEBUG",
        "LOOM_PLAIN",      "ACCESSIBLE",
        "LOOM_CA_FILE",    "CI",
        "NO_COLOR",        "LANGUAGE",
        "LC_MESSAGES",     "LANG",
        "POSIXLY_CORRECT", "POSIX_ME_HARDER",
    };
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        assert_int_equal(unsetenv(variables[i]), 0);
    assert_int_equal(setenv("LC_ALL", "C.UTF-8", 1), 0);
}

static struct loom_output open_paper(void) {
    static const struct loom_output_style style = {.color = LOOM_COLOR_AUTO};
    struct loom_output output;
    int fd = memfd_create("paper", MFD_CLOEXEC);
    assert_true(fd >= 0);
    loom_output_open(&output, fd, &style);
    return output;
}

void cli_world_open(struct cli_world *world) {
    memset(world, 0, sizeof *world);
    world->stop_fd = -1;
    world->ports.stop_fd = &world->stop_fd;
    world->cli.ports = &world->ports;
    world->cli.out = open_paper();
    world->cli.err = open_paper();
    assert_int_equal(loom_memory_store_open(&world->cli.store), LOOM_OK);
}

static const char *read_paper(const struct loom_output *output, char paper[static PAPER_SIZE]) {
    ssize_t len = pread(output->fd, paper, PAPER_SIZE - 1, 0);
    assert_true(len >= 0);
    assert_int_equal(ftruncate(output->fd, 0), 0);
    assert_int_equal(lseek(output->fd, 0, SEEK_SET), 0);
    paper[len] = '\0';
    return paper;
}

const char *cli_world_out(struct cli_world *world) {
    static char paper[PAPER_SIZE];
    return read_paper(&world->cli.out, paper);
}

const char *cli_world_err(struct cli_world *world) {
    static char paper[PAPER_SIZE];
    return read_paper(&world->cli.err, paper);
}

struct loom_origin cli_world_origin(const char *url) {
    struct loom_origin origin;
    assert_int_equal(loom_origin_parse(url, strlen(url), &origin, NULL), LOOM_OK);
    return origin;
}

void cli_world_keep(struct cli_world *world, const char *url) {
    struct loom_store *store = world->cli.store;
    struct loom_credential credential = LOOM_CREDENTIAL_INIT;
    credential.has_origin = true;
    credential.origin = cli_world_origin(url);
    assert_int_equal(loom_secret_new("lt_x", 4, &credential.token), LOOM_OK);
    assert_int_equal(store->ops->save(store, &credential, NULL), LOOM_OK);
    loom_credential_clear(&credential);
}

void cli_world_close(struct cli_world *world) {
    loom_store_close(world->cli.store);
    loom_options_clear(&world->cli.options);
    loom_environment_clear(&world->cli.environment);
    assert_int_equal(close(world->cli.out.fd), 0);
    assert_int_equal(close(world->cli.err.fd), 0);
}

void assert_fits_screen(const char *what, const char *text, size_t most) {
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        size_t columns = loom_text_columns(text, len);
        if (columns > (text[0] == ' ' ? most : 79))
            fail_msg("%s: %zu columns: %.*s", what, columns, (int)len, text);
        text += text[len] == '\n' ? len + 1 : len;
    }
}
