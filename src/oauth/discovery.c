/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "oauth/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One search for what a server says about itself. */
struct search {
    const struct loom_remote *server;
    const char *client_id;
    const char *scope;       /* NULL: the usual */
    struct loom_error first; /* of the places that had nothing, the one that says most */
};

/* ---- Endpoints ---- */

/*
 * RFC 6749 section 3.1 and 3.2: "The endpoint URI MUST NOT include a fragment component."
 */
enum loom_err loom_oauth_endpoint_parse(const struct loom_origin *server, const char *url,
                                        struct loom_page *out_page) {
    if (strchr(url, '#') != NULL)
        return LOOM_ERR_BAD_ANSWER;
    return loom_page_parse(url, strlen(url), !server->is_secure, out_page);
}

static enum loom_err read_endpoint(const struct search *search, const struct loom_json *metadata,
                                   const char *name, struct loom_page *out_page) {
    const char *url;
    enum loom_err err = loom_json_get_text(metadata, name, LOOM_PAGE_MAX, &url);
    /* An empty one is none: some servers fill in every member. */
    if (err == LOOM_ERR_NOT_FOUND || (err == LOOM_OK && url[0] == '\0'))
        return LOOM_OK;
    return err == LOOM_OK ? loom_oauth_endpoint_parse(search->server->origin, url, out_page) : err;
}

static enum loom_err read_endpoints(const struct search *search, const struct loom_json *metadata,
                                    struct loom_authority *authority, struct loom_error *error) {
    const struct {
        const char *name;
        struct loom_page *page;
    } endpoints[] = {
        {"device_authorization_endpoint", &authority->device_authorization},
        {"token_endpoint", &authority->token},
        {"revocation_endpoint", &authority->revocation},
        {"userinfo_endpoint", &authority->userinfo},
    };
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        enum loom_err err = read_endpoint(search, metadata, endpoints[i].name, endpoints[i].page);
        if (err != LOOM_OK)
            return loom_error_detail(error, err, endpoints[i].name);
    }
    /* RFC 8628 section 4; and no flow ends without tokens. */
    if (authority->device_authorization.url[0] == '\0' || authority->token.url[0] == '\0')
        return loom_error_os(error, LOOM_ERR_NOT_LOOM, EOPNOTSUPP, NULL);
    return LOOM_OK;
}

/* ---- Whose metadata? ---- */

/*
 * RFC 8414 section 3.3: the issuer "MUST be identical to the authorization server's issuer
 * identifier value into which the well-known URI string was inserted"; "if these values are not
 * identical, the data contained in the response MUST NOT be used". Two spellings of one origin are
 * one server here as everywhere else; a name without its scheme is no issuer.
 */
static bool is_issuer(const struct loom_origin *server, const char *issuer) {
    struct loom_origin origin;
    return strstr(issuer, "://") != NULL &&
           loom_origin_parse(issuer, strlen(issuer), &origin, NULL) == LOOM_OK &&
           loom_origin_is_equal(&origin, server);
}

static enum loom_err read_issuer(const struct search *search, const struct loom_json *metadata,
                                 struct loom_authority *authority, struct loom_error *error) {
    const char *issuer;
    if (loom_json_get_text(metadata, "issuer", LOOM_ISSUER_MAX, &issuer) != LOOM_OK)
        return loom_error_set(error, LOOM_ERR_NOT_LOOM);
    bool is_shown = loom_text_is_printable_ascii(issuer, strlen(issuer), LOOM_ERROR_DETAIL_MAX);
    if (!is_issuer(search->server->origin, issuer))
        return loom_error_os(error, LOOM_ERR_BAD_ANSWER, EXDEV, is_shown ? issuer : NULL);
    (void)snprintf(authority->issuer, sizeof authority->issuer, "%s", issuer);
    return LOOM_OK;
}

/* ---- Scope ---- */

/* RFC 8414 section 2: scopes_supported is RECOMMENDED, and need not name every scope. */
static bool is_known_scope(const struct loom_json *metadata, const char *scope) {
    const struct loom_json *list;
    if (loom_json_get_array(metadata, "scopes_supported", &list) != LOOM_OK)
        return true;
    for (const struct loom_json *m = loom_json_first(list); m != NULL; m = loom_json_next(m)) {
        const char *text;
        if (loom_json_text(m, LOOM_SCOPE_MAX, &text) == LOOM_OK && strcmp(text, scope) == 0)
            return true;
    }
    return false;
}

static bool has_openid(const char *scope) {
    static const char openid[] = "openid";
    for (size_t len; (len = strcspn(scope, " ")) > 0; scope += len, scope += strspn(scope, " "))
        if (len == strlen(openid) && memcmp(scope, openid, len) == 0)
            return true;
    return false;
}

/* What is usual, less what the server does not know. */
static void take_usual_scope(const struct loom_json *metadata, struct loom_authority *authority) {
    static const char *const usual[] = {"openid", "offline_access"};
    size_t len = 0;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (is_known_scope(metadata, usual[i]))
            len += (size_t)snprintf(authority->scope + len, sizeof authority->scope - len, "%s%s",
                                    len > 0 ? " " : "", usual[i]);
}

