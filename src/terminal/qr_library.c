/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/qr_priv.h"

#include "base/library.h"

#include <dlfcn.h>
#include <stddef.h>

LOOM_LIBRARY_NOTE("qr", "Draws the address as a QR code", "recommended", LOOM_QRENCODE_SONAME);

static const struct loom_library_symbol symbols[] = {
    {"QRcode_encodeString", offsetof(struct loom_qrencode, encode_string)},
    {"QRcode_free", offsetof(struct loom_qrencode, free)},
};

_Static_assert(sizeof symbols / sizeof symbols[0] * sizeof(void *) == sizeof(struct loom_qrencode),
               "every pointer of the table is bound");

enum loom_err loom_qrencode_open(const char *soname, struct loom_qrencode *out_library) {
    struct loom_qrencode found;
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return LOOM_ERR_NOT_FOUND;
    if (loom_library_bind(library, symbols, sizeof symbols / sizeof symbols[0], &found) != NULL)
        return LOOM_ERR_NOT_FOUND;
    *out_library = found;
    return LOOM_OK;
}
