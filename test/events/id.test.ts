import { randomBytes } from "node:crypto";
import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { isEventIdPrefix, newEventId } from "../../src/events/id.js";

const zeros = (length: number) => new Uint8Array(length);
const ones = (length: number) => new Uint8Array(length).fill(255);

describe("an event id", () => {
  it("is evt_ and 26 characters: 48 bits of time, 80 of chance", () => {
    expect(newEventId(0, zeros)).toBe(`evt_${"0".repeat(26)}`);
    expect(newEventId(2 ** 48 - 1, ones)).toBe(`evt_7${"z".repeat(25)}`);
    // 1469918176385 is the example of the ULID specification: 01ARYZ6S41.
    expect(newEventId(1_469_918_176_385, zeros)).toBe("evt_01aryz6s410000000000000000");
  });

  it("keeps every random bit", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), (bytes) => {
        const text = newEventId(0, () => bytes).slice(14);
        const digits = Array.from(text).map((character) => "0123456789abcdefghjkmnpqrstvwxyz".indexOf(character));
        const value = digits.reduce((sum, digit) => sum * 32n + BigInt(digit), 0n);
        expect(value).toBe(BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
      }),
    );
  });

  it("sorts by time as text", () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(time, time, (first, second) => {
        fc.pre(first !== second);
        const [one, other] = [first, second].map((ms) => newEventId(ms, (length) => randomBytes(length)));
        expect((one ?? "") < (other ?? "")).toBe(first < second);
      }),
    );
  });

  it("is told from its beginnings and from other text", () => {
    const id = newEventId(1_700_000_000_000, (length) => randomBytes(length));

    expect(isEventIdPrefix(id.slice(0, 8))).toBe(true);
    expect(isEventIdPrefix(id.slice(0, 7))).toBe(false);
    expect(isEventIdPrefix(`${id}0`)).toBe(false);
  });
});
