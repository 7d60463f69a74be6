/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/login_place.h"

#include "cli/cli.h"
#include "cli/say.h"
#include "store/store.h"

static const char in_keyring[] = N_("Your sign-in is kept in the system keyring.\n\n");
static const char in_file[] = N_("Your sign-in is kept in an encrypted file:\n\n    {path}\n\n");

/* In the file, because of how it went with the keyring. */
static const char *const in_file_instead[] = {
    [LOOM_KEYRING_UNASKED] = in_file,
    [LOOM_KEYRING_READY] = in_file,
    [LOOM_KEYRING_ABSENT] = N_("No system keyring is running here. Your sign-in is kept in an "
                               "encrypted file instead:\n\n    {path}\n\n"),
    [LOOM_KEYRING_LOCKED] = N_("The system keyring is locked. Your sign-in is kept in an encrypted "
                               "file instead:\n\n    {path}\n\n"),
    [LOOM_KEYRING_HUNG] = N_("The system keyring does not answer. Your sign-in is kept in an "
                             "encrypted file instead:\n\n    {path}\n\n"),
    [LOOM_KEYRING_FAILING] = N_("The system keyring answers with an error. Your sign-in is kept in "
                                "an encrypted file instead:\n\n    {path}\n\n"),
    [LOOM_KEYRING_TOO_SMALL] = N_("Your sign-in is too large for the system keyring. It is kept in "
                                  "an encrypted file instead:\n\n    {path}\n\n"),
};

void loom_login_say_place(struct loom_cli *cli) {
    struct loom_store_info info;
    struct loom_output *err = &cli->err;
    cli->store->ops->describe(cli->store, &info);
    const char *message =
        info.kind == LOOM_STORE_KEYRING ? in_keyring : in_file_instead[info.keyring];
    /* JSON says where, but not why it is the file. */
    if (cli->options.json == 0 || (message != in_keyring && message != in_file))
        loom_say(err, message, &(struct loom_words){.path = info.path});
    if (info.lacks_locks)
        loom_say_always(err,
                        N_("The file system there has no locks: do not sign in to two servers at "
                           "the same moment."),
                        NULL);
}
