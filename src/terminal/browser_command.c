/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/browser_priv.h"

#include <string.h>

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

static enum loom_err add(struct loom_browser_command *command, const char *word, const char *url,
                         bool *has_url) {
    if (command->count == LOOM_BROWSER_WORDS_MAX)
        return LOOM_ERR_USAGE;
    struct loom_buffer *text = &command->words[command->count];
    enum loom_err err = add_word(text, word, url, has_url);
    command->argv[command->count] = text->data;
    command->count += err == LOOM_OK ? 1 : 0;
    return err;
}

static enum loom_err split(struct loom_browser_command *command, char *text, const char *url) {
    static const char blanks[] = " \t";
    bool has_url = false;
    enum loom_err err = LOOM_OK;
    for (text += strspn(text, blanks); *text != '\0' && err == LOOM_OK;
         text += strspn(text, blanks)) {
        char *end = text + strcspn(text, blanks);
        char kept = *end;
        *end = '\0';
        err = add(command, text, url, &has_url);
        *end = kept;
        text = end;
    }
    if (err == LOOM_OK && command->count == 0)
        return LOOM_ERR_USAGE;
    if (err == LOOM_OK && !has_url)
        err = add(command, "%s", url, &has_url);
    return err;
}

enum loom_err loom_browser_command_parse(const char *text, size_t len, const char *url,
                                         struct loom_browser_command *out_command) {
    char copy[LOOM_BROWSER_COMMAND_MAX];
    LOOM_CLEANUP(loom_browser_command_clear) struct loom_browser_command command = {.count = 0};
    if (len >= sizeof copy)
        return LOOM_ERR_USAGE;
    for (size_t i = 0; i < LOOM_BROWSER_WORDS_MAX; i++)
        command.words[i] = (struct loom_buffer)LOOM_BUFFER_INIT(4 * LOOM_BROWSER_COMMAND_MAX);
    memcpy(copy, text, len);
    copy[len] = '\0';
    enum loom_err err = split(&command, copy, url);
    if (err != LOOM_OK)
        return err;
    *out_command = command;
    command = (struct loom_browser_command){.count = 0}; /* moved */
    return LOOM_OK;
}

void loom_browser_command_clear(struct loom_browser_command *command) {
    for (size_t i = 0; i < LOOM_BROWSER_WORDS_MAX; i++)
        loom_buffer_clear(&command->words[i]);
}
