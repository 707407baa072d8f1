import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startApp } from "../helpers/http-app.js";
import { createSandbox, startListen, type RunningListen, type Sandbox } from "../helpers/program.js";

let sandbox: Sandbox;
let running: RunningListen[];

beforeEach(() => {
  sandbox = createSandbox();
  running = [];
});
afterEach(async () => {
  for (const listen of running) await listen.stop("SIGKILL");
  sandbox.remove();
});

async function listenWith(argv: string[], env: Record<string, string> = {}): Promise<RunningListen> {
  const listen = await startListen([...argv, "--no-tunnel"], { sandbox, env });
  running.push(listen);
  return listen;
}

async function get(url: string, headers: Record<string, string> = {}): Promise<[number, string]> {
  const response = await fetch(url, { headers });
  return [response.status, await response.text()];
}

async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<[number, string]> {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
  return [response.status, await response.text()];
}

const hmac = (secret: string | Buffer, text: string, hash = "sha256") => createHmac(hash, secret).update(text);

describe("listen without a target", () => {
  it("answers challenges as the providers demand, computed by node:crypto", async () => {
    const { localUrl } = await listenWith(
      ["--setting", "verifyToken=mine", "--setting", "publicKey=pk", "--setting", "verificationToken=vt"],
      { HOOKCLI_SECRET: "s1" },
    );

    const crc = await get(`${localUrl}/?crc_token=abc&nonce=1`);
    const meta = await get(`${localUrl}/?hub.mode=subscribe&hub.verify_token=mine&hub.challenge=42`);
    const stranger = await get(`${localUrl}/?hub.mode=subscribe&hub.verify_token=other&hub.challenge=42`);
    const graph = await post(`${localUrl}/?validationToken=a%20b%3c`, "");
    const okta = await get(localUrl, { "X-Okta-Verification-Challenge": "oc" });
    const braintree = await get(`${localUrl}/?bt_challenge=00ff`);
    const ebay = await get(`${localUrl}/hook?challenge_code=cc`);
    const zoom = await post(localUrl, '{"event":"endpoint.url_validation","payload":{"plainToken":"pt"}}');

    expect(JSON.parse(crc[1])).toEqual({ response_token: `sha256=${hmac("s1", "abc").digest("base64")}` });
    expect([meta, stranger]).toEqual([
      [200, "42"],
      [403, ""],
    ]);
    expect(graph).toEqual([200, "a b<"]);
    expect(JSON.parse(okta[1])).toEqual({ verification: "oc" });
    const key = createHash("sha1").update("s1").digest();
    expect(braintree).toEqual([200, `pk|${hmac(key, "00ff", "sha1").digest("hex")}`]);
    const hash = createHash("sha256").update(`ccvt${localUrl}/hook`).digest("hex");
    expect(JSON.parse(ebay[1])).toEqual({ challengeResponse: hash });
    expect(JSON.parse(zoom[1])).toEqual({ plainToken: "pt", encryptedToken: hmac("s1", "pt").digest("hex") });
  });

  it("tells right signatures from wrong ones where the provider tries both", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const hex = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
    const { localUrl } = await listenWith([], { XERO_WEBHOOK_SECRET: "s1", DISCORD_WEBHOOK_SECRET: hex });
    const time = String(Math.floor(Date.now() / 1000));
    const signature = sign(null, Buffer.from(`${time}{"type":1}`), privateKey).toString("hex");
    const intent = '{"events":[],"entropy":"e"}';

    const discord = (value: string) =>
      post(localUrl, '{"type":1}', { "X-Signature-Ed25519": value, "X-Signature-Timestamp": time });
    const xero = (value: string) => post(localUrl, intent, { "x-xero-signature": value });

    expect(await discord(signature)).toEqual([200, '{"type":1}']);
    expect(await discord("00".repeat(64))).toEqual([401, ""]);
    expect(await xero(hmac("s1", intent).digest("base64"))).toEqual([200, ""]);
    expect(await xero(hmac("s2", intent).digest("base64"))).toEqual([401, ""]);
  });

  it("does not answer what it lacks the secret for, and says so", async () => {
    const listen = await listenWith([]);

    await get(`${listen.localUrl}/?crc_token=abc`);
    const told = await listen.waitFor(({ type }) => type === "handshake");

    expect(told).toMatchObject({ provider: "x", answered: false, remark: "handshake not answered" });
    expect(String(told["note"])).toContain("X_WEBHOOK_SECRET");
  });

  it("keeps the secret that Asana hands over out of what it says", async () => {
    const listen = await listenWith([]);

    const response = await fetch(listen.localUrl, { method: "POST", headers: { "X-Hook-Secret": "canary-4711" } });
    const told = await listen.waitFor(({ type }) => type === "handshake");

    expect([response.status, response.headers.get("x-hook-secret")]).toEqual([200, "canary-4711"]);
    expect(String(told["note"])).toContain("events show last --show-secrets");
    expect(JSON.stringify(listen.messages) + listen.stderr()).not.toContain("canary-4711");
  });

  it("shows the URL that confirms a subscription of SNS, and fetches nothing", async () => {
    const app = await startApp();
    const listen = await listenWith([]);
    const url = `http://127.0.0.1:${app.port}/?Action=ConfirmSubscription`;

    await post(listen.localUrl, JSON.stringify({ Type: "SubscriptionConfirmation", SubscribeURL: url }));
    const told = await listen.waitFor(({ type }) => type === "handshake");
    await app.close();

    expect(told).toMatchObject({ answered: false, remark: "subscription not confirmed" });
    expect(String(told["note"])).toContain(url);
    expect(app.requests).toHaveLength(0);
  });

  it("leaves handshakes alone with --handshake off", async () => {
    const { localUrl } = await listenWith(["--handshake", "off"]);

    expect(await get(`${localUrl}/?challenge=abc`)).toEqual([200, ""]);
  });
});

describe("listen with a target", () => {
  it("lets the app answer, and answers for it once it is down", async () => {
    const app = await startApp();
    app.answer = (_request, response) => void response.end("the app's");
    const { localUrl } = await listenWith([String(app.port)]);

    const up = await get(`${localUrl}/?challenge=abc`);
    await app.close();
    const down = await get(`${localUrl}/?challenge=abc`);
    const [event] = await post(localUrl, '{"type":"message"}');

    expect([up, down]).toEqual([
      [200, "the app's"],
      [200, "abc"],
    ]);
    expect(event).toBe(502);
  });
});
