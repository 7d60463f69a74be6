/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libloom-credentials: the tokens of the `loom` program, for other programs of the same person.
 *
 * A person signs in once, with `loom login`. This library finds that sign-in where the program
 * keeps it, renews it when it is about to end, and hands the token out; it never asks a person for
 * a name or a password, and it never signs in.
 *
 *     struct loom_credentials *credentials = NULL;
 *     struct loom_credentials_token *token = NULL;
 *     struct loom_credentials_error *error = NULL;
 *
 *     enum loom_credentials_result result =
 *         loom_credentials_open(NULL, &credentials, &error);
 *     if (result == LOOM_CREDENTIALS_OK)
 *         result = loom_credentials_get_token(credentials, "https://loom.example.com", 60,
 *                                             &token, &error);
 *     if (result == LOOM_CREDENTIALS_OK)
 *         use(loom_credentials_token_bytes(token), loom_credentials_token_len(token));
 *     else
 *         puts(loom_credentials_error_message(error));
 *
 *     loom_credentials_token_free(token);
 *     loom_credentials_error_free(error);
 *     loom_credentials_close(credentials);
 *
 * SOURCES. RFC 6749 (OAuth 2.0) section 6 for renewing, RFC 6750 for the token and its header, RFC
 * 7009 for revocation; the project's docs/PROTOCOL.md, docs/VAULT-FORMAT.md and docs/SECURITY.md.
 *
 * OWNERSHIP. What a function hands out by an `out_` parameter belongs to the caller, who gives it
 * back to the function of that kind (..._free, ..._close); NULL is allowed there. A pointer that is
 * returned belongs to the handle that was asked, and dies with it. What is given in is copied.
 * `out_` parameters are written on success alone, `out_error` on failure alone: set them to NULL
 * first. `out_error` may be NULL.
 *
 * TEXT is UTF-8 and ends with a NUL. What a server said was made safe to be shown: no control
 * character, no change of direction. UNITS stand in names: _s seconds, _ms milliseconds, _len
 * bytes, _at seconds since 1970-01-01T00:00:00Z.
 *
 * THREADS. Every function may be called by any thread at any time. An opened store is never changed
 * by a call: any number of threads may use one at once, and nobody waits for a lock of ours inside
 * the process. Any other handle may be read by several threads at once, too. Only free or close a
 * handle when no call is using it, and only change options in one thread. As ever in C, no thread
 * may change the environment (setenv) meanwhile. A stack of 256 KiB is enough. After fork(), parent
 * and child may both go on with what was opened before, and both may read the system keyring; once
 * the parent used libsecret, a child can neither change a keyring nor read one that is locked, and
 * is told so (LOOM_CREDENTIALS_KEYRING_UNAVAILABLE); the encrypted file works.
 *
 * THE PROCESS is the caller's: its locale, environment, signals and their masks, umask, limits,
 * current folder, standard streams and memory functions are left as they are. No function prints,
 * exits, starts a program, or leaves a descriptor open. Five libraries are opened when they are
 * first needed, and stay: cJSON (libcjson.so.1) to read what is stored, OpenSSL's libcrypto for the
 * encrypted file, libcurl to renew or to revoke; where there is a system keyring libsystemd to read
 * it, and libsecret for all else. A program that uses libcurl itself calls curl_global_init()
 * before, as libcurl demands of it; GLib, under libsecret, keeps threads of its own from then on,
 * and its connection to the session bus, whose end then ends nobody. OpenSSL, under libcurl, may
 * register an exit handler. A cJSON that the program has in itself is neither used nor touched. One
 * that uses libcjson.so.1 shares it, and that library has one set of hooks: what was given to
 * cJSON_InitHooks() is called for us, too, so it has to work in any thread and to stay as it is
 * while a call runs, and cJSON_GetErrorPtr() may speak of us.
 */
#ifndef LOOM_CREDENTIALS_H
#define LOOM_CREDENTIALS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && __GNUC__ >= 4
#define LOOM_CREDENTIALS_API __attribute__((visibility("default")))
#define LOOM_CREDENTIALS_CHECKED LOOM_CREDENTIALS_API __attribute__((warn_unused_result))
#else
#define LOOM_CREDENTIALS_API
#define LOOM_CREDENTIALS_CHECKED
#endif

