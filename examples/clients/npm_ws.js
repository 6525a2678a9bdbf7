// npm_ws.js URL: the laboratory of the showcase, asked by the package `ws`.

import assert from "node:assert/strict";
import { once } from "node:events";
import WebSocket from "ws";

const url = process.argv[2].replace("http:", "ws:");

async function open(path, protocols = [], options = {}) {
  const socket = new WebSocket(url + path, protocols, options);
  await once(socket, "open");
  return socket;
}

async function hear(socket) {
  const [data, isBinary] = await once(socket, "message");
  return isBinary ? data : data.toString();
}

async function closed(socket) {
  const [code, reason] = await once(socket, "close");
  return [code, reason.toString()];
}

const checks = {
  // It offers permessage-deflate, which is declined.
  async echo() {
    const socket = await open("/lab/ws?protocol=a,b", ["b", "a"]);
    assert.equal(socket.protocol, "a");
    assert.equal(socket.extensions, "");
    for (const message of ["one", "\u2603".repeat(1000), Buffer.alloc(1_000_000, 7), ""]) {
      socket.send(message);
      assert.deepEqual(await hear(socket), message);
    }
    socket.send("frag", { fin: false });
    socket.send("ment", { fin: true });
    assert.equal(await hear(socket), "fragment");
    socket.ping("are you there");
    assert.equal((await once(socket, "pong"))[0].toString(), "are you there");
    socket.close(4001, "mine");
    assert.deepEqual(await closed(socket), [4001, "mine"]);
  },

  async refusals() {
    for (const [path, options, status] of [
      ["/lab/ws/refuse", {}, 403],
      ["/lab/raw/x", {}, 200],
      ["/lab/ws", { origin: "http://evil.example" }, 403],
      ["/lab/ws", { protocolVersion: 8 }, 426],
    ]) {
      const socket = new WebSocket(url + path, [], options);
      const [request, response] = await once(socket, "unexpected-response");
      assert.equal(response.statusCode, status, path);
      request.destroy();
    }
  },

  async ends() {
    for (const [path, expected] of [
      ["/lab/ws?close=4000", [4000, "as it was asked for"]],
      ["/lab/ws/fail", [1011, "the app failed"]],
      ["/lab/ws/panic", [1006, ""]],
    ]) {
      const socket = await open(path);
      socket.on("error", () => {});
      socket.send("now");
      assert.deepEqual(await closed(socket), expected, path);
    }
    // The first messages come together with the head.
    const socket = new WebSocket(`${url}/lab/ws?count=1000&size=1000`);
    let bytes = 0;
    socket.on("message", (data) => (bytes += data.length));
    assert.deepEqual(await closed(socket), [1000, ""]);
    assert.equal(bytes, 1_000_000);
  },

  async chat() {
    const ada = await open("/lab/ws/chat?room=node&name=ada");
    ada.send("here");
    assert.equal(await hear(ada), "ada: here");
    const bob = await open("/lab/ws/chat?room=node&name=bob");
    bob.send("hello");
    assert.equal(await hear(ada), "bob: hello");
    ada.close();
    bob.close();
  },
};

// What hangs is a failure, too.
setTimeout(() => {
  console.error("npm ws: no end after a minute");
  process.exit(1);
}, 60_000).unref();
for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log(`npm ws: ${name}`);
}
