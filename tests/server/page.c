/* SPDX-License-Identifier: Apache-2.0 */
#include "server/routes.h"

#include "server/clock.h"
#include "server/form.h"
#include "server/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- The three pages ---- */

/* Where the code is typed; `problem` says why it is asked for again, or is NULL. */
static enum MHD_Result send_form(struct dev_request *request, unsigned status, const char *typed,
                                 const char *problem) {
    LOOM_CLEANUP(dev_html_clear) struct dev_html html = DEV_HTML_INIT;
    dev_html_begin(&html, "Sign in a program");
    if (problem != NULL) {
        dev_html_add(&html, "<p class=\"note\" role=\"alert\" id=\"problem\">");
        dev_html_add_text(&html, problem);
        dev_html_add(&html, "</p>\n");
    }
    dev_html_add(&html, "<p>A program in your terminal shows a code. Go on only if you started it "
                        "yourself.</p>\n"
                        "<form method=\"post\">\n"
                        "<label for=\"user_code\">Code from your terminal</label>\n"
                        "<input id=\"user_code\" name=\"user_code\" required maxlength=\"32\" "
                        "inputmode=\"numeric\" autocomplete=\"off\" spellcheck=\"false\" "
                        "placeholder=\"123-456-789\" autofocus value=\"");
    dev_html_add_text(&html, typed);
    dev_html_add(&html, problem == NULL ? "\"" : "\" aria-describedby=\"problem\"");
    dev_html_add(&html, ">\n<button type=\"submit\">Continue</button>\n</form>\n");
    return dev_html_send(&html, request, status);
}

static void add_age(struct dev_html *html, int64_t started_ms) {
    char age[64];
    int64_t age_s = (dev_clock_now_ms() - started_ms) / 1000;
    (void)snprintf(age, sizeof age, "%" PRId64 " s ago", age_s);
    dev_html_add(html, "<dt>Started</dt><dd>");
    dev_html_add_text(html, age);
    dev_html_add(html, "</dd>\n");
}

/* Which program asks, and the two buttons. */
static enum MHD_Result send_question(struct dev_request *request, const struct dev_code *code) {
    LOOM_CLEANUP(dev_html_clear) struct dev_html html = DEV_HTML_INIT;
    dev_html_begin(&html, "Let this program in?");
    dev_html_add(&html, "<dl>\n<dt>Program</dt><dd>");
    dev_html_add_text(&html, code->program[0] == '\0' ? "(it gives no name)" : code->program);
    dev_html_add(&html, "</dd>\n<dt>Code</dt><dd class=\"code\">");
    dev_html_add_text(&html, code->user_code);
    dev_html_add(&html, "</dd>\n");
    add_age(&html, code->started_ms);
    dev_html_add(&html, "<dt>It will act as</dt><dd>");
    dev_html_add_text(&html, request->server->options->name);
    dev_html_add(&html,
                 "</dd>\n</dl>\n"
                 "<p class=\"note\"><strong>Go on only if you started this yourself</strong> and "
                 "your terminal shows the same code. If somebody sent you the code, deny.</p>\n"
                 "<form method=\"post\">\n"
                 "<input type=\"hidden\" name=\"user_code\" value=\"");
    dev_html_add_text(&html, code->user_code);
    dev_html_add(&html, "\">\n"
                        "<button name=\"decision\" value=\"approve\">Approve</button>\n"
                        "<button name=\"decision\" value=\"deny\" class=\"stop\">Deny</button>\n"
                        "</form>\n");
    return dev_html_send(&html, request, MHD_HTTP_OK);
}

static enum MHD_Result send_outcome(struct dev_request *request, bool is_approved) {
    LOOM_CLEANUP(dev_html_clear) struct dev_html html = DEV_HTML_INIT;
    dev_html_begin(&html, is_approved ? "Approved" : "Denied");
    dev_html_add(&html, is_approved ? "<p role=\"status\">The program is signed in. You may close "
                                      "this page and go back to your terminal.</p>\n"
                                    : "<p role=\"status\">The program was not let in. You may "
                                      "close this page.</p>\n");
    return dev_html_send(&html, request, MHD_HTTP_OK);
}

/* ---- The calls ---- */

enum MHD_Result dev_page_show(struct dev_request *request) {
    char typed[DEV_FORM_VALUE_SIZE] = "";
    (void)dev_form_find(request->query, "user_code", typed);
    return send_form(request, MHD_HTTP_OK, typed, NULL);
}

static const char unknown_code[] =
    "There is no such code waiting. It may have expired, or been used already: compare it with "
    "your terminal.";

enum MHD_Result dev_page_submit(struct dev_request *request) {
    const char *form = loom_buffer_text(&request->body);
    struct dev_codes *codes = request->server->codes;
    struct dev_code code;
    char typed[DEV_FORM_VALUE_SIZE] = "";
    char decision[DEV_FORM_VALUE_SIZE] = "";
    if (!dev_request_is_type(request, "application/x-www-form-urlencoded"))
        return dev_answer_error(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
    (void)dev_form_find(form, "user_code", typed);
    (void)dev_form_find(form, "decision", decision);
    if (dev_codes_find(codes, typed, &code) != LOOM_OK)
        return send_form(request, MHD_HTTP_NOT_FOUND, typed, unknown_code);
    bool is_approved = strcmp(decision, "approve") == 0;
    if (!is_approved && strcmp(decision, "deny") != 0)
        return send_question(request, &code);
    if (dev_codes_decide(codes, typed, is_approved) != LOOM_OK)
        return send_form(request, MHD_HTTP_NOT_FOUND, typed, unknown_code);
    return send_outcome(request, is_approved);
}
