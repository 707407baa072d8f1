import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TEST_NOW, newEvent } from "../helpers/event.js";
import { runCli, type RunOptions } from "../helpers/run.js";
import { writerUrl } from "../helpers/writer.js";
import { openStore } from "../../src/store/open.js";

const SECRET = "canary-9f8e7d6c5b4a";
const BODY = '{"id":"evt_1","type":"message.created"}';
const HEX = hmac(BODY);
const GITHUB = `X-Hub-Signature-256: sha256=${HEX}`;
const NOW = Date.UTC(2026, 0, 31, 12);
const env = { S: SECRET };

function hmac(data: string | Uint8Array, key = SECRET, encoding: "hex" | "base64" = "hex"): string {
  return createHmac("sha256", key).update(data).digest(encoding);
}

function stripe(timestamp: number, body = BODY): string {
  return `Stripe-Signature: t=${timestamp},v1=${hmac(`${timestamp}.${body}`)}`;
}

function verify(words: readonly string[], options: RunOptions = {}) {
  return runCli(["verify", ...words], { stdin: BODY, env, now: NOW, ...options });
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-verify-"));
  writeFileSync(join(folder, "body.json"), BODY);
  writeFileSync(join(folder, "secret"), `${SECRET}\n`);
  writeFileSync(join(folder, "headers.txt"), `Content-Type: application/json\r\n\r\n${GITHUB}\r\n`);
  writeFileSync(join(folder, "headers.json"), JSON.stringify({ "x-hub-signature-256": [`sha256=${HEX}`] }));
  writeFileSync(join(folder, "pairs.json"), JSON.stringify([["X-Hub-Signature-256", `sha256=${HEX}`]]));
  writeFileSync(
    join(folder, "request.http"),
    `POST /hook HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${BODY.length}\r\n${GITHUB}\r\n\r\n${BODY}\n`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("verify says valid and ends with 0", () => {
  it("for the generic scheme, with the signature as a flag", async () => {
    const run = await verify(["--secret", "env:S", "--signature", HEX]);

    expect(run).toMatchObject({ code: 0, stdout: "valid: generic hmac-sha256, secret 1\n", stderr: "" });
  });

  it("for a provider's header, and names how the provider was found", async () => {
    const run = await verify(["--secret", "env:S", "--header", GITHUB]);

    expect(run).toMatchObject({
      code: 0,
      stdout: "valid: github sha256 (found by X-Hub-Signature-256, which others use too), secret 1\n",
    });
  });

  it("with the age of the timestamp, and which of several secrets it was", async () => {
    const run = await verify(
      ["--provider", "stripe", "--secret", "env:OLD", "--secret", "env:S", "--header", stripe(NOW / 1000 - 12)],
      {
        env: { ...env, OLD: "another" },
      },
    );

    expect(run).toMatchObject({ code: 0, stdout: "valid: stripe v1, secret 2, 12 s old\n" });
  });

  it("shows that the time was not checked", async () => {
    const run = await verify(["--secret", "env:S", "--tolerance", "off", "--header", stripe(NOW / 1000 - 86_400)]);

    expect(run.stdout).toBe("valid: stripe v1 (found by Stripe-Signature), secret 1, 86400 s old (not checked)\n");
  });

  it.each([
    ["a file of lines", ["--headers", "@headers.txt", "--body", "@body.json"]],
    ["a JSON object", ["--headers", "@headers.json", "--body", "@body.json"]],
    ["JSON pairs", ["--headers", "@pairs.json", "--payload", "@body.json"]],
    ["a raw request", ["--request", "@request.http"]],
  ])("with headers from %s", async (_, words) => {
    const run = await verify(["--secret", "@secret", ...words], { cwd: folder, stdin: "not this" });

    expect(run).toMatchObject({
      code: 0,
      stdout: "valid: github sha256 (found by X-Hub-Signature-256, which others use too), secret 1\n",
    });
  });

  it("says that an editor's newline was dropped from a raw request", async () => {
    const run = await verify(["--secret", "env:S", "--request", "@request.http"], { cwd: folder });

    expect(run.stderr).toContain("a final newline beyond Content-Length was dropped");
  });

  it("fills the provider's own headers from --id, --timestamp and --signature", async () => {
    const timestamp = String(NOW / 1000);
    const signature = `v1,${hmac(`msg_1.${timestamp}.${BODY}`, "sec", "base64")}`;
    const words = [
      "--provider",
      "standard-webhooks",
      "--id",
      "msg_1",
      "--timestamp",
      timestamp,
      "--signature",
      signature,
    ];

    const run = await verify([...words, "--secret", "env:S"], { env: { S: "whsec_c2Vj" } });

    expect(run).toMatchObject({ code: 0, stdout: "valid: standard-webhooks v1, secret 1, 0 s old\n" });
  });

  it("completes a Stripe signature with --timestamp", async () => {
    const timestamp = String(NOW / 1000);

    const run = await verify([
      "--provider",
      "stripe",
      "--secret",
      "env:S",
      "--timestamp",
      timestamp,
      "--signature",
      hmac(`${timestamp}.${BODY}`),
    ]);

    expect(run.code).toBe(0);
  });

  it("with a generic scheme of one's own making", async () => {
    const signature = createHmac("sha512", SECRET).update(BODY).digest("base64");
    const words = [
      "--signature-header",
      "X-Mine",
      "--hash",
      "sha512",
      "--encoding",
      "base64",
      "--signature-prefix",
      "v1=",
    ];

    const run = await verify([
      "--provider",
      "generic",
      "--secret",
      "env:S",
      ...words,
      "--header",
      `X-Mine: v1=${signature}`,
    ]);

    expect(run).toMatchObject({ code: 0, stdout: "valid: generic hmac-sha512, secret 1\n" });
  });

  it("with the secret of the provider's variable, else of HOOKCLI_SECRET", async () => {
    const own = await verify(["--header", GITHUB], { env: { GITHUB_WEBHOOK_SECRET: SECRET, HOOKCLI_SECRET: "wrong" } });
    const general = await verify(["--header", GITHUB], { env: { HOOKCLI_SECRET: SECRET } });

    expect([own.code, general.code]).toEqual([0, 0]);
  });

  it("with a public key as a literal, in a file, or in the provider's variable", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");
    writeFileSync(join(folder, "key.pem"), publicKey.export({ format: "pem", type: "spki" }));
    const signature = sign(null, Buffer.from(`${NOW / 1000}${BODY}`), privateKey).toString("hex");
    const words = ["--header", `X-Signature-Timestamp: ${NOW / 1000}`, "--header", `X-Signature-Ed25519: ${signature}`];

    const runs = [
      await verify([...words, "--key", raw]),
      await verify([...words, "--key", "@key.pem"], { cwd: folder }),
      await verify(words, { env: { DISCORD_WEBHOOK_SECRET: raw } }),
    ];

    expect(runs.map(({ code, stdout, stderr }) => ({ code, stdout, stderr }))).toEqual(
      runs.map(() => ({
        code: 0,
        stdout: "valid: discord ed25519 (found by X-Signature-Ed25519), secret 1, 0 s old\n",
        stderr: "",
      })),
    );
  });

  it("for a weaker signature only when it is asked for", async () => {
    const sha1 = `X-Hub-Signature: sha1=${createHmac("sha1", SECRET).update(BODY).digest("hex")}`;

    const asked = await verify([
      "--provider",
      "github",
      "--scheme",
      "github-sha1",
      "--secret",
      "env:S",
      "--header",
      sha1,
    ]);
    const notAsked = await verify(["--provider", "github", "--secret", "env:S", "--header", sha1]);

    expect(asked.code).toBe(0);
    expect(notAsked.code).toBe(1);
    expect(notAsked.stdout).toMatch(/^invalid: algorithm_not_allowed: /);
  });
});

describe("verify says invalid with a reason and ends with 1", () => {
  it.each([
    ["signature_mismatch", ["--header", `X-Hub-Signature-256: sha256=${"0".repeat(64)}`]],
    ["signature_malformed", ["--header", "X-Hub-Signature-256: sha256=zz"]],
    ["malformed_header", ["--header", `X-Hub-Signature-256: ${HEX}`]],
    ["missing_header", ["--provider", "github"]],
    ["wrong_header_for_provider", ["--provider", "stripe", "--header", GITHUB]],
    ["timestamp_too_old", ["--header", stripe(NOW / 1000 - 301)]],
    ["timestamp_in_future", ["--header", stripe(NOW / 1000 + 301)]],
    ["timestamp_malformed", ["--header", `Stripe-Signature: t=1700000000abc,v1=${HEX}`]],
    ["timestamp_missing", ["--header", `Stripe-Signature: v1=${HEX}`]],
    ["unsupported_version", ["--header", `Stripe-Signature: t=1,v9=${HEX}`]],
    ["body_length", ["--header", `X-Hub-Signature-256: sha256=${"0".repeat(64)}`, "--header", "Content-Length: 3"]],
  ])("%s", async (reason, words) => {
    const text = await verify(["--secret", "env:S", ...words]);
    const json = await verify(["--secret", "env:S", "--json", ...words]);

    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(new RegExp(`^invalid: ${reason}: `));
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, reason });
  });

  it("keeps the window to the second, both ways", async () => {
    const codes = [];
    for (const age of [301, 300, 0, -300, -301])
      codes.push((await verify(["--secret", "env:S", "--header", stripe(NOW / 1000 - age)])).code);

    expect(codes).toEqual([1, 0, 0, 0, 1]);
  });

  it("takes the tolerance and the time that it is given", async () => {
    const old = stripe(NOW / 1000 - 1000);
    const codes = [];
    for (const words of [
      ["--tolerance", "20m"],
      ["--tolerance", "999s"],
      ["--tolerance", "1000"],
      ["--now", "2026-01-31T11:43:20Z"],
      ["--now", "2026-01-31 11:43:20z"],
      ["--now", String(NOW / 1000 - 1000)],
      ["--tolerance", "0"],
    ]) {
      codes.push((await verify(["--secret", "env:S", "--header", old, ...words])).code);
    }

    expect(codes).toEqual([0, 1, 0, 0, 0, 0, 0]);
  });

  it.each([
    ["no signature", ["--provider", "github"]],
    ["an empty one", ["--header", "X-Hub-Signature-256: "]],
    ["one that is no hex", ["--header", "X-Hub-Signature-256: sha256=zz"]],
    ["one that is too short", ["--header", "X-Hub-Signature-256: sha256=abc"]],
  ])("says no more than the verdict where there is nothing to compare: %s", async (_, words) => {
    const { stdout } = await verify(["--secret", "env:S", ...words]);

    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout).toMatch(/^invalid: /);
  });

  it("explains a mismatch below the line, unless told not to", async () => {
    const words = ["--secret", "env:S", "--header", GITHUB];

    const explained = await verify(words, { stdin: `${BODY}\n` });
    const bare = await verify([...words, "--no-explain"], { stdin: `${BODY}\n` });

    expect(explained.stdout).toContain("the signature is right for the body without its final newline");
    expect(explained.stdout).toContain("--data-binary");
    expect(bare.stdout.split("\n")).toHaveLength(2);
  });

  it("never prints a control character of the request", async () => {
    const run = await verify(["--secret", "env:S", "--provider", "stripe", "--headers", "@-", "--body", "@body.json"], {
      cwd: folder,
      stdin: "",
    });
    const hostile = join(folder, "hostile.json");
    writeFileSync(hostile, JSON.stringify({ "stripe-signature": "t=1\u001b]0;x\u0007\u009b31m\u202e,v1=\u001b[2J" }));
    const printed = await verify(["--secret", "env:S", "--headers", `@${hostile}`]);

    expect(run.code).toBe(2);
    expect(printed.code).toBe(1);
    expect(printed.stdout + printed.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});

describe("verify gives no verdict and ends with 2", () => {
  it.each([
    ["a missing secret", [], "no secret is known for github"],
    ["a secret that is not set", ["--secret", "env:NOT_SET"], "environment variable NOT_SET is not set"],
    ["an empty secret", ["--secret", "env:EMPTY"], "environment variable EMPTY is set but empty"],
    ["an empty literal", ["--secret", ""], "empty"],
    ["an unreadable secret", ["--secret", "@none"], "cannot read --secret"],
    ["an unknown provider", ["--secret", "env:S", "--provider", "githb"], "unknown provider: githb"],
    ["an unknown scheme", ["--secret", "env:S", "--scheme", "rot13"], "unknown scheme: rot13"],
    [
      "a scheme that the provider has not",
      ["--secret", "env:S", "--provider", "github", "--scheme", "v9"],
      "has no scheme v9",
    ],
    [
      "several providers' headers",
      ["--secret", "env:S", "--header", stripe(1)],
      "the request fits several providers: github, stripe",
    ],
    ["a tolerance that is none", ["--secret", "env:S", "--tolerance", "soon"], "not a duration: soon"],
    ["a time that is none", ["--secret", "env:S", "--now", "yesterday"], "not a time: yesterday"],
    ["a header that is none", ["--secret", "env:S", "--header", "no colon"], "not a header: no colon"],
    ["two requests", ["--secret", "env:S", "--request", "@request.http", "--event", "last"], "name two requests"],
    ["two bodies", ["--secret", "env:S", "--body", "@body.json", "--payload", "@body.json"], "are the same option"],
    ["a body that is no file", ["--secret", "env:S", "--body", BODY], "--body takes @file or -"],
    ["a file that is not there", ["--secret", "env:S", "--body", "@none"], "no such file"],
    ["a folder", ["--secret", "env:S", "--body", "@."], "it is a folder"],
    ["an unknown flag", ["--secret", "env:S", "--sekret"], "unknown option '--sekret'"],
  ])("for %s", async (_, words, message) => {
    const run = await verify(["--header", GITHUB, ...words], { cwd: folder, env: { ...env, EMPTY: "" } });

    expect(run.code).toBe(2);
    expect(run.stdout).toBe("");
    expect(run.stderr).toContain(message);
  });

  it("is null in JSON, with the error on stderr", async () => {
    const run = await verify(["--header", GITHUB, "--json"], { env: {} });

    expect(run.code).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({ valid: null, provider: "github", reason: "secret_missing" });
    expect(run.stderr).toContain(
      "hookcli: hint: set GITHUB_WEBHOOK_SECRET or HOOKCLI_SECRET, or pass --secret env:NAME",
    );
  });

  it("for a secret that is not in the scheme's form, without printing it", async () => {
    const headers = ["webhook-id: a", `webhook-timestamp: ${NOW / 1000}`, "webhook-signature: v1,aaaa"].flatMap(
      (line) => ["--header", line],
    );

    const run = await verify(["--secret", "env:S", "--json", ...headers], { env: { S: "whsec_not base64!" } });

    expect(run.code).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({ valid: null, reason: "secret_malformed" });
    expect(run.stdout + run.stderr).not.toContain("not base64!");
  });

  it("for a body from a terminal, at once", async () => {
    const run = await runCli(["verify", "--secret", "env:S", "--header", GITHUB], { env, stdinIsTerminal: true });

    expect(run).toMatchObject({ code: 2 });
    expect(run.stderr).toContain("standard input, which is a terminal");
  });

  it("when standard input is asked for twice", async () => {
    const run = await verify(["--secret", "-", "--header", GITHUB]);

    expect(run.code).toBe(2);
    expect(run.stderr).toContain("standard input is already used");
  });

  it("when the scheme signs the URL and nothing tells it", async () => {
    const run = await verify([
      "--provider",
      "twilio",
      "--secret",
      "env:S",
      "--signature",
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    ]);

    expect(run.code).toBe(2);
    expect(run.stderr).toContain("--url");
  });
});

describe("verify prints no secret", () => {
  const canary = "canary-\u00e9-41c0ffee";

  it.each([
    ["valid", canary],
    ["invalid", `${canary} `],
  ])("when the signature is %s", async (_, right) => {
    const header = `X-Hub-Signature-256: sha256=${hmac(BODY, right)}`;

    for (const words of [[], ["--json"], ["-v"]]) {
      const run = await verify(["--secret", "env:S", "--header", header, ...words], { env: { S: canary } });

      expect(run.stdout + run.stderr).not.toContain("41c0ffee");
    }
  });

  it("but warns once of one on the command line", async () => {
    const run = await verify(["--secret", canary, "--secret", "two", "--header", GITHUB]);

    expect(run.stderr.match(/warning/g)).toHaveLength(1);
    expect(run.stdout + run.stderr).not.toContain("41c0ffee");
  });
});

describe("verify with a raw scheme", () => {
  const words = ["--scheme", "hmac-sha256", "--key-hex", Buffer.from(SECRET).toString("hex")];

  it("checks a message and nothing else", async () => {
    const right = await verify([...words, "--signature-hex", HEX]);
    const wrong = await verify([...words, "--signature-hex", "00".repeat(32)]);
    const short = await verify([...words, "--signature-hex", HEX.slice(0, 32)]);

    expect(right).toMatchObject({ code: 0, stdout: "valid: hmac-sha256\n" });
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stdout).toMatch(/^invalid: signature_mismatch: /);
    expect(short.stdout).toMatch(/^invalid: signature_malformed: /);
  });

  it("explains a mismatch too", async () => {
    const run = await verify([...words, "--signature-hex", HEX], { stdin: `${BODY}\n` });

    expect(run.code).toBe(1);
    expect(run.stdout).toContain("the signature is right for the body without its final newline");
  });

  it.each([
    ["no signature", words, "needs the signature"],
    ["an empty key", ["--scheme", "hmac-sha256", "--key-hex", "", "--signature-hex", HEX], "the key is empty"],
    [
      "a key that is no hex",
      ["--scheme", "hmac-sha256", "--key-hex", "xy", "--signature-hex", HEX],
      "--key-hex is not hex",
    ],
    ["a secret where a key belongs", ["--scheme", "ed25519", "--signature-hex", HEX], "no key is given for ed25519"],
  ])("wants %s put right (2)", async (_, given, message) => {
    const run = await verify(given, { env: {} });

    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
  });
});

