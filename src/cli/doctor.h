/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of `loom doctor` share. A check is a small function that looks at one thing and
 * tells what it found, at once:
 *
 *     loom_doctor_tell(doctor, &(struct loom_finding){
 *         .id = "here.browser", .verdict = LOOM_VERDICT_OK,
 *         .message = N_("Pages are opened with this program:\n\n    {path}\n"),
 *         .words = {.path = path}, .data = data});
 *
 * The report is made to be pasted in public. A finding never holds a token or a code, the value of
 * a variable or of git's configuration that may hold one, the name of a proxy, or a user's name:
 * paths go through loom_doctor_path().
 *
 *     doctor.c          the command: the table of checks, which server
 *     doctor_here.c     the program, language, browser
 *     doctor_variables.c   what the environment changes
 *     doctor_keyring.c  the system keyring
 *     doctor_vault.c    the encrypted file, and where a sign-in would go
 *     doctor_server.c, doctor_certificate.c   the way to the server, and what it is
 *     doctor_sign_in.c  the sign-in that is stored
 *     doctor_git.c      git and its helpers
 *     doctor_view.c     for people and for programs
 */
#ifndef LOOM_CLI_DOCTOR_H
#define LOOM_CLI_DOCTOR_H

#include "cli/cli.h"
#include "cli/git_settings.h"
#include "cli/say.h"
#include "http/probe.h"
#include "store/keyring_examine.h"
#include "store/vault_examine.h"
#include "json/json.h"

enum {
    LOOM_DOCTOR_SERVER_MS = 5000,                      /* each request */
    LOOM_DOCTOR_CLOCK_S = 120,                         /* a difference that matters to nobody */
    LOOM_DOCTOR_ROWS_MAX = 64 + LOOM_GIT_SETTINGS_MAX, /* each helper has one */
};

enum loom_verdict {
    LOOM_VERDICT_OK,
    LOOM_VERDICT_WARN,    /* it works, and is worth a look */
    LOOM_VERDICT_FAIL,    /* it does not work */
    LOOM_VERDICT_SKIPPED, /* there is nothing to look at, or something before it failed */
};

enum loom_datum_kind {
    LOOM_DATUM_END = 0,
    LOOM_DATUM_TEXT,   /* NULL and "": null */
    LOOM_DATUM_NUMBER, /* below 0: null */
    LOOM_DATUM_TIME,   /* 0: null */
    LOOM_DATUM_LIST,   /* `list`, NULL-terminated */
    LOOM_DATUM_FLAG,
    LOOM_DATUM_SIGNED, /* a number that may be below 0 */
};

/* One member of "data". */
struct loom_datum {
    const char *name;
    enum loom_datum_kind kind;
    const char *text;
    int64_t number;
    const char *const *list;
};

struct loom_finding {
    const char *id;
    enum loom_verdict verdict;
    const char *message;
    const char *fix; /* what to do; NULL: nothing */
    struct loom_words words;
    int status;                    /* what a sign-in would end with because of it; 0: it works */
    const struct loom_datum *data; /* ends with LOOM_DATUM_END; NULL: none */
};

/* What is looked at side by side, before the server's and the keyring's checks tell of it. */
struct loom_doctor_server {
    struct loom_probe probe;
    struct loom_error error; /* of the probe */
    long status;             /* of the answer; 0: none came */
    int64_t skew_s;          /* how far our clock is ahead of the server's */
    bool has_skew;
    bool is_standard;
    struct loom_error recognised; /* LOOM_OK: it is a server to sign in to */
};

struct loom_doctor {
    struct loom_cli *cli;
    const char *group;                            /* of the last finding, for people */
    bool has_gap;                                 /* the last one ended with an empty line */
    struct loom_json *rows[LOOM_DOCTOR_ROWS_MAX]; /* owned; for programs */
    size_t rows_len;
    bool has_failed;
    bool lacks_memory; /* what is told may be wrong */
    int status;        /* what `loom login` would end with */

    bool has_server;
    struct loom_origin server;
    char *ca_file; /* owned; of --cacert or LOOM_CA_FILE, else what is remembered, or NULL */

    enum loom_place place;
    bool has_paths;
    struct loom_error paths_error;
    struct loom_keyring_options keyring_options;
    struct loom_keyring_findings keyring;
    enum loom_err keyring_err; /* LOOM_OK: `keyring` is filled */
    struct loom_vault_findings vault;
    struct loom_doctor_server found;
    struct loom_secret *token; /* owned; the one that would be used, or NULL */
    bool is_renewal_due;       /* whoever asks for it next renews it */
};

/* ---- doctor_view.c ---- */

void loom_doctor_tell(struct loom_doctor *doctor, const struct loom_finding *finding);

/* What is said of a check that something before it made pointless. */
extern const char loom_doctor_skipped[];

/* A path without whose home it is in: "~/.config/loom", "/home/.../x". */
const char *loom_doctor_path(const char *path, char out_path[static LOOM_STORE_PATH_MAX]);

/* Print the report, or its last sentence for people. Returns the exit status. */
int loom_doctor_end(struct loom_doctor *doctor);

/* ---- The checks ---- */

void loom_doctor_here(struct loom_doctor *doctor);
void loom_doctor_variables(struct loom_doctor *doctor);

/* Look, which may run beside others; then tell. */
void loom_doctor_keyring_look(struct loom_doctor *doctor);
void loom_doctor_keyring(struct loom_doctor *doctor);
void loom_doctor_vault(struct loom_doctor *doctor);
void loom_doctor_place(struct loom_doctor *doctor);

void loom_doctor_server_look(struct loom_doctor *doctor);
void loom_doctor_server(struct loom_doctor *doctor);
void loom_doctor_certificate(struct loom_doctor *doctor);

void loom_doctor_sign_in(struct loom_doctor *doctor);
void loom_doctor_git(struct loom_doctor *doctor);

#endif
