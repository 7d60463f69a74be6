/* SPDX-License-Identifier: Apache-2.0 */
#include "server/answer.h"

#include "json/json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ANSWER_MAX = 64 * 1024 };

static const char json_type[] = "application/json";

/* libmicrohttpd tells the Date unless somebody else does. RFC 9110 section 5.6.7. */
static void add_date(struct MHD_Response *response, int64_t ahead_s) {
    struct tm parts;
    char date[sizeof "Sun, 06 Nov 1994 08:49:37 GMT"];
    time_t now = time(NULL) + (time_t)ahead_s;
    if (ahead_s != 0 && gmtime_r(&now, &parts) != NULL &&
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0)
        (void)MHD_add_response_header(response, "Date", date);
}

enum MHD_Result dev_answer_queue(struct dev_request *request, unsigned status,
                                 struct MHD_Response *response) {
    if (response == NULL)
        return MHD_NO;
    dev_request_log(request, status);
    add_date(response, request->server->options->date_ahead_s);
    enum MHD_Result result = MHD_queue_response(request->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value) {
    if (name != NULL && value != NULL)
        (void)MHD_add_response_header(response, name, value);
}

enum MHD_Result dev_answer_send(struct dev_request *request, const struct dev_answer *answer) {
    const char *body = answer->body == NULL ? "" : answer->body;
    /* Written to by nobody: libmicrohttpd copies it at once. */
    union {
        const char *text;
        void *memory;
    } bytes = {.text = body};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), bytes.memory, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    add_header(response, "Content-Type", answer->type == NULL ? json_type : answer->type);
    add_header(response, "Cache-Control", "no-store");
    add_header(response, "X-Content-Type-Options", "nosniff");
    for (size_t i = 0; i < sizeof answer->headers / sizeof answer->headers[0]; i++)
        add_header(response, answer->headers[i].name, answer->headers[i].value);
    return dev_answer_queue(request, answer->status, response);
}

enum MHD_Result dev_answer_text(struct dev_request *request, unsigned status, const char *body) {
    const struct dev_answer answer = {.status = status, .body = body};
    return dev_answer_send(request, &answer);
}

enum MHD_Result dev_answer_json(struct dev_request *request, enum loom_err err,
                                const struct loom_json *tree) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer body = LOOM_BUFFER_INIT(ANSWER_MAX);
    if (err == LOOM_OK)
        err = loom_json_print(tree, &body);
    if (err != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal");
    return dev_answer_text(request, MHD_HTTP_OK, loom_buffer_text(&body));
}

enum MHD_Result dev_answer_error(struct dev_request *request, unsigned status, const char *name) {
    char body[128];
    (void)snprintf(body, sizeof body, "{\"error\":\"%.64s\"}", name);
    return dev_answer_text(request, status, body);
}
