import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { runCli } from "../helpers/run.js";

const SECRET = "canary-9f8e7d6c5b4a";
const BODY = '{"id":"evt_1"}';
const URL_CALLED = "https://example.com/hook";
const env = { S: SECRET, T: SECRET };

function verify(words: readonly string[], stdin = BODY) {
  return runCli(["verify", "--secret", "env:S", ...words], { stdin, env, now: Date.UTC(2026, 0, 31, 12) });
}

function plivoSignature(): string {
  return createHmac("sha256", SECRET).update(`${URL_CALLED}7`).digest("base64");
}

function plivo(): string[] {
  const headers = [`X-Plivo-Signature-V2: ${plivoSignature()}`, "X-Plivo-Signature-V2-Nonce: 7"];
  return ["--provider", "plivo", "--url", URL_CALLED, ...headers.flatMap((header) => ["--header", header])];
}

describe("a valid signature that says nothing about the body", () => {
  it("is said to, for an address that is signed alone", async () => {
    const run = await verify(plivo());
    expect(run).toMatchObject({
      code: 0,
      stdout: "valid: plivo v2, secret 1\n  not checked: the body is not signed\n",
    });
  });

  it("is said to in JSON too", async () => {
    const run = await verify([...plivo(), "--json"]);
    expect(JSON.parse(run.stdout)).toMatchObject({ valid: true, unchecked: "the body is not signed" });
  });

  it("is said to for a token, in the words of the provider's row where it has some", async () => {
    const telegram = await verify(["--provider", "telegram", "--header", "X-Telegram-Bot-Api-Secret-Token: env:T"]);
    expect(telegram.stdout).toContain("not checked: the body is not signed");
    const okta = await verify(["--provider", "okta", "--header", "Authorization: env:T"]);
    expect(okta.stdout).toContain("not checked: Okta signs nothing");
  });

  it("is said to on a line of a batch, where there is a body", async () => {
    const headers = { "X-Plivo-Signature-V2": plivoSignature(), "X-Plivo-Signature-V2-Nonce": "7" };
    const cases = [BODY, ""].map((body) => JSON.stringify({ provider: "plivo", url: URL_CALLED, headers, body }));

    const { stdout } = await verify(["--batch"], cases.join("\n"));

    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { valid: boolean; unchecked?: string });
    expect(rows.map(({ valid, unchecked }) => [valid, unchecked])).toEqual([
      [true, "the body is not signed"],
      [true, undefined],
    ]);
  });

  it("is not, where there is no body", async () => {
    expect((await verify(plivo(), "")).stdout).toBe("valid: plivo v2, secret 1\n");
  });

  it("is not, where the body is signed", async () => {
    const hex = createHmac("sha256", SECRET).update(BODY).digest("hex");
    expect((await verify(["--provider", "mollie", "--signature", hex])).stdout).toBe(
      "valid: mollie hmac-sha256, secret 1\n",
    );
  });

  it("is said to be of some fields, where only those are signed", async () => {
    const item = {
      pspReference: "7914073381342284",
      merchantAccountCode: "TestMerchant",
      merchantReference: "TestPayment-1407325143704",
      amount: { value: 1130, currency: "EUR" },
      eventCode: "AUTHORISATION",
      success: "true",
    };
    const signed = "7914073381342284::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true";
    const hmacSignature = createHmac("sha256", Buffer.from("00ff00ff", "hex")).update(signed).digest("base64");
    const NotificationRequestItem = { ...item, additionalData: { hmacSignature } };
    const run = await runCli(["verify", "--provider", "adyen", "--secret", "env:S"], {
      stdin: JSON.stringify({ live: "true", notificationItems: [{ NotificationRequestItem }] }),
      env: { S: "00ff00ff" },
    });
    expect(run.stdout).toBe("valid: adyen item, secret 1\n  not checked: of the body only some fields are signed\n");
  });
});
