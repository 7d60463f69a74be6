/* SPDX-License-Identifier: Apache-2.0 */
#include "system/process.h"

#include "system/process_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each makes a library that this program may load write keys or traffic somewhere. */
static const char *const telltales[] = {
    "SSLKEYLOGFILE",      /* OpenSSL through libcurl, GnuTLS, NSS: TLS session keys */
    "QLOGDIR",            /* libcurl: QUIC traffic */
    "SSLDEBUGFILE",       /* NSS */
    "GNUTLS_DEBUG_LEVEL", /* GnuTLS: at high levels, secrets on stderr */
    "G_DBUS_DEBUG",       /* GLib: every message of the keyring on stdout */
    "G_MESSAGES_DEBUG",   /* GLib, libsecret: what they do, on stdout */
};

/*
 * A standard descriptor that is closed would be given to the first file that is opened, and what
 * is meant for the screen would go into it. Stdout is opened for reading on purpose: an answer that
 * nobody can have received must not look delivered, so writing it still fails.
 */
static const int standard_flags[] = {
    [STDIN_FILENO] = O_RDONLY,
    [STDOUT_FILENO] = O_RDONLY,
    [STDERR_FILENO] = O_RDWR,
};

static enum loom_err fill_standard_descriptors(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* The lowest free number is this one. */
        if (open("/dev/null", standard_flags[fd]) != fd)
            return LOOM_ERR_INTERNAL;
    }
    return LOOM_OK;
}

/* As the program was started; valid once is_hardened. */
static struct {
    bool is_hardened;
    mode_t umask;
    struct rlimit core;
} inherited;

/* The soft limit alone: a hard one could not be given back to a child. */
static int forbid_core(void) {
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = inherited.core.rlim_max};
    return setrlimit(RLIMIT_CORE, &none);
}

/* The leak checker of a sanitizer has to look at the process. */
static int set_dumpable(bool is_dumpable) {
#ifdef LOOM_SANITIZED
    (void)is_dumpable;
    return 0;
#else
    return prctl(PR_SET_DUMPABLE, is_dumpable ? 1 : 0, 0, 0, 0);
#endif
}

static enum loom_err forbid_dumps(void) {
    if (getrlimit(RLIMIT_CORE, &inherited.core) != 0 || forbid_core() != 0)
        return LOOM_ERR_INTERNAL;
    return set_dumpable(false) == 0 ? LOOM_OK : LOOM_ERR_INTERNAL;
}

enum loom_err loom_process_harden(void) {
    if (getauxval(AT_SECURE) != 0)
        return LOOM_ERR_USAGE;
    enum loom_err err = fill_standard_descriptors();
    if (err != LOOM_OK)
        return err;
    inherited.umask = umask(S_IRWXG | S_IRWXO);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return LOOM_ERR_INTERNAL;
    /* Inherited as ignored, it would hide how a child of ours ended. */
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
        return LOOM_ERR_INTERNAL;
    for (size_t i = 0; i < sizeof telltales / sizeof telltales[0]; i++) {
        if (unsetenv(telltales[i]) != 0)
            return LOOM_ERR_INTERNAL;
    }
    err = forbid_dumps();
    inherited.is_hardened = err == LOOM_OK;
    return err;
}

void loom_process_show(bool is_shown) {
    if (inherited.is_hardened)
        (void)set_dumpable(is_shown);
}

void loom_process_lend(void) {
    if (!inherited.is_hardened)
        return;
    (void)umask(inherited.umask);
    (void)setrlimit(RLIMIT_CORE, &inherited.core);
}

void loom_process_take_back(void) {
    if (!inherited.is_hardened)
        return;
    (void)umask(S_IRWXG | S_IRWXO);
    (void)forbid_core();
}
