// SPDX-License-Identifier: Apache-2.0
// A person's hands and eyes at a real Chromium: drive.cjs CHROMIUM PROFILE [FLAG...]
//
// Orders come on standard input, one JSON object a line, and each is answered by one line:
//   {"open": URL, "sees": TEXT}     a fresh window, without cookies; closes the one before; with
//                                   "sees" it waits for the page that says this
//   {"fill": LABEL, "text": TEXT}   type into the field of this label, or with this hint in it
//   {"press": NAME}                 press the button of this name and wait for the next page
//   {"shoot": FILE}                 a picture of the first element of the class "shot"
// The answer is what is seen: {"url", "title", "text", "buttons", "secure"}, or {"error"}.
// The end of the input ends the browser and this program.
'use strict';

const path = require('path');
const readline = require('readline');
const { chromium } = require(path.join(process.env.LOOM_NODE_MODULES, 'playwright-core'));

const PATIENCE_MS = 20000;
const [executablePath, profile, ...flags] = process.argv.slice(2);

// Nothing of this talks to anybody but the page that is opened.
const QUIET = [
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-default-apps',
  '--disable-domain-reliability', '--disable-dev-shm-usage', '--no-proxy-server',
];

// Chromium's own sandbox wants rights that root and a container do not have: try, then go without.
async function launch() {
  const options = { executablePath, headless: true, args: [...QUIET, ...flags], timeout: 60000 };
  for (const chromiumSandbox of process.getuid() === 0 ? [false] : [true, false]) {
    try {
      return await chromium.launchPersistentContext(profile, { ...options, chromiumSandbox });
    } catch (error) {
      if (!chromiumSandbox) throw error;
    }
  }
  throw new Error('not reached');
}

async function seen(page) {
  const buttons = await page.getByRole('button').allInnerTexts();
  return {
    url: page.url(),
    title: await page.title(),
    text: await page.innerText('body'),
    buttons,
    secure: await page.evaluate(() => window.isSecureContext),
  };
}

async function obey(context, order) {
  if (order.open !== undefined) {
    await Promise.all(context.pages().slice(1).map((old) => old.close()));
    await context.clearCookies();
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(order.open);
    if (order.sees) await page.getByText(order.sees).first().waitFor();
    return seen(page);
  }
  const page = context.pages()[context.pages().length - 1];
  page.setDefaultTimeout(PATIENCE_MS);
  if (order.fill !== undefined) {
    await page.getByLabel(order.fill).or(page.getByPlaceholder(order.fill)).fill(order.text);
  } else if (order.press !== undefined) {
    await Promise.all([
      page.waitForNavigation(),
      page.getByRole('button', { name: order.press, exact: true }).click(),
    ]);
  } else if (order.shoot !== undefined) {
    await page.locator('.shot').first().screenshot({ path: order.shoot, omitBackground: true });
  }
  return seen(page);
}

async function main() {
  const context = await launch();
  console.log(JSON.stringify({ version: context.browser()?.version() ?? 'chromium' }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let answer;
    try {
      answer = await obey(context, JSON.parse(line));
    } catch (error) {
      answer = { error: String(error) };
    }
    console.log(JSON.stringify(answer));
  }
  await context.close();
}

main().catch((error) => {
  console.log(JSON.stringify({ error: String(error) }));
  process.exit(1);
});
