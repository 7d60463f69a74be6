/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void close_stream(FILE **stream) {
    if (*stream != NULL)
        (void)fclose(*stream);
}

/* What PEM files are opened for: a certificate with its usual, its old and OpenSSL's own label. */
static bool has_certificate(const char *pem, size_t len) {
    static const char *const MARKS[] = {
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN X509 CERTIFICATE-----",
        "-----BEGIN TRUSTED CERTIFICATE-----",
    };
    for (size_t i = 0; i < sizeof MARKS / sizeof MARKS[0]; i++)
        if (len > 0 && memmem(pem, len, MARKS[i], strlen(MARKS[i])) != NULL)
            return true;
    return false;
}

/* 0, or an errno. A pipe would keep its reader waiting without end: only regular files. */
static int open_file(const char *path, FILE **out_stream) {
    struct stat facts;
    if (stat(path, &facts) != 0)
        return errno;
    if (!S_ISREG(facts.st_mode))
        return S_ISDIR(facts.st_mode) ? EISDIR : EINVAL;
    if (facts.st_size > LOOM_AUTHORITIES_MAX)
        return EFBIG;
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL)
        return errno;
    *out_stream = stream;
    return 0;
}

/* 0, or an errno. */
static int append_file(struct loom_buffer *pem, const char *path) {
    LOOM_CLEANUP(close_stream) FILE *stream = NULL;
    int os_error = open_file(path, &stream);
    if (os_error != 0)
        return os_error;
    char chunk[8192];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0)
        if (loom_buffer_add(pem, chunk, got) != LOOM_OK)
            return EFBIG;
    loom_wipe(chunk, sizeof chunk); /* people keep their private key beside the certificate */
    if (ferror(stream))
        return errno != 0 ? errno : EIO;
    /* The last line of a file may lack its end. */
    return loom_buffer_add(pem, "\n", 1) == LOOM_OK ? 0 : EFBIG;
}

/* A file that the person named must be there and be what it is named for. */
static enum loom_err append_named(struct loom_authorities *authorities, const char *path,
                                  struct loom_error *error) {
    size_t before = authorities->pem.len;
    int os_error = append_file(&authorities->pem, path);
    if (os_error != 0)
        return loom_error_os(error, LOOM_ERR_TLS, os_error, path);
    if (!has_certificate(authorities->pem.data + before, authorities->pem.len - before))
        return loom_error_os(error, LOOM_ERR_TLS, EINVAL, path);
    loom_buffer_reset(&authorities->source);
    if (loom_buffer_add_text(&authorities->source, path) != LOOM_OK)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    return LOOM_OK;
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

enum loom_err loom_authorities_read(const struct loom_http_request *request,
                                    const char *system_file,
                                    struct loom_authorities *out_authorities,
                                    struct loom_error *error) {
    LOOM_CLEANUP(loom_authorities_clear)
    struct loom_authorities authorities = LOOM_AUTHORITIES_INIT;
    const char *named[] = {variable("SSL_CERT_FILE"), variable("LOOM_CA_FILE"),
                           request->more_ca_file, request->ca_file};
    authorities.is_instead = named[0] != NULL;
    /* libcurl would read its own file if there were nothing to add. */
    bool has_more = named[1] != NULL || named[2] != NULL || named[3] != NULL;
    if (!authorities.is_instead && has_more && system_file != NULL &&
        append_file(&authorities.pem, system_file) != 0)
        loom_buffer_reset(&authorities.pem);
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        enum loom_err err =
            named[i] != NULL ? append_named(&authorities, named[i], error) : LOOM_OK;
        if (err != LOOM_OK)
            return err;
    }
    *out_authorities = authorities;
    authorities = (struct loom_authorities)LOOM_AUTHORITIES_INIT;
    return LOOM_OK;
}

void loom_authorities_clear(struct loom_authorities *authorities) {
    loom_buffer_clear(&authorities->pem);
    loom_buffer_clear(&authorities->source);
    authorities->is_instead = false;
}
