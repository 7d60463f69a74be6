/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. For the room and its tests. */
#ifndef LOOM_CRYPTO_CRYPTO_PRIV_H
#define LOOM_CRYPTO_CRYPTO_PRIV_H

#include <openssl/types.h>

/* This program's own OpenSSL context, made at the first call. NULL: it could not be made. */
OSSL_LIB_CTX *loom_crypto_context(void);

#endif
