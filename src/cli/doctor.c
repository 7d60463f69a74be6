/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loom doctor: why does it not work? Every check is told, with what to do. Nothing is changed but
 * modes that are too loose, and nothing unlocked, renewed or asked of a person; the server and the
 * keyring are looked at side by side. Made to be pasted in public: cli/doctor.h says what is never
 * in it.
 */
#include "cli/doctor.h"
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/open_keyring.h"
#include "cli/server_choice.h"
#include "store/vault.h"
#include "system/parallel.h"

#include <stdlib.h>
#include <string.h>

/* ---- Where sign-ins are kept ---- */

/* Both places, and nobody is asked to unlock one. Without a home there is nothing to open. */
static enum loom_err open_store(struct loom_doctor *doctor) {
    struct loom_cli *cli = doctor->cli;
    struct loom_store *keyring = NULL, *vault = NULL;
    enum loom_err err = loom_paths_find(&cli->paths, &doctor->paths_error);
    doctor->has_paths = err == LOOM_OK;
    if (err != LOOM_OK)
        return err == LOOM_ERR_INTERNAL ? err : LOOM_OK;
    loom_vault_examine(&cli->paths, &doctor->vault); /* before a reader sets modes right */
    err = loom_cli_open_keyring(cli, false, &keyring);
    if (err == LOOM_OK)
        err = loom_vault_open(&cli->paths, &vault);
    if (err == LOOM_OK)
        err = loom_keyring_first_open(keyring, vault, doctor->place, &cli->store);
    else
        loom_store_close(keyring);
    return err;
}

/* ---- Which server ---- */

/* False: it was said what is wrong, and *out_status is the exit status. */
static bool choose_server(struct loom_doctor *doctor, int *out_status) {
    struct loom_cli *cli = doctor->cli;
    LOOM_CLEANUP(loom_server_list_clear) struct loom_server_list list = {.origins = NULL};
    bool is_named = cli->options.server != NULL || cli->environment.server != NULL;
    if (is_named) {
        doctor->has_server =
            loom_server_choose(cli, NULL, &doctor->server, out_status) == LOOM_CHOICE_NAMED;
        return doctor->has_server;
    }
    if (cli->store == NULL)
        return true;
    loom_server_list_read_usual(cli, &list); /* what cannot be read is told by its own check */
    if (list.count > 1) {
        *out_status = loom_server_list_several(cli, &list);
        return false;
    }
    doctor->lacks_memory = list.blind.code == LOOM_ERR_INTERNAL;
    doctor->has_server = list.count == 1;
    if (doctor->has_server)
        doctor->server = list.origins[0];
    return true;
}

/* What --cacert or LOOM_CA_FILE names, else what the sign-in remembers. */
static void find_ca_file(struct loom_doctor *doctor) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential found = LOOM_CREDENTIAL_INIT;
    const struct loom_store_question question = {&doctor->server, false};
    struct loom_store *parts[LOOM_STORE_PARTS_MAX];
    size_t count = doctor->cli->store != NULL ? loom_store_parts(doctor->cli->store, parts) : 0;
    for (size_t i = 0; i < count && doctor->ca_file == NULL; i++) {
        loom_credential_clear(&found);
        enum loom_err err = parts[i]->ops->find(parts[i], &question, &found, NULL);
        if (err == LOOM_OK && found.ca_file != NULL) {
            doctor->ca_file = strdup(found.ca_file);
            doctor->lacks_memory = doctor->ca_file == NULL;
        }
        doctor->lacks_memory = doctor->lacks_memory || err == LOOM_ERR_INTERNAL;
    }
}

/* ---- Side by side ---- */

struct look {
    struct loom_doctor *doctor;
    void (*look)(struct loom_doctor *doctor);
};

static void run_look(void *item) {
    const struct look *look = item;
    look->look(look->doctor);
}

