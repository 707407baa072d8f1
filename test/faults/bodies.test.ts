import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { createSandbox } from "../helpers/program.js";
import { sendRaw } from "../helpers/raw-client.js";
import { startLedgerApp } from "./ledger.js";
import { SYSTEMS } from "./systems/system.js";
import { record } from "./table.js";

/** Bodies of which a signature covers every byte, as providers send them, with their content type. */
const BODIES: readonly (readonly [string, string | Uint8Array])[] = [
  ["application/json", '{"compact":true,"n":1}'],
  ["application/json", '{"spaced": 1, "more": 2}'],
  ["application/json", '{\n  "indented": 1\n}\n'],
  ["application/json", '{"number":1.0,"large":12345678901234567890}'],
  ["application/json", '{"escaped":"\\u00e9\\/","twice":1,"twice":2}'],
  ["application/json; charset=utf-8", '{"utf8":"é","2":"b","1":"a"}'],
  ["application/json", "[1,2,3]"],
  ["application/x-www-form-urlencoded", "payload=%7B%22a%22%3A1%7D&b=c+d"],
  ["text/plain", "plain words"],
  ["application/octet-stream", Uint8Array.of(0, 255, 128, 10, 13)],
];

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

it.each(Object.entries(SYSTEMS))("%s, asked to bring ten bodies byte for byte", async (system, start) => {
  const sandbox = createSandbox();
  const app = await startLedgerApp();
  const running = await start({ sandbox, port: app.port });
  const answers: number[] = [];
  const kept = new Set<string>();
  for (const [type, body] of BODIES) {
    answers.push(await post(running.url, running.headers["host"], type, body));
  }
  await app.quiet(500, 10_000);
  for (const { bodySha256 } of app.arrivals) kept.add(bodySha256);
  await running.close();
  await app.down();
  sandbox.remove();

  const acknowledged = answers.filter((status) => status === 200).length;
  const whole = BODIES.filter(([, body]) => kept.has(sha256(body))).length;
  record({
    id: "R22",
    fault: "ten bodies, byte for byte",
    system,
    sent: BODIES.length,
    acknowledged,
    lost: acknowledged - whole,
    note: `${whole} of ${BODIES.length} bodies arrived as they were sent; answers ${[...new Set(answers)].join(", ")}`,
  });
  expect(acknowledged).toBeGreaterThan(0);
  if (system.startsWith("hookcli")) expect([acknowledged, whole]).toEqual([BODIES.length, BODIES.length]);
});

/** Posts a body; resolves to the status of the answer. */
async function post(url: string, host: string | undefined, type: string, body: string | Uint8Array): Promise<number> {
  const { port, pathname, host: own } = new URL(url);
  const bytes = Buffer.from(body);
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host ?? own}\r\nConnection: close\r\nContent-Type: ${type}\r\n`;
  const request = Buffer.concat([Buffer.from(`${head}Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
  return (await sendRaw(Number(port), request)).statuses[0] ?? 0;
}
