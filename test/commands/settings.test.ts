import { createPublicKey, generateKeyPairSync, sign as signBytes, verify as verifyBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../helpers/run.js";

/*
 * PayPal signs the id of the webhook, which is in no request: it has to be told.
 */

const NOW = Date.UTC(2026, 0, 31, 12);
const BODY = '{"id":"WH-EVENT-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}';
/** The CRC-32 of BODY, by Python's zlib. */
const CRC = "1847759724";
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ID = "630bd3e6-3bcd-4b00-94f6-f18bb3201d5c";
const TIME = "2026-01-31T12:00:00.000Z";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-settings-"));
  writeFileSync(join(folder, "body.json"), BODY);
  writeFileSync(join(folder, "id.txt"), "WH-77\n");
  writeFileSync(join(folder, "public.pem"), publicKey.export({ format: "pem", type: "spki" }));
  writeFileSync(join(folder, "private.pem"), privateKey.export({ format: "pem", type: "pkcs8" }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(argv: readonly string[], env: Record<string, string> = {}) {
  return runCli([...argv, "--body", "@body.json"], { cwd: folder, now: NOW, env });
}

const signedBy = (webhookId: string) => Buffer.from(`${ID}|${TIME}|${webhookId}|${CRC}`);

function verifyWith(...words: readonly string[]) {
  const signature = signBytes("sha256", signedBy("WH-77"), privateKey).toString("base64");
  const headers = [
    `PAYPAL-TRANSMISSION-ID: ${ID}`,
    `PAYPAL-TRANSMISSION-TIME: ${TIME}`,
    `PAYPAL-TRANSMISSION-SIG: ${signature}`,
  ];
  return run(["verify", "--key", "@public.pem", ...headers.flatMap((line) => ["--header", line]), ...words], {
    WEBHOOK: "WH-77",
  });
}

describe("--setting", () => {
  it.each(["webhookId=WH-77", "webhookId=literal:WH-77", "webhookId=env:WEBHOOK", "webhookId=@id.txt"])(
    "tells verify what is signed: %s",
    async (setting) => {
      expect(await verifyWith("--setting", setting)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^valid: paypal/) as string,
        stderr: "",
      });
    },
  );

  it("makes another signature of another value", async () => {
    expect((await verifyWith("--setting", "webhookId=WH-78")).stdout).toMatch(/^invalid: signature_mismatch/);
  });

  it("is asked for, and no verdict is given without it", async () => {
    const { code, stdout, stderr } = await verifyWith();

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("signs webhookId, which is configured at the provider");
    expect(stderr).toContain("hint: pass --setting webhookId=VALUE");
  });

  it.each([
    [["--setting", "webhookId"], "not a setting: webhookId"],
    [["--setting", "=x"], "not a setting: =x"],
    [["--setting", "webhookId="], "not a setting: webhookId="],
    [["--setting", "webhookId=a", "--setting", "webhookId=b"], "--setting gives webhookId twice"],
    [["--setting", "webhookId=env:NOT_SET"], "environment variable NOT_SET is not set"],
  ])("is refused as %j", async (words, message) => {
    const { code, stderr } = await verifyWith(...words);

    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("is signed, with the headers that PayPal signs beside it", async () => {
    const { code, stdout } = await run([
      "sign",
      "--provider",
      "paypal",
      "--key",
      "@private.pem",
      "--setting",
      "webhookId=WH-77",
    ]);
    const headers = new Map(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(": ", 2) as [string, string]),
    );

    const content = `${headers.get("PAYPAL-TRANSMISSION-ID")}|${headers.get("PAYPAL-TRANSMISSION-TIME")}|WH-77|${CRC}`;
    expect(code).toBe(0);
    expect(
      verifyBytes(
        "sha256",
        Buffer.from(content),
        createPublicKey(publicKey.export({ format: "pem", type: "spki" })),
        Buffer.from(headers.get("PAYPAL-TRANSMISSION-SIG") ?? "", "base64"),
      ),
    ).toBe(true);
  });

  it("stands in a line of --batch, or holds for all lines", async () => {
    const line = {
      provider: "paypal",
      key: publicKey.export({ format: "pem", type: "spki" }),
      headers: {
        "PAYPAL-TRANSMISSION-ID": ID,
        "PAYPAL-TRANSMISSION-TIME": TIME,
        "PAYPAL-TRANSMISSION-SIG": signBytes("sha256", signedBy("WH-77"), privateKey).toString("base64"),
      },
      body: BODY,
    };
    const batch = async (one: object, ...words: readonly string[]) => {
      const { stdout } = await runCli(["verify", "--batch", ...words], { now: NOW, stdin: JSON.stringify(one) });
      return JSON.parse(stdout) as unknown;
    };

    expect(await batch({ ...line, settings: { webhookId: "WH-77" } })).toMatchObject({ valid: true });
    expect(await batch(line, "--setting", "webhookId=WH-77")).toMatchObject({ valid: true });
    expect(await batch({ ...line, settings: { webhookId: "WH-78" } })).toMatchObject({ valid: false });
    expect(await batch({ ...line, settings: ["a"] })).toMatchObject({ error: "settings is not an object of strings" });
    expect(await batch(line)).toMatchObject({ error: expect.stringContaining("signs webhookId") as string });
  });
});
