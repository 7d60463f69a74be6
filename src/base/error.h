/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can go wrong, in one closed list.
 *
 * Every function that can fail returns an enum loom_err and is marked LOOM_CHECKED, so that the
 * compiler insists that somebody looks. A value exists only because a caller acts differently on
 * it or because the user is told something else. The sentence and the exit status that belong to
 * each value stand in one table, cli/report.c.
 *
 * A function that knows more fills the optional struct loom_error, once, where it happened:
 *
 *     return loom_error_os(error, LOOM_ERR_STORAGE, errno, path);
 *
 * and its callers hand it through untouched. `error` may be NULL everywhere. A loom_error is public
 * by construction: it never holds a secret, and everything in it is still printed through
 * loom_text_add_printable().
 *
 * Outputs (out_...) are written once, on success; on failure they are left as they were.
 */
#ifndef LOOM_BASE_ERROR_H
#define LOOM_BASE_ERROR_H

#define LOOM_CHECKED __attribute__((warn_unused_result))

/* Marks a literal that a person may read, for xgettext; cli/say.c is the one that translates. */
#define N_(message) message

enum loom_err {
    LOOM_OK = 0,
    LOOM_ERR_INTERNAL,       /* out of memory, or a fault of this program */
    LOOM_ERR_USAGE,          /* what the person typed cannot be used */
    LOOM_ERR_NOT_FOUND,      /* no credential for this server */
    LOOM_ERR_REJECTED,       /* the server itself answered 401: the token is dead */
    LOOM_ERR_DENIED,         /* the person refused, or the server refused this program */
    LOOM_ERR_EXPIRED,        /* the code, or the token, is past its time */
    LOOM_ERR_INTERRUPTED,    /* a signal asks to end */
    LOOM_ERR_NO_HOST,        /* the name does not resolve */
    LOOM_ERR_UNREACHABLE,    /* nothing answers there, or the connection broke */
    LOOM_ERR_TIMEOUT,        /* no answer in time */
    LOOM_ERR_TLS_AUTHORITY,  /* the certificate comes from an unknown authority */
    LOOM_ERR_TLS,            /* any other failure of TLS */
    LOOM_ERR_PROXY,          /* the proxy, not the server, failed or refused */
    LOOM_ERR_SERVER,         /* the server says that it cannot at present: 429 or 5xx */
    LOOM_ERR_NOT_LOOM,       /* something answers, but it is not a Loom server */
    LOOM_ERR_BAD_ANSWER,     /* a Loom server's answer that cannot be used */
    LOOM_ERR_REDIRECT,       /* an answer that points elsewhere; detail names the target */
    LOOM_ERR_KEYRING,        /* the keyring was asked for and cannot be used */
    LOOM_ERR_KEYRING_LOCKED, /* the keyring is locked, and nobody unlocked it */
    LOOM_ERR_STORAGE,        /* disk full, read-only, foreign folder, lock not free */
    LOOM_ERR_DAMAGED,        /* stored data is damaged, tampered with or of an unknown version */
};

enum { LOOM_ERROR_DETAIL_MAX = 1023, LOOM_OAUTH_ERROR_MAX = 63 };

struct loom_error {
    enum loom_err code;
    int os_error;                               /* errno where it failed, or 0 */
    long http_status;                           /* of the answer, or 0 */
    char oauth_error[LOOM_OAUTH_ERROR_MAX + 1]; /* RFC 6749 section 5.2 `error`, or "" */
    char detail[LOOM_ERROR_DETAIL_MAX + 1];     /* a path, host or address: public, or "" */
};

#define LOOM_ERROR_INIT                                                                            \
    { .code = LOOM_OK }

/* Note `code` and forget what stood there before. Returns `code`. */
enum loom_err loom_error_set(struct loom_error *error, enum loom_err code);

/* As loom_error_set, with a public detail (NULL: none; cut at LOOM_ERROR_DETAIL_MAX bytes). */
enum loom_err loom_error_detail(struct loom_error *error, enum loom_err code, const char *detail);

/* As loom_error_detail, with the errno of the call that failed. */
enum loom_err loom_error_os(struct loom_error *error, enum loom_err code, int os_error,
                            const char *path);

/* As loom_error_set, with the status of the HTTP answer that caused it. */
enum loom_err loom_error_http(struct loom_error *error, enum loom_err code, long http_status);

/*
 * Say in the code that a result does not matter here: an attempt whose failure changes nothing for
 * the caller. The reason stands beside each use.
 */
static inline void loom_error_ignore(enum loom_err err) {
    (void)err;
}

#endif
