import { createHash, createHmac } from "node:crypto";
import { fc } from "../../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { compileProvider } from "../../../src/providers/own/compile.js";
import { verifyProvider } from "../../../src/providers/verify.js";
import { signRequest } from "../../../src/signatures/sign.js";

const NOW = 1_700_000_000_123;
const HEADERS = [
  ["X-Env", "live"],
  ["X-Mine-Event", "order.created"],
] as const;
const BODY = { id: "evt_1", data: { items: [7, "seven"], total: 12.5, note: "h\u00e9 {x}" } };
const BYTES = Buffer.from(JSON.stringify(BODY));
const URL_SIGNED = "https://shop.example/hooks/in?b=2&a=1";
const ID = "msg_1";

/** A part as a person writes it, and the bytes that it stands for. */
interface Piece {
  readonly json: unknown;
  readonly bytes: (time: string) => Uint8Array | string;
  readonly isBody?: true;
}

const sha = (hash: string, encoding: "hex" | "base64") => createHash(hash).update(BYTES).digest(encoding);

const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.constantFrom<Piece>(
    { json: "{body}", bytes: () => BYTES, isBody: true },
    { json: { part: "body" }, bytes: () => BYTES, isBody: true },
    { json: "{timestamp}", bytes: (time) => time },
    { json: "{id}", bytes: () => ID },
    { json: "{method}", bytes: () => "POST" },
    { json: "{url}", bytes: () => URL_SIGNED },
    { json: "{path}", bytes: () => "/hooks/in" },
    { json: { part: "query" }, bytes: () => "b=2&a=1" },
    { json: "{query:a}", bytes: () => "1" },
    { json: "{sortedQuery}", bytes: () => "a=1&b=2" },
    { json: "{header:x-env}", bytes: () => "live" },
    { json: { part: "header", name: "X-Mine-Event" }, bytes: () => "order.created" },
    { json: "{body:data.items.1}", bytes: () => "seven" },
    { json: { part: "bodyField", path: ["data", "items", 0] }, bytes: () => "7" },
    { json: "{body:data.total}", bytes: () => "12.5" },
    { json: "{setting:hook}", bytes: () => "hook_9" },
    { json: "{bodyHash:sha256:hex}", bytes: () => sha("sha256", "hex") },
    { json: { part: "bodyHash", hash: "md5", encoding: "base64" }, bytes: () => sha("md5", "base64") },
    { json: "{compactJson}", bytes: () => BYTES },
  ),
  fc
    .string({ unit: fc.constantFrom(...Array.from(' .:|\n-_{}az09"\\')), minLength: 1, maxLength: 6 })
    .filter((text) => !/^(?:body|id|url|path)$/.test(text))
    .map((text): Piece => ({ json: text.replaceAll(/[{}]/g, "$&$&"), bytes: () => text })),
);

const SECRETS: Readonly<Record<string, readonly [json: unknown, text: string, key: Uint8Array]>> = {
  utf8: ["utf8", "s\u00e9cret", Buffer.from("s\u00e9cret")],
  nfkd: ["utf8Nfkd", "s\u00e9\ufb01", Buffer.from("se\u0301fi")],
  hex: ["hex", "00ff10a0b1c2", Buffer.from("00ff10a0b1c2", "hex")],
  base64: ["base64", "c2VjcmV0IGtleSE=", Buffer.from("secret key!")],
  prefixed: [
    { kind: "prefixedBase64", prefix: "mine_", without: "base64" },
    "mine_c2VjcmV0IGtleSE=",
    Buffer.from("secret key!"),
  ],
  sha1: ["sha1", "secret", createHash("sha1").update("secret").digest()],
};

const UNITS: Readonly<Record<string, string>> = {
  s: "1700000000",
  ms: "1700000000123",
  iso8601: "2023-11-14T22:13:20.123Z",
  httpDate: "Tue, 14 Nov 2023 22:13:20 GMT",
};

const FORMS: Readonly<Record<string, (signature: string, time: string) => string>> = {
  "{signature}": (signature) => signature,
  "v1={signature}": (signature) => `v1=${signature}`,
  "{timestamp}:{signature}": (signature, time) => `${time}:${signature}`,
  "t={timestamp},v1={signature}": (signature, time) => `t=${time},v1=${signature}`,
  "ts={timestamp}; h={signature}": (signature, time) => `ts=${time}; h=${signature}`,
};

const definition = fc.record({
  pieces: fc.array(piece, { minLength: 1, maxLength: 6 }),
  hash: fc.constantFrom("md5", "sha1", "sha256", "sha384", "sha512"),
  encoding: fc.constantFrom("hex", "hexAnyCase", "base64", "base64url"),
  secret: fc.constantFrom(...Object.keys(SECRETS)),
  form: fc.constantFrom(...Object.keys(FORMS)),
  unit: fc.constantFrom(...Object.keys(UNITS)),
});

describe("any definition", () => {
  it("signs what node:crypto signs, is verified, and refuses a body that was changed", () => {
    let bodies = 0;
    fc.assert(
      fc.property(definition, ({ pieces, hash, encoding, secret, form, unit }) => {
        fc.pre(pieces.some(({ json }) => typeof json !== "string" || /(?:^|[^{])\{[a-z]/.test(json)));
        const hasStampInHeader = form.includes("{timestamp}");
        // A date has colons, commas and blanks of its own.
        const time = hasStampInHeader ? (UNITS["s"] ?? "") : (UNITS[unit] ?? "");
        const [secretJson, secretText, key] = SECRETS[secret] ?? ["utf8", "", Buffer.alloc(0)];
        const provider = compileProvider("mine", {
          header: "X-Mine-Signature",
          ...(form === "{signature}" ? {} : { format: form }),
          algorithm: `hmac-${hash}`,
          content: pieces.map(({ json }) => json),
          encoding,
          secret: secretJson,
          ...(hasStampInHeader ? {} : { timestamp: { at: "header:X-Mine-Time", unit } }),
          id: "X-Mine-Id",
        });
        const [scheme] = provider.schemes;
        if (scheme === undefined) throw new Error("no scheme");
        const request = { method: "POST", url: URL_SIGNED, headers: HEADERS, body: BYTES };
        const settings = { hook: "hook_9" };

        const made = signRequest({ scheme, request, secret: Buffer.from(secretText), now: NOW, id: ID, settings });

        const mac = createHmac(hash, key);
        for (const { bytes } of pieces) mac.update(bytes(time));
        const signature = mac.digest(encoding === "base64" || encoding === "base64url" ? encoding : "hex");
        const expected = { "X-Mine-Id": ID, "X-Mine-Signature": FORMS[form]?.(signature, time) };
        expect(Object.fromEntries(made.headers)).toEqual(
          hasStampInHeader ? expected : { ...expected, "X-Mine-Time": time },
        );

        const verify = (body: Uint8Array) =>
          verifyProvider({
            provider,
            request: { ...request, headers: [...HEADERS, ...made.headers], body },
            secrets: [Buffer.from(secretText)],
            now: NOW,
            settings,
          });
        expect(verify(BYTES)).toMatchObject({ valid: true });
        if (!pieces.some(({ isBody }) => isBody)) return;
        bodies += 1;
        expect(verify(Buffer.concat([BYTES, Buffer.from(" ")]))).toMatchObject({ reason: "signature_mismatch" });
      }),
      { numRuns: 2_000 },
    );
    expect(bodies).toBeGreaterThan(200);
  });
});
