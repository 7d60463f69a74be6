/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DBUS_SESSION_BUS_ADDRESS. No socket is touched; what would be asked is a name that a local socket
 * can have, out of a list that names local ones alone.
 */
#include "fuzz/fuzz.h"
#include "store/secret_service_bus.h"
#include "system/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 255 };

static size_t probes;
static int answer;

int loom_socket_probe(const char *name, bool is_abstract) {
    (void)is_abstract;
    size_t len = strnlen(name, NAME_MAX_LEN + 1);
    FUZZ_CHECK(len > 0 && len <= NAME_MAX_LEN);
    probes++;
    return answer;
}

/* How many addresses of the list, and how many of them are of a local socket. */
static void count(const char *list, size_t *out_all, size_t *out_local) {
    *out_all = *out_local = 0;
    while (*list != '\0') {
        size_t len = strcspn(list, ";");
        (*out_all)++;
        *out_local += strncmp(list, "unix:", 5) == 0 ? 1 : 0;
        list += list[len] == ';' ? len + 1 : len;
    }
}

static void check(const char *list, int says) {
    size_t all, local;
    count(list, &all, &local);
    probes = 0;
    answer = says;
    int found = loom_secret_service_bus_probe(list, NULL);
    FUZZ_CHECK(found == 0 || found == ENOENT || found == ETIMEDOUT);
    if (probes == 0 || local < all) /* one that leads elsewhere spoils it all */
        FUZZ_CHECK(found == ENOENT);
    else
        FUZZ_CHECK(found == (says == 0 ? 0 : says == EAGAIN ? ETIMEDOUT : ENOENT));
    FUZZ_CHECK(found == ENOENT || probes == 1 || says != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const int answers[] = {0, EAGAIN, EPERM, ENOENT};
    char *list = fuzz_string(fuzz_input(bytes, len));
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        check(list, answers[i]);
    probes = 0;
    FUZZ_CHECK(list[0] == '/' || loom_secret_service_bus_probe(NULL, list) == ENOENT);
    if (list[0] == '/')
        loom_secret_service_bus_probe(NULL, list);
    FUZZ_CHECK(probes <= 1);
    free(list);
    return 0;
}
