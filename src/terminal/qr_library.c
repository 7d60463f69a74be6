/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/qr_priv.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* The note of uapi-group.org's "ELF dlopen metadata"; http/curl_library.c says why in assembler. */
__asm__(".pushsection .note.dlopen, \"a\", %note\n"
        ".balign 4\n"
        ".4byte 1f - 0f, 3f - 2f, 0x407c0c0a\n"
        "0: .asciz \"FDO\"\n"
        "1: .balign 4\n"
        "2: .asciz \"[{\\\"feature\\\":\\\"qr\\\","
        "\\\"description\\\":\\\"Draws the address as a QR code\\\","
        "\\\"priority\\\":\\\"recommended\\\","
        "\\\"soname\\\":[\\\"" LOOM_QRENCODE_SONAME "\\\"]}]\"\n"
        "3: .balign 4\n"
        ".popsection\n");

static const struct {
    const char *name;
    size_t at; /* of the pointer in struct loom_qrencode */
} symbols[] = {
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
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (symbol == NULL)
            return LOOM_ERR_NOT_FOUND;
        memcpy((char *)&found + symbols[i].at, &symbol, sizeof symbol);
    }
    *out_library = found;
    return LOOM_OK;
}
