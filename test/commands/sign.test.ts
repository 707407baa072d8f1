import { createHash, createHmac, createPublicKey, verify as verifySignature } from "node:crypto";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli, type RunOptions } from "../helpers/run.js";

const SECRET = "canary-5eed5eed";
const BODY = '{"id":"evt_1","note":"it\'s caf\u00e9"}';
const NOW = Date.UTC(2026, 0, 31, 12);
const T = String(NOW / 1000);
const hmac = (hash: string, data: string | Uint8Array, encoding: "hex" | "base64", key: string | Uint8Array = SECRET) =>
  createHmac(hash, key).update(data).digest(encoding);

function sign(words: readonly string[], options: RunOptions = {}) {
  return runCli(["sign", ...words], { stdin: BODY, env: { S: SECRET }, now: NOW, ...options });
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-sign-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("sign prints the headers that a provider would send", () => {
  const url = "https://app.test/hook";
  const form = "b=2&a=1";

  it.each([
    ["generic", [], BODY, `X-Signature: ${hmac("sha256", BODY, "hex")}\n`],
    ["github", [], BODY, `X-Hub-Signature-256: sha256=${hmac("sha256", BODY, "hex")}\n`],
    ["github", ["--scheme", "github-sha1"], BODY, `X-Hub-Signature: sha1=${hmac("sha1", BODY, "hex")}\n`],
    ["stripe", [], BODY, `Stripe-Signature: t=${T},v1=${hmac("sha256", `${T}.${BODY}`, "hex")}\n`],
    ["stripe", ["--timestamp", "5"], BODY, `Stripe-Signature: t=5,v1=${hmac("sha256", `5.${BODY}`, "hex")}\n`],
    [
      "slack",
      [],
      BODY,
      `X-Slack-Request-Timestamp: ${T}\nX-Slack-Signature: v0=${hmac("sha256", `v0:${T}:${BODY}`, "hex")}\n`,
    ],
    ["shopify", [], BODY, `X-Shopify-Hmac-Sha256: ${hmac("sha256", BODY, "base64")}\n`],
    ["square", ["--url", url], BODY, `x-square-hmacsha256-signature: ${hmac("sha256", `${url}${BODY}`, "base64")}\n`],
    ["twilio", ["--url", url], form, `X-Twilio-Signature: ${hmac("sha1", `${url}a1b2`, "base64")}\n`],
    ["gitlab", [], BODY, "X-Gitlab-Token: ***\n"],
    ["gitlab", ["--show-secrets"], BODY, `X-Gitlab-Token: ${SECRET}\n`],
  ])("%s %j", async (provider, words, body, stdout) => {
    const run = await sign(["--provider", provider, "--secret", "env:S", ...words], { stdin: body });

    expect(run).toMatchObject({ code: 0, stdout, stderr: "" });
  });

  it("with an id, given or made", async () => {
    const key = Buffer.from("c2VjcmV0", "base64");
    const given = await sign(["--provider", "svix", "--secret", "env:S", "--id", "msg_1"], {
      env: { S: "whsec_c2VjcmV0" },
    });
    const made = await sign(["--provider", "svix", "--secret", "env:S"], { env: { S: "whsec_c2VjcmV0" } });
    const id = /^svix-id: (msg_[A-Za-z0-9]+)\n/.exec(made.stdout)?.[1] ?? "";

    expect(given.stdout).toBe(
      `svix-id: msg_1\nsvix-timestamp: ${T}\nsvix-signature: v1,${hmac("sha256", `msg_1.${T}.${BODY}`, "base64", key)}\n`,
    );
    expect(made.stdout).toContain(hmac("sha256", `${id}.${T}.${BODY}`, "base64", key));
  });

  it("as JSON", async () => {
    const run = await sign(["--provider", "github", "--secret", "env:S", "--json"]);

    expect(JSON.parse(run.stdout)).toEqual({
      provider: "github",
      scheme: "github-sha256",
      headers: [["X-Hub-Signature-256", `sha256=${hmac("sha256", BODY, "hex")}`]],
    });
  });

  it("and the URL, where signing completes it", async () => {
    const run = await sign([
      "--provider",
      "twilio",
      "--secret",
      "env:S",
      "--url",
      url,
      "--header",
      "Content-Type: application/json",
      "--json",
    ]);
    const signed = `${url}?bodySHA256=${createHash("sha256").update(BODY).digest("hex")}`;

    expect(JSON.parse(run.stdout)).toMatchObject({
      url: signed,
      headers: [["X-Twilio-Signature", hmac("sha1", signed, "base64")]],
    });
  });

  it("for a raw scheme the signature's bytes", async () => {
    const run = await sign(["--scheme", "hmac-sha512", "--key-hex", Buffer.from(SECRET).toString("hex")]);

    expect(run).toMatchObject({ code: 0, stdout: `${hmac("sha512", BODY, "hex")}\n` });
  });
});

describe("sign --curl", () => {
  it("prints a command that sends the same bytes", async () => {
    const file = join(folder, "args");
    const { stdout } = await sign([
      "--provider",
      "github",
      "--secret",
      "env:S",
      "--curl",
      "http://127.0.0.1:5000/hook",
    ]);
    writeFileSync(join(folder, "curl"), `#!/bin/sh\nprintf '%s\\0' "$@" > ${file}\n`, { mode: 0o755 });

    execFileSync("/bin/sh", ["-c", stdout], { env: { PATH: `${folder}:/usr/bin:/bin` } });

    const args = readFileSync(file, "utf8").split("\0");
    expect(args).toContain("http://127.0.0.1:5000/hook");
    expect(args).toContain("Content-Type: application/json");
    expect(args).toContain(`X-Hub-Signature-256: sha256=${hmac("sha256", BODY, "hex")}`);
    expect(args[args.indexOf("--data-raw") + 1]).toBe(BODY);
  });

  it("sends a credential as a variable", async () => {
    const run = await sign(["--provider", "gitlab", "--secret", "env:S", "--curl", "http://127.0.0.1:5000/"]);

    expect(run.stdout).toContain(`-H 'X-Gitlab-Token: '"$GITLAB_WEBHOOK_SECRET"`);
    expect(run.stdout).not.toContain(SECRET);
  });
});

describe("sign --new-key", () => {
  it("puts the private half into a file of 0600, and prints the public half", async () => {
    const made = await sign(["--new-key", "discord", "--out", "discord.key"], { cwd: folder });
    const signed = await sign(["--provider", "discord", "--key", "@discord.key", "--json"], { cwd: folder });
    const { headers } = JSON.parse(signed.stdout) as { headers: [string, string][] };
    const signature = Buffer.from(headers.find(([name]) => name === "X-Signature-Ed25519")?.[1] ?? "", "hex");
    const x = Buffer.from(made.stdout.trim(), "hex").toString("base64url");
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });

    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(statSync(join(folder, "discord.key")).mode & 0o777).toBe(0o600);
    expect(made.stdout + made.stderr).not.toContain(readFileSync(join(folder, "discord.key"), "utf8").split("\n")[1]);
    expect(verifySignature(null, Buffer.from(`${T}${BODY}`), publicKey, signature)).toBe(true);
  });

  it.each(["sendgrid", "standard-webhooks"])("makes keys of %s that sign what verify accepts", async (provider) => {
    const made = await sign(["--new-key", provider], { cwd: folder });
    const signed = await sign(["--provider", provider, "--key", `@${provider}.key`], { cwd: folder });
    writeFileSync(join(folder, "headers"), signed.stdout);

    const checked = await runCli(
      ["verify", "--provider", provider, "--key", made.stdout.trim(), "--headers", "@headers"],
      { cwd: folder, stdin: BODY, now: NOW },
    );

    expect([made.code, signed.code, checked.code]).toEqual([0, 0, 0]);
    expect(checked.stdout).toMatch(/^valid: /);
  });

  it("never writes over a file or through a link", async () => {
    writeFileSync(join(folder, "taken"), "mine");
    symlinkSync(join(folder, "elsewhere"), join(folder, "link"));

    const runs = [
      await sign(["--new-key", "discord", "--out", "taken"], { cwd: folder }),
      await sign(["--new-key", "discord", "--out", "link"], { cwd: folder }),
    ];

    expect(runs.map(({ code }) => code)).toEqual([2, 2]);
    expect(runs[0]?.stderr).toContain("it exists already");
    expect(readFileSync(join(folder, "taken"), "utf8")).toBe("mine");
    expect(existsSync(join(folder, "elsewhere"))).toBe(false);
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
  });

  it("is for providers with keys", async () => {
    const run = await sign(["--new-key", "stripe"], { cwd: folder });

    expect(run.code).toBe(2);
    expect(run.stderr).toContain("stripe has a shared secret, not keys");
    expect(run.stderr).toContain("discord");
  });
});

