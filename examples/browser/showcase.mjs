// Drives the showcase in a browser: `node showcase.mjs PROGRAM [STACK..]`. With SCREENSHOTS=DIR it leaves
// pictures of the pages there.

import assert from "node:assert/strict";

import { Checks, launch, open, serve, violations } from "./browser.mjs";

const HOSTS = { hyper: "hyper", actix: "actix-web", tower: "axum" };
const WIDTHS = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } };

const [program, ...named] = process.argv.slice(2);
const stacks = named.length ? named : Object.keys(HOSTS);
const browser = await launch();

const answer = (page, id) => page.locator(`#${id} .answer`);
const shownCards = (page) => page.locator("article:visible");
const query = (page) => new URL(page.url()).searchParams.get("q");

// Waits until the page has taken a search into its address.
function addressed(page, text) {
  return page.waitForFunction((text) => new URLSearchParams(location.search).get("q") === text, text);
}

async function sendAll(page) {
  await page.locator("#send-all").click();
  await page.waitForFunction(() => document.getElementById("summary").textContent.startsWith("Sent"), null, { timeout: 120_000 });
  return page.locator("#summary").textContent();
}

async function drive(stack, checks) {
  const server = await serve(program, "--stack", stack);
  const check = (name, run) => checks.check(`${stack}: ${name}`, run);
  const at = (path) => `${server.url}${path}`;
  try {
    await thePage(check, at, stack);
    await sockets(check, at);
    await cards(check, at);
    await looks(check, at, stack);
    await errorsAndDoors(check, at);
  } finally {
    server.terminate();
  }
  await check("the server ends in peace", async () => assert.equal(await server.ended, 0));
}

// The page itself: what it says, the search, links, the keyboard, copying.
async function thePage(check, at, stack) {
  const { context, page, errors } = await open(browser);
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: at("") });
  await page.goto(at("/"));
  const all = await shownCards(page).count();

  await check("/ leads to the showcase, which names its server", async () => {
    assert.equal(page.url(), at("/showcase"));
    const server = await page.locator(".server strong").textContent();
    assert.equal(server, HOSTS[stack]);
    assert(all > 50, `${all} cards`);
  });

  await check("the name of a group finds its cards, and is in the address", async () => {
    await page.locator("#filter").fill("Upgrades");
    assert.equal(await shownCards(page).count(), 6);
    await addressed(page, "Upgrades");
    assert.equal(await page.locator("#announcer").textContent(), `6 of ${all} cards`);
    await page.reload();
    assert.equal(await page.locator("#filter").inputValue(), "Upgrades");
    assert.equal(await shownCards(page).count(), 6);
    await page.locator("#filter").fill("upgrades chat");
    assert.equal(await shownCards(page).count(), 1);
  });

  await check("the keyboard: / searches, Escape shows all again", async () => {
    await page.locator("#lab_ws_chat .send").focus();
    await page.keyboard.press("/");
    assert(await page.locator("#filter").evaluate((field) => field === document.activeElement));
    await page.keyboard.press("Escape");
    assert.equal(await shownCards(page).count(), all);
    await addressed(page, null);
    // In a field, it is a character like others.
    await page.locator("#body-lab_echo").focus();
    await page.keyboard.press("End");
    await page.keyboard.press("/");
    assert.match(await page.locator("#body-lab_echo").inputValue(), /\//);
  });

  await check("a search without a result says so", async () => {
    await page.locator("#filter").fill("no such card anywhere");
    assert(await page.locator("#nothing").isVisible());
    await page.locator("#clear").click();
    assert.equal(await shownCards(page).count(), all);
  });

  await check("a link to a card shows it below the bar", async () => {
    for (const address of ["/showcase#lab_fail_late", "/showcase?q=chat#lab_fail_late"]) {
      await page.goto("about:blank");
      await page.goto(at(address));
      await page.waitForFunction(() => document.getElementById("lab_fail_late").getBoundingClientRect().top < 300);
      const [bar, card] = await page.evaluate(() => [
        document.querySelector(".tools").getBoundingClientRect().bottom,
        document.getElementById("lab_fail_late").getBoundingClientRect().top,
      ]);
      assert(card >= bar, `the card begins at ${card}, the bar ends at ${bar}`);
    }
    await page.locator("#lab_panic .anchor").click();
    assert.equal(new URL(page.url()).hash, "#lab_panic");
    await page.goto(at("/showcase"));
    for (const link of await page.locator("nav a").all()) {
      assert.equal(await page.locator(await link.getAttribute("href")).count(), 1);
    }
  });

  await check("the first stop of the keyboard skips to the cards, and is seen", async () => {
    await page.goto(at("/showcase"));
    await page.keyboard.press("Tab");
    const focused = page.locator(":focus");
    assert.equal(await focused.textContent(), "Skip to the cards");
    const [outline, left] = await focused.evaluate((link) => [
      getComputedStyle(link).outlineStyle, link.getBoundingClientRect().left,
    ]);
    assert.equal(outline, "solid");
    assert(left >= 0);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert(await page.locator(":focus").evaluate((next) => document.querySelector("article").contains(next)));
  });

  await check("a button copies the code", async () => {
    await page.locator("#index .copy").click();
    await page.locator("#index .copy", { hasText: "Copied" }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await page.locator("#index .code code").textContent());
    assert.match(copied, /^async fn index/);
    assert.equal(await page.locator(".copy:visible").count(), await page.locator(".code").count());
  });

  await check("code that is wider than its pane says so, and is reached by the keyboard", async () => {
    await page.setViewportSize(WIDTHS.narrow);
    const wide = page.locator(".code").filter({ hasText: "async fn ws(environ" });
    await page.waitForFunction(() => document.querySelector("#lab_ws .code").tabIndex === 0);
    assert(await page.locator("#lab_ws .sideways").isVisible());
    assert(await wide.evaluate((pane) => pane.scrollWidth > pane.clientWidth));
    await page.setViewportSize(WIDTHS.wide);
    await page.locator("#index .sideways").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#index .code").getAttribute("tabindex"), null);
  });

  await check("nothing is wrong on the console", () => assert.deepEqual(errors, []));
  await context.close();
}

