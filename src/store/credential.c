/* SPDX-License-Identifier: Apache-2.0 */
#include "store/credential.h"

#include "store/credential_priv.h"

#include <stdlib.h>
#include <string.h>

const struct loom_credential_text loom_credential_texts[LOOM_CREDENTIAL_TEXTS] = {
    {"token_endpoint", offsetof(struct loom_credential, token_endpoint)},
    {"revocation_endpoint", offsetof(struct loom_credential, revocation_endpoint)},
    {"userinfo_endpoint", offsetof(struct loom_credential, userinfo_endpoint)},
    {"issuer", offsetof(struct loom_credential, issuer)},
    {"client_id", offsetof(struct loom_credential, client_id)},
    {"scope", offsetof(struct loom_credential, scope)},
    {"ca_file", offsetof(struct loom_credential, ca_file)},
};

const struct loom_credential_text loom_account_texts[LOOM_ACCOUNT_TEXTS] = {
    {"id", offsetof(struct loom_account, id)},
    {"username", offsetof(struct loom_account, username)},
    {"display_name", offsetof(struct loom_account, display_name)},
    {"email", offsetof(struct loom_account, email)},
};

char **loom_credential_text_at(void *owner, const struct loom_credential_text *text) {
    return (char **)(void *)((char *)owner + text->offset);
}

const char *loom_credential_text_of(const void *owner, const struct loom_credential_text *text) {
    char *const *at = (char *const *)(const void *)((const char *)owner + text->offset);
    return *at;
}

static enum loom_err copy_secret(const struct loom_secret *secret,
                                 struct loom_secret **out_secret) {
    return secret == NULL ? LOOM_OK : loom_secret_copy(secret, out_secret);
}

static enum loom_err copy_texts(const struct loom_credential *from, struct loom_credential *to) {
    for (size_t i = 0; i < LOOM_CREDENTIAL_TEXTS; i++) {
        const char *text = loom_credential_text_of(from, &loom_credential_texts[i]);
        if (text == NULL)
            continue;
        char *copy = strdup(text);
        if (copy == NULL)
            return LOOM_ERR_INTERNAL;
        *loom_credential_text_at(to, &loom_credential_texts[i]) = copy;
    }
    return LOOM_OK;
}

enum loom_err loom_credential_copy(const struct loom_credential *credential,
                                   struct loom_credential *out_credential) {
    struct loom_credential copy = LOOM_CREDENTIAL_INIT;
    copy.has_origin = credential->has_origin;
    copy.origin = credential->origin;
    copy.expires_at = credential->expires_at;
    copy.life_s = credential->life_s;
    copy.obtained_at = credential->obtained_at;
    copy.source = credential->source;
    copy.dialect = credential->dialect;
    if (copy_secret(credential->token, &copy.token) != LOOM_OK ||
        copy_secret(credential->refresh, &copy.refresh) != LOOM_OK ||
        copy_texts(credential, &copy) != LOOM_OK ||
        loom_account_copy(&credential->account, &copy.account) != LOOM_OK) {
        loom_credential_clear(&copy);
        return LOOM_ERR_INTERNAL;
    }
    *out_credential = copy;
    return LOOM_OK;
}

bool loom_credential_is_expired(const struct loom_credential *credential, int64_t now_epoch_s) {
    return credential->expires_at != 0 && now_epoch_s >= credential->expires_at;
}

/* Not by obtained_at: that never goes back, and so may be a predecessor's. */
bool loom_credential_is_from_future(const struct loom_credential *credential, int64_t now_epoch_s) {
    enum { SLACK_S = 60 };
    return credential->life_s != 0 &&
           credential->expires_at - credential->life_s > now_epoch_s + SLACK_S;
}

void loom_credential_clear(struct loom_credential *credential) {
    loom_secret_drop(&credential->token);
    loom_secret_drop(&credential->refresh);
    for (size_t i = 0; i < LOOM_CREDENTIAL_TEXTS; i++)
        free(*loom_credential_text_at(credential, &loom_credential_texts[i]));
    loom_account_clear(&credential->account);
    *credential = (struct loom_credential)LOOM_CREDENTIAL_INIT;
}
