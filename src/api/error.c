/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_priv.h"
#include "base/sentences.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct loom_credentials_error {
    enum loom_credentials_result result;
    long http_status;
    int os_error;
    struct loom_buffer message;
    struct loom_buffer detail;
    struct loom_buffer oauth_error;
};

/* What JSON calls them, so that whoever has read the program's output knows them. */
static const char *const names[] = {
    [LOOM_CREDENTIALS_OK] = "ok",
    [LOOM_CREDENTIALS_OTHER] = "internal",
    [LOOM_CREDENTIALS_USAGE] = "usage",
    [LOOM_CREDENTIALS_NOT_SIGNED_IN] = "not_signed_in",
    [LOOM_CREDENTIALS_REJECTED] = "rejected",
    [LOOM_CREDENTIALS_DENIED] = "denied",
    [LOOM_CREDENTIALS_NETWORK] = "network",
    [LOOM_CREDENTIALS_TLS] = "tls",
    [LOOM_CREDENTIALS_PROXY] = "proxy",
    [LOOM_CREDENTIALS_NOT_LOOM] = "not_loom",
    [LOOM_CREDENTIALS_BAD_ANSWER] = "bad_answer",
    [LOOM_CREDENTIALS_KEYRING_LOCKED] = "keyring_locked",
    [LOOM_CREDENTIALS_KEYRING_UNAVAILABLE] = "keyring_unavailable",
    [LOOM_CREDENTIALS_STORAGE] = "storage",
    [LOOM_CREDENTIALS_DAMAGED] = "damaged",
};

enum { NAMES = sizeof names / sizeof names[0] };

const char *loom_credentials_result_name(enum loom_credentials_result result) {
    size_t row = (size_t)result;
    return names[row < NAMES ? row : LOOM_CREDENTIALS_OTHER];
}

static enum loom_credentials_result result_of(const struct loom_error *why) {
    const char *code = loom_sentence_code(why);
    size_t row = NAMES - 1;
    while (row > LOOM_CREDENTIALS_OTHER && strcmp(names[row], code) != 0)
        row--;
    return (enum loom_credentials_result)row;
}

/* The rooms below know of codes and of signals; here there is a sign-in and a time to end. */
static struct loom_error in_terms_of_a_call(const struct loom_error *why) {
    struct loom_error said = *why;
    if (said.code == LOOM_ERR_EXPIRED)
        said = (struct loom_error){.code = LOOM_ERR_NOT_FOUND, .os_error = ESTALE};
    if (said.code == LOOM_ERR_INTERRUPTED)
        said = (struct loom_error){.code = LOOM_ERR_TIMEOUT};
    return said;
}

static enum loom_err fill(const struct loom_error *why, const char *server,
                          struct loom_credentials_error *error) {
    enum loom_err err = loom_sentence_add(why, server, &error->message);
    /* The detail of what a person typed is a sentence itself. */
    if (err == LOOM_OK && why->code != LOOM_ERR_USAGE)
        err = loom_text_add_printable(&error->detail, why->detail, strlen(why->detail));
    if (err == LOOM_OK)
        err = loom_text_add_printable(&error->oauth_error, why->oauth_error,
                                      strlen(why->oauth_error));
    return err;
}

static struct loom_credentials_error *new_error(const struct loom_error *why, const char *server) {
    struct loom_credentials_error *error = malloc(sizeof *error);
    if (error == NULL)
        return NULL;
    *error = (struct loom_credentials_error){
        .result = result_of(why),
        .http_status = why->http_status,
        .os_error = why->os_error,
        .message = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX),
        .detail = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX),
        .oauth_error = LOOM_BUFFER_INIT(LOOM_PHRASE_MAX),
    };
    if (fill(why, server, error) == LOOM_OK)
        return error;
    loom_credentials_error_free(error);
    return NULL;
}

enum loom_credentials_result loom_api_fail(const struct loom_error *why, const char *server,
                                           struct loom_credentials_error **out_error) {
    struct loom_error said = in_terms_of_a_call(why);
    if (out_error != NULL)
        *out_error = new_error(&said, server);
    return result_of(&said);
}

enum loom_credentials_result loom_api_fail_address(enum loom_err err, enum loom_origin_fault fault,
                                                   struct loom_credentials_error **out_error) {
    struct loom_error why = LOOM_ERROR_INIT;
    (void)loom_error_detail(&why, err, err == LOOM_ERR_USAGE ? loom_sentence_origin(fault) : NULL);
    return loom_api_fail(&why, NULL, out_error);
}

/* ---- What is asked of a handle, or of the want of one ---- */

enum loom_credentials_result
loom_credentials_error_result(const struct loom_credentials_error *error) {
    return error != NULL ? error->result : LOOM_CREDENTIALS_OTHER;
}

const char *loom_credentials_error_message(const struct loom_credentials_error *error) {
    return error != NULL ? loom_buffer_text(&error->message) : "There is not enough memory.";
}

const char *loom_credentials_error_detail(const struct loom_credentials_error *error) {
    return error != NULL ? loom_buffer_text(&error->detail) : "";
}

long loom_credentials_error_http_status(const struct loom_credentials_error *error) {
    return error != NULL ? error->http_status : 0;
}

const char *loom_credentials_error_oauth_error(const struct loom_credentials_error *error) {
    return error != NULL ? loom_buffer_text(&error->oauth_error) : "";
}

int loom_credentials_error_os_error(const struct loom_credentials_error *error) {
    return error != NULL ? error->os_error : 0;
}

void loom_credentials_error_free(struct loom_credentials_error *error) {
    if (error == NULL)
        return;
    loom_buffer_clear(&error->message);
    loom_buffer_clear(&error->detail);
    loom_buffer_clear(&error->oauth_error);
    free(error);
}
