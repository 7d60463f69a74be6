/* SPDX-License-Identifier: Apache-2.0 */
/* git, and whom it asks for the server's password: each helper as git itself would run it. */
#include "cli/doctor.h"

#include "cli/doctor_helper.h"
#include "cli/git_command.h"
#include "system/child.h"
#include "system/look.h"
#include "system/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { HELPERS_MAX = 8, NAME_MAX_LEN = 64, ID_SIZE = 24, VERSION_MAX = 256, VERSION_MS = 5000 };

static const char *const answer_words[] = {
    [LOOM_ANSWER_NOTHING] = "nothing", [LOOM_ANSWER_OURS] = "this_sign_in",
    [LOOM_ANSWER_ANOTHER] = "another", [LOOM_ANSWER_HANGS] = "hangs",
    [LOOM_ANSWER_GARBAGE] = "garbage", [LOOM_ANSWER_MISSING] = "missing",
    [LOOM_ANSWER_UNTRIED] = "not_run",
};

/* ---- git itself ---- */

/* "git version 2.39.5": the last word. False: there is no git, or it does not say. */
static bool read_version(struct loom_doctor *doctor, struct loom_buffer *out) {
    static const char *const words[] = {"--version", NULL};
    static const char opening[] = "git version ";
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(VERSION_MAX);
    int status = 0;
    if (loom_git_run(doctor->cli, &(struct loom_git_run){.words = words}, &text, &status, NULL) !=
            LOOM_OK ||
        status != 0 || strncmp(loom_buffer_text(&text), opening, strlen(opening)) != 0)
        return false;
    const char *version = text.data + strlen(opening);
    return loom_buffer_add(out, version, strcspn(version, "\n")) == LOOM_OK;
}

static bool check_version(struct loom_doctor *doctor) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer version = LOOM_BUFFER_INIT(VERSION_MAX);
    bool is_there = loom_git_is_there();
    bool is_known = is_there && read_version(doctor, &version);
    const struct loom_datum data[] = {
        {.name = "version", .kind = LOOM_DATUM_TEXT, .text = loom_buffer_text(&version)},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = "git.version", .words = {.name = loom_buffer_text(&version)}, .data = data};
    if (is_known) {
        finding.message = N_("git is here. Version: {name}");
    } else {
        finding.verdict = is_there ? LOOM_VERDICT_FAIL : LOOM_VERDICT_SKIPPED;
        finding.message = is_there ? N_("git is here, but does not say which version it is.")
                                   : N_("There is no git in PATH.");
        finding.fix = is_there ? N_("Look what this command says:\n\n    git --version\n") : NULL;
    }
    loom_doctor_tell(doctor, &finding);
    return is_known;
}

/* ---- One helper ---- */

static void judge_helper(const struct loom_doctor *doctor, const struct loom_git_helper *helper,
                         enum loom_doctor_answer answer, struct loom_finding *finding) {
    static const char *const messages[] = {
        [LOOM_ANSWER_NOTHING] = N_("git asks this helper, and it answers nothing:\n\n    {name}\n"),
        [LOOM_ANSWER_OURS] = N_("git asks this helper, and it answers with your sign-in:"
                                "\n\n    {name}\n"),
        [LOOM_ANSWER_ANOTHER] =
            N_("git asks this helper, and it answers with something else than your "
               "sign-in:\n\n    {name}\n"),
        [LOOM_ANSWER_HANGS] = N_("git asks this helper, and it does not answer within five seconds:"
                                 "\n\n    {name}\n"),
        [LOOM_ANSWER_GARBAGE] = N_("git asks this helper, and does not understand its answer:"
                                   "\n\n    {name}\n"),
        [LOOM_ANSWER_MISSING] = N_("git is told to ask this helper, which cannot be run:"
                                   "\n\n    {name}\n"),
        [LOOM_ANSWER_UNTRIED] = N_("git asks this helper, which was not run now:\n\n    {name}\n"),
    };
    static const char fix[] = N_("To make git use this program for this server, run:"
                                 "\n\n    loom setup-git --server {server}\n");
    static const char sign_in[] = N_("To sign in, run:\n\n    loom login --server {server}\n");
    bool is_wrong = answer == LOOM_ANSWER_HANGS || answer == LOOM_ANSWER_GARBAGE ||
                    answer == LOOM_ANSWER_MISSING || answer == LOOM_ANSWER_ANOTHER;
    bool is_silent = helper->is_ours && answer == LOOM_ANSWER_NOTHING;
    finding->message = messages[answer];
    finding->verdict = answer == LOOM_ANSWER_UNTRIED ? LOOM_VERDICT_SKIPPED
                       : is_wrong && helper->is_ours ? LOOM_VERDICT_FAIL
                       : is_wrong || is_silent       ? LOOM_VERDICT_WARN
                                                     : LOOM_VERDICT_OK;
    finding->fix = is_silent && doctor->token == NULL ? sign_in
                   : is_wrong || is_silent            ? fix
                                                      : NULL;
}

