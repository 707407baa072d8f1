import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { eventFromJson } from "../../src/events/event-from-json.js";
import { eventToJson } from "../../src/events/event-json.js";
import { safeJson } from "../../src/events/safe-text.js";
import { anyEvent, asStored, comparable } from "../helpers/any-event.js";

const ID = "evt_01jggwqhdr0000000000000000";

function json(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: ID, receivedAt: "2025-01-02T03:04:05Z", method: "POST", path: "/", ...fields };
}

function attempt(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { n: 1, target: "http://localhost", startedAt: "2025-01-02T03:04:05Z", durationMs: 1, status: 200, ...fields };
}

describe("an event out of its public object", () => {
  it("is the event that went in: bytes, header order, case, repeats, trailers, attempts", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const line = safeJson(eventToJson(asStored(event)));

        expect(comparable(eventFromJson(JSON.parse(line)))).toEqual(comparable(event));
      }),
    );
  });

  it("takes an event of which only the request is told", () => {
    const event = eventFromJson(json({ headers: [["A", "b"]], bodyText: "x" }));

    expect(event).toMatchObject({
      headers: [["A", "b"]],
      state: "stored",
      source: "import",
      attempts: [],
      provider: null,
    });
    expect(Buffer.from(event.body).toString()).toBe("x");
  });

  it.each([
    ["http://a.example/x?y", "/x?y"],
    ["HTTPS://a.example", "/"],
    ["http://a.example?y", "/?y"],
    ["*", "*"],
    ["//a", "//a"],
  ])("takes the path of %s as the listener would", (path, expected) => {
    expect(eventFromJson(json({ path })).path).toBe(expected);
  });

  it.each([
    ["no object", []],
    ["null", null],
    ["no id", json({ id: undefined })],
    ["an id of somebody else", json({ id: "evt_1FAKEa6ebdc5bc9e69a2168cc0000" })],
    ["an id that is no text", json({ id: 7 })],
    ["a prefix of an id", json({ id: "evt_01jggwqhdr" })],
    ["a method with a space", json({ method: "GET /" })],
    ["a path with a line break", json({ path: "/a\r\nX: y" })],
    ["a path that would be a user's name and a host", json({ path: "@127.0.0.1:19999/x" })],
    ["a path that would end a host", json({ path: ".evil.test/x" })],
    ["a path that would end a port", json({ path: "0000/y" })],
    ["a path that is a query", json({ path: "?a=b" })],
    ["a path of another scheme", json({ path: "ftp://a.test/x" })],
    ["an empty path", json({ path: "" })],
    ["a path beyond latin1", json({ path: "/\u{1f600}" })],
    ["a header name with a line break", json({ headers: [["A\r\nB", "c"]] })],
    ["a header value with a line break", json({ headers: [["A", "b\r\nC: d"]] })],
    ["a header value with NUL", json({ headers: [["A", "b\0"]] })],
    ["a header value beyond latin1", json({ headers: [["A", "\u0394"]] })],
    ["headers as an object", json({ headers: { A: "b" } })],
    ["a pair that is no pair", json({ headers: [["A"]] })],
    ["a date that is none", json({ receivedAt: "yesterday" })],
    ["a date beyond the year 9999", json({ receivedAt: "+012345-01-01T00:00:00Z" })],
    ["a state that is none", json({ state: "lost" })],
    ["a source that is none", json({ source: "moon" })],
    ["a state named like a prototype's member", json({ state: "constructor" })],
    ["base64 that is none", json({ bodyBase64: "***" })],
    ["a body that was left out", json({ bodyOmitted: true })],
    ["a body with another hash", json({ bodyText: "x", bodySha256: "0".repeat(64) })],
    ["a huge number of an attempt", json({ attempts: [attempt({ n: 1e308 })] })],
    ["an attempt without number", json({ attempts: [attempt({ n: null })] })],
    ["two attempts of one number", json({ attempts: [attempt(), attempt()] })],
    ["a status with a fraction", json({ attempts: [attempt({ status: 200.5 })] })],
    ["a negative duration", json({ attempts: [attempt({ durationMs: -1 })] })],
    ["an error that is no code", json({ attempts: [attempt({ error: "a\0b c" })] })],
    ["a duplicate of something that is no event", json({ duplicateOf: "12" })],
  ])("refuses %s", (_what, value) => {
    expect(() => eventFromJson(value)).toThrow(expect.objectContaining({ name: "CliError", exitCode: 2 }) as Error);
  });

  it("is not touched by keys of prototypes", () => {
    const hostile = '{"__proto__":{"state":"dead","polluted":1},"constructor":{"prototype":{"polluted":1}},';
    const event = eventFromJson(JSON.parse(`${hostile}${JSON.stringify(json()).slice(1)}`));

    expect(event.state).toBe("stored");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("throws nothing but its own error, whatever the JSON", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(...Object.keys(eventToJson(asStored(eventFromJson(json()))))),
        (value, key) => {
          try {
            eventFromJson({ ...json(), [key]: value });
          } catch (error) {
            expect(error).toMatchObject({ name: "CliError" });
          }
        },
      ),
    );
  });
});