/* ---- Version ---- */

/* Of this header. Below 1.0 a new minor version may change the interface; the SONAME says so. */
#define LOOM_CREDENTIALS_VERSION_MAJOR 0
#define LOOM_CREDENTIALS_VERSION_MINOR 1
#define LOOM_CREDENTIALS_VERSION_PATCH 0
#define LOOM_CREDENTIALS_VERSION "0.1.0"

/* Of the library that the program runs with, like "0.1.0". Never NULL. */
LOOM_CREDENTIALS_API const char *loom_credentials_version(void);

/* ---- Errors ---- */

/*
 * What can go wrong, as the program says it (`loom token --format json`: "code"). The list is
 * closed: no other value is ever returned, and what fits none of them, now or in a later version,
 * is LOOM_CREDENTIALS_OTHER.
 */
enum loom_credentials_result {
    LOOM_CREDENTIALS_OK = 0,
    LOOM_CREDENTIALS_OTHER = 1,           /* no memory, a fault of the library, or none of these */
    LOOM_CREDENTIALS_USAGE = 2,           /* what the caller or the environment says is no use: an
                                             address that is none, LOOM_TOKEN without LOOM_SERVER */
    LOOM_CREDENTIALS_NOT_SIGNED_IN = 3,   /* there is no sign-in, or it has expired */
    LOOM_CREDENTIALS_REJECTED = 4,        /* the server no longer accepts the sign-in */
    LOOM_CREDENTIALS_DENIED = 5,          /* the server refuses this program, not the person */
    LOOM_CREDENTIALS_NETWORK = 6,         /* unreachable, no answer in time, a server in trouble */
    LOOM_CREDENTIALS_TLS = 7,             /* no safe connection: certificate, authority, protocol */
    LOOM_CREDENTIALS_PROXY = 8,           /* the proxy, not the server, failed or refused */
    LOOM_CREDENTIALS_NOT_LOOM = 9,        /* something answers, but it is not a Loom server */
    LOOM_CREDENTIALS_BAD_ANSWER = 10,     /* an answer that is no use, or that points elsewhere */
    LOOM_CREDENTIALS_KEYRING_LOCKED = 11, /* the system keyring is locked */
    LOOM_CREDENTIALS_KEYRING_UNAVAILABLE = 12, /* it was asked for: absent, hung or failing */
    LOOM_CREDENTIALS_STORAGE = 13, /* disk full, read-only, a foreign folder, a lock not free */
    LOOM_CREDENTIALS_DAMAGED = 14  /* what is stored is damaged or of an unknown version: left */
};

/*
 * The stable English name of a result: "ok", "internal" (of OTHER, and of any number that is none
 * of these), "usage", "not_signed_in", "rejected", "denied", "network", "tls", "proxy", "not_loom",
 * "bad_answer", "keyring_locked", "keyring_unavailable", "storage", "damaged". Never NULL.
 */
LOOM_CREDENTIALS_API const char *loom_credentials_result_name(enum loom_credentials_result result);

/*
 * More about one failure. Public by construction: it never holds a secret. It may be NULL where
 * there was no memory for it; each function below then speaks of LOOM_CREDENTIALS_OTHER.
 */
struct loom_credentials_error;

LOOM_CREDENTIALS_API enum loom_credentials_result
loom_credentials_error_result(const struct loom_credentials_error *error);

/*
 * What happened and what to do, the sentence that the program says for the same error, in English
 * whatever the locale; lines to be copied stand alone behind four blanks. Never NULL.
 */
LOOM_CREDENTIALS_API const char *
loom_credentials_error_message(const struct loom_credentials_error *error);

/* The path, address or word that the error is about, made safe to be shown; "" when there is none.
 */
LOOM_CREDENTIALS_API const char *
loom_credentials_error_detail(const struct loom_credentials_error *error);

