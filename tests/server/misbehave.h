/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server can do wrong on request, by name: one table (tests/server/README.md explains
 * the rows). A misbehaviour belongs to one call; some happen once or twice and then are over.
 */
#ifndef SERVER_MISBEHAVE_H
#define SERVER_MISBEHAVE_H

#include "base/error.h"
#include "server/options.h"

#include <stddef.h>

enum dev_call {
    DEV_CALL_OTHER,  /* has no misbehaviours: pages, control */
    DEV_CALL_START,  /* in the standard dialect: device authorization */
    DEV_CALL_POLL,   /* in the standard dialect: a token for a device code */
    DEV_CALL_ME,     /* in the standard dialect: userinfo */
    DEV_CALL_LOGOUT, /* in the standard dialect: revocation */
    DEV_CALL_META,   /* either place of the standard dialect's metadata */
    DEV_CALL_REFRESH,
    DEV_CALL_GIT,
    DEV_CALL_ANY, /* only in the table: every call but DEV_CALL_OTHER */
};

enum dev_wrong {
    DEV_WRONG_ANSWER,   /* a fixed answer */
    DEV_WRONG_REDIRECT, /* to --redirect-to */
    DEV_WRONG_DROP,     /* the connection closes without an answer */
    DEV_WRONG_HANG,     /* no answer, for as long as the client stays */
    DEV_WRONG_CUT,      /* less of the body than Content-Length says */
    DEV_WRONG_DRIP,     /* the body, one byte a second */
    DEV_WRONG_FLOOD,    /* blanks without end, chunked */
    /* The call goes on, but with its answer something is wrong: */
    DEV_WRONG_PAGE,       /* of start: `body` is the address of the page */
    DEV_WRONG_CODE,       /* of start: `body` is the user_code */
    DEV_WRONG_TOKEN_TYPE, /* of a token: `body` is its type; NULL: none is told */
    DEV_WRONG_LIFE,       /* of a token: a text instead of a number of seconds */
    DEV_WRONG_KEEP,       /* of a refresh: no other refresh token this time */
    DEV_WRONG_LOST,       /* of a refresh: done, but the answer is lost */
    DEV_WRONG_ISSUER,     /* of metadata: `body` is the issuer */
    DEV_WRONG_ENDPOINT,   /* of metadata: `body` is the token endpoint */
    DEV_WRONG_ENDPOINTS,  /* of metadata: they are below --redirect-to */
    DEV_WRONG_NO_DEVICE,  /* of metadata: no device authorization endpoint */
    DEV_WRONG_BARE,       /* of metadata: no endpoint for revocation, none for userinfo */
};

struct dev_misbehaviour {
    const char *name;
    enum dev_call call;
    enum dev_wrong wrong;
    unsigned status;
    unsigned times;           /* 0: always */
    const char *type;         /* NULL: application/json */
    const char *body;         /* NULL: "" */
    const char *header;       /* NULL: no further header */
    const char *header_value; /* of `header` */
};

struct dev_misbehaviours;

/* The names in the order of the table, then NULL. */
const char *dev_misbehaviour_name(size_t index);

/* LOOM_ERR_USAGE: no such name; detail holds it. */
LOOM_CHECKED enum loom_err dev_misbehaviours_new(const struct dev_names *names,
                                                 struct dev_misbehaviours **out_misbehaviours,
                                                 struct loom_error *error);
void dev_misbehaviours_free(struct dev_misbehaviours *misbehaviours);

/* Let `name` be the only active one, from its first time on; "" is none. LOOM_ERR_NOT_FOUND. */
LOOM_CHECKED enum loom_err dev_misbehaviours_replace(struct dev_misbehaviours *misbehaviours,
                                                     const char *name);

/* What to do wrong at this call, counted as done; NULL: nothing. */
const struct dev_misbehaviour *dev_misbehaviours_take(struct dev_misbehaviours *misbehaviours,
                                                      enum dev_call call);

#endif
