// A multipart request, as the `fetch` of Node.js writes it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { onEachStack } from "./server.mjs";

onEachStack((server) => {
  test("a file", async () => {
    const query = "mutation($file: Upload!) { upload(file: $file) }";
    const form = new FormData();
    form.set("operations", JSON.stringify({ query, variables: { file: null } }));
    form.set("map", JSON.stringify({ 0: ["variables.file"] }));
    form.set("0", new File(["x".repeat(100_000)], "K\u00e4se.txt", { type: "text/plain" }));
    const response = await fetch(`${server.origin}/api/graphql`, { method: "POST", body: form });
    assert.deepEqual(await response.json(), { data: { upload: "K\u00e4se.txt: 100000 bytes" } });
  });
});
