import { createHmac, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { explain, genericScheme, providers, SecretError, sign, verify } from "../src/index.js";

const now = 1_700_000_000_000;
const body = '{"type":"message.created"}';
const signature = createHmac("sha256", "s3cret").update(body).digest("hex");

describe("the library", () => {
  it("checks a signature, headers as a list, a Headers object, or node's plain object", () => {
    const given = { provider: "generic", body, secret: "s3cret", now };

    expect(verify({ ...given, headers: [["X-Signature", signature]] }).valid).toBe(true);
    expect(verify({ ...given, headers: new Headers({ "X-Signature": signature }) }).valid).toBe(true);
    expect(
      verify({ ...given, headers: { "x-signature": signature, "set-cookie": ["a", "b"], absent: undefined } }).valid,
    ).toBe(true);
  });

  it("takes the generic scheme when no provider is named, and bytes wherever it takes text", () => {
    expect(
      verify({
        body: Buffer.from(body),
        headers: { "X-Signature": signature },
        secret: [Buffer.from("old"), Buffer.from("s3cret")],
        now,
      }),
    ).toMatchObject({ valid: true, secretIndex: 1 });
  });

  it("returns a wrong signature as a value with its reason", () => {
    expect(verify({ body: `${body} `, headers: { "X-Signature": signature }, secret: "s3cret", now })).toMatchObject({
      valid: false,
      reason: "signature_mismatch",
    });
  });

  it("does not call a timestamp checked where there is none", () => {
    const hex = createHmac("sha256", "s3cret").update(body).digest("hex");
    const github = verify({
      provider: "github",
      body,
      headers: { "X-Hub-Signature-256": `sha256=${hex}` },
      secret: "s3cret",
      now,
    });
    const stripe = (tolerance: number | "off") => {
      const mac = createHmac("sha256", "s3cret")
        .update(`${now / 1000}.${body}`)
        .digest("hex");
      const headers = { "Stripe-Signature": `t=${now / 1000},v1=${mac}` };
      return verify({ provider: "stripe", body, headers, secret: "s3cret", now, tolerance });
    };

    expect(github).toMatchObject({ valid: true, timestamp: null, timestampChecked: false });
    expect(stripe(300)).toMatchObject({ valid: true, timestamp: now, timestampChecked: true });
    expect(stripe("off")).toMatchObject({ valid: true, timestamp: now, timestampChecked: false });
  });

  it("throws for misuse", () => {
    expect(() => verify({ body, headers: {}, secret: "", now })).toThrow(SecretError);
    expect(() => verify({ body, headers: {}, secret: "x", now: Number.NaN })).toThrow(
      "the time to check against is missing",
    );
    expect(() => verify({ body, headers: {}, secret: "x", now, tolerance: -1 })).toThrow(
      "the tolerance is no number of seconds: -1",
    );
    expect(() => verify({ provider: "strip", body, headers: {}, secret: "x", now })).toThrow("unknown provider: strip");
  });

  it("signs as a provider does", () => {
    const mac = createHmac("sha256", "whsec_x")
      .update(`${now / 1000}.${body}`)
      .digest("hex");

    expect(sign({ provider: "stripe", body, secret: "whsec_x", now })).toEqual({
      headers: [["Stripe-Signature", `t=${now / 1000},v1=${mac}`]],
    });
  });

  it("signs and checks with a scheme of one's own", () => {
    const scheme = genericScheme({ header: "X-Acme", hash: "sha512", encoding: "base64" });
    const { headers } = sign({ scheme, body, secret: "s", now });

    expect(headers).toEqual([["X-Acme", createHmac("sha512", "s").update(body).digest("base64")]]);
    expect(verify({ scheme, headers, body, secret: "s", now }).valid).toBe(true);
  });

  it("takes keys as text", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const { headers } = sign({
      provider: "discord",
      body,
      key: privateKey.export({ format: "pem", type: "pkcs8" }),
      now,
    });

    expect(
      verify({ provider: "discord", headers, body, key: publicKey.export({ format: "pem", type: "spki" }), now }).valid,
    ).toBe(true);
    expect(
      verify({
        provider: "discord",
        headers,
        body,
        key: publicKey.export({ format: "pem", type: "spki" }),
        now: now + 301_000,
      }).reason,
    ).toBe("timestamp_too_old");
  });

  it("explains a mismatch", () => {
    const explanation = explain({
      provider: "generic",
      headers: { "X-Signature": signature },
      body: `${body}\n`,
      secret: "s3cret",
      now,
    });

    expect(explanation).toMatchObject({ cause: "body_newline", secretIndex: 0 });
  });

  it("lists the providers", () => {
    const [first, ...rest] = providers.map(({ name }) => name);

    expect(first).toBe("generic");
    expect(rest).toEqual(rest.toSorted());
    expect(rest).toEqual(expect.arrayContaining(["adyen", "github", "paypal", "stripe", "zoom"]));
  });
});

describe("a parsed body", () => {
  it("is misuse that says what to pass", () => {
    const body = { a: 1 } as unknown as string;

    expect(() => verify({ provider: "generic", headers: {}, body, secret: "k", now: 0 })).toThrow(
      "the body must be bytes or text",
    );
  });
});
