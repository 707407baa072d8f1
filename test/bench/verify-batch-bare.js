// The least that a program can do with the lines of `hookcli verify --batch`: parse, HMAC with node:crypto, compare, print.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createInterface } from "node:readline";

let line = 0;
let pending = "";
for await (const text of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  line += 1;
  const { secret, headers, body } = JSON.parse(text);
  const expected = createHmac("sha256", secret).update(body).digest();
  const given = Buffer.from(headers["X-Hub-Signature-256"].slice("sha256=".length), "hex");
  const valid = given.length === expected.length && timingSafeEqual(given, expected);
  pending += `${JSON.stringify({ line, valid })}\n`;
  if (pending.length > 65_536) {
    process.stdout.write(pending);
    pending = "";
  }
}
process.stdout.write(pending);
