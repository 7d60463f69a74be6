/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/login_code.h"

#include "cli/json_output.h"
#include "cli/say.h"
#include "system/stream.h"
#include "terminal/qr.h"

#include <stdio.h>

static enum loom_err add_code(const struct loom_cli *cli, const struct loom_origin *server,
                              const struct loom_device_grant *grant, struct loom_json *object) {
    /* Whoever reads the log of a CI run could approve with the complete address. */
    const char *complete =
        grant->has_complete && !cli->environment.is_ci ? grant->complete.url : NULL;
    enum loom_err err = loom_json_add_text(object, "server", server->url);
    if (err == LOOM_OK)
        err = loom_json_add_text(object, "verification_url", grant->page.url);
    if (err == LOOM_OK)
        err = loom_json_add_text(object, "verification_url_complete", complete);
    return err == LOOM_OK ? loom_json_add_text(object, "user_code", grant->user_code) : err;
}

static void print_code(struct loom_cli *cli, const struct loom_origin *server,
                       const struct loom_device_grant *grant, int64_t expires_at) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *object = NULL;
    enum loom_err err = loom_json_output_new("code", &object);
    if (err == LOOM_OK)
        err = add_code(cli, server, grant, object);
    if (err == LOOM_OK)
        err = loom_json_output_time(object, "expires_at", expires_at);
    if (err == LOOM_OK)
        err = loom_json_add_number(object, "interval", grant->terms.interval_s);
    if (err == LOOM_OK)
        loom_json_output_line(cli, object);
    else
        cli->out.has_failed = true;
}

/* Whoever reads JSON is warned on stderr. */
static void warn_of_foreign_page(struct loom_output *err, const struct loom_origin *server,
                                 const struct loom_device_grant *grant) {
    struct loom_words words = {.detail = grant->page.origin.url};
    if (!loom_origin_is_same_host(&grant->page.origin, server))
        loom_say_always(err,
                        N_("\nThis page is not on the server that you named. Be sure that you "
                           "trust it:\n\n    {detail}\n"),
                        &words);
}

static void warn(struct loom_output *err) {
    loom_say(err,
             N_("\nGo on only if you started this sign-in yourself. Never type a code that "
                "somebody sent you, and never give this one away.\n\n"),
             NULL);
}

static void show_as_text(struct loom_output *err, const struct loom_origin *server,
                         const struct loom_device_grant *grant) {
    struct loom_words words = {.server = server->url};
    loom_say(err, N_("Sign in to {server}\n\n1. Open this page, on this or any other device:\n\n"),
             &words);
    loom_output_address(err, grant->page.url);
    warn_of_foreign_page(err, server, grant);
    loom_say(err, N_("\n2. Type this code there:\n\n"), NULL);
    loom_output_strong(err, grant->user_code);
    warn(err);
}

/* ---- The QR code ---- */

/*
 * Beside the picture: the code above, the browser's sentence and the live line below, which may be
 * broken where the terminal is narrow.
 */
enum { ROWS_BESIDE = 3, ROWS_BESIDE_NARROW = 5, SIZE_MAX_LEN = 32 };

/* One line for whoever asked and gets none; NULL: there is one. */
static const char *const refusals[] = {
    [LOOM_QR_FINE] = NULL,
    [LOOM_QR_NO_TERMINAL] =
        N_("No QR code is shown, because the output does not go to a terminal."),
    [LOOM_QR_PLAIN] = N_("No QR code is shown, because this terminal shows plain text alone."),
    [LOOM_QR_NOT_UTF8] =
        N_("No QR code is shown, because this terminal does not seem to show UTF-8."),
    [LOOM_QR_NO_LIBRARY] =
        N_("No QR code is shown, because libqrencode is not installed or cannot be used."),
    [LOOM_QR_TOO_SMALL] =
        N_("No QR code is shown, because it needs a larger terminal, of at least {detail}."),
    [LOOM_QR_FAILED] = N_("No QR code is shown, because this address does not fit into one."),
};

static const char beside_json[] = N_("No QR code is shown beside JSON.");

/*
 * RFC 8628 section 3.3.1: the complete address spares the typing. Whoever sees this terminal sees
 * the code anyway, but a log of CI is read by others, who could approve with it.
 */
static const char *address_to_scan(const struct loom_cli *cli,
                                   const struct loom_device_grant *grant) {
    return grant->has_complete && !cli->environment.is_ci ? grant->complete.url : grant->page.url;
}

/*
 * What must stay on the screen together stands last: the code, and the picture below it. RFC 8628
 * section 3.3.1: "Clients MUST still display the user_code", and section 5.4: the person compares.
 */
static void show_with_qr(struct loom_output *err, const struct loom_origin *server,
                         const struct loom_device_grant *grant, const struct loom_qr *qr) {
    struct loom_words words = {.server = server->url};
    loom_say(
        err,
        N_("Sign in to {server}\n\n1. Open this page, on this or any other device, or scan the "
           "QR code below:\n\n"),
        &words);
    loom_output_address(err, grant->page.url);
    warn_of_foreign_page(err, server, grant);
    warn(err);
    loom_say(
        err,
        N_("2. Type this code there. If the page shows a code already, go on only if it is this "
           "one:\n\n"),
        NULL);
    loom_output_strong(err, grant->user_code);
    loom_qr_draw(err, qr);
}

static void say_why_not(struct loom_output *err, enum loom_qr_refusal refusal,
                        const struct loom_qr *qr) {
    char size[SIZE_MAX_LEN];
    (void)snprintf(size, sizeof size, "%ux%u", qr->columns, qr->rows);
    loom_say(err, refusals[refusal], &(struct loom_words){.detail = size});
}

static void try_qr(struct loom_cli *cli, const struct loom_origin *server,
                   const struct loom_device_grant *grant) {
    LOOM_CLEANUP(loom_qr_clear) struct loom_qr qr = LOOM_QR_INIT;
    bool is_narrow = loom_stream_columns(cli->err.fd) < LOOM_OUTPUT_COLUMNS;
    enum loom_qr_refusal refusal = loom_qr_prepare(
        &cli->err, address_to_scan(cli, grant), is_narrow ? ROWS_BESIDE_NARROW : ROWS_BESIDE, &qr);
    if (refusal == LOOM_QR_FINE) {
        show_with_qr(&cli->err, server, grant, &qr);
        return;
    }
    show_as_text(&cli->err, server, grant);
    say_why_not(&cli->err, refusal, &qr);
}

void loom_login_show_code(struct loom_cli *cli, const struct loom_origin *server,
                          const struct loom_device_grant *grant, int64_t expires_at) {
    struct loom_output *err = &cli->err;
    if (cli->options.json > 0) {
        print_code(cli, server, grant, expires_at);
        warn_of_foreign_page(err, server, grant);
        if (cli->options.qr > 0)
            loom_say(err, beside_json, NULL);
        return;
    }
    if (cli->options.qr > 0)
        try_qr(cli, server, grant);
    else
        show_as_text(err, server, grant);
}
