/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page under construction. Its own markup goes in as it is, everything else escaped; the first
 * failure sticks and is told at the end.
 *
 *     LOOM_CLEANUP(dev_html_clear) struct dev_html html = DEV_HTML_INIT;
 *     dev_html_begin(&html, "Sign in");
 *     dev_html_add(&html, "<p>");
 *     dev_html_add_text(&html, untrusted);
 *     return dev_html_send(&html, request, 200);
 */
#ifndef SERVER_HTML_H
#define SERVER_HTML_H

#include "base/buffer.h"
#include "server/request.h"

#include <microhttpd.h>

enum { DEV_HTML_MAX = 64 * 1024 };

struct dev_html {
    struct loom_buffer out;
    enum loom_err err;
};

#define DEV_HTML_INIT                                                                              \
    { .out = LOOM_BUFFER_INIT(DEV_HTML_MAX), .err = LOOM_OK }

/* Everything up to and including the heading. */
void dev_html_begin(struct dev_html *html, const char *title);

/* Markup. Only for literals. */
void dev_html_add(struct dev_html *html, const char *markup);

/* Text from anywhere: made printable, then escaped for content and quoted attributes. */
void dev_html_add_text(struct dev_html *html, const char *text);

/* Close what dev_html_begin() opened, and send. */
enum MHD_Result dev_html_send(struct dev_html *html, struct dev_request *request, unsigned status);

void dev_html_clear(struct dev_html *html);

#endif
