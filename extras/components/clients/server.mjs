// Runs `serve` on each stack. SERVE is the program.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, after, before } from "node:test";

const stacks = ["hyper", "axum", "actix"];

// A server that has said where it listens.
export async function start(stack) {
  const program = process.env.SERVE;
  assert.ok(program, "SERVE names the program");
  const args = ["--stack", stack, "--bind", "127.0.0.1:0"];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], env: { RUST_LOG: "error" } });
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
  const lines = createInterface({ input: child.stdout });
  const line = await new Promise((resolve, reject) => {
    lines.once("line", resolve);
    ended.then((end) => reject(new Error(`${stack} has ended: ${JSON.stringify(end)}`)));
  });
  return {
    origin: line.replace("listening on ", ""),
    terminate() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

// Declares tests for each stack; they get a server that is shared.
export function onEachStack(declare) {
  for (const stack of stacks) {
    describe(stack, () => {
      const server = {};
      before(async () => Object.assign(server, await start(stack)));
      after(async () => assert.deepEqual(await server.terminate(), { code: 0, signal: null }));
      declare(server, stack);
    });
  }
}
