import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import type { Attempt, HookEvent } from "../../src/events/event.js";
import { eventLine, eventTable } from "../../src/output/event-line.js";
import { formatBytes, formatDuration, formatShortTime, formatTime } from "../../src/output/quantity.js";
import { plainText } from "../../src/output/style.js";
import { cutToWidth, textWidth } from "../../src/output/width.js";
import { newEvent } from "../helpers/event.js";

/** 12:04:31 of a day, local time. */
const NOON = new Date(2025, 0, 2, 12, 4, 31).getTime();

function stored(fields: Partial<HookEvent> = {}): HookEvent {
  const event = newEvent({ receivedAt: NOON, ...fields });
  return { ...event, seq: 12, duplicateOf: null, attempts: [], bodySha256: "00", size: 1234, ...fields };
}

function attempt(fields: Partial<Attempt> = {}): Attempt {
  const start = { n: 1, target: "http://localhost:5000", startedAt: NOON };
  return { ...start, durationMs: 41, status: 200, error: null, headers: [], body: new Uint8Array(0), ...fields };
}

const lineOf = (event: HookEvent, columns?: number) =>
  plainText(eventLine(event, columns === undefined ? {} : { columns })).replaceAll(/ {2,}/g, "   ");

describe("the line of an event", () => {
  it("reads as the contract shows it", () => {
    const event = stored({ signature: { status: "valid" }, attempts: [attempt()], state: "delivered" });

    expect(lineOf(event)).toBe("12:04:31   #12   message.created   POST /webhook   signed ok   200   41 ms   1.2 kB");
  });

  it.each<[string, Partial<HookEvent>, string]>([
    ["without an attempt", {}, "unchecked   stored   -   1.2 kB"],
    [
      "that is a retry of its sender",
      { duplicateOf: "evt_1", retry: { number: 2, reason: "http_timeout" } },
      "unchecked   stored   -   1.2 kB   duplicate, retry 2",
    ],
    ["refused", { state: "refused", refusal: "ip_not_allowed" }, "unchecked   refused   -   1.2 kB   ip_not_allowed"],
    [
      "with a wrong signature",
      { signature: { status: "invalid", reason: "timestamp_too_old" }, state: "refused", refusal: "timestamp_too_old" },
      "timestamp_too_old   refused   -   1.2 kB",
    ],
    [
      "when the app was down",
      { attempts: [attempt({ status: null, error: "refused", durationMs: 2 })], state: "failed" },
      "unchecked   app down   2 ms   1.2 kB",
    ],
    [
      "when an answer broke off",
      { attempts: [attempt({ error: "reset" })], state: "failed" },
      "unchecked   reset   41 ms   1.2 kB",
    ],
    [
      "under way",
      { attempts: [attempt({ status: null, durationMs: null })], state: "pending" },
      "pending   -   1.2 kB",
    ],
    ["repeated", { duplicateOf: "evt_x", replayOf: "evt_y" }, "1.2 kB   duplicate, replay"],
    [
      "given up",
      { attempts: [attempt(), attempt({ n: 2, status: 503 })], state: "dead" },
      "503   41 ms   1.2 kB   attempt 2, given up",
    ],
    ["without a type", { eventType: null }, "12:04:31   #12   -   POST /webhook"],
  ])("%s", (_name, fields, expected) => {
    expect(lineOf(stored(fields))).toContain(expected);
  });

  it("shows no secret of the query, and control characters as escapes", () => {
    const line = plainText(eventLine(stored({ path: "/hook?token=canary&x=\u001b[2J", eventType: "a\nb" })));

    expect(line).toContain("/hook?token=***&x=\\x1b[2J");
    expect(line).toContain("a\\nb");
  });

  it("is cut where it is longest, between characters and not inside them", () => {
    const line = plainText(eventLine(stored({ path: `/${"😀".repeat(100)}` }), { columns: 90 }));

    expect(Array.from(line).length).toBeLessThanOrEqual(90);
    expect(line).toContain("😀…");
    expect(line).not.toMatch(/\p{Cs}/u);
  });
});

