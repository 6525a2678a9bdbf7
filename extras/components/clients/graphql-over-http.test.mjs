// The audits of `graphql-http`: GraphQL over HTTP, as its reference implementation reads it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serverAudits } from "graphql-http";
import { onEachStack } from "./server.mjs";

onEachStack((server) => {
  for (const { id, name, fn } of serverAudits({ url: () => `${server.origin}/api/graphql` })) {
    test(`${id} ${name}`, async () => {
      const result = await fn();
      assert.equal(result.status, "ok", result.reason);
    });
  }
});
