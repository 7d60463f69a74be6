/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/http/http_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int world_forget_environment(void **state) {
    static const char *const NAMES[] = {
        "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "LOOM_CA_FILE", "SSLKEYLOGFILE",
        "http_proxy",    "HTTP_PROXY",   "https_proxy",    "HTTPS_PROXY",  "all_proxy",
        "ALL_PROXY",     "no_proxy",     "NO_PROXY",       "OPENSSL_CONF",
    };
    (void)state;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        assert_int_equal(unsetenv(NAMES[i]), 0);
    return 0;
}

struct loom_origin world_origin(const char *scheme, const char *host, uint16_t port) {
    char url[512];
    struct loom_origin origin;
    (void)snprintf(url, sizeof url, "%s://%s:%u", scheme, host, (unsigned)port);
    assert_int_equal(loom_origin_parse(url, strlen(url), &origin, NULL), LOOM_OK);
    return origin;
}

void world_open(struct world *world, const struct raw_config *config, const char *host) {
    *world = (struct world){.response = LOOM_HTTP_RESPONSE_INIT, .error = LOOM_ERROR_INIT};
    assert_int_equal(pipe(world->stop_fds), 0);
    world->server = raw_server_start(config);
    world->origin = world_origin(config->certificate != NULL ? "https" : "http", host,
                                 raw_server_port(world->server));
    assert_int_equal(loom_http_client_new(&world->stop_fds[0], &world->client), LOOM_OK);
    world->http = loom_http_client_port(world->client);
}

void world_open_answer(struct world *world, const char *answer) {
    static struct raw_step steps[3];
    static const struct raw_step *const SCRIPT[] = {steps, NULL};
    steps[0] = (struct raw_step){.action = RAW_READ};
    steps[1] = (struct raw_step){.action = RAW_SEND, .text = answer};
    steps[2] = (struct raw_step){.action = RAW_END};
    world_open(world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
}

enum loom_err world_send(struct world *world, struct loom_http_request request) {
    loom_http_response_clear(&world->response);
    world->error = (struct loom_error)LOOM_ERROR_INIT;
    if (request.origin == NULL)
        request.origin = &world->origin;
    enum loom_err err =
        world->http.send(world->http.context, &request, &world->response, &world->error);
    /* What holds after every request: see the contract of struct loom_http and base/error.h. */
    assert_int_equal(world->error.code, err);
    if (err != LOOM_OK)
        assert_int_equal(world->response.status, 0);
    assert_null(strstr(world->error.detail, "MARKER"));
    return err;
}

enum loom_err world_get(struct world *world, const char *path) {
    return world_send(world, (struct loom_http_request){.method = LOOM_HTTP_GET, .path = path});
}

enum loom_err world_post_secrets(struct world *world, const char *path) {
    static const char BODY[] = "{\"device_code\":\"" WORLD_TOKEN "\"}";
    LOOM_CLEANUP(loom_secret_drop) struct loom_secret *token = NULL;
    assert_int_equal(loom_secret_new(WORLD_TOKEN, strlen(WORLD_TOKEN), &token), LOOM_OK);
    return world_send(world, (struct loom_http_request){.method = LOOM_HTTP_POST,
                                                        .path = path,
                                                        .content_type = "application/json",
                                                        .body = BODY,
                                                        .body_len = strlen(BODY),
                                                        .bearer = token});
}

void world_close(struct world *world) {
    loom_http_response_clear(&world->response);
    loom_http_client_free(world->client);
    raw_server_stop(world->server);
    (void)close(world->stop_fds[0]);
    (void)close(world->stop_fds[1]);
}

int64_t world_now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void world_make_folder(char out_folder[static 64]) {
    char name[] = "/tmp/loom-http-XXXXXX";
    assert_non_null(mkdtemp(name));
    (void)snprintf(out_folder, 64, "%s/", name);
}

void world_remove_folder(const char *folder) {
    DIR *stream = opendir(folder);
    assert_non_null(stream);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            assert_int_equal(unlinkat(dirfd(stream), entry->d_name, 0), 0);
    (void)closedir(stream);
    assert_int_equal(rmdir(folder), 0);
}