/* The HTTP status of the answer that caused it (RFC 9110 section 15), or 0. */
LOOM_CREDENTIALS_API long
loom_credentials_error_http_status(const struct loom_credentials_error *error);

/* The `error` of the server's answer (RFC 6749 section 5.2), like "invalid_grant"; "" for none. */
LOOM_CREDENTIALS_API const char *
loom_credentials_error_oauth_error(const struct loom_credentials_error *error);

/* The errno that says more, or 0. */
LOOM_CREDENTIALS_API int
loom_credentials_error_os_error(const struct loom_credentials_error *error);

LOOM_CREDENTIALS_API void loom_credentials_error_free(struct loom_credentials_error *error);

/* ---- Options ---- */

/* Where sign-ins are looked for. */
enum loom_credentials_place {
    LOOM_CREDENTIALS_PLACE_DEFAULT = 0, /* what LOOM_STORE says, else AUTO */
    LOOM_CREDENTIALS_PLACE_AUTO = 1,    /* the system keyring, and the encrypted file */
    LOOM_CREDENTIALS_PLACE_KEYRING = 2, /* the keyring alone: fail where it cannot be used */
    LOOM_CREDENTIALS_PLACE_FILE = 3     /* the encrypted file alone */
};

#define LOOM_CREDENTIALS_TIMEOUT_MS 30000 /* what a call takes at most, unless told otherwise */
#define LOOM_CREDENTIALS_TIMEOUT_MAX_MS 600000 /* ten minutes: the most that can be asked for */
#define LOOM_CREDENTIALS_STORING_MS 10000      /* and what it may take besides, see below */

struct loom_credentials_options;

/* The defaults, to be changed before opening. OTHER: no memory. */
LOOM_CREDENTIALS_CHECKED enum loom_credentials_result
loom_credentials_options_new(struct loom_credentials_options **out_options);

/* USAGE: not a place. */
LOOM_CREDENTIALS_CHECKED enum loom_credentials_result
loom_credentials_options_set_place(struct loom_credentials_options *options,
                                   enum loom_credentials_place place);

/*
 * Trust the certificates of this PEM file besides the system's, those of LOOM_CA_FILE, and what a
 * sign-in remembers for its own server. An absolute path; NULL: none (the default). It is read when
 * a server is spoken to. USAGE: not an absolute path. OTHER: no memory.
 */
LOOM_CREDENTIALS_CHECKED enum loom_credentials_result
loom_credentials_options_set_ca_file(struct loom_credentials_options *options, const char *path);

/*
 * How long a call may take, 1 to LOOM_CREDENTIALS_TIMEOUT_MAX_MS; default
 * LOOM_CREDENTIALS_TIMEOUT_MS. Time in which the machine sleeps counts. In less than half a second
 * nothing is renewed; and give a renewal ten, for many a server has ended the old refresh token by
 * the time at which nobody waits for the new one any more. Once something is being stored or
 * deleted that is not cut short: then a call may take LOOM_CREDENTIALS_STORING_MS more, as when
 * another process holds a lock. USAGE: outside that range.
 */
LOOM_CREDENTIALS_CHECKED enum loom_credentials_result
loom_credentials_options_set_timeout(struct loom_credentials_options *options, int timeout_ms);

/*
 * May the system keyring, where it is locked, ask the person for its password in a window of its
 * own, once a call? 0: never (the default); else it may, where a window can appear, within the time
 * of the call.
 */
LOOM_CREDENTIALS_API void
loom_credentials_options_set_prompting(struct loom_credentials_options *options, int may_prompt);

/*
 * Do LOOM_SERVER (or LOOM_SERVER_URL), LOOM_TOKEN, LOOM_TOKEN_FILE and LOOM_STORE count, as they do
 * for `loom token`? 1: yes (the default). 0: only what the caller says, and what is stored. They
 * are read when the store is opened, the file of LOOM_TOKEN_FILE when a token is asked for. Where
 * files lie (HOME, XDG_CONFIG_HOME, XDG_DATA_HOME), where the keyring is (DBUS_SESSION_BUS_ADDRESS,
 * XDG_RUNTIME_DIR), proxies, SSL_CERT_FILE and LOOM_CA_FILE count in any case.
 */
