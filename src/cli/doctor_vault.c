/* SPDX-License-Identifier: Apache-2.0 */
/* The encrypted file, and where a sign-in would go. */
#include "cli/doctor.h"

#include "cli/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MODE_OTHERS = 077, NUMBER_SIZE = 24 };

/* ---- Encrypted file: who gets at it ---- */

static const char *owner_word(const struct loom_look *look) {
    return look->kind == LOOM_LOOK_NOTHING ? NULL : look->is_own ? "you" : "somebody_else";
}

static const char *mode_text(const struct loom_look *look, char text[static NUMBER_SIZE]) {
    (void)snprintf(text, NUMBER_SIZE, "%04o", look->mode);
    return look->kind == LOOM_LOOK_NOTHING ? NULL : text;
}

/* Where the sentence itself says what is wrong. */
static const char mend[] = N_("When that is mended, run the command again.");

struct place {
    const char *name, *path;
    const struct loom_look *look;
};

static bool is_foreign(const struct loom_look *look) {
    return look->kind != LOOM_LOOK_NOTHING && look->kind != LOOM_LOOK_LINK && !look->is_own;
}

static bool is_loose(const struct loom_look *look) {
    return (look->kind == LOOM_LOOK_FOLDER || look->kind == LOOM_LOOK_FILE) &&
           (look->mode & MODE_OTHERS) != 0;
}

static void judge_access(const struct place *places, struct loom_finding *finding,
                         char mode[static NUMBER_SIZE], char path[static LOOM_STORE_PATH_MAX]) {
    const struct place *foreign = NULL, *loose = NULL;
    for (const struct place *place = places; place->name != NULL; place++) {
        if (foreign == NULL && is_foreign(place->look))
            foreign = place;
        if (loose == NULL && is_loose(place->look))
            loose = place;
    }
    finding->message = N_("Nobody else gets at the encrypted file and its key.");
    if (foreign != NULL) {
        finding->verdict = LOOM_VERDICT_FAIL;
        finding->words.path = loom_doctor_path(foreign->path, path);
        finding->message = N_("This belongs to somebody else:\n\n    {path}\n");
        finding->fix = N_("Give it back to them or take it over. If you use sudo, make it set "
                          "HOME.");
    } else if (loose != NULL) {
        finding->verdict = LOOM_VERDICT_WARN;
        finding->words.path = loom_doctor_path(loose->path, path);
        finding->words.status = mode_text(loose->look, mode);
        finding->message = N_("Others could get at this (mode {status}):\n\n    {path}\n");
        finding->fix = N_("Folders and the file are set right when they are read. If somebody "
                          "else uses this computer, sign out and in again.");
    }
}

