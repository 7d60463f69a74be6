/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libmicrohttpd calls, in its own signatures: a request opens with its first line, is handed
 * in when its header has come, again for each piece of its body, once more at the body's end, and
 * closes, however it ended. The context is always the struct dev_server.
 */
#ifndef SERVER_DISPATCH_H
#define SERVER_DISPATCH_H

#include <microhttpd.h>
#include <stddef.h>

/* The only call that sees the request line as it was sent. */
void *dev_dispatch_open(void *context, const char *uri, struct MHD_Connection *connection);

enum MHD_Result dev_dispatch(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *bytes,
                             size_t *len, void **request_slot);

void dev_dispatch_close(void *context, struct MHD_Connection *connection, void **request_slot,
                        enum MHD_RequestTerminationCode why);

#endif
