// What the scripts share: a server as a child process, a browser, and checks that are counted.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Nothing of the browser asks anybody but the server.
const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--no-first-run",
];

export function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

// Starts a server that says where it listens, and resolves to its URL and a way to end it.
export async function serve(program, ...args) {
  const child = spawn(program, [...args, "--bind", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => { log += text; });
  const ended = new Promise((done) => child.on("exit", (code, signal) => done(code ?? signal)));
  const said = new Promise((done) => createInterface(child.stdout).once("line", done));
  const line = await Promise.race([said, ended.then((code) => `ended with ${code}: ${log}`)]);
  const url = line.match(/^listening on (http:\/\/\S+)$/)?.[1];
  assert(url, line);
  return {
    url,
    terminate: () => child.kill("SIGTERM"),
    ended,
    log: () => log,
    kill: () => child.kill("SIGKILL"),
  };
}

// A page whose errors are collected. `errors` are uncaught exceptions, and what the console shows as an
// error: a violation of the page's policy, or a file that could not be loaded.
export async function open(browser, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(`uncaught: ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${message.text()} (${message.location().url})`);
  });
  return { context, page, errors };
}

// What axe-core finds on a page.
export async function violations(page) {
  // Not as a script of the page, whose policy forbids it.
  await page.evaluate(AXE);
  const { violations: found, passes } = await page.evaluate(() => globalThis.axe.run(document));
  assert(passes.length > 10, "axe has looked");
  return found.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
}

// Runs named checks one after the other. One that fails is reported, and ends the script with 1.
export class Checks {
  passed = 0;
  failed = 0;

  async check(name, run) {
    try {
      await run();
      this.passed += 1;
    } catch (error) {
      this.failed += 1;
      console.error(`FAILED ${name}\n${error.stack ?? error}\n`);
    }
  }

  report(what) {
    console.log(`${what}: ${this.passed} passed, ${this.failed} failed`);
    if (this.failed) process.exitCode = 1;
  }
}
