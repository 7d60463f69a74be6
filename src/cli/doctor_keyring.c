/* SPDX-License-Identifier: Apache-2.0 */
/* The system keyring. */
#include "cli/doctor.h"

#include <errno.h>

/* Runs beside others: nothing but what is the keyring's is written. */
void loom_doctor_keyring_look(struct loom_doctor *doctor) {
    doctor->keyring_err = loom_keyring_examine(&doctor->keyring_options, &doctor->keyring);
}

/* A keyring that somebody insists on has to work; without one there is the file. */
static enum loom_verdict trouble(const struct loom_doctor *doctor, enum loom_verdict else_what) {
    return doctor->place == LOOM_PLACE_KEYRING ? LOOM_VERDICT_FAIL : else_what;
}

/* What is said of a step when the keyring failed there, by why; the last row fits any errno. */
struct failure {
    enum loom_keyring_step step;
    int os_error;
    enum loom_verdict verdict; /* unless a keyring is insisted on */
    const char *message, *fix;
};

static const struct failure failures[] = {
    {LOOM_KEYRING_STEP_BUS, ETIMEDOUT, LOOM_VERDICT_WARN,
     N_("The session bus exists, but takes no calls."),
     N_("Sign out of the desktop and in again.")},
    {LOOM_KEYRING_STEP_BUS, 0, LOOM_VERDICT_SKIPPED,
     N_("There is no session bus here, so there is no system keyring."),
     N_("Sign-ins are kept in an encrypted file instead, which is as it should be on a server.")},
    {LOOM_KEYRING_STEP_LIBRARY, 0, LOOM_VERDICT_WARN,
     N_("The library libsecret is missing, so nothing can be kept in a system keyring."),
     N_("To use one, install libsecret.")},
    {LOOM_KEYRING_STEP_SERVICE, ENOENT, LOOM_VERDICT_SKIPPED, N_("No system keyring is running."),
     N_("Sign-ins are kept in an encrypted file instead. To use a keyring, start one, such as "
        "GNOME Keyring, KeePassXC or KWallet.")},
    {LOOM_KEYRING_STEP_SERVICE, ETIMEDOUT, LOOM_VERDICT_WARN,
     N_("The system keyring does not answer."),
     N_("Restart it, or sign out of the desktop and in again.")},
    {LOOM_KEYRING_STEP_SERVICE, 0, LOOM_VERDICT_WARN,
     N_("The system keyring answers with an error."),
     N_("Restart it, or sign out of the desktop and in again.")},
    {LOOM_KEYRING_STEP_COLLECTION, ENOENT, LOOM_VERDICT_WARN,
     N_("The system keyring has no place for new items."),
     N_("Make a keyring in the program that manages it.")},
    {LOOM_KEYRING_STEP_LOCK, 0, LOOM_VERDICT_WARN, N_("The system keyring is locked."),
     N_("Unlock it in the program that manages it, or by signing in to the desktop.")},
    {LOOM_KEYRING_STEP_WRITE, 0, LOOM_VERDICT_WARN,
     N_("The system keyring does not take a new item."),
     N_("Restart it, or keep sign-ins in an encrypted file:\n\n    loom login --store file\n")},
    {LOOM_KEYRING_STEP_READ, 0, LOOM_VERDICT_WARN,
     N_("The system keyring does not give back what it was given."),
     N_("Restart it, or keep sign-ins in an encrypted file:\n\n    loom login --store file\n")},
    {LOOM_KEYRING_STEP_DELETE, 0, LOOM_VERDICT_WARN,
     N_("The system keyring does not delete what it was given."),
     N_("Restart it, and delete this item:\n\n    loom doctor: no secret, may be deleted\n")},
    {LOOM_KEYRING_STEP_COLLECTION, 0, LOOM_VERDICT_WARN,
     N_("The system keyring stopped answering half-way."),
     N_("Restart it, or sign out of the desktop and in again.")},
};

static const struct failure *find_failure(const struct loom_keyring_findings *found) {
    const size_t last = sizeof failures / sizeof failures[0] - 1;
    size_t row = 0;
    while (row < last &&
           (failures[row].step != found->failed ||
            (failures[row].os_error != 0 && failures[row].os_error != found->os_error)))
        row++;
    return &failures[row];
}

