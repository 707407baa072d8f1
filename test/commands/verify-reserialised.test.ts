import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../helpers/run.js";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

let cwd = "";
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "hookcli-reserialised-"));
});
afterAll(() => rmSync(cwd, { recursive: true }));

/** Signs a fixture, parses and writes its body again as an app in JavaScript does, and has it verified. */
async function verifyReserialised(fixture: string): Promise<string> {
  const env = { HOOKCLI_SECRET: SECRET, HOOKCLI_DB: join(cwd, "events.db") };
  const sent = await runCli(["send", fixture, "--to", "9/hook", "--dry-run", "--show-secrets"], { cwd, env });
  const [head = "", body = ""] = sent.stdout.split(/\r?\n\r?\n(.*)/s);
  const reserialised = JSON.stringify(JSON.parse(body));
  const length = `Content-Length: ${Buffer.byteLength(reserialised)}`;
  const file = join(cwd, fixture.replaceAll("/", "-"));
  writeFileSync(file, `${head.replace(/content-length: \d+/i, length)}\r\n\r\n${reserialised}`);
  const verified = await runCli(["verify", "--request", `@${file}`], { cwd, env });
  expect(verified.code).toBe(1);
  return verified.stdout;
}

describe("verify explains a fixture's body that was parsed and written again", () => {
  it.each([
    "stripe/charge.refunded",
    "stripe/payment_intent.succeeded",
    "github/push",
    "github/pull_request.opened",
    "slack/app_mention",
    "slack/reaction_added",
    "square/payment.updated",
    "svix/endpoint.created",
    "standard-webhooks/contact.created",
  ])("%s, by the layout that was signed", async (fixture) => {
    expect((await verifyReserialised(fixture)).split("\n")[1]).toContain(
      "the signature is right for the JSON of the body written indented by 2 spaces",
    );
  });

  it.each(["shopify/orders.create", "shopify/app.uninstalled", "shopify/refunds.create"])(
    "%s, by its numbers that were rounded",
    async (fixture) => {
      const explained = await verifyReserialised(fixture);

      expect(explained.split("\n")[1]).toContain("the body was parsed and written again");
      expect(explained).toContain("express.raw");
    },
  );
});