LOOM_CREDENTIALS_API void
loom_credentials_options_set_environment(struct loom_credentials_options *options, int is_used);

LOOM_CREDENTIALS_API void loom_credentials_options_free(struct loom_credentials_options *options);

/* ---- The store ---- */

struct loom_credentials;

/*
 * Find out where sign-ins are kept. Nothing is opened or made yet, and nobody is asked. `options`
 * NULL: the defaults; they may be freed afterwards. Costs a few kilobytes and no descriptor.
 *
 * USAGE: LOOM_STORE names no place; LOOM_TOKEN without LOOM_SERVER, or one of them cannot be used.
 * STORAGE: no home folder can be found, or it is somebody else's. OTHER: no memory.
 */
LOOM_CREDENTIALS_CHECKED enum loom_credentials_result
loom_credentials_open(const struct loom_credentials_options *options,
                      struct loom_credentials **out_credentials,
                      struct loom_credentials_error **out_error);

/* Wipe and free. */
LOOM_CREDENTIALS_API void loom_credentials_close(struct loom_credentials *credentials);

/* ---- Servers ---- */

/* A list of addresses, in the one spelling in which they are compared, sorted by their bytes. */
struct loom_credentials_servers;

/*
 * List the servers with a stored sign-in; that of LOOM_TOKEN is not stored. Empty is OK.
 * KEYRING_LOCKED, KEYRING_UNAVAILABLE (with PLACE_KEYRING alone: else what the keyring holds is
 * left out), STORAGE, DAMAGED, OTHER.
 */
LOOM_CREDENTIALS_CHECKED enum loom_credentials_result
loom_credentials_list_servers(const struct loom_credentials *credentials,
                              struct loom_credentials_servers **out_servers,
                              struct loom_credentials_error **out_error);

LOOM_CREDENTIALS_API size_t
loom_credentials_servers_count(const struct loom_credentials_servers *servers);

/* The address with this index, from 0; NULL: there are not so many. */
LOOM_CREDENTIALS_API const char *
loom_credentials_servers_at(const struct loom_credentials_servers *servers, size_t index);

LOOM_CREDENTIALS_API void loom_credentials_servers_free(struct loom_credentials_servers *servers);

/* ---- Tokens ---- */

#define LOOM_CREDENTIALS_TOKEN_MAX_LEN 49152   /* bytes of a token */
#define LOOM_CREDENTIALS_MIN_VALID_MAX_S 86400 /* a day */

/* A token, and what belongs to it. It wipes itself when it is freed. */
struct loom_credentials_token;

/*
 * Give the token for `server`, an address like "https://loom.example.com" (a bare host means
 * https). One that is good for less than `min_valid_s` seconds (0 to
 * LOOM_CREDENTIALS_MIN_VALID_MAX_S) is renewed first if the server gives new ones out, under the
 * same lock as the program's own, so that many processes make one request. While the old token
 * lives, a renewal that fails is no failure: see loom_credentials_token_warning(). Where the server
 * gives out none that live so long, half their life is enough. The server is not asked whether it
 * still accepts the token: who is refused with it says so with loom_credentials_refuse().
 *
 * The token of LOOM_TOKEN or LOOM_TOKEN_FILE wins for exactly the server in LOOM_SERVER.
 *
 * USAGE: not an address, min_valid_s out of range, no token in LOOM_TOKEN or its file.
 * NOT_SIGNED_IN, REJECTED, KEYRING_LOCKED, KEYRING_UNAVAILABLE, STORAGE, DAMAGED, OTHER; and, where
 * an expired one could not be renewed: DENIED, NETWORK, TLS, PROXY, NOT_LOOM, BAD_ANSWER.
 */
LOOM_CREDENTIALS_CHECKED enum loom_credentials_result
loom_credentials_get_token(const struct loom_credentials *credentials, const char *server,
                           int min_valid_s, struct loom_credentials_token **out_token,
                           struct loom_credentials_error **out_error);