static void look_everywhere(struct loom_doctor *doctor) {
    struct look looks[2] = {{doctor, loom_doctor_keyring_look}, {doctor, loom_doctor_server_look}};
    bool wants_keyring = doctor->place != LOOM_PLACE_FILE;
    doctor->keyring_err = LOOM_ERR_NOT_FOUND;
    loom_parallel_run(run_look, wants_keyring ? looks : looks + 1,
                      (wants_keyring ? 1U : 0U) + (doctor->has_server ? 1U : 0U), sizeof looks[0]);
    const enum loom_err errs[] = {doctor->keyring_err, doctor->vault.opens.code,
                                  doctor->found.recognised.code};
    for (size_t i = 0; i < sizeof errs / sizeof errs[0]; i++)
        doctor->lacks_memory = doctor->lacks_memory || errs[i] == LOOM_ERR_INTERNAL;
}

/* ---- Telling ---- */

static const struct {
    void (*check)(struct loom_doctor *doctor);
    bool needs_server;
} checks[] = {
    {loom_doctor_here, false},   {loom_doctor_variables, false}, {loom_doctor_keyring, false},
    {loom_doctor_vault, false},  {loom_doctor_server, true},     {loom_doctor_place, false},
    {loom_doctor_sign_in, true}, {loom_doctor_git, false},
};

static int examine(struct loom_doctor *doctor) {
    if (doctor->has_server && doctor->ca_file == NULL)
        find_ca_file(doctor);
    look_everywhere(doctor);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (loom_cli_was_interrupted())
            break;
        if (doctor->has_server || !checks[i].needs_server)
            checks[i].check(doctor);
    }
    if (loom_cli_was_interrupted()) /* a check may have been cut short: nothing is summed up */
        return loom_failure(doctor->cli, &(struct loom_error){.code = LOOM_ERR_INTERRUPTED}, NULL);
    return loom_doctor_end(doctor);
}

static int prepare_and_examine(struct loom_doctor *doctor) {
    struct loom_cli *cli = doctor->cli;
    struct loom_error error = LOOM_ERROR_INIT;
    int status = LOOM_EXIT_USAGE;
    enum loom_err err = loom_cli_choose_place(cli, &doctor->place, &error);
    if (err != LOOM_OK)
        return loom_failure(cli, &error, NULL);
    if (loom_cli_ca_file(cli, &doctor->ca_file) != LOOM_OK)
        return LOOM_EXIT_USAGE;
    loom_cli_keyring_options(cli, false, &doctor->keyring_options);
    err = open_store(doctor);
    if (err != LOOM_OK)
        return loom_failure(cli, &(struct loom_error){.code = err}, NULL);
    return choose_server(doctor, &status) ? examine(doctor) : status;
}

static int run(struct loom_cli *cli, int argc, char *const *argv) {
    struct loom_doctor *doctor = calloc(1, sizeof *doctor);
    (void)argc, (void)argv;
    if (doctor == NULL)
        return loom_failure(cli, &(struct loom_error){.code = LOOM_ERR_INTERNAL}, NULL);
    loom_cli_catch_signals(cli);
    doctor->cli = cli;
    int status = prepare_and_examine(doctor);
    for (size_t i = 0; i < doctor->rows_len; i++)
        if (doctor->rows[i] != NULL)
            loom_json_drop(&doctor->rows[i]);
    loom_secret_drop(&doctor->token);
    free(doctor->ca_file);
    free(doctor);
    return loom_cli_was_interrupted() ? LOOM_EXIT_BY_SIGNAL : status;
}

static const struct loom_option options[] = {
    {"json", '\0', NULL, N_("print the report as JSON"), LOOM_OPTION_AT(json)},
    LOOM_OPTIONS_END,
};

const struct loom_command loom_command_doctor = {
    .name = "doctor",
    .arguments = "",
    .arguments_max = 0,
    .summary = N_("find out why it does not work"),
    .description =
        N_("Looks at the way to the server, the system keyring, the encrypted file, git and its "
           "helpers, and the variables, and says of each whether it works and what to do. Changes "
           "nothing, but closes folders of its own that others could enter. The report holds no "
           "token, no password and no name of yours, so it can be shown to others. The exit status "
           "is the one that a sign-in would end with."),
    .options = options,
    .run = run,
};