describe("verify --event", () => {
  const db = () => join(folder, "events.db");

  beforeAll(async () => {
    const store = await openStore({ path: db(), context: { now: () => TEST_NOW }, writerPath: await writerUrl() });
    await store.append(
      newEvent({
        project: folder,
        path: "/x",
        headers: [["X-Hub-Signature-256", `sha256=${HEX}`]],
        body: Buffer.from(BODY),
        provider: "github",
      }),
    );
    await store.append(
      newEvent({
        project: folder,
        body: new Uint8Array(),
        bodyComplete: false,
        state: "refused",
        refusal: "body_too_large",
      }),
    );
    await store.close();
  });

  it("checks what was captured", async () => {
    const run = await verify(["--event", "1", "--secret", "env:S"], { cwd: folder, env: { ...env, HOOKCLI_DB: db() } });

    expect(run).toMatchObject({
      code: 0,
      stdout: "valid: github sha256 (found by X-Hub-Signature-256, which others use too), secret 1\n",
    });
  });

  it.each([
    ["an event that is not there", ["--event", "99"], "no event 99"],
    ["several events", ["--event", "1..2"], "that is more than one event"],
    ["an event without a body", ["--event", "last"], "was refused before the body was read"],
  ])("wants %s put right (2)", async (_, words, message) => {
    const run = await verify([...words, "--secret", "env:S"], { cwd: folder, env: { ...env, HOOKCLI_DB: db() } });

    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
  });
});

