/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two files that tests read while the server runs: the request log, which holds no secret by
 * construction, and the list of secrets issued, which holds nothing else.
 *
 * Lines are appended whole and flushed at once. A journal opened without a path keeps nothing.
 */
#ifndef SERVER_JOURNAL_H
#define SERVER_JOURNAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dev_journal;

/* LOOM_ERR_STORAGE: it cannot be opened. The file is made with mode 0600. */
LOOM_CHECKED enum loom_err dev_journal_open(const char *path, struct dev_journal **out_journal,
                                            struct loom_error *error);
void dev_journal_close(struct dev_journal *journal);

struct dev_log_line {
    int64_t t_ms;              /* when the request came */
    const char *method;        /* untrusted */
    const char *path;          /* untrusted, without its query */
    unsigned status;           /* 0: never answered */
    const char *authorization; /* "none", "bearer", "basic" or "other" */
    uint64_t body_len;         /* bytes of the request's body */
    unsigned peer_port;        /* of the client: the same for all requests of one connection */
    bool git;
    const char *grant; /* of a token call: "device_code" or "refresh_token"; else "" */
};

/*
 * Append one request. Runs of 32 or more letters and digits in the path are left out: a client
 * that wrongly puts a code or a token there must not get it into the log.
 */
void dev_journal_log(struct dev_journal *journal, const struct dev_log_line *line);

/* Append "KIND SECRET". */
void dev_journal_note(struct dev_journal *journal, const char *kind, const char *secret);

#endif
