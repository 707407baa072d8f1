import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { Ajv, type AnySchemaObject } from "ajv";
import addFormats from "ajv-formats";
import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import type { ImportedEvent } from "../../src/events/event.js";
import { HAR_TAIL, harEntry, harHead } from "../../src/events/har.js";
import { jsonItems } from "../../src/events/import-json.js";
import { safeJson } from "../../src/events/safe-text.js";
import { anyEvent, asStored, comparable } from "../helpers/any-event.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";

const require = createRequire(import.meta.url);

/** The schemas of HAR 1.2, as har-validator uses them. */
function harValidator() {
  const schemas = require("har-schema") as Readonly<Record<string, AnySchemaObject>>;
  const ajv = new Ajv({ strict: false, validateFormats: true, allErrors: true });
  addFormats.default(ajv);
  ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-06.json") as AnySchemaObject);
  for (const schema of Object.values(schemas)) ajv.addSchema(schema);
  return (text: string) => {
    const valid = ajv.validate("har.json#", JSON.parse(text));
    return valid ? [] : ajv.errors;
  };
}

const problemsOf = harValidator();

function harFile(events: readonly ImportedEvent[]): string {
  return harHead("1.0.0") + events.map((event) => safeJson(harEntry(asStored(event)))).join(",\n") + HAR_TAIL;
}

function read(text: string): ImportedEvent[] {
  return [...jsonItems(Buffer.from(text), JSON.parse(text))].map(({ read: item }) => {
    const imported = item();
    if (imported.kind !== "event") throw new Error("not an event of ours");
    return imported.event;
  });
}

function imported(fields: Partial<ImportedEvent> = {}): ImportedEvent {
  return { ...newEvent(), duplicateOf: null, attempts: [], ...fields };
}

describe("a HAR file of events", () => {
  it("is valid by the schema of HAR 1.2, and holds whatever a store may hold", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 3 }), (events) => {
        const text = harFile(events);

        expect(problemsOf(text)).toEqual([]);
        expect(read(text).map(comparable)).toEqual(events.map(comparable));
      }),
    );
  });

  it("is refused by that schema when an entry lacks its request", () => {
    const { request: _request, ...entry } = harEntry(asStored(imported()));

    expect(problemsOf(harHead("1.0.0") + JSON.stringify(entry) + HAR_TAIL)).not.toEqual([]);
  });

  it("says what browsers show: URL, query, cookies, time, the last attempt as the answer", () => {
    const event = imported({
      path: "/hook?a=1&b=%20x&c",
      headers: [
        ["Host", "shop.example:8443"],
        ["X-Forwarded-Proto", "https"],
        ["Cookie", "a=b; c=d"],
      ],
      attempts: [
        {
          n: 1,
          target: "http://localhost:5000",
          startedAt: TEST_NOW,
          durationMs: 5,
          status: null,
          error: "refused",
          headers: [],
          body: new Uint8Array(0),
        },
        {
          n: 2,
          target: "http://localhost:5000",
          startedAt: TEST_NOW,
          durationMs: 41,
          status: 201,
          error: null,
          headers: [["Location", "/x"]],
          body: Buffer.from([0xff, 0]),
        },
      ],
    });

    const { request, response, time, timings, _hookcli } = harEntry(asStored(event));

    expect(request).toMatchObject({
      url: "https://shop.example:8443/hook?a=1&b=%20x&c",
      queryString: [
        { name: "a", value: "1" },
        { name: "b", value: " x" },
        { name: "c", value: "" },
      ],
      cookies: [
        { name: "a", value: "b" },
        { name: "c", value: "d" },
      ],
      postData: { text: '{"type":"message.created"}' },
    });
    expect(response).toMatchObject({ status: 201, redirectURL: "/x", content: { text: "/wA=", encoding: "base64" } });
    expect({ time, timings }).toEqual({ time: 41, timings: { send: 0, wait: 41, receive: 0 } });
    expect(_hookcli.attempts.map(({ n, error }) => ({ n, error }))).toEqual([
      { n: 1, error: "refused" },
      { n: 2, error: null },
    ]);
  });

  it("marks a binary body as base64 without pretending that it is the text", () => {
    expect(harEntry(asStored(imported({ body: Buffer.from([0xff]) }))).request.postData).toEqual({
      mimeType: "application/json",
      text: "/w==",
      _encoding: "base64",
      comment: "text is base64",
    });
  });

  it("has an answer's text with its content coding undone, and the bytes as they came beside it", () => {
    const coded = gzipSync("hello ✓");
    const answered = {
      n: 1,
      target: "http://localhost:5000",
      startedAt: TEST_NOW,
      durationMs: 5,
      status: 200,
      error: null,
      headers: [["Content-Encoding", "gzip"]] as const,
      body: coded,
    };

    const { response, _hookcli } = harEntry(asStored(imported({ attempts: [answered] })));

    expect(response).toMatchObject({
      content: { text: "hello ✓", size: 9, compression: 9 - coded.byteLength },
      bodySize: coded.byteLength,
      _transferSize: coded.byteLength,
    });
    expect(_hookcli.attempts[0]).toMatchObject({ bodyBase64: coded.toString("base64") });
  });

  it("lets no Host header make a URL of its own", () => {
    const event = imported({ headers: [["Host", "a/b@c#"]] });

    expect(harEntry(asStored(event)).request.url).toBe("http://localhost/webhook");
  });
});
