import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { findProvider } from "../../src/providers/index.js";
import { verifyProvider } from "../../src/providers/verify.js";

/*
 * A signature over the fields of a form, put beside a body that a form's reader finds no fields in, or others than the app
 * does: what was not signed must not pass.
 */

const SECRET = "a-token-of-the-account";
const URL_CALLED = "https://example.com/hook";
const NOW = Date.UTC(2026, 0, 1);

function macOf(hash: string, text: string, encoding: "base64" | "hex" = "base64"): string {
  return createHmac(hash, SECRET).update(text).digest(encoding);
}

function judge(provider: string, body: string, headers: HeaderList) {
  const row = findProvider(provider);
  if (row === undefined) throw new TypeError(provider);
  const request = { body: Buffer.from(body, "latin1"), headers, url: URL_CALLED };
  return verifyProvider({ provider: row, request, secrets: [Buffer.from(SECRET)], now: NOW });
}

const SIGNED_WITHOUT_FIELDS: readonly (readonly [provider: string, headers: HeaderList])[] = [
  ["twilio", [["X-Twilio-Signature", macOf("sha1", URL_CALLED)]]],
  ["mandrill", [["X-Mandrill-Signature", macOf("sha1", URL_CALLED)]]],
  [
    "plivo",
    [
      ["X-Plivo-Signature-V3", macOf("sha256", `${URL_CALLED}.7`)],
      ["X-Plivo-Signature-V3-Nonce", "7"],
    ],
  ],
];

const BODIES: readonly (readonly [type: string, body: string])[] = [
  ["application/json", '{"From":"somebody else"}'],
  ["text/plain", "From=somebody+else"],
  ["multipart/form-data", "From=somebody+else"],
  ["multipart/form-data; boundary=x", "no part at all"],
  ["multipart/form-data; boundary=x", "--x\r\nContent-Disposition: attachment\r\n\r\nunnamed\r\n--x--\r\n"],
  [
    "multipart/form-data; boundary=x",
    `${'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'.repeat(101)}--x--\r\n`,
  ],
];

describe("a signature of an address without fields", () => {
  for (const [provider, headers] of SIGNED_WITHOUT_FIELDS) {
    it(`is right for ${provider} without a body, and for no body of another kind`, () => {
      expect(judge(provider, "", [...headers, ["Content-Type", "application/json"]])).toMatchObject({ valid: true });
      for (const [type, body] of BODIES)
        expect(judge(provider, body, [...headers, ["Content-Type", type]]), type).toMatchObject({
          valid: false,
          reason: "signature_mismatch",
        });
    });
  }
});

describe("a signed field that stands in the form twice", () => {
  it("is refused, as the app may read the other one", () => {
    const payload = Buffer.from("<notification/>").toString("base64");
    const key = createHash("sha1").update(SECRET).digest();
    const signature = `key|${createHmac("sha1", key).update(payload).digest("hex")}`;
    const form = new URLSearchParams({ bt_signature: signature, bt_payload: payload }).toString();
    const headers: HeaderList = [["Content-Type", "application/x-www-form-urlencoded"]];
    expect(judge("braintree", form, headers)).toMatchObject({ valid: true });
    for (const changed of [`${form}&bt_payload=x`, `bt_payload=x&${form}`])
      expect(judge("braintree", changed, headers)).toMatchObject({ valid: false, reason: "signature_mismatch" });
    expect(judge("braintree", `${form}&bt_signature=x`, headers)).toMatchObject({ valid: false });
  });
});

describe("a signed JSON body in which a name stands twice", () => {
  it("is refused, as the app may read the other one", () => {
    const time = String(NOW / 1000);
    const signature = `t=${time}&s=${macOf("sha256", `{"amount":5,"to":{"id":"a:\\"b"}}${time}`, "hex")}`;
    const verdictOf = (body: string) => judge("inngest", body, [["x-inngest-signature", signature]]);
    expect(verdictOf('{"to": {"id":"a:\\"b"}, "amount": 5}')).toMatchObject({ valid: true });
    for (const body of [
      '{"amount":1000,"amount":5,"to":{"id":"a:\\"b"}}',
      '{"to":{"id":"x"},"amount":5,"to":{"id":"a:\\"b"}}',
      '{"amount":5,"to":{"id":"x","id":"a:\\"b"}}',
      '{"amount":5,"to":{"\\u0069d":"x","id":"a:\\"b"}}',
    ])
      expect(verdictOf(body), body).toMatchObject({ valid: false, reason: "signature_mismatch" });
  });
});
