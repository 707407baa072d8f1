import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { explain } from "../../src/signatures/explain.js";
import { genericScheme } from "../../src/signatures/generic.js";

const SECRET = Buffer.from("canary-9f8e7d6c5b4a");
const OTHER = Buffer.from("canary-of-another-0a1b");

function why(signed: string, received: string, { length = signed.length, secret = SECRET } = {}) {
  const signature = createHmac("sha256", SECRET).update(signed).digest("hex");
  const request = {
    body: Buffer.from(received),
    headers: [
      ["X-Signature", signature],
      ["Content-Length", String(length)],
    ] as const,
  };
  return explain({ scheme: genericScheme({}), request, secrets: [secret], now: 0 });
}

/** Without a Content-Length, signed by another secret. */
function alone(received: string, { method = "POST", secret = OTHER } = {}) {
  const headers = [["X-Signature", createHmac("sha256", SECRET).update("what was sent").digest("hex")]] as const;
  const request = { method, body: Buffer.from(received), headers };
  return explain({ scheme: genericScheme({}), request, secrets: [secret], now: 0 });
}

describe("explain, where the body itself shows that what was signed is gone", () => {
  for (const text of ["", "undefined", "null", "{}"]) {
    it(`names a body that was not read: ${JSON.stringify(text)}`, () => {
      const { cause, message } = why('{"a":"x"}, and more', text);
      expect({ cause, message }).toMatchObject({
        cause: "body_lost",
        message: expect.stringContaining("Content-Length says 19") as string,
      });
    });
  }

  it("says first that a body is empty, where nothing tells its length", () => {
    const { cause, message, fixes } = alone("");
    expect(cause).toBe("body_lost");
    expect(message).toMatch(/^the body is empty: most likely something else has read it before/);
    expect(fixes.map((fix) => fix.for)).toContain("Express");
  });

  it("keeps to a wrong secret for a request that was sent without a body", () => {
    expect(why("", "", { secret: OTHER })).toMatchObject({ cause: "unknown" });
    expect(alone("", { method: "GET" })).toMatchObject({ cause: "unknown" });
  });

  it("names an object that was put into a text, and says it once", () => {
    const { cause, message, hints } = why('{"a":1}', "[object Object]");
    expect(cause).toBe("body_reserialised");
    expect([message, ...hints].filter((line) => line.includes("[object Object]"))).toHaveLength(1);
  });

  it("names U+FFFD, and that it may have been signed with another secret", () => {
    const other = why('{"a":"\u{FFFD}"}', '{"a":"\u{FFFD}"}', { length: 11, secret: OTHER });
    expect(other).toMatchObject({
      cause: "body_encoding",
      message: expect.stringContaining("another secret") as string,
    });
  });

  it("keeps to a wrong secret where {} has the length that it should have", () => {
    expect(why("{}", "{}", { secret: OTHER })).toMatchObject({ cause: "unknown" });
  });
});

describe("explain, where nothing matches and the body is written as an encoder writes it", () => {
  const again = "probably parsed and written again";

  it.each([
    ["Python's json.dumps", '{"id": "ev_1", "amount": 10.0, "note": "caf\\u00e9"}'],
    [
      "Python's json.dumps writes it, with its keys sorted",
      '{"a": 1, "b": [{"c": 1, "d": 2}], "e": {"f": 1, "g": 2, "h": 3}, "i": 1}',
    ],
    ["JSON.stringify writes it, with its keys sorted", '{"a":1,"b":[{"c":1,"d":2}],"e":{"f":1,"g":2,"h":3},"i":1}'],
  ])("says so firmly: %s", (encoder, body) => {
    const { cause, message, fixes } = alone(body);

    expect(cause).toBe("unknown");
    expect(message).toContain("most likely another secret made it, or");
    expect(message).toContain(encoder);
    expect(message).toContain(again);
    expect(fixes.map((fix) => fix.for)).toContain("Express");
  });

  it.each([
    ["JSON.stringify", '{"id":"ev_1","amount":10,"note":"café"}'],
    ["PHP's json_encode", '{"url":"https:\\/\\/x.test","note":"caf\\u00e9"}'],
  ])("asks it in a hint, where most senders write so: %s", (encoder, body) => {
    const { message, hints, fixes } = alone(body);

    expect(message).toMatch(/another secret made it, or the body was changed$/);
    expect(hints).toEqual([`the body is written as ${encoder} writes it: it may have been parsed and written again`]);
    expect(fixes.map((fix) => fix.for)).toContain("Express");
  });

  it("says nothing of it for other text, few keys that are in order, or a body as long as it was sent", () => {
    for (const body of ["a=1&b=2", '{"amount":10.0}', "[1,2]", '{ "a":1}'])
      expect(alone(body)).toMatchObject({ hints: [], fixes: [] });
    expect(alone('{"a":1,"b":2}').message).not.toContain("sorted");
    expect(why('{"a":1}', '{"a":1}', { secret: OTHER })).toMatchObject({ cause: "unknown", hints: [], fixes: [] });
  });
});

describe("explain, where JavaScript moved keys that are numbers", () => {
  it("finds their places in an inner object, and in several at once", () => {
    const signed = [
      '{"event":"update","fields":{"name":"x","7":true}}',
      '{"event":"update","fields":{"name":"x","7":true,"note":"y"}}',
      '{"fields":{"name":"x","7":true},"others":[{"name":"y","12":1,"40":2}],"z":{"k":0,"3":1}}',
      '[{"name":"x","7":true}]',
    ];
    for (const body of signed)
      expect(why(body, JSON.stringify(JSON.parse(body)))).toMatchObject({
        cause: "body_reserialised",
        message: expect.stringContaining("keys that are numbers, which JavaScript moves to the front") as string,
      });
  });
});
