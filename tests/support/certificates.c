/* SPDX-License-Identifier: Apache-2.0 */
#include "support/certificates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static void add_extension(X509 *x509, X509V3_CTX *context, int nid, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void add_extensions(const struct certificate_spec *spec, X509 *issuer, X509 *x509) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    add_extension(x509, &context, NID_basic_constraints,
                  spec->is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (spec->is_authority)
        add_extension(x509, &context, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (spec->hosts != NULL)
        add_extension(x509, &context, NID_subject_alt_name, spec->hosts);
}

static void set_name(X509 *x509, const char *text) {
    X509_NAME *name = X509_NAME_new();
    assert_non_null(name);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)text, -1, -1, 0),
                     1);
    assert_int_equal(X509_set_subject_name(x509, name), 1);
    X509_NAME_free(name);
}

void certificate_make(const struct certificate_spec *spec, const struct certificate *issuer,
                      struct certificate *out_certificate) {
    static long serial = 0;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    assert_non_null(key);
    assert_non_null(x509);
    assert_int_equal(X509_set_version(x509, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), spec->from_s));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), spec->to_s));
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    set_name(x509, spec->name);
    X509 *signer = issuer != NULL ? issuer->x509 : x509;
    assert_int_equal(X509_set_issuer_name(x509, X509_get_subject_name(signer)), 1);
    add_extensions(spec, signer, x509);
    assert_true(X509_sign(x509, issuer != NULL ? issuer->key : key, EVP_sha256()) > 0);
    *out_certificate = (struct certificate){.x509 = x509, .key = key};
}

void certificate_write(const struct certificate *certificate, const char *path) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, certificate->x509), 1);
    assert_int_equal(fclose(file), 0);
}

void certificate_write_key(const struct certificate *certificate, const char *path) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, certificate->key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
}

void certificate_clear(struct certificate *certificate) {
    X509_free(certificate->x509);
    EVP_PKEY_free(certificate->key);
    *certificate = (struct certificate){.x509 = NULL, .key = NULL};
}
