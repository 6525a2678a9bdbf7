// node_http2.js URL: WebSocket over HTTP/2 (RFC 8441), by the module `http2` of node.

import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";

const session = http2.connect(process.argv[2]);
await once(session, "remoteSettings");
assert.equal(session.remoteSettings.enableConnectProtocol, true);

function connect(path, protocol = "websocket") {
  return session.request({
    ":method": "CONNECT",
    ":protocol": protocol,
    ":scheme": "http",
    ":path": path,
    "sec-websocket-version": "13",
    "sec-websocket-protocol": "b, a",
  });
}

async function head(stream) {
  const [headers] = await once(stream, "response");
  return headers;
}

// A whole frame of a client, masked with zeros.
function frame(opcode, payload) {
  const bytes = Buffer.from(payload);
  assert.ok(bytes.length < 65536);
  const length = bytes.length < 126 ? [0x80 | bytes.length] : [0xfe, bytes.length >> 8, bytes.length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), bytes]);
}

// Reads bytes of the stream, so many at a time.
function reader(stream) {
  let held = Buffer.alloc(0);
  return async (count) => {
    while (held.length < count) {
      const bytes = stream.read();
      if (bytes) held = Buffer.concat([held, bytes]);
      else await once(stream, "readable");
    }
    const taken = held.subarray(0, count);
    held = held.subarray(count);
    return taken;
  };
}

async function message(read) {
  const [first, second] = await read(2);
  const length = second === 126 ? (await read(2)).readUInt16BE() : second;
  return [first & 15, await read(length)];
}

const checks = {
  async echo() {
    const stream = connect("/lab/ws?protocol=a,b");
    const headers = await head(stream);
    assert.equal(headers[":status"], 200);
    assert.equal(headers["sec-websocket-protocol"], "a");
    for (const name of ["sec-websocket-accept", "connection", "upgrade", "content-length"]) {
      assert.equal(headers[name], undefined);
    }
    const read = reader(stream);
    for (const text of ["one", "x".repeat(60_000)]) {
      stream.write(frame(1, text));
      const [opcode, payload] = await message(read);
      assert.deepEqual([opcode, payload.toString()], [1, text]);
    }
    stream.write(frame(9, "ping"));
    assert.deepEqual(await message(read), [10, Buffer.from("ping")]);
    stream.write(frame(8, [0x0f, 0xa1]));
    assert.deepEqual(await message(read), [8, Buffer.from([0x0f, 0xa1])]);
    stream.end();
    stream.resume();
    await once(stream, "close");
    assert.equal(stream.rstCode, http2.constants.NGHTTP2_NO_ERROR);
  },

  async declines() {
    for (const [path, protocol, status] of [
      ["/lab/ws/refuse", "websocket", 403],
      // U7: a 2xx would open a tunnel that nobody serves.
      ["/lab/raw/x", "websocket", 502],
      ["/lab/ws", "connect-udp", 501],
    ]) {
      const stream = connect(path, protocol);
      assert.equal((await head(stream))[":status"], status, path);
      stream.end();
      stream.resume();
      await once(stream, "close");
    }
  },

  async other_requests_share_the_connection() {
    const socket = connect("/lab/ws");
    assert.equal((await head(socket))[":status"], 200);
    const plain = session.request({ ":path": "/lab/raw/beside" });
    assert.equal((await head(plain))[":status"], 200);
    plain.resume();
    await once(plain, "close");
    socket.write(frame(1, "still open"));
    const [, payload] = await message(reader(socket));
    assert.equal(payload.toString(), "still open");
    socket.close();
  },
};

// What hangs is a failure, too.
setTimeout(() => {
  console.error("node http2: no end after a minute");
  process.exit(1);
}, 60_000).unref();
for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log(`node http2: ${name}`);
}
session.destroy();
