import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import type { HookEvent } from "../../src/events/event.js";
import { eventToJson } from "../../src/events/event-json.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";

function stored(fields: Partial<HookEvent> = {}): HookEvent {
  const event = newEvent(fields);
  return {
    ...event,
    seq: 7,
    duplicateOf: null,
    attempts: [],
    bodySha256: "00",
    size: event.body.byteLength,
    ...fields,
  };
}

describe("the event object", () => {
  it("has the fields of the contract, in its order, and no other", () => {
    const attempt = {
      n: 1,
      target: "http://localhost:5000",
      startedAt: TEST_NOW,
      durationMs: 41,
      status: 200,
      error: null,
      headers: [],
      body: Buffer.from("ok"),
    };

    const json = eventToJson(stored({ attempts: [attempt] }));

    expect(Object.keys(json)).toEqual(
      (
        "id seq project receivedAt source method path headers trailers bodyText bodySha256 size remoteIp provider " +
        "eventType providerEventId deliveryId signature duplicateOf replayOf state attempts"
      ).split(" "),
    );
    expect(json.receivedAt).toBe("2025-01-02T03:04:05.000Z");
    expect(json.signature).toEqual({ status: "unchecked", reason: null });
    expect(json.attempts).toEqual([
      {
        n: 1,
        target: "http://localhost:5000",
        startedAt: "2025-01-02T03:04:05.000Z",
        durationMs: 41,
        status: 200,
        error: null,
        headers: [],
        bodyText: "ok",
      },
    ]);
  });

  it("says why an event was refused, and that its body was not read", () => {
    const json = eventToJson(stored({ state: "refused", refusal: "body_too_large", bodyComplete: false }));

    expect(json).toMatchObject({ state: "refused", refusal: "body_too_large", bodyComplete: false });
  });

  it("holds every byte of any body, as text only when it is UTF-8", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
        ),
        (body) => {
          const json: unknown = JSON.parse(JSON.stringify(eventToJson(stored({ body }))));
          const { bodyText, bodyBase64 } = json as { bodyText?: string; bodyBase64?: string };
          const back = bodyText === undefined ? Buffer.from(bodyBase64 ?? "", "base64") : Buffer.from(bodyText, "utf8");
          expect(back.equals(Buffer.from(body))).toBe(true);
        },
      ),
    );
  });

  it("keeps a byte-order mark, and tells invalid UTF-8 from text", () => {
    expect(eventToJson(stored({ body: Buffer.from("\ufeffx") }))).toMatchObject({ bodyText: "\ufeffx" });
    expect(eventToJson(stored({ body: Buffer.from([0xc0, 0xaf]) }))).toMatchObject({ bodyBase64: "wK8=" });
  });

  it("leaves out a body over the limit of a stream, and one that was not loaded", () => {
    const body = Buffer.alloc(11, 97);

    expect(eventToJson(stored({ body }), { omitBodiesOver: 10 })).toMatchObject({ bodyOmitted: true, size: 11 });
    expect(eventToJson(stored({ body }), { omitBodiesOver: 11 })).toHaveProperty("bodyText");
    expect(eventToJson(stored({ body: new Uint8Array(0), size: 11 }))).toMatchObject({ bodyOmitted: true });
  });
});
