/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fake_http.h"

#include "support/fake_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these four first. */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text) {
    char *copied = text == NULL ? NULL : strdup(text);
    assert_true(copied != NULL || text == NULL);
    return copied;
}

static char *copy_bytes(const char *bytes, size_t len) {
    char *copied = calloc(1, len + 1);
    assert_non_null(copied);
    memcpy(copied, bytes, len);
    return copied;
}

static char *line_of(const struct loom_http_request *request) {
    char *line = NULL;
    const char *method = request->method == LOOM_HTTP_POST ? "POST" : "GET";
    assert_true(asprintf(&line, "%s %s", method, request->path) > 0);
    return line;
}

static void remember(struct fake_http *fake, const struct loom_http_request *request) {
    struct fake_request *row = &fake->requests[fake->sent++];
    const struct loom_secret *bearer = request->bearer;
    *row = (struct fake_request){
        .line = line_of(request),
        .origin = copy(request->origin->url),
        .content_type = copy(request->content_type),
        .bearer = bearer == NULL ? NULL : copy(loom_secret_bytes(bearer)),
        .ca_file = copy(request->ca_file),
        .timeout_ms = request->timeout_ms,
        .must_complete = request->must_complete,
        .at_ms = fake->clock != NULL ? fake->clock->now_ms : 0,
    };
    if (request->content_type != NULL)
        row->body = copy_bytes(request->body, request->body_len);
    else
        assert_int_equal(request->body_len, 0);
    if (fake->journal != NULL)
        assert_int_equal(loom_buffer_add_format(fake->journal, "%s\n", row->line), LOOM_OK);
}

static const struct fake_answer *next_answer(const struct fake_http *fake, const char *line) {
    size_t at = fake->sent;
    if (at >= fake->count && fake->is_last_repeated)
        at = fake->count - 1;
    if (at >= fake->count || fake->sent == FAKE_REQUESTS_MAX)
        fail_msg("nobody expected request %zu: %s", fake->sent, line);
    if (fake->script[at].to != NULL && strcmp(fake->script[at].to, line) != 0)
        fail_msg("request %zu is %s and not %s", fake->sent, line, fake->script[at].to);
    return &fake->script[at];
}

static enum loom_err send_request(void *context, const struct loom_http_request *request,
                                  struct loom_http_response *out_response,
                                  struct loom_error *error) {
    struct fake_http *fake = context;
    char *line = line_of(request);
    const struct fake_answer *answer = next_answer(fake, line);
    free(line);
    remember(fake, request);
    if (fake->clock != NULL)
        fake_clock_pass(fake->clock, answer->takes_ms);
    if (answer->meanwhile != NULL)
        answer->meanwhile(answer->meanwhile_context);
    if (answer->err != LOOM_OK)
        return loom_error_detail(error, answer->err, answer->detail);
    const char *body = answer->json != NULL ? answer->json : answer->other;
    assert_int_equal(out_response->body.len, 0);
    if (body != NULL)
        assert_int_equal(loom_buffer_add_text(&out_response->body, body), LOOM_OK);
    out_response->status = answer->status;
    out_response->is_json = answer->json != NULL;
    out_response->date_s = answer->date_s;
    out_response->is_token_invalid = answer->is_token_invalid;
    out_response->retry_after_s = answer->retry_after_s > 0 ? answer->retry_after_s : -1;
    return LOOM_OK;
}

struct loom_http fake_http_port(struct fake_http *fake) {
    return (struct loom_http){.context = fake, .send = send_request};
}

void fake_http_reset(struct fake_http *fake) {
    for (size_t i = 0; i < fake->sent; i++) {
        struct fake_request *row = &fake->requests[i];
        free(row->line);
        free(row->origin);
        free(row->content_type);
        free(row->body);
        free(row->bearer);
        free(row->ca_file);
    }
    fake->sent = 0;
}

void fake_http_end(struct fake_http *fake) {
    size_t sent = fake->sent;
    fake_http_reset(fake);
    if (sent < fake->count)
        fail_msg("only %zu of %zu requests were made", sent, fake->count);
}
