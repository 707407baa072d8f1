import { createHmac } from "node:crypto";
import { Readable } from "node:stream";
import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { findProvider, providers } from "../../src/providers/index.js";
import type { Scheme } from "../../src/signatures/scheme.js";
import { vectors, type Vector } from "../signatures/vectors.js";
import { runCli, testContext, type RunOptions } from "../helpers/run.js";
import { run } from "../../src/cli.js";

const NOW = Date.UTC(2026, 0, 31, 12);
const SECRET = "canary-0badc0de";
const BODY = '{"id":"evt_1"}';
/** The signature of another body. */
const WRONG = createHmac("sha256", SECRET).update("another").digest("hex");
const HEX = createHmac("sha256", SECRET).update(BODY).digest("hex");
const GOOD = { provider: "github", secret: SECRET, headers: { "X-Hub-Signature-256": `sha256=${HEX}` }, body: BODY };

async function batch(lines: string | readonly unknown[], words: readonly string[] = [], options: RunOptions = {}) {
  const stdin = typeof lines === "string" ? lines : lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const result = await runCli(["verify", "--batch", ...words], { stdin, now: NOW, ...options });
  const rows = result.stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...result, rows };
}

describe("verify --batch", () => {
  it("gives one verdict a line, in order, with line and id", async () => {
    const { code, rows } = await batch([{ ...GOOD, id: "a" }, { ...GOOD, body: "{}", id: 7 }, GOOD]);

    expect(rows).toMatchObject([
      { line: 1, id: "a", valid: true, provider: "github", scheme: "github-sha256", reason: null, secretIndex: 0 },
      { line: 2, id: 7, valid: false, reason: "signature_mismatch", secretIndex: null },
      { line: 3, valid: true },
    ]);
    expect(rows[2]).not.toHaveProperty("id");
    expect(code).toBe(1);
  });

  it("ends with 0 when all are valid, with 1 when one is not, with 2 when a line is bad", async () => {
    const bad = { ...GOOD, secret: "wrong" };

    expect((await batch([GOOD, GOOD])).code).toBe(0);
    expect((await batch([GOOD, bad])).code).toBe(1);
    expect((await batch([GOOD, bad, { ...GOOD, headers: 1 }])).code).toBe(2);
    expect((await batch("")).code).toBe(0);
  });

  it.each([
    ["no JSON", "{", "the line is not JSON"],
    ["a list", "[]", "not a JSON object"],
    ["null", "null", "not a JSON object"],
    ["an empty secret", JSON.stringify({ ...GOOD, secret: "" }), "secret is empty"],
    ["an empty secret in a list", JSON.stringify({ ...GOOD, secret: ["a", ""] }), "secret is empty"],
    ["a number for a secret", JSON.stringify({ ...GOOD, secret: 1 }), "secret is neither"],
    ["no secret", JSON.stringify({ ...GOOD, secret: undefined }), "no secret is known"],
    ["an unknown provider", JSON.stringify({ ...GOOD, provider: "acme" }), "unknown provider: acme"],
    ["an unknown scheme", JSON.stringify({ ...GOOD, provider: undefined, scheme: "rot13" }), "unknown scheme: rot13"],
    ["headers that are text", JSON.stringify({ ...GOOD, headers: "a: b" }), "headers are an object"],
    ["a header that is an object", JSON.stringify({ ...GOOD, headers: { a: {} } }), "header a is not a string"],
    ["two bodies", JSON.stringify({ ...GOOD, bodyBase64: "" }), "body and bodyBase64 are both given"],
    ["base64 that is none", JSON.stringify({ ...GOOD, body: undefined, bodyBase64: "a?" }), "bodyBase64 is not base64"],
    ["a time that is none", JSON.stringify({ ...GOOD, now: "noon" }), "not a time: noon"],
    ["a tolerance that is none", JSON.stringify({ ...GOOD, tolerance: [] }), "tolerance is neither"],
    [
      "a key that is none",
      JSON.stringify({ scheme: "ed25519", key: "x", signatureHex: "00", body: "" }),
      "the key cannot be read",
    ],
    ["no key", JSON.stringify({ scheme: "ed25519", signatureHex: "00", body: "" }), "key is missing"],
    ["no signature", JSON.stringify({ scheme: "hmac-sha256", secret: "k", body: "" }), "signatureHex is missing"],
    [
      "a secret for a key",
      JSON.stringify({ scheme: "rsa-sha256", keyHex: "00ff", signatureHex: "00", body: "" }),
      "the key cannot be read",
    ],
  ])("reports %s as an error of its line and goes on", async (_, line, message) => {
    const { code, rows, stderr } = await batch(`${line}\n${JSON.stringify({ ...GOOD, id: "after" })}\n`);

    expect(rows).toMatchObject([
      { line: 1, error: expect.stringContaining(message) as string },
      { line: 2, id: "after", valid: true },
    ]);
    expect(code).toBe(2);
    expect(stderr).toBe("");
  });

  it("keeps the id of a bad line, and counts blank lines without a verdict", async () => {
    const { rows } = await batch(`\n${JSON.stringify({ id: "b", headers: 1 })}\r\n\r\n${JSON.stringify(GOOD)}`);

    expect(rows).toMatchObject([
      { line: 2, id: "b" },
      { line: 4, valid: true },
    ]);
  });

  it("finds the provider of each line by its headers", async () => {
    const timestamp = NOW / 1000;
    const stripe = `t=${timestamp},v1=${createHmac("sha256", SECRET).update(`${timestamp}.${BODY}`).digest("hex")}`;

    const { rows } = await batch([
      { ...GOOD, provider: undefined },
      { secret: SECRET, headers: [["Stripe-Signature", stripe]], body: BODY },
      { secret: SECRET, signatureHex: HEX, bodyBase64: Buffer.from(BODY).toString("base64") },
      { secret: SECRET, headers: { ...GOOD.headers, "Stripe-Signature": stripe }, body: BODY },
    ]);

    expect(rows).toMatchObject([
      { valid: true, provider: "github" },
      { valid: true, provider: "stripe", ageSeconds: 0, timestamp: "2026-01-31T12:00:00.000Z" },
      { valid: true, provider: "generic" },
      { error: expect.stringContaining("several providers: github, stripe") as string },
    ]);
  });

  it("takes what a line does not say from the flags and the environment", async () => {
    const line = { headers: GOOD.headers, body: BODY };

    const flags = await batch([line], ["--secret", "env:S", "--provider", "github"], { env: { S: SECRET } });
    const environment = await batch([line], [], { env: { HOOKCLI_SECRET: SECRET } });

    expect([flags.code, environment.code]).toEqual([0, 0]);
  });

  it("does not read a secret's reference: lines may come from anywhere", async () => {
    const { rows } = await batch([{ ...GOOD, secret: "env:S" }], [], { env: { S: SECRET } });

    expect(rows).toMatchObject([{ valid: false }]);
  });

  it("judges time by the line, then by the flags, then by the clock", async () => {
    const timestamp = NOW / 1000 - 400;
    const stripe = `t=${timestamp},v1=${createHmac("sha256", SECRET).update(`${timestamp}.${BODY}`).digest("hex")}`;
    const line = { provider: "stripe", secret: SECRET, headers: { "stripe-signature": stripe }, body: BODY };

    const { rows } = await batch([
      line,
      { ...line, now: timestamp },
      { ...line, tolerance: "off" },
      { ...line, tolerance: 400 },
    ]);
    const flag = await batch([line], ["--tolerance", "10m"]);

    expect(rows.map(({ valid, reason }) => [valid, reason])).toEqual([
      [false, "timestamp_too_old"],
      [true, null],
      [true, null],
      [true, null],
    ]);
    expect(flag.code).toBe(0);
  });

  it("answers lines while more are still to come", async () => {
    let printedBytes = () => 0;
    let printedBeforeTheLast = 0;
    const lines = async function* () {
      const line = Buffer.from(`${JSON.stringify({ ...GOOD, id: "x".repeat(500) })}\n`);
      for (let index = 0; index < 400; index += 1) yield line;
      await new Promise(setImmediate);
      printedBeforeTheLast = printedBytes();
      yield Buffer.from(JSON.stringify(GOOD));
    };
    const context = testContext({ stdin: Readable.from(lines()), now: NOW });
    printedBytes = () => context.stdout.bytes.length;

    const code = await run(["verify", "--batch"], context);

    expect(code).toBe(0);
    expect(printedBeforeTheLast).toBeGreaterThan(0);
    expect(context.stdout.text.trim().split("\n")).toHaveLength(401);
  });

  it("reads lines however they are cut into chunks", async () => {
    const bytes = Buffer.from(`${JSON.stringify({ ...GOOD, id: "\u00e9\u{1f600}" })}\r\n${JSON.stringify(GOOD)}`);

    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), async (sizes) => {
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }

        const run = await runCli(["verify", "--batch"], { stdin: Readable.from(chunks), now: NOW });

        expect(run.code).toBe(0);
        expect(run.stdout).toContain('"line":1,"id":"\u00e9\u{1f600}","valid":true');
      }),
      { numRuns: 25 },
    );
  });

  it("refuses a terminal at once", async () => {
    const run = await runCli(["verify", "--batch"], { stdinIsTerminal: true });

    expect(run.code).toBe(2);
    expect(run.stderr).toContain("standard input, which is a terminal");
  });

  it("prints no secret and no control character, whatever the line holds", async () => {
    const { stdout, stderr, rows } = await batch([
      { ...GOOD, id: "\u001b]52;c;x\u0007\u009b\u202e" },
      { ...GOOD, provider: "\u001b[2J" },
      { ...GOOD, secret: `${SECRET}x` },
      {
        provider: "standard-webhooks",
        secret: `whsec_${SECRET}!`,
        headers: { "webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,aa" },
      },
    ]);

    expect(rows[0]?.["id"]).toBe("\u001b]52;c;x\u0007\u009b\u202e");
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout + stderr).not.toContain(SECRET);
  });
});

