/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the files of this room divide the work. Only for the room and its tests.
 *
 *     version.c      the version
 *     error.c        from an error of the rooms below to a result and a handle
 *     options.c      what can be chosen before opening
 *     environment.c  what the environment says besides, and its token
 *     credentials.c  opening: an opened store is written once, here, and only read after that
 *     call.c         one call: a store, a client and ports that know when it has to end
 *     servers.c, token.c, delete.c   the calls
 *
 * Nothing is shared between two calls but what they only read: that is why any number of threads
 * may use one opened store.
 */
#ifndef LOOM_API_API_PRIV_H
#define LOOM_API_API_PRIV_H

#include "base/clock.h"
#include "base/error.h"
#include "base/origin.h"
#include "base/secret.h"
#include "http/http.h"
#include "session/session.h"
#include "store/keyring_first.h"
#include "system/folder.h"
#include "system/sigpipe.h"

#include <loom/credentials.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- error.c ---- */

/*
 * Hand an error on: the result that it is, and in *out_error (NULL: nobody wants it) the rest.
 * `server` NULL: none is concerned. An error of a call that ran out of time is that, too.
 */
enum loom_credentials_result loom_api_fail(const struct loom_error *why, const char *server,
                                           struct loom_credentials_error **out_error);

/* The same for an address that is none, with the sentence that says what to type. */
enum loom_credentials_result loom_api_fail_address(enum loom_err err, enum loom_origin_fault fault,
                                                   struct loom_credentials_error **out_error);

/* ---- options.c ---- */

struct loom_credentials_options {
    enum loom_credentials_place place;
    char *ca_file; /* owned; NULL: none */
    int timeout_ms;
    bool may_prompt;
    bool uses_environment;
};

/* The defaults. */
void loom_api_options_init(struct loom_credentials_options *options);

/* ---- environment.c ---- */

/* What was read from the environment, once. Empty: nothing, or not to be looked at. */
struct loom_api_environment {
    bool has_token;            /* for `server`, from `token` or `token_file` */
    struct loom_origin server; /* valid if has_token */
    struct loom_secret *token; /* owned; NULL: it is in the file */
    char *token_file;          /* owned */
    char *bus_address;         /* owned; DBUS_SESSION_BUS_ADDRESS */
    char *runtime_folder;      /* owned; XDG_RUNTIME_DIR */
    bool has_window;           /* a window can appear to the person who sits here */
};

/*
 * Read it; `options` says whether our own variables count. *place becomes what LOOM_STORE says, if
 * that is asked. *environment is written in any case, and the caller's to clear. LOOM_ERR_USAGE:
 * they cannot be used; the detail is the finished sentence. LOOM_ERR_INTERNAL: no memory.
 */
LOOM_CHECKED enum loom_err loom_api_environment_read(const struct loom_credentials_options *options,
                                                     struct loom_api_environment *environment,
                                                     enum loom_place *place,
                                                     struct loom_error *error);

/* Its token. LOOM_ERR_USAGE: there is none in its file; as above. LOOM_ERR_INTERNAL. */
LOOM_CHECKED enum loom_err
loom_api_environment_token(const struct loom_api_environment *environment,
                           struct loom_secret **out_token, struct loom_error *error);

void loom_api_environment_clear(struct loom_api_environment *environment);

/* ---- credentials.c ---- */

/* An opened store: written by open, read by everybody, until it is closed. */
struct loom_credentials {
    struct loom_paths paths;
    enum loom_place place;
    char *ca_file; /* owned; NULL: none */
    int timeout_ms;
    bool may_prompt;
    struct loom_api_environment environment;
};

/* ---- call.c ---- */

/* What one call works with. It points into itself, so it does not move. */
struct loom_api_call {
    const struct loom_credentials *credentials;
    struct loom_clock real;
    struct loom_clock clock; /* says LOOM_ERR_INTERRUPTED when the time is over */
    struct loom_http real_http;
    struct loom_http http; /* lets no request take longer than there is time */
    struct loom_http_client *client;
    struct loom_store *store;
    int64_t until_ms;          /* when the call has to end, on `clock` */
    int64_t requests_until_ms; /* and its requests */
    struct loom_session session;
    struct loom_sigpipe sigpipe;
};

/*
 * Begin a call: nothing is asked yet. To be ended in any case, whatever this returns.
 * LOOM_ERR_INTERNAL: no memory.
 */
LOOM_CHECKED enum loom_err loom_api_call_begin(const struct loom_credentials *credentials,
                                               struct loom_api_call *call);

/* Leave this much of the time, at least, to what comes after the requests. */
void loom_api_call_spare(struct loom_api_call *call, int spare_ms);

void loom_api_call_end(struct loom_api_call *call);

/* ---- token.c ---- */

struct loom_credentials_token {
    struct loom_origin server;
    struct loom_secret *secret; /* owned */
    int64_t expires_at;         /* epoch seconds; 0: unknown */
    bool is_from_environment;
    struct loom_buffer warning; /* empty: all is well */
};

#endif
