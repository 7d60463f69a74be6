/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/browser.h"

#include "base/buffer.h"

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

/* One word of a command with every %s replaced. */
static enum loom_err add_word(struct loom_buffer *out, const char *word, const char *url,
                              bool *has_url) {
    enum loom_err err = LOOM_OK;
    for (const char *mark; err == LOOM_OK && (mark = strstr(word, "%s")) != NULL; word = mark + 2) {
        *has_url = true;
        err = loom_buffer_add(out, word, (size_t)(mark - word));
        if (err == LOOM_OK)
            err = loom_buffer_add_text(out, url);
    }
    return err == LOOM_OK ? loom_buffer_add_text(out, word) : err;
}

struct command {
    struct loom_buffer words[LOOM_BROWSER_WORDS_MAX];
    char *argv[LOOM_BROWSER_WORDS_MAX + 1];
    size_t count;
};

static void command_clear(struct command *command) {
    for (size_t i = 0; i < LOOM_BROWSER_WORDS_MAX; i++)
        loom_buffer_clear(&command->words[i]);
}

static enum loom_err command_add(struct command *command, const char *word, const char *url,
                                 bool *has_url) {
    if (command->count == LOOM_BROWSER_WORDS_MAX)
        return LOOM_ERR_USAGE;
    struct loom_buffer *text = &command->words[command->count];
    enum loom_err err = add_word(text, word, url, has_url);
    command->argv[command->count] = text->data;
    command->count += err == LOOM_OK ? 1 : 0;
    return err;
}

/* LOOM_ERR_USAGE: an element without a program, or with too many words. */
static enum loom_err command_parse(struct command *command, char *text, const char *url) {
    static const char blanks[] = " \t";
    bool has_url = false;
    enum loom_err err = LOOM_OK;
    for (text += strspn(text, blanks); *text != '\0' && err == LOOM_OK;
         text += strspn(text, blanks)) {
        char *end = text + strcspn(text, blanks);
        char kept = *end;
        *end = '\0';
        err = command_add(command, text, url, &has_url);
        *end = kept;
        text = end;
    }
    if (err == LOOM_OK && command->count == 0)
        return LOOM_ERR_USAGE;
    if (err == LOOM_OK && !has_url)
        err = command_add(command, "%s", url, &has_url);
    return err;
}

static enum loom_err start_command(struct loom_browser *browser, const char *text, size_t len) {
    char copy[LOOM_BROWSER_COMMAND_MAX], path[LOOM_PATH_MAX];
    LOOM_CLEANUP(command_clear) struct command command = {.count = 0};
    if (len >= sizeof copy)
        return LOOM_ERR_USAGE;
    for (size_t i = 0; i < LOOM_BROWSER_WORDS_MAX; i++)
        command.words[i] = (struct loom_buffer)LOOM_BUFFER_INIT(4 * LOOM_BROWSER_COMMAND_MAX);
    memcpy(copy, text, len);
    copy[len] = '\0';
    enum loom_err err = command_parse(&command, copy, browser->url);
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