/*
 * OpenID Connect Core section 5.3: the userinfo endpoint is for tokens "obtained through OpenID
 * Connect Authentication". Shown there, one for another scope may be called invalid, alive as it
 * is; so who asks for another asks for no name. Without a scope it is the server that chooses.
 */
static void choose_scope(const struct search *search, const struct loom_json *metadata,
                         struct loom_authority *authority) {
    if (search->scope != NULL)
        (void)snprintf(authority->scope, sizeof authority->scope, "%s", search->scope);
    else
        take_usual_scope(metadata, authority);
    if (authority->scope[0] != '\0' && !has_openid(authority->scope))
        authority->userinfo = (struct loom_page){.url = ""};
}

/* ---- The two places ---- */

static enum loom_err read_metadata(const struct search *search,
                                   const struct loom_exchange *exchange,
                                   struct loom_authority *authority, struct loom_error *error) {
    if (loom_exchange_is_busy(exchange))
        return loom_error_http(error, LOOM_ERR_SERVER, exchange->response.status);
    if (!loom_exchange_is_success(exchange) || exchange->json == NULL)
        return loom_error_http(error, LOOM_ERR_NOT_LOOM, exchange->response.status);
    authority->is_standard = true;
    enum loom_err err = read_issuer(search, exchange->json, authority, error);
    if (err == LOOM_OK)
        err = read_endpoints(search, exchange->json, authority, error);
    if (err != LOOM_OK)
        return err;
    choose_scope(search, exchange->json, authority);
    (void)snprintf(authority->client_id, sizeof authority->client_id, "%s", search->client_id);
    return LOOM_OK;
}

/* An answer that is of no use here says nothing about the other place; no answer does. */
static bool is_answer(enum loom_err err) {
    return err == LOOM_ERR_NOT_LOOM || err == LOOM_ERR_BAD_ANSWER || err == LOOM_ERR_SERVER ||
           err == LOOM_ERR_REDIRECT;
}

static enum loom_err ask_place(const struct search *search, const struct loom_call *call,
                               struct loom_authority *authority, struct loom_error *error) {
    LOOM_CLEANUP(loom_exchange_clear) struct loom_exchange exchange = LOOM_EXCHANGE_INIT;
    enum loom_err err = loom_exchange_send(search->server, call, &exchange, error);
    /* Past a cap, or no HTTP at all: nothing that could be metadata. */
    if (err == LOOM_ERR_BAD_ANSWER)
        return loom_error_set(error, LOOM_ERR_NOT_LOOM);
    return err == LOOM_OK ? read_metadata(search, &exchange, authority, error) : err;
}

static bool is_plain_stranger(const struct loom_error *error) {
    return error->code == LOOM_ERR_NOT_LOOM && error->os_error == 0;
}

static enum loom_err look_into(struct search *search, const struct loom_call *call,
                               struct loom_authority *out_authority) {
    struct loom_authority authority = {.is_standard = false};
    struct loom_error error = LOOM_ERROR_INIT;
    enum loom_err err = ask_place(search, call, &authority, &error);
    if (err == LOOM_OK)
        *out_authority = authority;
    else if (search->first.code == LOOM_OK || is_plain_stranger(&search->first) || !is_answer(err))
        search->first = error;
    return err;
}

/*
 * RFC 8414 section 3.1: the well-known string is inserted "between the host component and the path
 * component". OpenID Connect Discovery section 4: it is appended to the path.
 */
static enum loom_err look_into_both(struct search *search, struct loom_authority *out_authority) {
    const struct loom_origin *server = search->server->origin;
    char path[LOOM_ORIGIN_MAX + sizeof "/.well-known/oauth-authorization-server"];
    struct loom_origin host;
    enum loom_err err = loom_origin_parse(server->url, server->path_at, &host, NULL);
    if (err != LOOM_OK)
        return loom_error_set(&search->first, LOOM_ERR_INTERNAL);
    (void)snprintf(path, sizeof path, "/.well-known/oauth-authorization-server%s",
                   loom_origin_path(server));
    const struct loom_call places[] = {
        {.method = LOOM_HTTP_GET, .origin = &host, .path = path},
        {.method = LOOM_HTTP_GET, .path = "/.well-known/openid-configuration"},
    };
    err = look_into(search, &places[0], out_authority);
    return is_answer(err) ? look_into(search, &places[1], out_authority) : err;
}

enum loom_err loom_oauth_discover(const struct loom_remote *server, const char *client_id,
                                  const char *scope, struct loom_authority *out_authority,
                                  struct loom_error *error) {
    struct search search = {
        .server = server,
        .client_id = client_id != NULL ? client_id : LOOM_CLIENT_ID,
        .scope = scope,
        .first = LOOM_ERROR_INIT,
    };
    if (!loom_oauth_is_client_id(search.client_id) ||
        (scope != NULL && !loom_oauth_is_scope(scope)))
        return loom_error_set(error, LOOM_ERR_USAGE);
    enum loom_err err = look_into_both(&search, out_authority);
    if (err == LOOM_OK)
        return LOOM_OK;
    if (error != NULL)
        *error = search.first;
    return search.first.code;
}
