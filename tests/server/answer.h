/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers: built whole, logged, then handed to libmicrohttpd. Each function returns what a handler
 * has to return to it.
 */
#ifndef SERVER_ANSWER_H
#define SERVER_ANSWER_H

#include "server/misbehave.h"
#include "server/request.h"

#include <microhttpd.h>

struct loom_json;

struct dev_header {
    const char *name;
    const char *value;
};

struct dev_answer {
    unsigned status;
    const char *type; /* NULL: application/json */
    const char *body;
    struct dev_header headers[4]; /* up to the first without a name */
};

enum MHD_Result dev_answer_send(struct dev_request *request, const struct dev_answer *answer);

/* `body` is JSON. */
enum MHD_Result dev_answer_text(struct dev_request *request, unsigned status, const char *body);

/* `err` of building the tree so far; anything but LOOM_OK becomes a 500. */
enum MHD_Result dev_answer_json(struct dev_request *request, enum loom_err err,
                                const struct loom_json *tree);

/* {"error":"NAME"} */
enum MHD_Result dev_answer_error(struct dev_request *request, unsigned status, const char *name);

/* Send what a misbehaviour wants, of those that answer instead of the call. */
enum MHD_Result dev_answer_wrong(struct dev_request *request, const struct dev_misbehaviour *wrong);

/* Answers a request whose body is complete. */
typedef enum MHD_Result dev_handler(struct dev_request *request);

/*
 * Let `handle` answer, unless a misbehaviour of `call` is due: it answers instead, or stands in
 * request->wrong for the handler to see.
 */
enum MHD_Result dev_answer_call(struct dev_request *request, enum dev_call call,
                                dev_handler *handle);

/* Log, queue and let go of `response`. */
enum MHD_Result dev_answer_queue(struct dev_request *request, unsigned status,
                                 struct MHD_Response *response);

#endif
