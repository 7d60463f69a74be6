/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/open_keyring.h"

#include "base/secret.h"
#include "cli/say.h"
#include "store/keyring.h"
#include "system/process.h"

#include <stdlib.h>

/* Of the five seconds in which git has its answer; the rest is for the file. */
enum { HELPER_MS = 4000 };

static bool may_ask(const struct loom_cli *cli) {
    const struct loom_environment *environment = &cli->environment;
    if (!environment->has_display || environment->is_remote)
        return false;
    return !cli->is_helper || (cli->err.is_terminal && !environment->forbids_prompts);
}

static void say_waiting(void *context) {
    struct loom_cli *cli = context;
    cli->was_person_asked = true;
    loom_say_always(&cli->err,
                    N_("The system keyring is locked. A window asks for its password, and waits "
                       "for a minute."),
                    NULL);
}

/* A person is told which program wants in, unless there is something to be read in its memory. */
static void greet(void *context, bool is_begun) {
    (void)context;
    loom_process_show(is_begun && !loom_secret_is_any_held());
}

void loom_cli_keyring_options(struct loom_cli *cli, bool is_wanted,
                              struct loom_keyring_options *out_options) {
    /* libsecret would talk to whatever this names instead of the keyring. */
    (void)unsetenv("SECRET_SERVICE_BUS_NAME");
    *out_options = (struct loom_keyring_options){
        .clock = &cli->ports->clock,
        .bus_address = cli->environment.bus_address,
        .runtime_folder = cli->environment.runtime_folder,
        .total_ms = cli->is_helper ? HELPER_MS : 0,
        .may_ask = is_wanted && may_ask(cli),
        .meant = cli->asked,
        .waiting = say_waiting,
        .greeting = greet,
        .context = cli,
    };
}

enum loom_err loom_cli_open_keyring(struct loom_cli *cli, bool is_wanted,
                                    struct loom_store **out_keyring) {
    struct loom_keyring_options options;
    loom_cli_keyring_options(cli, is_wanted, &options);
    return loom_keyring_open(&options, out_keyring);
}
