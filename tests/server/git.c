/* SPDX-License-Identifier: Apache-2.0 */
#include "server/git.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "server/answer.h"
#include "server/cgi.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 32 * 1024, CREDENTIALS_MAX = 4096 };

struct dev_git {
    const struct dev_answer *refusal;     /* or NULL */
    const struct dev_misbehaviour *wrong; /* or NULL */
    struct dev_cgi *cgi;                  /* NULL when refused, or handed to the answer */
};

static const struct dev_answer unauthorized = {
    .status = MHD_HTTP_UNAUTHORIZED,
    .body = "{\"error\":\"unauthorized\"}",
    .headers = {{"WWW-Authenticate", "Basic realm=\"Loom\""}},
};
static const struct dev_answer not_found = {
    .status = MHD_HTTP_NOT_FOUND,
    .body = "{\"error\":\"not_found\"}",
};
static const struct dev_answer failed = {
    .status = MHD_HTTP_INTERNAL_SERVER_ERROR,
    .body = "{\"error\":\"internal\"}",
};
static const struct dev_answer bad_gateway = {
    .status = MHD_HTTP_BAD_GATEWAY,
    .body = "{\"error\":\"git_failed\"}",
};

/* ---- May this request reach git? ---- */

/* RFC 7617 section 2: user-id and password are separated by the first colon. */
static bool is_authorized(const struct dev_request *request) {
    static const char user[] = "oauth2:";
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer credentials = LOOM_BUFFER_INIT(CREDENTIALS_MAX);
    const char *value = dev_request_credentials(request, "basic");
    if (value == NULL || loom_base64_parse(value, &credentials) != LOOM_OK)
        return false;
    const char *text = loom_buffer_text(&credentials);
    return strncmp(text, user, sizeof user - 1) == 0 &&
           dev_tokens_is_alive(request->server->tokens, text + sizeof user - 1);
}

/* One segment of a path: letters, digits, "-", "_", ".", and nothing hidden or special. */
static bool is_segment(const char *segment, size_t len) {
    if (len == 0 || segment[0] == '.' || segment[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!loom_ascii_is_alnum(segment[i]) && strchr("-_.", segment[i]) == NULL)
            return false;
    return true;
}

static bool ends_with(const char *text, size_t len, const char *end) {
    size_t end_len = strlen(end);
    return len > end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

/* /OWNER/REPO.git/SOMETHING, each segment harmless: then the path cannot leave --repos. */
static bool is_repository_path(const char *path) {
    size_t count = 0;
    while (*path == '/') {
        const char *segment = path + 1;
        size_t len = strcspn(segment, "/");
        if (!is_segment(segment, len) || (count == 1 && !ends_with(segment, len, ".git")))
            return false;
        count++;
        path = segment + len;
    }
    return *path == '\0' && count >= 3;
}

static const struct dev_answer *judge(const struct dev_request *request, const char *path) {
    if (!is_authorized(request))
        return &unauthorized;
    if (request->server->repos == NULL || !is_repository_path(path))
        return &not_found;
    return NULL;
}

/* ---- The life of a request ---- */

static enum loom_err start_cgi(struct dev_request *request, const char *path) {
    const struct dev_cgi_ask ask = {
        .root = request->server->repos,
        .path = path,
        .method = request->method,
        .query = request->query,
        .user = request->server->options->username,
        .content_type = dev_request_header(request, "Content-Type"),
        .content_length = dev_request_header(request, "Content-Length"),
        .content_encoding = dev_request_header(request, "Content-Encoding"),
        .git_protocol = dev_request_header(request, "Git-Protocol"),
        .stop_fd = request->server->stop_fd,
    };
    return dev_cgi_start(&ask, &request->git->cgi);
}

static enum MHD_Result refuse(struct dev_request *request) {
    if (request->git->wrong != NULL)
        return dev_answer_wrong(request, request->git->wrong);
    return dev_answer_send(request, request->git->refusal);
}

/*
 * A refusal waits until the body has been read (and dropped), because a client that is still
 * writing would see a broken connection instead; unless it waits for "100 Continue" itself.
 */
enum MHD_Result dev_git_begin(struct dev_request *request) {
    const char *path = request->subpath + strlen("/git");
    request->git = calloc(1, sizeof *request->git);
    if (request->git == NULL)
        return MHD_NO;
    request->git->wrong = dev_misbehaviours_take(request->server->misbehaviours, DEV_CALL_GIT);
    if (request->git->wrong == NULL)
        request->git->refusal = judge(request, path);
    bool is_refused = request->git->wrong != NULL || request->git->refusal != NULL;
    if (!is_refused && start_cgi(request, path) != LOOM_OK) {
        request->git->refusal = &failed;
        is_refused = true;
    }
    if (is_refused && dev_request_header(request, "Expect") != NULL)
        return refuse(request);
    return MHD_YES;
}

enum MHD_Result dev_git_receive(struct dev_request *request, const char *bytes, size_t len) {
    if (request->git->cgi == NULL)
        return MHD_YES;
    return dev_cgi_write(request->git->cgi, bytes, len) == LOOM_OK ? MHD_YES : MHD_NO;
}

static ssize_t read_answer(void *context, uint64_t position, char *out_bytes, size_t max) {
    (void)position;
    ssize_t len = dev_cgi_read(context, out_bytes, max);
    if (len > 0)
        return len;
    return len == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_answer(void *context) {
    dev_cgi_free(context);
}

enum MHD_Result dev_git_answer(struct dev_request *request) {
    struct dev_cgi_header header;
    struct dev_cgi *cgi = request->git->cgi;
    if (cgi == NULL)
        return refuse(request);
    enum loom_err err = dev_cgi_finish(cgi, &header);
    if (err == LOOM_ERR_INTERRUPTED)
        return MHD_NO;
    if (err != LOOM_OK)
        return dev_answer_send(request, &bad_gateway);
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_answer, cgi, free_answer);
    if (response == NULL)
        return MHD_NO;
    request->git->cgi = NULL; /* the response has it now */
    for (size_t i = 0; i < header.len; i++)
        (void)MHD_add_response_header(response, header.fields[i].name, header.fields[i].value);
    return dev_answer_queue(request, header.status, response);
}

void dev_git_end(struct dev_request *request) {
    if (request->git == NULL)
        return;
    dev_cgi_free(request->git->cgi);
    free(request->git);
    request->git = NULL;
}
