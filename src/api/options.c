/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_priv.h"

#include <stdlib.h>
#include <string.h>

void loom_api_options_init(struct loom_credentials_options *options) {
    *options = (struct loom_credentials_options){
        .place = LOOM_CREDENTIALS_PLACE_DEFAULT,
        .timeout_ms = LOOM_CREDENTIALS_TIMEOUT_MS,
        .uses_environment = true,
    };
}

enum loom_credentials_result
loom_credentials_options_new(struct loom_credentials_options **out_options) {
    struct loom_credentials_options *options = malloc(sizeof *options);
    if (options == NULL)
        return LOOM_CREDENTIALS_OTHER;
    loom_api_options_init(options);
    *out_options = options;
    return LOOM_CREDENTIALS_OK;
}

enum loom_credentials_result
loom_credentials_options_set_place(struct loom_credentials_options *options,
                                   enum loom_credentials_place place) {
    if ((unsigned)place > LOOM_CREDENTIALS_PLACE_FILE)
        return LOOM_CREDENTIALS_USAGE;
    options->place = place;
    return LOOM_CREDENTIALS_OK;
}

enum loom_credentials_result
loom_credentials_options_set_ca_file(struct loom_credentials_options *options, const char *path) {
    char *copy = NULL;
    if (path != NULL && path[0] != '/')
        return LOOM_CREDENTIALS_USAGE;
    if (path != NULL && (copy = strdup(path)) == NULL)
        return LOOM_CREDENTIALS_OTHER;
    free(options->ca_file);
    options->ca_file = copy;
    return LOOM_CREDENTIALS_OK;
}

enum loom_credentials_result
loom_credentials_options_set_timeout(struct loom_credentials_options *options, int timeout_ms) {
    if (timeout_ms < 1 || timeout_ms > LOOM_CREDENTIALS_TIMEOUT_MAX_MS)
        return LOOM_CREDENTIALS_USAGE;
    options->timeout_ms = timeout_ms;
    return LOOM_CREDENTIALS_OK;
}

void loom_credentials_options_set_prompting(struct loom_credentials_options *options,
                                            int may_prompt) {
    options->may_prompt = may_prompt != 0;
}

void loom_credentials_options_set_environment(struct loom_credentials_options *options,
                                              int is_used) {
    options->uses_environment = is_used != 0;
}

void loom_credentials_options_free(struct loom_credentials_options *options) {
    if (options == NULL)
        return;
    free(options->ca_file);
    free(options);
}
