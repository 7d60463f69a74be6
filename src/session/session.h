/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every session function works with: the ports, borrowed for its lifetime.
 *
 *     struct loom_session session = {&http, &clock, store, &paths};
 *     err = loom_sign_in(&session, &wish, &prompt, &signed_in, error);     // session/sign_in.h
 *     err = loom_access_find(&session, &question, &credential, error);     // session/access.h
 *     err = loom_sign_out(&session, &origin, ca_file, &signed_out, error); // session/sign_out.h
 *
 * The room decides the order of things: what is checked before anybody approves anything, when a
 * credential replaces another, what is revoked. It prints nothing and asks nobody but its ports.
 */
#ifndef LOOM_SESSION_SESSION_H
#define LOOM_SESSION_SESSION_H

struct loom_clock; /* base/clock.h */
struct loom_http;  /* http/http.h */
struct loom_paths; /* system/folder.h */
struct loom_store; /* store/store.h */

struct loom_session {
    const struct loom_http *http;
    const struct loom_clock *clock;
    struct loom_store *store;
    const struct loom_paths *paths; /* for the notes of refused tokens */
};

#endif