static void check_access(struct loom_doctor *doctor) {
    const struct loom_vault_findings *found = &doctor->vault;
    char mode[NUMBER_SIZE], path[LOOM_STORE_PATH_MAX];
    char modes[4][NUMBER_SIZE], paths[2][LOOM_STORE_PATH_MAX];
    const struct place places[] = {
        {"config_folder", doctor->cli->paths.config, &found->config},
        {"data_folder", doctor->cli->paths.data, &found->data},
        {"file", found->file_path, &found->file},
        {"key", found->key_path, &found->key},
        {.name = NULL},
    };
    const struct loom_datum data[] = {
        {.name = "config_folder",
         .kind = LOOM_DATUM_TEXT,
         .text = loom_doctor_path(places[0].path, paths[0])},
        {.name = "data_folder",
         .kind = LOOM_DATUM_TEXT,
         .text = loom_doctor_path(places[1].path, paths[1])},
        {.name = "config_folder_mode",
         .kind = LOOM_DATUM_TEXT,
         .text = mode_text(&found->config, modes[0])},
        {.name = "data_folder_mode",
         .kind = LOOM_DATUM_TEXT,
         .text = mode_text(&found->data, modes[1])},
        {.name = "file_mode", .kind = LOOM_DATUM_TEXT, .text = mode_text(&found->file, modes[2])},
        {.name = "key_mode", .kind = LOOM_DATUM_TEXT, .text = mode_text(&found->key, modes[3])},
        {.name = "file_owner", .kind = LOOM_DATUM_TEXT, .text = owner_word(&found->file)},
        {.name = "key_owner", .kind = LOOM_DATUM_TEXT, .text = owner_word(&found->key)},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {.id = "file.access", .data = data};
    if (doctor->has_paths) {
        judge_access(places, &finding, mode, path);
    } else {
        finding.verdict = LOOM_VERDICT_FAIL;
        finding.message = loom_report_sentence(&doctor->paths_error);
        finding.words.detail = loom_doctor_path(doctor->paths_error.detail, path);
        finding.fix = mend;
    }
    loom_doctor_tell(doctor, &finding);
}

/* ---- Encrypted file: what is in it ---- */

static const char fix_damage[] =
    N_("To move it aside and start afresh, run:\n\n    loom logout --discard-damaged\n");

static const struct {
    int os_error;
    const char *message, *fix;
} damages[] = {
    {ENOENT,
     N_("The key of the encrypted file is missing, or another one lies in its place:"
        "\n\n    {path}\n"),
     fix_damage},
    {EPROTONOSUPPORT, N_("A newer version of loom wrote the encrypted file:\n\n    {path}\n"),
     N_("Use that version, or update this one.")},
    {EEXIST,
     N_("Sign-ins lie in plain text where the encrypted file was: another program wrote them:"
        "\n\n    {path}\n"),
     N_("To take them over, move the old key away, and run the command again:"
        "\n\n    mv ~/.local/share/loom/vault.key ~/vault.key.old\n")},
    {EPERM, N_("Others may have read this key, so it is not used any more:\n\n    {path}\n"),
     fix_damage},
    {0, N_("This is damaged, or something else changed it:\n\n    {path}\n"), fix_damage},
};

static void judge_trouble(const struct loom_error *error, struct loom_finding *finding) {
    finding->verdict = LOOM_VERDICT_FAIL;
    if (error->code != LOOM_ERR_DAMAGED) {
        finding->message = loom_report_sentence(error);
        finding->fix = mend;
        return;
    }
    size_t row = 0;
    while (row + 1 < sizeof damages / sizeof damages[0] && damages[row].os_error != error->os_error)
        row++;
    finding->message = damages[row].message;
    finding->fix = damages[row].fix;
}

static void judge_content(const struct loom_vault_findings *found, struct loom_finding *finding) {
    if (found->opens.code != LOOM_OK) {
        judge_trouble(&found->opens, finding);
    } else if (found->shape == LOOM_VAULT_IMPORTABLE) {
        finding->verdict = LOOM_VERDICT_WARN;
        finding->message =
            N_("Another Loom program keeps sign-ins here in plain text:\n\n    {path}\n");
        finding->fix = N_("To take one over and encrypt it, name its server yourself:"
                          "\n\n    loom status --server https://loom.example.com\n");
    } else if (found->shape == LOOM_VAULT_NONE) {
        finding->message = N_("There is no encrypted file yet.");
    } else {
        finding->message = N_("The encrypted file opens. Sign-ins in it: {status}");
    }
}

static void check_content(struct loom_doctor *doctor) {
    static const char *const shapes[] = {[LOOM_VAULT_NONE] = "none",
                                         [LOOM_VAULT_ENCRYPTED] = "encrypted",
                                         [LOOM_VAULT_IMPORTABLE] = "plaintext"};
    const struct loom_vault_findings *found = &doctor->vault;
    bool is_open = found->opens.code == LOOM_OK;
    char path[LOOM_STORE_PATH_MAX], count[NUMBER_SIZE];
    const struct loom_datum data[] = {
        {.name = "form", .kind = LOOM_DATUM_TEXT, .text = is_open ? shapes[found->shape] : NULL},
        {.name = "sign_ins",
         .kind = LOOM_DATUM_NUMBER,
         .number = is_open ? (int64_t)found->entries_len : -1},
        {.name = "error",
         .kind = LOOM_DATUM_TEXT,
         .text = is_open ? NULL : loom_report_code(&found->opens)},
        {.kind = LOOM_DATUM_END},
    };
    const char *where = is_open ? found->file_path : found->opens.detail;
    struct loom_finding finding = {.id = "file.content", .data = data};
    finding.words.path = loom_doctor_path(where, path);
    finding.words.detail = path;
    finding.words.status = count;
    (void)snprintf(count, sizeof count, "%zu", found->entries_len);
    judge_content(found, &finding);
    loom_doctor_tell(doctor, &finding);
}

static void check_room(struct loom_doctor *doctor) {
    const struct loom_error *error = &doctor->vault.writable;
    char path[LOOM_STORE_PATH_MAX];
    const struct loom_datum data[] = {
        {.name = "writable", .kind = LOOM_DATUM_FLAG, .number = error->code == LOOM_OK},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {.id = "file.room", .data = data};
    finding.words.detail = loom_doctor_path(error->detail, path);
    finding.message = N_("There is room for the encrypted file.");
    if (error->code != LOOM_OK) {
        finding.verdict = LOOM_VERDICT_FAIL;
        finding.message = loom_report_sentence(error);
        finding.fix = mend;
    }
    loom_doctor_tell(doctor, &finding);
}

static void check_forgotten(struct loom_doctor *doctor) {
    size_t count = doctor->vault.forgotten_len;
    char number[NUMBER_SIZE];
    const struct loom_datum data[] = {
        {.name = "files", .kind = LOOM_DATUM_NUMBER, .number = (int64_t)count},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = "file.forgotten", .words = {.status = number}, .data = data};
    (void)snprintf(number, sizeof number, "%zu", count);
    finding.message = N_("Nothing was left behind.");
    if (count > 0) {
        finding.verdict = LOOM_VERDICT_WARN;
        finding.message = N_("Temporary files of a save that was cut short: {status}");
        finding.fix = N_("They go when something is next stored.");
    }
    loom_doctor_tell(doctor, &finding);
}

void loom_doctor_vault(struct loom_doctor *doctor) {
    check_access(doctor);
    if (!doctor->has_paths)
        return;
    check_content(doctor);
    check_room(doctor);
    check_forgotten(doctor);
}

/* ---- Where would a sign-in go? ---- */

static bool is_keyring_ready(const struct loom_doctor *doctor) {
    return doctor->place != LOOM_PLACE_FILE && doctor->keyring_err == LOOM_OK &&
           doctor->keyring.failed == LOOM_KEYRING_STEP_NONE;
}

/* Why the file cannot take it; LOOM_OK: it can. */
static const struct loom_error *file_trouble(const struct loom_doctor *doctor) {
    if (!doctor->has_paths)
        return &doctor->paths_error;
    return doctor->vault.opens.code != LOOM_OK ? &doctor->vault.opens : &doctor->vault.writable;
}

void loom_doctor_place(struct loom_doctor *doctor) {
    const struct loom_error *trouble_there = file_trouble(doctor);
    bool is_ready = is_keyring_ready(doctor) && doctor->has_paths;
    bool is_file =
        !is_ready && doctor->place != LOOM_PLACE_KEYRING && trouble_there->code == LOOM_OK;
    const struct loom_datum data[] = {
        {.name = "place",
         .kind = LOOM_DATUM_TEXT,
         .text = is_ready  ? "keyring"
                 : is_file ? "file"
                           : NULL},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {.id = "sign_in.place", .data = data};
    if (is_ready) {
        finding.message = N_("A new sign-in would be kept in the system keyring.");
    } else if (is_file) {
        finding.message = N_("A new sign-in would be kept in the encrypted file.");
    } else {
        finding.verdict = LOOM_VERDICT_FAIL;
        finding.status = doctor->place == LOOM_PLACE_KEYRING && doctor->has_paths
                             ? LOOM_EXIT_STORAGE
                             : loom_report_status(trouble_there);
        finding.message = N_("There is no place where a new sign-in could be kept.");
        finding.fix = N_("The reasons stand above, with what can be done.");
    }
    loom_doctor_tell(doctor, &finding);
}
