// Swagger UI and GraphiQL in Chromium. CHROMIUM is the program.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { onEachStack } from "./server.mjs";

const { resolve } = createRequire(import.meta.url);

// What the page of async-graphql loads from a public server, as the same packages have it.
const PUBLIC = /^https:\/\/unpkg\.com\/([a-z-]+)@\d+\/(.+)$/;

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
});
after(() => browser.close());

// A page that reaches the server under test and no other, and fails at an error of a script.
async function open(server, path) {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.route("**", async (route) => {
    const url = route.request().url();
    const asset = url.match(PUBLIC);
    if (url.startsWith(server.origin)) {
      await route.continue();
    } else if (asset) {
      const file = join(dirname(resolve(`${asset[1]}/package.json`)), asset[2]);
      const contentType = file.endsWith(".css") ? "text/css" : "text/javascript";
      const headers = { "access-control-allow-origin": "*" };
      await route.fulfill({ body: await readFile(file), contentType, headers });
    } else {
      await route.abort();
    }
  });
  await page.goto(`${server.origin}${path}`);
  return { page, faults };
}

onEachStack((server) => {
  test("Swagger UI shows the API, and tries it", async () => {
    // Without the slash, so that it is redirected.
    const { page, faults } = await open(server, "/api/docs");
    assert.equal(page.url(), `${server.origin}/api/docs/`);
    await page.getByRole("heading", { name: /Pets/ }).waitFor();
    await page.locator(".opblock-summary", { hasText: "/pets" }).click();
    const answered = page.waitForResponse(`${server.origin}/api/pets`);
    await page.getByRole("button", { name: "Execute" }).click();
    assert.deepEqual(await (await answered).json(), ["Tom", "Jerry"]);
    await page.locator(".responses-table.live-responses-table", { hasText: "Jerry" }).waitFor();
    assert.deepEqual(faults, []);
    await page.close();
  });

  test("Swagger UI changes to another spec", async () => {
    const { page, faults } = await open(server, "/api/docs/");
    await page.getByRole("heading", { name: /Pets/ }).waitFor();
    await page.locator("#select").selectOption("nothing.json");
    await page.getByRole("heading", { name: /Nothing yet/ }).waitFor();
    assert.deepEqual(faults, []);
    await page.close();
  });

  test("Swagger UI logs in by OAuth, by a page below the prefix", async () => {
    const { page, faults } = await open(server, "/api/docs/");
    await page.getByRole("button", { name: "Authorize" }).click();
    const dialog = page.locator(".modal-ux");
    assert.equal(await dialog.locator("#client_id_authorizationCode").inputValue(), "docs");
    await page.context().route(`${server.origin}/login?**`, async (route) => {
      const asked = new URL(route.request().url()).searchParams;
      const back = new URL(asked.get("redirect_uri"));
      assert.equal(back.href, `${server.origin}/api/docs/oauth2-redirect.html`);
      back.searchParams.set("code", "a-code");
      back.searchParams.set("state", asked.get("state"));
      const contentType = "text/html";
      await route.fulfill({ contentType, body: `<script>location = ${JSON.stringify(back.href)}</script>` });
    });
    await page.route(`${server.origin}/token`, (route) =>
      route.fulfill({ json: { access_token: "a-token", token_type: "bearer" } }),
    );
    const token = page.waitForRequest(`${server.origin}/token`);
    await dialog.locator("button.authorize").click();
    const form = new URLSearchParams((await token).postData());
    assert.equal(form.get("code"), "a-code");
    await dialog.locator("button", { hasText: "Logout" }).waitFor();
    assert.deepEqual(faults, []);
    await page.close();
  });

  test("GraphiQL asks, and subscribes", async () => {
    const { page, faults } = await open(server, "/api/graphql");
    const run = async (name, text, expected) => {
      const editor = page.locator(".graphiql-query-editor .CodeMirror");
      await editor.waitFor();
      await editor.evaluate((element, text) => element.CodeMirror.setValue(text), text);
      // The page has understood it.
      await page.getByRole("tab", { name }).waitFor();
      await page.getByRole("button", { name: /Execute query/ }).click();
      await page.locator(".result-window", { hasText: expected }).waitFor();
    };
    await run("Greeting", 'query Greeting { hello(name: "Ada") }', "Hello, Ada!");
    await run("Counting", "subscription Counting { upto(end: 7) }", '"upto": 7');
    assert.deepEqual(faults, []);
    await page.close();
  });
});