// Sockets: an echo, and a chat between two tabs.
async function sockets(check, at) {
  const { context, page: ada, errors } = await open(browser);
  const bob = await context.newPage();
  await Promise.all([ada, bob].map((page) => page.goto(at("/showcase?q=upgrades"))));

  await check("a socket echoes, and is closed by hand", async () => {
    const card = ada.locator("#lab_ws");
    await card.locator(".send").click();
    await card.locator(".answer").filter({ hasText: "1 message received" }).waitFor();
    await card.locator(".stop").click();
    await card.locator(".answer").filter({ hasText: "Closed with 1000" }).waitFor();
  });

  await check("two tabs chat", async () => {
    await bob.locator("#path-lab_ws_chat").fill("/lab/ws/chat?room=lobby&name=bob");
    for (const page of [ada, bob]) {
      await page.locator("#lab_ws_chat .send").click();
      await answer(page, "lab_ws_chat").filter({ hasText: "message received" }).waitFor();
    }
    await answer(ada, "lab_ws_chat").filter({ hasText: "bob: Hello, everybody!" }).waitFor();
    await ada.locator("#body-lab_ws_chat").fill("Good morning, Bob");
    await ada.locator("#lab_ws_chat .send").click();
    await answer(bob, "lab_ws_chat").filter({ hasText: "ada: Good morning, Bob" }).waitFor();
    await ada.locator("#lab_ws_chat .stop").click();
    await answer(ada, "lab_ws_chat").filter({ hasText: "Closed with 1000" }).waitFor();
  });

  await check("no socket leaves an error", () => assert.deepEqual(errors, []));
  await context.close();
}

// What the cards send and show.
async function cards(check, at) {
  const { context, page, errors } = await open(browser);
  for (const path of ["/showcase", "/util"]) {
    await page.goto(at(path));
    await check(`every card of ${path} is answered, or ends as it is meant to`, async () => {
      const summary = await sendAll(page);
      assert.match(summary, /^Sent \d+ of \d+: \d+ answered/);
      assert.doesNotMatch(summary, /failed|\d stopped/);
      if (path === "/showcase") assert.match(summary, /; 4 aborted by the server as they are meant to be; 1 endless and stopped here$/);
      assert.equal(await page.locator("#announcer").textContent(), summary);
      assert.deepEqual(await violations(page), []);
    });
  }
  await page.goto(at("/showcase?q=json"));
  await check("JSON is shown with line ends", async () => {
    await page.locator("#jsonify .send").first().click();
    await page.locator("#jsonify .answer").filter({ hasText: "Complete" }).waitFor();
    assert.equal(await page.locator("#jsonify .body").textContent(), "{\n  \"username\": \"yxr\"\n}\n");
  });
  await check("what a card shows is heard", async () => {
    assert.match(await page.locator("#announcer").textContent(), /^JSON, GET: 200 OK\. Complete: 19 bytes/);
  });
  await check("no exception was left uncaught", () => {
    // Statuses of 400 and more, and responses that are aborted, are shown on the console, too.
    const others = errors.filter((error) => !/^Failed to load resource|WebSocket connection to/.test(error));
    assert.deepEqual(others, []);
  });
  await context.close();
}

// Both pages, wide and narrow, light and dark.
async function looks(check, at, stack) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of Object.entries(WIDTHS)) {
      const { context, page } = await open(browser, { colorScheme, viewport });
      for (const path of ["/showcase", "/util", "/nowhere"]) {
        await page.goto(at(path));
        await check(`axe finds nothing on ${path}, ${name} and ${colorScheme}`, async () => {
          assert.deepEqual(await violations(page), []);
          const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
          assert.equal(isWider, false, "the page is wider than the window");
        });
        if (process.env.SCREENSHOTS) {
          const file = `${process.env.SCREENSHOTS}/${stack}${path.replace("/", "-")}-${name}-${colorScheme}.png`;
          await page.screenshot({ path: file });
        }
      }
      await context.close();
    }
  }
}

// What people see who did not come for the page.
async function errorsAndDoors(check, at) {
  const { context, page } = await open(browser);
  await check("an error is a page that leads back", async () => {
    const answer = await page.goto(at("/nowhere/deep"));
    assert.equal(answer.status(), 404);
    assert.equal(await page.locator("h1").textContent(), "Not Found");
    const font = await page.locator("body").evaluate((body) => getComputedStyle(body).fontFamily);
    assert.match(font, /system-ui/, "the style sheet is there");
    await page.getByRole("link", { name: "To the showcase" }).click();
    assert.equal(page.url(), at("/showcase"));
  });
  await check("programs get what they got before", async () => {
    assert.equal(await (await fetch(at("/"))).text(), "Hello, World!");
    assert.match(await (await fetch(at("/nowhere"))).text(), /^<!doctype html>\n<html lang=en>/);
  });
  await context.close();

  const still = await open(browser, { javaScriptEnabled: false });
  await check("without JavaScript the code can be read", async () => {
    await still.page.goto(at("/showcase"));
    assert(await still.page.locator("#index .code").isVisible());
    assert.equal(await still.page.locator(".copy:visible, .tools:visible, .controls:visible").count(), 0);
  });
  await still.context.close();
}

for (const stack of stacks) {
  const checks = new Checks();
  await drive(stack, checks);
  checks.report(stack);
}
await browser.close();