/* Nothing of a command of somebody's own is shown: it may hold a password. */
static const char *name_of(const struct loom_git_helper *helper, struct loom_buffer *room) {
    return loom_git_helper_name(helper->setting->value, room) == LOOM_OK ? loom_buffer_text(room)
                                                                         : NULL;
}

static void tell_helper(struct loom_doctor *doctor, const struct loom_git_helper *helper, size_t i,
                        enum loom_doctor_answer answer) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer room = LOOM_BUFFER_INIT(NAME_MAX_LEN);
    const char *name = name_of(helper, &room);
    char id[ID_SIZE];
    const struct loom_datum data[] = {
        {.name = "name", .kind = LOOM_DATUM_TEXT, .text = name},
        {.name = "scope", .kind = LOOM_DATUM_TEXT, .text = helper->setting->scope},
        {.name = "answer", .kind = LOOM_DATUM_TEXT, .text = answer_words[answer]},
        {.name = "is_ours", .kind = LOOM_DATUM_FLAG, .number = helper->is_ours},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = id,
        .words = {.name = name != NULL ? name : "!...", .server = doctor->server.url},
        .data = data};
    (void)snprintf(id, sizeof id, "git.helper.%zu", i);
    judge_helper(doctor, helper, answer, &finding);
    loom_doctor_tell(doctor, &finding);
}

/* ---- Our own ---- */

static bool find_program(const struct loom_git_helper *helper,
                         char out_path[static LOOM_PATH_MAX]) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer path = LOOM_BUFFER_INIT(LOOM_PATH_MAX - 1);
    if (loom_git_helper_program(helper->setting->value, &path) != LOOM_OK)
        return loom_spawn_find("git-credential-loom", out_path) == LOOM_OK;
    (void)snprintf(out_path, LOOM_PATH_MAX, "%s", loom_buffer_text(&path));
    return true;
}

/* "loom 0.1": is it the version that runs here? True where it does not say. */
static bool is_same_version(struct loom_doctor *doctor, const char *path) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer out = LOOM_BUFFER_INIT(VERSION_MAX);
    const struct loom_child_order order = {.path = path,
                                           .argv = (const char *const[]){"loom", "--version", NULL},
                                           .deadline_ms = VERSION_MS,
                                           .stop_fd = *doctor->cli->ports->stop_fd};
    struct loom_child_outcome outcome;
    if (loom_child_run(&order, &out, NULL, &outcome) != LOOM_OK || outcome.status != 0)
        return true;
    return strcmp(loom_buffer_text(&out), "loom " LOOM_VERSION "\n") == 0;
}

enum own { OWN_FINE, OWN_UNUSED, OWN_MISSING, OWN_NOT_RUNNABLE, OWN_ANOTHER, OWN_OTHER_VERSION };