/** The row and the scheme of vectors under other names, or for one of several schemes. */
const ROWS: Readonly<Record<string, readonly [row: string, scheme?: string]>> = {
  "standard-webhooks-v1a": ["standard-webhooks"],
  "hubspot-v1": ["hubspot", "v1"],
  "hubspot-v2": ["hubspot", "v2"],
  "adyen-banking": ["adyen", "platforms"],
  "plivo-v1": ["plivo", "v1"],
  "plivo-v2": ["plivo", "v2"],
};
const rowNamed = (name: string) => ROWS[name]?.[0] ?? name;
/** Those of RFC 9421 need values that no line has: their own test gives them. */
const covered = vectors.filter(
  ({ provider }) => provider !== "rfc9421" && findProvider(rowNamed(provider)) !== undefined,
);

function lineOf(vector: Vector) {
  const { url, method, provider } = vector;
  const isKey = ["sendgrid", "standard-webhooks-v1a"].includes(provider);
  const scheme = ROWS[provider]?.[1];
  // Box's two keys stand in one text; a token without an algorithm has no secret at its origin.
  const secret = provider === "box" ? vector.secret_or_key?.split("|").filter(Boolean) : vector.secret_or_key;
  const at = /now=(\S+)/.exec(vector.note)?.[1];
  return {
    id: vector.note,
    provider: rowNamed(provider),
    ...(scheme === undefined ? {} : { scheme }),
    ...(isKey ? { key: vector.secret_or_key } : { secret: secret ?? "any" }),
    headers: vector.headers,
    bodyBase64: vector.body_base64,
    ...(at === undefined ? { tolerance: "off" } : { now: at }),
    ...(url === undefined ? {} : { url }),
    ...(method === undefined ? {} : { method }),
  };
}

