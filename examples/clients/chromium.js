// chromium.js URL PROTOCOL: the page of the showcase in Chromium, over `http/1.1` or `h2`.
//
// CHROMIUM names the browser; /usr/bin/chromium by default.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const [url, protocol] = process.argv.slice(2);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--ignore-certificate-errors",
  ],
});

async function showcase() {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(`${url}/showcase`);
  const [entry] = JSON.parse(
    await page.evaluate(() => JSON.stringify(performance.getEntriesByType("navigation"))),
  );
  assert.equal(entry.nextHopProtocol, protocol);
  return page;
}

function card(page, id) {
  return page.locator(`article[aria-labelledby="title-${id}"]`);
}

// What a card's log has, once it has this.
async function said(page, id, text) {
  const log = card(page, id).getByRole("log");
  await log.getByText(text).waitFor();
  return log.textContent();
}

// Opens a socket in the page, sends the messages, and tells what came back.
function talk(page, path, messages, protocols = []) {
  return page.evaluate(
    ([path, messages, protocols]) =>
      new Promise((done) => {
        const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")), protocols);
        socket.binaryType = "arraybuffer";
        const heard = [];
        socket.onopen = () => messages.forEach((message) => socket.send(message));
        socket.onmessage = ({ data }) => {
          heard.push(typeof data === "string" ? data : data.byteLength);
          if (heard.length === messages.length) socket.close(4001, "mine");
        };
        socket.onclose = ({ code, reason }) =>
          done({ heard, code, reason, protocol: socket.protocol, extensions: socket.extensions });
      }),
    [path, messages, protocols],
  );
}

const checks = {
  async card(page) {
    await card(page, "lab_ws").locator(".send.main").click();
    const log = await said(page, "lab_ws", "< hello");
    assert.match(log, /> hello\n< hello/);
  },

  async chat_between_two_tabs(page) {
    const other = await showcase();
    for (const [tab, name] of [[page, "ada"], [other, "bob"]]) {
      const mine = card(tab, "lab_ws_chat");
      await mine.locator(".target").fill(`/lab/ws/chat?room=tabs-${protocol}&name=${name}`);
      await mine.locator(".input").fill(`here is ${name}`);
      await mine.locator(".send.main").click();
      await said(tab, "lab_ws_chat", `${name}: here is ${name}`);
    }
    await said(page, "lab_ws_chat", "bob: here is bob");
    await other.context().close();
  },

  async messages_and_closes(page) {
    const long = "x".repeat(1_000_000);
    const echo = await talk(page, "/lab/ws?protocol=a,b", ["one", long, "\u2603"], ["b", "a"]);
    assert.deepEqual(echo.heard, ["one", long, "\u2603"]);
    assert.deepEqual([echo.code, echo.reason, echo.protocol, echo.extensions], [4001, "mine", "a", ""]);
    for (const [path, code] of [
      ["/lab/ws?close=4000", 4000],
      ["/lab/ws/fail", 1011],
      ["/lab/ws/panic", 1006],
      ["/lab/ws/refuse", 1006],
    ]) {
      const { code: closed } = await talk(page, path, ["now"]);
      assert.equal(closed, code, path);
    }
    const many = await talk(page, "/lab/ws?count=1000&size=1000", []);
    assert.deepEqual([many.heard.length, many.code], [1000, 1000]);
  },
};

// What hangs is a failure, too.
setTimeout(() => {
  console.error("chromium: no end after two minutes");
  process.exit(1);
}, 120_000).unref();
try {
  const page = await showcase();
  for (const [name, check] of Object.entries(checks)) {
    await check(page);
    console.log(`chromium, ${protocol}: ${name}`);
  }
} finally {
  await browser.close();
}
