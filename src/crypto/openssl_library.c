/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/openssl_library.h"

#include "base/library.h"
#include "crypto/crypto.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SONAME "libcrypto.so.3"

LOOM_LIBRARY_NOTE("crypto", "Encrypts what is stored in a file", "required", SONAME);

/* ---- libcrypto's own functions ---- */

struct functions {
    __typeof__(OSSL_LIB_CTX_new) *context_new;
    __typeof__(OSSL_PROVIDER_load) *provider_load;
    __typeof__(OSSL_PROVIDER_query_operation) *provider_query;
    __typeof__(OSSL_PROVIDER_get0_provider_ctx) *provider_context;
    __typeof__(RAND_bytes_ex) *random;
};

static const struct loom_library_symbol symbols[] = {
    {"OSSL_LIB_CTX_new", offsetof(struct functions, context_new)},
    {"OSSL_PROVIDER_load", offsetof(struct functions, provider_load)},
    {"OSSL_PROVIDER_query_operation", offsetof(struct functions, provider_query)},
    {"OSSL_PROVIDER_get0_provider_ctx", offsetof(struct functions, provider_context)},
    {"RAND_bytes_ex", offsetof(struct functions, random)},
};

_Static_assert(sizeof symbols / sizeof symbols[0] * sizeof(void *) == sizeof(struct functions),
               "every pointer of the table is bound");

static enum loom_err lacks(struct loom_error *error, const char *soname, const char *what) {
    char why[128];
    (void)snprintf(why, sizeof why, what != NULL ? "%s lacks %s" : "%s cannot be opened", soname,
                   what);
    return loom_error_os(error, LOOM_ERR_INTERNAL, ENOENT, why);
}

/* ---- The provider's ---- */

struct slot {
    int id;    /* OpenSSL's number of the function */
    size_t at; /* of the pointer in the table */
};

static const struct slot digest_slots[] = {
    {OSSL_FUNC_DIGEST_NEWCTX, offsetof(struct loom_openssl_digest, newctx)},
    {OSSL_FUNC_DIGEST_FREECTX, offsetof(struct loom_openssl_digest, freectx)},
    {OSSL_FUNC_DIGEST_INIT, offsetof(struct loom_openssl_digest, init)},
    {OSSL_FUNC_DIGEST_UPDATE, offsetof(struct loom_openssl_digest, update)},
    {OSSL_FUNC_DIGEST_FINAL, offsetof(struct loom_openssl_digest, final)},
};

static const struct slot cipher_slots[] = {
    {OSSL_FUNC_CIPHER_NEWCTX, offsetof(struct loom_openssl_cipher, newctx)},
    {OSSL_FUNC_CIPHER_FREECTX, offsetof(struct loom_openssl_cipher, freectx)},
    {OSSL_FUNC_CIPHER_ENCRYPT_INIT, offsetof(struct loom_openssl_cipher, encrypt_init)},
    {OSSL_FUNC_CIPHER_DECRYPT_INIT, offsetof(struct loom_openssl_cipher, decrypt_init)},
    {OSSL_FUNC_CIPHER_UPDATE, offsetof(struct loom_openssl_cipher, update)},
    {OSSL_FUNC_CIPHER_FINAL, offsetof(struct loom_openssl_cipher, final)},
    {OSSL_FUNC_CIPHER_GET_CTX_PARAMS, offsetof(struct loom_openssl_cipher, get_ctx_params)},
    {OSSL_FUNC_CIPHER_SET_CTX_PARAMS, offsetof(struct loom_openssl_cipher, set_ctx_params)},
};

_Static_assert(sizeof digest_slots / sizeof digest_slots[0] * sizeof(void *) ==
                       sizeof(struct loom_openssl_digest) &&
                   sizeof cipher_slots / sizeof cipher_slots[0] * sizeof(void *) ==
                       sizeof(struct loom_openssl_cipher),
               "every function of the two is bound");

/* An algorithm, and what of it is wanted where. */
struct wish {
    int operation;
    const char *name;
    const struct slot *slots;
    size_t slots_len;
    size_t at; /* of the table in struct loom_openssl */
};