describe("verify says what a provider's secrets are like", () => {
  const discord = ["--provider", "discord", "--header", "X-Signature-Timestamp: 1"];

  it("names --key first for a provider with keys", async () => {
    const { code, stderr } = await verify(discord);

    expect(code).toBe(2);
    expect(stderr).toContain("no key is known for discord");
    expect(stderr).toContain("pass --key @file: the public key to verify");
    expect(stderr).toContain("hookcli sign --new-key discord");
  });

  it.each([
    ["env:HOOKCLI_SECRET does not fit discord, which takes a key", discord, { HOOKCLI_SECRET: SECRET }],
    ["env:DISCORD_WEBHOOK_SECRET does not fit discord", discord, { DISCORD_WEBHOOK_SECRET: SECRET }],
    [
      "env:HOOKCLI_SECRET does not fit standard-webhooks, which takes whsec_ + base64",
      ["--provider", "standard-webhooks"],
      { HOOKCLI_SECRET: "whsec_no base64" },
    ],
    ["env:S does not fit svix", ["--provider", "svix", "--secret", "env:S"], { S: "whsec_no base64" }],
  ])("says where an unfit secret came from: %s", async (message, words, given) => {
    const { code, stderr } = await verify(words, { env: given });

    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("no base64");
    expect(stderr).not.toContain(SECRET);
  });
});
