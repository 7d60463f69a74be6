/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/login_code.h"

#include "cli/json_output.h"
#include "cli/say.h"

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

static void show_page(struct loom_output *err, const struct loom_origin *server,
                      const struct loom_device_grant *grant) {
    struct loom_words words = {.server = server->url};
    loom_say(err, N_("Sign in to {server}\n\n1. Open this page, on this or any other device:\n\n"),
             &words);
    loom_output_strong(err, grant->page.url);
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

void loom_login_show_code(struct loom_cli *cli, const struct loom_origin *server,
                          const struct loom_device_grant *grant, int64_t expires_at) {
    struct loom_output *err = &cli->err;
    if (cli->options.json > 0) {
        print_code(cli, server, grant, expires_at);
        warn_of_foreign_page(err, server, grant);
        return;
    }
    show_page(err, server, grant);
    warn_of_foreign_page(err, server, grant);
    loom_say(err, N_("\n2. Type this code there:\n\n"), NULL);
    loom_output_strong(err, grant->user_code);
    loom_say(err,
             N_("\nGo on only if you started this sign-in yourself. Never type a code that "
                "somebody sent you, and never give this one away.\n\n"),
             NULL);
}