describe("sign ends with 2", () => {
  const publicKey = "2152f8d19b791d24453242e15f2eab6cb7cffa7b6a5ed30097960e069881db12";

  it.each([
    [
      "a public key",
      ["--provider", "discord", "--key", publicKey],
      "a public key cannot sign",
      "hookcli sign --new-key discord",
    ],
    ["a key for a secret", ["--provider", "github", "--key", publicKey], "signs with a shared secret", "pass --secret"],
    ["no secret", ["--provider", "stripe"], "no secret is known for stripe", "STRIPE_WEBHOOK_SECRET"],
    ["no URL", ["--provider", "square", "--secret", "env:S"], "signs the URL", "--url"],
    ["an id where none is signed", ["--provider", "github", "--secret", "env:S", "--id", "1"], "signs no id", ""],
    [
      "an unknown provider",
      ["--provider", "strip", "--secret", "env:S"],
      "unknown provider: strip",
      "did you mean stripe?",
    ],
  ])("for %s", async (_, words, message, hint) => {
    const run = await sign(words, { env: { S: SECRET } });

    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain(message);
    expect(run.stderr).toContain(hint);
  });

  it("for a public key in the provider's variable", async () => {
    const run = await sign(["--provider", "discord"], { env: { DISCORD_WEBHOOK_SECRET: publicKey } });

    expect(run.code).toBe(2);
    expect(run.stderr).toContain("hookcli sign --new-key discord");
  });
});
