/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/browser.h"

#include "terminal/browser_priv.h"

#include <stdlib.h>
#include <string.h>

static bool is_set(const char *variable) {
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0';
}

void loom_browser_world_read(struct loom_browser_world *out_world) {
    bool needs_display = true;
    const char *opener = loom_browser_system_opener(&needs_display);
    *out_world = (struct loom_browser_world){
        .loom_browser = getenv("LOOM_BROWSER"),
        .browser = getenv("BROWSER"),
        .is_ci = is_set("CI"),
        .is_remote = is_set("SSH_CONNECTION") || is_set("SSH_CLIENT") || is_set("SSH_TTY"),
        .has_display = !needs_display || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"),
        .opener = opener,
    };
}

/* The person's own list; NULL: none is set. */
static const char *own_list(const struct loom_browser_world *world) {
    return world->loom_browser != NULL ? world->loom_browser : world->browser;
}

enum loom_browser_plan loom_browser_plan(const struct loom_browser_world *world,
                                         bool has_terminal) {
    const char *list = own_list(world);
    if (list != NULL)
        return list[0] != '\0' ? LOOM_BROWSER_OPENS : LOOM_BROWSER_NEVER;
    if (!has_terminal || world->is_ci)
        return LOOM_BROWSER_NEVER;
    if (world->is_remote)
        return LOOM_BROWSER_REMOTE;
    return world->has_display ? LOOM_BROWSER_OPENS : LOOM_BROWSER_NO_DISPLAY;
}

bool loom_browser_find(const struct loom_browser_world *world,
                       char out_path[static LOOM_PATH_MAX]) {
    const char *list = own_list(world) != NULL ? own_list(world) : world->opener;
    while (*list != '\0') {
        LOOM_CLEANUP(loom_browser_command_clear)
        struct loom_browser_command command = {.count = 0};
        size_t len = strcspn(list, ":");
        if (loom_browser_command_parse(list, len, "https://loom.example.com", &command) ==
                LOOM_OK &&
            loom_spawn_find(command.argv[0], out_path) == LOOM_OK)
            return true;
        list += list[len] == ':' ? len + 1 : len;
    }
    return false;
}

void loom_browser_open(struct loom_browser *out_browser, const struct loom_browser_world *world,
                       const char *url) {
    const char *list = own_list(world);
    *out_browser = (struct loom_browser){
        .commands = list != NULL ? list : world->opener,
        .url = url,
        .child = LOOM_CHILD_INIT,
        .state = LOOM_BROWSER_PENDING,
    };
}

static enum loom_err start_command(struct loom_browser *browser, const char *text, size_t len) {
    char path[LOOM_PATH_MAX];
    LOOM_CLEANUP(loom_browser_command_clear)
    struct loom_browser_command command = {.count = 0};
    enum loom_err err = loom_browser_command_parse(text, len, browser->url, &command);
    if (err == LOOM_OK)
        err = loom_spawn_find(command.argv[0], path);
    return err == LOOM_OK ? loom_spawn(path, command.argv, &browser->child) : err;
}

/* Start the next element that can be started. */
static enum loom_browser_state start_next(struct loom_browser *browser, int64_t now_ms) {
    while (*browser->commands != '\0') {
        const char *text = browser->commands;
        size_t len = strcspn(text, ":");
        browser->commands += text[len] == ':' ? len + 1 : len;
        if (start_command(browser, text, len) == LOOM_OK) {
            browser->started_ms = now_ms;
            return LOOM_BROWSER_PENDING;
        }
    }
    return LOOM_BROWSER_FAILED;
}

enum loom_browser_state loom_browser_poll(struct loom_browser *browser, int64_t now_ms) {
    enum loom_child_state child = loom_spawn_poll(&browser->child);
    if (browser->state != LOOM_BROWSER_PENDING)
        return browser->state; /* the child was waited for, and that is all */
    bool has_settled = now_ms - browser->started_ms >= LOOM_BROWSER_SETTLE_MS;
    if (child == LOOM_CHILD_FAILED) /* or none was started yet */
        browser->state = start_next(browser, now_ms);
    else if (child == LOOM_CHILD_SUCCEEDED || has_settled)
        browser->state = LOOM_BROWSER_OPENED;
    return browser->state;
}

enum loom_browser_state loom_browser_end(struct loom_browser *browser) {
    bool has_child = browser->child.pid > 0;
    enum loom_child_state child = loom_spawn_poll(&browser->child);
    if (browser->state == LOOM_BROWSER_PENDING && has_child)
        browser->state = child == LOOM_CHILD_FAILED ? LOOM_BROWSER_FAILED : LOOM_BROWSER_OPENED;
    return browser->state;
}
