/* SPDX-License-Identifier: Apache-2.0 */
/* The sign-in that is stored for the server, and whether that still accepts it. */
#include "cli/doctor.h"

#include "base/text.h"
#include "cli/environment_token.h"
#include "oauth/oauth.h"
#include "session/authority.h"
#include "session/refresh.h"

#include <stdio.h>
#include <string.h>

enum { RENEWAL_S = 120 }; /* more than the helper's own notion of soon */

struct sign_in {
    struct loom_credential credential; /* owned: the newest */
    bool is_environment;
    const char *places[LOOM_STORE_PARTS_MAX + 2]; /* where one lies, NULL-terminated */
    size_t places_len;
    struct loom_error asked; /* LOOM_OK: the server accepts it */
    bool was_asked;
    bool is_expired;
};

static void sign_in_clear(struct sign_in *sign_in) {
    loom_credential_clear(&sign_in->credential);
}

static void take_newer(struct sign_in *sign_in, struct loom_credential *found) {
    struct loom_credential older = *found;
    bool is_newer =
        sign_in->credential.token == NULL || found->obtained_at > sign_in->credential.obtained_at;
    if (is_newer) {
        older = sign_in->credential;
        sign_in->credential = *found;
    }
    loom_credential_clear(&older);
}

/* A keyring that does not answer, or is locked, is not asked again. */
static bool is_worth_asking(const struct loom_doctor *doctor, const struct loom_store *part) {
    struct loom_store_info info;
    part->ops->describe((struct loom_store *)(uintptr_t)part, &info);
    return info.kind != LOOM_STORE_KEYRING ||
           (doctor->keyring_err == LOOM_OK && doctor->keyring.failed > LOOM_KEYRING_STEP_LOCK);
}

/* Each place on its own: the store over both would take the older copy away. */
static void find_stored(struct loom_doctor *doctor, struct sign_in *sign_in) {
    struct loom_store *parts[LOOM_STORE_PARTS_MAX];
    const struct loom_store_question question = {&doctor->server, false};
    size_t count = doctor->cli->store != NULL ? loom_store_parts(doctor->cli->store, parts) : 0;
    for (size_t i = 0; i < count; i++) {
        struct loom_credential found = LOOM_CREDENTIAL_INIT;
        struct loom_store_info info;
        if (!is_worth_asking(doctor, parts[i]))
            continue;
        enum loom_err err = parts[i]->ops->find(parts[i], &question, &found, NULL);
        doctor->lacks_memory = doctor->lacks_memory || err == LOOM_ERR_INTERNAL;
        if (err != LOOM_OK)
            continue;
        parts[i]->ops->describe(parts[i], &info);
        sign_in->places[sign_in->places_len++] =
            info.kind == LOOM_STORE_KEYRING ? "keyring" : "file";
        take_newer(sign_in, &found);
    }
}

/* The environment's token is for exactly the server in LOOM_SERVER, and wins there. */
static void find_in_environment(struct loom_doctor *doctor, struct sign_in *sign_in) {
    const struct loom_environment *environment = &doctor->cli->environment;
    struct loom_secret *token = NULL;
    struct loom_origin own;
    if (!loom_environment_has_token(environment) || environment->server == NULL ||
        loom_origin_parse(environment->server, strlen(environment->server), &own, NULL) !=
            LOOM_OK ||
        !loom_origin_is_equal(&own, &doctor->server) ||
        loom_environment_token(environment, &token, NULL) != LOOM_OK)
        return;
    loom_credential_clear(&sign_in->credential);
    sign_in->credential.token = token;
    sign_in->credential.has_origin = true;
    sign_in->credential.origin = doctor->server;
    sign_in->is_environment = true;
    sign_in->places[sign_in->places_len++] = "environment";
}

static void ask(struct loom_doctor *doctor, struct sign_in *sign_in) {
    struct loom_account account = LOOM_ACCOUNT_INIT;
    struct loom_authority authority;
    struct loom_http http;
    if (doctor->cli->ports->open_http(&http) != LOOM_OK)
        return;
    struct loom_remote server = {.http = &http,
                                 .origin = &doctor->server,
                                 .ca_file = doctor->ca_file,
                                 .timeout_ms = LOOM_DOCTOR_SERVER_MS};
    enum loom_err err;
    if (sign_in->is_environment && doctor->found.is_standard) {
        err = loom_oauth_discover(&server, NULL, NULL, &authority, &sign_in->asked);
        server.authority = &authority;
        if (err == LOOM_OK)
            err = loom_oauth_whoami(&server, sign_in->credential.token, &account, &sign_in->asked);
    } else {
        err = loom_authority_whoami(&server, &sign_in->credential, &account, &sign_in->asked);
    }
    doctor->lacks_memory = doctor->lacks_memory || err == LOOM_ERR_INTERNAL;
    sign_in->was_asked = err != LOOM_ERR_NOT_FOUND;
    sign_in->asked.code = err;
    loom_account_clear(&account);
    doctor->cli->ports->close_http(&http);
}