describe("a table of events", () => {
  it("stands in columns", () => {
    const events = [stored({ eventType: "a" }), stored({ eventType: "longer.type", seq: 1234 })];

    const lines = eventTable(events, { now: NOON, columns: 120 }).map(plainText);

    expect(new Set(lines.map((line) => line.indexOf("POST"))).size).toBe(1);
    expect(new Set(lines.map((line) => line.indexOf("1.2 kB"))).size).toBe(1);
    expect(lines.every((line) => line === line.trimEnd())).toBe(true);
  });

  it.each([120, 100, 80, 72, 64, 56, 48, 40])("fits %i columns, and keeps number and outcome", (columns) => {
    const invalid = { status: "invalid", reason: "timestamp_too_old" } as const;
    const events = [
      stored({ eventType: "customer.subscription.updated", path: "/hooks/stripe?x=1", attempts: [attempt()] }),
      stored({ seq: 1_234_567, receivedAt: NOON - 900 * 86_400_000, signature: invalid, state: "refused" }),
      stored({
        eventType: "注文.作成",
        path: "/受信/😀😀😀😀😀😀😀😀",
        attempts: [attempt({ status: 503 }), attempt({ n: 2 })],
      }),
    ];

    const lines = eventTable(events, { now: NOON, columns }).map(plainText);

    expect(lines.map(textWidth).filter((width) => width > columns)).toEqual([]);
    expect(lines[0]).toMatch(/#12 .*200/);
    expect(lines[1]).toMatch(/#1234567 .*refused/);
    expect(new Set(lines.map((line) => textWidth(line.slice(0, line.indexOf("#"))))).size).toBe(1);
  });

  it("gives away request, type, size and duration before the signature, and the time last", () => {
    const event = stored({ eventType: "customer.created", path: "/webhooks/shop", attempts: [attempt()] });
    const at = (columns: number) => eventTable([event], { now: NOON, columns }).map(plainText)[0];

    expect(at(90)).toBe("12:04:31   #12   customer.created   POST /webhooks/shop   unchecked   200   41 ms   1.2 kB");
    expect(at(84)).toBe("12:04:31   #12   customer.created   POST /webhoo…   unchecked   200   41 ms   1.2 kB");
    expect(at(70)).toBe("12:04:31  #12  customer.cr…  POST /webho…  unchecked  200  41 ms");
    expect(at(50)).toBe("12:04  #12  customer.cr…  unchecked  200");
    expect(at(40)).toBe("12:04  #12  customer.cr…  unchecked  200");
  });

  it("counts two columns for what is wide, and none for what stands on another character", () => {
    expect(["abc", "注文", "😀", "e\u0301", "ｱ", "Ａ", "🇩🇪", "❤\ufe0f", "…", "한글"].map(textWidth)).toEqual([
      3, 4, 2, 1, 1, 2, 2, 2, 1, 4,
    ]);
    expect(["注文作成", "abcdef", "ab😀cd", "abc", ""].map((text) => cutToWidth(text, 4))).toEqual([
      "注…",
      "abc…",
      "ab…",
      "abc",
      "",
    ]);
  });

  it("cuts any text to any width, at its end alone", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 0, max: 30 }), (text, columns) => {
        const cut = cutToWidth(text, columns);

        expect(textWidth(cut)).toBeLessThanOrEqual(columns);
        expect(cut === text || columns === 0 || text.startsWith(cut.slice(0, -1))).toBe(true);
        if (textWidth(text) <= columns) expect(cut).toBe(text);
      }),
    );
  });

  it("of none has no line", () => {
    expect(eventTable([], { now: NOON, columns: 80 })).toEqual([]);
  });
});

describe("quantities", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1234, "1.2 kB"],
    [25_000, "25 kB"],
    [999_600, "1.0 MB"],
    [26_214_400, "26 MB"],
    [5e12, "5000 GB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, "0 ms"],
    [41.4, "41 ms"],
    [999.7, "1.0 s"],
    [4200, "4.2 s"],
    [60_000, "60 s"],
    [180_000, "3 min"],
  ])("%d milliseconds are %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("times of another day have their date", () => {
    expect(formatTime(NOON, NOON + 3_600_000)).toBe("12:04:31");
    expect(formatTime(NOON, NOON + 24 * 3_600_000)).toBe("2025-01-02 12:04:31");
    expect([0, 1, 400].map((days) => formatShortTime(NOON, NOON + days * 24 * 3_600_000))).toEqual([
      "12:04",
      "01-02 12:04",
      "2025-01-02",
    ]);
  });
});
