/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor.h"

#include "cli/failure.h"
#include "cli/json_output.h"
#include "system/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char loom_doctor_skipped[] = N_("Something before it did not work.");

/* ---- What nobody else is to read ---- */

/* Where the first `len` bytes end, if they are `folder`, a whole number of parts; else NULL. */
static const char *behind(const char *path, const char *folder) {
    size_t len = folder != NULL ? strlen(folder) : 0;
    while (len > 1 && folder[len - 1] == '/')
        len--;
    if (len < 2 || strncmp(path, folder, len) != 0 || (path[len] != '/' && path[len] != '\0'))
        return NULL;
    return path + len;
}

/* Is this part of a path somebody's name? */
static bool is_name(const struct loom_look_person *person, const char *part, size_t len) {
    const char *const names[] = {getenv("USER"), getenv("LOGNAME"), getenv("SUDO_USER"),
                                 person->name};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] != NULL && strlen(names[i]) == len && len > 0 &&
            strncmp(names[i], part, len) == 0 && strcmp(names[i], "root") != 0)
            return true;
    return false;
}

static void add(char out_path[static LOOM_STORE_PATH_MAX], const char *text, size_t len) {
    size_t used = strlen(out_path);
    if (used + len < LOOM_STORE_PATH_MAX) {
        memcpy(out_path + used, text, len);
        out_path[used + len] = '\0';
    }
}

const char *loom_doctor_path(const char *path, char out_path[static LOOM_STORE_PATH_MAX]) {
    static const char *const homes[] = {"/home", "/Users", "/var/home", "/export/home"};
    struct loom_look_person person;
    loom_look_person(&person);
    const char *rest = behind(path, getenv("HOME"));
    bool hides_next = false;
    if (rest == NULL)
        rest = behind(path, person.home);
    out_path[0] = '\0';
    if (rest != NULL)
        add(out_path, "~", 1);
    for (size_t i = 0; rest == NULL && i < sizeof homes / sizeof homes[0]; i++) {
        rest = behind(path, homes[i]);
        hides_next = rest != NULL;
        if (hides_next)
            add(out_path, homes[i], strlen(homes[i]));
    }
    for (rest = rest != NULL ? rest : path; *rest != '\0';) {
        size_t blank = strspn(rest, "/"), len = strcspn(rest + blank, "/");
        bool is_hidden = hides_next || is_name(&person, rest + blank, len);
        add(out_path, rest, blank);
        add(out_path, is_hidden && len > 0 ? "..." : rest + blank, is_hidden && len > 0 ? 3 : len);
        hides_next = false;
        rest += blank + len;
    }
    return out_path;
}

/* ---- For people ---- */

static const struct {
    const char *group, *heading;
} headings[] = {
    {"here", N_("This computer")},
    {"environment", N_("Variables")},
    {"keyring", N_("System keyring")},
    {"file", N_("Encrypted file")},
    {"server", N_("The server")},
    {"sign_in", N_("Your sign-in")},
    {"git", "git"},
};

static const char *const verdicts[] = {
    [LOOM_VERDICT_OK] = N_("ok"),
    [LOOM_VERDICT_WARN] = N_("to be looked at"),
    [LOOM_VERDICT_FAIL] = N_("does not work"),
    [LOOM_VERDICT_SKIPPED] = N_("not checked"),
};

static void say_heading(struct loom_doctor *doctor, const char *id) {
    size_t row = 0, len = strcspn(id, ".");
    while (row + 1 < sizeof headings / sizeof headings[0] &&
           (strlen(headings[row].group) != len || strncmp(headings[row].group, id, len) != 0))
        row++;
    if (doctor->group == headings[row].group)
        return;
    if (doctor->group != NULL && !doctor->has_gap)
        loom_say_always(&doctor->cli->out, "\n", NULL);
    doctor->group = headings[row].group;
    loom_say_always(&doctor->cli->out, headings[row].heading, NULL);
    loom_say_always(&doctor->cli->out, "\n", NULL);
}

/* The verdict stands before what was found, as "loom: " before an error. */
static void say_finding(struct loom_doctor *doctor, const struct loom_finding *finding) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    struct loom_output *out = &doctor->cli->out;
    bool has_lines = strchr(finding->message, '\n') != NULL || finding->fix != NULL;
    enum loom_err err = loom_phrase(verdicts[finding->verdict], NULL, &text);
    if (err == LOOM_OK)
        err = loom_buffer_add_text(&text, ": ");
    if (err == LOOM_OK)
        err = loom_phrase(finding->message, &finding->words, &text);
    if (err == LOOM_OK)
        loom_output_text(out, loom_buffer_text(&text));
    else
        out->has_failed = true;
    /* What ends in a line to be copied is not run together with what follows. */
    if (finding->fix != NULL && finding->message[strlen(finding->message) - 1] == '\n')
        loom_say_always(out, "\n", NULL);
    if (finding->fix != NULL)
        loom_say_always(out, finding->fix, &finding->words);
    doctor->has_gap = has_lines;
    if (has_lines)
        loom_say_always(out, "\n", NULL);
}

/* ---- For programs ---- */

static enum loom_err add_list(struct loom_json *data, const struct loom_datum *datum) {
    struct loom_json *list;
    enum loom_err err = loom_json_add_array(data, datum->name, &list);
    for (size_t i = 0; err == LOOM_OK && datum->list != NULL && datum->list[i] != NULL; i++)
        err = loom_json_output_path(list, NULL, datum->list[i]);
    return err;
}

