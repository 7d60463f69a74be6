/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LOOM_BROWSER, and the address: the first line is the list, the second the page. Nothing is
 * started; what would be is compared with a second reading of the list. The address is one
 * argument, or stands whole in the words that ask for it.
 */
#include "base/origin.h"
#include "fuzz/fuzz.h"
#include "terminal/browser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ELEMENTS_MAX = 64, ROOM = 4 * LOOM_BROWSER_COMMAND_MAX + 1 };

/* ---- Children that are none ---- */

static const char *address;
static const char *const *elements; /* what is left of the list, as read here */
static size_t element_count, started;

enum loom_err loom_spawn_find(const char *name, char out_path[static LOOM_PATH_MAX]) {
    FUZZ_CHECK(name != NULL && name[0] != '\0' && strpbrk(name, " \t") == NULL);
    (void)snprintf(out_path, LOOM_PATH_MAX, "/found/here");
    return LOOM_OK;
}

/* `word` with every %s replaced; false: there was none. */
static bool expand(const char *word, size_t len, char *out_text) {
    bool is_replaced = false;
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        bool is_mark = i + 1 < len && word[i] == '%' && word[i + 1] == 's';
        int added = snprintf(out_text + used, ROOM - used, "%.*s", is_mark ? LOOM_PAGE_MAX : 1,
                             is_mark ? address : word + i);
        FUZZ_CHECK(added >= 0 && used + (size_t)added < ROOM);
        used += (size_t)added;
        i += is_mark ? 1 : 0;
        is_replaced = is_replaced || is_mark;
    }
    out_text[used] = '\0';
    return is_replaced;
}

static bool is_command(const char *element, char *const argv[]) {
    static char expected[ROOM];
    bool has_address = false;
    size_t count = 0;
    for (element += strspn(element, " \t"); *element != '\0'; element += strspn(element, " \t")) {
        size_t len = strcspn(element, " \t");
        has_address = expand(element, len, expected) || has_address;
        if (argv[count] == NULL || strcmp(argv[count++], expected) != 0)
            return false;
        element += len;
    }
    if (count > 0 && !has_address && (argv[count] == NULL || strcmp(argv[count++], address) != 0))
        return false;
    return count > 0 && count <= LOOM_BROWSER_WORDS_MAX && argv[count] == NULL;
}

/* One of the elements that are left, and then those before it are gone. */
enum loom_err loom_spawn(const char *path, char *const argv[], struct loom_child *out_child) {
    FUZZ_CHECK(strcmp(path, "/found/here") == 0);
    while (started < element_count && !is_command(elements[started], argv))
        started++;
    FUZZ_CHECK(started < element_count);
    started++;
    out_child->pid = 1;
    return LOOM_OK;
}

/* It fails at once, so that the next one is tried. */
enum loom_child_state loom_spawn_poll(struct loom_child *child) {
    child->pid = 0;
    return LOOM_CHILD_FAILED;
}

bool loom_spawn_is_inside_windows(void) {
    return false;
}

/* ---- The list ---- */

static size_t split(char *list, const char *out_elements[static ELEMENTS_MAX]) {
    size_t count = 0;
    for (char *at = list; at != NULL && count < ELEMENTS_MAX;) {
        char *colon = strchr(at, ':');
        if (colon != NULL)
            *colon = '\0';
        out_elements[count++] = at;
        at = colon != NULL ? colon + 1 : NULL;
    }
    return count;
}

static void check(const char *list, const char *url) {
    const char *found[ELEMENTS_MAX];
    struct loom_browser browser;
    struct loom_browser_world world = {.loom_browser = list, .browser = "wrong", .opener = "wrong"};
    char *copy = fuzz_string((struct fuzz_input){list, strlen(list)});
    address = url;
    elements = found;
    element_count = split(copy, found);
    started = 0;
    FUZZ_CHECK(loom_browser_plan(&world, false) ==
               (list[0] != '\0' ? LOOM_BROWSER_OPENS : LOOM_BROWSER_NEVER));
    loom_browser_open(&browser, &world, url);
    size_t polls = 0;
    while (loom_browser_poll(&browser, 0) == LOOM_BROWSER_PENDING)
        FUZZ_CHECK(++polls <= element_count);
    FUZZ_CHECK(loom_browser_end(&browser) == LOOM_BROWSER_FAILED);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_input input = fuzz_input(bytes, len);
    struct loom_page page;
    char *list = fuzz_string(fuzz_take_line(&input));
    struct fuzz_input url = fuzz_take_line(&input);
    size_t colons = 0;
    for (const char *at = list; (at = strchr(at, ':')) != NULL; at++)
        colons++;
    if (loom_page_parse(url.at, url.len, true, &page) != LOOM_OK)
        FUZZ_CHECK(loom_page_parse("https://l.example/%25s?a=%73", 28, true, &page) == LOOM_OK);
    if (colons < ELEMENTS_MAX)
        check(list, page.url);
    free(list);
    return 0;
}
