// Senders in a network of their own, which send an event again until it is taken: node senders.mjs ADDRESS PORT HOST COUNT AT-ONCE
// A line of JSON for each event, in the end.
import { createHash } from "node:crypto";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const [host, port, name, count, atOnce] = process.argv.slice(2);
/** As providers wait: for an answer, and between tries. */
const ANSWER_MS = 30_000;
const PAUSE_MS = 1_000;
const MOST_TRIES = 30;

let next = 0;
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    while (next < Number(count)) await deliver(`sent-${(next += 1)}`);
  }),
);

async function deliver(id) {
  const body = JSON.stringify({ type: "sent", id, filler: "x".repeat(500) });
  let [status, tries] = [0, 0];
  while (status !== 200 && tries < MOST_TRIES) {
    if (tries > 0) await sleep(PAUSE_MS);
    tries += 1;
    status = await post(body);
  }
  const bodySha256 = createHash("sha256").update(body).digest("hex");
  process.stdout.write(`${JSON.stringify({ id, bodySha256, status, tries })}\n`);
}

function post(body) {
  return new Promise((resolve) => {
    const headers = { host: name, "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const call = request({ host, port, method: "POST", path: "/hook", headers, agent: false });
    const timer = setTimeout(() => call.destroy(), ANSWER_MS);
    const end = (status) => {
      clearTimeout(timer);
      resolve(status);
    };
    call.on("response", (response) => {
      response.resume();
      response.on("end", () => end(response.statusCode));
      response.on("error", () => end(0));
    });
    call.on("error", () => end(0));
    call.end(body);
  });
}
