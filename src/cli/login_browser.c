/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/login_browser.h"

#include "cli/json_output.h"
#include "cli/say.h"

#include <stdio.h>

/* What a person is told at once; NULL: nothing. */
static const char *const plans[] = {
    [LOOM_BROWSER_OPENS] = N_("Your browser should open by itself."),
    [LOOM_BROWSER_REMOTE] = N_("No browser was opened, because this is a remote session."),
    [LOOM_BROWSER_NO_DISPLAY] = N_("No browser was opened, because there is no screen here."),
    [LOOM_BROWSER_NEVER] = NULL,
};

static int64_t now_ms(const struct loom_cli *cli) {
    const struct loom_clock *clock = &cli->ports->clock;
    return clock->now_ms(clock->context);
}

static void tell(struct loom_login_browser *browser, const char *result) {
    LOOM_CLEANUP(loom_json_drop) struct loom_json *object = NULL;
    if (browser->is_told || browser->cli == NULL)
        return;
    browser->is_told = true;
    if (browser->cli->options.json > 0 && loom_json_output_new("browser", &object) == LOOM_OK &&
        loom_json_add_text(object, "result", result) == LOOM_OK)
        loom_json_output_line(browser->cli, object);
}

void loom_login_browser_start(struct loom_login_browser *out_browser, struct loom_cli *cli,
                              const struct loom_device_grant *grant) {
    *out_browser = (struct loom_login_browser){.cli = cli, .shown_ms = now_ms(cli)};
    loom_browser_world_read(&out_browser->world);
    enum loom_browser_plan plan =
        cli->options.no_browser > 0 ? LOOM_BROWSER_NEVER
                                    : loom_browser_plan(&out_browser->world, cli->err.is_terminal);
    out_browser->is_planned = plan == LOOM_BROWSER_OPENS;
    (void)snprintf(out_browser->url, sizeof out_browser->url, "%s",
                   grant->has_complete ? grant->complete.url : grant->page.url);
    if (!out_browser->is_planned)
        tell(out_browser, "not_tried");
    if (plans[plan] != NULL && cli->options.json == 0)
        loom_say(&cli->err, plans[plan], NULL);
}

void loom_login_browser_tick(struct loom_login_browser *browser) {
    if (!browser->is_planned ||
        now_ms(browser->cli) - browser->shown_ms < LOOM_LOGIN_BROWSER_DELAY_MS)
        return;
    if (!browser->is_started)
        loom_browser_open(&browser->browser, &browser->world, browser->url);
    browser->is_started = true;
    enum loom_browser_state state = loom_browser_poll(&browser->browser, now_ms(browser->cli));
    if (state == LOOM_BROWSER_OPENED)
        tell(browser, "opened");
    if (state != LOOM_BROWSER_FAILED || browser->is_told)
        return;
    tell(browser, "failed");
    if (browser->cli->options.json == 0)
        loom_say(&browser->cli->err,
                 N_("The browser could not be opened. Please open the page yourself."), NULL);
}

/* What was not opened yet must not be any more: the address may have the old code in it. */
void loom_login_browser_hold(struct loom_login_browser *browser) {
    browser->is_planned = browser->is_planned && browser->is_started;
}

void loom_login_browser_again(struct loom_login_browser *browser) {
    if (browser->is_started && browser->cli->options.json == 0)
        loom_say(&browser->cli->err,
                 N_("Your browser is not opened again. If the page is still there, load it anew."),
                 NULL);
}

void loom_login_browser_end(struct loom_login_browser *browser) {
    static const char *const results[] = {
        [LOOM_BROWSER_PENDING] = "not_tried",
        [LOOM_BROWSER_OPENED] = "opened",
        [LOOM_BROWSER_FAILED] = "failed",
    };
    tell(browser,
         results[browser->is_started ? loom_browser_end(&browser->browser) : LOOM_BROWSER_PENDING]);
}
