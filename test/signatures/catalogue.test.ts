import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { findProvider } from "../../src/providers/index.js";
import type { Scheme, SignatureEncoding, SignatureParse } from "../../src/signatures/scheme.js";
import { verifyRequest } from "../../src/signatures/verify.js";

/*
 * What the type of schemes holds beyond the rows that there are: kinds of content, places and encodings, each as data. The
 * rows themselves are tested with their oracles and published vectors.
 */

const RAW: SignatureParse = { kind: "raw" };
const HMAC_SHA256 = { family: "hmac", hash: "sha256" } as const;

function bodyMac(name: string, header: string, encoding: SignatureEncoding, parse: SignatureParse = RAW): Scheme {
  return {
    name,
    label: name,
    algorithm: HMAC_SHA256,
    content: [{ part: "body" }],
    signature: { from: "header", names: [header], parse },
    encoding,
    secret: { kind: "utf8" },
  };
}

describe("more of what schemes may hold", () => {
  const BODY = Buffer.from('{"data":{"id":"ABC"},"t":"x"}');
  const now = 1_700_000_000_000;

  function verdictOf(
    scheme: Scheme,
    headers: readonly (readonly [string, string])[],
    options: { secret?: string; url?: string; settings?: Record<string, string>; now?: number; body?: Uint8Array } = {},
  ) {
    return verifyRequest({
      scheme,
      request: { headers, body: options.body ?? BODY, ...(options.url === undefined ? {} : { url: options.url }) },
      secrets: [Buffer.from(options.secret ?? "key")],
      now: options.now ?? now,
      settings: options.settings,
    });
  }

  it("a CRC and a configured id (PayPal's content), the body's hash (fal), path and query", () => {
    const scheme: Scheme = {
      ...bodyMac("parts", "x-sig", "hex"),
      content: [
        { part: "crc32" },
        { part: "setting", name: "webhookId" },
        { part: "bodyHash", hash: "sha256", encoding: "hex" },
        { part: "path" },
        { part: "query" },
        { part: "formField", name: "none" },
      ],
    };
    // The CRC-32 of "123456789" is the check value of its definition.
    const body = Buffer.from("123456789");
    const hash = createHash("sha256").update(body).digest("hex");
    const mac = createHmac("sha256", "key")
      .update(`${0xcbf43926}WH-1${hash}/p/q` + "a=1&b=2")
      .digest("hex");

    expect(
      verdictOf(scheme, [["x-sig", mac]], { body, url: "https://a.b/p/q?a=1&b=2", settings: { webhookId: "WH-1" } })
        .valid,
    ).toBe(true);
  });

  it("a time in the body, an HTTP date, a positional list, and blanks around items", () => {
    const inBody: Scheme = {
      ...bodyMac("linear", "Linear-Signature", "hex"),
      timestamp: {
        from: { kind: "bodyField", path: ["webhookTimestamp"] },
        unit: "ms",
        providerToleranceSeconds: 60,
        providerRefusesFuture: true,
      },
    };
    const body = Buffer.from(`{"webhookTimestamp":${now - 400_000}}`);
    expect(
      verdictOf(inBody, [["Linear-Signature", createHmac("sha256", "key").update(body).digest("hex")]], { body })
        .reason,
    ).toBe("timestamp_too_old");

    const date = "Tue, 14 Nov 2023 22:13:20 GMT";
    const metronome: Scheme = {
      ...bodyMac("metronome", "M-Signature", "hex"),
      content: [{ part: "timestamp" }, { part: "literal", text: "\n" }, { part: "body" }],
      timestamp: {
        from: { kind: "header", names: ["Date"] },
        unit: "httpDate",
        providerToleranceSeconds: 300,
        providerRefusesFuture: true,
      },
    };
    const dated = createHmac("sha256", "key").update(`${date}\n`).update(BODY).digest("hex");
    expect(
      verdictOf(metronome, [
        ["M-Signature", dated],
        ["Date", date],
      ]),
    ).toMatchObject({ valid: true, timestamp: now });

    const recurly: Scheme = {
      ...bodyMac("recurly", "recurly-signature", "hex", { kind: "list", separator: ",", timestampFirst: true }),
      content: [{ part: "timestamp" }, { part: "literal", text: "." }, { part: "body" }],
      timestamp: {
        from: { kind: "signature" },
        unit: "ms",
        providerToleranceSeconds: null,
        providerRefusesFuture: false,
      },
    };
    const mac = createHmac("sha256", "key").update(`${now}.`).update(BODY).digest("hex");
    expect(verdictOf(recurly, [["recurly-signature", `${now},${"0".repeat(64)},${mac}`]])).toMatchObject({
      valid: true,
      signatureIndex: 1,
    });

    const workos: Scheme = {
      ...recurly,
      signature: {
        from: "header",
        names: ["WorkOS-Signature"],
        parse: { kind: "pairs", item: ",", pair: "=", signature: "v1", timestamp: "t", trim: true },
      },
    };
    expect(verdictOf(workos, [["WorkOS-Signature", `t=${now}, v1=${mac}`]]).valid).toBe(true);
  });

  it("a signature in a form field, one under any key, and one in base64 of JSON", () => {
    const inForm: Scheme = {
      ...bodyMac("braintree", "none", "hex"),
      algorithm: { family: "hmac", hash: "sha1" },
      content: [{ part: "formField", name: "bt_payload" }],
      signature: {
        from: "formField",
        name: "bt_signature",
        parse: { kind: "pairs", item: "&", pair: "|", signature: undefined },
      },
      secret: { kind: "sha1" },
    };
    const mac = createHmac("sha1", createHash("sha1").update("key").digest()).update("payload\n").digest("hex");
    expect(
      verdictOf(inForm, [], { body: Buffer.from(`bt_signature=pub%7C00%26pub2%7C${mac}&bt_payload=payload%0A`) }),
    ).toMatchObject({ valid: true });

    const ebay = bodyMac("ebay", "x-ebay-signature", "base64", { kind: "base64Json", signature: "signature" });
    const signature = createHmac("sha256", "key").update(BODY).digest("base64");
    expect(
      verdictOf(ebay, [["x-ebay-signature", Buffer.from(JSON.stringify({ kid: "1", signature })).toString("base64")]])
        .valid,
    ).toBe(true);
    expect(verdictOf(ebay, [["x-ebay-signature", "e30="]]).reason).toBe("malformed_header");
  });

  it("lines of fields, absent ones left out (Amazon SNS)", () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const scheme: Scheme = {
      ...bodyMac("sns", "none", "base64"),
      algorithm: { family: "rsa", hash: "sha256", padding: "pkcs1" },
      content: [
        {
          part: "fieldLines",
          names: ["Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type"],
        },
      ],
      signature: { from: "bodyField", path: ["Signature"], parse: RAW },
      secret: { kind: "key", type: "rsa" },
    };
    const signature = sign(
      "sha256",
      Buffer.from("Message\nh\u00e9\nMessageId\n1\nType\nNotification\n"),
      privateKey,
    ).toString("base64");
    const body = Buffer.from(
      JSON.stringify({ Type: "Notification", MessageId: "1", Message: "h\u00e9", Signature: signature }),
    );

    expect(
      verdictOf(scheme, [], { body, secret: publicKey.export({ format: "pem", type: "spki" }).toString() }).valid,
    ).toBe(true);
  });

  it("headers that a header names (Contentful), a sorted query (Plivo), the body as a JSON string (Hygraph)", () => {
    const scheme: Scheme = {
      ...bodyMac("more", "x-sig", "hex"),
      content: [
        { part: "signedHeaders", list: "x-signed", separator: ",", between: ";" },
        { part: "sortedQuery" },
        { part: "bodyAsJsonString" },
      ],
    };
    const mac = createHmac("sha256", "key")
      .update("x-a:1;x-b:2" + "a=2&b=1" + JSON.stringify(BODY.toString()))
      .digest("hex");

    expect(
      verdictOf(
        scheme,
        [
          ["x-sig", mac],
          ["X-Signed", "x-a,x-b"],
          ["x-a", "1"],
          ["X-B", "2"],
        ],
        { url: "https://a.b/?b=1&a=2" },
      ).valid,
    ).toBe(true);
  });

  it("a body with its own signature's field replaced (Unisender Go), canonical JSON (Inngest), PHP's form (Paddle Classic)", () => {
    const go: Scheme = {
      ...bodyMac("go", "none", "hex"),
      algorithm: { family: "hash", hash: "md5" },
      content: [{ part: "bodyWithSecretAt", path: ["auth"] }],
      signature: { from: "bodyField", path: ["auth"], parse: RAW },
    };
    const md5 = createHash("md5").update('{"auth":"key", "n":1.0}').digest("hex");
    expect(verdictOf(go, [], { body: Buffer.from(`{"auth":"${md5}", "n":1.0}`) }).valid).toBe(true);

    const canonical: Scheme = { ...bodyMac("jcs", "x-sig", "hex"), content: [{ part: "canonicalJson" }] };
    const sorted = createHmac("sha256", "key").update('{"1":[1,{"a":"\u20ac","b":null}],"\u20ac":1e+30}').digest("hex");
    expect(
      verdictOf(canonical, [["x-sig", sorted]], {
        body: Buffer.from('{"\u20ac": 1E30, "1": [1.0, {"b": null, "a": "\\u20ac"}]}'),
      }).valid,
    ).toBe(true);
    expect(
      verdictOf(canonical, [["x-sig", sorted]], { body: Buffer.from("[".repeat(100_000) + "]".repeat(100_000)) }).valid,
    ).toBe(false);

    const classic: Scheme = {
      ...bodyMac("classic", "none", "base64"),
      content: [{ part: "phpForm", without: "p_signature" }],
      signature: { from: "formField", name: "p_signature", parse: RAW },
    };
    const mac = createHmac("sha256", "key").update('a:2:{s:1:"a";s:2:"\u00e9";s:1:"b";s:1:"1";}').digest("base64");
    expect(
      verdictOf(classic, [], { body: Buffer.from(`b=1&p_signature=${encodeURIComponent(mac)}&a=%C3%A9`) }).valid,
    ).toBe(true);
  });

  it("basic authorization and NFKD secrets", () => {
    const basic: Scheme = {
      ...bodyMac("basic", "Authorization", "base64", { kind: "prefix", prefix: "Basic " }),
      algorithm: { family: "token" },
      content: [],
    };
    expect(verdictOf(basic, [["Authorization", "Basic dXNlcjpwYXNz"]], { secret: "user:pass" }).valid).toBe(true);
    expect(verdictOf(basic, [["Authorization", "Basic dXNlcjpwYXNz"]], { secret: "user:past" }).valid).toBe(false);

    const easypost: Scheme = { ...bodyMac("easypost", "X-Hmac", "hex"), secret: { kind: "utf8Nfkd" } };
    expect(
      verdictOf(easypost, [["X-Hmac", createHmac("sha256", "e\u0301").update(BODY).digest("hex")]], {
        secret: "\u00e9",
      }).valid,
    ).toBe(true);
  });

  it("tokens: none, another algorithm, crit, an expired one, a PEM as the secret of a MAC", () => {
    const scheme = findProvider("messagebird")?.schemes[0] as Scheme;
    const url = "https://example.com/";
    const sha = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
    const claims = {
      iss: "MessageBird",
      nbf: now / 1000,
      exp: now / 1000 + 60,
      url_hash: sha(url),
      payload_hash: sha(BODY),
    };
    const token = (head: object, payload: object = claims) => {
      const signed = [head, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
      return [
        ["MessageBird-Signature-JWT", `${signed}.${createHmac("sha256", "key").update(signed).digest("base64url")}`],
      ] as const;
    };

    expect(verdictOf(scheme, token({ alg: "HS256" }), { url }).valid).toBe(true);
    for (const alg of ["none", "None", "nOnE", "RS256", "hs256", ["HS256"], undefined])
      expect(verdictOf(scheme, token({ alg }), { url }).reason).toBe("algorithm_not_allowed");
    expect(verdictOf(scheme, token({ alg: "HS256", crit: ["b64"] }), { url }).reason).toBe("algorithm_not_allowed");
    expect(
      verdictOf(scheme, token({ alg: "HS256", jwk: { kty: "oct", k: "eA" }, jku: "https://evil.example/" }), {
        url,
        secret: "other",
      }).reason,
    ).toBe("key_not_trusted");
    expect(verdictOf(scheme, token({ alg: "HS256" }), { url, now: now + 120_000 }).reason).toBe("timestamp_too_old");
    expect(verdictOf(scheme, token({ alg: "HS256" }), { url, now: now - 60_000 }).reason).toBe("timestamp_in_future");
    expect(verdictOf(scheme, token({ alg: "HS256" }, { ...claims, iss: "x" }), { url }).reason).toBe(
      "signature_mismatch",
    );
    expect(verdictOf(scheme, token({ alg: "HS256" }), { url, body: Buffer.from("x") }).reason).toBe(
      "body_hash_mismatch",
    );
    expect(() => verdictOf(scheme, token({ alg: "HS256" }), { url, secret: "-----BEGIN PUBLIC KEY-----" })).toThrow(
      "takes a shared secret, not a key",
    );
  });
});
