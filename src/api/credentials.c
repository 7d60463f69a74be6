/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_priv.h"

#include <stdlib.h>
#include <string.h>

static enum loom_place place_of(enum loom_credentials_place place) {
    static const enum loom_place places[] = {
        [LOOM_CREDENTIALS_PLACE_DEFAULT] = LOOM_PLACE_AUTO,
        [LOOM_CREDENTIALS_PLACE_AUTO] = LOOM_PLACE_AUTO,
        [LOOM_CREDENTIALS_PLACE_KEYRING] = LOOM_PLACE_KEYRING,
        [LOOM_CREDENTIALS_PLACE_FILE] = LOOM_PLACE_FILE,
    };
    return places[place];
}

static enum loom_err fill(const struct loom_credentials_options *options,
                          struct loom_credentials *credentials, struct loom_error *error) {
    credentials->place = place_of(options->place);
    credentials->timeout_ms = options->timeout_ms;
    credentials->may_prompt = options->may_prompt;
    if (options->ca_file != NULL && (credentials->ca_file = strdup(options->ca_file)) == NULL)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    enum loom_err err =
        loom_api_environment_read(options, &credentials->environment, &credentials->place, error);
    return err == LOOM_OK ? loom_paths_find(&credentials->paths, error) : err;
}

enum loom_credentials_result loom_credentials_open(const struct loom_credentials_options *options,
                                                   struct loom_credentials **out_credentials,
                                                   struct loom_credentials_error **out_error) {
    struct loom_error why = LOOM_ERROR_INIT;
    struct loom_credentials_options defaults;
    loom_api_options_init(&defaults);
    struct loom_credentials *credentials = calloc(1, sizeof *credentials);
    enum loom_err err = credentials == NULL
                            ? loom_error_set(&why, LOOM_ERR_INTERNAL)
                            : fill(options != NULL ? options : &defaults, credentials, &why);
    if (err != LOOM_OK) {
        loom_credentials_close(credentials);
        return loom_api_fail(&why, NULL, out_error);
    }
    *out_credentials = credentials;
    return LOOM_CREDENTIALS_OK;
}

void loom_credentials_close(struct loom_credentials *credentials) {
    if (credentials == NULL)
        return;
    loom_api_environment_clear(&credentials->environment);
    free(credentials->ca_file);
    loom_free_wiped(credentials, sizeof *credentials);
}
