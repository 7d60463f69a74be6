/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates made on the spot, for TLS between a test and itself.
 *
 *     struct certificate authority, server;
 *     certificate_make(&(struct certificate_spec){.name = "CA", .is_authority = true, .to_s =
 * 3600}, NULL, &authority); certificate_make(&(struct certificate_spec){.name = "x", .hosts =
 * "DNS:localhost", ...}, &authority, &server); certificate_write(&authority, "/tmp/.../ca.pem");
 *     certificate_clear(&server);
 *
 * Keys are P-256. Whatever fails ends the test (assert of cmocka).
 */
#ifndef LOOM_TESTS_SUPPORT_CERTIFICATES_H
#define LOOM_TESTS_SUPPORT_CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

struct certificate {
    X509 *x509;
    EVP_PKEY *key;
};

struct certificate_spec {
    const char *name;  /* common name */
    const char *hosts; /* subjectAltName as OpenSSL's configuration has it; NULL: none */
    bool is_authority;
    long from_s, to_s; /* its life, counted from now */
};

/* `issuer` NULL: signed by itself. */
void certificate_make(const struct certificate_spec *spec, const struct certificate *issuer,
                      struct certificate *out_certificate);

/* The certificate alone, as PEM. */
void certificate_write(const struct certificate *certificate, const char *path);

/* The key alone, as PEM. */
void certificate_write_key(const struct certificate *certificate, const char *path);

void certificate_clear(struct certificate *certificate);

#endif