static void tell_step(struct loom_doctor *doctor, struct loom_finding *finding,
                      enum loom_keyring_step first, enum loom_keyring_step last) {
    const struct loom_keyring_findings *found = &doctor->keyring;
    if (doctor->place == LOOM_PLACE_FILE || doctor->keyring_err != LOOM_OK) {
        finding->verdict = LOOM_VERDICT_SKIPPED;
        finding->message = doctor->place == LOOM_PLACE_FILE
                               ? N_("LOOM_STORE says that sign-ins are kept in the file.")
                               : loom_doctor_skipped;
    } else if (found->failed < first) {
        finding->verdict = LOOM_VERDICT_SKIPPED;
        finding->message = loom_doctor_skipped;
    } else if (found->failed <= last) {
        const struct failure *failure = find_failure(found);
        finding->verdict = trouble(doctor, failure->verdict);
        finding->message = failure->message;
        finding->fix = failure->fix;
    }
    loom_doctor_tell(doctor, finding);
}

static const char *trial_word(const struct loom_keyring_findings *found) {
    return found->is_trial_left_out                    ? "left_out"
           : found->failed == LOOM_KEYRING_STEP_WRITE  ? "not_written"
           : found->failed == LOOM_KEYRING_STEP_READ   ? "not_read"
           : found->failed == LOOM_KEYRING_STEP_DELETE ? "not_deleted"
           : found->failed == LOOM_KEYRING_STEP_NONE   ? "passed"
                                                       : NULL;
}

void loom_doctor_keyring(struct loom_doctor *doctor) {
    const struct loom_keyring_findings *found = &doctor->keyring;
    const char *program = found->program[0] != '\0' ? found->program : NULL;
    const struct loom_datum none[] = {{.kind = LOOM_DATUM_END}};
    const struct loom_datum service[] = {
        {.name = "program", .kind = LOOM_DATUM_TEXT, .text = program}, {.kind = LOOM_DATUM_END}};
    bool is_known = found->failed >= LOOM_KEYRING_STEP_LOCK;
    const struct loom_datum lock[] = {{.name = "locked",
                                       .kind = is_known ? LOOM_DATUM_FLAG : LOOM_DATUM_TEXT,
                                       .number = found->failed == LOOM_KEYRING_STEP_LOCK},
                                      {.kind = LOOM_DATUM_END}};
    const struct loom_datum trial[] = {
        {.name = "result", .kind = LOOM_DATUM_TEXT, .text = trial_word(found)},
        {.kind = LOOM_DATUM_END}};
    tell_step(doctor,
              &(struct loom_finding){
                  .id = "keyring.bus", .message = N_("The session bus takes calls."), .data = none},
              LOOM_KEYRING_STEP_BUS, LOOM_KEYRING_STEP_BUS);
    tell_step(doctor,
              &(struct loom_finding){
                  .id = "keyring.service",
                  .message = program != NULL ? N_("A system keyring answers. Its program: {name}")
                                             : N_("A system keyring answers."),
                  .words = {.name = program},
                  .data = service},
              LOOM_KEYRING_STEP_LIBRARY, LOOM_KEYRING_STEP_SERVICE);
    tell_step(doctor,
              &(struct loom_finding){.id = "keyring.lock",
                                     .message = N_("The system keyring is unlocked."),
                                     .data = lock},
              LOOM_KEYRING_STEP_COLLECTION, LOOM_KEYRING_STEP_LOCK);
    tell_step(doctor,
              &(struct loom_finding){
                  .id = "keyring.trial",
                  .verdict = found->is_trial_left_out ? LOOM_VERDICT_SKIPPED : LOOM_VERDICT_OK,
                  .message = found->is_trial_left_out
                                 ? N_("This keyring asks before it deletes, so nothing was "
                                      "written to it.")
                                 : N_("The system keyring keeps what it is given: an item was "
                                      "written, read and deleted again."),
                  .data = trial},
              LOOM_KEYRING_STEP_WRITE, LOOM_KEYRING_STEP_DELETE);
}
