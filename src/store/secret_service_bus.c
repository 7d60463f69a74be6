/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_bus.h"

#include "base/text.h"
#include "system/socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TRANSPORT "unix:"

enum { NAME_SIZE = 256, HEX = 16 };

/* What a probe says, as far as it matters here. */
static int judge(int probed) {
    if (probed == 0)
        return 0;
    return probed == EAGAIN ? ETIMEDOUT : ENOENT;
}

static int hex_digit(char c) {
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, loom_ascii_lower(c));
    return at == NULL ? -1 : (int)(at - digits);
}

/* "Each byte ... may be escaped as %XX." False: not so, or longer than any socket's name. */
static bool unescape(const char *text, size_t len, char out_name[static NAME_SIZE]) {
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * HEX + low);
            i += 2;
        }
        if (c == '\0' || used + 1 >= NAME_SIZE)
            return false;
        out_name[used++] = c;
    }
    out_name[used] = '\0';
    return used > 0;
}

/* One key=value of an address. Keys that say nothing about where it is, as guid, are ENOENT. */
static int probe_pair(const char *pair, size_t len) {
    static const struct {
        const char *key;
        bool is_abstract;
    } places[] = {{"path=", false}, {"abstract=", true}};
    char name[NAME_SIZE];
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t key = strlen(places[i].key);
        if (len > key && strncmp(pair, places[i].key, key) == 0 &&
            unescape(pair + key, len - key, name))
            return judge(loom_socket_probe(name, places[i].is_abstract));
    }
    return ENOENT;
}

/* One address, less its transport. */
static int probe_address(const char *pairs, size_t len) {
    int found = ENOENT;
    while (len > 0 && found == ENOENT) {
        const char *comma = memchr(pairs, ',', len);
        size_t pair = comma != NULL ? (size_t)(comma - pairs) : len;
        found = probe_pair(pairs, pair);
        size_t used = comma != NULL ? pair + 1 : pair;
        pairs += used;
        len -= used;
    }
    return found;
}

/* A list, tried in its order as GLib would; one that leads elsewhere spoils it all. */
static int probe_list(const char *list) {
    int found = ENOENT;
    while (*list != '\0') {
        size_t len = strcspn(list, ";");
        if (len < strlen(TRANSPORT) || strncmp(list, TRANSPORT, strlen(TRANSPORT)) != 0)
            return ENOENT;
        if (found == ENOENT)
            found = probe_address(list + strlen(TRANSPORT), len - strlen(TRANSPORT));
        list += len;
        list += *list == ';' ? 1 : 0;
    }
    return found;
}

int loom_secret_service_bus_probe(const char *bus_address, const char *runtime_folder) {
    char path[NAME_SIZE];
    if (bus_address != NULL)
        return probe_list(bus_address);
    if (runtime_folder == NULL || runtime_folder[0] != '/')
        return ENOENT;
    int len = snprintf(path, sizeof path, "%s/bus", runtime_folder);
    if (len < 0 || (size_t)len >= sizeof path)
        return ENOENT;
    return judge(loom_socket_probe(path, false));
}
