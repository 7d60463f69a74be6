/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_priv.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 8 };

struct loom_credentials_servers {
    char **urls; /* owned */
    size_t count;
    size_t capacity;
    bool has_failed; /* no memory */
};

static bool grow(struct loom_credentials_servers *servers) {
    size_t capacity = servers->capacity > 0 ? servers->capacity * 2 : FIRST_CAPACITY;
    char **urls = calloc(capacity, sizeof *urls);
    if (urls == NULL)
        return false;
    if (servers->count > 0)
        memcpy(urls, servers->urls, servers->count * sizeof *urls);
    free(servers->urls);
    servers->urls = urls;
    servers->capacity = capacity;
    return true;
}

/* An import whose server nobody has named yet has no address: `loom login` takes it over. */
static void add_server(void *context, const struct loom_store_entry *entry) {
    struct loom_credentials_servers *servers = context;
    if (entry->origin == NULL || servers->has_failed)
        return;
    bool has_room = servers->count < servers->capacity || grow(servers);
    char *url = has_room ? strdup(entry->origin->url) : NULL;
    servers->has_failed = url == NULL;
    if (url != NULL)
        servers->urls[servers->count++] = url;
}

static int compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum loom_err list(struct loom_api_call *call, struct loom_credentials_servers *servers,
                          struct loom_error *error) {
    struct loom_store *store = call->store;
    enum loom_err err = store->ops->list(store, add_server, servers, error);
    if (err == LOOM_OK && servers->has_failed)
        err = loom_error_set(error, LOOM_ERR_INTERNAL);
    if (err == LOOM_OK && servers->count > 1)
        qsort(servers->urls, servers->count, sizeof *servers->urls, compare);
    return err;
}

static enum loom_err begin_and_list(const struct loom_credentials *credentials,
                                    struct loom_credentials_servers *servers,
                                    struct loom_error *error) {
    LOOM_CLEANUP(loom_api_call_end) struct loom_api_call call;
    enum loom_err err = loom_api_call_begin(credentials, &call);
    return err == LOOM_OK ? list(&call, servers, error) : loom_error_set(error, err);
}

enum loom_credentials_result
loom_credentials_list_servers(const struct loom_credentials *credentials,
                              struct loom_credentials_servers **out_servers,
                              struct loom_credentials_error **out_error) {
    struct loom_error why = LOOM_ERROR_INIT;
    struct loom_credentials_servers *servers = calloc(1, sizeof *servers);
    enum loom_err err = servers != NULL ? begin_and_list(credentials, servers, &why)
                                        : loom_error_set(&why, LOOM_ERR_INTERNAL);
    if (err != LOOM_OK) {
        loom_credentials_servers_free(servers);
        why.code = err;
        return loom_api_fail(&why, NULL, out_error);
    }
    *out_servers = servers;
    return LOOM_CREDENTIALS_OK;
}

size_t loom_credentials_servers_count(const struct loom_credentials_servers *servers) {
    return servers->count;
}

const char *loom_credentials_servers_at(const struct loom_credentials_servers *servers,
                                        size_t index) {
    return index < servers->count ? servers->urls[index] : NULL;
}

void loom_credentials_servers_free(struct loom_credentials_servers *servers) {
    if (servers == NULL)
        return;
    for (size_t i = 0; i < servers->count; i++)
        free(servers->urls[i]);
    free(servers->urls);
    free(servers);
}
