/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/profile.h"

#include "oauth/form.h"
#include "json/json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Some servers count their users. */
static char *copy_member(const struct loom_json *answer, const char *name,
                         const struct loom_secret *token) {
    const char *text;
    if (loom_json_get_text(answer, name, LOOM_ACCOUNT_FIELD_MAX, &text) == LOOM_OK)
        return loom_form_has_secret(text, token) ? NULL : strdup(text);
    int64_t number;
    char digits[24];
    if (loom_json_get_number(answer, name, 0, INT64_C(1) << 53, &number) != LOOM_OK)
        return NULL;
    (void)snprintf(digits, sizeof digits, "%lld", (long long)number);
    return strdup(digits);
}

void loom_profile_read(const struct loom_json *answer, const struct loom_profile_names *names,
                       const struct loom_secret *token, struct loom_account *out_account) {
    *out_account = (struct loom_account){
        .id = copy_member(answer, names->id, token),
        .username = copy_member(answer, names->username, token),
        .display_name = copy_member(answer, names->display_name, token),
        .email = copy_member(answer, names->email, token),
    };
}