/* The secret itself: 1 to LOOM_CREDENTIALS_TOKEN_MAX_LEN bytes of 0x21 to 0x7e, and a NUL. */
LOOM_CREDENTIALS_API const char *
loom_credentials_token_bytes(const struct loom_credentials_token *token);

/* How many they are, the NUL not counted. */
LOOM_CREDENTIALS_API size_t loom_credentials_token_len(const struct loom_credentials_token *token);

/* What stands before it in the header Authorization (RFC 6750 section 2.1): "Bearer". */
LOOM_CREDENTIALS_API const char *
loom_credentials_token_type(const struct loom_credentials_token *token);

/* The user name that goes with it, as the password, for git over HTTPS: "oauth2". */
LOOM_CREDENTIALS_API const char *
loom_credentials_token_git_username(const struct loom_credentials_token *token);

/* The server that it is for, and the only one to send it to: canonical, as in the list. */
LOOM_CREDENTIALS_API const char *
loom_credentials_token_server(const struct loom_credentials_token *token);

/* When it ends, in seconds since 1970-01-01T00:00:00Z; 0: not known. */
LOOM_CREDENTIALS_API int64_t
loom_credentials_token_expires_at(const struct loom_credentials_token *token);

/* 1: from LOOM_TOKEN or LOOM_TOKEN_FILE. 0: a stored sign-in. */
LOOM_CREDENTIALS_API int
loom_credentials_token_is_from_environment(const struct loom_credentials_token *token);

/*
 * The sentence, as with errors, of why it is no newer one, or why the new one could not be stored;
 * NULL: all is well.
 */
LOOM_CREDENTIALS_API const char *
loom_credentials_token_warning(const struct loom_credentials_token *token);

/* Wipe and free. */
LOOM_CREDENTIALS_API void loom_credentials_token_free(struct loom_credentials_token *token);

/*
 * The server answered 401 to this token. That is noted if it is still the stored one; the next
 * loom_credentials_get_token() then renews it, or asks the server itself, once, and says REJECTED
 * if it is dead. Changes nothing for a token of the environment. KEYRING_LOCKED,
 * KEYRING_UNAVAILABLE, STORAGE, DAMAGED, OTHER.
 */
LOOM_CREDENTIALS_CHECKED enum loom_credentials_result
loom_credentials_refuse(const struct loom_credentials *credentials,
                        const struct loom_credentials_token *token,
                        struct loom_credentials_error **out_error);

/* ---- Deleting ---- */

enum loom_credentials_ending {
    LOOM_CREDENTIALS_SIGN_OUT = 0, /* ask the server to end the token, ten seconds at most; then
                                      delete it here, whatever the server said */
    LOOM_CREDENTIALS_FORGET = 1 /* delete it here; the server hears nothing, and accepts the token
                                   as long as it lives */
};

/* What became of the token at the server. */
enum loom_credentials_revocation {
    LOOM_CREDENTIALS_REVOKED = 0,     /* ended, or dead before */
    LOOM_CREDENTIALS_NOT_REVOKED = 1, /* could not be told, so it may still accept the token */
    LOOM_CREDENTIALS_UNREVOCABLE = 2, /* it has no way to end a token */
    LOOM_CREDENTIALS_NOT_ASKED = 3    /* FORGET */
};

/*
 * Delete the sign-in to `server` in every place, and look again. `out_revocation` may be NULL. The
 * environment's token is not touched.
 *
 * OK: nothing is left here; *out_revocation says whether the server knows, and only that is to be
 * looked at besides. NOT_SIGNED_IN: there was none. Else the first place's error, and there it may
 * still be: KEYRING_LOCKED, KEYRING_UNAVAILABLE, STORAGE, DAMAGED, NETWORK (out of time), OTHER.
 * USAGE: not an address, not an ending.
 */
LOOM_CREDENTIALS_CHECKED enum loom_credentials_result
loom_credentials_delete(const struct loom_credentials *credentials, const char *server,
                        enum loom_credentials_ending ending,
                        enum loom_credentials_revocation *out_revocation,
                        struct loom_credentials_error **out_error);

#ifdef __cplusplus
}
#endif

#endif
