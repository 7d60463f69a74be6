/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/environment.h"

#include "base/buffer.h"
#include "system/file.h"

#include <stdlib.h>
#include <string.h>

static const char *read_variable(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *read_first(const char *name, const char *older_name) {
    const char *value = read_variable(name);
    return value != NULL ? value : read_variable(older_name);
}

static bool is_zero(const char *name) {
    const char *value = read_variable(name);
    return value != NULL && strcmp(value, "0") == 0;
}

static int read_debug(void) {
    const char *value = read_variable("LOOM_DEBUG");
    if (value == NULL || value[1] != '\0')
        return 0;
    return value[0] == '1' ? 1 : value[0] == '2' ? 2 : 0;
}

static void take_token(struct loom_environment *environment) {
    char *value = getenv("LOOM_TOKEN");
    if (value == NULL || value[0] == '\0')
        return;
    environment->has_bad_token =
        loom_token_from_line(value, strlen(value), &environment->token) != LOOM_OK;
    /* Children would inherit it, and /proc/PID/environ shows where it stood. */
    loom_wipe(value, strlen(value));
    (void)unsetenv("LOOM_TOKEN");
}

void loom_environment_read(struct loom_environment *out_environment) {
    *out_environment = (struct loom_environment){
        .server = read_first("LOOM_SERVER", "LOOM_SERVER_URL"),
        .store = read_variable("LOOM_STORE"),
        .token_file = read_variable("LOOM_TOKEN_FILE"),
        .is_plain = read_first("LOOM_PLAIN", "ACCESSIBLE") != NULL,
        .is_ci = read_variable("CI") != NULL,
        .debug = read_debug(),
        .bus_address = read_variable("DBUS_SESSION_BUS_ADDRESS"),
        .runtime_folder = read_variable("XDG_RUNTIME_DIR"),
        .has_display = read_first("DISPLAY", "WAYLAND_DISPLAY") != NULL,
        .is_remote =
            read_first("SSH_CONNECTION", "SSH_CLIENT") != NULL || read_variable("SSH_TTY") != NULL,
        .forbids_prompts = is_zero("GIT_TERMINAL_PROMPT"),
    };
    take_token(out_environment);
}

bool loom_environment_has_token(const struct loom_environment *environment) {
    return environment->token != NULL || environment->has_bad_token ||
           environment->token_file != NULL;
}

enum loom_err loom_environment_token(const struct loom_environment *environment,
                                     struct loom_secret **out_token, struct loom_error *error) {
    if (environment->has_bad_token)
        return loom_error_detail(error, LOOM_ERR_USAGE, "LOOM_TOKEN");
    if (environment->token != NULL)
        return loom_secret_copy(environment->token, out_token);
    if (environment->token_file == NULL)
        return LOOM_ERR_NOT_FOUND;
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_TOKEN_FILE_MAX);
    enum loom_err err = loom_file_read_any(environment->token_file, &text, error);
    if (err != LOOM_OK)
        return err;
    err = loom_token_from_line(loom_buffer_text(&text), text.len, out_token);
    return err == LOOM_OK ? err : loom_error_detail(error, err, environment->token_file);
}

void loom_environment_clear(struct loom_environment *environment) {
    loom_secret_drop(&environment->token);
}