describe("published vectors through verify --batch", () => {
  it("come out as their origins say", async () => {
    const { rows } = await batch(covered.map(lineOf));

    expect(covered).toHaveLength(103);
    expect(rows.map(({ id, valid }) => [id, valid])).toEqual(covered.map(({ note, valid }) => [note, valid]));
  });
});

const schemes: readonly (readonly [string, Scheme])[] = providers.flatMap(({ name, schemes: rows }) =>
  rows
    .filter(({ secret, signature }) => secret.kind !== "key" && signature.from === "header")
    .map((row) => [name, row] as const),
);

const SECRETS: Readonly<Partial<Record<Scheme["secret"]["kind"], string>>> = {
  prefixedBase64: "whsec_c2VjcmV0",
  base64: "c2VjcmV0",
  hex: "00ff",
};

function hostileLine(provider: string, scheme: Scheme, value: string) {
  const secret = SECRETS[scheme.secret.kind] ?? SECRET;
  const names = [
    scheme.signature.from === "header" ? scheme.signature.names[0] : "X",
    scheme.id?.[0],
    scheme.timestamp?.from.kind === "header" ? scheme.timestamp.from.names[0] : undefined,
  ];
  const headers = names.filter((name) => name !== undefined).map((name) => [name, value]);
  return { provider, scheme: scheme.name, secret, headers, body: BODY, url: "https://app.test/?bodySHA256=aa" };
}

describe("hostile headers", () => {
  const piece = fc.constantFrom(
    "t=",
    "v1=",
    "v0=",
    "v1,",
    "v1a,",
    "sha256=",
    ",",
    ";",
    " ",
    "=",
    "\t",
    "\u0000",
    "\u00ff",
    "1700000000",
    "-1",
    "1e99",
    "NaN",
    WRONG,
    WRONG.toUpperCase(),
    "==",
    "AAAA",
    "__proto__",
    "\r\n",
  );
  const value = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary", maxLength: 80 }),
  );

  it.each(schemes)("of %s never break a run, and are never valid", async (provider, scheme) => {
    const values = fc.sample(value, { numRuns: 1_000, seed: 20_260_131 });

    const { rows, code } = await batch(values.map((text) => hostileLine(provider, scheme, text)));

    expect(rows).toHaveLength(values.length);
    expect(rows.filter(({ valid }) => valid !== false)).toEqual([]);
    expect(code).toBe(1);
  });

  it.each(["t=1,", "v1=aa,", "v1,aa ", "v1a,", "sha256=", " ", ",", "=", "a"])(
    "of 64 KiB of %j are read in linear time",
    async (text) => {
      const long = text.repeat(65_536 / text.length);
      const started = performance.now();

      const { rows } = await batch(schemes.map(([provider, scheme]) => hostileLine(provider, scheme, long)));

      expect(rows.map(({ valid }) => valid)).toEqual(schemes.map(() => false));
      expect(performance.now() - started).toBeLessThan(50 * schemes.length + 500);
    },
  );
});
