/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept for one server, and its JSON form, which the keyring and the vault share
 * (docs/VAULT-FORMAT.md "Plaintext"; other Loom clients read the members type, key, access, refresh
 * and expires of it).
 *
 *     LOOM_CLEANUP(loom_credential_clear) struct loom_credential credential = LOOM_CREDENTIAL_INIT;
 *     if (loom_credential_parse(json, len, &credential) != LOOM_OK) ...
 *
 * Everything is validated when it is read, however it came here: a token is the bytes of a token,
 * `server` is a canonical origin, text is UTF-8 within its cap. Members of the JSON that this
 * program does not know are passed over.
 */
#ifndef LOOM_STORE_CREDENTIAL_H
#define LOOM_STORE_CREDENTIAL_H

#include "base/account.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/origin.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LOOM_CREDENTIAL_JSON_MAX = 64 * 1024, /* bytes of the JSON form, padding included */
    LOOM_CREDENTIAL_TEXT_MAX = 4096,      /* bytes of an endpoint, scope, path */
};

enum loom_source {
    LOOM_SOURCE_DEVICE,   /* this program got it by a device flow: may be revoked when replaced */
    LOOM_SOURCE_GIVEN,    /* the person gave it with --with-token */
    LOOM_SOURCE_IMPORTED, /* found where another Loom client left it */
};

enum loom_dialect { LOOM_DIALECT_LOOM, LOOM_DIALECT_OAUTH };

struct loom_credential {
    bool has_origin;             /* false: an import whose server nobody named yet */
    struct loom_origin origin;   /* valid if has_origin */
    struct loom_secret *token;   /* owned, never NULL in a stored one */
    struct loom_secret *refresh; /* owned; NULL: none */
    int64_t expires_at;          /* epoch seconds; 0: unknown */
    int64_t life_s;              /* from when it was given out until then; 0: unknown */
    int64_t obtained_at;         /* epoch seconds; 0: unknown */
    enum loom_source source;
    enum loom_dialect dialect;
    char *token_endpoint; /* owned, NULL when absent; so are all below */
    char *revocation_endpoint;
    char *userinfo_endpoint;
    char *issuer;
    char *client_id;
    char *scope;
    char *ca_file; /* absolute path */
    struct loom_account account;
};

#define LOOM_CREDENTIAL_INIT                                                                       \
    { .has_origin = false, .token = NULL, .refresh = NULL }

/*
 * Read the JSON form; blanks behind it (padding) are allowed. LOOM_ERR_DAMAGED: not that form.
 * A credential without `server` has no origin; one without `source` is imported.
 */
LOOM_CHECKED enum loom_err loom_credential_parse(const char *json, size_t len,
                                                 struct loom_credential *out_credential);

/* Append the JSON form, unpadded. */
LOOM_CHECKED enum loom_err loom_credential_print(const struct loom_credential *credential,
                                                 struct loom_buffer *out);

LOOM_CHECKED enum loom_err loom_credential_copy(const struct loom_credential *credential,
                                                struct loom_credential *out_credential);

/* Is it past its time? One without a known end never is. */
bool loom_credential_is_expired(const struct loom_credential *credential, int64_t now_epoch_s);

/* Was it given out later than now? Then the clock was set back, and its end is not to be trusted.
 */
bool loom_credential_is_from_future(const struct loom_credential *credential, int64_t now_epoch_s);

/* Wipe, free, and make it empty again. */
void loom_credential_clear(struct loom_credential *credential);

#endif
