/* SPDX-License-Identifier: Apache-2.0 */
#include "base/account.h"

#include <stdlib.h>
#include <string.h>

static enum loom_err copy_field(const char *field, char **out_field) {
    if (field == NULL)
        return LOOM_OK;
    *out_field = strdup(field);
    return *out_field == NULL ? LOOM_ERR_INTERNAL : LOOM_OK;
}

enum loom_err loom_account_copy(const struct loom_account *account,
                                struct loom_account *out_account) {
    struct loom_account copy = LOOM_ACCOUNT_INIT;
    if (copy_field(account->id, &copy.id) != LOOM_OK ||
        copy_field(account->username, &copy.username) != LOOM_OK ||
        copy_field(account->display_name, &copy.display_name) != LOOM_OK ||
        copy_field(account->email, &copy.email) != LOOM_OK) {
        loom_account_clear(&copy);
        *out_account = copy;
        return LOOM_ERR_INTERNAL;
    }
    *out_account = copy;
    return LOOM_OK;
}

const char *loom_account_name(const struct loom_account *account) {
    const char *const names[] = {account->display_name, account->username, account->email,
                                 account->id};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] != NULL && names[i][0] != '\0')
            return names[i];
    return NULL;
}

void loom_account_clear(struct loom_account *account) {
    free(account->id);
    free(account->username);
    free(account->display_name);
    free(account->email);
    *account = (struct loom_account)LOOM_ACCOUNT_INIT;
}
