// http2_echo.js URL BYTES: sends BYTES through a WebSocket over HTTP/2 that echoes them, and reads them
// meanwhile, by the module `http2` of node.

const { once } = require("node:events");
const http2 = require("node:http2");

const PIECE = 64 * 1024;

async function main(url, bytes) {
  const session = http2.connect(url);
  await once(session, "remoteSettings");
  const stream = session.request({
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":scheme": "http",
    ":path": "/lab/ws",
    "sec-websocket-version": "13",
  });
  const [head] = await once(stream, "response");
  if (head[":status"] !== 200) throw new Error(`the status is ${head[":status"]}`);
  // Masked with zeros, so that what comes back is known.
  const payload = Buffer.alloc(PIECE, 7);
  const frame = Buffer.concat([Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), payload]);
  const echo = Buffer.concat([Buffer.from([0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]), payload]);
  const pieces = Math.floor(bytes / PIECE);
  let heard = 0;
  const reading = (async () => {
    for await (const data of stream) {
      let at = heard % echo.length;
      for (let from = 0; from < data.length; at = 0) {
        const part = data.subarray(from, from + echo.length - at);
        if (!part.equals(echo.subarray(at, at + part.length))) throw new Error("the echo differs");
        from += part.length;
      }
      heard += data.length;
      if (heard === pieces * echo.length) return;
    }
    throw new Error(`the stream ended after ${heard} bytes`);
  })();
  const writing = (async () => {
    for (let piece = 0; piece < pieces; piece += 1) {
      if (!stream.write(frame)) await once(stream, "drain");
    }
  })();
  await Promise.all([reading, writing]);
  session.destroy();
}

main(process.argv[2], Number(process.argv[3])).then(
  () => process.exit(0),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
