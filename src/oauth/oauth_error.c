/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/oauth_error.h"

#include "base/secret.h"
#include "base/text.h"
#include "oauth/form.h"
#include "json/json.h"

#include <stdio.h>
#include <string.h>

/*
 * RFC 8628 section 3.5: "If the client receives an error response with any other error code, it
 * MUST stop polling": the last row.
 */
static const struct {
    const char *code; /* NULL: any other */
    struct loom_flow_answer answer;
} meanings[] = {
    {"authorization_pending", {.kind = LOOM_FLOW_PENDING}},
    {"slow_down", {.kind = LOOM_FLOW_SLOW_DOWN}},
    {"access_denied", {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_DENIED}},
    {"expired_token", {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_EXPIRED}},
    {"invalid_client", {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_DENIED}},
    {"unauthorized_client", {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_DENIED}},
    {NULL, {.kind = LOOM_FLOW_FATAL, .err = LOOM_ERR_BAD_ANSWER}},
};

/* What a server says about an error is shown; the secret that it may repeat there is not. */
static bool has_secret(const struct loom_json *object, const struct loom_secret *secret,
                       const char *text) {
    static const char *const members[] = {"device_code", "access_token", "refresh_token",
                                          "id_token"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const char *value;
        if (loom_json_get_text(object, members[i], LOOM_TOKEN_MAX, &value) == LOOM_OK &&
            value[0] != '\0' && strstr(text, value) != NULL)
            return true;
    }
    return secret != NULL && loom_form_has_secret(text, secret);
}

static void note_description(const struct loom_json *object, const struct loom_secret *secret,
                             struct loom_error *error) {
    const char *description;
    if (error == NULL || loom_json_get_text(object, "error_description", LOOM_ERROR_DETAIL_MAX,
                                            &description) != LOOM_OK)
        return;
    if (!has_secret(object, secret, description))
        (void)snprintf(error->detail, sizeof error->detail, "%s", description);
}

enum loom_err loom_oauth_error_read(const struct loom_json *object,
                                    const struct loom_secret *secret,
                                    struct loom_flow_answer *out_answer, struct loom_error *error) {
    const char *code = "";
    enum loom_err err = loom_json_get_text(object, "error", LOOM_OAUTH_ERROR_MAX, &code);
    if (err == LOOM_ERR_NOT_FOUND)
        return err;
    /* A code of another type or length is still an error, only without a name. */
    if (!loom_text_is_printable_ascii(code, strlen(code), LOOM_OAUTH_ERROR_MAX) ||
        has_secret(object, secret, code))
        code = "";
    size_t row = 0;
    while (meanings[row].code != NULL && strcmp(meanings[row].code, code) != 0)
        row++;
    *out_answer = meanings[row].answer;
    (void)loom_error_set(error, meanings[row].answer.err);
    if (error != NULL)
        (void)snprintf(error->oauth_error, sizeof error->oauth_error, "%s", code);
    note_description(object, secret, error);
    return LOOM_OK;
}
