import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CapturedEvent, openWorkspace, twoAtATime, type Workspace } from "./hookcli.js";
import { runProgram } from "./process.js";

/** How many payloads `@octokit/webhooks-examples` has for api.github.com. */
const payloadCount = 329;
const sampleSize = 20;
const sender = fileURLToPath(new URL("senders/octokit.js", import.meta.url));

interface Sent {
  readonly name: string;
  readonly sha256: string;
  readonly status: number;
}

describe("all payloads of GitHub's examples, signed by Octokit, through a listener without a target", () => {
  const secret = randomBytes(20).toString("hex");
  let workspace: Workspace;
  let sent: readonly Sent[];
  let events: readonly CapturedEvent[];

  beforeAll(async () => {
    workspace = await openWorkspace({ env: { GITHUB_WEBHOOK_SECRET: secret }, files: {} });
    const listener = await workspace.listen([]);
    sent = await sendAll(listenUrl(listener.printed), secret);
    await listener.stop();
    events = await workspace.events();
  });
  afterAll(() => workspace.close());

  test("all are answered 200", () => {
    expect(sent.length).toBe(payloadCount);
    expect(sent.filter(({ status }) => status !== 200)).toEqual([]);
  });

  test("all are stored with the bytes that were sent, as valid events of GitHub", () => {
    expect(events.map(({ bodySha256 }) => bodySha256).toSorted()).toEqual(sent.map(({ sha256 }) => sha256).toSorted());
    expect(events.filter(({ provider, signature }) => provider !== "github" || signature.status !== "valid")).toEqual(
      [],
    );
  });

  test("a sample of them verifies by number", async () => {
    const step = Math.floor(events.length / sampleSize);
    const sample = events.filter((_, index) => index % step === 0).slice(0, sampleSize);

    const outcomes = await twoAtATime(sample, ({ seq }) => workspace.run(["verify", "--event", String(seq), "--json"]));

    expect(sample.length).toBe(sampleSize);
    expect(outcomes.map(({ code, stdout }) => ({ code, ...parseVerdict(stdout) }))).toEqual(
      sample.map(() => ({ code: 0, valid: true, provider: "github" })),
    );
  });

  test("all of them verify in one batch, and none does with a byte more", async () => {
    const cases = events.map((event) => ({ provider: "github", secret, headers: event.headers, ...bodyOf(event) }));
    const longer = cases.map(({ body, ...rest }) => ({ ...rest, body: `${body}\n` }));

    const right = await workspace.run(["verify", "--batch"], ndjson(cases));
    const wrong = await workspace.run(["verify", "--batch"], ndjson(longer));

    expect([right.code, wrong.code]).toEqual([0, 1]);
    expect(right.stdout.trim().split("\n").map(parseVerdict)).toEqual(cases.map(() => verdict(true)));
    expect(wrong.stdout.trim().split("\n").map(parseVerdict)).toEqual(cases.map(() => verdict(false)));
  });
});

async function sendAll(url: string, secret: string): Promise<readonly Sent[]> {
  const env = { PATH: process.env["PATH"], WEBHOOK_SECRET: secret };
  const { code, stdout, stderr } = await runProgram({ args: [sender, url], env });
  if (code !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Sent);
}

function listenUrl(lines: readonly { readonly type: string; readonly localUrl?: string }[]): string {
  return `${lines.find(({ type }) => type === "ready")?.localUrl ?? ""}/github`;
}

function bodyOf({ bodyText, bodyBase64 }: CapturedEvent): { readonly body: string } {
  return { body: bodyText ?? Buffer.from(bodyBase64 ?? "", "base64").toString("utf8") };
}

function ndjson(items: readonly unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join("");
}

function verdict(valid: boolean): { readonly valid: boolean; readonly provider: string } {
  return { valid, provider: "github" };
}

function parseVerdict(text: string): { readonly valid: unknown; readonly provider: unknown } {
  const { valid, provider } = JSON.parse(text) as { valid: unknown; provider: unknown };
  return { valid, provider };
}