static enum own judge_own(struct loom_doctor *doctor, const struct loom_git_helper *helper,
                          char path[static LOOM_PATH_MAX]) {
    char running[LOOM_PATH_MAX];
    struct loom_look look;
    path[0] = '\0';
    if (helper == NULL)
        return OWN_UNUSED;
    if (!find_program(helper, path))
        return OWN_MISSING;
    loom_look_at(path, &look);
    if (look.kind == LOOM_LOOK_NOTHING)
        return OWN_MISSING;
    if (!look.is_runnable)
        return OWN_NOT_RUNNABLE;
    if (!loom_look_own_program(running, sizeof running) || loom_look_is_same(path, running))
        return OWN_FINE;
    return is_same_version(doctor, path) ? OWN_ANOTHER : OWN_OTHER_VERSION;
}

static void check_own(struct loom_doctor *doctor, const struct loom_git_helper *helper) {
    static const struct {
        const char *word;
        enum loom_verdict verdict;
        const char *message;
    } verdicts[] = {
        [OWN_FINE] = {"this_program", LOOM_VERDICT_OK,
                      N_("git asks this program for the server's password.")},
        [OWN_UNUSED] = {"not_asked", LOOM_VERDICT_WARN,
                        N_("git does not ask this program for the server's password.")},
        [OWN_MISSING] = {"missing", LOOM_VERDICT_FAIL,
                         N_("git is told to run a loom that is not there:\n\n    {path}\n")},
        [OWN_NOT_RUNNABLE] = {"not_runnable", LOOM_VERDICT_FAIL,
                              N_("git is told to run a loom that you may not run:"
                                 "\n\n    {path}\n")},
        [OWN_ANOTHER] = {"another_program", LOOM_VERDICT_OK,
                         N_("git asks another copy of this program, of the same version:"
                            "\n\n    {path}\n")},
        [OWN_OTHER_VERSION] = {"another_version", LOOM_VERDICT_WARN,
                               N_("git asks another version of this program:\n\n    {path}\n")},
    };
    static const char fix[] = N_("To make git use this program for this server, run:"
                                 "\n\n    loom setup-git --server {server}\n");
    char path[LOOM_PATH_MAX], shown[LOOM_STORE_PATH_MAX];
    enum own own = judge_own(doctor, helper, path);
    loom_doctor_path(path, shown);
    const struct loom_datum data[] = {
        {.name = "program", .kind = LOOM_DATUM_TEXT, .text = verdicts[own].word},
        {.name = "path", .kind = LOOM_DATUM_TEXT, .text = shown},
        {.kind = LOOM_DATUM_END},
    };
    loom_doctor_tell(
        doctor, &(struct loom_finding){.id = "git.own",
                                       .verdict = verdicts[own].verdict,
                                       .message = verdicts[own].message,
                                       .fix = verdicts[own].verdict != LOOM_VERDICT_OK ? fix : NULL,
                                       .words = {.path = shown, .server = doctor->server.url},
                                       .data = data});
}

/* ---- Who else gets the token ---- */

struct keepers {
    struct loom_buffer names[HELPERS_MAX];
    const char *get[HELPERS_MAX + 1];  /* git would hand it to them */
    const char *have[HELPERS_MAX + 1]; /* they hold it */
    size_t get_len, have_len;
};

static void keepers_clear(struct keepers *keepers) {
    for (size_t i = 0; i < HELPERS_MAX; i++)
        loom_buffer_clear(&keepers->names[i]);
}

static void note_keeper(struct keepers *keepers, const struct loom_git_helper *helper,
                        enum loom_doctor_answer answer) {
    if (!loom_git_helper_gets_token(helper) || keepers->get_len == HELPERS_MAX)
        return;
    struct loom_buffer *room = &keepers->names[keepers->get_len];
    *room = (struct loom_buffer)LOOM_BUFFER_INIT(NAME_MAX_LEN);
    const char *name = name_of(helper, room);
    name = name != NULL ? name : "!...";
    keepers->get[keepers->get_len++] = name;
    if (answer == LOOM_ANSWER_OURS)
        keepers->have[keepers->have_len++] = name;
}

