/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When `loom login` opens the page by itself, and what it says of it.
 *
 *     struct loom_login_browser browser;
 *     loom_login_browser_start(&browser, cli, &grant);   // with the code on the screen
 *     loom_login_browser_tick(&browser);                 // before every wait
 *     loom_login_browser_hold(&browser);                 // when the code expired
 *     loom_login_browser_again(&browser);                // with another one on the screen
 *     loom_login_browser_end(&browser);                  // when the sign-in is over
 *
 * The page opens LOOM_LOGIN_BROWSER_DELAY_MS after the code was shown: who wants another browser,
 * or did not start this, has that long to look.
 */
#ifndef LOOM_CLI_LOGIN_BROWSER_H
#define LOOM_CLI_LOGIN_BROWSER_H

#include "cli/cli.h"
#include "oauth/oauth.h"
#include "terminal/browser.h"

enum { LOOM_LOGIN_BROWSER_DELAY_MS = 2000 };

struct loom_login_browser {
    struct loom_cli *cli;
    struct loom_browser_world world;
    struct loom_browser browser;
    char url[LOOM_PAGE_MAX +
             1];      /* what is opened: with the code in it where the server offers that */
    int64_t shown_ms; /* when the code came on the screen */
    bool is_planned;  /* the page is to be opened */
    bool is_started;
    bool is_told; /* the outcome was said */
};

void loom_login_browser_start(struct loom_login_browser *out_browser, struct loom_cli *cli,
                              const struct loom_device_grant *grant);
void loom_login_browser_tick(struct loom_login_browser *browser);
void loom_login_browser_hold(struct loom_login_browser *browser);
void loom_login_browser_again(struct loom_login_browser *browser);
void loom_login_browser_end(struct loom_login_browser *browser);

#endif
