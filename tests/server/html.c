/* SPDX-License-Identifier: Apache-2.0 */
#include "server/html.h"

#include "base/text.h"
#include "server/answer.h"

#include <string.h>

/* Nothing from elsewhere, no script, no frame around it. */
static const char policy[] = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
                             "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

static const char head[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<link rel=\"icon\" href=\"data:,\">\n"
    "<style>\n"
    ":root { --ink: #1c1c22; --paper: #f4f3ef; --card: #ffffff; --line: #73737d; --go: #1b4fa8;\n"
    "  --stop: #a3261f; --warn: #fff3d1; --on: #ffffff; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --ink: #ececf1; --paper: #17181c; --card: #212329; --line: #8d8f9b; --go: #9dbdff;\n"
    "    --stop: #ffaca5; --warn: #40371a; --on: #14151a; }\n"
    "}\n"
    "body { margin: 0; background: var(--paper); color: var(--ink);\n"
    "  font: 1.0625rem/1.55 system-ui, sans-serif; }\n"
    "main { box-sizing: border-box; max-width: 34rem; margin: 8vh auto; padding: 2rem;\n"
    "  background: var(--card); border-radius: .75rem; }\n"
    "h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }\n"
    "label, dt { display: block; font-weight: 600; }\n"
    "dd { margin: 0 0 .75rem; overflow-wrap: anywhere; }\n"
    "input, .code { font: 600 1.75rem/1.4 ui-monospace, monospace; letter-spacing: .05em; }\n"
    "input { box-sizing: border-box; width: 100%; margin: .4rem 0 1.2rem; padding: .5rem .75rem;\n"
    "  color: inherit; background: transparent; border: 2px solid var(--line);\n"
    "  border-radius: .5rem; }\n"
    "button { font: inherit; font-weight: 600; padding: .7rem 1.4rem; margin: 0 .5rem .5rem 0;\n"
    "  border: 2px solid var(--go); border-radius: .5rem; background: var(--go);\n"
    "  color: var(--on); cursor: pointer; }\n"
    "button.stop { background: transparent; border-color: var(--stop); color: var(--stop); }\n"
    ":focus-visible { outline: 3px solid var(--go); outline-offset: 3px; }\n"
    ".note { padding: .75rem 1rem; background: var(--warn); border-radius: .5rem; }\n"
    "footer { margin-top: 1.5rem; font-size: .875rem; }\n"
    "</style>\n";

void dev_html_add(struct dev_html *html, const char *markup) {
    if (html->err == LOOM_OK)
        html->err = loom_buffer_add_text(&html->out, markup);
}

static const char *entity(char c) {
    static const char *const entities[] = {"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&#39;"};
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
        if (entities[i][0] == c)
            return entities[i] + 1;
    return NULL;
}

void dev_html_add_text(struct dev_html *html, const char *text) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer shown = LOOM_BUFFER_INIT(DEV_HTML_MAX);
    if (html->err == LOOM_OK)
        html->err = loom_text_add_printable(&shown, text, strlen(text));
    for (size_t i = 0; html->err == LOOM_OK && i < shown.len; i++) {
        const char *instead = entity(shown.data[i]);
        if (instead != NULL)
            dev_html_add(html, instead);
        else
            html->err = loom_buffer_add(&html->out, shown.data + i, 1);
    }
}

void dev_html_begin(struct dev_html *html, const char *title) {
    dev_html_add(html, head);
    dev_html_add(html, "<title>");
    dev_html_add_text(html, title);
    dev_html_add(html, " - Loom</title>\n</head>\n<body>\n<main>\n<h1>");
    dev_html_add_text(html, title);
    dev_html_add(html, "</h1>\n");
}

enum MHD_Result dev_html_send(struct dev_html *html, struct dev_request *request, unsigned status) {
    dev_html_add(html, "<footer>This is the Loom development server at ");
    dev_html_add_text(html, request->server->base_url);
    dev_html_add(html, ". It forgets everything when it ends.</footer>\n"
                       "</main>\n</body>\n</html>\n");
    if (html->err != LOOM_OK)
        return dev_answer_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal");
    const struct dev_answer answer = {
        .status = status,
        .type = "text/html; charset=utf-8",
        .body = loom_buffer_text(&html->out),
        .headers = {{"Content-Security-Policy", policy}, {"Referrer-Policy", "no-referrer"}},
    };
    return dev_answer_send(request, &answer);
}

void dev_html_clear(struct dev_html *html) {
    loom_buffer_clear(&html->out);
}