static void tell_copies(struct loom_doctor *doctor, const struct keepers *keepers) {
    const struct loom_datum data[] = {
        {.name = "would_get", .kind = LOOM_DATUM_LIST, .list = keepers->get},
        {.name = "have", .kind = LOOM_DATUM_LIST, .list = keepers->have},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = "git.copies", .words = {.server = doctor->server.url}, .data = data};
    finding.message = N_("git hands your token to no other helper.");
    if (keepers->have_len > 0) {
        finding.verdict = LOOM_VERDICT_WARN;
        finding.words.name = keepers->have[0];
        finding.message = N_("This helper of git keeps a copy of your token, which stays there "
                             "when you sign out:\n\n    {name}\n");
        finding.fix = N_("To keep other helpers away, run this; then sign out and in again, which "
                         "makes the copy worthless:\n\n    loom setup-git --server {server}\n");
    } else if (keepers->get_len > 0) {
        finding.verdict = LOOM_VERDICT_WARN;
        finding.words.name = keepers->get[0];
        finding.message = N_("git would hand your token to this helper, too:\n\n    {name}\n");
        finding.fix = N_("To keep other helpers away, run:"
                         "\n\n    loom setup-git --server {server}\n");
    }
    loom_doctor_tell(doctor, &finding);
}

/* ---- The chain ---- */

/* A token that is about to be renewed is left alone, and our helper would renew it. */
static enum loom_doctor_answer try_helper(struct loom_doctor *doctor,
                                          const struct loom_git_helpers *helpers,
                                          const struct loom_git_helper *helper, size_t asked) {
    bool is_left_alone = helper->is_ours && (doctor->is_renewal_due ||
                                             loom_environment_has_token(&doctor->cli->environment));
    if (is_left_alone || asked >= HELPERS_MAX || loom_cli_was_interrupted())
        return LOOM_ANSWER_UNTRIED;
    return loom_doctor_helper_run(doctor, helper, helpers->names_path);
}

static void walk(struct loom_doctor *doctor, const struct loom_git_helpers *helpers) {
    LOOM_CLEANUP(keepers_clear) struct keepers keepers = {.get_len = 0};
    const struct loom_git_helper *own = NULL;
    size_t asked = 0;
    for (size_t i = 0; i < helpers->count; i++) {
        const struct loom_git_helper *helper = &helpers->rows[i];
        if (!helper->is_asked)
            continue;
        enum loom_doctor_answer answer = try_helper(doctor, helpers, helper, asked);
        asked++;
        tell_helper(doctor, helper, asked, answer);
        note_keeper(&keepers, helper, answer);
        own = own == NULL && helper->is_ours ? helper : own;
    }
    check_own(doctor, own);
    tell_copies(doctor, &keepers);
}

static void tell_trouble(struct loom_doctor *doctor, bool is_too_much) {
    loom_doctor_tell(
        doctor,
        &(struct loom_finding){
            .id = "git.own",
            .verdict = is_too_much ? LOOM_VERDICT_WARN : LOOM_VERDICT_FAIL,
            .message = is_too_much ? N_("git's configuration names more helpers than this program "
                                        "looks at.")
                                   : N_("git cannot read its configuration, or does not say what "
                                        "is in it."),
            .fix = N_("Look what this command says:\n\n    git config --list\n"),
            .data = (const struct loom_datum[]){{.name = "program", .kind = LOOM_DATUM_TEXT},
                                                {.name = "path", .kind = LOOM_DATUM_TEXT},
                                                {.kind = LOOM_DATUM_END}}});
}

void loom_doctor_git(struct loom_doctor *doctor) {
    LOOM_CLEANUP(loom_git_settings_clear)
    struct loom_git_settings settings = LOOM_GIT_SETTINGS_INIT;
    LOOM_CLEANUP(loom_git_helpers_clear) struct loom_git_helpers helpers = LOOM_GIT_HELPERS_INIT;
    struct loom_error error = LOOM_ERROR_INIT;
    if (!check_version(doctor) || !doctor->has_server)
        return;
    enum loom_err err = loom_git_settings_read(doctor->cli, &settings, &error);
    if (err == LOOM_OK)
        err = loom_git_helpers_find(doctor->cli, &settings, &doctor->server, &helpers, NULL);
    if (err == LOOM_OK)
        walk(doctor, &helpers);
    else
        tell_trouble(doctor, error.os_error == E2BIG);
}
