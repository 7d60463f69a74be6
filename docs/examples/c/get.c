/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET a page of a Loom server as the person who signed in with `loom login`:
 *
 *     get https://loom.example.com /auth/me
 *
 * Three things are worth copying: the token is handed to libcurl and to nobody else, redirects are
 * not followed with it, and a 401 is told to the library, once, before the page is asked for again.
 */
#include <curl/curl.h>
#include <loom/credentials.h>
#include <stdio.h>
#include <stdlib.h>

enum { MIN_VALID_S = 60, URL_MAX = 4096, HTTP_OK = 200, HTTP_UNAUTHORIZED = 401 };

static int fail(struct loom_credentials_error *error) {
    (void)fprintf(stderr, "get: %s\n", loom_credentials_error_message(error));
    loom_credentials_error_free(error);
    return EXIT_FAILURE;
}

/* The status of the answer, whose body goes to standard output; 0: there was none. */
static long get(const char *path, const struct loom_credentials_token *token) {
    char url[URL_MAX];
    long status = 0;
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return 0;
    (void)snprintf(url, sizeof url, "%s%s", loom_credentials_token_server(token), path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, loom_credentials_token_bytes(token));
    CURLcode result = curl_easy_perform(curl);
    if (result != CURLE_OK)
        (void)fprintf(stderr, "get: %s\n", curl_easy_strerror(result));
    else
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    return status;
}

static int get_as_me(const struct loom_credentials *credentials, const char *server,
                     const char *path) {
    struct loom_credentials_error *error = NULL;
    long status = HTTP_UNAUTHORIZED;
    for (int attempt = 0; attempt < 2 && status == HTTP_UNAUTHORIZED; attempt++) {
        struct loom_credentials_token *token = NULL;
        if (loom_credentials_get_token(credentials, server, MIN_VALID_S, &token, &error) !=
            LOOM_CREDENTIALS_OK)
            return fail(error);
        status = get(path, token);
        /* The next token is another one, or there is a sentence that says what to do. */
        if (status == HTTP_UNAUTHORIZED &&
            loom_credentials_refuse(credentials, token, NULL) != LOOM_CREDENTIALS_OK)
            attempt++;
        loom_credentials_token_free(token);
    }
    if (status != HTTP_OK)
        (void)fprintf(stderr, "get: the server answered %ld\n", status);
    return status == HTTP_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
    struct loom_credentials *credentials = NULL;
    struct loom_credentials_error *error = NULL;
    if (argc != 3) {
        (void)fprintf(stderr, "usage: get SERVER PATH\n");
        return EXIT_FAILURE;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (loom_credentials_open(NULL, &credentials, &error) != LOOM_CREDENTIALS_OK)
        return fail(error);
    int status = get_as_me(credentials, argv[1], argv[2]);
    loom_credentials_close(credentials);
    curl_global_cleanup();
    return status;
}