static const char *state_word(const struct sign_in *sign_in) {
    if (sign_in->credential.token == NULL)
        return "none";
    if (sign_in->is_expired)
        return "expired";
    if (!sign_in->was_asked)
        return "unknown";
    return sign_in->asked.code == LOOM_OK             ? "valid"
           : sign_in->asked.code == LOOM_ERR_REJECTED ? "rejected"
                                                      : "unknown";
}

static void judge(const struct sign_in *sign_in, struct loom_finding *finding) {
    static const char again[] = N_("To sign in again, run:\n\n    loom login --server {server}\n");
    bool is_refused = sign_in->was_asked && sign_in->asked.code == LOOM_ERR_REJECTED;
    if (sign_in->credential.token == NULL) {
        finding->verdict = LOOM_VERDICT_WARN;
        finding->message = N_("You are not signed in to this server.");
        finding->fix = N_("To sign in, run:\n\n    loom login --server {server}\n");
    } else if (sign_in->is_expired) {
        bool is_renewed = loom_refresh_is_possible(&sign_in->credential);
        finding->verdict = is_renewed ? LOOM_VERDICT_OK : LOOM_VERDICT_FAIL;
        finding->message = is_renewed
                               ? N_("The token is past its time, and renewed when it is needed.")
                               : N_("Your sign-in has expired.");
        finding->fix = is_renewed ? NULL : again;
    } else if (is_refused) {
        finding->verdict = LOOM_VERDICT_FAIL;
        finding->message = sign_in->is_environment
                               ? N_("The server does not accept the token of LOOM_TOKEN or "
                                    "LOOM_TOKEN_FILE.")
                               : N_("The server no longer accepts your sign-in.");
        finding->fix =
            sign_in->is_environment ? N_("Give the variable a new token, or take it away.") : again;
    } else if (sign_in->was_asked && sign_in->asked.code == LOOM_OK) {
        finding->message = N_("The server accepts your sign-in.");
    } else {
        finding->verdict = LOOM_VERDICT_SKIPPED;
        finding->message = N_("There is a sign-in, and the server could not be asked about it.");
    }
}

static void tell(struct loom_doctor *doctor, const struct sign_in *sign_in) {
    const struct loom_datum data[] = {
        {.name = "state", .kind = LOOM_DATUM_TEXT, .text = state_word(sign_in)},
        {.name = "places", .kind = LOOM_DATUM_LIST, .list = sign_in->places},
        {.name = "expires_at", .kind = LOOM_DATUM_TIME, .number = sign_in->credential.expires_at},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = "sign_in.token", .words = {.server = doctor->server.url}, .data = data};
    judge(sign_in, &finding);
    if (doctor->lacks_memory && sign_in->credential.token == NULL) {
        finding.verdict = LOOM_VERDICT_SKIPPED;
        finding.message = loom_doctor_skipped;
        finding.fix = NULL;
    }
    loom_doctor_tell(doctor, &finding);
}

static void tell_copies(struct loom_doctor *doctor, const struct sign_in *sign_in) {
    bool has_two = sign_in->places_len > (sign_in->is_environment ? 2U : 1U);
    const struct loom_datum data[] = {
        {.name = "places", .kind = LOOM_DATUM_LIST, .list = sign_in->places},
        {.kind = LOOM_DATUM_END},
    };
    struct loom_finding finding = {
        .id = "sign_in.copies", .words = {.server = doctor->server.url}, .data = data};
    finding.message = N_("It is kept in one place only.");
    if (sign_in->credential.token == NULL) {
        finding.verdict = LOOM_VERDICT_SKIPPED;
        finding.message = N_("There is nothing that could have a copy.");
    } else if (has_two) {
        finding.verdict = LOOM_VERDICT_WARN;
        finding.message = N_("Sign-ins lie in the keyring and in the file; the newer one counts.");
        finding.fix =
            N_("The older one goes with this command:\n\n    loom status --server {server}\n");
    }
    loom_doctor_tell(doctor, &finding);
}

void loom_doctor_sign_in(struct loom_doctor *doctor) {
    LOOM_CLEANUP(sign_in_clear) struct sign_in sign_in = {.credential = LOOM_CREDENTIAL_INIT};
    const struct loom_clock *clock = &doctor->cli->ports->clock;
    find_stored(doctor, &sign_in);
    find_in_environment(doctor, &sign_in);
    sign_in.is_expired =
        sign_in.credential.token != NULL &&
        loom_credential_is_expired(&sign_in.credential, clock->epoch_s(clock->context));
    bool can_ask = doctor->found.error.code == LOOM_OK &&
                   doctor->found.recognised.code == LOOM_OK && !sign_in.is_expired;
    if (sign_in.credential.token != NULL && can_ask)
        ask(doctor, &sign_in);
    if (sign_in.credential.token != NULL)
        loom_error_ignore(
            loom_secret_copy(sign_in.credential.token, &doctor->token)); /* or unknown */
    int64_t soon = clock->epoch_s(clock->context) + RENEWAL_S;
    doctor->is_renewal_due = loom_refresh_is_possible(&sign_in.credential) &&
                             loom_credential_is_expired(&sign_in.credential, soon);
    tell(doctor, &sign_in);
    tell_copies(doctor, &sign_in);
}
