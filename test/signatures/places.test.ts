import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { detectProvider } from "../../src/providers/detect.js";
import { findProvider } from "../../src/providers/index.js";
import type { Provider } from "../../src/providers/provider.js";
import { verifyProvider } from "../../src/providers/verify.js";
import type { Scheme } from "../../src/signatures/scheme.js";
import { signRequest } from "../../src/signatures/sign.js";
import { verifyRequest } from "../../src/signatures/verify.js";
import { hygraph, placeOracles, type PlaceOracle, type Whole } from "./oracles-of-places.js";

const NOW = 1_700_000_000_000;
const rows = placeOracles.map((oracle) => [oracle.scheme, oracle] as const);

function providerOf(name: string): Provider {
  const provider = findProvider(name);
  if (provider === undefined) throw new Error(`no ${name}`);
  return provider;
}

function schemeOf({ provider, scheme }: PlaceOracle): Scheme {
  const found = providerOf(provider).schemes.find(({ name }) => name === scheme);
  if (found === undefined) throw new Error(`no ${scheme}`);
  return found;
}

const requestOf = ({ url, headers, body }: Whole) => ({ url, headers, body: Buffer.from(body) });

function verdictOf(oracle: PlaceOracle, whole: Whole, secret = oracle.secret) {
  return verifyRequest({
    scheme: schemeOf(oracle),
    request: requestOf(whole),
    secrets: [Buffer.from(secret)],
    now: NOW,
  });
}

/** The first place, in URL, headers or body, that has the text. */
function changed({ url, headers, body }: Whole, [from, to]: readonly [string, string]): Whole {
  const swap = (text: string) => text.replace(from, () => to);
  const whole = {
    url: swap(url),
    headers: headers.map(([name, value]) => [name, swap(value)] as const),
    body: swap(body),
  };
  expect(whole).not.toEqual({ url, headers, body });
  return whole;
}

describe.each(rows)("%s", (_name, oracle) => {
  it("is accepted, and refused with another secret", () => {
    expect(verdictOf(oracle, oracle.signed)).toMatchObject({ valid: true, reason: null });
    if (oracle.signingSecret === undefined) expect(verdictOf(oracle, oracle.signed, "other").valid).toBe(false);
  });

  it("is refused where there is no signature", () => {
    const verdict = verdictOf(oracle, oracle.unsigned);

    expect(verdict.valid).toBe(false);
    expect(verdict.reason).toMatch(/^(?:missing_header|malformed_header|timestamp_missing|timestamp_malformed)$/);
  });

  it.each(oracle.refused)("is refused with %s as %s", (from, to) => {
    expect(verdictOf(oracle, changed(oracle.signed, [from, to])).valid).toBe(false);
  });

  it.each(oracle.open)("says nothing about %s", (from, to) => {
    expect(verdictOf(oracle, changed(oracle.signed, [from, to])).valid).toBe(true);
  });

  it("is signed so", () => {
    const request = requestOf(oracle.unsigned);
    const made = signRequest({
      scheme: schemeOf(oracle),
      request,
      secret: Buffer.from(oracle.signingSecret ?? oracle.secret),
      now: NOW,
      id: "1",
    });
    const whole = {
      url: made.url ?? request.url,
      headers: [...request.headers, ...made.headers],
      body: Buffer.from(made.body ?? request.body).toString(),
    };

    if (oracle.isRandom === true) expect(verdictOf(oracle, whole)).toMatchObject({ valid: true });
    else expect(whole).toEqual(oracle.signed);
  });

  it("tells who sent it", () => {
    const found = detectProvider(requestOf(oracle.signed));

    expect(found.kind === "one" ? found.provider.name : found.kind).toBe(oracle.detected ?? oracle.provider);
  });
});

describe("which scheme a request is checked by", () => {
  const check = (
    name: string,
    request: { headers: readonly (readonly [string, string])[]; body: string },
    secret: string,
  ) =>
    verifyProvider({
      provider: providerOf(name),
      request: { ...request, url: "https://example.com/", body: Buffer.from(request.body) },
      secrets: [Buffer.from(secret)],
      now: NOW,
    });

  it("is told at GitLab by the header and by the secret that is known", () => {
    const token = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
    const mac = createHmac("sha256", "0123456789abcdef0123456789abcdef").update("i.1700000000.{}").digest("base64");
    const headers = [
      ["webhook-id", "i"],
      ["webhook-timestamp", "1700000000"],
      ["webhook-signature", `v1,${mac}`],
      ["X-Gitlab-Token", "plain"],
    ] as const;

    expect(check("gitlab", { headers, body: "{}" }, token)).toMatchObject({ valid: true, scheme: "gitlab-v1" });
    expect(check("gitlab", { headers, body: "{}" }, "plain")).toMatchObject({ valid: true, scheme: "gitlab-token" });
    expect(check("gitlab", { headers, body: "{ }" }, token)).toMatchObject({ valid: false, scheme: "gitlab-v1" });
    expect(check("gitlab", { headers: headers.slice(3), body: "{}" }, "plain").valid).toBe(true);
  });

  it.each(["sha1", "sha256", "sha384", "sha512"])("is told at a WebSub hub by the name of the hash: %s", (hash) => {
    const value = `${hash}=${createHmac(hash, "s").update("<feed/>").digest("hex")}`;

    expect(check("websub", { headers: [["X-Hub-Signature", value]], body: "<feed/>" }, "s")).toMatchObject({
      valid: true,
      scheme: `websub-${hash}`,
    });
    expect(check("websub", { headers: [["X-Hub-Signature", value]], body: "<feed />" }, "s").valid).toBe(false);
  });

  it("is never that of Shopify's queries without being asked for", () => {
    const oracle = placeOracles.find(({ scheme }) => scheme === "shopify-oauth") as PlaceOracle;
    const request = requestOf(oracle.signed);

    expect(
      verifyProvider({ provider: providerOf("shopify"), request, secrets: [Buffer.from(oracle.secret)], now: NOW }),
    ).toMatchObject({ valid: false, scheme: "shopify-hmac-sha256" });
  });

  it("is Plivo's third wherever its header is", () => {
    const mac = createHmac("sha256", "s").update("https://example.com/?Text=a.n").digest("base64");
    const headers = [
      ["Content-Type", "application/x-www-form-urlencoded"],
      ["X-Plivo-Signature-V2", "x"],
      ["X-Plivo-Signature-V3", `${Buffer.alloc(32).toString("base64")},${mac}`],
      ["X-Plivo-Signature-V3-Nonce", "n"],
    ] as const;

    // Fields without a query follow the question mark at once.
    const posted = createHmac("sha256", "s").update("https://example.com/?Texta.n").digest("base64");
    expect(check("plivo", { headers, body: "Text=a" }, "s").valid).toBe(false);
    expect(
      check(
        "plivo",
        { headers: headers.map(([name, value]) => [name, value.replace(mac, posted)] as const), body: "Text=a" },
        "s",
      ),
    ).toMatchObject({ valid: true, scheme: "plivo-v3" });
  });
});

describe("Hygraph's environment", () => {
  it("is the one that the header says", () => {
    const oracle = placeOracles.find(({ provider }) => provider === "hygraph") as PlaceOracle;

    expect(verdictOf(oracle, hygraph("staging")).valid).toBe(true);
    expect(verdictOf(oracle, changed(hygraph("staging"), ["env=staging", "env=master"])).valid).toBe(false);
  });
});
