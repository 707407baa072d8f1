// Stands for GitHub: signs every example payload with @octokit/webhooks-methods and posts it to the URL given, with the
// headers that GitHub sends. Prints one JSON line a payload: its hash, and the status of the answer.
import { createHash, randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { sign } from "@octokit/webhooks-methods";

const examples = createRequire(import.meta.url)("@octokit/webhooks-examples/api.github.com/index.json");
const [url] = process.argv.slice(2);
const secret = process.env.WEBHOOK_SECRET;
const payloads = examples.flatMap(({ name, examples }) => examples.map((example) => ({ name, example })));
const connections = 8;

const queue = payloads.values();
await Promise.all(Array.from({ length: connections }, deliver));

async function deliver() {
  for (const { name, example } of queue) {
    const body = JSON.stringify(example);
    const response = await fetch(url, { method: "POST", headers: await headersOf(name, body), body });
    await response.arrayBuffer();
    const sha256 = createHash("sha256").update(body).digest("hex");
    process.stdout.write(`${JSON.stringify({ name, sha256, status: response.status })}\n`);
  }
}

async function headersOf(name, body) {
  return {
    "content-type": "application/json",
    "user-agent": "GitHub-Hookshot/0000000",
    "x-github-event": name,
    "x-github-delivery": randomUUID(),
    "x-hub-signature-256": await sign(secret, body),
  };
}
