// Subscriptions by `graphql-ws` and, for the older protocol, by `subscriptions-transport-ws`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "graphql-ws";
import { SubscriptionClient } from "subscriptions-transport-ws";
import WebSocket from "ws";
import { onEachStack, start } from "./server.mjs";

const socketUrl = (server) => `${server.origin.replace("http", "ws")}/api/graphql`;

function client(server, options = {}) {
  return createClient({ url: socketUrl(server), webSocketImpl: WebSocket, retryAttempts: 0, ...options });
}

async function say(server, text) {
  const response = await fetch(`${server.origin}/api/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "mutation($text: String!) { say(text: $text) }", variables: { text } }),
  });
  assert.equal(response.status, 200);
  return (await response.json()).data.say;
}

// Says something until somebody listens: a subscription has no acknowledgement.
async function sayToAll(server, text, listeners) {
  while ((await say(server, "hello?")) < listeners);
  await say(server, text);
}

onEachStack((server, stack) => {
  test("a subscription that ends", async () => {
    const graphql = client(server);
    const seen = [];
    for await (const result of graphql.iterate({ query: "subscription { upto(end: 3) }" })) {
      seen.push(result.data.upto);
    }
    assert.deepEqual(seen, [1, 2, 3]);
    await graphql.dispose();
  });

  test("a query, a mutation and an error over the socket", async () => {
    const graphql = client(server);
    const once = async (query) => (await graphql.iterate({ query }).next()).value;
    assert.deepEqual((await once('{ hello(name: "Ada") }')).data, { hello: "Hello, Ada!" });
    assert.deepEqual((await once('mutation { say(text: "a") }')).data, { say: 0 });
    assert.match((await once("{ nothing }")).errors[0].message, /Unknown field "nothing"/);
    await graphql.dispose();
  });

  test("what one client says, all others hear", async () => {
    const clients = [client(server), client(server)];
    const heard = clients.map(async (graphql) => {
      for await (const result of graphql.iterate({ query: "subscription { said }" })) {
        if (result.data.said === "now") return;
      }
    });
    await sayToAll(server, "now", 2);
    await Promise.all(heard);
    await Promise.all(clients.map((graphql) => graphql.dispose()));
  });

  test("a ping of the client is answered", async () => {
    let answered;
    const ponged = new Promise((resolve) => (answered = resolve));
    const graphql = client(server, {
      lazy: false,
      keepAlive: 20,
      on: { pong: (received) => received && answered() },
    });
    await ponged;
    await graphql.dispose();
  });

  test("the older protocol", async () => {
    const graphql = new SubscriptionClient(socketUrl(server), {}, WebSocket);
    const seen = [];
    await new Promise((resolve, reject) => {
      graphql.request({ query: "subscription { upto(end: 3) }" }).subscribe({
        next: (result) => seen.push(result.data.upto),
        error: reject,
        complete: resolve,
      });
    });
    assert.deepEqual(seen, [1, 2, 3]);
    graphql.close();
  });

  test("1001 when the server is told to end", async () => {
    const own = await start(stack);
    let closed;
    const close = new Promise((resolve) => (closed = resolve));
    const graphql = client(own, { on: { closed } });
    const events = graphql.iterate({ query: "subscription { endless }" });
    assert.equal((await events.next()).value.data.endless, 1);
    const rest = events.next().catch((error) => error);
    assert.deepEqual(await own.terminate(), { code: 0, signal: null });
    assert.equal((await close).code, 1001);
    await rest;
  });
});