static const struct wish wishes[] = {
    {OSSL_OP_DIGEST, "SHA256", digest_slots, sizeof digest_slots / sizeof digest_slots[0],
     offsetof(struct loom_openssl, sha256)},
    {OSSL_OP_CIPHER, "AES-256-GCM", cipher_slots, sizeof cipher_slots / sizeof cipher_slots[0],
     offsetof(struct loom_openssl, aes_256_gcm)},
};

/* provider-base(7): the names of an algorithm stand side by side, with colons between them. */
static bool has_name(const char *names, const char *name) {
    size_t len = strlen(name);
    for (;;) {
        size_t one = strcspn(names, ":");
        if (one == len && memcmp(names, name, len) == 0)
            return true;
        if (names[one] == '\0')
            return false;
        names += one + 1;
    }
}

static const OSSL_DISPATCH *find_algorithm(const OSSL_ALGORITHM *row, const char *name) {
    while (row != NULL && row->algorithm_names != NULL && !has_name(row->algorithm_names, name))
        row++;
    return row != NULL && row->algorithm_names != NULL ? row->implementation : NULL;
}

static bool bind_slot(const OSSL_DISPATCH *row, const struct slot *slot, char *table) {
    while (row->function_id != 0 && row->function_id != slot->id)
        row++;
    if (row->function_id == 0 || row->function == NULL)
        return false;
    memcpy(table + slot->at, &row->function, sizeof row->function);
    return true;
}

static bool grant(const struct functions *functions, const OSSL_PROVIDER *provider,
                  const struct wish *wish, struct loom_openssl *openssl) {
    int is_temporary = 0;
    const OSSL_DISPATCH *found = find_algorithm(
        functions->provider_query(provider, wish->operation, &is_temporary), wish->name);
    bool is_whole = found != NULL;
    for (size_t i = 0; i < wish->slots_len && is_whole; i++)
        is_whole = bind_slot(found, &wish->slots[i], (char *)openssl + wish->at);
    return is_whole;
}

static enum loom_err load_provider(const struct functions *functions, const char *soname,
                                   struct loom_openssl *openssl, struct loom_error *error) {
    openssl->context = functions->context_new();
    const OSSL_PROVIDER *provider =
        openssl->context != NULL ? functions->provider_load(openssl->context, "default") : NULL;
    if (provider == NULL)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    openssl->provider = functions->provider_context(provider);
    openssl->random = functions->random;
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++)
        if (!grant(functions, provider, &wishes[i], openssl))
            return lacks(error, soname, wishes[i].name);
    return LOOM_OK;
}

/* What was made of it when this fails stays: it happens once in a process. */
enum loom_err loom_openssl_open(const char *soname, struct loom_openssl *out_openssl,
                                struct loom_error *error) {
    struct functions functions = {.context_new = NULL};
    struct loom_openssl openssl = {.context = NULL};
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return lacks(error, soname, NULL);
    const char *missing =
        loom_library_bind(library, symbols, sizeof symbols / sizeof symbols[0], &functions);
    if (missing != NULL)
        return lacks(error, soname, missing);
    enum loom_err err = load_provider(&functions, soname, &openssl, error);
    if (err == LOOM_OK)
        *out_openssl = openssl;
    return err;
}

/* ---- The process's ---- */

/* Written once, under `once`. */
static struct {
    pthread_once_t once;
    struct loom_openssl openssl;
    struct loom_error error;
} process = {.once = PTHREAD_ONCE_INIT};

static void open_once(void) {
    enum loom_err err = loom_openssl_open(SONAME, &process.openssl, &process.error);
    (void)err; /* kept in process.error */
}

const struct loom_openssl *loom_openssl(void) {
    (void)pthread_once(&process.once, open_once);
    return process.error.code == LOOM_OK ? &process.openssl : NULL;
}

enum loom_err loom_crypto_error(struct loom_error *error, enum loom_err err) {
    if (err == LOOM_ERR_INTERNAL && loom_openssl() == NULL)
        return loom_error_os(error, err, process.error.os_error, process.error.detail);
    return loom_error_set(error, err);
}
