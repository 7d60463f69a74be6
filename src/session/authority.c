/* SPDX-License-Identifier: Apache-2.0 */
#include "session/authority.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where each endpoint stands on the two sides. That for asking for codes is not remembered. */
static const struct {
    size_t stored; /* a char * of struct loom_credential */
    size_t page;   /* a struct loom_page of struct loom_authority */
} endpoints[] = {
    {offsetof(struct loom_credential, token_endpoint), offsetof(struct loom_authority, token)},
    {offsetof(struct loom_credential, revocation_endpoint),
     offsetof(struct loom_authority, revocation)},
    {offsetof(struct loom_credential, userinfo_endpoint),
     offsetof(struct loom_authority, userinfo)},
};

enum { ENDPOINTS = sizeof endpoints / sizeof endpoints[0] };

static enum loom_err recall_endpoints(const struct loom_credential *credential,
                                      struct loom_authority *authority) {
    for (size_t i = 0; i < ENDPOINTS; i++) {
        char *const *stored =
            (char *const *)(const void *)((const char *)credential + endpoints[i].stored);
        struct loom_page *page =
            (struct loom_page *)(void *)((char *)authority + endpoints[i].page);
        if (*stored != NULL &&
            loom_oauth_endpoint_parse(&credential->origin, *stored, page) != LOOM_OK)
            return LOOM_ERR_DAMAGED;
    }
    return LOOM_OK;
}

static const char *or_empty(const char *text) {
    return text != NULL ? text : "";
}

enum loom_err loom_authority_recall(const struct loom_credential *credential,
                                    struct loom_authority *out_authority) {
    struct loom_authority authority = {.is_standard = credential->dialect == LOOM_DIALECT_OAUTH};
    const char *client_id = credential->client_id != NULL ? credential->client_id : LOOM_CLIENT_ID;
    if (!authority.is_standard) {
        *out_authority = authority;
        return LOOM_OK;
    }
    if (!loom_oauth_is_client_id(client_id) || !loom_oauth_is_scope(or_empty(credential->scope)) ||
        strlen(or_empty(credential->issuer)) > LOOM_ISSUER_MAX)
        return LOOM_ERR_DAMAGED;
    (void)snprintf(authority.client_id, sizeof authority.client_id, "%s", client_id);
    (void)snprintf(authority.scope, sizeof authority.scope, "%s", or_empty(credential->scope));
    (void)snprintf(authority.issuer, sizeof authority.issuer, "%s", or_empty(credential->issuer));
    enum loom_err err = recall_endpoints(credential, &authority);
    if (err == LOOM_OK)
        *out_authority = authority;
    return err;
}

enum loom_err loom_authority_find(const struct loom_remote *server,
                                  const struct loom_credential *credential,
                                  struct loom_authority *out_authority, struct loom_error *error) {
    struct loom_remote asked = *server;
    enum loom_err err = loom_authority_recall(credential, out_authority);
    if (err != LOOM_OK)
        return loom_error_detail(error, err, credential->origin.url);
    if (!out_authority->is_standard || out_authority->token.url[0] != '\0')
        return LOOM_OK;
    asked.authority = NULL;
    asked.timeout_ms /= 2; /* the search has two places */
    return loom_oauth_discover(&asked, credential->client_id, credential->scope, out_authority,
                               error);
}

/* "" is kept as absent. */
static enum loom_err keep(char **stored, const char *text) {
    char *copy = NULL;
    if (text[0] != '\0' && (copy = strdup(text)) == NULL)
        return LOOM_ERR_INTERNAL;
    free(*stored);
    *stored = copy;
    return LOOM_OK;
}

/* That a standard server was asked for no scope is something to remember, too. */
static enum loom_err keep_scope(char **stored, const struct loom_authority *authority) {
    if (!authority->is_standard || authority->scope[0] != '\0')
        return keep(stored, authority->scope);
    char *none = strdup("");
    if (none == NULL)
        return LOOM_ERR_INTERNAL;
    free(*stored);
    *stored = none;
    return LOOM_OK;
}

enum loom_err loom_authority_remember(const struct loom_authority *authority,
                                      struct loom_credential *credential) {
    enum loom_err err = LOOM_OK;
    credential->dialect = authority->is_standard ? LOOM_DIALECT_OAUTH : LOOM_DIALECT_LOOM;
    for (size_t i = 0; i < ENDPOINTS && err == LOOM_OK; i++) {
        char **stored = (char **)(void *)((char *)credential + endpoints[i].stored);
        const struct loom_page *page =
            (const struct loom_page *)(const void *)((const char *)authority + endpoints[i].page);
        err = keep(stored, page->url);
    }
    if (err == LOOM_OK)
        err = keep(&credential->issuer, authority->issuer);
    if (err == LOOM_OK)
        err = keep(&credential->client_id, authority->client_id);
    return err == LOOM_OK ? keep_scope(&credential->scope, authority) : err;
}

void loom_authority_date(const struct loom_tokens *tokens, int64_t asked_at,
                         struct loom_credential *credential) {
    credential->life_s = tokens->has_life ? tokens->life_s : 0;
    credential->expires_at = tokens->has_life ? asked_at + tokens->life_s : 0;
    if (credential->obtained_at < asked_at)
        credential->obtained_at = asked_at;
}

enum loom_err loom_authority_whoami(const struct loom_remote *server,
                                    const struct loom_credential *credential,
                                    struct loom_account *out_account, struct loom_error *error) {
    struct loom_authority authority;
    struct loom_remote remote = *server;
    enum loom_err err = loom_authority_recall(credential, &authority);
    if (err != LOOM_OK)
        return loom_error_detail(error, err, credential->origin.url);
    if (authority.is_standard && authority.userinfo.url[0] == '\0')
        return loom_error_set(error, LOOM_ERR_NOT_FOUND);
    remote.authority = &authority;
    return loom_oauth_whoami(&remote, credential->token, out_account, error);
}

enum loom_err loom_authority_revoke(const struct loom_remote *server,
                                    const struct loom_credential *credential,
                                    enum loom_revocation *out_revocation,
                                    struct loom_error *error) {
    struct loom_authority authority;
    struct loom_remote remote = *server;
    const struct loom_tokens tokens = {.access = credential->token, .refresh = credential->refresh};
    *out_revocation = LOOM_REVOKE_FAILED;
    bool has_to_look = credential->dialect == LOOM_DIALECT_OAUTH && !credential->token_endpoint;
    if (has_to_look)
        remote.timeout_ms /= 2;
    enum loom_err err = loom_authority_find(&remote, credential, &authority, error);
    if (has_to_look && err == LOOM_ERR_NOT_LOOM)
        *out_revocation = LOOM_REVOKE_UNSUPPORTED;
    if (err != LOOM_OK)
        return err;
    remote.authority = &authority;
    return loom_oauth_revoke(&remote, &tokens, out_revocation, error);
}