static enum loom_err add_datum(struct loom_json *data, const struct loom_datum *datum) {
    switch (datum->kind) {
    case LOOM_DATUM_TEXT:
        return loom_json_output_path(data, datum->name, datum->text);
    case LOOM_DATUM_TIME:
        return loom_json_output_time(data, datum->name, datum->number);
    case LOOM_DATUM_LIST:
        return add_list(data, datum);
    case LOOM_DATUM_FLAG:
        return loom_json_add_bool(data, datum->name, datum->number != 0);
    case LOOM_DATUM_NUMBER:
        if (datum->number < 0)
            return loom_json_add_null(data, datum->name);
        break;
    case LOOM_DATUM_SIGNED:
    case LOOM_DATUM_END:
        break;
    }
    return loom_json_add_number(data, datum->name, datum->number);
}

static enum loom_err add_sentence(struct loom_json *row, const char *name, const char *message,
                                  const struct loom_words *words) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer text = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX);
    if (message == NULL)
        return loom_json_add_null(row, name);
    enum loom_err err = loom_phrase_english(message, words, &text);
    return err == LOOM_OK ? loom_json_output_message(row, name, &text) : err;
}

static enum loom_err fill_row(struct loom_json *row, const struct loom_finding *finding) {
    static const char *const words[] = {[LOOM_VERDICT_OK] = "ok",
                                        [LOOM_VERDICT_WARN] = "warn",
                                        [LOOM_VERDICT_FAIL] = "fail",
                                        [LOOM_VERDICT_SKIPPED] = "skipped"};
    struct loom_json *data;
    enum loom_err err = loom_json_add_text(row, "id", finding->id);
    if (err == LOOM_OK)
        err = loom_json_add_text(row, "status", words[finding->verdict]);
    if (err == LOOM_OK)
        err = add_sentence(row, "message", finding->message, &finding->words);
    if (err == LOOM_OK)
        err = add_sentence(row, "fix", finding->fix, &finding->words);
    if (err == LOOM_OK)
        err = loom_json_add_object(row, "data", &data);
    for (const struct loom_datum *datum = finding->data;
         err == LOOM_OK && datum != NULL && datum->kind != LOOM_DATUM_END; datum++)
        err = add_datum(data, datum);
    return err;
}

static enum loom_err add_row(struct loom_doctor *doctor, const struct loom_finding *finding) {
    struct loom_json **row = &doctor->rows[doctor->rows_len];
    if (doctor->rows_len == LOOM_DOCTOR_ROWS_MAX)
        return LOOM_ERR_INTERNAL;
    enum loom_err err = loom_json_new(row);
    if (err != LOOM_OK)
        return err;
    doctor->rows_len++;
    return fill_row(*row, finding);
}

/* ---- Both ---- */

void loom_doctor_tell(struct loom_doctor *doctor, const struct loom_finding *finding) {
    doctor->has_failed = doctor->has_failed || finding->verdict == LOOM_VERDICT_FAIL;
    if (doctor->status == LOOM_EXIT_DONE)
        doctor->status = finding->status;
    /* What failed before was told; that the rest could not be looked at, is for programs. */
    if (doctor->cli->options.json == 0 && finding->message == loom_doctor_skipped)
        return;
    if (doctor->cli->options.json == 0) {
        say_heading(doctor, finding->id);
        say_finding(doctor, finding);
    } else if (add_row(doctor, finding) != LOOM_OK) {
        doctor->cli->out.has_failed = true;
    }
}

static enum loom_err fill_report(struct loom_doctor *doctor, struct loom_json *report) {
    struct loom_json *checks;
    enum loom_err err = loom_json_add_text(report, "version", LOOM_VERSION);
    if (err == LOOM_OK)
        err = loom_json_add_text(report, "server", doctor->has_server ? doctor->server.url : NULL);
    if (err == LOOM_OK)
        err = loom_json_add_bool(report, "ok", !doctor->has_failed);
    if (err == LOOM_OK)
        err = loom_json_add_number(report, "exit_status", doctor->status);
    if (err == LOOM_OK)
        err = loom_json_add_array(report, "checks", &checks);
    for (size_t i = 0; i < doctor->rows_len && err == LOOM_OK; i++)
        err = loom_json_add_tree(checks, NULL, &doctor->rows[i]);
    return err;
}

static void print_report(struct loom_doctor *doctor) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *report = NULL;
    enum loom_err err = loom_json_output_new(NULL, &report);
    if (err == LOOM_OK)
        err = fill_report(doctor, report);
    if (err == LOOM_OK && !doctor->cli->out.has_failed)
        loom_json_output_line(doctor->cli, report);
    else
        doctor->cli->out.has_failed = true;
}

int loom_doctor_end(struct loom_doctor *doctor) {
    struct loom_output *out = &doctor->cli->out;
    if (doctor->lacks_memory)
        return loom_failure(doctor->cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    if (doctor->cli->options.json > 0) {
        print_report(doctor);
    } else {
        if (!doctor->has_gap)
            loom_say_always(out, "\n", NULL);
        loom_say_always(out,
                        doctor->has_failed
                            ? N_("Something does not work. What to do stands beside it.")
                            : N_("Everything that was checked works."),
                        NULL);
    }
    if (doctor->status != LOOM_EXIT_DONE)
        loom_say_error(&doctor->cli->err,
                       N_("A sign-in would not work here at present. The report says why."), NULL);
    return doctor->status;
}
