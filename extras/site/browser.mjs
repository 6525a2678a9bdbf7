// Drives the site in two browsers: `node browser.mjs PROGRAM [STACK..]`. With SCREENSHOTS=DIR it leaves
// pictures of the pages there. The tools are those of the showcase, in `examples/browser`.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Checks, launch, open, serve, violations } from "../../examples/browser/browser.mjs";

const [program, ...named] = process.argv.slice(2);
const stacks = named.length ? named : ["hyper", "axum", "actix"];
const browser = await launch();

const PASSWORD = "correct horse battery";
const NARROW = { width: 390, height: 844 };
// A picture, wider than a phone.
async function picture(page) {
  const url = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [1200, 500];
    const paint = canvas.getContext("2d");
    for (const [nth, color] of ["#9cd2f0", "#3f86b5", "#e8d8a8"].entries()) {
      paint.fillStyle = color;
      paint.fillRect(0, nth * 180, canvas.width, canvas.height);
    }
    return canvas.toDataURL("image/png");
  });
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

// Waits until a page is told of new posts.
const listens = (page, over) => page.locator(`body[data-over=${over}]`).waitFor();

async function fillIn(page, name) {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

async function drive(stack, checks) {
  const data = mkdtempSync(join(tmpdir(), "site-"));
  const server = await serve(program, "--stack", stack, "--data", data);
  const check = (name, run) => checks.check(`${stack}: ${name}`, run);
  const at = (path) => `${server.url}${path}`;
  try {
    const ada = await open(browser);
    const bob = await open(browser, { viewport: NARROW, colorScheme: "dark" });
    // Something on the way lets no WebSocket pass.
    const cem = await open(browser);
    await cem.page.addInitScript(() => { delete globalThis.WebSocket; });

    await check("a visitor listens, over a WebSocket or over events", async () => {
      await bob.page.goto(at("/"));
      await listens(bob.page, "websocket");
      await cem.page.goto(at("/"));
      await listens(cem.page, "events");
    });

    await check("Ada signs up", async () => {
      await ada.page.goto(at("/"));
      await ada.page.getByRole("navigation").getByRole("link", { name: "Sign up" }).click();
      await fillIn(ada.page, "Ada");
      assert.equal(ada.page.url(), at("/"));
      const [cookie] = await ada.context.cookies();
      assert.equal(cookie.httpOnly, true);
      assert.equal(cookie.sameSite, "Lax");
      assert.equal(await ada.page.evaluate(() => document.cookie), "");
    });

    await check("Ada posts a picture", async () => {
      await ada.page.getByLabel("What do you want to say?").fill("At the sea <b>today</b>");
      await ada.page.getByLabel(/^A picture/).setInputFiles({ name: "sea.png", mimeType: "image/png", buffer: await picture(ada.page) });
      await ada.page.getByLabel("What the picture shows").fill("Waves");
      await ada.page.getByRole("button", { name: "Post" }).click();
      const shown = ada.page.getByRole("img", { name: "Waves" });
      await shown.waitFor();
      assert.equal(await shown.evaluate((image) => image.decode().then(() => image.naturalWidth)), 1200);
      assert.equal(await ada.page.locator(".text").textContent(), "At the sea <b>today</b>");
    });

    await check("the others hear of it, and read it", async () => {
      for (const { page } of [bob, cem]) {
        const news = page.getByRole("status");
        await news.getByText("Ada: At the sea <b>today</b>").waitFor();
        await news.getByRole("link", { name: "Read it" }).click();
        await page.getByRole("img", { name: "Waves" }).waitFor();
        assert.equal(page.url(), at("/posts/1"));
        assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0);
      }
    });

    await check("what is refused is explained, and kept", async () => {
      await ada.page.goto(at("/"));
      await ada.page.getByLabel("What do you want to say?").fill("Not a picture");
      await ada.page.getByLabel(/^A picture/).setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from("text") });
      await ada.page.getByRole("button", { name: "Post" }).click();
      await ada.page.getByRole("alert").getByText("A picture is a PNG, JPEG or GIF file.").waitFor();
      assert.equal(await ada.page.getByLabel("What do you want to say?").inputValue(), "Not a picture");
      assert.deepEqual(await violations(ada.page), []);
      await shoot(ada.page, `${stack}-refused`);
      // The status is on the console.
      assert.match(ada.errors.splice(0).join("\n"), /^Failed to load resource: .* 422 [^\n]*$/);
    });

    await check("axe finds nothing on any page", async () => {
      for (const path of ["/", "/posts/1", "/sign-up", "/sign-in", "/api/", "/nowhere"]) {
        for (const { page, errors } of [ada, bob]) {
          await page.goto(at(path));
          assert.deepEqual(await violations(page), [], path);
          const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
          assert.equal(isWider, false, `${path} is wider than the window`);
          if (path === "/nowhere") assert.match(errors.splice(0).join("\n"), / 404 /);
          await shoot(page, `${stack}${path.replaceAll("/", "-")}-${page === ada.page ? "wide" : "narrow"}`);
        }
      }
    });

    await check("Ada signs out, and in", async () => {
      await ada.page.goto(at("/"));
      await ada.page.getByRole("button", { name: "Sign out" }).click();
      await ada.page.getByRole("navigation").getByRole("link", { name: "Sign in" }).click();
      await fillIn(ada.page, "Ada");
    });

    await check("Ada deletes the post, and the picture is gone", async () => {
      await ada.page.getByRole("button", { name: "Delete" }).click();
      await ada.page.getByText("Nothing here yet.").waitFor();
    });

    await check("the page of another site can send nothing", async () => {
      // To a browser, another name is another site. Its page has no policy.
      const other = at("/").replace("127.0.0.1", "localhost");
      await bob.context.route(`${other}evil`, (route) => route.fulfill({ contentType: "text/html", body: `
        <form method="post" action="${at("/sign-up")}">
        <input name="name" value="Eve"><input name="password" value="${PASSWORD}"><button>Win a prize</button>
        </form>` }));
      await bob.page.goto(`${other}evil`);
      const [answer] = await Promise.all([
        bob.page.waitForResponse(at("/sign-up")),
        bob.page.getByRole("button").click(),
      ]);
      assert.equal(answer.status(), 403);
      await bob.page.getByText("The page of another site has sent this request.").waitFor();
      bob.errors.splice(0);
    });

    await check("at the end, sockets are closed with 1001", async () => {
      await bob.page.goto(at("/"));
      await listens(bob.page, "websocket");
      await cem.page.goto(at("/"));
      await listens(cem.page, "events");
      const closed = bob.page.evaluate((url) => new Promise((done) => {
        const socket = new WebSocket(url);
        socket.addEventListener("open", () => { document.body.dataset.second = "open"; });
        socket.addEventListener("close", ({ code, wasClean }) => done([code, wasClean]));
      }), at("/live").replace("http", "ws"));
      await bob.page.locator("body[data-second=open]").waitFor();
      for (const { errors } of [ada, bob, cem]) assert.deepEqual(errors, []);
      server.terminate();
      assert.deepEqual(await closed, [1001, true]);
      assert.equal(await server.ended, 0);
    });
    await Promise.all([ada, bob, cem].map(({ context }) => context.close()));
  } finally {
    server.kill();
    rmSync(data, { recursive: true });
  }
}

async function shoot(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/site-${name}.png`, fullPage: true });
}

for (const stack of stacks) {
  const checks = new Checks();
  await drive(stack, checks);
  checks.report(stack);
}
await browser.close();
