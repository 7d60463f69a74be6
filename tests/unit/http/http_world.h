/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client and a server that plays a script, for the tests of the HTTP client.
 *
 *     struct world world;
 *     world_open(&world, &(struct raw_config){.scripts = SCRIPT}, "127.0.0.1");
 *     assert_int_equal(world_get(&world, "/health"), LOOM_OK);
 *     ... world.response, world.error ...
 *     world_close(&world);
 *
 * The environment of whoever runs the tests does not matter: world_forget_environment, as the
 * set-up of a group, drops every variable that the client looks at.
 */
#ifndef LOOM_TESTS_UNIT_HTTP_HTTP_WORLD_H
#define LOOM_TESTS_UNIT_HTTP_HTTP_WORLD_H

#include "http/http.h"
#include "support/certificates.h"
#include "support/raw_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WORLD_JSON_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define WORLD_OK WORLD_JSON_HEAD "Content-Length: 2\r\n\r\n{}"

/* What no proxy, other server, log or error may ever see. */
#define WORLD_TOKEN "lt_0123456789MARKER"

struct world {
    struct raw_server *server;
    struct loom_http_client *client;
    struct loom_http http;
    struct loom_origin origin; /* of the server */
    struct loom_http_response response;
    struct loom_error error;
    int stop_fds[2]; /* [0] is the client's stop descriptor */
};

int world_forget_environment(void **state);

/* Start both; the origin is `host` with the server's port, https when there is a certificate. */
void world_open(struct world *world, const struct raw_config *config, const char *host);

/* As world_open on 127.0.0.1 without TLS, for a server that answers each request with `answer`. */
void world_open_answer(struct world *world, const char *answer);

/* Send a request; its origin, when NULL, is the server's. The last answer and error are forgotten.
 */
enum loom_err world_send(struct world *world, struct loom_http_request request);

enum loom_err world_get(struct world *world, const char *path);

/* POST {"device_code":"..."} with WORLD_TOKEN in it, and WORLD_TOKEN as bearer. */
enum loom_err world_post_secrets(struct world *world, const char *path);

void world_close(struct world *world);

struct loom_origin world_origin(const char *scheme, const char *host, uint16_t port);

int64_t world_now_ms(void);

/* A folder of the test's own, ended by '/', removed with its files by world_remove_folder. */
void world_make_folder(char out_folder[static 64]);
void world_remove_folder(const char *folder);

#endif
