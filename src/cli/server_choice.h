/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which server a command is about: --server or the argument, else LOOM_SERVER, else
 * LOOM_SERVER_URL, else the only server with a credential.
 */
#ifndef LOOM_CLI_SERVER_CHOICE_H
#define LOOM_CLI_SERVER_CHOICE_H

#include "base/origin.h"
#include "cli/cli.h"
#include "store/store.h"

enum loom_choice {
    LOOM_CHOICE_NAMED,   /* by the person: option, argument or environment */
    LOOM_CHOICE_ONLY,    /* the only one stored */
    LOOM_CHOICE_NOTHING, /* none named and none stored; nothing was said */
    LOOM_CHOICE_SEVERAL, /* none named and several stored; they were listed on stderr */
    LOOM_CHOICE_FAILED,  /* what was named cannot be used, or the store cannot be read; it was said
                          */
};

/*
 * `argument` NULL: the command got none. *out_status is the exit status with SEVERAL and FAILED.
 * Needs an open store unless a server is named.
 */
enum loom_choice loom_server_choose(struct loom_cli *cli, const char *argument,
                                    struct loom_origin *out_origin, int *out_status);

/* Parse what a person typed and say what is wrong with it. LOOM_ERR_USAGE: it was said. */
LOOM_CHECKED enum loom_err loom_server_parse(struct loom_cli *cli, const char *typed,
                                             struct loom_origin *out_origin);

/* Every stored server. */
struct loom_server_list {
    struct loom_origin *origins; /* owned */
    size_t count;
    /* The keys of imports besides, whose servers nobody has named yet; owned. */
    char (*unnamed)[LOOM_STORE_KEY_MAX];
    size_t unnamed_count;
    struct loom_error blind; /* why a place could not be read, else LOOM_OK; not of ..._read() */
    bool has_failed;         /* no memory */
};

LOOM_CHECKED enum loom_err loom_server_list_read(struct loom_cli *cli,
                                                 struct loom_server_list *out_list,
                                                 struct loom_error *error);

/*
 * Read every place, whichever of them --store or LOOM_STORE names. What one of them hides is in
 * `blind`; a keyring that is not there hides nothing.
 */
void loom_server_list_read_everywhere(struct loom_cli *cli, struct loom_server_list *out_list);

/*
 * Read the places in which commands look. Where one is damaged, what the other showed stays in the
 * list, and why is in `blind`; a keyring that was passed over is no such reason.
 */
void loom_server_list_read_usual(struct loom_cli *cli, struct loom_server_list *out_list);

/* Does one of the list have the key of this import, and so speak for it? */
bool loom_server_list_has_key(const struct loom_server_list *list, const char *unnamed);

/*
 * Was the keyring passed over, because it is locked, hangs or fails? Then what it holds is hidden,
 * and *error tells why; else *error stays as it is.
 */
bool loom_server_hidden(struct loom_cli *cli, struct loom_error *error);

/* Add a server that is not in the list yet, at its end. LOOM_ERR_INTERNAL: no memory. */
LOOM_CHECKED enum loom_err loom_server_list_add(struct loom_server_list *list,
                                                const struct loom_origin *server);

/* Say that one of several has to be named, and list them. Returns the exit status. */
int loom_server_list_several(struct loom_cli *cli, const struct loom_server_list *list);

void loom_server_list_clear(struct loom_server_list *list);

#endif
