import { describe, expect, test } from "vitest";
import { parseRanges } from "../../src/receive/address.js";
import { refuseAddress, refuseMissing, refuseSignature, refuseType } from "../../src/receive/gates.js";
import { compileSchema } from "../../src/receive/schema.js";
import type { Verdict } from "../../src/signatures/verdict.js";

const json = (body: string, type: string = "application/json") => ({
  headers: [["Content-Type", type]] as const,
  body: Buffer.from(body),
});

describe("gates", () => {
  test("an address outside the ranges, and an unknown one, are 403", () => {
    const allowed = parseRanges(["203.0.113.0/24"], "--allow-ip");

    expect(refuseAddress("203.0.113.9", allowed)).toBeUndefined();
    expect(refuseAddress("203.0.114.9", allowed)).toMatchObject({ status: 403, code: "ip_not_allowed" });
    expect(refuseAddress(null, allowed)).toMatchObject({ status: 403, code: "ip_not_allowed" });
    expect(refuseAddress(null, parseRanges([], "--allow-ip"))).toBeUndefined();
  });

  test("an event type that is not allowed, and none at all, are 400", () => {
    const allows = (type: string): boolean => type.startsWith("message.");

    expect(refuseType("message.created", allows)).toBeUndefined();
    expect(refuseType("user.joined", allows)).toEqual({
      status: 400,
      code: "unknown_event_type",
      message: "unknown event type",
    });
    expect(refuseType(null, allows)).toMatchObject({ status: 400 });
  });

  test("a signature that is not valid is 401 with its reason, and so is one that cannot be checked", () => {
    const facts = { scheme: "generic", label: "", timestamp: null, ageSeconds: null, timestampChecked: false };
    const valid: Verdict = { ...facts, valid: true, reason: null, secretIndex: 0, signatureIndex: 0 };
    const invalid: Verdict = {
      ...facts,
      valid: false,
      reason: "missing_header",
      message: "no X-Signature",
      secretIndex: null,
      signatureIndex: null,
    };

    expect(refuseSignature(valid)).toBeUndefined();
    expect(refuseSignature(invalid)).toEqual({ status: 401, code: "missing_header", message: "no X-Signature" });
    expect(refuseSignature(undefined)).toMatchObject({ status: 401, code: "not_checkable" });
  });
});

describe("refuseMissing", () => {
  test.each([
    ['{"type":"a","data":{}}', undefined],
    ['{"type":"a"}', "invalid payload: data is missing"],
    ['{"type":"a","data":null}', "invalid payload: data is missing"],
    ['{"data":1}', "invalid payload: type is missing"],
    ["[]", "invalid payload: type is missing"],
    ["null", "invalid payload: type is missing"],
    ["7", "invalid payload: type is missing"],
    ["", "invalid payload: the body is not JSON"],
    ["{", "invalid payload: the body is not JSON"],
  ])("%s", (body, message) => {
    expect(refuseMissing(json(body), ["type", "data"])?.message).toBe(message);
  });

  test("takes dots for steps, own properties only, and the fields of a form", () => {
    expect(refuseMissing(json('{"data":{"id":0}}'), ["data.id"])).toBeUndefined();
    expect(refuseMissing(json('{"data":"text"}'), ["data.length"])).toMatchObject({
      status: 400,
      code: "invalid_payload",
    });
    expect(refuseMissing(json("{}"), ["constructor"])).toMatchObject({ code: "invalid_payload" });
    expect(
      refuseMissing(json("From=1&Body=x", "application/x-www-form-urlencoded; charset=utf-8"), ["From", "Body"]),
    ).toBeUndefined();
    expect(refuseMissing(json("anything"), [])).toBeUndefined();
  });
});

describe("compileSchema", () => {
  const schema = {
    type: "object",
    required: ["type"],
    properties: { data: { type: "object", properties: { at: { type: "string", format: "date-time" } } } },
  };

  test.each(["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#", undefined])(
    "judges by a schema of dialect %s and names the failing path",
    async ($schema) => {
      const gate = await compileSchema(
        JSON.stringify($schema === undefined ? schema : { $schema, ...schema }),
        "s.json",
      );

      expect(gate(json('{"type":1,"data":{"at":"2026-01-01T00:00:00Z"}}'))).toBeUndefined();
      expect(gate(json("{}"))?.message).toBe("invalid payload: / must have required property 'type'");
      expect(gate(json('{"type":1,"data":{"at":"x"}}'))).toEqual({
        status: 400,
        code: "invalid_payload",
        message: 'invalid payload: /data/at must match format "date-time"',
      });
      expect(gate(json("nonsense"))?.message).toBe("invalid payload: the body is not JSON");
    },
  );

  test("tuples of 2020-12 and of draft 7 mean what they mean there", async () => {
    const tuple = [{ type: "string" }];
    const new2020 = await compileSchema(JSON.stringify({ prefixItems: tuple }), "s.json");
    const old7 = await compileSchema(
      JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", items: tuple }),
      "s.json",
    );

    expect([new2020(json("[1]")), old7(json("[1]"))]).toMatchObject([{ status: 400 }, { status: 400 }]);
  });

  test.each([
    ["not JSON", "{", "s.json is not JSON"],
    ["no schema", "7", "an object is needed"],
    ["an impossible type", '{"type":"nonsense"}', "not a usable JSON Schema"],
    ["a remote $ref", '{"$ref":"http://127.0.0.1:1/x.json"}', "not a usable JSON Schema"],
    ["an unknown dialect", '{"$schema":"http://example.com/x"}', "not a usable JSON Schema"],
  ])("refuses a file with %s", async (_name, text, message) => {
    await expect(compileSchema(text, "s.json")).rejects.toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    );
  });

  test("a payload that is deeper than the stack is refused, not fatal", async () => {
    const gate = await compileSchema(
      JSON.stringify({ $ref: "#/$defs/list", $defs: { list: { type: "array", items: { $ref: "#/$defs/list" } } } }),
      "s.json",
    );
    const depth = 100_000;

    expect(gate(json("[".repeat(depth) + "]".repeat(depth)))?.message).toBe("invalid payload: it is nested too deeply");
    expect(gate(json("[[[]]]"))).toBeUndefined();
    expect(refuseMissing(json(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`), ["a"])).toBeUndefined();
  });
});
