import { Ajv } from "ajv";
import { fc } from "../../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { configSchema } from "../../../src/config/schema.js";
import { providers } from "../../../src/providers/index.js";
import { compileProvider } from "../../../src/providers/own/compile.js";
import { definition } from "../../../src/providers/own/definition.js";
import { DefinitionError } from "../../../src/providers/own/shape.js";
import { restated } from "./restate.js";

const fits = new Ajv({ strict: false }).compile(configSchema(providers.map(({ name }) => name)));
const inSchema = (json: unknown): boolean => fits({ providers: { mine: json } });

function taken(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof DefinitionError) return false;
    throw error;
  }
}

const isRead = (json: unknown): boolean => taken(() => definition.read(json, []));
const compiles = (json: unknown): boolean => taken(() => compileProvider("mine", json));

/** Values of members: right ones, wrong ones, and some in between. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  title: ["Mine", "", 5],
  aliases: [["my-shop"], [], "x", ["A"]],
  header: ["X-S", ["X-S", "X-T"], [], "a b", 5, null],
  signature: [
    { from: "header", names: "X-S", parse: { kind: "raw" } },
    { from: "query", name: "sig", parse: { kind: "pairs", item: ",", pair: "=", signature: null } },
    { from: "header", names: "X-S" },
    { from: "cookie", name: "x", parse: { kind: "raw" } },
    { from: "bodyField", path: ["a", 0], parse: { kind: "prefix", prefix: "v1=", optional: "yes" } },
  ],
  prefix: ["sha256=", "", "\n"],
  format: ["{signature}", "t={timestamp},v1={signature}", "v1", "{signature}x"],
  more: [["X-T"], [], "X-T"],
  algorithm: ["hmac-sha256", "sha512", "hmac-sha3", { family: "jwt", algorithms: ["HS256"] }, { family: "hmac" }, []],
  content: ["{body}", ["{body}", { part: "header", name: "X" }], [{ part: "nope" }], [{ part: "header" }], 5, [], "é"],
  encoding: ["hex", "base32", null],
  secret: ["hex", { kind: "prefixedBase64", prefix: "x_", without: "base64" }, { kind: "prefixedBase64" }, "rot13"],
  timestamp: ["header:X-T", "X-T", { at: "body:a.b", unit: "ms" }, { unit: "h" }, { at: ["header:A", "header:B"] }],
  tolerance: ["5m", "5", 300, "1.5h"],
  id: ["X-Id", ["A", "B"], {}],
  claims: [{ iss: "me" }, { iss: 5 }],
  bindings: [[{ kind: "bodyHashInQuery", parameter: "h", hash: "sha256" }], [{ kind: "no" }]],
  urlForms: [["withPort"], ["with"]],
  only: [
    { in: "query", name: "a" },
    { in: "cookie", name: "a" },
    { in: "bodyField", path: "a.b", value: "x" },
  ],
  companions: [{ "X-V": "1" }, { "a b": "1" }, { "X-V": 1 }],
  signsMediaType: ["application/json", "json"],
  weak: [true, "true"],
  label: ["v1", "V 1"],
  schemes: [[{ header: "X-S" }], [], [{ title: "x" }], {}],
  contentType: ["application/json; charset=utf-8", "json"],
  bodyForm: [{ of: "all" }, { of: ["a"], field: "payload" }, {}],
  eventType: [
    "header:X-E",
    ["body:a.b", "form:c"],
    "a",
    { in: "header", name: "X", also: "body:a" },
    { in: "cookie" },
    [],
  ],
  eventId: ["query:id", { in: "formJson", name: "payload", path: ["id"] }, 5],
  deliveryId: ["header:X-D", "header:"],
  headers: [
    { "X-E": "{eventType}" },
    { "X-E": { from: "eventType", form: "slash" } },
    { "X-E": { from: "x" } },
    { "a b": "x" },
  ],
  detection: [{ otherHeaders: ["X"] }, { bodies: [["a.b"]] }, { looks: "x" }],
  ackDeadline: ["10s", 10],
  retry: [{ delays: ["5s"], retries: 3 }, { delays: [5] }],
  retryMark: [
    { at: "header:X-Attempt", counts: "attempts", reason: { in: "body", path: "why" } },
    { at: "header:X-Attempt" },
    { at: "X-Attempt", counts: "retries" },
    { at: "header:X-Attempt", counts: "tries" },
  ],
  documents: ["https://a.example/", "a.example"],
  secretPlace: ["Settings", ""],
  unchecked: ["nothing is signed", 1],
  handshake: ["discord-ping", "hello"],
  nonsense: [1],
};

describe("the JSON Schema of a definition", () => {
  it("knows every member that is read, and no other", () => {
    const { properties = {} } = definition.schema as { properties?: object };

    expect(Object.keys(properties).toSorted()).toEqual(
      Object.keys(VALUES)
        .filter((name) => name !== "nonsense")
        .toSorted(),
    );
  });

  it.each(Object.entries(VALUES).flatMap(([name, values]) => values.map((value) => [name, value] as const)))(
    "says of %s: %j what the reader says",
    (name, value) => {
      const json = { [name]: value };

      // What only the content of a text tells (parts in braces, bits of a hash) is left to the reader.
      expect(inSchema(json)).toBe(isRead(json));
    },
  );

  it("takes all that is taken, and what it refuses is refused", () => {
    const members = fc.record(
      Object.fromEntries(Object.entries(VALUES).map(([name, values]) => [name, fc.constantFrom(...values)])),
      { requiredKeys: [] },
    );
    const few = members.chain((json) =>
      fc
        .subarray(Object.keys(json), { maxLength: 5 })
        .map((names) => Object.fromEntries(names.map((name) => [name, json[name]]))),
    );
    const counts = { fits: 0, compiles: 0 };
    fc.assert(
      fc.property(few, (json) => {
        const fitting = inSchema({ header: "X-S", ...json });
        const compiled = compiles({ header: "X-S", ...json });
        counts.fits += fitting ? 1 : 0;
        counts.compiles += compiled ? 1 : 0;

        expect(compiled && !fitting).toBe(false);
        if (!fitting) expect(isRead({ header: "X-S", ...json })).toBe(false);
      }),
      { numRuns: 3_000 },
    );
    expect(counts.fits).toBeGreaterThan(100);
    expect(counts.compiles).toBeGreaterThan(50);
  });

  it("takes every built-in MAC, restated", () => {
    const schemes = providers.flatMap((row) => row.schemes.filter(({ algorithm }) => algorithm.family === "hmac"));

    for (const scheme of schemes) expect([scheme.name, inSchema(restated(scheme))]).toEqual([scheme.name, true]);
  });
});
