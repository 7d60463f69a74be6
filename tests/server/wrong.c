/* SPDX-License-Identifier: Apache-2.0 */
#include "server/answer.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 32 * 1024, DRIP_MS = 1000, CUT_LEN = 64 };

static enum MHD_Result send_fixed(struct dev_request *request,
                                  const struct dev_misbehaviour *wrong) {
    const struct dev_answer answer = {
        .status = wrong->status,
        .type = wrong->type,
        .body = wrong->body,
        .headers = {{wrong->header, wrong->header_value}},
    };
    return dev_answer_send(request, &answer);
}

static enum MHD_Result send_redirect(struct dev_request *request,
                                     const struct dev_misbehaviour *wrong) {
    const struct dev_answer answer = {
        .status = wrong->status,
        .body = "{}",
        .headers = {{"Location", request->server->options->redirect_to}},
    };
    return dev_answer_send(request, &answer);
}

static enum MHD_Result drop(struct dev_request *request, const struct dev_misbehaviour *wrong) {
    dev_request_log(request, wrong->status);
    return MHD_NO;
}

static enum MHD_Result hang(struct dev_request *request, const struct dev_misbehaviour *wrong) {
    dev_request_log(request, wrong->status);
    (void)dev_request_wait(request, -1);
    return MHD_NO;
}

/* ---- Bodies that come piece by piece ---- */

struct piecemeal {
    const struct dev_request *request; /* outlives the response */
    const char *body;
};

static ssize_t read_then_break(void *context, uint64_t position, char *out_bytes, size_t max) {
    const struct piecemeal *piecemeal = context;
    size_t len = strlen(piecemeal->body);
    if (position >= len)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left = len - (size_t)position;
    size_t used = left < max ? left : max;
    memcpy(out_bytes, piecemeal->body + position, used);
    return (ssize_t)used;
}

static ssize_t read_slowly(void *context, uint64_t position, char *out_bytes, size_t max) {
    const struct piecemeal *piecemeal = context;
    if (position >= strlen(piecemeal->body))
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (max == 0 || dev_request_wait(piecemeal->request, DRIP_MS))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    out_bytes[0] = piecemeal->body[position];
    return 1;
}

static ssize_t read_blanks(void *context, uint64_t position, char *out_bytes, size_t max) {
    const struct piecemeal *piecemeal = context;
    (void)position;
    if (dev_request_wait(piecemeal->request, 0))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memset(out_bytes, ' ', max);
    return (ssize_t)max;
}

static enum MHD_Result send_piecemeal(struct dev_request *request,
                                      const struct dev_misbehaviour *wrong, uint64_t size,
                                      MHD_ContentReaderCallback read) {
    struct piecemeal *piecemeal = malloc(sizeof *piecemeal);
    if (piecemeal == NULL)
        return MHD_NO;
    *piecemeal = (struct piecemeal){.request = request, .body = wrong->body};
    struct MHD_Response *response =
        MHD_create_response_from_callback(size, BLOCK_SIZE, read, piecemeal, free);
    if (response == NULL) {
        free(piecemeal);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    return dev_answer_queue(request, wrong->status, response);
}

static enum MHD_Result send_cut(struct dev_request *request, const struct dev_misbehaviour *wrong) {
    return send_piecemeal(request, wrong, strlen(wrong->body) + CUT_LEN, read_then_break);
}

static enum MHD_Result send_drip(struct dev_request *request,
                                 const struct dev_misbehaviour *wrong) {
    return send_piecemeal(request, wrong, strlen(wrong->body), read_slowly);
}

static enum MHD_Result send_flood(struct dev_request *request,
                                  const struct dev_misbehaviour *wrong) {
    return send_piecemeal(request, wrong, MHD_SIZE_UNKNOWN, read_blanks);
}

typedef enum MHD_Result wrong_sender(struct dev_request *request,
                                     const struct dev_misbehaviour *wrong);

/* What is not in here is left to the call itself. */
static wrong_sender *const senders[] = {
    [DEV_WRONG_ANSWER] = send_fixed, [DEV_WRONG_REDIRECT] = send_redirect,
    [DEV_WRONG_DROP] = drop,         [DEV_WRONG_HANG] = hang,
    [DEV_WRONG_CUT] = send_cut,      [DEV_WRONG_DRIP] = send_drip,
    [DEV_WRONG_FLOOD] = send_flood,
};

static wrong_sender *find_sender(const struct dev_misbehaviour *wrong) {
    return wrong->wrong < sizeof senders / sizeof senders[0] ? senders[wrong->wrong] : NULL;
}

enum MHD_Result dev_answer_wrong(struct dev_request *request,
                                 const struct dev_misbehaviour *wrong) {
    wrong_sender *send = find_sender(wrong);
    return send == NULL ? MHD_NO : send(request, wrong);
}

enum MHD_Result dev_answer_call(struct dev_request *request, enum dev_call call,
                                dev_handler *handle) {
    const struct dev_misbehaviour *wrong =
        dev_misbehaviours_take(request->server->misbehaviours, call);
    if (wrong != NULL && find_sender(wrong) != NULL)
        return dev_answer_wrong(request, wrong);
    request->wrong = wrong;
    return handle(request);
}
