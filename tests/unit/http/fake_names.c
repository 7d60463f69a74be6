/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/http/fake_names.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

typedef int look_up(const char *node, const char *service, const struct addrinfo *hints,
                    struct addrinfo **out_list);

look_up getaddrinfo;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const char *name, *addresses[2];
    bool is_hanging;
    int told_fd;
    int waiting, asked;
} names = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

void fake_names_set(const char *name, const char *first, const char *second) {
    (void)pthread_mutex_lock(&names.lock);
    names.name = name;
    names.addresses[0] = first;
    names.addresses[1] = second;
    (void)pthread_mutex_unlock(&names.lock);
}

void fake_names_hang(int told_fd) {
    (void)pthread_mutex_lock(&names.lock);
    names.is_hanging = true;
    names.told_fd = told_fd;
    (void)pthread_mutex_unlock(&names.lock);
}

void fake_names_release(void) {
    (void)pthread_mutex_lock(&names.lock);
    names.is_hanging = false;
    (void)pthread_cond_broadcast(&names.changed);
    while (names.waiting > 0)
        (void)pthread_cond_wait(&names.changed, &names.lock);
    (void)pthread_mutex_unlock(&names.lock);
}

int fake_names_asked(void) {
    (void)pthread_mutex_lock(&names.lock);
    int asked = names.asked;
    (void)pthread_mutex_unlock(&names.lock);
    return asked;
}

static look_up *real_look_up(void) {
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    look_up *real;
    memcpy(&real, &symbol, sizeof real);
    return real;
}

static void hang(void) {
    names.waiting++;
    if (names.told_fd >= 0)
        (void)!write(names.told_fd, "!", 1);
    while (names.is_hanging)
        (void)pthread_cond_wait(&names.changed, &names.lock);
    names.waiting--;
    (void)pthread_cond_broadcast(&names.changed);
}

/* The list of one address after the other, as the C library's freeaddrinfo expects it. */
static int list_addresses(const char *service, const struct addrinfo *hints,
                          const char *const addresses[2], struct addrinfo **out_list) {
    *out_list = NULL;
    struct addrinfo **end = out_list;
    for (int i = 0; i < 2 && addresses[i] != NULL; i++) {
        struct addrinfo numeric = *hints;
        numeric.ai_flags |= AI_NUMERICHOST;
        if (real_look_up()(addresses[i], service, &numeric, end) != 0)
            *end = NULL;
        while (*end != NULL)
            end = &(*end)->ai_next;
    }
    return *out_list != NULL ? 0 : EAI_NONAME;
}

__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **out_list) {
    static const struct addrinfo ANY = {.ai_socktype = SOCK_STREAM};
    const char *addresses[2] = {NULL, NULL};
    if (node == NULL || strchr(node, ':') != NULL || strspn(node, "0123456789.") == strlen(node))
        return real_look_up()(node, service, hints, out_list);
    (void)pthread_mutex_lock(&names.lock);
    names.asked++;
    if (names.is_hanging)
        hang();
    else if (names.name != NULL && strcmp(node, names.name) == 0)
        memcpy(addresses, names.addresses, sizeof addresses);
    (void)pthread_mutex_unlock(&names.lock);
    return list_addresses(service, hints != NULL ? hints : &ANY, addresses, out_list);
}
