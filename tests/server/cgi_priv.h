/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two halves of cgi.c that stand in files of their own: the child and the header.
 */
#ifndef SERVER_CGI_PRIV_H
#define SERVER_CGI_PRIV_H

#include "server/cgi.h"

struct dev_cgi_child {
    pid_t pid;  /* also its process group */
    int input;  /* git's standard input, non-blocking */
    int output; /* git's standard output */
};

/* Start `git http-backend`. Its standard error is that of the server. */
LOOM_CHECKED enum loom_err dev_cgi_spawn(const struct dev_cgi_ask *ask,
                                         struct dev_cgi_child *out_child);

/* The length of the header that `text` begins with, its empty line included; 0: not complete. */
size_t dev_cgi_header_len(const char *text, size_t len);

/* Take a complete header apart, in place. LOOM_ERR_BAD_ANSWER: not a header. */
LOOM_CHECKED enum loom_err dev_cgi_header_parse(char *text, size_t len,
                                                struct dev_cgi_header *out_header);

#endif
