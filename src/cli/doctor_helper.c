/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor_helper.h"

#include "cli/git_command.h"

#include <string.h>

/* What git is given to ask this helper alone; the value goes by the environment, not by argv. */
static enum loom_err add_changes(const char *value, bool is_keyring_hidden,
                                 struct loom_buffer *out) {
    static const char fixed[] = "LC_ALL=C\0DISPLAY\0WAYLAND_DISPLAY\0GCM_INTERACTIVE=never\0"
                                "GIT_CONFIG_PARAMETERS\0GIT_CONFIG_COUNT=3\0"
                                "GIT_CONFIG_KEY_0=core.askPass\0GIT_CONFIG_VALUE_0=\0"
                                "GIT_CONFIG_KEY_1=credential.helper\0GIT_CONFIG_VALUE_1=\0"
                                "GIT_CONFIG_KEY_2=credential.helper";
    static const char hidden[] = "DBUS_SESSION_BUS_ADDRESS=disabled:";
    enum loom_err err = loom_buffer_add(out, fixed, sizeof fixed);
    if (err == LOOM_OK && is_keyring_hidden)
        err = loom_buffer_add(out, hidden, sizeof hidden);
    if (err == LOOM_OK)
        err = loom_buffer_add_format(out, "GIT_CONFIG_VALUE_2=%s%c", value, '\0');
    return err;
}

static enum loom_err add_question(const struct loom_origin *server, bool names_path,
                                  struct loom_buffer *out) {
    const char *host = strstr(server->url, "://") + strlen("://");
    const char *path = loom_origin_path(server);
    enum loom_err err = loom_buffer_add_format(out, "protocol=%s\nhost=%.*s\n",
                                               server->is_secure ? "https" : "http",
                                               (int)(server->url + server->path_at - host), host);
    if (err == LOOM_OK && names_path)
        err = loom_buffer_add_format(out, "path=%s%srepository.git\n",
                                     path[0] == '/' ? path + 1 : "", path[0] == '/' ? "/" : "");
    return err == LOOM_OK ? loom_buffer_add_text(out, "\n") : err;
}

/* Is its password the token of this sign-in? */
static enum loom_doctor_answer judge_answer(const struct loom_doctor *doctor,
                                            const struct loom_buffer *out) {
    static const char name[] = "\npassword=";
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *password = NULL;
    const char *at = strstr(loom_buffer_text(out), name);
    if (at == NULL)
        return LOOM_ANSWER_NOTHING;
    at += strlen(name);
    if (loom_secret_new(at, strcspn(at, "\n"), &password) != LOOM_OK)
        return LOOM_ANSWER_ANOTHER;
    return loom_secret_is_equal(password, doctor->token) ? LOOM_ANSWER_OURS : LOOM_ANSWER_ANOTHER;
}

static bool says(const struct loom_buffer *errors, const char *words) {
    return strstr(loom_buffer_text(errors), words) != NULL;
}

static enum loom_doctor_answer judge_errors(const struct loom_buffer *errors) {
    return says(errors, "is not a git command") || says(errors, ": not found") ||
                   says(errors, ": No such file or directory") ||
                   says(errors, ": Permission denied")
               ? LOOM_ANSWER_MISSING
           : says(errors, "invalid credential line") ? LOOM_ANSWER_GARBAGE
                                                     : LOOM_ANSWER_NOTHING;
}

enum loom_doctor_answer loom_doctor_helper_run(struct loom_doctor *doctor,
                                               const struct loom_git_helper *helper,
                                               bool names_path) {
    static const char *const words[] = {"credential", "fill", NULL};
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_GIT_OUT_MAX),
                       question = LOOM_BUFFER_INIT(2 * LOOM_ORIGIN_MAX),
                       out = LOOM_BUFFER_INIT(LOOM_GIT_OUT_MAX),
                       errors = LOOM_BUFFER_INIT(LOOM_GIT_OUT_MAX);
    const char *changes[16] = {NULL};
    size_t count = 0;
    int status = 0;
    bool is_hidden =
        helper->kind != LOOM_GIT_HELPER_LOOM &&
        (doctor->keyring_err != LOOM_OK || doctor->keyring.failed != LOOM_KEYRING_STEP_NONE);
    if (add_changes(helper->setting->value, is_hidden, &text) != LOOM_OK ||
        add_question(&doctor->server, names_path, &question) != LOOM_OK)
        return LOOM_ANSWER_UNTRIED;
    for (size_t at = 0; at < text.len && count + 1 < sizeof changes / sizeof changes[0];
         at += strlen(text.data + at) + 1)
        changes[count++] = text.data + at;
    const struct loom_git_run run = {
        .words = words, .changes = changes, .input = question.data, .errors = &errors};
    enum loom_err err = loom_git_run(doctor->cli, &run, &out, &status, NULL);
    if (err != LOOM_OK)
        return err == LOOM_ERR_TIMEOUT ? LOOM_ANSWER_HANGS : LOOM_ANSWER_UNTRIED;
    enum loom_doctor_answer answer = status == 0 ? judge_answer(doctor, &out) : LOOM_ANSWER_NOTHING;
    return answer == LOOM_ANSWER_NOTHING ? judge_errors(&errors) : answer;
}
