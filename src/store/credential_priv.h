/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the credential, and the reader of another client's file, share. */
#ifndef LOOM_STORE_CREDENTIAL_PRIV_H
#define LOOM_STORE_CREDENTIAL_PRIV_H

#include "store/credential.h"

#include <stddef.h>

struct loom_json; /* json/json.h */

/* The plain text members of struct loom_credential: `char *` at `offset`. */
struct loom_credential_text {
    const char *name; /* in the JSON form */
    size_t offset;
};

enum { LOOM_CREDENTIAL_TEXTS = 7 };
extern const struct loom_credential_text loom_credential_texts[LOOM_CREDENTIAL_TEXTS];

/* The same for struct loom_account. */
enum { LOOM_ACCOUNT_TEXTS = 4 };
extern const struct loom_credential_text loom_account_texts[LOOM_ACCOUNT_TEXTS];

/* The member that `text` describes, inside `owner`. */
char **loom_credential_text_at(void *owner, const struct loom_credential_text *text);
const char *loom_credential_text_of(const void *owner, const struct loom_credential_text *text);

/*
 * Read what every Loom client writes: type, key or access, refresh, expires. The rest of the
 * credential stays as it is. LOOM_ERR_DAMAGED: not that form.
 */
LOOM_CHECKED enum loom_err loom_credential_read_tokens(const struct loom_json *object,
                                                       struct loom_credential *credential);

#endif
